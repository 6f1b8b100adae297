# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the states and leaders of nodes went, over all waits of an operation.

Private to stemedb.cluster. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import ALIVE
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.timeline import NOT_LISTED

MOST_NODES = 300
MOST_SPANS = 500
# Of one node, so that one that comes and goes does not fill the document.
MOST_POINTS = 400

# From when on a later wait did not follow a node.
NOT_FOLLOWED = "not followed"


class Lanes:
    """A lane for each node that a wait followed."""

    def __init__(self) -> None:
        self.factor: int | None = None
        self.node_count: int | None = None
        self._unfollowed = 0
        self._states: dict[str, list[list[Any]]] = {}
        self._leaders: dict[str, list[list[Any]]] = {}
        self._spans: list[list[float]] = []

    def add(self, began: float, entries: Sequence[Mapping[str, Any]]) -> None:
        """Take the samples of one wait.

        :param began: when it began, in seconds since the run did.
        """
        since: float | None = None
        fresh = True
        for entry in entries:
            at = round(began + entry["elapsed"], 3)
            if not entry["answered"]:
                self._observe(since, at)
                since = None
                continue
            since = at if since is None else since
            if fresh:
                self._leave(at, entry)
            fresh = False
            self._unfollowed = max(self._unfollowed, entry["unfollowed"])
            self.factor = entry["replication_factor"] or self.factor
            self.node_count = entry["node_count"] or self.node_count
            for node_id, state in entry["states"].items():
                _point(self._states, node_id, at, state)
            for node_id, led in entry["leaders"].items():
                _point(self._leaders, node_id, at, led)
        if entries:
            self._observe(since, round(began + entries[-1]["elapsed"], 3))

    def _leave(self, at: float, entry: Mapping[str, Any]) -> None:
        """Of nodes that a wait does not follow, what an earlier one saw holds no longer."""
        whole = len(entry["states"]) == entry["node_count"]
        for node_id in self._states.keys() - entry["states"].keys():
            _point(self._states, node_id, at, NOT_LISTED if whole else NOT_FOLLOWED)
            if node_id in self._leaders:
                _point(self._leaders, node_id, at, None)

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

    @property
    def unfollowed(self) -> int:
        """How many nodes at most were not Alive in one sample and are not in `nodes`."""
        cut = self._order()[MOST_NODES:]
        return self._unfollowed + len([n for n in cut if trouble(self._states[n])])

    def nodes(self) -> list[dict[str, Any]]:
        """The lanes, sorted by id; of too many those in trouble and those that changed."""
        return [
            {
                "node_id": node_id,
                "states": self._states[node_id][-MOST_POINTS:],
                "leaders": self._leaders.get(node_id, [])[-MOST_POINTS:],
            }
            for node_id in sorted(self._order()[:MOST_NODES])
        ]

    def _order(self) -> list[str]:
        states = self._states
        return sorted(states, key=lambda n: (-trouble(states[n]), -len(states[n]), n))


def trouble(states: Iterable[Sequence[Any]]) -> int:
    """How often a node came to be something else than Alive, as far as it was followed."""
    return len([state for _at, state in states if state not in (ALIVE, NOT_FOLLOWED)])


def _point(series: dict[str, list[list[Any]]], node_id: str, at: float, value: Any) -> None:
    points = series.setdefault(node_id, [])
    if not points or points[-1][1] != value:
        points.append([at, value])
