# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a wait says while it waits: a line at each change, and one every few seconds.

Private to stemedb.cluster. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.names import renamer
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.predicates import CLUSTER
from ansible_collections.stemedb.cluster.plugins.module_utils._present.alike import alike
from ansible_collections.stemedb.cluster.plugins.module_utils._present.tables import (
    numbers as short_numbers,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._present.tables import size_of
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.readings import (
    LEAST_SAMPLES,
    Numbers,
    Progress,
    waited_for,
)

# Seconds without a change after which a line is due all the same.
EVERY = 5.0

# Things that one line names before it only counts them.
_NAMED = 3


class Narrator:
    """Turns progress into lines, and keeps silent in between.

    :param names: how to call a node, by its id, such as its name in the inventory.
    """

    def __init__(self, names: Mapping[str, str]) -> None:
        self._named = renamer(names)
        self._told_at: float | None = None
        self._told: object = None
        self._first_bytes: dict[str, tuple[float, int]] = {}

    def line(self, progress: Progress) -> str | None:
        """The line that is due after this sample, None if there is none."""
        state = (
            progress.stage,
            progress.good_for is not None,
            [(u.condition, u.subject) for u in progress.unmet],
            [(n.have, n.goal) for n in progress.numbers],
        )
        parts = self._parts(progress)
        due = self._told_at is None or progress.elapsed - self._told_at >= EVERY
        if state == self._told and not due:
            return None
        self._told, self._told_at = state, progress.elapsed
        stage = f"{progress.stage}: " if progress.stage else ""
        return f"[{progress.elapsed:4.0f} s] {stage}{'; '.join(parts)}"

    def _parts(self, progress: Progress) -> list[str]:
        if progress.good_for is not None:
            if progress.stable_for <= 0:
                return [f"OK (sample {progress.good_samples} of {LEAST_SAMPLES})"]
            good_for = f"{progress.good_for:.0f} of {progress.stable_for:g} s"
            return [f"all conditions met, stable for {good_for}"]
        counted = [n for n in progress.numbers if n.have < n.goal]
        parts = [self._numbers(n, progress.elapsed) for n in counted]
        # Of what is counted the numbers tell more; those of the cluster stand for all its shards.
        told = {(n.condition, n.subject) for n in counted}
        others = [
            u
            for u in waited_for(progress.unmet)
            if not told & {(u.condition, u.subject), (u.condition, CLUSTER)}
        ]
        said = alike((u.subject, u.reason) for u in others)
        parts += [self._named(one) for one in said[:_NAMED]]
        if len(said) > _NAMED:
            parts.append(f"and {len(said) - _NAMED} more")
        return parts or ["first sample taken; comparing from the next one"]

    def _numbers(self, found: Numbers, elapsed: float) -> str:
        text = f"{self._named(found.subject)}: {found.have} of {found.goal} {found.what}"
        if found.bytes_goal:
            text += f", {size_of(found.bytes_have, found.bytes_goal)}"
            left = self._seconds_left(found, elapsed)
            text += f", about {left:.0f} s left" if left is not None else ""
        if found.shards:
            text += f"; waiting for shards {short_numbers(found.shards, ', ')}"
        return text

    def _seconds_left(self, found: Numbers, elapsed: float) -> float | None:
        since, had = self._first_bytes.setdefault(found.subject, (elapsed, found.bytes_have))
        if found.bytes_have < had:
            # Replicas moved away: what is there now is where counting begins.
            self._first_bytes[found.subject] = (elapsed, found.bytes_have)
        if found.bytes_have <= had or elapsed <= since:
            return None
        rate = (found.bytes_have - had) / (elapsed - since)
        return (found.bytes_goal - found.bytes_have) / rate
