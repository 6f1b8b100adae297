# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes and shards as the operators' guide's tables.

Private to stemedb.cluster. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Callable

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import (
    ALIVE,
    DEAD,
    SUSPECT,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.names import is_prefix_of

UNKNOWN = "?"
_NONE = "-"
_WIDEST = 40
_IN_A_LINE = 12
_GB = 1000**3
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")

_COLOURS = {ALIVE: "green", SUSPECT: "yellow", DEAD: "red"}

# Paints a text in a colour by name; the caller knows whether the output is a terminal.
Paint = Callable[[str, str], str]


def nodes_table(nodes: Sequence[Mapping[str, Any]], names: Mapping[str, str], paint: Paint) -> str:
    """The guide's node list: Node ID, State, Shards, Leader, Follower.

    :param nodes: as `stemedb_node_info` returns them, or the overview of `stemedb_cluster_info`.
    :param names: a name of an id, shown beside it.
    """
    short = short_ids(node["node_id"] for node in nodes)
    rows = [
        [
            short[node["node_id"]] + _named(names, node["node_id"]),
            node["state"] or UNKNOWN,
            node["shards"] if isinstance(node["shards"], str) else numbers(node["shards"]),
            _count(node["leader_shards"]),
            _count(node["follower_shards"]),
        ]
        for node in nodes
    ]
    head = ["Node ID", "State", "Shards", "Leader", "Follower"]
    return _box("NODES", head, rows, lambda row, column: _state_colour(rows, row, column, 1), paint)


def nodes_line(nodes: Sequence[Mapping[str, Any]], names: Mapping[str, str], paint: Paint) -> str:
    """The same in a sentence, with numbers in place of shards; of many nodes the first to look at.

    :param nodes: as `stemedb_node_info` returns them.
    :param names: a name of an id, shown instead.
    """
    short = short_ids(node["node_id"] for node in nodes)
    told = []
    for node in nodes:
        alive = node["state"] == ALIVE
        state = "" if alive else f" {node['state'] or 'in an unknown state'}"
        leads = f" ({len(node['leader_shards'])} led)" if node["leader_shards"] else ""
        name = names.get(node["node_id"]) or short[node["node_id"]]
        told.append((alive, name, f"{name}{state} {_held(node['shards'])}{leads}"))
    told.sort(key=lambda each: (len(nodes) > _IN_A_LINE and each[0], each[1]))
    texts = [text for _alive, _name, text in told[:_IN_A_LINE]]
    rest = [alive for alive, _name, _text in told[_IN_A_LINE:]]
    if rest:
        texts.append(f"and {counted(len(rest), 'more node')}, {sum(rest)} of them Alive")
    return f"Nodes: {', '.join(texts)}"


def _held(shards: Sequence[int] | None) -> str:
    if shards is None:
        return "an unknown number of shards"
    return counted(len(shards), "shard") if shards else "no shard"


def shards_table(
    shards: Sequence[Mapping[str, Any]], names: Mapping[str, str], paint: Paint
) -> str:
    """The shards: Shard, Leader, Replicas, Live, Size.

    :param shards: as `stemedb_shard_info` returns them.
    :param names: a name of an id, shown in its place.
    """
    ids = {node for shard in shards for node in shard["replica_nodes"] or ()}
    ids |= {shard["leader_node"] for shard in shards if shard["leader_node"]}
    shown = {**short_ids(ids), **names}
    rows = [
        [
            str(shard["shard_id"]),
            shown[shard["leader_node"]] if shard["leader_node"] else _NONE,
            _replicas(shard["replica_nodes"], shown),
            _text(shard["live_replicas"]),
            size(shard["size_bytes"]),
        ]
        for shard in shards
    ]
    head = ["Shard", "Leader", "Replicas", "Live", "Size"]
    return _box("SHARDS", head, rows, lambda _row, _column: None, paint)


def counted(number: int, noun: str) -> str:
    """`1 node`, `2 nodes`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def numbers(values: Iterable[int] | None, separator: str = ",") -> str:
    """Numbers as short as they read: `0-3,7,12`; their count where that would still be long."""
    if values is None:
        return UNKNOWN
    ordered = sorted(values)
    parts: list[str] = []
    start = 0
    for place, value in enumerate(ordered):
        last = place + 1 == len(ordered) or ordered[place + 1] != value + 1
        if last:
            first = ordered[start]
            parts.append(str(first) if first == value else f"{first}-{value}")
            start = place + 1
    text = separator.join(parts)
    if len(text) <= _WIDEST:
        return text
    shown = text[: _WIDEST - 10].rpartition(separator)[0]
    return f"{shown}{separator if shown else ''}… ({len(ordered)})"


def size(value: int | None) -> str:
    """Bytes with a unit: `50.0 MiB`."""
    return UNKNOWN if value is None else f"{_amount(value, _power(value))} {_UNITS[_power(value)]}"


def disk_size(count: float) -> str:
    """Bytes of a disk in the unit of `stemedb_min_free_disk_gb` and `df -H`: `84.9 GB`."""
    return f"{count / _GB:.1f} GB" if count >= _GB / 10 else f"{count / 1000**2:.1f} MB"


def size_of(have: int, goal: int) -> str:
    """Bytes of bytes, in the unit of the goal: `1.3 of 4.0 GiB`."""
    power = _power(goal)
    return f"{_amount(have, power)} of {_amount(goal, power)} {_UNITS[power]}"


def _power(value: int) -> int:
    """The unit in which a number of bytes reads best, so that 1024.0 of one is 1.0 of the next."""
    fits = (p for p in range(len(_UNITS)) if round(value / 1024**p, 1) < 1024)
    return next(fits, len(_UNITS) - 1)


def _amount(value: int, power: int) -> str:
    return f"{value / 1024**power:.1f}" if power else str(value)


def _replicas(node_ids: Sequence[str] | None, shown: Mapping[str, str]) -> str:
    if node_ids is None:
        return UNKNOWN
    return ", ".join(shown[node_id] for node_id in node_ids) or _NONE


def _named(names: Mapping[str, str], node_id: str) -> str:
    return f" ({names[node_id]})" if node_id in names else ""


def _count(values: Sequence[int] | int | None) -> str:
    if values is None:
        return UNKNOWN
    return str((values if isinstance(values, int) else len(values)) or _NONE)


def _text(value: Any) -> str:
    return UNKNOWN if value is None else str(value)


def _state_colour(rows: list[list[str]], row: int, column: int, states: int) -> str | None:
    return _COLOURS.get(rows[row][states], "yellow") if column == states else None


def _box(
    title: str,
    head: list[str],
    rows: list[list[str]],
    colour: Callable[[int, int], str | None],
    paint: Paint,
) -> str:
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]

    def line(left: str, middle: str, right: str) -> str:
        return left + middle.join("─" * (width + 2) for width in widths) + right

    def cells(row: list[str], place: int | None) -> str:
        shown = []
        for column, (text, width) in enumerate(zip(row, widths)):
            # Padded first: escape sequences have no width.
            padded = text.ljust(width)
            name = colour(place, column) if place is not None else None
            shown.append(paint(padded, name) if name else padded)
        return "│ " + " │ ".join(shown) + " │"

    return "\n".join(
        [
            title,
            line("┌", "┬", "┐"),
            cells(head, None),
            line("├", "┼", "┤"),
            *(cells(row, place) for place, row in enumerate(rows)),
            line("└", "┴", "┘"),
        ]
    )


def short_ids(node_ids: Iterable[str], least: int = 8) -> dict[str, str]:
    """Each id with its shortest unique prefix, of `least` characters or more."""
    ordered = sorted(set(node_ids))
    short = {}
    for i, node_id in enumerate(ordered):
        neighbours = ordered[max(0, i - 1) : i] + ordered[i + 1 : i + 2]
        length = max([least] + [_common(node_id, other) + 1 for other in neighbours])
        while not is_prefix_of(node_id[:length], node_id):
            length += 1
        short[node_id] = node_id[:length]
    return short


def _common(one: str, other: str) -> int:
    length = 0
    for a, b in zip(one, other):
        if a != b:
            break
        length += 1
    return length
