# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a Snapshot to its shards as results show them. Private to stemedb.cluster. Pure.

Apart from `results` because of what that imports for the whole cluster.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster import shards as words
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import (
    FOLLOWER,
    LEADER,
    Replica,
    Shard,
    Snapshot,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError

_UNPLACED = "does not say where the replicas of every shard are"


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
        need_nodes(snapshot)
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


def shard_rows(snapshot: Snapshot, chosen: Iterable[Shard]) -> list[dict[str, Any]]:
    """These of its shards as results show them, sorted by id, without `replicas`."""
    alive = snapshot.alive if is_listed(snapshot) else None
    return [_shard(shard, alive) for shard in sorted(chosen)]


def _on_node(snapshot: Snapshot, chosen: list[Shard], name: str) -> list[Shard]:
    # Most runs name no node, and each run compiles what it imports.
    from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.names import get_node

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


def is_listed(snapshot: Snapshot) -> bool:
    """Whether every view lists the nodes."""
    return all(view.status.nodes is not None for view in snapshot.views)


def need_nodes(snapshot: Snapshot) -> None:
    """:raises StemeDBError: `protocol` where a view does not list them."""
    if not is_listed(snapshot):
        raise _unanswered(snapshot, "gives no node list")


def _unanswered(snapshot: Snapshot, what: str) -> StemeDBError:
    url = snapshot.views[0].url
    return StemeDBError("protocol", f"{url} {what}, so this cannot be answered.", url)
