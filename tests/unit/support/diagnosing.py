"""What a diagnosis judges: by default a healthy cluster of three members that were all probed."""

from __future__ import annotations

from typing import Any

from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose.finding import Trouble
from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose.situation import Situation
from ansible_collections.stemedb.cluster.plugins.plugin_utils._members.declared import members

IDS = ("a" * 8, "b" * 8, "c" * 8)
NOW = 1_790_000_000.0


def address(place: int) -> str:
    return f"10.0.0.{place + 1}"


def node(place: int, state: str = "Alive", leads: int = 2, follows: int = 4) -> dict[str, Any]:
    """A node of the overview."""
    return {
        "node_id": IDS[place] if place < len(IDS) else f"{place:08d}",
        "address": f"{address(place)}:18182",
        "state": state,
        "shards": "0-5",
        "leader_shards": leads,
        "follower_shards": follows,
    }


def port(place: int, state: str | None = "open", protocol: str = "any") -> dict[str, Any]:
    """A port that a host tried: gossip of the member of this place."""
    where = address(place)
    told = {"host": where, "port": 18183, "protocol": protocol, "state": state}
    return {**told, "error": None, "addresses": [where], "ms": 1.0}


def host(**more: Any) -> dict[str, Any]:
    """A host that was probed."""
    probe = {
        "service": {"running": True, "argv": None, "started_at": NOW - 3600},
        "free_space": [{"path": "/var/lib/stemedb", "free_bytes": 200 * 1000**3}],
        "ports": [port(place) for place in range(3)],
        "urls": [],
        "log": None,
        "config": None,
        "binary": None,
        "load": 0.5,
        "clock": NOW,
        "errors": [],
        **more,
    }
    return {"problem": None, "probe": probe, "gateway": None}


LOST = {"problem": "No route to host", "probe": None, "gateway": None}


def row(place: int, states: list[str | None] | None = None, **more: Any) -> dict[str, Any]:
    """A gateway of the sight."""
    told = {"url": f"http://{address(place)}:18181", "node_id": IDS[place], "answer_ms": 4.0}
    told |= {"meta_version": 41, "lost": False, "error": None, "alive": 3}
    return {**told, "states": states or [], **more}


def exported(nodes: list[dict[str, Any]] | None = None, **more: Any) -> dict[str, Any]:
    """The result of stemedb_debug_export. `cluster` is merged with that of a healthy one."""
    cluster = {
        "name": "prod",
        "healthy": True,
        "shard_count": 6,
        "replication_factor": 3,
        "meta_version": 41,
        "leaderless_shards": [],
        "under_replicated_shards": [],
        **more.pop("cluster", {}),
    }
    nodes = [node(place) for place in range(3)] if nodes is None else nodes
    overview = {"nodes": nodes, "unwell_shards": more.pop("unwell", []), "unwell_shard_count": 0}
    sight = {
        "nodes": [],
        "more": 0,
        "gateways": [row(place) for place in range(3)],
        "sides": [list(IDS)],
    }
    watched = {"seconds": 0, "samples": 1, "meta_version": {"first": 41, "last": 41}, "suspect": {}}
    told = {"cluster": cluster, "overview": overview, "unmet": [], "observers": []}
    told |= {"sight": sight, "watched": watched, "certificates": []}
    return {**told, "dest": "/d.json", "size_bytes": 2048, **more}


def situation(
    found: dict[str, Any] | None = None,
    hosts: dict[str, Any] | None = None,
    variables: dict[str, dict[str, Any]] | None = None,
    **more: Any,
) -> Situation:
    """All that is judged."""
    told = {f"node-{place + 1:02d}": {"stemedb_node_address": address(place)} for place in range(3)}
    for name, own in (variables or {}).items():
        told[name] = {**told.get(name, {}), **own}
    hosts = {name: host() for name in list(told)[:3]} if hosts is None else hosts
    found = exported() if found is None else found
    return Situation(found, hosts, members(told), told, time=NOW, **more)


def only(troubles: Any, kind: str) -> Trouble:
    """The one finding of this kind."""
    (found,) = [one for one in troubles if one.kind == kind]
    return Trouble(*found)
