# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes that last, out of samples that may not. Private to stemedb.cluster. Pure.

What it holds is bounded by the subjects that are not as usual, in what was reported or in the last
sample.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ansible_collections.stemedb.cluster.plugins.plugin_utils._events.reading import (
    USUAL,
    Reading,
    Subject,
)

# One sample is none.
LEAST_SAMPLES = 2

# Longer than any pause between samples: what was before says nothing of the time in between.
LONGEST_GAP = 180.0


class Change(NamedTuple):
    """A subject is another way since then, in seconds of the clock that was handed in."""

    subject: Subject
    old: str
    new: str
    since: float


class _Candidate(NamedTuple):
    value: str
    since: float
    samples: int


class Debounce:
    """How each subject is, once that has lasted.

    What the first samples find is taken over, and is no change.

    :param settle: seconds for which every sample has to say the same, two at least.
    """

    def __init__(self, settle: float) -> None:
        self._settle = settle
        self.shown: dict[Subject, str] = {}
        # How often that has changed, for who derives something from it.
        self.version = 0
        self._candidates: dict[Subject, _Candidate] = {}
        # Since when each kind is known, until that has settled; then it is among the settled.
        self._early: dict[str, _Candidate] = {}
        self._settled: set[str] = set()
        # What was found early, and has not settled yet.
        self._first: set[Subject] = set()
        self._last: float | None = None

    def __len__(self) -> int:
        """How many subjects it holds."""
        return len({*self.shown, *self._candidates, *self._first})

    def take(self, reading: Reading, now: float) -> list[Change]:
        """The changes that have lasted with this sample, each once.

        :param now: monotonic seconds.
        """
        if self._last is not None and now - self._last > LONGEST_GAP:
            self._candidates.clear()
        self._last = now
        self._begin(reading, now)
        changes = [
            change
            for subject in self._moving(reading)
            for change in self._judge(subject, reading, now)
        ]
        self._end_of_beginning(now)
        return changes

    def _begin(self, reading: Reading, now: float) -> None:
        for kind in reading.known - self._settled:
            begun = self._early.get(kind, _Candidate("", now, 0))
            self._early[kind] = begun._replace(samples=begun.samples + 1)
        if self._early:
            seen = (*reading.values, *reading.unsure)
            self._first.update(subject for subject in seen if subject[0] in self._early)

    def _end_of_beginning(self, now: float) -> None:
        ended = [kind for kind, begun in self._early.items() if self._has_lasted(begun, now)]
        self._settled.update(ended)
        for kind in ended:
            del self._early[kind]

    def _has_lasted(self, candidate: _Candidate, now: float) -> bool:
        return candidate.samples >= LEAST_SAMPLES and now - candidate.since >= self._settle

    def _moving(self, reading: Reading) -> Iterator[Subject]:
        """The subjects that are another way than was reported, or were in the sample before."""
        if reading.values == self.shown and not self._candidates and not self._first:
            return
        moving = dict.fromkeys(self._candidates)
        for subject, value in reading.values.items():
            if self.shown.get(subject) != value:
                moving[subject] = None
        moving.update(dict.fromkeys(s for s in self.shown if s not in reading.values))
        moving.update(dict.fromkeys(s for s in self._first if s not in reading.values))
        yield from moving

    def _judge(self, subject: Subject, reading: Reading, now: float) -> Iterator[Change]:
        usual = USUAL[subject[0]]
        if subject[0] not in reading.known or subject in reading.unsure:
            self._candidates.pop(subject, None)
            return
        value, old = reading.values.get(subject, usual), self.shown.get(subject, usual)
        if value == usual:
            self._first.discard(subject)
        if value == old:
            self._candidates.pop(subject, None)
            return
        seen = self._candidates.get(subject)
        if seen is None or seen.value != value:
            seen = _Candidate(value, now, 0)
        seen = seen._replace(samples=seen.samples + 1)
        if not self._has_lasted(seen, now):
            self._candidates[subject] = seen
            return
        self._candidates.pop(subject, None)
        self.version += 1
        if value == usual:
            del self.shown[subject]
        else:
            self.shown[subject] = value
        if subject in self._first:
            self._first.remove(subject)
        else:
            yield Change(subject, old, value, seen.since)
