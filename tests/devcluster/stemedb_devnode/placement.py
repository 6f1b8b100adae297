"""Which node holds and leads which shard. Pure functions: same input, same answer everywhere.

A shard's replicas that are to go are also in ``leaving``; they go when the others are complete.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field, replace
from typing import Any, Optional

Shards = Mapping[int, "Shard"]
Pairs = Set["tuple[int, str]"]  # (shard, node)


@dataclass(frozen=True)
class Shard:
    """Placement of one shard."""

    leader: str
    replicas: tuple[str, ...]
    leaving: tuple[str, ...] = ()
    split_from: Optional[int] = None

    @property
    def staying(self) -> tuple[str, ...]:
        return tuple(node for node in self.replicas if node not in self.leaving)


@dataclass(frozen=True)
class Meta:
    """The cluster's topology. Of two, the one with the higher ``key`` is right."""

    version: int = 0
    coordinator: str = ""
    replication_factor: Optional[int] = None
    shards: Shards = field(default_factory=dict)

    @property
    def key(self) -> tuple[int, str]:
        return self.version, self.coordinator

    def to_json(self) -> dict[str, Any]:
        shards = [
            [number, shard.leader, shard.replicas, shard.leaving, shard.split_from]
            for number, shard in sorted(self.shards.items())
        ]
        factor = self.replication_factor
        return {"key": self.key, "replication_factor": factor, "shards": shards}


def meta_from_json(data: Mapping[str, Any]) -> Meta:
    shards = {
        int(number): Shard(leader, tuple(replicas), tuple(leaving), split_from)
        for number, leader, replicas, leaving, split_from in data["shards"]
    }
    version, coordinator = data["key"]
    return Meta(version, coordinator, data["replication_factor"], shards)


def found(node: str, count: int) -> dict[int, Shard]:
    """The shards of a new cluster: all on its founder."""
    return {number: Shard(node, (node,)) for number in range(count)}


def _least(nodes: Iterable[str], load: Mapping[str, int]) -> Optional[str]:
    return min(nodes, key=lambda node: (load.get(node, 0), node), default=None)


def _leader_load(shards: Shards, nodes: Iterable[str]) -> dict[str, int]:
    load = dict.fromkeys(nodes, 0)
    for shard in shards.values():
        if shard.leader in load:
            load[shard.leader] += 1
    return load


def elect(
    shards: Shards, alive: Set[str], present: Set[str], complete: Pairs, empty: Pairs
) -> dict[int, Shard]:
    """A leader among live, complete replicas for each shard whose leader is Dead or has no data.

    Without such a replica the shard keeps its dead leader: it is leaderless until one returns.
    """
    result = dict(shards)
    load = _leader_load(shards, alive)
    for number, shard in sorted(shards.items()):
        if shard.leader in present and (number, shard.leader) not in empty:
            continue
        ready = [node for node in shard.replicas if node in alive and (number, node) in complete]
        staying = [node for node in ready if node in shard.staying]
        leader = _least(staying or ready, load)
        if leader is not None:
            load[leader] += 1
            result[number] = replace(shard, leader=leader)
    return result


def settle(
    shards: Shards,
    alive: Set[str],
    listed: Set[str],
    factor: int,
    complete: Pairs,
) -> dict[int, Shard]:
    """Drop leaving replicas whose replacement is complete, and nodes that aged out."""
    result = dict(shards)
    load = _leader_load(shards, alive)
    for number, shard in sorted(shards.items()):
        ready = [node for node in shard.staying if node in alive and (number, node) in complete]
        if not ready:
            continue
        enough = len(ready) >= min(factor, len(alive))
        gone = {node for node in shard.replicas if node not in listed}
        gone |= set(shard.leaving) if enough else set()
        if not gone:
            continue
        leader = shard.leader
        if leader in gone:
            leader = _least(ready, load) or leader
            load[leader] += 1
        keep = tuple(node for node in shard.replicas if node not in gone)
        leaving = tuple(node for node in shard.leaving if node not in gone)
        result[number] = replace(shard, leader=leader, replicas=keep, leaving=leaving)
    return result


