"""Makes clusters as observers would tell of them; by default a healthy one of three nodes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import (
    ALIVE,
    Health,
    Node,
    Observer,
    Replica,
    Shard,
    Snapshot,
    Status,
    View,
)

# Full ids, as uuidgen makes them.
A = "a3f2b1c4-6d1e-4d0b-8f3c-2a9d6b7c8e90"
B = "b7d8e9f0-1c2d-4e3f-9a4b-5c6d7e8f9a0b"
C = "c0ffee11-2b3c-4d5e-8f6a-7b8c9d0e1f2a"
D = "d15ea5e2-3c4d-4e5f-9a7b-8c9d0e1f2a3b"

URL = "http://gateway-1:18181"
OTHER_URL = "http://gateway-2:18181"
THIRD_URL = "http://gateway-3:18181"

MIB = 2**20

HEALTHY = Health(200, "healthy")

# "Count what is listed", where None means that the gateway does not say.
_COUNT: Any = object()


def nodes(*ids: str, **states: str | None) -> tuple[Node, ...]:
    """Alive members; a keyword, the id's first letter, gives another state."""
    return tuple(
        Node(node_id, f"10.0.0.{place + 1}:18182", states.get(node_id[0], ALIVE), 1)
        for place, node_id in enumerate(ids or (A, B, C))
    )


def shard(
    shard_id: int = 0,
    leader: str | None = A,
    replicas: Iterable[str] | None = (A, B, C),
    size: int | None = 50 * MIB,
) -> Shard:
    """A shard as a list of shards shows it."""
    return Shard(shard_id, leader, None if replicas is None else tuple(replicas), size)


def detail(shard_id: int, leader: str | None, **sizes: int | None) -> Shard:
    """A shard asked for by name: the bytes of each replica, by the first letter of its node."""
    ids = {node_id[0]: node_id for node_id in (A, B, C, D)}
    replicas = tuple(
        Replica(ids[letter], "leader" if ids[letter] == leader else "follower", size)
        for letter, size in sizes.items()
    )
    return Shard(shard_id, leader, tuple(r.node_id for r in replicas), None, replicas)


def view(
    members: Iterable[Node] | None = None,
    shards: Iterable[Shard] | None = None,
    url: str = URL,
    *,
    node_count: int | None = _COUNT,
    shard_count: int | None = _COUNT,
    factor: int | None = 3,
    word: str | None = "healthy",
    version: int | None = 41,
    health: Health | None = HEALTHY,
    details: Iterable[Shard] = (),
) -> View:
    """What one observer says: complete and healthy, but for what is given."""
    members = nodes() if members is None else tuple(members)
    shards = (shard(0), shard(1, B)) if shards is None else tuple(shards)
    status = Status(
        name="prod",
        word=word,
        node_count=len(members) if node_count is _COUNT else node_count,
        shard_count=len(shards) if shard_count is _COUNT else shard_count,
        replication_factor=factor,
        meta_version=version,
        nodes=members,
    )
    return View(url, status, shards, health, tuple(details))


def without_nodes(one: View) -> View:
    """The same view, but of an observer that gives no node list."""
    return View(one.url, one.status._replace(nodes=None), one.shards, one.health, one.details)


def without_shards(one: View) -> View:
    """The same view, but of an observer that gives no shard list."""
    return View(one.url, one.status, None, one.health, one.details)


def observed(*views: View, missing: Iterable[Observer] = (), policy: str = "all") -> Snapshot:
    """All that answered, and those that did not."""
    answered = tuple(Observer(one.url, reachable=True) for one in views)
    return Snapshot(views, (*answered, *missing), policy)


def cluster(**given: Any) -> Snapshot:
    """The cluster as its only observer tells of it; see `view`."""
    return observed(view(**given))


def silent(url: str = OTHER_URL, code: str = "transport", required: bool = True) -> Observer:
    """An observer that did not answer."""
    error = f"No answer from {url}"
    return Observer(url, required=required, error=error, error_code=code)
