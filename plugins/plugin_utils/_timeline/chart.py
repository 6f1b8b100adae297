# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The drawing of an operation: steps, nodes, good replicas and bytes along one time axis.

Private to stemedb.cluster. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import (
    ALIVE,
    DEAD,
    SUSPECT,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.names import renamer
from ansible_collections.stemedb.cluster.plugins.module_utils._present.tables import counted, size
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.timeline import NOT_LISTED
from ansible_collections.stemedb.cluster.plugins.plugin_utils._timeline.drawing import (
    LEFT,
    PLOT,
    Axis,
    label,
    note,
    shortened,
    svg,
    text,
    took,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._timeline.lanes import (
    MOST_NODES,
    NOT_FOLLOWED,
    trouble,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._timeline.steps import (
    GOOD,
    most_telling,
)

MOST_ROWS = 30
MOST_LANES = 40
ALL_ALIVE = "Alive in every sample"
_STEP = 24
# Wide as a letter is, and the shortest reason that is worth to be written into a bar.
_LETTER = 6.0
_SHORTEST = 14
_LANE = 38
_SPARK = 14
_PANEL = 84
_GAP = 38
# The worse a state, the taller its bar, so that it is seen without its colour.
_BARS = {ALIVE: ("alive", 6), SUSPECT: ("suspect", 10), DEAD: ("dead", 14)}


def chart(document: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """The whole drawing.

    :param names: how to call a node, by its id.
    """
    axis = Axis(max(document["seconds"], 1.0))
    parts: list[str] = []
    y = 18.0
    for title, panel in (
        ("Steps", _steps(document, axis, renamer(names))),
        ("Nodes", _lanes(document, axis, names)),
        ("Good replicas of the worst shard", _replicas(document, axis)),
        ("Bytes of the replicas waited for", _bytes(document, axis)),
    ):
        if panel is None:
            continue
        height, body = panel
        parts.append(f'<text class="head" x="0" y="{y}">{title}</text>')
        parts.append(f'<g transform="translate(0 {y + 8})">{axis.grid(0, height)}{body}</g>')
        y += height + 8 + _GAP
    title = f"Timeline of {document['operation']}"
    description = (
        "Steps, states of nodes with the shards that they lead, good replicas of the worst shard "
        "and bytes copied, along a time axis in minutes and seconds. The tables below have the "
        "same in words."
    )
    return svg("timeline", y - _GAP + 24, title, description, "".join(parts))


def shown_lanes(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The nodes that are drawn: all of a few, else those of which a state or leaders changed."""
    nodes = list(document["nodes"])
    if len(nodes) <= 12:
        return nodes
    order = sorted(nodes, key=lambda node: (*(-count for count in _changes(node)), node["node_id"]))
    kept = {node["node_id"] for node in order[:MOST_LANES] if any(_changes(node))}
    return [node for node in nodes if node["node_id"] in kept]


def _changes(node: Mapping[str, Any]) -> tuple[int, int]:
    """How often its state was bad, and how often the number of shards that it leads changed."""
    led = known_leads(node)
    moves = len([1 for before, after in zip(led, led[1:]) if before != after])
    return trouble(node["states"]), moves


def known_leads(node: Mapping[str, Any]) -> list[int]:
    """The numbers of shards that it led, as far as it was followed."""
    return [led for _at, led in node["leaders"] if led is not None]


def not_followed(document: Mapping[str, Any]) -> int:
    """How many nodes of the cluster the document does not have."""
    listed = [node for node in document["nodes"] if node["states"][-1][1] != NOT_LISTED]
    troubled: int = document["unfollowed"]
    return max((document["node_count"] or 0) - len(listed), troubled)


def _left_out(
    document: Mapping[str, Any], lanes: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[int, str, str]]:
    """Nodes without a lane: how many, as what, and what is known of them."""
    shown = {node["node_id"] for node in lanes}
    hidden = [node for node in document["nodes"] if node["node_id"] not in shown]
    changed = [node for node in hidden if any(_changes(node))]
    quiet = [node for node in hidden if not any(_changes(node))]
    more = "more node" if lanes else "node"
    yield len(changed), more, "changed too: see the table below"
    partly = any(state == NOT_FOLLOWED for node in quiet for _at, state in node["states"])
    while_seen = " while they were followed" if partly else ""
    yield len(quiet), more, f"no change of state or of leaders{while_seen}"
    troubled = document["unfollowed"]
    words = f"room is for {MOST_NODES}, up to {troubled} others were not Alive in one sample"
    yield not_followed(document), "node", f"not followed: {words if troubled else ALL_ALIVE}"


def _steps(
    document: Mapping[str, Any], axis: Axis, named: Callable[[str], str]
) -> tuple[float, str] | None:
    steps = most_telling(document["steps"], MOST_ROWS)
    if not steps:
        return None
    parts = []
    for place, step in enumerate(steps):
        y = place * _STEP
        parts.append(label(y + 13, step["name"], f"{step['name']} ({step['host']})"))
        parts.append(_bar(step, axis, y, named))
        if step["kind"] == "wait":
            parts += _marks(document["samples"], step, axis, y + _STEP - 6)
        parts.append(note(y + 13, f"{took(step['seconds'])}{_verdict(step)}"))
    return len(steps) * _STEP + 4, "".join(parts)


def _bar(step: Mapping[str, Any], axis: Axis, y: float, named: Callable[[str], str]) -> str:
    left, right = axis.x(step["at"]), axis.x(step["at"] + step["seconds"])
    kind = step["outcome"] if step["outcome"] not in GOOD else step["kind"]
    reasons = named("; ".join(f"{r['subject']} {r['reason']}" for r in step["waited_for"][:2]))
    waited = f": waited for {reasons}" if reasons else ""
    tip = f"{step['name']}, {took(step['seconds'])}, {step['outcome']}{waited}"
    room = int((right - left - 8) / _LETTER)
    why = shortened(reasons, room) if reasons and room > _SHORTEST else ""
    return (
        f'<rect class="step {text(kind)}" x="{left}" y="{y + 2}" '
        f'width="{max(2.0, right - left):.1f}" height="14" rx="2"><title>{text(tip)}</title></rect>'
        + (f'<text class="why" x="{left + 5}" y="{y + 13}">{text(why)}</text>' if why else "")
    )


def _marks(
    samples: Iterable[Mapping[str, Any]], step: Mapping[str, Any], axis: Axis, y: float
) -> Iterator[str]:
    """A mark for each sample of a wait: whether all was well in it."""
    last = step["at"] + step["seconds"] + 0.001
    for sample in samples:
        if step["at"] <= sample["at"] <= last:
            style = "met" if sample["good"] else "unmet" if sample["answered"] else "silent"
            x = axis.x(sample["at"])
            yield f'<rect class="{style}" x="{x}" y="{y}" width="2.5" height="4"/>'


def _verdict(step: Mapping[str, Any]) -> str:
    return "" if step["outcome"] in GOOD else f", {step['outcome']}"


def _lanes(
    document: Mapping[str, Any], axis: Axis, names: Mapping[str, str]
) -> tuple[float, str] | None:
    lanes = shown_lanes(document)
    if not document["nodes"]:
        return None
    most = max((led for node in lanes for led in known_leads(node)), default=0)
    parts = []
    for place, node in enumerate(lanes):
        parts.append(f'<g transform="translate(0 {place * _LANE})">')
        parts.append(label(_SPARK + 13, names[node["node_id"]], node["node_id"]))
        parts += _states(document, node, axis)
        parts += _leaders(document, node, axis, most)
        parts.append("</g>")
    height: float = len(lanes) * _LANE + 4
    for count, noun, words in _left_out(document, lanes):
        if count:
            parts.append(label(height + 12, counted(count, noun)))
            parts.append(
                f'<text class="note" x="{LEFT + 4}" y="{height + 12}">{text(words)}</text>'
            )
            height += 20
    return height, "".join(parts)


def _states(document: Mapping[str, Any], node: Mapping[str, Any], axis: Axis) -> Iterator[str]:
    bottom = _SPARK + 16
    for began, ended, state in _pieces(node["states"], document["observed"]):
        if state == NOT_FOLLOWED:
            continue
        style, tall = _BARS.get(state, ("other", 10))
        left, right = axis.x(began), axis.x(ended)
        tip = f"{state or 'unknown'} from {began:.0f} s to {ended:.0f} s"
        yield (
            f'<rect class="{style}" x="{left}" y="{bottom - tall}" '
            f'width="{max(1.5, right - left):.1f}" height="{tall}">'
            f"<title>{text(tip)}</title></rect>"
        )


def _leaders(
    document: Mapping[str, Any], node: Mapping[str, Any], axis: Axis, most: int
) -> Iterator[str]:
    known = known_leads(node)
    if not known:
        return
    for began, ended, led in _pieces(node["leaders"], document["observed"]):
        tall = round(_SPARK * (led or 0) / max(most, 1), 1)
        if tall:
            left, right = axis.x(began), axis.x(ended)
            yield (
                f'<rect class="led" x="{left}" y="{_SPARK - tall}" '
                f'width="{max(1.5, right - left):.1f}" height="{tall}">'
                f"<title>leads {led} from {began:.0f} s on</title></rect>"
            )
    first, last = known[0], known[-1]
    yield note(_SPARK + 13, f"leads {last}" if first == last else f"leads {first} → {last}")


def _pieces(
    points: Sequence[Sequence[Any]], observed: Iterable[Sequence[float]]
) -> Iterator[tuple[float, float, Any]]:
    """From when to when a value was seen: where nobody looked there is none."""
    for since, until in observed:
        known = [point for point in points if point[0] <= since][-1:]
        changes = [point for point in points if since < point[0] <= until]
        inside = [*([since, point[1]] for point in known), *changes]
        for place, (at, value) in enumerate(inside):
            ended = inside[place + 1][0] if place + 1 < len(inside) else until
            yield at, ended, value


def _replicas(document: Mapping[str, Any], axis: Axis) -> tuple[float, str] | None:
    key = "fewest_good_replicas"
    values = [sample[key] for sample in document["samples"] if sample[key] is not None]
    if not values:
        return None
    factor, needed = document["replication_factor"], document["required_good_replicas"]
    top = int(max(*values, factor or 0, needed or 0, 1))
    high = 56

    def y(value: float) -> float:
        return round(8 + high * (1 - value / top), 1)

    parts = [
        f'<text class="tick" x="{LEFT - 8}" y="{y(value) + 4}" text-anchor="end">{value}</text>'
        # A gateway may tell any number as the replication factor.
        for value in (range(top + 1) if top <= 5 else (0, top))
    ]
    marks = [("factor", factor, "replication factor"), ("needed", needed, "guard's minimum")]
    for style, value, words in marks:
        if value is not None:
            parts.append(f'<path class="{style}" d="M{LEFT} {y(value)}H{LEFT + PLOT}"/>')
            parts.append(note(y(value) + 4, words))
    parts.append(_curve(document, axis, key, y, "good"))
    return high + 16, "".join(parts)


def _bytes(document: Mapping[str, Any], axis: Axis) -> tuple[float, str] | None:
    goals = [s["bytes_goal"] for s in document["samples"] if s["bytes_goal"]]
    if not goals:
        return None
    top = int(max(goals))

    def y(value: float) -> float:
        return round(8 + 56 * (1 - min(value, top) / top), 1)

    have = [s["bytes_have"] for s in document["samples"] if s["bytes_goal"]]
    parts = [
        f'<text class="tick" x="{LEFT - 8}" y="{y(top) + 4}" text-anchor="end">{size(top)}</text>',
        f'<text class="tick" x="{LEFT - 8}" y="{y(0) + 4}" text-anchor="end">0 B</text>',
        _curve(document, axis, "bytes_goal", y, "goal"),
        _curve(document, axis, "bytes_have", y, "have"),
        note(y(top) + 4, "goal (dashed)"),
        note(y(0) + 4, f"{size(have[0])} → {size(have[-1])}"),
    ]
    return 72, "".join(parts)


def _curve(document: Mapping[str, Any], axis: Axis, key: str, y: Any, style: str) -> str:
    """A line in steps, broken where nothing is known."""
    spans = list(document["observed"])
    drawn: list[str] = []
    before: float | None = None
    for sample in document["samples"]:
        value, at = sample[key], sample["at"]
        if value is None:
            before = None
            continue
        joined = before is not None and any(a <= before and at <= b for a, b in spans)
        drawn.append(f"H{axis.x(at)}V{y(value)}" if joined else f"M{axis.x(at)} {y(value)}h1")
        before = at
    return f'<path class="line {style}" d="{"".join(drawn)}"/>'
