# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter table. It is documented in the .yml of its name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Callable

from ansible.errors import AnsibleFilterError
from ansible.utils.color import ANSIBLE_COLOR, parsecolor


def table(
    rows: Any,
    kind: str | None = None,
    names: Mapping[str, str] | None = None,
    color: bool | None = None,
) -> str:
    from ansible_collections.stemedb.cluster.plugins.module_utils._present.tables import (
        nodes_line,
        nodes_table,
        shards_table,
    )

    if isinstance(rows, (str, Mapping)) or not isinstance(rows, Iterable):
        raise _refused(f"takes a list of nodes or shards, not {type(rows).__name__}")
    rows = list(rows)
    if not all(isinstance(row, Mapping) for row in rows):
        raise _refused("takes a list of nodes or shards, and something in this list is neither")
    if not isinstance(names or {}, Mapping):
        raise AnsibleFilterError(
            f"stemedb.cluster.table: names is a dictionary of ids and names, not "
            f"{type(names).__name__}."
        )
    if kind is None:
        kind = "shards" if rows and "shard_id" in rows[0] else "nodes"
    make = {"line": nodes_line, "nodes": nodes_table, "shards": shards_table}.get(kind)
    if make is None:
        raise AnsibleFilterError(f"stemedb.cluster.table knows nodes and shards, not {kind!r}.")
    paint = _painter(ANSIBLE_COLOR if color is None else color)
    try:
        return make(rows, names or {}, paint)
    except KeyError as error:
        raise _refused(f"got no list of {kind}: {error} is missing in it") from None
    except (AttributeError, TypeError, ValueError) as error:
        raise _refused(f"got no list of {kind}: {error}") from None


def _refused(problem: str) -> AnsibleFilterError:
    return AnsibleFilterError(
        f"stemedb.cluster.table {problem}; pass the nodes of stemedb_node_info or the shards of "
        f"stemedb_shard_info."
    )


def _painter(color: bool) -> Callable[[str, str], str]:
    if not color:
        return lambda text, _name: text
    # Ansible's own function paints on terminals only, whatever was asked for.
    return lambda text, name: f"\033[{parsecolor(name)}m{text}\033[0m"


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"table": table}
