# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The changes of members, in order, each with what the guard says of it.

Private to stemedb.cluster. Pure. What was begun is finished first; then the dead are replaced, then
nodes are added, and only then removed. The guard is asked as if the steps before had been done: of
nodes; of replicas only those count that there are now, and a run asks again before each stop.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple, Optional

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import (
    ALIVE,
    DEAD,
    Snapshot,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._findings import accepted, blocker
from ansible_collections.stemedb.cluster.plugins.module_utils._impact.assess import (
    Blocker,
    Guard,
    Impact,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._plan.facts import (
    ADD,
    REMOVE,
    REPLACE,
    Facts,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._plan.match import (
    Difference,
    Index,
    Member,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._plan.unfinished import (
    Left,
    unclear,
)

NOT_NEEDED, SAFE, ACCEPTED, BLOCKED = "not_needed", "safe", "accepted", "blocked"
# Blockers of a step that are shown; there may be one for each of 100,000 shards.
MOST_BLOCKERS = 20


class Step(NamedTuple):
    """One change of members.

    :param replacement: the host that takes the place of a dead node, None to let replace_node
        choose.
    :param resumes: the run that began it, None if none did.
    """

    operation: str
    host: Optional[str]
    node_id: Optional[str]
    reason: str
    replacement: Optional[str] = None
    resumes: Optional[str] = None


def steps(facts: Facts, found: Difference, index: Index, left: Iterable[Left]) -> list[Step]:
    """What leads from the cluster to what is declared."""
    resumed = [row for row in left if row.resumed]
    replaced = sorted(
        [*_replacements(facts, found, index, resumed), *_verifications(resumed)],
        key=lambda step: step.resumes is None,
    )
    if facts.settings.unattended:
        return replaced
    return [*replaced, *_additions(found, resumed), *_removals(found, resumed)]


def _run_of(member: Member, operation: str, resumed: Sequence[Left]) -> Optional[str]:
    """The run that began this with a member."""
    runs = (
        row.operation.run_id
        for row in resumed
        if row.operation.kind == operation and row.member == member
    )
    return next(runs, None)


def _replacements(
    facts: Facts, found: Difference, index: Index, resumed: Sequence[Left]
) -> Iterator[Step]:
    free = free_spares(facts, found, index)
    doubtful = unclear(found)
    for member in found.gone:
        run = _run_of(member, REPLACE, resumed)
        if member in doubtful or (facts.settings.unattended and not _may_alone(member, run)):
            continue
        by = member.by
        if by is None and free:
            by = free.pop(0)
        elif by is None and facts.settings.unattended:
            continue
        gone = "is Dead" if member.state == DEAD else "was a member, and is listed no more"
        how = f"into {by}" if by else "on a host that replace_node chooses"
        begun = ", as an earlier run began to" if run or member.by else ""
        reason = f"{member.host} {gone}: it is replaced {how}{begun}"
        yield Step(REPLACE, member.host, member.node_id, reason, by, run)


def _verifications(resumed: Iterable[Left]) -> Iterator[Step]:
    """Of replacements that were made: on the same host by its name, and else by the old id.

    Who was replaced may be no host of the inventory any more. Of several tries the last counts.
    """
    tries = {row.operation.targets[-1]: row for row in resumed if row.verifies is not None}
    for by, row in tries.items():
        host = by if row.name == by else None
        reason = (
            f"{row.name} is replaced: a node on {by} has taken its place, and the run that did it "
            "did not end. It is verified"
        )
        yield Step(REPLACE, host, row.verifies, reason, by, row.operation.run_id)


def _may_alone(member: Member, run: Optional[str]) -> bool:
    """Whether nobody has to be asked: it is Dead to all, or was when its replacement began."""
    return member.state == DEAD or run is not None or member.by is not None


def free_spares(facts: Facts, found: Difference, index: Index) -> list[str]:
    """The spares that are no node, not even a Dead one, and were begun for nothing, in order."""
    declared = {one.host for one in facts.declared}
    taken = {row.by for rows in found[:-1] for row in rows if isinstance(row, Member)}
    return [
        one.host
        for one in facts.settings.spares
        if one.host not in declared | taken
        and facts.replaces.get(one.host) is None
        and not index.at(one)
    ]


def _additions(found: Difference, resumed: Sequence[Left]) -> Iterator[Step]:
    for member in found.matched:
        run = _run_of(member, ADD, resumed)
        if run is not None:
            reason = f"{member.host} is a member, and the run that added it did not end"
            yield Step(ADD, member.host, member.node_id, reason, resumes=run)
    begun = [(_run_of(member, ADD, resumed), member) for member in found.to_add]
    for run, member in sorted(begun, key=lambda each: each[0] is None):
        reason = f"{member.host} is declared and no member"
        more = ": an earlier run began to add it" if run else ""
        yield Step(ADD, member.host, member.node_id, reason + more, resumes=run)


def _removals(found: Difference, resumed: Sequence[Left]) -> Iterator[Step]:
    for member in found.undeclared:
        run = _run_of(member, REMOVE, resumed)
        if member.prune and (member.state != DEAD or run is not None):
            reason = "nobody declares it, and stemedb_prune names it"
            yield Step(REMOVE, member.host, member.node_id, reason, resumes=run)
    for row in resumed:
        if row.operation.kind == REMOVE and row.member is None:
            reason = "nobody lists it any more, and the run that removed it did not end"
            yield Step(REMOVE, row.name, None, reason, resumes=row.operation.run_id)


# --- what the guard says -------------------------------------------------------------------------


def guarded(planned: Iterable[Step]) -> list[str]:
    """The full ids of nodes that steps take out."""
    return [step.node_id for step in planned if step.operation != ADD and step.node_id]


class Verdict(NamedTuple):
    """What the guard says of a step.

    :param shards: that the node holds or leads, with `led` of them to get another leader.
    :param good_after: good replicas that each of them keeps at least; None if that is not known.
    """

    verdict: str = NOT_NEEDED
    blockers: tuple[dict[str, str], ...] = ()
    blocker_count: int = 0
    accepted: tuple[dict[str, str], ...] = ()
    shards: tuple[int, ...] = ()
    led: int = 0
    good_after: Optional[int] = None


def verdicts(facts: Facts, planned: Sequence[Step], snapshot: Snapshot) -> list[Verdict]:
    """What the guard says of each step, after those before it."""
    listed = [node_id for node_id in guarded(planned) if node_id in snapshot.nodes]
    if not listed:
        return [Verdict()] * len(planned)
    limits = facts.settings.limits._replace(zones=_zones(facts, snapshot))
    guard = Guard(listed, snapshot, limits)
    alive = set(snapshot.alive)
    found = []
    for step in planned:
        if step.operation != REMOVE and not _is_alive(step, snapshot):
            # By then its node is there, whatever its id.
            alive.add(step.replacement or str(step.host))
        verdict = Verdict()
        if step.operation != ADD and step.node_id in listed:
            impact = guard.without([str(step.node_id)], frozenset(alive))
            verdict = _verdict(impact, facts.settings.accept)
            alive.discard(str(step.node_id))
        found.append(verdict)
    return found


def _is_alive(step: Step, snapshot: Snapshot) -> bool:
    """Whether the node of an addition that is resumed is counted already."""
    return step.operation == ADD and step.node_id in snapshot.alive


def _verdict(impact: Impact, accept: frozenset[str]) -> Verdict:
    passed: list[Blocker] = []
    stay: list[Blocker] = []
    for each in impact.blockers:
        (passed if accepted(blocker(*each), accept) else stay).append(each)
    good = [shard.good_after for shard in impact.shards]
    known = [count for count in good if count is not None]
    return Verdict(
        BLOCKED if stay else ACCEPTED if passed else SAFE,
        tuple(each._asdict() for each in stay[:MOST_BLOCKERS]),
        len(stay),
        tuple(each._asdict() for each in passed[:MOST_BLOCKERS]),
        tuple(shard.shard_id for shard in impact.shards),
        sum(shard.led_by_target for shard in impact.shards),
        min(known) if known and len(known) == len(good) else None,
    )


def _zones(facts: Facts, snapshot: Snapshot) -> dict[str, str]:
    """The zone of each node, by id; of one that is still to be made by its host."""
    index = Index(snapshot.nodes.values(), facts.resolved)
    zones: dict[str, str] = {}
    for one in facts.hosts.values():
        node = index.of(one)
        if one.zone is not None:
            zones[one.host.lower()] = one.zone
            if node is not None and node.state == ALIVE:
                zones[node.node_id.lower()] = one.zone
    # Spares that have a zone, where no member has one, make none matter.
    return zones if any(one.zone for one in facts.declared) else {}


def as_result(step: Step, verdict: Verdict, fingerprint: str) -> dict[str, Any]:
    """A step as results and plan files have it."""
    return {**step._asdict(), **_plain(verdict), "fingerprint": fingerprint}


def _plain(verdict: Verdict) -> dict[str, Any]:
    return {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in verdict._asdict().items()
    }
