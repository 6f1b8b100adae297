# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a wait saw, bounded: the last samples, every change, and since when each thing is unmet.

Private to stemedb.cluster. Pure: the times are handed in.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from ansible_collections.stemedb.cluster.plugins.module_utils._times import iso
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.readings import Numbers, Unmet

# A report stays readable, whatever the size of the cluster.
LAST_SAMPLES = 20
MOST_ENTRIES = 200
MOST_UNMET = 100
_MOST_REASONS = 5
_MOST_SHARDS = 20


class _Moment(NamedTuple):
    """Seconds since the epoch to be shown, and since the wait began to be counted with."""

    epoch: float
    elapsed: float


class History:
    """The samples of one wait."""

    def __init__(self) -> None:
        self.samples = 0
        self._entries: list[tuple[bool, dict[str, Any]]] = []
        self._since: dict[tuple[str, str], _Moment] = {}
        self._before: object = None
        self._last = _Moment(0.0, 0.0)

    def add(
        self,
        epoch: float,
        elapsed: float,
        unmet: tuple[Unmet, ...],
        numbers: Iterable[Numbers],
        answered: bool = True,
    ) -> None:
        """Note one sample.

        :param epoch: when it was complete, in seconds since the epoch.
        :param elapsed: seconds since the wait began.
        :param answered: False where nobody answered: that meets nothing that was unmet before.
        """
        self.samples += 1
        self._last = _Moment(epoch, elapsed)
        keys = [(thing.condition, thing.subject) for thing in unmet]
        since = {key: self._since.get(key, self._last) for key in keys}
        self._since = since if answered else {**self._since, **since}
        reasons = [_sentence(thing) for thing in unmet[:_MOST_REASONS]]
        if len(unmet) > _MOST_REASONS:
            reasons.append(f"and {len(unmet) - _MOST_REASONS} more")
        entry = {
            "time": iso(epoch),
            "elapsed": round(elapsed, 3),
            "good": not unmet,
            "unmet": reasons,
            "numbers": [{**n._asdict(), "shards": list(n.shards[:_MOST_SHARDS])} for n in numbers],
        }
        changed = keys != self._before
        self._before = keys
        self._entries.append((changed, entry))
        self._trim()

    def _trim(self) -> None:
        # Of what is older than the last samples only the changes stay, the oldest going first.
        old, recent = self._entries[:-LAST_SAMPLES], self._entries[-LAST_SAMPLES:]
        changes = [item for item in old if item[0]]
        self._entries = changes[-(MOST_ENTRIES - LAST_SAMPLES) :] + recent

    def entries(self) -> list[dict[str, Any]]:
        """The last samples and each change, oldest first."""
        return [entry for _changed, entry in self._entries]

    def unmet(self, unmet: Iterable[Unmet]) -> list[dict[str, Any]]:
        """What is unmet as it stands in a result, with the time since when."""
        found = []
        for thing in list(unmet)[:MOST_UNMET]:
            since = self._since.get((thing.condition, thing.subject), self._last)
            found.append(
                {
                    "condition": thing.condition,
                    "subject": thing.subject,
                    "reason": thing.reason,
                    "since": iso(since.epoch),
                    "since_seconds": round(self._last.elapsed - since.elapsed, 3),
                    "guide": thing.section or None,
                }
            )
        return found


def _sentence(thing: Unmet) -> str:
    return f"{thing.condition}: {thing.subject} {thing.reason}"
