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
    Replica,
    Shard,
    Snapshot,
    View,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.names import get_node
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError

_UNPLACED = "does not say where the replicas of every shard are"


def cluster(snapshot: Snapshot) -> dict[str, Any]:
    """The `cluster` of `stemedb_cluster_info`."""
    # Of a list that is cut short nobody can say that nothing is wrong in it.
    known = _listed(snapshot) and all(_all_shards(view) for view in snapshot.views)
    factor = snapshot.fact("replication_factor")
    verdict = words.healthy(snapshot)
    shards = snapshot.shards.values()
    under = [words.under_replicated(shard, snapshot.alive, factor) for shard in shards]
    return {
        "name": snapshot.fact("name"),
        "status": snapshot.fact("word"),
        "healthy": verdict.holds,
        "unhealthy_reasons": [f"{r.subject} {r.text}" for r in verdict.reasons[:100]],
        "node_count": snapshot.fact("node_count"),
        "shard_count": snapshot.fact("shard_count"),
        "replication_factor": factor,
        "meta_version": snapshot.fact("meta_version"),
        "nodes_by_state": nodes_by_state(snapshot.nodes.values()) if _listed(snapshot) else None,
        "leaderless_shards": sorted(
            shard.shard_id for shard in shards if words.leaderless(shard, snapshot.alive)
        )
        if known
        else None,
        "under_replicated_shards": sorted(
            shard.shard_id for shard, is_under in zip(shards, under) if is_under
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
    _need_nodes(snapshot)
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


def shards(
    snapshot: Snapshot,
    only: Iterable[int] = (),
    node: str | None = None,
    leaderless: bool = False,
    under_replicated: bool = False,
) -> list[dict[str, Any]]:
    """The `shards` of `stemedb_shard_info`, sorted by id, without `replicas`.

    :param only: these shards, each of which must be there.
    :param node: only shards of which this node holds a replica or that it leads.
    :raises StemeDBError: `not_found`; `config` for an ambiguous node; `protocol` where the gateway
        leaves out what the question needs.
    """
    if any(view.shards is None for view in snapshot.views):
        raise _unanswered(snapshot, "gives no shard list")
    if node is not None or leaderless or under_replicated:
        _need_nodes(snapshot)
    known = snapshot.shards
    missing = [shard_id for shard_id in only if shard_id not in known]
    if missing:
        names = ", ".join(str(shard_id) for shard_id in missing)
        raise StemeDBError(
            "not_found",
            f"The cluster lists no shard {names} among its {len(known)}: shards split when they "
            f"grow and merge when they are small; list them without a filter.",
            snapshot.views[0].url,
        )
    chosen = [known[i] for i in set(only)] if only else list(known.values())
    if node is not None:
        chosen = _on_node(snapshot, chosen, node)
    if leaderless:
        chosen = [s for s in chosen if words.leaderless(s, snapshot.alive)]
    if under_replicated:
        chosen = _under_replicated(snapshot, chosen)
    return shard_rows(snapshot, chosen)


# The lists that come with the cluster where they are asked for, by the name of the result.
LISTS: dict[str, Callable[[Snapshot], list[dict[str, Any]]]] = {"nodes": nodes, "shards": shards}


def shard_rows(snapshot: Snapshot, chosen: Iterable[Shard]) -> list[dict[str, Any]]:
    """These of its shards as results show them, sorted by id, without `replicas`."""
    alive = snapshot.alive if _listed(snapshot) else None
    return [_shard(shard, alive) for shard in sorted(chosen)]


def _on_node(snapshot: Snapshot, chosen: list[Shard], name: str) -> list[Shard]:
    node_id = get_node(name, snapshot.nodes.values()).node_id
    if any(s.replica_nodes is None and s.leader_node != node_id for s in chosen):
        raise _unanswered(snapshot, _UNPLACED)
    return [s for s in chosen if node_id == s.leader_node or node_id in (s.replica_nodes or ())]


def _under_replicated(snapshot: Snapshot, chosen: list[Shard]) -> list[Shard]:
    factor = snapshot.fact("replication_factor")
    if not factor:
        raise _unanswered(snapshot, "does not say the replication factor")
    is_under = [(s, words.under_replicated(s, snapshot.alive, factor)) for s in chosen]
    if any(under is None for _s, under in is_under):
        raise _unanswered(snapshot, _UNPLACED)
    return [s for s, under in is_under if under]


def _shard(shard: Shard, alive: frozenset[str] | None) -> dict[str, Any]:
    replicas = shard.replica_nodes
    return {
        "shard_id": shard.shard_id,
        "leader_node": shard.leader_node,
        "replica_nodes": list(replicas) if replicas is not None else None,
        "size_bytes": shard.size_bytes,
        "live_replicas": None if alive is None else words.live_replicas(shard, alive),
    }


def replicas(shard: Shard, snapshot: Snapshot) -> list[dict[str, Any]] | None:
    """The `replicas` of one shard that was asked for by name; None where they are unknown."""
    if shard.replicas is None:
        return None
    states = {node_id: node.state for node_id, node in snapshot.nodes.items()}
    return [
        {
            "node_id": replica.node_id,
            "role": _role(replica, shard),
            "state": states.get(replica.node_id),
            "size_bytes": replica.size_bytes,
        }
        for replica in shard.replicas
    ]


def _role(replica: Replica, shard: Shard) -> str:
    # One leads, whatever another may claim while the lead is handed over.
    if shard.leader_node is not None:
        return LEADER if replica.node_id == shard.leader_node else FOLLOWER
    return replica.role or FOLLOWER


def _all_shards(view: View) -> bool:
    return view.shards is not None and view.status.shard_count == len(view.shards)


def _listed(snapshot: Snapshot) -> bool:
    return all(view.status.nodes is not None for view in snapshot.views)


def _need_nodes(snapshot: Snapshot) -> None:
    if not _listed(snapshot):
        raise _unanswered(snapshot, "gives no node list")


def _unanswered(snapshot: Snapshot, what: str) -> StemeDBError:
    url = snapshot.views[0].url
    return StemeDBError("protocol", f"{url} {what}, so this cannot be answered.", url)
