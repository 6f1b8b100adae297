# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one sample says of all conditions of a wait, and what the wait remembers of it.

Private to stemedb.cluster. Pure.
"""

from __future__ import annotations

from typing import NamedTuple

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster import predicates as words
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import Snapshot
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.conditions import check
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.readings import (
    Memory,
    Numbers,
    Plan,
    Settings,
    Unmet,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.replicated import (
    goals,
    newly_complete,
)

# What is unmet in a sample that is not complete, beside the conditions that were asked for.
VIEW = "complete_view"

# Asking again does not mend these.
ENDING = ("config", "auth", "tls")


class Sample(NamedTuple):
    """All that one sample says.

    :param snapshot: None where nobody answered.
    :param memory: what the wait knows after it.
    :param error: why no further sample can help.
    :param started: when it was asked for, by the clock of the wait; `ended`: when it was complete.
    """

    unmet: tuple[Unmet, ...]
    numbers: tuple[Numbers, ...]
    notes: tuple[str, ...]
    snapshot: Snapshot | None
    memory: Memory
    error: StemeDBError | None
    started: float = 0.0
    ended: float = 0.0

    def standing(self) -> object:
        """What must change for a wait not to stall; how an observer fails is no progress."""
        return self.numbers, [thing for thing in self.unmet if thing.condition != VIEW]


def read(plan: Plan, snapshot: Snapshot, memory: Memory) -> Sample:
    """All conditions read from one snapshot; nothing holds in one that is not complete.

    :raises StemeDBError: `config`, when a name has become ambiguous.
    """
    gaps = words.complete_view(snapshot, plan.settings.expect_shards).reasons
    known = _remember(memory, snapshot, plan.settings, not gaps)
    # "Unchanged since the sample before" needs that one; all else needs what is known by now.
    now = known._replace(previous=memory.previous)
    readings = [check(condition, snapshot, now, plan.settings) for condition in plan.conditions]
    unmet = [Unmet(VIEW, gap.subject, gap.text, gap.section) for gap in gaps]
    error = _fatal(snapshot)
    if error is None and not gaps:
        error = _hopeless(plan, snapshot, now)
    return Sample(
        (*unmet, *(thing for reading in readings for thing in reading.unmet)),
        tuple(reading.numbers for reading in readings if reading.numbers),
        # What is gone from a part of the cluster may be in the other.
        () if gaps else tuple(note for reading in readings for note in reading.notes),
        snapshot,
        known,
        error,
    )


def failed(error: StemeDBError, snapshot: Snapshot | None, memory: Memory) -> Sample:
    """A sample that could not be taken or read, for this reason."""
    unmet = (Unmet(VIEW, error.url or words.CLUSTER, error.message),)
    return Sample(unmet, (), (), snapshot, memory, error if error.code in ENDING else None)


def _remember(memory: Memory, snapshot: Snapshot, settings: Settings, complete: bool) -> Memory:
    """What the wait knows after this sample, which is complete or not."""
    known = memory._replace(seen=memory.seen | frozenset(snapshot.nodes))
    if complete:
        if known.first_nodes is None:
            known = known._replace(first_nodes=frozenset(snapshot.nodes))
        known = known._replace(leader_sizes=goals(snapshot, memory, settings))
    done = memory.done | newly_complete(snapshot, known, settings)
    return known._replace(done=done, previous=snapshot)


def _fatal(snapshot: Snapshot) -> StemeDBError | None:
    for observer in words.missing_observers(snapshot):
        if observer.error_code in ENDING:
            return StemeDBError(observer.error_code, observer.error or "failed", observer.url)
    return None


def _hopeless(plan: Plan, snapshot: Snapshot, memory: Memory) -> StemeDBError | None:
    for condition in plan.fail_fast:
        if not check(condition, snapshot, memory, plan.settings).unmet:
            text = f"{condition.name} holds for {condition.argument}"
            return StemeDBError("timeout", f"Gave up early: {text}, so waiting on is no use")
    return None
