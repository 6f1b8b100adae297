# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which lines of a YAML inventory say what. Private to stemedb.cluster. Pure.

Only positions are taken from the parser: no value is constructed, so that tags such as `!vault` may
be anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import yaml

_GROUP_NAME = re.compile(r"groups(?:\.|\[['\"])([A-Za-z_]\w*)")


class Lines(NamedTuple):
    """A key with its value, or an item of a list, that has its lines for itself.

    :param indent: the column of the key; of an item, that of the value behind the dash.
    :param emptied: the position behind the key above, if that would have no value left.
    """

    first: int
    beyond: int
    indent: int
    emptied: tuple[int, int] | None = None


class UnmovableError(ValueError):
    """What was looked for is there, and shares its lines with something else."""


class Document:
    """A file of an inventory.

    :param text: its YAML.
    :param variables: whether its top level is variables, as in `group_vars`, and no groups.
    :raises yaml.YAMLError: it is none.
    """

    def __init__(self, text: str, variables: bool = False) -> None:
        top = yaml.compose(text, Loader=yaml.SafeLoader)
        self._groups = {} if variables else dict(_groups(top))
        given = [top] if variables else [_at(one, "vars") for one in self._groups.values()]
        self._variables = [one for one in given if isinstance(one, yaml.MappingNode)]
        self._top = top
        self._lines = text.splitlines()

    def children(self) -> Iterator[tuple[str, str]]:
        """The groups that are within another, with that before it."""
        for name, node in self._groups.items():
            for key, _value in _pairs(_at(node, "children")):
                yield name, key.value

    def hosts(self, group: str, host: str) -> Lines | None:
        """A host as a direct member of a group.

        :raises UnmovableError: it has no lines of its own.
        """
        found = _pair(_at(self._groups.get(group), "hosts"), host)
        while found and not self._lines[found.beyond - 1].strip():
            found = found._replace(beyond=found.beyond - 1)
        return found

    def named(self, variable: str) -> Iterator[str]:
        """The groups that a variable's expression names, as in `{{ groups['spares'] }}`."""
        for node in self._variables:
            value = _at(node, variable)
            if isinstance(value, yaml.ScalarNode):
                yield from _GROUP_NAME.findall(value.value)

    def items(self, variable: str, value: str) -> Iterator[Lines]:
        """A value in a variable that is a list.

        :raises UnmovableError: it has no lines of its own.
        """
        for node in self._variables:
            for key, listed in _pairs(node):
                if key.value == variable and isinstance(listed, yaml.SequenceNode):
                    yield from _items(key, listed, value)

    def values(self, variable: str) -> Iterator[tuple[str, yaml.Mark, yaml.Mark]]:
        """Each value of a variable that is a text, wherever it is set, and where it is."""
        for key, value in _everything(self._top):
            if key.value == variable and isinstance(value, yaml.ScalarNode):
                yield value.value, value.start_mark, value.end_mark


def _groups(node: yaml.Node | None) -> Iterator[tuple[str, yaml.Node]]:
    for key, value in _pairs(node):
        yield key.value, value
        yield from _groups(_at(value, "children"))


def _pairs(node: yaml.Node | None) -> list[tuple[yaml.ScalarNode, yaml.Node]]:
    found = node.value if isinstance(node, yaml.MappingNode) else []
    return [(key, value) for key, value in found if isinstance(key, yaml.ScalarNode)]


def _everything(node: yaml.Node | None) -> Iterator[tuple[yaml.ScalarNode, yaml.Node]]:
    for key, value in _pairs(node):
        yield key, value
        yield from _everything(value)


def _at(node: yaml.Node | None, name: str) -> yaml.Node | None:
    return next((value for key, value in _pairs(node) if key.value == name), None)


def _pair(node: yaml.Node | None, name: str) -> Lines | None:
    for key, value in _pairs(node):
        if key.value == name:
            if not isinstance(node, yaml.MappingNode) or node.flow_style:
                raise UnmovableError(name)
            return Lines(key.start_mark.line, _last(key, value) + 1, key.start_mark.column)
    return None


def _items(above: yaml.ScalarNode, node: yaml.SequenceNode, wanted: str) -> Iterator[Lines]:
    for item in node.value:
        if isinstance(item, yaml.ScalarNode) and item.value == wanted:
            if node.flow_style:
                raise UnmovableError(wanted)
            end = above.end_mark
            emptied = (end.line, end.column + 1) if len(node.value) == 1 else None
            mark = item.start_mark
            yield Lines(mark.line, item.end_mark.line + 1, mark.column, emptied)


def _last(key: yaml.Node, value: yaml.Node) -> int:
    """The last line of a pair. What an alias stands for is elsewhere, and before it."""
    begins = key.start_mark.line
    if value.start_mark.line < begins:
        return key.end_mark.line
    if isinstance(value, yaml.CollectionNode) and not value.flow_style:
        mapping = isinstance(value, yaml.MappingNode)
        inner = value.value if mapping else [(item, item) for item in value.value]
        own = [pair for pair in inner if pair[0].start_mark.line >= begins]
        return max((_last(*pair) for pair in own), default=begins)
    if isinstance(value, yaml.ScalarNode) and value.style in ("|", ">"):
        # Its end is the beginning of what follows, behind blank lines.
        return max(begins, value.end_mark.line - 1)
    return int(value.end_mark.line)
