# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a StemeDB cluster looks like: immutable facts, as observers told them.

Private to stemedb.cluster. Pure: no I/O, no clock, no Ansible. `None` always means *unknown*; it is
never replaced by 0, an empty list or "healthy".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

ALIVE = "Alive"
SUSPECT = "Suspect"
DEAD = "Dead"
STATES = (ALIVE, SUSPECT, DEAD)

LEADER = "leader"
FOLLOWER = "follower"


class Node(NamedTuple):
    """A member as one observer lists it. `state` is one of `STATES` or the gateway's own word."""

    node_id: str
    address: str | None = None
    state: str | None = None
    incarnation: int | None = None


class Replica(NamedTuple):
    """One copy of a shard. `role` is `leader`, `follower` or None, `size_bytes` in bytes."""

    node_id: str
    role: str | None = None
    size_bytes: int | None = None


class Shard(NamedTuple):
    """One shard. `replicas` is None until it was asked for by name (`GET /v1/shards/:id`)."""

    shard_id: int
    leader_node: str | None = None
    replica_nodes: tuple[str, ...] | None = None
    size_bytes: int | None = None
    replicas: tuple[Replica, ...] | None = None


class Status(NamedTuple):
    """The answer to the cluster status call; `nodes` is None where the status has no node list."""

    name: str | None = None
    word: str | None = None
    node_count: int | None = None
    shard_count: int | None = None
    replication_factor: int | None = None
    meta_version: int | None = None
    nodes: tuple[Node, ...] | None = None


class Health(NamedTuple):
    """The answer to the health call: HTTP status and the gateway's own word, None without one."""

    http_status: int
    word: str | None = None


class Observer(NamedTuple):
    """A gateway that is, or would be, asked, and how it fared.

    `required` is False for a discovered one that never answered: it is named, not waited for.
    `node_id` is the member on whose address the gateway is; None where that is not unique. `host`
    is the same for all gateways at one address, by whatever name; None where that is not known.
    """

    url: str
    node_id: str | None = None
    reachable: bool = False
    excluded: bool = False
    required: bool = True
    discovered: bool = False
    error: str | None = None
    error_code: str | None = None
    node_count: int | None = None
    meta_version: int | None = None
    host: str | None = None


@dataclass(frozen=True)
class View:
    """What one observer said in one sample.

    `details` are the shards that were asked for by name, with the sizes of their replicas.

    :param answer_ms: milliseconds that the first call took, to its answer.
    """

    url: str
    status: Status
    shards: tuple[Shard, ...] | None = None
    health: Health | None = None
    details: tuple[Shard, ...] = ()
    answer_ms: float | None = None

    @cached_property
    def nodes_by_id(self) -> dict[str, Node]:
        """The listed members by id; empty where the node list is unknown."""
        return {node.node_id: node for node in self.status.nodes or ()}

    @cached_property
    def shards_by_id(self) -> dict[int, Shard]:
        """The listed shards by id; empty where the shard list is unknown."""
        return {shard.shard_id: shard for shard in self.shards or ()}

    @cached_property
    def details_by_id(self) -> dict[int, Shard]:
        """The shards asked for by name, by id."""
        return {shard.shard_id: shard for shard in self.details}

    @cached_property
    def alive(self) -> frozenset[str]:
        """The ids that this observer reads Alive."""
        return frozenset(n.node_id for n in self.status.nodes or () if n.state == ALIVE)


@dataclass(frozen=True)
class Snapshot:
    """The cluster at one moment, as all asked observers told it. At least one view.

    :param policy: `all` or `quorum`: how many of the required observers must have answered.
    """

    views: tuple[View, ...]
    observers: tuple[Observer, ...] = ()
    policy: str = "all"

    @cached_property
    def alive(self) -> frozenset[str]:
        """The ids that every asked observer reads Alive."""
        return frozenset.intersection(*(view.alive for view in self.views))

    @cached_property
    def nodes(self) -> dict[str, Node]:
        """Every member that any view lists, by id, in its worst state; None where one omits it."""
        if _are_equal(view.status.nodes for view in self.views):
            return self.views[0].nodes_by_id
        merged: dict[str, Node] = {}
        for node_id in sorted({node_id for view in self.views for node_id in view.nodes_by_id}):
            seen = [view.nodes_by_id.get(node_id, Node(node_id)) for view in self.views]
            worst = max(seen, key=lambda node: (_badness(node), node.state or ""))
            address = next((node.address for node in seen if node.address), None)
            merged[node_id] = worst._replace(address=worst.address or address)
        return merged

    @cached_property
    def shards(self) -> dict[int, Shard]:
        """Every shard that any view lists, by id, with its worst leader and its worst replicas.

        The two may come from different views, so that no view's fault hides another's.
        """
        if _are_equal(view.shards for view in self.views):
            return self.views[0].shards_by_id
        told: dict[int, list[Shard]] = {}
        for view in self.views:
            for shard in view.shards or ():
                told.setdefault(shard.shard_id, []).append(shard)
        return {shard_id: self._worst_of(seen) for shard_id, seen in told.items()}

    def _worst_of(self, seen: list[Shard]) -> Shard:
        if _are_equal(seen):
            return seen[0]
        sizes = [shard.size_bytes for shard in seen if shard.size_bytes is not None]
        return Shard(
            seen[0].shard_id,
            max((shard.leader_node for shard in seen), key=self._leader_badness),
            min((shard.replica_nodes for shard in seen), key=self._live_count),
            min(sizes, default=None),
        )

    def _leader_badness(self, leader: str | None) -> tuple[bool, bool, str]:
        return leader not in self.alive, leader is None, leader or ""

    def _live_count(self, replicas: tuple[str, ...] | None) -> int:
        # Unknown is worse than none: it may never count as anything.
        return -1 if replicas is None else sum(node_id in self.alive for node_id in replicas)

    @cached_property
    def _not_dead(self) -> frozenset[str]:
        listed = (node for view in self.views for node in view.status.nodes or ())
        return frozenset(node.node_id for node in listed if node.state != DEAD)

    @cached_property
    def _untold(self) -> bool:
        return any(view.status.nodes is None for view in self.views)

    def may_be_live(self, node_id: str) -> bool:
        """Whether anybody lists the node as other than Dead, or leaves out whom it lists."""
        return self._untold or node_id in self._not_dead

    def fact(self, name: str) -> Any:
        """A field of the status on which all views agree; None where they differ or one lacks it.

        :param name: a field of `Status`, such as `replication_factor`.
        """
        told = {getattr(view.status, name) for view in self.views}
        return told.pop() if len(told) == 1 else None


def _are_equal(things: Iterable[object]) -> bool:
    """Whether all are equal, as in a cluster at rest: then there is nothing to merge."""
    told = list(things)
    return told.count(told[0]) == len(told)


_BADNESS = {ALIVE: 0, None: 2, SUSPECT: 3, DEAD: 4}


def _badness(node: Node) -> int:
    return _BADNESS.get(node.state, 1)
