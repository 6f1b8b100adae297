"""A cluster of five of which the fourth died, and what a survey of its replacement is given."""

from __future__ import annotations

from typing import Any, Optional

from ansible_collections.stemedb.cluster.plugins.plugin_utils._members.declared import Declared
from ansible_collections.stemedb.cluster.plugins.plugin_utils._replace_node.plan import (
    look_at,
    survey,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._replace_node.substitute import (
    Settings,
)

IDS = [f"{letter * 8}-6d1e-4d0b-8f3c-2a9d6b7c8e90" for letter in "abcde"]
OLD, NEW = IDS[3], "99999999-6d1e-4d0b-8f3c-2a9d6b7c8e90"
SEEDS = ("10.0.0.1:18183", "10.0.0.4:18183")
URLS = ("http://10.0.0.4:18181", "http://10.0.0.1:18181", "http://10.0.0.2:18181")
MEMBERS = [Declared(f"node-0{n}", f"10.0.0.{n}", seeds=SEEDS) for n in range(1, 6)]
SPARE = Declared("spare", "10.0.0.9", seeds=SEEDS)


def node(node_id: str, number: int, state: Any = "Alive") -> dict[str, Any]:
    return {"node_id": node_id, "address": f"10.0.0.{number}:18182", "state": state}


def nodes(**states: Any) -> list[dict[str, Any]]:
    """Five, the fourth Dead; a keyword `n4` is the state of the fourth, None leaves it out."""
    told = {"n4": "Dead", **states}
    found = [node(IDS[n - 1], n, told.get(f"n{n}", "Alive")) for n in range(1, 6)]
    return [each for each in found if each["state"] is not None]


def probe(
    node_id: Optional[str] = None, running: Any = False, empty: bool = True, **more: Any
) -> dict[str, Any]:
    """Of a host that answers: a fresh one, if nothing is said."""
    return {
        "clock": 1.0,
        "node_id_file": {
            "path": "/etc/node_id",
            "exists": node_id is not None,
            "node_id": node_id,
        },
        "service": {
            "name": "stemedb-node",
            "running": running,
            "node_id": None,
            "state": "there",
            "argv": None,
            "unit_argv": None,
        },
        "data_dir": {"path": "/var/lib/stemedb", "empty": empty, "entries": [], "mark": None},
        "ports": [],
        "addresses": [],
        "errors": [],
        **more,
    }


AWAY = {"unreachable": True, "msg": "no route to host"}


def judge(
    name: str = "node-04",
    listed: Optional[list[dict[str, Any]]] = None,
    probes: Optional[dict[str, Any]] = None,
    records: Optional[dict[str, str]] = None,
    gateways: Any = (),
    members: Any = (*MEMBERS, SPARE),
    views_agree: Any = True,
    **settings: Any,
) -> dict[str, Any]:
    """What the survey says of the fourth, whose host does not answer, with one spare."""
    seen = nodes() if listed is None else listed
    told = {
        "gateway_urls": URLS,
        "spares": ("spare",),
        "seeds": SEEDS,
        "new_id": NEW,
        **settings,
    }
    wanted = Settings(**told)
    probed = {"node-04": AWAY, "spare": probe(), **(probes or {})}
    for host, replaced in (records or {}).items():
        probed[host] = {**probed[host], "replaces_file": {"exists": True, "node_id": replaced}}
    states = [each["state"] for each in seen]
    count = {state: states.count(state) for state in ("Alive", "Suspect", "Dead")}
    cluster = {
        "healthy": False,
        "views_agree": views_agree,
        "nodes_by_state": {**count, "other": len(states) - sum(count.values())},
        "leaderless_shards": [1],
        "under_replicated_shards": [2],
        "replication_factor": 3,
    }
    observers = [
        {"url": url, "excluded": ".4:" in url, "reachable": ".4:" not in url, "node_id": url}
        for url in URLS
    ]
    return survey(
        look_at([name], members, wanted, seen),
        probed,
        gateways,
        {"cluster": cluster, "overview": {"nodes": seen}, "observers": observers},
        members,
        wanted,
    )


def kinds(found: dict[str, Any]) -> list[str]:
    return [blocker["kind"] for blocker in found["blockers"]]


def detail(found: dict[str, Any]) -> str:
    (blocker,) = found["blockers"]
    return str(blocker["detail"])
