# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The drawing of a heat map: nodes by columns of shards.

Private to stemedb.cluster. Pure. One path for each shade, since 300 nodes have 60,000 cells.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import ALIVE
from ansible_collections.stemedb.cluster.plugins.plugin_utils._timeline.drawing import (
    LEFT,
    PLOT,
    label,
    note,
    shortened,
    svg,
    text,
)

SHADES = 5
_MOST_LABELS = 8
# Wide as a digit of a label is.
_DIGIT = 6.5
# Below this height a row has no room for a name of its own.
_READABLE = 12
# Room for half a name above the first row.
_ABOVE = 4


def drawing(heat_map: Mapping[str, Any], names: Mapping[str, str], when: str, most: int) -> str:
    """One heat map.

    :param names: how to call a node, by its id.
    :param when: of what time it is, such as `before`.
    :param most: the largest count of all maps that are compared, which is the darkest.
    """
    rows, columns = heat_map["rows"], len(heat_map["columns"])
    high = _height(len(rows))
    wide = PLOT / max(columns, 1)
    held = [counts(row["replicas"]) for row in rows]
    led = [counts(row["leaders"]) for row in rows]
    parts = list(_cells(held, wide, high, most))
    if high >= _READABLE and heat_map["shards_per_column"] == 1:
        parts.append(_leaders(led, wide, high))
    totals = [sum(row) for row in held]
    largest = max(totals, default=0)
    labelled = _labelled(rows, high)
    for place, row in enumerate(rows):
        y = place * high
        if place in labelled:
            parts.append(label(y + high / 2 + 4, _named(row, names), row["node_id"]))
            parts.append(_remark(y + high / 2 + 4, totals[place], sum(led[place])))
        parts.append(_total(y, high, totals[place], largest))
    bottom = len(rows) * high
    parts.append(_columns(heat_map, wide, bottom))
    title = f"Replicas of each node {when}"
    body = f'<g transform="translate(0 {_ABOVE})">{"".join(parts)}</g>'
    return svg(f"heat-{when}", bottom + _ABOVE + 26, title, _described(heat_map, most), body)


