"""The bodies of GET answers. The default shapes are the contract's, dialects change them."""

from __future__ import annotations

import re
from typing import Any

from .faults import Faults
from .placement import Shard
from .swim import ALIVE, Member
from .view import View

_ALIASES = {
    "node_id": "id",
    "addr": "address",
    "state": "status",
    "shard_id": "range_id",
    "leader_node": "leader",
    "replica_nodes": "nodes",
    "replicas": "nodes",
    "size_bytes": "size",
}


def read(view: View, cluster: str, faults: Faults, path: str) -> tuple[int, Any]:
    """Status code and JSON value for the path."""
    if path == "/v1/health":
        health = view.health()
        return (503 if health == "unhealthy" else 200), {"status": health}
    if path in ("/v1/cluster/status", "/v1/admin/cluster"):
        return 200, _renamed(_status(view, cluster, faults), faults)
    if path == "/v1/admin/ranges":
        ranges = [_range(view, number, faults) for number in sorted(view.meta.shards)]
        return 200, _listed("ranges", ranges, faults)
    nodes_path = _nodes_path(faults)
    if nodes_path and path == nodes_path:
        return 200, _listed("nodes", [_node(member) for member in view.members], faults)
    prefix = "shard_" if faults.dialect("shard_ids") else ""
    match = re.fullmatch(r"/v1/shards/([^/]+)", path)
    if match:
        number = re.fullmatch(rf"{prefix}(\d{{1,9}})", match.group(1))
        if number and int(number.group(1)) in view.meta.shards:
            return 200, _renamed(_shard(view, int(number.group(1)), prefix), faults)
        return 404, {"error": f"shard {match.group(1)} not found"}
    return 404, {"error": f"no such path: {path}"}


def _nodes_path(faults: Faults) -> str:
    if faults.dialect("admin_nodes_path"):
        return "/v1/admin/nodes"
    return "/v1/nodes" if faults.dialect("nodes_path") else ""


def _status(view: View, cluster: str, faults: Faults) -> dict[str, Any]:
    status = {
        "cluster_name": cluster,
        "status": view.health(),
        "node_count": sum(member.state == ALIVE for member in view.members),
        "shard_count": len(view.meta.shards),
        "replication_factor": view.meta.replication_factor,
        "meta_version": view.meta.version,
    }
    if not _nodes_path(faults):
        status["nodes"] = [_node(member) for member in view.members]
    return status


def _node(member: Member) -> dict[str, Any]:
    host = f"[{member.host}]" if ":" in member.host else member.host
    return {
        "node_id": member.node_id,
        "addr": f"{host}:{member.rpc_port}",
        "state": member.state,
        "incarnation": member.incarnation,
    }


def _range(view: View, number: int, faults: Faults) -> dict[str, Any]:
    shard = view.meta.shards[number]
    replicas: list[Any] = list(shard.replicas)
    if faults.dialect("aliases"):
        replicas = [{"node_id": node, "role": _role(shard, node)} for node in replicas]
    return {
        "shard_id": number if faults.dialect("shard_ids") else f"shard_{number}",
        "leader_node": shard.leader,
        "replica_nodes": replicas,
        "size_bytes": view.size_on(shard.leader, number),
    }


def _shard(view: View, number: int, prefix: str) -> dict[str, Any]:
    shard = view.meta.shards[number]
    replicas = [
        {"node_id": node, "role": _role(shard, node), "size_bytes": view.size_on(node, number)}
        for node in shard.replicas
    ]
    return {
        "shard_id": f"{prefix}{number}" if prefix else number,
        "leader_node": shard.leader,
        "size_bytes": view.size_on(shard.leader, number),
        "meta_version": view.meta.version,
        "replicas": replicas,
    }


def _role(shard: Shard, node: str) -> str:
    return "leader" if node == shard.leader else "follower"


def _listed(name: str, items: list[Any], faults: Faults) -> Any:
    items = _renamed(items, faults)
    if faults.dialect("bare"):
        return items
    return {"shards" if name == "ranges" and faults.dialect("aliases") else name: items}


def _renamed(value: Any, faults: Faults) -> Any:
    if not faults.dialect("aliases"):
        return value
    if isinstance(value, list):
        return [_renamed(item, faults) for item in value]
    if isinstance(value, dict):
        return {_ALIASES.get(key, key): _renamed(item, faults) for key, item in value.items()}
    return value
