# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The conditions of a wait that need the sizes of replicas, and which sizes to ask for.

Private to stemedb.cluster. Pure. When a replica is complete, `_cluster.replication` says.
"""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster import predicates as words
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import Snapshot, View
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.replication import (
    measure,
    replica_size,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.readings import (
    Condition,
    Memory,
    Numbers,
    Reading,
    Settings,
    Unmet,
    not_listed,
    subject_node,
)

# The conditions that need the sizes of single replicas.
NODE_REPLICATED = "node_replicated"
REPLICAS_COMPLETE = "replicas_complete"

# One replica: its shard, and the node that it is on.
Pair = tuple[int, str]


def goals(snapshot: Snapshot, memory: Memory, settings: Settings) -> dict[int, int]:
    """What each shard's replicas are measured by from this complete sample on: its leader's bytes.

    As first read, since a goal that grows under writes is never reached. It follows the leader
    down, as a shard is split or compacted, but only in a sample that tells every size. An empty
    leader is no goal to keep.
    """
    found = dict(memory.leader_sizes)
    for shard_id in {shard.shard_id for view in snapshot.views for shard in view.details}:
        now = measure(shard_id, snapshot, settings.fraction)
        before = found.get(shard_id)
        if now.goal is not None and (not before or (now.sure and now.goal < before)):
            found[shard_id] = now.goal
    return found


def newly_complete(snapshot: Snapshot, memory: Memory, settings: Settings) -> frozenset[Pair]:
    """All replicas that this sample shows complete."""
    return frozenset(
        pair
        for shard in snapshot.views[0].details
        for pair in ((shard.shard_id, replica.node_id) for replica in shard.replicas or ())
        if replica_size(snapshot, *pair, memory.leader_sizes, settings.fraction).complete
    )


def held_in(view: View, node_id: str) -> frozenset[int]:
    """The shards of which this view sees a replica on the node."""
    return frozenset(s.shard_id for s in view.shards or () if node_id in (s.replica_nodes or ()))


def held_anywhere(snapshot: Snapshot, node_id: str) -> frozenset[int]:
    """The shards of which any view sees a replica on the node."""
    return frozenset().union(*(held_in(view, node_id) for view in snapshot.views))


def _node_pairs(snapshot: Snapshot, node_id: str) -> list[Pair]:
    return [(shard_id, node_id) for shard_id in sorted(held_anywhere(snapshot, node_id))]


def _all_pairs(snapshot: Snapshot) -> list[Pair]:
    """Every replica that any view sees, but for those of Dead nodes, which nobody waits for."""
    listed = (shard for view in snapshot.views for shard in view.shards or ())
    return sorted(
        {
            (shard.shard_id, node_id)
            for shard in listed
            for node_id in shard.replica_nodes or ()
            if snapshot.may_be_live(node_id)
        }
    )


def wanted_details(
    conditions: Iterable[Condition], snapshot: Snapshot, memory: Memory, settings: Settings
) -> frozenset[int]:
    """The shards whose replicas' sizes this sample still lacks.

    A replica found complete is not asked about again until all are: then all are asked at once, so
    that a sample only counts where every size in it is fresh.
    """
    wanted: set[int] = set()
    for condition in conditions:
        pairs: list[Pair] = []
        if condition.name == REPLICAS_COMPLETE:
            pairs = _all_pairs(snapshot)
        elif condition.name == NODE_REPLICATED:
            node = subject_node(condition, snapshot, memory, settings)
            pairs = _node_pairs(snapshot, node.node_id) if node else []
        still_open = [
            pair
            for pair in pairs
            if pair not in memory.done
            and not replica_size(snapshot, *pair, memory.leader_sizes, settings.fraction).complete
        ]
        wanted |= {shard_id for shard_id, _node_id in still_open or pairs}
    have = {shard.shard_id for view in snapshot.views for shard in view.details}
    return frozenset(wanted) - have


def check_node_replicated(
    condition: Condition, snapshot: Snapshot, memory: Memory, settings: Settings
) -> Reading:
    """It holds replicas, and each is complete in every view."""
    node = subject_node(condition, snapshot, memory, settings)
    if node is None:
        return not_listed(condition, condition.argument)
    # A shard that does not say where its replicas are may have an empty one here.
    unmet = _unplaced(condition, snapshot)
    pairs = _node_pairs(snapshot, node.node_id)
    if not pairs:
        unmet.append(Unmet(condition.name, node.node_id, "holds no replicas", words.REBALANCING))
        return Reading(tuple(unmet))
    lacking, numbers = _lacking(condition, node.node_id, pairs, snapshot, memory, settings)
    unmet += [
        Unmet(
            condition.name,
            node.node_id,
            f"its replica of shard {shard_id} is not complete: {text}",
            words.REBALANCING,
        )
        for (shard_id, _node_id), text in lacking.items()
    ]
    return Reading(tuple(unmet), numbers)


def check_replicas_complete(
    condition: Condition, snapshot: Snapshot, memory: Memory, settings: Settings
) -> Reading:
    """Every shard has replicas, and each that may be live is complete in every view."""
    unmet = _unplaced(condition, snapshot)
    pairs = _all_pairs(snapshot)
    for shard_id in sorted(snapshot.shards.keys() - {shard_id for shard_id, _node_id in pairs}):
        text = "has no replica on a node that may be live"
        unmet.append(Unmet(condition.name, words.shard_name(shard_id), text, words.REBALANCING))
    lacking, numbers = _lacking(condition, words.CLUSTER, pairs, snapshot, memory, settings)
    unmet += [
        Unmet(
            condition.name,
            words.shard_name(shard_id),
            f"its replica on {node_id} is not complete: {text}",
            words.REBALANCING,
        )
        for (shard_id, node_id), text in lacking.items()
    ]
    return Reading(tuple(unmet), numbers)


def _unplaced(condition: Condition, snapshot: Snapshot) -> list[Unmet]:
    return [
        Unmet(condition.name, reason.subject, reason.text, reason.section)
        for view in snapshot.views
        for reason in words.unplaced(view)
    ]


def _lacking(
    condition: Condition,
    subject: str,
    pairs: list[Pair],
    snapshot: Snapshot,
    memory: Memory,
    settings: Settings,
) -> tuple[dict[Pair, str], Numbers]:
    """Which of these replicas lack what, and how far they are in all."""
    have = goal = 0
    lacking: dict[Pair, str] = {}
    unread: list[Pair] = []
    for pair in pairs:
        shard_id = pair[0]
        size = replica_size(snapshot, *pair, memory.leader_sizes, settings.fraction)
        goal += size.goal or 0
        asked = any(shard_id in view.details_by_id for view in snapshot.views)
        if not asked and pair in memory.done:
            # Found complete before; it is asked again once all others are.
            have += size.goal or 0
            unread.append(pair)
            continue
        have += min(size.have or 0, size.goal or 0)
        if size.complete is None:
            doubt = measure(shard_id, snapshot, settings.fraction).doubt
            lacking[pair] = doubt or "of unknown size"
        elif not size.complete:
            lacking[pair] = f"{size.have} of {size.goal} bytes"
    if not lacking:
        # All others are complete, yet these gave no size when asked: a split, or a merge.
        lacking = dict.fromkeys(unread, "of unknown size")
    shards = tuple(dict.fromkeys(shard_id for shard_id, _node_id in lacking))
    done = len(pairs) - len(lacking)
    what = "replicas complete"
    return lacking, Numbers(condition.name, subject, what, done, len(pairs), have, goal, shards)
