# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan for a review, in Markdown. Private to stemedb.cluster. Pure.

All that a gateway, a lock host or an inventory said is in code spans, one line each: a node of the
name `[x](javascript:…)`, `@everyone` or `| a | b` is a text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.stemedb.cluster.plugins.plugin_utils._plan.text import code
from ansible_collections.stemedb.cluster.plugins.plugin_utils._plan.words import (
    DRIFT,
    LISTS,
    Plan,
    change,
    counts,
    result,
    verdict,
)

# Rows of a list; a comment on a forge has a limit.
MOST = 50


def plan_markdown(plan: Plan) -> str:
    """The review, which ends with a line feed."""
    lines = [
        f"## Plan of {code(plan['cluster'])}",
        "",
        f"**{result(plan)}** {DRIFT[plan['drift']]}",
    ]
    lines += ["", f"{counts(plan)}.", ""]
    if plan["steps"]:
        lines += ["### Steps", "", *_steps(plan["steps"]), ""]
    for title, rows in (
        ("Refused", [_finding(row) for row in plan["refused"]]),
        ("Accepted by name", [_finding(row) for row in plan["accepted"]]),
        ("Unfinished operations", [_left(row) for row in plan["unfinished"] or ()]),
    ):
        lines += _list(title, rows)
    for name, what in LISTS:
        lines += _list(
            f"{name.replace('_', ' ').capitalize()}: {what}", [_member(row) for row in plan[name]]
        )
    lines.append(f"Made {code(plan['created'])}, fingerprint {code(plan['fingerprint'])}.")
    return "\n".join(lines) + "\n"


def _list(title: str, rows: Sequence[str]) -> list[str]:
    if not rows:
        return []
    more = [f"- and {len(rows) - MOST} more"] if len(rows) > MOST else []
    return [f"### {title}", "", *(f"- {row}" for row in rows[:MOST]), *more, ""]


def _steps(steps: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for number, step in enumerate(steps[:MOST], 1):
        yield f"{number}. **{change(step)}** {code(step['host'] or step['node_id'])}"
        yield f"   - {code(step['reason'])}"
        if step["resumes"] is not None:
            yield f"   - resumes run {code(step['resumes'])}"
        yield f"   - {verdict(step)}"
        for blocker in step["blockers"]:
            yield f"   - blocker {_finding(blocker)}"
        if step["blocker_count"] > len(step["blockers"]):
            yield f"   - and {step['blocker_count'] - len(step['blockers'])} more blockers"
    if len(steps) > MOST:
        yield f"{MOST + 1}. and {len(steps) - MOST} more steps"


def _member(row: Mapping[str, Any]) -> str:
    parts = [code(row[key]) for key in ("host", "node_id", "address")]
    parts += [code(row["state"])] if row.get("state") is not None else []
    by = f", by {code(row['by'])} {code(row['by_node_id'])}" if row.get("by") is not None else ""
    prune = ", named in `stemedb_prune`" if row.get("prune") else ""
    return " ".join(parts) + by + prune


def _left(row: Mapping[str, Any]) -> str:
    resumed = ", resumed" if row["resumed"] else ""
    what = f"{code(row['operation'])} of {code(row['target'])}: {code(row['outcome'])}"
    return f"{what}, since {code(row['since'])}, step {code(row['step'])}{resumed}"


def _finding(row: Mapping[str, Any]) -> str:
    return f"{code(row['kind'])} {code(row['subject'])}: {code(row['detail'], 400)}"
