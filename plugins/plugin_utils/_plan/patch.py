# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The change to an inventory that says which node has taken whose place, as a patch.

Private to stemedb.cluster. Pure. Lines are moved, so that comments, quotes and vaulted values stay
as they are.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import yaml
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.names import same_id
from ansible_collections.stemedb.cluster.plugins.plugin_utils._plan.words import Plan
from ansible_collections.stemedb.cluster.plugins.plugin_utils._plan.yaml_lines import (
    Document,
    Lines,
    UnmovableError,
)

_MEMBERS, _SPARES, _NODE_ID = "stemedb_nodes", "stemedb_spares", "stemedb_node_id"


class Source(NamedTuple):
    """A YAML file of the inventory.

    :param path: as the patch names it, below the top of its repository.
    :param variables: whether it is of `group_vars` or `host_vars`.
    """

    path: str
    text: str
    variables: bool = False


class Edit(NamedTuple):
    """Lines of a source, by its place, that become others."""

    source: int
    first: int
    beyond: int
    lines: list[str]


def inventory_patch(sources: Sequence[Source], substituted: Iterable[Plan]) -> str:
    """A patch that declares what is.

    A spare is declared in the place of the host that it replaced, with its own variables, and is a
    spare no more. A host that was set up anew gets the id of its new node.

    :param substituted: the plan's list of that name.
    :returns: "" if there is nothing to change, or if not all of it can be done by moving lines, as
        in `hosts: {db-03: }`: that is for a person.
    """
    changed = list(sources)
    try:
        for row in substituted:
            if row["host"] and row["by"] and row["host"] != row["by"]:
                changed = _applied(changed, _moves(changed, str(row["host"]), str(row["by"])))
            elif row["node_id"] and row["by_node_id"]:
                changed = _applied(changed, _new_id(changed, row["node_id"], row["by_node_id"]))
        for source in changed:
            yaml.compose(source.text, Loader=yaml.SafeLoader)
    except (UnmovableError, yaml.YAMLError):
        return ""
    return "".join(_difference(*pair) for pair in zip(sources, changed))


def _difference(before: Source, after: Source) -> str:
    old, new = (one.text.splitlines(keepends=True) for one in (before, after))
    found = difflib.unified_diff(old, new, f"a/{before.path}", f"b/{before.path}")
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in found
    )


def _documents(sources: Sequence[Source]) -> list[Document]:
    return [Document(source.text, source.variables) for source in sources]


def _moves(sources: Sequence[Source], host: str, spare: str) -> list[Edit]:
    read = _documents(sources)
    within = [pair for one in read for pair in one.children()]
    members = [_MEMBERS]
    for group in members:
        members += [child for above, child in within if above == group and child not in members]
    old = _entries(read, members, host)
    if not old:
        raise UnmovableError(host)
    spares = dict.fromkeys(name for one in read for name in one.named(_SPARES))
    was = _entries(read, [name for name in spares if name not in members], spare)
    listed = [(at, found) for at, one in enumerate(read) for found in one.items(_SPARES, spare)]
    edits = [Edit(at, *found[:2], []) for at, found in (*old[1:], *was, *listed)]
    for at, found in listed:
        if found.emptied:
            line, column = found.emptied
            text = sources[at].text.splitlines(keepends=True)[line]
            edits.append(Edit(at, line, line + 1, [f"{text[:column]} []{text[column:]}"]))
    at, place = old[0]
    new = [] if _entries(read, members, spare) else _declaration(sources, place, was, spare)
    return [*edits, Edit(at, place.first, place.beyond, new)]


def _entries(read: Sequence[Document], groups: Iterable[str], host: str) -> list[tuple[int, Lines]]:
    places = [(at, one.hosts(group, host)) for group in groups for at, one in enumerate(read)]
    return [(at, found) for at, found in places if found is not None]


def _declaration(
    sources: Sequence[Source], place: Lines, was: Sequence[tuple[int, Lines]], spare: str
) -> list[str]:
    """The lines of the spare as a member: those that it has, where it was declared as a spare."""
    if not was:
        name = spare if yaml.safe_load(spare) == spare else json.dumps(spare)
        return [f"{' ' * place.indent}{name}:\n"]
    at, lines = was[0]
    deeper = place.indent - lines.indent
    text = sources[at].text.splitlines(keepends=True)[lines.first : lines.beyond]
    return [_indented(line, deeper) for line in text]


def _indented(line: str, deeper: int) -> str:
    if deeper >= 0:
        return " " * deeper + line if line.strip() else line
    return line[min(-deeper, len(line) - len(line.lstrip(" "))) :]


def _new_id(sources: Sequence[Source], old: str, new: str) -> list[Edit]:
    edits = []
    for at, one in enumerate(_documents(sources)):
        for value, begins, ends in one.values(_NODE_ID):
            if same_id(value, old):
                text = sources[at].text.splitlines(keepends=True)[begins.line]
                quoted = text[begins.column : ends.column].replace(value, new)
                line = text[: begins.column] + quoted + text[ends.column :]
                edits.append(Edit(at, begins.line, begins.line + 1, [line]))
    if not edits:
        raise UnmovableError(old)
    return edits


def _applied(sources: Sequence[Source], edits: Iterable[Edit]) -> list[Source]:
    texts = [source.text.splitlines(keepends=True) for source in sources]
    for edit in sorted(edits, key=lambda one: one.first, reverse=True):
        texts[edit.source][edit.first : edit.beyond] = edit.lines
    return [source._replace(text="".join(text)) for source, text in zip(sources, texts)]
