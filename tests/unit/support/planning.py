"""A cluster of four, declared as it is, and what a plan says once something of that is changed."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any, Optional

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import (
    ALIVE,
    Node,
    Observer,
    Replica,
    Shard,
    Snapshot,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._impact.assess import Limits
from ansible_collections.stemedb.cluster.plugins.module_utils._plan.facts import (
    Facts,
    Host,
    Settings,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._plan.plan import plan
from ansible_collections.stemedb.cluster.tests.unit.support.builders import A, B, C, D, view

NOW = 1_790_000_000.0  # 2026-09-21T14:13:20Z
E = "e5e5e5e5-4d5e-4f6a-8b8c-9d0e1f2a3b4c"
F = "f6f6f6f6-5e6f-4a7b-9c9d-0e1f2a3b4c5d"
IDS = (A, B, C, D, E, F)
LOCK_HOSTS = ("db-1", "db-2", "db-3")
SETTINGS = Settings(lock_hosts=LOCK_HOSTS, limits=Limits())


def address(place: int) -> str:
    """Of the host of a place: db-1 is at 10.0.0.1."""
    return f"10.0.0.{place}"


def db(place: int, node_id: Optional[str] = None, **more: Any) -> Host:
    """A host of the inventory."""
    return Host(f"db-{place}", address(place), node_id, **more)


def four() -> tuple[Host, ...]:
    """Four declared hosts, each with its id."""
    return tuple(db(place, IDS[place - 1]) for place in (1, 2, 3, 4))


def node(place: int, state: Optional[str] = ALIVE, node_id: Optional[str] = None) -> Node:
    """The node on the host of a place."""
    return Node(node_id or IDS[place - 1], f"{address(place)}:18182", state, 1)


def shards(nodes: Iterable[Node], count: int = 4) -> tuple[Shard, ...]:
    """Shards with three replicas each, on those that are Alive, all complete."""
    alive = sorted(one.node_id for one in nodes if one.state == ALIVE)
    found = []
    for number in range(count if alive else 0):
        holders = tuple(
            dict.fromkeys(alive[(number + step) % len(alive)] for step in range(min(3, len(alive))))
        )
        replicas = tuple(Replica(one, None, 100) for one in holders)
        found.append(Shard(number, holders[0], holders, 100, replicas))
    return tuple(found)


def snapshot(
    *nodes: Node, views: int = 3, held: Optional[Iterable[Shard]] = None, **more: Any
) -> Snapshot:
    """The cluster as so many gateways tell of it, which are on its first nodes that are Alive."""
    listed = nodes or tuple(node(place) for place in (1, 2, 3, 4))
    held = shards(listed) if held is None else tuple(held)
    alive = [one for one in listed if one.state == ALIVE]
    made, observers = [], []
    for one in (alive * 3)[:views]:
        url = f"http://{(one.address or '').partition(':')[0]}:18181"
        made.append(
            view(listed, [s._replace(replicas=None) for s in held], f"{url}", details=held, **more)
        )
        observers.append(Observer(url, one.node_id, reachable=True))
    return Snapshot(tuple(made), tuple(observers))


def facts(
    cluster: Optional[Snapshot] = None,
    declared: Optional[Iterable[Host]] = None,
    operations: Optional[Iterable[Mapping[str, Any]]] = (),
    replaces: Optional[Mapping[str, Optional[str]]] = None,
    bound: Optional[Mapping[str, Any]] = None,
    now: float = NOW,
    **settings: Any,
) -> Facts:
    """All as declared, but for what is given; further keywords are settings."""
    return Facts(
        tuple(four() if declared is None else declared),
        cluster or snapshot(),
        now,
        SETTINGS._replace(**settings),
        None if operations is None else tuple(operations),
        replaces or {},
        {},
        bound,
    )


def planned(*given: Any, **more: Any) -> dict[str, Any]:
    """The plan for `facts`."""
    return plan(facts(*given, **more))


def broken(plan: Mapping[str, Any], *path: Any, value: Any = None) -> dict[str, Any]:
    """A copy of a plan with another value at a path, or without what is there."""
    made = copy.deepcopy(dict(plan))
    inner: Any = made
    for key in path[:-1]:
        inner = inner[key]
    if value is None:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return made


def kinds(found: Mapping[str, Any]) -> list[str]:
    """The kinds of what is refused, each once."""
    return list(dict.fromkeys(row["kind"] for row in found["refused"]))


def steps(found: Mapping[str, Any]) -> list[tuple[str, Optional[str]]]:
    """Each step: what, on which host or else node."""
    return [(step["operation"], step["host"] or step["node_id"]) for step in found["steps"]]


def hosts(found: Mapping[str, Any], name: str) -> list[Optional[str]]:
    """The hosts in one list of the difference, or the ids of what is on none."""
    return [row["host"] or row["node_id"] for row in found[name]]


def did(
    operation: str, target: str, outcome: str = "succeeded", ago: float = 3600.0, **more: Any
) -> dict[str, Any]:
    """An operation as the lock's list has it."""
    from ansible_collections.stemedb.cluster.plugins.module_utils._times import iso

    return {
        "run_id": f"run-{operation}-{target}",
        "operation": operation,
        "target": target,
        "outcome": outcome,
        "since": iso(NOW - ago),
        "step": "",
        **more,
    }
