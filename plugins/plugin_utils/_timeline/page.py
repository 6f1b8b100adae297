# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One page of HTML that needs nothing else: no script, no font, no network.

Private to stemedb.cluster. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.names import renamer
from ansible_collections.stemedb.cluster.plugins.module_utils._present.tables import counted, size
from ansible_collections.stemedb.cluster.plugins.plugin_utils._timeline import chart, heat
from ansible_collections.stemedb.cluster.plugins.plugin_utils._timeline.drawing import (
    clock,
    names,
    table,
    text,
    took,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._timeline.lanes import MOST_NODES
from ansible_collections.stemedb.cluster.plugins.plugin_utils._timeline.style import STYLE

NONE = "-"
_MOST_LINES = 200
_VERDICTS = {
    "succeeded": "✓ {0} succeeded",
    "failed": "✗ {0} failed",
    "aborted": "✗ {0} was aborted",
    "running": "… {0} had not ended when this was written",
}
_LEGENDS = {
    "Steps": (
        ("step wait", "wait"),
        ("step change", "change"),
        ("step task", "other task"),
        ("step failed", "failed"),
        ("met", "sample with all conditions met"),
        ("unmet", "not met"),
        ("silent", "no answer"),
    ),
    "Nodes": (
        ("alive", "Alive"),
        ("suspect", "Suspect"),
        ("dead", "Dead"),
        ("other", "another state, or not listed"),
        ("led", "shards that the node leads"),
    ),
}


def page(document: Mapping[str, Any]) -> str:
    """The report of an operation.

    :param document: as `docs/docsite/timeline.schema.json` describes it.
    """
    called = names(document)
    named = renamer(called)
    operation = document["operation"]
    target = f" of {document['target']}" if document["target"] else ""
    verdict = _VERDICTS[document["outcome"]].format(f"{operation}{target}")
    nodes = sorted(document["nodes"], key=lambda node: called[node["node_id"]])
    document = {**document, "nodes": nodes}
    drawn = chart.chart(document, called)
    parts = [
        _head(document, verdict, named),
        _section("timeline-head", "Timeline", [_legend(), _scroll("Timeline", drawn)]),
        _section("steps-head", "Steps and what they waited for", [_steps(document, named)]),
        _section("nodes-head", "Nodes", [_nodes(document, called)]),
        _section("worst-head", "Good replicas and bytes", [_samples(document)]),
        *_maps(document["heat_maps"], called),
    ]
    return _whole(f"{operation}: {document['outcome']}", "".join(parts))


def heat_page(
    heat_map: Mapping[str, Any] | None,
    called: Mapping[str, str],
    cluster: str | None,
    lines: Iterable[str],
) -> str:
    """The heat map of a cluster at rest.

    :param called: how to call a node, by its id.
    :param lines: what else is to be said, such as the verdict on its health.
    """
    maps = {"now": heat_map}
    everything = {**names({"nodes": [], "heat_maps": maps}), **called}
    title = f"Replicas of cluster {cluster or 'of unknown name'}"
    said = "".join(f"<p>{text(line)}</p>" for line in lines if line)
    body = [
        f"<header><h1>{text(title)}</h1>{said}</header>",
        *_maps(maps, everything),
        _section("rows-head", "Nodes", [_rows(heat_map, everything)]) if heat_map else "",
    ]
    return _whole(title, "".join(body))


def _whole(title: str, body: str) -> str:
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{text(title)}</title><style>{STYLE}</style></head>"
        f"<body><main>{body}</main></body></html>\n"
    )


def _section(name: str, title: str, parts: Iterable[str]) -> str:
    return (
        f'<section aria-labelledby="{name}"><h2 id="{name}">{text(title)}</h2>'
        f"{''.join(parts)}</section>"
    )


def _scroll(title: str, drawing: str) -> str:
    """A drawing that keeps its size: of a small window it scrolls, also by keyboard."""
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{text(title)}">{drawing}</div>'
    )


def _head(document: Mapping[str, Any], verdict: str, named: Any) -> str:
    facts = [
        ("Cluster", document["cluster"] or "unknown"),
        ("Began", document["began"]),
        ("Took", took(document["seconds"])),
        ("Nodes", document["node_count"] or "unknown"),
        ("Replication factor", document["replication_factor"] or "unknown"),
        ("Guard's minimum of good replicas", document["required_good_replicas"] or "no guard ran"),
    ]
    listed = "".join(f"<div><dt>{text(k)}</dt><dd>{text(v)}</dd></div>" for k, v in facts)
    message = document["message"]
    cause = f'<p class="cause" role="alert">{text(named(message))}</p>' if message else ""
    return (
        f'<header class="{text(document["outcome"])}"><h1>{text(verdict)}</h1>{cause}'
        f"<dl>{listed}</dl></header>"
    )


def _legend() -> str:
    lists = []
    for title, styles in _LEGENDS.items():
        items = "".join(
            f'<li><svg class="key" width="16" height="12" aria-hidden="true">'
            f'<rect class="{style}" width="16" height="12"/></svg> {words}</li>'
            for style, words in styles
        )
        lists.append(f'<ul class="legend" aria-label="{title}"><li>{title}:</li>{items}</ul>')
    return (
        f"{''.join(lists)}<p>The worse a state, the taller its bar. Where there is no bar, no "
        "sample was taken.</p>"
    )


