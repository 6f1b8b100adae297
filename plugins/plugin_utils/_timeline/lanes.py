# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the states and leaders of nodes went, over all waits of an operation.

Private to stemedb.cluster. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

MOST_NODES = 300
MOST_SPANS = 500
# Of one node, so that one that comes and goes does not fill the document.
MOST_POINTS = 400


class Lanes:
    """A lane for each node that a wait followed."""

    def __init__(self) -> None:
        self.factor: int | None = None
        self.node_count: int | None = None
        self._states: dict[str, list[list[Any]]] = {}
        self._leaders: dict[str, list[list[Any]]] = {}
        self._spans: list[list[float]] = []

    def add(self, began: float, entries: Sequence[Mapping[str, Any]]) -> None:
        """Take the samples of one wait.

        :param began: when it began, in seconds since the run did.
        """
        since: float | None = None
        for entry in entries:
            at = round(began + entry["elapsed"], 3)
            if not entry["answered"]:
                self._observe(since, at)
                since = None
                continue
            since = at if since is None else since
            self.factor = entry["replication_factor"] or self.factor
            self.node_count = entry["node_count"] or self.node_count
            for node_id, state in entry["states"].items():
                _point(self._states, node_id, at, state)
            for node_id, led in entry["leaders"].items():
                _point(self._leaders, node_id, at, led)
        if entries:
            self._observe(since, round(began + entries[-1]["elapsed"], 3))

    def _observe(self, since: float | None, until: float) -> None:
        if since is not None:
            self._spans.append([since, until])

    def observed(self) -> list[list[float]]:
        """From when to when samples were taken."""
        spans = sorted(self._spans)
        while len(spans) > MOST_SPANS:
            # What stands close together counts as one.
            near = min(range(1, len(spans)), key=lambda n: spans[n][0] - spans[n - 1][1])
            spans[near - 1 : near + 1] = [[spans[near - 1][0], spans[near][1]]]
        return spans

    def nodes(self) -> list[dict[str, Any]]:
        """The lanes, sorted by id; of too many those that changed."""
        changing = sorted(self._states, key=lambda n: (-len(self._states[n]), n))[:MOST_NODES]
        return [
            {
                "node_id": node_id,
                "states": self._states[node_id][-MOST_POINTS:],
                "leaders": self._leaders.get(node_id, [])[-MOST_POINTS:],
            }
            for node_id in sorted(changing)
        ]


def _point(series: dict[str, list[list[Any]]], node_id: str, at: float, value: Any) -> None:
    points = series.setdefault(node_id, [])
    if not points or points[-1][1] != value:
        points.append([at, value])
