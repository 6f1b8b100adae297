# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a Snapshot to the documented results, shared by everything that shows a cluster.

Private to stemedb.cluster. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Callable

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster import predicates as words
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import (
    FOLLOWER,
    LEADER,
    STATES,
    Node,
    Snapshot,
    View,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.names import get_node
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.shards import (
    leaderless,
    under_replicated,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._present.alike import alike
from ansible_collections.stemedb.cluster.plugins.module_utils._present.heat_map import heat_map
from ansible_collections.stemedb.cluster.plugins.module_utils._present.shards import (
    is_listed,
    need_nodes,
    shards,
)


def cluster(snapshot: Snapshot) -> dict[str, Any]:
    """The `cluster` of `stemedb_cluster_info`."""
    # Of a list that is cut short nobody can say that nothing is wrong in it.
    known = is_listed(snapshot) and all(_all_shards(view) for view in snapshot.views)
    factor = snapshot.fact("replication_factor")
    verdict = words.healthy(snapshot)
    listed = snapshot.shards.values()
    under = [under_replicated(shard, snapshot.alive, factor) for shard in listed]
    return {
        "name": snapshot.fact("name"),
        "status": snapshot.fact("word"),
        "healthy": verdict.holds,
        "unhealthy_reasons": alike((r.subject, r.text) for r in verdict.reasons)[:100],
        "node_count": snapshot.fact("node_count"),
        "shard_count": snapshot.fact("shard_count"),
        "replication_factor": factor,
        "meta_version": snapshot.fact("meta_version"),
        "nodes_by_state": nodes_by_state(snapshot.nodes.values()) if is_listed(snapshot) else None,
        "leaderless_shards": sorted(
            shard.shard_id for shard in listed if leaderless(shard, snapshot.alive)
        )
        if known
        else None,
        "under_replicated_shards": sorted(
            shard.shard_id for shard, is_under in zip(listed, under) if is_under
        )
        if known and None not in under
        else None,
        "views_agree": words.views_agree(snapshot).holds,
    }


def nodes_by_state(nodes: Iterable[Node]) -> dict[str, int]:
    """How many nodes are in each state; any word but the three counts as `other`."""
    count = dict.fromkeys((*STATES, "other"), 0)
    for node in nodes:
        count[node.state if node.state in STATES else "other"] += 1
    return count


def nodes(
    snapshot: Snapshot, name: str | None = None, states: Iterable[str] = (), role: str = "any"
) -> list[dict[str, Any]]:
    """The `nodes` of `stemedb_node_info`, sorted by id.

    :param name: only this node: its id, a unique prefix of it, or its address.
    :param states: only nodes in one of these states, without regard to case.
    :param role: which of a node's replicas `shards` lists: `any`, `leader` or `follower`.
    :raises StemeDBError: `not_found`; `config` for an ambiguous name; `protocol` where the gateway
        gives no node list.
    """
    need_nodes(snapshot)
    members = snapshot.nodes.values()
    chosen = [get_node(name, members)] if name else list(members)
    wanted = {state.lower() for state in states}
    chosen = [n for n in chosen if not wanted or (n.state or "").lower() in wanted]
    held: dict[str, list[int]] = {node.node_id: [] for node in chosen}
    led: dict[str, list[int]] = {node.node_id: [] for node in chosen}
    known = all(view.shards is not None for view in snapshot.views)
    placed = known and not any(words.unplaced(view) for view in snapshot.views)
    for shard in sorted(snapshot.shards.values()):
        if shard.leader_node is not None and shard.leader_node in led:
            led[shard.leader_node].append(shard.shard_id)
        for node_id in shard.replica_nodes or ():
            if node_id in held:
                held[node_id].append(shard.shard_id)
    return [
        _node(
            node, held[node.node_id] if placed else None, led[node.node_id] if known else None, role
        )
        for node in sorted(chosen)
    ]


def _node(
    node: Node, holds: list[int] | None, leads: list[int] | None, role: str
) -> dict[str, Any]:
    follows = None
    if holds is not None and leads is not None:
        leading = set(leads)
        follows = [shard_id for shard_id in holds if shard_id not in leading]
    return {
        "node_id": node.node_id,
        "address": node.address,
        "state": node.state,
        "incarnation": node.incarnation,
        "shards": {"any": holds, LEADER: leads, FOLLOWER: follows}[role],
        "leader_shards": leads,
        "follower_shards": follows,
    }


# What comes with the cluster where it is asked for, by the name of the result.
LISTS: dict[str, Callable[[Snapshot], Any]] = {
    "nodes": nodes,
    "shards": shards,
    "heat_map": heat_map,
}


def _all_shards(view: View) -> bool:
    return view.shards is not None and view.status.shard_count == len(view.shards)
