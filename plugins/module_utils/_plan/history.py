# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What earlier runs did to whom, and which of it did not end: the lock's list, read by name.

Private to stemedb.cluster. Pure. The list is the only memory that survives a run, a rulebook and
a controller. The last operation on a name counts; what came before is history.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, Optional

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.names import same_id
from ansible_collections.stemedb.cluster.plugins.module_utils._lock.record import (
    SUCCEEDED,
    UNFINISHED,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._plan.facts import (
    ADD,
    REMOVE,
    REPLACE,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._times import epoch

# The outcome of an operation that may be under way now.
RUNNING = "running"
BOOTSTRAP = "bootstrap"
MEMBERSHIP = (ADD, REPLACE, REMOVE, BOOTSTRAP)
DAY = 86400.0


class Operation(NamedTuple):
    """What a run did.

    :param targets: names of hosts or full ids. Of a replacement the first is replaced, and the last
        takes its place; it is one name where that is the same host.
    :param since: when it began, ISO 8601 in UTC.
    :param reason: why, by default the job that started it.
    """

    run_id: str
    kind: str
    targets: tuple[str, ...]
    outcome: str
    since: str
    step: str = ""
    reason: str = ""

    @property
    def succeeded(self) -> bool:
        """Whether it said so."""
        return self.outcome == SUCCEEDED

    @property
    def unfinished(self) -> bool:
        """Whether something of it may be left to do."""
        return not self.succeeded


def operation(row: Mapping[str, Any]) -> Operation:
    """An operation as the lock hosts tell it; what they leave out is empty."""
    target = row.get("target") or ""
    names = target.split(",") if isinstance(target, str) else target
    outcome = str(row.get("outcome") or "")
    known = (SUCCEEDED, RUNNING, *UNFINISHED)
    return Operation(
        str(row.get("run_id") or ""),
        str(row.get("operation") or ""),
        tuple(str(name).strip() for name in names if str(name).strip()),
        # What nobody knows to have ended did not.
        outcome if outcome in known else UNFINISHED[0],
        str(row.get("since") or ""),
        str(row.get("step") or ""),
        str(row.get("reason") or ""),
    )


class History:
    """The operations of a cluster, oldest first."""

    def __init__(self, rows: Iterable[Mapping[str, Any]]) -> None:
        self.operations = sorted(map(operation, rows), key=lambda one: (one.since, one.run_id))
        self._last: dict[str, Operation] = {}
        kinds: dict[str, Operation] = {}
        for one in self.operations:
            if one.kind in MEMBERSHIP:
                for name in one.targets:
                    self._last[name.lower()] = one
            kinds[one.kind] = one
        last = set(self._last.values())
        if BOOTSTRAP in kinds and not any(
            one.since > kinds[BOOTSTRAP].since and one.succeeded and one.kind in MEMBERSHIP
            for one in self.operations
        ):
            last.add(kinds[BOOTSTRAP])
        last |= {one for kind, one in kinds.items() if kind not in MEMBERSHIP}
        last |= {one for one in self.operations if one.outcome == RUNNING}
        # For each name and kind only the last of them can have left something.
        self.unfinished = [one for one in self.operations if one in last and one.unfinished]

    def last_of(self, *names: Optional[str]) -> Optional[Operation]:
        """The last change of members that was about one of these names."""
        found = [self._last[name.lower()] for name in names if name and name.lower() in self._last]
        return max(found, key=lambda one: (one.since, one.run_id), default=None)

    def replacement_of(self, *names: Optional[str]) -> Optional[Operation]:
        """The last change about one of these names, if it was to replace it by another host."""
        last = self.last_of(*names)
        if last is None or last.kind != REPLACE or not last.targets:
            return None
        return last if is_any(last.targets[0], names) else None

    def replaced_since(self, now: float) -> list[str]:
        """What was begun to be replaced by what within the last 24 hours, tries counted once."""
        found = [
            " by ".join(one.targets) or one.run_id
            for one in self.operations
            if one.kind == REPLACE and _seconds_ago(one.since, now) < DAY
        ]
        return list(dict.fromkeys(found))


def is_any(name: str, names: Iterable[Optional[str]]) -> bool:
    """Whether a name is one of these; ids are the same in upper and in lower case."""
    return any(other is not None and same_id(name, other) for other in names)


def _seconds_ago(since: str, now: float) -> float:
    try:
        return now - epoch(since)
    except ValueError:
        # When it was is not known: then it was just now.
        return 0.0
