# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waits until conditions hold in fresh, complete samples that stay good.

Private to stemedb.cluster. Knows neither HTTP nor Ansible: samples come from a callable, time from
a clock that tests replace.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any, Callable, NamedTuple

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster import predicates as words
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import Snapshot
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.history import History
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.readings import (
    LEAST_SAMPLES,
    Memory,
    Plan,
    Progress,
    Stage,
    Unmet,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.replicated import wanted_details
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.sample import (
    ENDING,
    Sample,
    failed,
    read,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.timeline import Timeline

# Which further shards a sample needs, given what it has so far.
Want = Callable[[Snapshot], "frozenset[int]"]

# Takes one sample: which further shards it needs, and the seconds that it may take.
Sampler = Callable[[Want, float], Snapshot]


class Clock(NamedTuple):
    """Monotonic seconds, seconds since the epoch, and a sleep."""

    now: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep


class StageEnd(NamedTuple):
    """How a stage ended.

    :param elapsed: seconds since the wait began.
    :param seconds: those of the stage alone.
    """

    name: str
    elapsed: float
    seconds: float
    samples: int
    resets: int
    met: bool


class Outcome(NamedTuple):
    """How a wait ended: `error` is None when everything held for long enough."""

    error: StemeDBError | None
    elapsed: float
    samples: int
    resets: int
    unmet: list[dict[str, Any]]
    history: list[dict[str, Any]]
    notes: tuple[str, ...]
    snapshot: Snapshot | None
    stages: tuple[StageEnd, ...] = ()
    timeline: tuple[dict[str, Any], ...] = ()


class _Window(NamedTuple):
    """The time in which every sample was good: from the end of the first to the last's start."""

    opened: float = 0.0
    last: float = 0.0
    samples: int = 0
    resets: int = 0

    def after(self, sample: Sample) -> _Window:
        if sample.unmet:
            return _Window(resets=self.resets + (self.samples > 0))
        opened = self.opened if self.samples else sample.ended
        return _Window(opened, sample.started, self.samples + 1, self.resets)

    def seconds(self) -> float:
        return max(0.0, self.last - self.opened)

    def holds(self, plan: Plan) -> bool:
        return self.samples >= LEAST_SAMPLES and self.seconds() >= plan.stable_for


def wait(
    stages: Iterable[Stage],
    sampler: Sampler,
    report: Callable[[Progress], None],
    clock: Clock | None = None,
) -> Outcome:
    """Work through one stage after the other, each by samples of its own, until one fails."""
    clock = clock or Clock()
    course = _Course(sampler, report, clock, clock.now(), History(), Timeline())
    memory, ends, notes = Memory(), [], dict[str, None]()
    for stage in stages:
        began, taken = clock.now(), course.history.samples
        outcome, known = _until(stage, course, began, memory)
        seconds = round(outcome.elapsed - (began - course.begun), 3)
        samples = outcome.samples - taken
        met = outcome.error is None
        ends.append(StageEnd(stage.name, outcome.elapsed, seconds, samples, outcome.resets, met))
        notes.update(dict.fromkeys(outcome.notes))
        if not met:
            break
        # Whom it has seen stays known; how large the data is, each stage finds out anew.
        memory = Memory(known.first_nodes, known.seen)
    resets = sum(end.resets for end in ends)
    return outcome._replace(
        resets=resets,
        notes=tuple(notes),
        stages=tuple(ends),
        timeline=tuple(course.timeline.entries()),
    )


class _Course(NamedTuple):
    """What all stages of a wait share; `begun` is when it began, by the clock."""

    sampler: Sampler
    report: Callable[[Progress], None]
    clock: Clock
    begun: float
    history: History
    timeline: Timeline


def _until(stage: Stage, course: _Course, start: float, memory: Memory) -> tuple[Outcome, Memory]:
    """Sample until all of a stage, which begins at `start`, held for `stable_for`, or cannot."""
    plan, history, clock, moved = stage.plan, course.history, course.clock, start
    window = _Window()
    answered: Sample | None = None
    while True:
        remaining = start + plan.timeout - clock.now()
        sample = _take(plan, course.sampler, memory, clock, remaining)
        memory, window = sample.memory, window.after(sample)
        elapsed = sample.ended - course.begun
        if sample.snapshot is not None:
            if answered is None or sample.standing() != answered.standing():
                moved = sample.ended
            answered = sample
        history.add(
            clock.wall(), elapsed, sample.unmet, sample.numbers, sample.snapshot is not None
        )
        course.timeline.add(clock.wall(), elapsed, stage.name, sample)
        good_for = window.seconds() if window.samples else None
        counted = sample.unmet, sample.numbers, window.samples
        course.report(Progress(elapsed, good_for, plan.stable_for, *counted, stage.name))
        error = sample.error
        if error is None and not window.holds(plan):
            error = _out_of_time(plan, sample, moved, start)
        if error is not None or window.holds(plan):
            unmet = _still_unmet(plan, sample, answered, window) if error else ()
            found = history.unmet(unmet)
            outcome = Outcome(
                error and _explained(error, stage.name, found, len(unmet)),
                round(elapsed, 3),
                history.samples,
                window.resets,
                found,
                history.entries(),
                sample.notes,
                answered.snapshot if answered else None,
            )
            return outcome, memory
        clock.sleep(plan.interval)


def _still_unmet(
    plan: Plan, sample: Sample, answered: Sample | None, window: _Window
) -> tuple[Unmet, ...]:
    """What is missing at the end; what was missing when somebody last answered is so still."""
    if not sample.unmet:
        return (_not_yet(plan, window),)
    before = answered.unmet if answered is not None and sample.snapshot is None else ()
    return sample.unmet + before


def _take(plan: Plan, sampler: Sampler, memory: Memory, clock: Clock, remaining: float) -> Sample:
    """One sample with all conditions read from it; a failed one is a bad one."""
    asked = plan.conditions + plan.fail_fast
    started = clock.now()
    snapshot = None
    try:
        snapshot = sampler(
            lambda partial: wanted_details(asked, partial, memory, plan.settings), remaining
        )
        sample = read(plan, snapshot, memory)
    except StemeDBError as error:
        sample = failed(error, snapshot, memory)
    return sample._replace(started=started, ended=clock.now())


def _out_of_time(plan: Plan, sample: Sample, moved: float, start: float) -> StemeDBError | None:
    stall = plan.stall_timeout
    if stall is not None and sample.unmet and sample.ended - moved >= stall:
        still = round(sample.ended - moved, 1)
        return StemeDBError("timeout", f"Stalled: nothing has moved for {still:g} s")
    # Not to sleep out the rest, nor to begin a sample that could only fail for want of time.
    if sample.ended - start + plan.interval >= plan.timeout:
        passed = round(sample.ended - start, 1)
        return StemeDBError(
            "timeout", f"Timed out after {passed:g} s (timeout: {plan.timeout:g} s)"
        )
    return None


def _not_yet(plan: Plan, window: _Window) -> Unmet:
    reason = (
        f"everything holds, in the last {window.samples} samples, but stable_for wants "
        f"{plan.stable_for:g} s and {LEAST_SAMPLES} samples; the window began again "
        f"{window.resets} times"
    )
    return Unmet("stable_for", words.CLUSTER, reason)


def _explained(
    error: StemeDBError, stage: str, unmet: list[dict[str, Any]], total: int
) -> StemeDBError:
    """The error with its stage, what is unmet, of whom, since when, and the section that helps."""
    if stage:
        of = error.url, error.status, error.detail
        error = StemeDBError(error.code, f"{stage}: {error.message}", *of)
    if error.code in ENDING or not unmet:
        return error
    named = [
        f"{u['condition']}: {u['subject']} {u['reason']} (for {u['since_seconds']:.0f} s)"
        for u in unmet[:3]
    ]
    more = f"; and {total - 3} more" if total > 3 else ""
    section = next((u["guide"] for u in unmet if u["guide"]), None)
    helps = f' The operators\' guide helps under "{section}".' if section else ""
    return StemeDBError(error.code, f"{error.message}: {'; '.join(named)}{more}.{helps}")