def assign(shards: Shards, alive: Set[str], present: Set[str], factor: int) -> dict[int, Shard]:
    """Give each shard its replicas and even out the load, moving as little as possible.

    ``present`` are nodes that are not Dead; new replicas go to ``alive`` ones only.
    """
    staying = {number: list(shard.staying) for number, shard in sorted(shards.items())}
    load = {node: sum(node in nodes for nodes in staying.values()) for node in alive}
    for nodes in staying.values():
        _fill(nodes, load, present, factor)
    while _move_one(staying, load, shards):
        pass

    result = {}
    for number, shard in shards.items():
        replicas = tuple(dict.fromkeys([*shard.replicas, *staying[number]]))
        leaving = tuple(node for node in replicas if node not in staying[number])
        result[number] = replace(shard, replicas=replicas, leaving=leaving)
    return result


def _fill(nodes: list[str], load: dict[str, int], present: Set[str], factor: int) -> None:
    """Replace missing replicas, each by the node with the fewest: a round-robin over the nodes.

    After a partition there can be too many: then the fullest nodes give theirs up.
    """
    held = [node for node in nodes if node in present]
    while len(held) < factor:
        chosen = _least((node for node in load if node not in nodes), load)
        if chosen is None:
            return  # no node is left: a Dead one keeps its place, it may return
        nodes.append(chosen)
        held.append(chosen)
        load[chosen] += 1
    while len(held) > factor:
        spare = max(held, key=lambda node: (load.get(node, 0), node))
        held.remove(spare)
        load[spare] = load.get(spare, 0) - 1
    nodes[:] = held


def _move_one(staying: dict[int, list[str]], load: dict[str, int], shards: Shards) -> bool:
    """Move one replica from a full node to the emptiest; False if the load is even."""
    to = _least(load, load)
    for source in sorted(load, key=lambda node: (-load[node], node)):
        if to is None or load[source] - load[to] < 2:
            break
        movable = [n for n, nodes in staying.items() if source in nodes and to not in nodes]
        if movable:
            # Followers first: moving a leader costs an election.
            number = min(movable, key=lambda n: (shards[n].leader == source, n))
            staying[number][staying[number].index(source)] = to
            load[source] -= 1
            load[to] += 1
            return True
    return False


def balance_leaders(shards: Shards, alive: Set[str], complete: Pairs) -> dict[int, Shard]:
    """Even out leadership, once every replica on a live node is complete and none is leaving."""
    result = dict(shards)
    for number, shard in shards.items():
        live = [node for node in shard.replicas if node in alive]
        if shard.leaving or any((number, node) not in complete for node in live):
            return result
    while _shift_leader(result, alive):
        pass
    return result


def _shift_leader(shards: dict[int, Shard], alive: Set[str]) -> bool:
    """Take one shard's leadership off a busy node, over others if need be; False if even."""
    load = _leader_load(shards, alive)
    for source in sorted(load, key=lambda node: (-load[node], node)):
        # Breadth first: by which shard each node can be handed a leadership, and from whom.
        handed: dict[str, tuple[int, str]] = {}
        queue = [source]
        for giver in queue:
            for number, shard in sorted(shards.items()):
                for taker in sorted(set(shard.replicas) & alive - {source} - set(handed)):
                    if shard.leader == giver:
                        handed[taker] = (number, giver)
                        queue.append(taker)
        taker = _least(handed, load) or source
        if load[source] - load[taker] > 1:
            while taker != source:
                number, giver = handed[taker]
                shards[number] = replace(shards[number], leader=taker)
                taker = giver
            return True
    return False


def split(shards: Shards, number: int) -> dict[int, Shard]:
    """The shard's second half becomes a new shard on the same nodes."""
    return {**shards, max(shards) + 1: replace(shards[number], split_from=number)}
