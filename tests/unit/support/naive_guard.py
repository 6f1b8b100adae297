"""The guard once more, naively: the definitions read aloud, one loop after the other.

It shares no code with what it checks but the types of the model, and knows nothing of bounds: where
anything is unknown all that it says is that nothing may stop.
"""

from __future__ import annotations

from typing import NamedTuple, Optional

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import (
    Replica,
    Shard,
    Snapshot,
    View,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._impact.assess import Limits


class Verdict(NamedTuple):
    """What the naive guard says; the last three mean nothing where something is unknown."""

    unknown: bool
    at_risk: set[str]
    alive_after: int
    good_after: dict[int, int]

    @property
    def safe(self) -> bool:
        return not self.unknown and not self.at_risk


def naive(targets: set[str], snapshot: Snapshot, limits: Limits) -> Verdict:
    if anything_unknown(targets, snapshot, limits):
        return Verdict(True, set(), 0, {})
    members = {node.node_id for view in snapshot.views for node in view.status.nodes or ()}
    alive = {node_id for node_id in members if alive_everywhere(node_id, snapshot)}
    left = {node_id for node_id in alive if node_id not in targets}
    factor = snapshot.views[0].status.replication_factor
    assert factor is not None
    risks = node_risks(len(left), len(members), factor, limits)
    required = limits.min_live_replicas or {1: 1, 2: 1}.get(factor) or int(factor / 2) + 1
    good_after = {}
    # The views agree, or we would not be here: the first has all that is placed.
    for shard in snapshot.views[0].shards or ():
        replicas = set(shard.replica_nodes or ())
        if not targets & (replicas | {shard.leader_node}):
            if len([n for n in replicas if n in alive]) < required:
                risks.add("already_too_few_replicas")
            continue
        now = {n for n in replicas if n in alive and is_complete(n, shard, snapshot, limits)}
        after = {n for n in now if n in left}
        good_after[shard.shard_id] = len(after)
        if len(after) == 0:
            risks.add("no_replica_left")
        elif len(after) < required:
            risks.add("too_few_replicas")
        if limits.zones and required > 1 and after:
            before_zones = {limits.zones[n] for n in replicas & alive}
            after_zones = {limits.zones[n] for n in after}
            left_zones = {limits.zones[n] for n in left}
            if limits.permanent and len(left_zones) < 2:
                continue
            if limits.permanent and len(before_zones) > 1 and len(after_zones) < 2:
                risks.add("single_zone")
    return Verdict(False, risks, len(left), good_after)


def anything_unknown(targets: set[str], snapshot: Snapshot, limits: Limits) -> bool:
    if any(not observer.reachable for observer in snapshot.observers):
        return True
    if len({o.node_id for o in snapshot.observers} - targets) < limits.min_observers:
        return True
    if any(says_too_little(view) for view in snapshot.views):
        return True
    told = []
    for view in snapshot.views:
        states = {node.node_id: node.state for node in view.status.nodes or ()}
        placed = {
            s.shard_id: (s.leader_node, set(s.replica_nodes or ())) for s in view.shards or ()
        }
        told.append((states, placed, view.status.replication_factor))
    if any(other != told[0] for other in told):
        return True
    states, placed, _factor = told[0]
    alive = {node_id for node_id, state in states.items() if state == "Alive"}
    if not targets <= set(states):
        return True
    if limits.zones and not alive <= set(limits.zones):
        return True
    if any(leader not in alive for leader, _replicas in placed.values()):
        return True
    return any(
        sizes_unknown(shard_id, leader, replicas & alive, snapshot)
        or leader_lost_data(shard_id, leader, targets, snapshot, limits)
        for shard_id, (leader, replicas) in placed.items()
        if targets & (replicas | {leader})
    )


def says_too_little(view: View) -> bool:
    status, shards = view.status, view.shards
    if not status.nodes or not shards or not status.replication_factor:
        return True
    if any(node.state is None for node in status.nodes):
        return True
    if any(shard.replica_nodes is None for shard in shards):
        return True
    counts = {len(status.nodes), len([n for n in status.nodes if n.state == "Alive"])}
    return status.node_count not in counts or status.shard_count != len(shards)


def sizes_unknown(shard_id: int, leader: Optional[str], left: set[str], snapshot: Snapshot) -> bool:
    for node_id in left:
        size = size_of(node_id, shard_id, snapshot)
        # An empty replica is none, so it need not be known how much it lacks.
        if size is None or (size != 0 and leader_size(leader, shard_id, snapshot) is None):
            return True
    return False


def leader_lost_data(
    shard_id: int, leader: Optional[str], targets: set[str], snapshot: Snapshot, limits: Limits
) -> bool:
    """Whether a replica is larger than the leader's: of a live node, or of one that goes.

    Of an empty leader, whoever has it. And whether one is in a single view.
    """
    if any(leads_less(shard_id, leader, view, snapshot, limits) for view in snapshot.views):
        return True
    most = leader_size(leader, shard_id, snapshot)
    if most is None:
        return False
    for view in snapshot.views:
        for replica in of_shard(shard_id, view):
            if replica.size_bytes is None:
                if replica.node_id in targets:
                    return True
                continue
            counts = most == 0 or replica.node_id in targets
            counts = counts or not dead_everywhere(replica.node_id, snapshot)
            if counts and most < replica.size_bytes * limits.fraction:
                return True
    return False


def leads_less(
    shard_id: int, leader: Optional[str], view: View, snapshot: Snapshot, limits: Limits
) -> bool:
    here = leader_size(leader, shard_id, Snapshot((view,)))
    return here is not None and any(
        here < (replica.size_bytes or 0) * limits.fraction
        for replica in of_shard(shard_id, view)
        if here == 0 or not dead_everywhere(replica.node_id, snapshot)
    )


def of_shard(shard_id: int, view: View) -> list[Replica]:
    found = [shard for shard in view.details if shard.shard_id == shard_id]
    return [replica for shard in found for replica in shard.replicas or ()]


def dead_everywhere(node_id: str, snapshot: Snapshot) -> bool:
    states = [n.state for v in snapshot.views for n in v.status.nodes or () if n.node_id == node_id]
    return all(state == "Dead" for state in states)


def node_risks(left: int, members: int, factor: int, limits: Limits) -> set[str]:
    risks = set()
    if limits.permanent:
        if left < (limits.min_nodes or 3) or left < factor:
            risks.add("too_few_nodes")
    else:
        if left < members / 2 or left == members / 2:
            risks.add("no_majority")
        if limits.min_nodes and left < limits.min_nodes:
            risks.add("too_few_nodes")
    return risks


def alive_everywhere(node_id: str, snapshot: Snapshot) -> bool:
    for view in snapshot.views:
        if not any(n.node_id == node_id and n.state == "Alive" for n in view.status.nodes or ()):
            return False
    return True


def is_complete(node_id: str, shard: Shard, snapshot: Snapshot, limits: Limits) -> bool:
    size = size_of(node_id, shard.shard_id, snapshot)
    goal = leader_size(shard.leader_node, shard.shard_id, snapshot)
    return size is not None and goal is not None and size >= goal * limits.fraction


def size_of(node_id: Optional[str], shard_id: int, snapshot: Snapshot) -> Optional[int]:
    """The smallest size that any view tells, None if one does not."""
    sizes: list[Optional[int]] = []
    for view in snapshot.views:
        mine = [r.size_bytes for r in of_shard(shard_id, view) if r.node_id == node_id]
        sizes.append(mine[0] if mine else None)
    known = [size for size in sizes if size is not None]
    return min(known) if len(known) == len(sizes) else None


def leader_size(leader: Optional[str], shard_id: int, snapshot: Snapshot) -> Optional[int]:
    """The largest size that any view tells of the leader."""
    known = [
        replica.size_bytes
        for view in snapshot.views
        for replica in of_shard(shard_id, view)
        if replica.node_id == leader
    ]
    sizes = [size for size in known if size is not None]
    return max(sizes) if sizes else None
