# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operator's choices make of the guard's answer, in words.

Private to stemedb.cluster. Pure. A blocker is accepted by its kind, and only by its kind.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._findings import accepted, blocker
from ansible_collections.stemedb.cluster.plugins.module_utils._present.tables import counted

MOST_LINES = 12


def verdict(impact: Mapping[str, Any], accept: Collection[str], who: str) -> dict[str, Any]:
    """`{passed, lines, refused, accepted, refusal}` of a result of stemedb_impact_info.

    :param accept: kinds of blockers that are accepted.
    :param who: the node, for people.
    """
    blockers = impact["blockers"]
    # A result that contradicts itself passes nothing.
    if impact["safe"] is not (not blockers):
        raise ValueError("safe and blockers contradict each other")
    passes = [each for each in blockers if accepted(blocker(**each), accept)]
    refused = [each for each in blockers if each not in passes]
    left = "an unknown number of nodes remain"
    if impact["alive_after"] is not None:
        number = impact["alive_after"]
        left = f"{counted(number, 'node')} {'remains' if number == 1 else 'remain'}"
    shards = impact["shards"]
    led = sum(shard["led_by_target"] for shard in shards)
    lines = [f"If {who} stops, {left} Alive. {_kept(shards, led)}"]
    if impact.get("notes"):
        lines += ["Notes:", *_told(impact["notes"])]
    if passes:
        lines += ["Accepted by name in stemedb_accept:", *_told(passes)]
    return {
        "passed": not refused,
        "lines": lines,
        "accepted": passes,
        "refused": refused,
        "refusal": _refusal(refused, who),
    }


def _kept(shards: list[Mapping[str, Any]], led: int) -> str:
    if not shards:
        return "It holds no shard."
    held = f"Its {counted(len(shards), 'shard')} ({led} led)"
    counts = [shard["good_after"] for shard in shards]
    if None in counts:
        return f"{held}: how many good replicas each keeps is unknown."
    keep = "keeps" if len(shards) == 1 else "each keep"
    return f"{held} {keep} at least {counted(min(counts), 'good replica')}."


def _told(blockers: list[Mapping[str, Any]]) -> list[str]:
    lines = [f"  {b['kind']}: {b['subject']} {b['detail']}" for b in blockers[:MOST_LINES]]
    more = len(blockers) - len(lines)
    return [*lines, f"  ... and {more} more"] if more > 0 else lines


def _refusal(refused: list[Mapping[str, Any]], who: str) -> str:
    if not refused:
        return ""
    kinds = list(dict.fromkeys(each["kind"] for each in refused))
    named = ", ".join(f'"{kind}"' for kind in kinds)
    return "\n".join(
        [
            f"{who} is not stopped: {counted(len(refused), 'blocker')}.",
            *_told(refused),
            "Wait until the cluster is healthy, or correct what is named. To accept a kind"
            f" by name: -e '{{\"stemedb_accept\": [{named}]}}'",
        ]
    )
