# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a replica is complete: its size against that of its shard's leader.

Private to stemedb.cluster. Pure. From the guide's "Verify shard replication" and "Verify data
replication".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import (
    LEADER,
    Replica,
    Shard,
    Snapshot,
)

# Of its leader's size, at which a replica is complete where nobody says another.
REPLICATED_FRACTION = 0.95


def fraction_problem(fraction: float) -> str | None:
    """Why this fraction of a leader's size makes no replica complete, or every one."""
    if 0 < fraction <= 1:
        return None
    return f"replicated_fraction ({fraction:g}) must be more than 0, at most 1"


def leader_size(shard: Shard) -> int | None:
    """Bytes of a shard's leader replica, else of the shard; None if unknown, or without a leader.

    The role that a replica claims counts only where the shard names no leader: while the lead is
    handed over an old or a new one claims it too.
    """
    replicas = shard.replicas or ()
    claims = [replica.node_id for replica in replicas if replica.role == LEADER]
    leader = shard.leader_node or (claims[0] if len(claims) == 1 else None)
    if leader is None:
        return None
    sizes = [replica.size_bytes for replica in replicas if replica.node_id == leader]
    return sizes[0] if sizes and sizes[0] is not None else shard.size_bytes


class Measure(NamedTuple):
    """What the replicas of a shard are measured by.

    :param goal: bytes of its leader; None if unknown, or if the leader is no measure.
    :param doubt: why the leader is no measure: then nobody's completeness is known.
    :param sure: whether the size of every replica that may be live is known.
    """

    goal: int | None
    doubt: str = ""
    sure: bool = False


def measure(shard_id: int, snapshot: Snapshot, fraction: float) -> Measure:
    """How many bytes a complete replica has, by the view that reads the leader largest.

    A leader that is smaller than another live replica by more than the tolerance, in one view or in
    all of them together, has lost data.
    """
    seen = [v.details_by_id[shard_id] for v in snapshot.views if shard_id in v.details_by_id]
    told = [(leader_size(shard), shard.replicas or ()) for shard in seen]
    leader = max((size for size, _of in told if size is not None), default=None)
    if leader is None:
        return Measure(None)
    replicas = tuple(replica for _size, of in told for replica in of)
    for size, of in (*told, (leader, replicas)):
        larger = None if size is None else _larger(size, of, snapshot, fraction)
        if larger is not None:
            text = (
                f"its leader has {size} bytes and its replica on {larger.node_id} "
                f"{larger.size_bytes}, so what its replicas lack is not known"
            )
            return Measure(None, text)
    sizes = [r.size_bytes for r in replicas if snapshot.may_be_live(r.node_id)]
    return Measure(leader, sure=all(shard.replicas for shard in seen) and None not in sizes)


def _larger(
    leader: int, replicas: Sequence[Replica], snapshot: Snapshot, fraction: float
) -> Replica | None:
    """The replica that shows a leader of this size to have lost data.

    An empty leader may be right, but only if no replica is known to be larger, a Dead node's
    included.
    """
    largest = max(
        (r for r in replicas if leader == 0 or snapshot.may_be_live(r.node_id)),
        key=lambda r: (r.size_bytes or 0, r.node_id),
        default=Replica(""),
    )
    return largest if leader < fraction * (largest.size_bytes or 0) else None


def complete(size: int | None, goal: int | None, fraction: float) -> bool | None:
    """Whether a replica of this size is complete; None if a size is unknown.

    :param size: bytes that the replica has now.
    :param goal: bytes of its leader, see `measure`.
    :param fraction: of the goal that counts as complete.
    """
    if size is None or goal is None:
        return None
    return size >= fraction * goal


class Size(NamedTuple):
    """Bytes that a replica has, bytes that it should have, and whether it is complete."""

    have: int | None
    goal: int | None
    complete: bool | None


def replica_size(
    snapshot: Snapshot,
    shard_id: int,
    node_id: str,
    first_sizes: Mapping[int, int],
    fraction: float,
    measured: Measure | None = None,
) -> Size:
    """One replica's size in its worst view, against what it is measured by.

    :param first_sizes: bytes of each shard's leader as a wait first read them; a guard has none.
    :param fraction: of its leader's size at which a replica is complete.
    :param measured: the measure of its shard, where it is known already.
    """
    sizes: list[int | None] = []
    for view in snapshot.views:
        shard = view.details_by_id.get(shard_id)
        replicas = shard.replicas if shard is not None else None
        sizes += [r.size_bytes for r in replicas or () if r.node_id == node_id] or [None]
    have = None if None in sizes else min(size for size in sizes if size is not None)
    now = measured or measure(shard_id, snapshot, fraction)
    if now.doubt:
        return Size(have, None, None)
    goal = first_sizes.get(shard_id) or now.goal
    return Size(have, goal, complete(have, goal, fraction))
