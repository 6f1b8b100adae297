# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which gateway sees which node in which state, bounded however many nodes there are.

Private to stemedb.cluster. Pure. The operators' guide's "On each node segment, compare".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import (
    ALIVE,
    DEAD,
    Node,
    Observer,
    Snapshot,
    View,
)

# Columns of the matrix, and nodes that a side names.
MAX_NODES = 12

# A node that a view does not list.
UNLISTED = "unlisted"


class Lost(NamedTuple):
    """The gateway of a node that others do not see Alive, and what came of asking it.

    :param nodes: what it lists, None where it did not answer; then `error` says why.
    """

    url: str
    node_id: str
    nodes: tuple[Node, ...] | None = None
    meta_version: int | None = None
    answer_ms: float | None = None
    error: str | None = None


class _Seer(NamedTuple):
    """One gateway's view of all nodes."""

    url: str
    node_id: str | None
    nodes: Mapping[str, Node]
    meta_version: int | None
    answer_ms: float | None
    lost: bool = False

    def state(self, node_id: str) -> str | None:
        node = self.nodes.get(node_id)
        return UNLISTED if node is None else node.state


def sight(snapshot: Snapshot, lost: Iterable[Lost] = ()) -> dict[str, Any]:
    """`{nodes, more, gateways, sides}`.

    `nodes` are the columns of the matrix: nodes that a gateway sees other than Alive, those with a
    gateway that was asked first; `more` is how many of such nodes are left out. A row of `gateways`
    is `{url, node_id, answer_ms, meta_version, lost, error, alive, states}`, `alive` a count and
    `states` in the order of `nodes`, null where there is no answer. `sides` are the ids of the
    nodes whose gateways see each other, in groups; one group is no partition.
    """
    lost = tuple(lost)
    seers = [_seer(view, snapshot.observers) for view in snapshot.views if _lists(view)]
    seers += [
        _Seer(one.url, one.node_id, _by_id(one.nodes), one.meta_version, one.answer_ms, True)
        for one in lost
        if one.nodes is not None
    ]
    own = {seer.node_id for seer in seers}
    listed = {node_id for seer in seers for node_id in seer.nodes}
    doubted = sorted(
        (n for n in listed if any(seer.state(n) != ALIVE for seer in seers)),
        key=lambda node_id: (node_id not in own, node_id),
    )
    shown = doubted[:MAX_NODES]
    return {
        "nodes": shown,
        "more": len(doubted) - len(shown),
        "gateways": [
            *(_row(seer, shown) for seer in seers),
            *(_silent(one) for one in lost if one.nodes is None),
        ],
        "sides": _sides(seers),
    }


def _lists(view: View) -> bool:
    return view.status.nodes is not None


def _by_id(nodes: Iterable[Node]) -> dict[str, Node]:
    return {node.node_id: node for node in nodes}


def _seer(view: View, observers: Sequence[Observer]) -> _Seer:
    own = next((o.node_id for o in observers if o.url == view.url), None)
    version = view.status.meta_version
    return _Seer(view.url, own, view.nodes_by_id, version, view.answer_ms)


def _row(seer: _Seer, shown: Sequence[str]) -> dict[str, Any]:
    return {
        "url": seer.url,
        "node_id": seer.node_id,
        "answer_ms": seer.answer_ms,
        "meta_version": seer.meta_version,
        "lost": seer.lost,
        "error": None,
        "alive": sum(node.state == ALIVE for node in seer.nodes.values()),
        "states": [seer.state(node_id) for node_id in shown],
    }


def _silent(one: Lost) -> dict[str, Any]:
    return {
        "url": one.url,
        "node_id": one.node_id,
        "answer_ms": None,
        "meta_version": None,
        "lost": True,
        "error": one.error,
        "alive": None,
        "states": None,
    }


def _sides(seers: Iterable[_Seer]) -> list[list[str]]:
    """Nodes whose gateways see each other; a Suspect node is doubted, and not cut off yet."""
    by_id = {seer.node_id: seer for seer in seers if seer.node_id is not None}
    left, sides = sorted(by_id), []
    while left:
        side, new = {left[0]}, [left[0]]
        while new:
            one = by_id[new.pop()]
            found = {
                other
                for other in left
                if other not in side and _sees(one, other) and _sees(by_id[other], one.node_id)
            }
            side |= found
            new += sorted(found)
        sides.append(sorted(side))
        left = [node_id for node_id in left if node_id not in side]
    return sides


def _sees(seer: _Seer, node_id: str | None) -> bool:
    return node_id is not None and seer.state(node_id) not in (DEAD, UNLISTED)
