"""Asks the guard about a cluster of four nodes with four shards, three replicas each, all equal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import (
    Node,
    Observer,
    Replica,
    Shard,
    Snapshot,
    View,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._impact.assess import (
    Impact,
    Limits,
    assess,
)
from ansible_collections.stemedb.cluster.tests.unit.support.builders import (
    OTHER_URL,
    URL,
    A,
    B,
    C,
    D,
    nodes,
    observed,
    shard,
    view,
)

RESTART = Limits(permanent=False)
SIZE = 100
SHARDS = (
    shard(0, A, (A, B, C)),
    shard(1, B, (B, C, D)),
    shard(2, C, (C, D, A)),
    shard(3, D, (D, A, B)),
)


def sized(shards: Iterable[Shard], **sizes: int | None) -> tuple[Shard, ...]:
    """These shards asked for by name; a keyword, a node's first letter, gives all its sizes."""
    return tuple(
        one._replace(
            size_bytes=None,
            replicas=tuple(
                Replica(node, None, sizes.get(node[0], SIZE)) for node in one.replica_nodes or ()
            ),
        )
        for one in shards
    )


def told(
    members: Iterable[Node] | None = None,
    shards: Iterable[Shard] = SHARDS,
    url: str = URL,
    details: Iterable[Shard] | None = None,
    **given: Any,
) -> View:
    """What one observer says: all is well, but for what is given. See `view`."""
    shards = tuple(shards)
    members = nodes(A, B, C, D) if members is None else members
    return view(
        members, shards, url, details=sized(shards) if details is None else details, **given
    )


def both(one: View, other: View) -> list[list[View]]:
    """The two, either way round."""
    other = View(OTHER_URL, other.status, other.shards, other.health, other.details)
    return [[one, other], [other, one]]


def ask(*names: str, views: Iterable[View] = (), limits: Limits | None = None) -> Impact:
    """What the guard says about these nodes; of a healthy cluster, if no views are given."""
    return assess(names, observed(*(tuple(views) or (told(),))), limits or Limits())


def kinds(impact: Impact) -> list[str]:
    """The kinds of what speaks against it, each once."""
    return list(dict.fromkeys(blocker.kind for blocker in impact.blockers))


def of_kind(impact: Impact, kind: str) -> dict[str, str]:
    """The subjects of a kind, with the details."""
    return {blocker.subject: blocker.detail for blocker in impact.blockers if blocker.kind == kind}


def on_members(snapshot: Snapshot, *node_ids: str | None) -> Snapshot:
    """The same, with its observers on these members; None for one that nobody knows."""
    observers = tuple(
        Observer(one.url, node_id, reachable=True) for one, node_id in zip(snapshot.views, node_ids)
    )
    return Snapshot(snapshot.views, observers, snapshot.policy)
