# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a node's data is really there: the sizes of its replicas against those of their leaders.

Private to stemedb.cluster. Pure. From the guide's "Verify shard replication" and "Verify data
replication".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ansible_collections.stemedb.cluster.plugins.module_utils import _words as words
from ansible_collections.stemedb.cluster.plugins.module_utils._model import Snapshot, View
from ansible_collections.stemedb.cluster.plugins.module_utils._reading import (
    Condition,
    Memory,
    Numbers,
    Reading,
    Settings,
    Unmet,
    not_listed,
    subject_node,
)


class Size(NamedTuple):
    """Bytes that a replica has, bytes of its leader as first read, and whether that is complete."""

    have: int | None
    goal: int | None
    complete: bool | None


def leader_sizes(snapshot: Snapshot) -> dict[int, int]:
    """Bytes of the leader of each shard asked for by name, in the view that reads it largest.

    A view that lags and still reads 0 would make every replica complete.
    """
    found: dict[int, int] = {}
    for view in snapshot.views:
        for shard in view.details:
            size = words.leader_size(shard)
            if size is not None:
                found[shard.shard_id] = max(size, found.get(shard.shard_id, 0))
    return found


def replica_size(
    snapshot: Snapshot, shard_id: int, node_id: str, memory: Memory, settings: Settings
) -> Size:
    """One replica's size in its worst view, against its leader's as first read."""
    sizes: list[int | None] = []
    now: list[int | None] = []
    for view in snapshot.views:
        shard = view.details_by_id.get(shard_id)
        replicas = shard.replicas if shard is not None else None
        sizes += [r.size_bytes for r in replicas or () if r.node_id == node_id] or [None]
        now.append(None if shard is None else words.leader_size(shard))
    largest = max((size for size in now if size is not None), default=None)
    goal = memory.leader_sizes.get(shard_id, largest)
    have = None if None in sizes else min(size for size in sizes if size is not None)
    return Size(have, goal, words.complete(have, goal, settings.fraction))


def held_in(view: View, node_id: str) -> frozenset[int]:
    """The shards of which this view sees a replica on the node."""
    return frozenset(s.shard_id for s in view.shards or () if node_id in (s.replica_nodes or ()))


def held_anywhere(snapshot: Snapshot, node_id: str) -> frozenset[int]:
    """The shards of which any view sees a replica on the node."""
    return frozenset().union(*(held_in(view, node_id) for view in snapshot.views))


def wanted_details(
    conditions: Iterable[Condition], snapshot: Snapshot, memory: Memory, settings: Settings
) -> frozenset[int]:
    """The shards whose replicas' sizes this sample still lacks.

    A replica found complete is not asked about again until all are: then all are asked at once, so
    that a sample only counts where every size in it is fresh.
    """
    wanted: set[int] = set()
    for condition in conditions:
        if condition.name != "node_replicated":
            continue
        node = subject_node(condition, snapshot, memory, settings)
        held = held_anywhere(snapshot, node.node_id) if node else frozenset()
        if node is None or not held:
            continue
        open_shards = {
            shard_id
            for shard_id in held
            if (shard_id, node.node_id) not in memory.done
            and not replica_size(snapshot, shard_id, node.node_id, memory, settings).complete
        }
        wanted |= open_shards or held
    have = {shard.shard_id for view in snapshot.views for shard in view.details}
    return frozenset(wanted) - have


def newly_complete(
    snapshot: Snapshot, memory: Memory, settings: Settings
) -> frozenset[tuple[int, str]]:
    """The (shard, node) of all replicas that this sample shows complete."""
    return frozenset(
        (shard.shard_id, replica.node_id)
        for shard in snapshot.views[0].details
        for replica in shard.replicas or ()
        if replica_size(snapshot, shard.shard_id, replica.node_id, memory, settings).complete
    )


def check_node_replicated(
    condition: Condition, snapshot: Snapshot, memory: Memory, settings: Settings
) -> Reading:
    """It holds replicas, and each is complete in every view."""
    node = subject_node(condition, snapshot, memory, settings)
    if node is None:
        return not_listed(condition, condition.argument)
    # A shard that does not say where its replicas are may have an empty one here.
    unmet = [
        Unmet(condition.name, reason.subject, reason.text, reason.section)
        for view in snapshot.views
        for reason in words.unplaced(view)
    ]
    held = sorted(held_anywhere(snapshot, node.node_id))
    if not held:
        unmet.append(Unmet(condition.name, node.node_id, "holds no replicas", words.REBALANCING))
        return Reading(tuple(unmet))
    have, goal, lacking = _lacking(node.node_id, held, snapshot, memory, settings)
    numbers = Numbers(
        condition.name,
        node.node_id,
        "replicas complete",
        len(held) - len(lacking),
        len(held),
        have,
        goal,
        tuple(lacking),
    )
    unmet += [
        Unmet(
            condition.name,
            node.node_id,
            f"its replica of shard {shard_id} is not complete: {text}",
            words.REBALANCING,
        )
        for shard_id, text in lacking.items()
    ]
    return Reading(tuple(unmet), numbers)


def _lacking(
    node_id: str, held: list[int], snapshot: Snapshot, memory: Memory, settings: Settings
) -> tuple[int, int, dict[int, str]]:
    """Bytes that the replicas have, bytes that they should have, and which lack what."""
    have = goal = 0
    lacking: dict[int, str] = {}
    unread: list[int] = []
    for shard_id in held:
        size = replica_size(snapshot, shard_id, node_id, memory, settings)
        goal += size.goal or 0
        asked = any(shard_id in view.details_by_id for view in snapshot.views)
        if not asked and (shard_id, node_id) in memory.done:
            # Found complete before; it is asked again once all others are.
            have += size.goal or 0
            unread.append(shard_id)
            continue
        have += min(size.have or 0, size.goal or 0)
        if size.complete is None:
            lacking[shard_id] = "of unknown size"
        elif not size.complete:
            lacking[shard_id] = f"{size.have} of {size.goal} bytes"
    if not lacking:
        # All others are complete, yet these gave no size when asked: a split, or a merge.
        lacking = dict.fromkeys(unread, "of unknown size")
    return have, goal, lacking
