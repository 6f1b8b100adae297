# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a cluster that should be changing does change: what several samples say together.

Private to stemedb.cluster. Pure. The operators' guide's "meta_version should increment" and
"Suspect state for extended period".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import (
    SUSPECT,
    Snapshot,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.predicates import (
    views_agree,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.shards import (
    leaderless,
    under_replicated,
)


class Note(NamedTuple):
    """What is kept of a sample, so that long watches of large clusters stay small.

    :param at: seconds since the first sample.
    """

    at: float
    meta_version: int | None
    suspect: frozenset[str]


def note(at: float, snapshot: Snapshot) -> Note:
    """A sample's part in what was watched; of several meta_versions the highest."""
    told = [view.status.meta_version for view in snapshot.views]
    versions = [version for version in told if version is not None]
    suspect = (n.node_id for n in snapshot.nodes.values() if n.state == SUSPECT)
    return Note(at, max(versions, default=None), frozenset(suspect))


def is_unsettled(snapshot: Snapshot) -> bool:
    """Whether something ought to change by itself, so that one more sample tells more."""
    nodes = snapshot.nodes
    if any(node.state == SUSPECT for node in nodes.values()) or not views_agree(snapshot).holds:
        return True
    factor, alive = snapshot.fact("replication_factor"), snapshot.alive
    shards = snapshot.shards.values()
    if any(leaderless(s, alive) or under_replicated(s, alive, factor) for s in shards):
        return True
    if factor and len(snapshot.shards) * factor < len(alive):
        # There are fewer replicas than nodes, so some nodes have none.
        return False
    held = {node_id for shard in shards for node_id in shard.replica_nodes or ()}
    placed = bool(shards) and all(shard.replica_nodes is not None for shard in shards)
    return placed and not alive <= held


def watched(notes: Sequence[Note], error: str | None = None) -> dict[str, Any]:
    """`{seconds, samples, meta_version: {first, last}, suspect, error}`.

    `suspect` are the seconds for which each node that is Suspect now was so in every sample.

    :param error: why nobody answered after the last sample, if somebody was asked.
    """
    first, last = notes[0], notes[-1]
    return {
        "seconds": round(last.at - first.at, 1),
        "samples": len(notes),
        "meta_version": {"first": first.meta_version, "last": last.meta_version},
        "suspect": {node_id: _since(notes, node_id) for node_id in sorted(last.suspect)},
        "error": error,
    }


def _since(notes: Sequence[Note], node_id: str) -> float:
    since = notes[-1].at
    for one in reversed(notes):
        if node_id not in one.suspect:
            break
        since = one.at
    return round(notes[-1].at - since, 1)
