# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a guard before a stop rests on: which nodes are meant, and what all views say of each shard.

Private to stemedb.cluster. Pure. Where views differ the worst of them counts, and what one of them
does not say is unknown. For what is unknown there are bounds: more than these cannot be live.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import (
    ALIVE,
    DEAD,
    Shard,
    Snapshot,
    View,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.names import find_node
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.replication import (
    Size,
    measure,
    replica_size,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError


class ShardEvidence(NamedTuple):
    """One shard as all views together tell of it.

    :param touched: nodes on which any view sees a replica of it, or its leader.
    :param leaders: who leads it in any view.
    :param live: at most these hold a live replica; None if nothing at all is known of that.
    :param known: whether it is just these.
    :param placed: whether every view says where its replicas are.
    :param led: whether every view has it led by a node that is Alive.
    :param sizes: of those in `live`, if one of the nodes in question touches the shard.
    :param doubt: why its leader is no measure of what the others lack, "" if it is one.
    :param larger: nodes that are not live and may hold more of it than its leader.
    """

    shard_id: int
    touched: frozenset[str]
    leaders: frozenset[str]
    live: frozenset[str] | None
    known: bool
    placed: bool
    led: bool
    sizes: Mapping[str, Size]
    doubt: str
    larger: frozenset[str]


class Evidence(NamedTuple):
    """All that the question rests on.

    :param nodes: full ids of the nodes in question; a name that no view lists as it was given.
    :param unlisted: those of them that no view lists.
    :param alive: at most these are Alive; None if no view gives a list of nodes.
    :param all_listed: whether every view gives one, so that it is just these.
    :param factor: the replication factor, None if unknown.
    """

    snapshot: Snapshot
    nodes: tuple[str, ...]
    unlisted: frozenset[str]
    alive: frozenset[str] | None
    all_listed: bool
    factor: int | None
    shards: tuple[ShardEvidence, ...]


def gather(
    names: Sequence[str], snapshot: Snapshot, fraction: float, enough: int | None = None
) -> Evidence:
    """What the views say of these nodes and of every shard.

    :param fraction: of its leader's size at which a replica is complete.
    :param enough: so many live replicas that a shard which none of the nodes touches is left out,
        if all views say the same of it and its leader is Alive; None leaves out none. There may be
        100,000 of them.
    :raises StemeDBError: `config`, for no name at all, an empty or an ambiguous one.
    """
    found = _find_all(names, snapshot)
    nodes = tuple(dict.fromkeys(node_id or name for name, node_id in found.items()))
    views = snapshot.views
    told = [view.alive for view in views if view.status.nodes is not None]
    alive = frozenset.intersection(*told) if told else None
    shard_ids = {shard_id for view in views for shard_id in view.shards_by_id}
    if enough is not None and alive is not None and len(told) == len(views):
        shard_ids -= _at_rest(views, alive, frozenset(nodes), enough)
    return Evidence(
        snapshot,
        nodes,
        frozenset(name for name, node_id in found.items() if node_id is None),
        alive,
        len(told) == len(views),
        # A factor of 0 would be met by no replicas at all: that is no factor.
        snapshot.fact("replication_factor") or None,
        tuple(_shard(shard_id, snapshot, alive, nodes, fraction) for shard_id in sorted(shard_ids)),
    )


def _at_rest(
    views: Sequence[View], alive: frozenset[str], nodes: frozenset[str], enough: int
) -> set[int]:
    """The shards that lose nothing and lack nothing, as all views say."""
    first, others = views[0], [view.shards_by_id for view in views[1:]]
    asked = {shard_id for view in views for shard_id in view.details_by_id}
    found = set()
    for shard in first.shards or ():
        replicas = shard.replica_nodes
        if (
            replicas is not None
            and shard.leader_node in alive
            and shard.leader_node not in nodes
            and nodes.isdisjoint(replicas)
            and len(alive.intersection(replicas)) >= enough
            and all(other.get(shard.shard_id) == shard for other in others)
        ):
            found.add(shard.shard_id)
    return found - asked


def wanted_sizes(names: Sequence[str], snapshot: Snapshot) -> frozenset[int]:
    """The shards that the nodes hold or lead in any view, less those whose sizes it has.

    :raises StemeDBError: `config`, for no name at all, an empty or an ambiguous one.
    """
    nodes = {node_id or name for name, node_id in _find_all(names, snapshot).items()}
    touched = {
        shard.shard_id
        for view in snapshot.views
        for shard in view.shards or ()
        if shard.leader_node in nodes or not nodes.isdisjoint(shard.replica_nodes or ())
    }
    return frozenset(touched) - {s.shard_id for view in snapshot.views for s in view.details}


def check_names(names: Sequence[str]) -> None:
    """Nothing is not all.

    :raises StemeDBError: `config`, for no name at all, or an empty one.
    """
    if not names or not all(name.strip() for name in names):
        what = "has an empty name" if names else "is empty"
        raise StemeDBError("config", f"nodes {what}: name each node that would be gone.")


def _find_all(names: Sequence[str], snapshot: Snapshot) -> dict[str, str | None]:
    """The full id of each named node, None for one that no view lists."""
    check_names(names)
    return {name: _find(name, snapshot) for name in names}


def _find(name: str, snapshot: Snapshot) -> str | None:
    if name in snapshot.nodes:
        # A full id means its node, also where another view knows it as the prefix of another.
        return name
    found = [find_node(name, view.nodes_by_id.values()) for view in snapshot.views]
    ids = sorted({node.node_id for node in found if node is not None})
    if len(ids) > 1:
        raise StemeDBError(
            "config",
            f"{name!r} is not the same node at each gateway ({', '.join(ids)}): name it by its id.",
        )
    return ids[0] if ids else None


def members(snapshot: Snapshot, former: frozenset[str] = frozenset()) -> frozenset[str]:
    """All that are listed, less those that are Dead to all, named by no shard, and not to return.

    That is what a host was before it was set up anew, for its address is that of a node that is
    Alive to all; and

    :param former: whom the caller knows to be no member any more, by full id in lower case.
    """
    views = [view.nodes_by_id for view in snapshot.views]
    shards = [shard for view in snapshot.views for shard in view.shards or ()]
    if any(shard.replica_nodes is None for shard in shards):
        return frozenset(snapshot.nodes)
    named = _touched(shards)
    taken = frozenset.intersection(
        *(
            frozenset(n.address for n in view.values() if n.state == ALIVE and n.address)
            for view in views
        )
    )
    return frozenset(
        node_id
        for node_id in snapshot.nodes
        if node_id in named
        or any(
            node.state != DEAD or (node.address not in taken and node_id.lower() not in former)
            for node in (view[node_id] for view in views if node_id in view)
        )
    )


def _touched(shards: Sequence[Shard]) -> frozenset[str]:
    """Where any of these sees a replica, or the leader, which may be no replica for a while."""
    return _leaders(shards).union(*(shard.replica_nodes or () for shard in shards))


def _leaders(shards: Sequence[Shard]) -> frozenset[str]:
    return frozenset(shard.leader_node for shard in shards if shard.leader_node is not None)


def _shard(
    shard_id: int,
    snapshot: Snapshot,
    alive: frozenset[str] | None,
    nodes: tuple[str, ...],
    fraction: float,
) -> ShardEvidence:
    seen = [view.shards_by_id[shard_id] for view in snapshot.views if shard_id in view.shards_by_id]
    named = [
        view.details_by_id[shard_id] for view in snapshot.views if shard_id in view.details_by_id
    ]
    placed = [frozenset(s.replica_nodes) for s in seen if s.replica_nodes is not None]
    # Those that every view sees that says so; where none does, any Alive node may hold one.
    bounds = placed if alive is None else [*placed, alive]
    live = frozenset.intersection(*bounds) if bounds else None
    all_placed = len(placed) == len(snapshot.views)
    touched = _touched(seen)
    asked = live if live is not None and not touched.isdisjoint(nodes) else frozenset()
    measured = measure(shard_id, snapshot, fraction)
    larger = frozenset(
        replica.node_id
        for shard in named
        for replica in shard.replicas or ()
        if measured.goal is not None
        and replica.node_id not in (live or ())
        and (replica.size_bytes is None or measured.goal < fraction * replica.size_bytes)
    )
    return ShardEvidence(
        shard_id,
        touched,
        _leaders(seen),
        live,
        all_placed and all(view.status.nodes is not None for view in snapshot.views),
        all_placed,
        all(shard.leader_node is not None for shard in seen)
        and _leaders([*seen, *named]) <= (alive or frozenset()),
        {n: replica_size(snapshot, shard_id, n, {}, fraction, measured) for n in asked},
        measured.doubt,
        larger,
    )