def _steps(document: Mapping[str, Any], named: Any) -> str:
    rows = [
        [
            text(step["name"]),
            text(step["host"]),
            clock(step["at"]),
            took(step["seconds"]),
            text(step["outcome"]),
            "<br>".join(text(named(line)) for line in _waited(step)) or NONE,
        ]
        for step in document["steps"]
    ]
    head = ["Step", "Host", "Began", "Took", "Outcome", "Waited for"]
    left = document["steps_left_out"]
    more = f"<p>{counted(left, 'short step')} left out.</p>" if left else ""
    return table("Steps in order", head, rows, (2, 3)) + more


def _waited(step: Mapping[str, Any]) -> Iterator[str]:
    for reason in step["waited_for"]:
        yield (
            f"{took(reason['seconds'])}: {reason['condition']}: {reason['subject']} "
            f"{reason['reason']}"
        )
    if step["message"]:
        yield step["message"]


def _nodes(document: Mapping[str, Any], called: Mapping[str, str]) -> str:
    if not document["nodes"]:
        return "<p>No wait read the nodes.</p>"
    maps = document["heat_maps"]
    before, after = (_totals(maps[when]) for when in ("before", "after"))
    rows = [
        [
            f'<span title="{text(node["node_id"])}">{text(called[node["node_id"]])}</span>',
            _changes(node["states"]),
            _span(chart.known_leads(node)),
            _both(before.get(node["node_id"]), after.get(node["node_id"])),
        ]
        for node in document["nodes"]
    ]
    head = ["Node", "States, with the time of each change", "Shards led", "Replicas"]
    left, troubled = chart.not_followed(document), document["unfollowed"]
    words = (
        f"there is room for {MOST_NODES}, and their states are unknown here. Up to {troubled} of "
        "them were not Alive in one sample"
    )
    known = words if troubled else chart.ALL_ALIVE
    more = f"<p>{counted(left, 'node')} not followed: {known}.</p>" if left else ""
    return table("Nodes that the waits followed", head, rows, (2, 3)) + more


def _totals(heat_map: Mapping[str, Any] | None) -> dict[str, int]:
    rows = heat_map["rows"] if heat_map else ()
    return {row["node_id"]: sum(heat.counts(row["replicas"])) for row in rows}


def _changes(points: list[list[Any]]) -> str:
    (_at, first), *others = points
    told = [text(first or "unknown")]
    told += [f"{text(state or 'unknown')} at {clock(at)}" for at, state in others[:8]]
    if len(others) > 8:
        told.append(f"and {len(others) - 8} more changes, last {text(others[-1][1] or 'unknown')}")
    return ", ".join(told)


def _span(numbers: list[int]) -> str:
    return _both(numbers[0], numbers[-1]) if numbers else NONE


def _both(before: int | None, after: int | None) -> str:
    if before == after or after is None:
        return NONE if before is None else str(before)
    return f"{NONE if before is None else before} → {after}"


def _samples(document: Mapping[str, Any]) -> str:
    """Only where something changed: all samples are in the drawing."""
    rows, last = [], None
    for sample in document["samples"]:
        shown = (sample["fewest_good_replicas"], sample["good"], sample["answered"])
        grown = 10 * (sample["bytes_have"] or 0) // (sample["bytes_goal"] or 1)
        if (shown, grown) == last:
            continue
        last = (shown, grown)
        good = sample["fewest_good_replicas"]
        rows.append(
            [
                clock(sample["at"]),
                "yes" if sample["good"] else "no" if sample["answered"] else "no answer",
                "unknown" if good is None else str(good),
                NONE if sample["worst_shard"] is None else str(sample["worst_shard"]),
                f"{size(sample['bytes_have'])} of {size(sample['bytes_goal'])}"
                if sample["bytes_goal"]
                else NONE,
            ]
        )
    if not rows:
        return "<p>No sample was taken.</p>"
    head = ["Time", "All conditions met", "Good replicas of the worst shard", "Shard", "Bytes"]
    left = len(rows) - _MOST_LINES
    more = f"<p>{counted(left, 'sample')} more: see the JSON file.</p>" if left > 0 else ""
    caption = "Samples that differ from the one before, and each tenth of the bytes"
    return table(caption, head, rows[:_MOST_LINES], (2, 3, 4)) + more


def _maps(maps: Mapping[str, Any], called: Mapping[str, str]) -> Iterator[str]:
    most = heat.largest_count(maps.values())
    for when, heat_map in maps.items():
        if not heat_map:
            continue
        rows = sorted(heat_map["rows"], key=lambda row: called[row["node_id"]])
        heat_map = {**heat_map, "rows": rows}
        title = f"Heat map {when}" if when != "now" else "Heat map"
        left = heat_map["rows_left_out"]
        parts = [
            heat.legend(heat_map, most),
            _scroll(title, heat.drawing(heat_map, called, when, most)),
            f"<p>{counted(left, 'node')} left out.</p>" if left else "",
        ]
        yield _section(f"heat-{when}-head", title, parts)


def _rows(heat_map: Mapping[str, Any], called: Mapping[str, str]) -> str:
    rows = [
        [
            f'<span title="{text(row["node_id"])}">{text(called[row["node_id"]])}</span>',
            text(row["state"] or "not listed"),
            str(sum(heat.counts(row["replicas"]))),
            str(sum(heat.counts(row["leaders"]))),
        ]
        for row in heat_map["rows"]
    ]
    return table("Replicas of each node", ["Node", "State", "Replicas", "Leads"], rows, (2, 3))
