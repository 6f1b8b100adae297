# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the YAML files of an inventory, for a patch. Private to stemedb.cluster."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml
from ansible_collections.stemedb.cluster.plugins.plugin_utils._plan.patch import Source

# Of variables, beside a file or within a directory that is a source.
_VARIABLES = ("group_vars", "host_vars")
_YAML = ("", ".yml", ".yaml")


def sources(paths: Iterable[str]) -> list[Source]:
    """The files that hold a YAML mapping, each named from the top of its repository.

    :param paths: `ansible_inventory_sources`. What is no file, as a list of hosts, is left out.
    """
    found = dict.fromkeys(file.resolve() for path in paths for file in _files(Path(path)))
    read = (_source(file) for file in found)
    return [one for one in read if one is not None]


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from _within(path)
    elif path.is_file():
        yield path
        for name in _VARIABLES:
            yield from _within(path.parent / name)


def _within(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if not hidden and path.suffix in _YAML and path.is_file():
            yield path


def _source(path: Path) -> Source | None:
    try:
        # Not by read_text: it would lose which line endings there are.
        text = path.read_bytes().decode("utf-8")
        mapping = isinstance(yaml.compose(text, Loader=yaml.SafeLoader), yaml.MappingNode)
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return None
    top = next((one for one in path.parents if (one / ".git").exists()), path.parent)
    variables = any(part in _VARIABLES for part in path.parts)
    return Source(str(path.relative_to(top)), text, variables) if mapping else None