def _labelled(rows: Sequence[Mapping[str, Any]], high: int) -> set[int]:
    """The rows that have room for a name: of low ones those that are not Alive, and some others."""
    apart = max(1, -(-_READABLE // high))
    found: set[int] = set()
    for place in sorted(range(len(rows)), key=lambda n: (rows[n]["state"] == ALIVE, n)):
        if found.isdisjoint(range(place - apart + 1, place + apart)):
            found.add(place)
    return found


def counts(cells: str) -> list[int]:
    """The numbers of a row."""
    return [int(cell) for cell in cells.split()]


def largest_count(heat_maps: Iterable[Mapping[str, Any] | None]) -> int:
    """The most replicas that any node has in one column."""
    rows = [row for heat_map in heat_maps if heat_map for row in heat_map["rows"]]
    return max((max(counts(row["replicas"]), default=0) for row in rows), default=0)


def legend(heat_map: Mapping[str, Any], most: int) -> str:
    """What the shades mean, as HTML."""
    shades = []
    for shade in range(1, SHADES + 1):
        inside = [n for n in range(1, most + 1) if _shade(n, most) == shade]
        if inside:
            span = str(inside[0]) if len(inside) == 1 else f"{inside[0]} to {inside[-1]}"
            shades.append(
                f'<li><svg class="key" width="16" height="12" aria-hidden="true">'
                f'<rect class="heat{shade}" width="16" height="12"/></svg> {span}</li>'
            )
    per = heat_map["shards_per_column"]
    unit = "one shard" if per == 1 else f"up to {per} shards"
    dots = ""
    if per == 1 and _height(len(heat_map["rows"])) >= _READABLE:
        dots = (
            '<li><svg class="key" width="16" height="12" aria-hidden="true"><rect class="heat5" '
            'width="16" height="12"/><circle class="lead" cx="8" cy="6" r="3"/></svg> leader</li>'
        )
    return (
        f"<p>Each column is {unit}. Replicas of a node in a column:</p>"
        f'<ul class="legend">{"".join(shades)}{dots}</ul>'
    )


def _height(rows: int) -> int:
    if rows <= 12:
        return 20
    return 14 if rows <= 60 else 6


def _shade(count: int, most: int) -> int:
    """From 1 to 5 of the largest count; a single replica of single shards is the darkest."""
    return max(1, -(-SHADES * count // max(most, 1)))


def _cells(held: Sequence[Sequence[int]], wide: float, high: float, most: int) -> Iterator[str]:
    paths: dict[int, list[str]] = {}
    for place, row in enumerate(held):
        start = 0
        shades = [_shade(cell, most) if cell else 0 for cell in row]
        for column in range(1, len(shades) + 1):
            if column == len(shades) or shades[column] != shades[start]:
                if shades[start]:
                    x = LEFT + start * wide
                    path = f"M{x:.1f} {place * high:g}h{(column - start) * wide:.1f}"
                    paths.setdefault(shades[start], []).append(path)
                start = column
    height = len(held) * high
    yield f'<rect class="heat0" x="{LEFT}" y="0" width="{PLOT}" height="{height:g}"/>'
    thick = high - 1 if high > 4 else high
    for shade, pieces in sorted(paths.items()):
        yield (
            f'<path class="cells stroke{shade}" stroke-width="{thick:g}" '
            f'transform="translate(0 {high / 2:g})" d="{"".join(pieces)}"/>'
        )


def _leaders(led: Sequence[Sequence[int]], wide: float, high: float) -> str:
    radius = min(wide, high) / 5
    if radius < 1:
        return ""
    return "".join(
        f'<circle class="lead" cx="{LEFT + (column + 0.5) * wide:.1f}" '
        f'cy="{place * high + high / 2:g}" r="{radius:.1f}"/>'
        for place, row in enumerate(led)
        for column, cell in enumerate(row)
        if cell
    )


def _named(row: Mapping[str, Any], names: Mapping[str, str]) -> str:
    name = names.get(row["node_id"], row["node_id"])
    return name if row["state"] == ALIVE else f"{shortened(name, 18)} ({row['state'] or 'gone'})"


def _remark(y: float, replicas: int, leaders: int) -> str:
    return note(y, f"{replicas}, leads {leaders}")


def _total(y: float, high: float, total: int, largest: int) -> str:
    """A bar of all replicas of a node beside its row, so that an uneven one is seen."""
    wide = 46 * total / max(largest, 1)
    return (
        f'<rect class="total" x="{LEFT + PLOT + 100}" y="{y + 1:g}" width="{wide:.1f}" '
        f'height="{max(high - 2, 2):g}"/>'
    )


def _columns(heat_map: Mapping[str, Any], wide: float, bottom: float) -> str:
    columns = heat_map["columns"]
    if not columns:
        return ""
    firsts = [column.partition("-")[0] for column in columns]
    room = int(PLOT / (_DIGIT * (max(map(len, firsts)) + 1)))
    every = -(-len(columns) // max(1, min(_MOST_LABELS, room)))
    return "".join(
        f'<text class="tick" x="{LEFT + (place + 0.5) * wide:.1f}" y="{bottom + 16:g}" '
        f'text-anchor="middle">{text(firsts[place])}</text>'
        for place in range(0, len(columns), every)
    )


def _described(heat_map: Mapping[str, Any], most: int) -> str:
    totals = [sum(counts(row["replicas"])) for row in heat_map["rows"]] or [0]
    return (
        f"{len(heat_map['rows'])} nodes, {heat_map['shard_count']} shards in "
        f"{len(heat_map['columns'])} columns. A node holds {min(totals)} to {max(totals)} "
        f"replicas, at most {most} in one column."
    )
