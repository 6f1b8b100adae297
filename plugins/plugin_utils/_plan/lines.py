# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan for the terminal: one screen, however many nodes there are.

Private to stemedb.cluster. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._lock.record import STOPPED
from ansible_collections.stemedb.cluster.plugins.plugin_utils._plan.text import plain
from ansible_collections.stemedb.cluster.plugins.plugin_utils._plan.words import (
    DRIFT,
    LISTS,
    Plan,
    change,
    counts,
    result,
    verdict,
)

# Rows of one list, and steps with the first blocker of each.
MOST = 3
MOST_STEPS = 5


def plan_lines(plan: Plan) -> list[str]:
    """The lines, without any character that a terminal acts on."""
    title = f"Plan of {plain(plan['cluster'] or 'a cluster without a name')}, {plan['created']}"
    lines = [f"{title}: {counts(plan)}", DRIFT[plan["drift"]]]
    lines += _steps(plan["steps"])
    for name, what in LISTS:
        lines += _rows(f"{name} ({what}):", [_member(row) for row in plan[name]])
    lines += _rows("unfinished (by an earlier run):", [_left(r) for r in plan["unfinished"] or ()])
    lines += _rows("Accepted by name:", [_finding(row) for row in plan["accepted"]])
    lines += _rows("Refused:", [_finding(row) for row in plan["refused"]])
    return [*lines, result(plan)]


def _rows(title: str, rows: Sequence[str]) -> list[str]:
    if not rows:
        return []
    more = len(rows) - MOST
    shown = [f"  {row}" for row in rows[:MOST]]
    return [title, *shown, *([f"  and {more} more"] if more > 0 else [])]


def _steps(steps: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for number, step in enumerate(steps[:MOST_STEPS], 1):
        yield f"{number}. {change(step)} {plain(step['host'] or step['node_id'])}: {_why(step)}"
        yield f"   {verdict(step)}"
        if step["blockers"]:
            more = step["blocker_count"] - 1
            rest = f" (and {more} more)" if more else ""
            yield f"   blocked by {_finding(step['blockers'][0])}{rest}"
    if len(steps) > MOST_STEPS:
        yield f"and {len(steps) - MOST_STEPS} more steps"


def _why(step: Mapping[str, Any]) -> str:
    resumed = f" (resumes run {plain(step['resumes'])})" if step["resumes"] else ""
    return f"{plain(step['reason'])}{resumed}"


def _member(row: Mapping[str, Any]) -> str:
    who = f"{plain(row['host'])} {plain(row['node_id'])} at {plain(row['address'])}"
    state = f", {plain(row['state'])}" if row.get("state") else ""
    by = f", by {plain(row['by'])} {plain(row['by_node_id'])}" if row.get("by") else ""
    prune = ", named in stemedb_prune" if row.get("prune") else ""
    return f"{who}{state}{by}{prune}"


def _left(row: Mapping[str, Any]) -> str:
    ended = row["outcome"] == STOPPED
    outcome = "ended early, as it was told to" if ended else plain(row["outcome"])
    what = f"{plain(row['operation'])} of {plain(row['target'])}: {outcome}"
    step = f' at the step "{plain(row["step"])}"' if row["step"] and not ended else ""
    return f"{what}{step}, since {plain(row['since'])}{', resumed' if row['resumed'] else ''}"


def _finding(row: Mapping[str, Any]) -> str:
    return f"{plain(row['kind'])}: {plain(row['subject'])}: {plain(row['detail'], 400)}"
