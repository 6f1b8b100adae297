# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a stop is safe: what would break if these nodes were gone.

Private to stemedb.cluster. Pure. Everything is computed as if the nodes were gone, and those that
are not Alive count as gone already. What is not known is a blocker of its own and never hides one
that is: what rests on it is compared as if the best were true.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster import predicates as words
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import Snapshot
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.replication import (
    REPLICATED_FRACTION,
    Size,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._impact.evidence import (
    Evidence,
    ShardEvidence,
    gather,
    members,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._present.tables import counted

# Kinds of blockers, the worst first. Of these it is known that data or service is at risk.
AT_RISK = (
    "no_replica_left",
    "too_few_replicas",
    "already_too_few_replicas",
    "too_few_nodes",
    "no_majority",
    "single_zone",
)
# Of these nobody knows what they hide.
NOT_KNOWN = (
    "node_not_listed",
    "observer_unreachable",
    "single_observer",
    "views_disagree",
    "incomplete_view",
    "no_shards",
    "unknown_factor",
    "unknown_replicas",
    "leaderless_shard",
    "unknown_size",
    "unknown_zone",
)
KINDS = (*AT_RISK, *NOT_KNOWN)

# What a permanent loss leaves where nobody says how many: the guide's smallest cluster.
LEAST_NODES = 3


class Limits(NamedTuple):
    """What has to be left.

    :param permanent: whether the nodes are not to come back.
    :param min_live_replicas: good replicas of each shard; None for a majority of the replication
        factor, and 1 where that is 2.
    :param min_nodes: Alive nodes; None for 3 if permanent. Whatever is given, a permanent loss
        leaves the replication factor and a temporary stop a majority of the members.
    :param min_observers: how many observers it takes that are not on the nodes themselves.
    :param fraction: of its leader's size at which a replica is complete.
    :param zones: where each node is, by full id in lower case; empty where that does not matter.
    :param former: of `members`.
    """

    permanent: bool = True
    min_live_replicas: int | None = None
    min_nodes: int | None = None
    min_observers: int = 1
    fraction: float = REPLICATED_FRACTION
    zones: Mapping[str, str] = {}
    former: frozenset[str] = frozenset()

    def zone(self, node_id: str) -> str | None:
        """Where a node is; None or "" if that is not said."""
        return self.zones.get(node_id.lower())


class Blocker(NamedTuple):
    """Why it is not safe: one of `KINDS`, of what (a node, `shard 3`, a URL, `cluster`), how."""

    kind: str
    subject: str
    detail: str


class ShardImpact(NamedTuple):
    """A shard that the nodes hold or lead. Its good replicas are None where they are not known."""

    shard_id: int
    good_now: int | None
    good_after: int | None
    required: int | None
    led_by_target: bool


class Impact(NamedTuple):
    """What would break, the worst first.

    :param nodes: full ids of the nodes; a name that no view lists as it was given.
    :param alive_after: None where a view gives no list of nodes.
    :param notes: what to know that does not speak against it, in the form of blockers.
    """

    nodes: tuple[str, ...]
    blockers: tuple[Blocker, ...]
    shards: tuple[ShardImpact, ...]
    alive_after: int | None
    notes: tuple[Blocker, ...] = ()

    @property
    def safe(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.blockers


def assess(names: Sequence[str], snapshot: Snapshot, limits: Limits) -> Impact:
    """What would break if all these nodes were gone at once.

    :raises StemeDBError: `config`, for no name at all, an empty or an ambiguous one.
    """
    guard = Guard(names, snapshot, limits)
    return guard.without(guard.nodes)


def groups(names: Sequence[str], snapshot: Snapshot, limits: Limits) -> list[list[str]]:
    """The nodes in groups of which each may be down together, as things are now.

    In the order given, each node is put into the first group that stays safe with it. One that may
    not even be down alone is in none.

    :raises StemeDBError: `config`, for no name at all, an empty or an ambiguous one.
    """
    guard = Guard(names, snapshot, limits)
    made: list[list[str]] = []
    for node_id in guard.nodes:
        if not guard.without([node_id]).safe:
            continue
        fits = (g for g in made if guard.without([*g, node_id]).safe)
        group = next(fits, None)
        if group is None:
            made.append([node_id])
        else:
            group.append(node_id)
    return made


class Guard:
    """Says of any of these nodes what would break without them.

    What does not depend on which of them go is found once: there may be 100,000 shards.

    :raises StemeDBError: `config`, for no name at all, an empty or an ambiguous one.
    """

    def __init__(self, names: Sequence[str], snapshot: Snapshot, limits: Limits) -> None:
        factor = snapshot.fact("replication_factor") or None
        self._required = _required(factor, limits)
        self._evidence = evidence = gather(names, snapshot, limits.fraction, self._required or 0)
        self._limits = limits
        self.nodes = evidence.nodes
        self._blockers = [*_unseen(evidence), *_unsaid(evidence), *_unzoned(evidence, limits)]
        self._short: list[ShardEvidence] = []
        self._touched: dict[str, list[ShardEvidence]] = {node: [] for node in evidence.nodes}
        for shard in evidence.shards:
            self._blockers += _unsure(shard)
            if shard.live is not None and self._required is not None:
                if len(shard.live) < self._required:
                    self._short.append(shard)
            for node_id in shard.touched.intersection(self._touched):
                self._touched[node_id].append(shard)

    def without(self, nodes: Iterable[str], alive: frozenset[str] | None = None) -> Impact:
        """What would break if these of the nodes were gone.

        :param alive: at most these are Alive by then, besides those that go; None for those that
            are Alive now. Of replicas only those count that there are now.
        """
        gone, limits, required = frozenset(nodes), self._limits, self._required
        evidence = self._evidence
        if alive is not None:
            evidence = evidence._replace(alive=alive)
        blockers = list(self._blockers)
        blockers += [
            *_of_the_nodes(gone, evidence, limits),
            *_of_those_left(gone, evidence, limits),
        ]
        rows: list[ShardImpact] = []
        notes: list[Blocker] = []
        # A stop is over soon, and replicas that are lost come back only where zones are left.
        zones_left = _zones((evidence.alive or frozenset()) - gone, limits)
        zoned = blockers if limits.permanent and len(zones_left) > 1 else notes
        for shard in self._short:
            if shard.touched.isdisjoint(gone):
                blockers.append(_elsewhere(shard, required))
        held = {s.shard_id: s for node_id in gone for s in self._touched.get(node_id, ())}
        for _shard_id, shard in sorted(held.items()):
            blockers += _held(shard, gone, required)
            zoned += _in_one_zone(shard, gone, required, limits)
            rows.append(_row(shard, gone, required))
        listed = evidence.alive if evidence.all_listed else None
        return Impact(
            evidence.nodes,
            tuple(sorted(blockers, key=lambda blocker: KINDS.index(blocker.kind))),
            tuple(rows),
            None if listed is None else len(listed - gone),
            tuple(notes),
        )


def _required(factor: int | None, limits: Limits) -> int | None:
    """Good replicas that each shard must keep; None if that depends on an unknown factor."""
    if limits.min_live_replicas is not None or factor is None:
        return limits.min_live_replicas
    return 1 if factor == 2 else factor // 2 + 1


# --- what is not known ---------------------------------------------------------------------------


def _unseen(evidence: Evidence) -> Iterator[Blocker]:
    """Who did not answer, and what the others do not agree on."""
    snapshot = evidence.snapshot
    for observer in words.missing_observers(snapshot):
        yield Blocker("observer_unreachable", observer.url, f"did not answer: {observer.error}")
    first = snapshot.views[0]
    for view in snapshot.views[1:]:
        for text in words.differences(first, view):
            yield Blocker("views_disagree", view.url, text)


def _unsaid(evidence: Evidence) -> Iterator[Blocker]:
    """What the answers leave out."""
    for view in evidence.snapshot.views:
        # That a cluster has no shards is said below, once and by its own kind.
        alone = Snapshot((view,))
        for reason in words.complete_view(alone, expect_shards=bool(view.shards)).reasons:
            yield Blocker("incomplete_view", reason.subject, reason.text)
        if view.shards is not None and not view.shards:
            text = "lists no shards, so nothing can be said of the data"
            yield Blocker("no_shards", view.url, text)
    if evidence.factor is None:
        text = "the replication factor is unknown, or the observers differ on it"
        yield Blocker("unknown_factor", words.CLUSTER, text)


def _unzoned(evidence: Evidence, limits: Limits) -> Iterator[Blocker]:
    for node_id in sorted(evidence.alive or ()) if limits.zones else ():
        if not limits.zone(node_id):
            text = "is Alive, and zones does not say where: give its zone, by its full id"
            yield Blocker("unknown_zone", node_id, text)


# --- nodes ---------------------------------------------------------------------------------------


def _of_the_nodes(gone: frozenset[str], evidence: Evidence, limits: Limits) -> Iterator[Blocker]:
    """Who they are, and who else there is to ask."""
    for name in sorted(evidence.unlisted & gone):
        text = (
            "is not listed as a member: name it by its id, 4 or more characters of it, or address"
        )
        yield Blocker("node_not_listed", name, text)
    answered = [observer for observer in evidence.snapshot.observers if observer.reachable]
    others = {observer.node_id for observer in answered} - gone
    # What answers at an address of no member may be any of them, so all of those count as one,
    # and beside members that are known as none.
    witnesses = len(others - {None}) or len(others)
    if witnesses < limits.min_observers:
        text = (
            f"{witnesses} of {limits.min_observers} observers that are on none of these nodes "
            f"answered: name more gateways, or let them be found (discover_observers)"
        )
        yield Blocker("single_observer", words.CLUSTER, text)


def _of_those_left(gone: frozenset[str], evidence: Evidence, limits: Limits) -> Iterator[Blocker]:
    """Whether as many nodes stay Alive as must."""
    if evidence.alive is None:
        return
    left = len(evidence.alive - gone)
    least = limits.min_nodes or (LEAST_NODES if limits.permanent else 0)
    if limits.permanent:
        least = max(least, evidence.factor or least)
    elif 2 * left <= (of := len(members(evidence.snapshot, limits.former))):
        text = f"{left} of {of} members would be left Alive, which is no majority"
        yield Blocker("no_majority", words.CLUSTER, text)
    if left < least:
        text = f"{left} nodes would be left Alive, {least} must be"
        yield Blocker("too_few_nodes", words.CLUSTER, text)


# --- shards --------------------------------------------------------------------------------------


def _row(shard: ShardEvidence, gone: frozenset[str], required: int | None) -> ShardImpact:
    live = shard.live if shard.known and shard.led else None
    return ShardImpact(
        shard.shard_id,
        None if live is None else _good(shard, live),
        None if live is None else _good(shard, live - gone),
        required,
        not shard.leaders.isdisjoint(gone),
    )


def _good(shard: ShardEvidence, nodes: frozenset[str]) -> int | None:
    """How many of these hold a complete replica; None if that of one is unknown."""
    complete = [_complete(shard.sizes[node_id]) for node_id in nodes]
    return None if None in complete else complete.count(True)


def _complete(size: Size) -> bool | None:
    """Whether a replica is complete; an empty one is only if its leader is known to be empty."""
    return False if size.have == 0 and size.goal is None else size.complete


def _unsure(shard: ShardEvidence) -> Iterator[Blocker]:
    """What the nodes may hold or lead, as far as anybody knows."""
    name = words.shard_name(shard.shard_id)
    if not shard.placed:
        text = "not every observer says where its replicas are, so these nodes may hold one"
        yield Blocker("unknown_replicas", name, text)
    if not shard.led:
        text = "has no leader that is Alive in every view, so nobody knows what its replicas lack"
        yield Blocker("leaderless_shard", name, text)


def _elsewhere(shard: ShardEvidence, required: int | None) -> Blocker:
    """A shard that none of the nodes holds loses nothing, but it has to have enough."""
    text = (
        f"has {counted(len(shard.live or ()), 'live replica')} and must have {required}; none of "
        f"these nodes holds one: let it be replicated before anything is stopped"
    )
    return Blocker("already_too_few_replicas", words.shard_name(shard.shard_id), text)


def _held(shard: ShardEvidence, gone: frozenset[str], required: int | None) -> Iterator[Blocker]:
    """What becomes of a shard that the nodes hold or lead."""
    if shard.live is None:
        return
    name = words.shard_name(shard.shard_id)
    complete = {node_id: _complete(shard.sizes[node_id]) for node_id in sorted(shard.live)}
    # Also of those that go: they may hold more than the leader does.
    unsized = [node_id for node_id in complete if complete[node_id] is None]
    if (unsized or shard.doubt) and shard.placed and shard.led:
        text = f"its replica on {', '.join(unsized)} or its leader's is of unknown size"
        yield Blocker("unknown_size", name, shard.doubt or text)
    elif shard.larger & gone:
        nodes = ", ".join(sorted(shard.larger & gone))
        text = f"its replica on {nodes}, which is not live, may hold more than its leader does"
        yield Blocker("unknown_size", name, text)
    # At most these are good, whatever is unknown.
    now = frozenset(node_id for node_id in complete if complete[node_id] is not False)
    left = now - gone
    if not left:
        text = f"no good replica would be left ({len(now)} now){_lacking(shard, now | gone)}"
        yield Blocker("no_replica_left", name, text)
    elif required is not None and len(left) < required:
        text = (
            f"{len(left)} good replicas would be left ({len(now)} now), {required} must be"
            f"{_lacking(shard, now | gone)}"
        )
        yield Blocker("too_few_replicas", name, text)


def _in_one_zone(
    shard: ShardEvidence, gone: frozenset[str], required: int | None, limits: Limits
) -> Iterator[Blocker]:
    """Whether a shard that is in several zones would be left with good replicas of one."""
    # Where one replica is enough, it is in one zone.
    if shard.live is None or not shard.known or required is None or required < 2:
        return
    left = frozenset(n for n in shard.live - gone if _complete(shard.sizes[n]) is not False)
    zones = _zones(left, limits)
    # Now by all that are live, complete or not: what makes one worse must make no stop safer.
    if len(zones) == 1 < len(_zones(shard.live, limits)):
        text = f"all good replicas that would be left are in zone {''.join(zones)}"
        yield Blocker("single_zone", words.shard_name(shard.shard_id), text)


def _zones(nodes: frozenset[str], limits: Limits) -> frozenset[str]:
    """Their zones; one that is not known is taken for a zone of its own."""
    return frozenset(limits.zone(n) or n for n in nodes if limits.zones)


def _lacking(shard: ShardEvidence, others: frozenset[str]) -> str:
    """Why the rest of its replicas do not count."""
    found = []
    for node_id in sorted(shard.touched - others):
        size = shard.sizes.get(node_id)
        if size is None:
            found.append(f"{node_id} (no live replica)")
        else:
            goal = "?" if size.goal is None else size.goal
            found.append(f"{node_id} ({size.have} of {goal} bytes)")
    return f"; not counted: {', '.join(found)}" if found else ""
