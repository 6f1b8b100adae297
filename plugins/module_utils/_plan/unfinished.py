# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What earlier runs left undone, and which of it this plan finishes.

Private to stemedb.cluster. Pure. An operation that did not end is finished first, if it fits what
Git declares. What does not fit blocks: a person has to say what is wanted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple, Optional

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import DEAD
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.names import same_id
from ansible_collections.stemedb.cluster.plugins.module_utils._findings import Finding, blocker
from ansible_collections.stemedb.cluster.plugins.module_utils._plan.facts import (
    ADD,
    REPLACE,
    Facts,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._plan.history import (
    BOOTSTRAP,
    MEMBERSHIP,
    RUNNING,
    History,
    Operation,
    is_any,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._plan.match import (
    Difference,
    Member,
)

KIND = "unfinished_operation"


class Left(NamedTuple):
    """One name that an operation which did not end was about.

    :param member: what that name is now, None if it is neither declared nor listed.
    :param resumed: whether the plan finishes it.
    :param why: what blocks, "" if nothing does.
    :param verifies: the id of the node whose place another one has taken, if nothing is left but to
        verify that.
    """

    operation: Operation
    name: str
    member: Optional[Member] = None
    resumed: bool = False
    why: str = ""
    verifies: Optional[str] = None


def begun(history: History) -> list[str]:
    """The hosts on which a replacement that did not end may have made a node.

    Whether it did, and whose place that has taken, the file `replaces` of the host says.
    """
    made = [one.targets[-1] for one in history.unfinished if one.kind == REPLACE and one.targets]
    return list(dict.fromkeys(made))


def left(facts: Facts, found: Difference, history: Optional[History]) -> list[Left]:
    """What is left of each operation that did not end."""
    if history is None:
        return []
    rows: list[Left] = []
    for one in history.unfinished:
        if _verified(one, history, facts):
            continue
        # Of a replacement the first name is replaced; the others are what it is replaced with.
        # A bootstrap is one thing, whatever became of each of its members.
        most = {REPLACE: 1, BOOTSTRAP: 0}.get(one.kind)
        names = one.targets[:most]
        rows += [_left(one, name, facts, found) for name in names or ("cluster",)]
    return rows


def _verified(one: Operation, history: History, facts: Facts) -> bool:
    """Whether a later run has finished a replacement, in which the dead one was named by its id."""
    if one.kind != REPLACE or not one.targets:
        return False
    by = one.targets[-1]
    old = facts.replaces.get(by)
    return old is not None and any(
        later.kind == REPLACE
        and later.succeeded
        and later.targets
        and later.since > one.since
        and same_id(later.targets[0], old)
        and same_id(later.targets[-1], by)
        for later in history.operations
    )


def _left(one: Operation, name: str, facts: Facts, found: Difference) -> Left:
    member, declared = _meant(name, found)
    said = Left(one, name, member)
    if one.outcome == RUNNING:
        return said._replace(
            why="may be under way now: wait until it has ended or its lock has expired (the "
            "playbook lock shows when)"
        )
    if one.kind not in MEMBERSHIP:
        why = f"run {one.kind} again, which resumes it" if facts.settings.unattended else ""
        return said._replace(why=why)
    unattended = facts.settings.unattended
    if one.kind == REPLACE:
        return _replacement(said, declared, found, facts)
    if unattended:
        return said._replace(why=f"it is not a replacement: run {one.kind} for it again yourself")
    if one.kind == ADD:
        return said._replace(resumed=declared)
    if one.kind == BOOTSTRAP:
        whole = len(found.matched) == len(facts.declared)
        return said._replace(why="" if whole else "run bootstrap again, which resumes it")
    return _removal(said, declared, facts)


def _replacement(said: Left, declared: bool, found: Difference, facts: Facts) -> Left:
    by = (said.operation.targets or (said.name,))[-1]
    new = next((row for row in found.matched if row.host == by), None)
    old = facts.replaces.get(by)
    if new is not None and old is not None and not same_id(old, new.node_id):
        # Its host says whose place its node has taken. Of another host's the old one may be back.
        if not declared or said.member == new:
            return said._replace(resumed=True, verifies=old)
    if declared and said.member in found.matched:
        return said  # it came back
    if declared:
        return said._replace(resumed=True)
    if new is not None:
        return said  # Git has the replacement by now
    return said._replace(
        why=f"{by} was to take its place, and Git declares neither: declare one of them"
    )


def _removal(said: Left, declared: bool, facts: Facts) -> Left:
    member = said.member
    if declared and member is not None and member.state not in (None, DEAD):
        return said  # it was not stopped, and is to stay
    if declared:
        return said._replace(
            why="Git declares it again: start its service if its data is sound, or finish the "
            "removal with remove_node and then add it"
        )
    if (member is not None and member.prune) or is_any(said.name, facts.settings.prune):
        return said._replace(resumed=True)
    return said._replace(why="finish it with remove_node, or name it in stemedb_prune")


def _meant(name: str, found: Difference) -> tuple[Optional[Member], bool]:
    """What a name of an operation is now, and whether it is declared."""
    for rows in found[:-2]:
        for row in rows:
            if isinstance(row, Member) and is_any(name, (row.host, row.node_id)):
                return row, True
    for row in found.undeclared:
        if is_any(name, (row.host, row.node_id)):
            return row, False
    return None, False


def unknown(history: Optional[History]) -> list[Finding]:
    """Whether the list is there: without it a host that was replaced looks like a new one."""
    if history is not None:
        return []
    text = (
        "what earlier runs left unfinished is not known: the lock hosts were not asked. Pass their "
        "answers in the option operations"
    )
    return [blocker(KIND, "operations", text)]


def findings(found: Difference, rows: Iterable[Left]) -> Iterator[Finding]:
    """What of it blocks."""
    for row in rows:
        if row.why:
            one = row.operation
            run = f"{one.run_id} ({one.reason})" if one.reason else one.run_id
            text = f"{one.kind} of run {run} did not end ({one.outcome}): {row.why}"
            yield blocker(KIND, row.name, text)
    hosts = ", ".join(str(row.host) for row in unclear(found))
    for spare in found.doubtful if hosts else ():
        text = (
            f"it is a spare and runs a node, and whether that has taken the place of {hosts} is "
            "not known. Pass what its file replaces says in the option replaces, or take it out of "
            "stemedb_spares"
        )
        yield blocker(KIND, spare, text)


def unclear(found: Difference) -> tuple[Member, ...]:
    """The dead that may have been replaced already, as far as anybody knows."""
    return tuple(row for row in found.gone if row.by is None) if found.doubtful else ()
