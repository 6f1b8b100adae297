# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operator's choices make of the guard's answer, in words.

Private to stemedb.cluster. Pure. A blocker is accepted by its kind, and only by its kind.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ansible_collections.stemedb.cluster.plugins.plugin_utils._findings import accepted, blocker

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
    left = "an unknown number of" if impact["alive_after"] is None else impact["alive_after"]
    shards = impact["shards"]
    led = sum(shard["led_by_target"] for shard in shards)
    lines = [
        f"Without {who} {left} nodes stay Alive. It holds {len(shards)} shards and leads {led} of"
        f" them{_least(shards)}."
    ]
    if impact.get("notes"):
        lines += ["To note:", *_told(impact["notes"])]
    if passes:
        lines += ["Accepted by name in stemedb_accept:", *_told(passes)]
    return {
        "passed": not refused,
        "lines": lines,
        "accepted": passes,
        "refused": refused,
        "refusal": _refusal(refused, who),
    }


def _least(shards: list[Mapping[str, Any]]) -> str:
    counts = [shard["good_after"] for shard in shards]
    if not counts:
        return ""
    if None in counts:
        return ", and how many good replicas each keeps is not known"
    return f", each keeps {min(counts)} good replicas or more"


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
            f"{who} is not stopped, {len(refused)} things speak against it:",
            *_told(refused),
            "Let the cluster become whole first, or correct what is named. To accept a kind of them"
            f" knowingly: -e '{{\"stemedb_accept\": [{named}]}}'",
        ]
    )
