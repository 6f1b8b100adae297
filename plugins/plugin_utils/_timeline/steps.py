# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which steps of an operation are told of, and what they waited for.

Private to stemedb.cluster. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

MOST_REASONS = 5
# How a step ends if nothing is wrong.
GOOD = ("ok", "changed")


def reasons(entries: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What was waited for, longest first: its last reason, and for how long it was seen."""
    seen: dict[tuple[str, str], list[float]] = {}
    texts: dict[tuple[str, str], str] = {}
    for place, entry in enumerate(entries):
        until = entries[min(place + 1, len(entries) - 1)]["elapsed"]
        for thing in entry["waiting_for"]:
            key = (thing["condition"], thing["subject"])
            seen.setdefault(key, []).append(until - entry["elapsed"])
            texts[key] = thing["reason"]
    longest = sorted(seen, key=lambda key: -sum(seen[key]))[:MOST_REASONS]
    return [
        {
            "condition": key[0],
            "subject": key[1],
            "reason": texts[key],
            "seconds": round(sum(seen[key]), 3),
        }
        for key in longest
    ]


def most_telling(steps: Sequence[dict[str, Any]], most: int) -> list[dict[str, Any]]:
    """All steps; of too many first what failed, then what was waited for, then the longest."""
    if len(steps) <= most:
        return list(steps)
    order = sorted(steps, key=lambda s: (s["outcome"] in GOOD, s["kind"] != "wait", -s["seconds"]))
    kept = {id(step) for step in order[:most]}
    return [step for step in steps if id(step) in kept]
