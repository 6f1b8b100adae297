# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run does of a plan, and whether it did all of it. Private to stemedb.cluster. Pure.

One dead node is replaced in a run, and nothing else in that run if there are more of them: the next
run finds the cluster healthy, or says why not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ansible_collections.stemedb.cluster.plugins.module_utils._plan.history import RUNNING
from ansible_collections.stemedb.cluster.plugins.module_utils._plan.unfinished import (
    KIND as UNFINISHED,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._present.tables import counted
from ansible_collections.stemedb.cluster.plugins.plugin_utils._plan.lines import MOST, plan_lines
from ansible_collections.stemedb.cluster.plugins.plugin_utils._plan.words import (
    DRIFT,
    Plan,
    change_by_hand,
)

Due = dict[str, list[dict[str, Any]]]

_KINDS = {"replace": "replace_node", "add": "add_node", "remove": "remove_node"}
_DONE = {"replace": "Replaced", "add": "Added", "remove": "Removed"}
_NOTHING: Due = {kind: [] for kind in _KINDS}


class Settings(NamedTuple):
    """What the operator has chosen.

    :param check: whether nothing is to be changed.
    :param fail_on_drift: whether a difference, or not knowing of any, is a failure.
    :param unattended: what a run that nobody watches may do, "" if somebody watches it.
    :param apply: whether such a run may do it.
    :param patch: the file with the change to the inventory, "" if there is none.
    """

    check: bool = False
    fail_on_drift: bool = False
    unattended: str = ""
    apply: bool = False
    patch: str = ""


def plan_due(plan: Plan, settings: Settings) -> dict[str, Any]:
    """The plan to show: `{lines, refusal, cause, due, plan}`.

    `due` has the steps of this run by what they do; a step is `{target, replacement}`. `cause` is
    what the refusal is about. It is empty where an operation is under way: somebody is at work.
    """
    lines = [*plan_lines(plan), *_patch(plan, settings)]
    refusal = plan["refusal"] or _blocked(plan["steps"])
    if settings.unattended:
        refusal = refusal or _left_alone(plan)
    acts = not settings.check and (not settings.unattended or settings.apply)
    if not acts and settings.fail_on_drift:
        refusal = refusal or _drift(plan, "nothing was changed")
    due = _due(plan["steps"]) if acts and not plan["applied"] else _NOTHING
    if plan["steps"] and not acts:
        how = "" if settings.check else " (stemedb_unattended_apply is not true)"
        lines.append(f"Nothing was changed{how}.")
    cause = _cause(plan) if plan["refusal"] else [refusal]
    return {"lines": lines, "refusal": refusal, "cause": cause, "due": due, "plan": dict(plan)}


def _cause(plan: Plan) -> list[str]:
    working = {row["target"] for row in plan["unfinished"] or () if row["outcome"] == RUNNING}
    return [
        f"{row['kind']}: {row['subject']}"
        for row in plan["refused"]
        if row["kind"] != UNFINISHED or row["subject"] not in working
    ]


def _due(steps: Sequence[Plan]) -> Due:
    by_kind: dict[str, list[Plan]] = {
        kind: [step for step in steps if step["operation"] == operation]
        for kind, operation in _KINDS.items()
    }
    if len(by_kind["replace"]) > 1:
        by_kind = {"replace": by_kind["replace"][:1], "add": [], "remove": []}
    return {
        kind: [
            {"target": step["host"] or step["node_id"], "replacement": step["replacement"]}
            for step in found
        ]
        for kind, found in by_kind.items()
    }


def _blocked(steps: Sequence[Plan]) -> str:
    """Why nothing is begun that cannot be ended: a removal asks the guard, and is the last."""
    for step in steps:
        if step["operation"] == _KINDS["remove"] and step["verdict"] == "blocked":
            kinds = ", ".join(dict.fromkeys(each["kind"] for each in step["blockers"]))
            who = step["host"] or step["node_id"]
            return (
                f"The removal of {who} is blocked ({kinds}): see above. Nothing was changed. Mend "
                "that, or take it out of stemedb_prune."
            )
    return ""


def _left_alone(plan: Plan) -> str:
    """Why a person is needed: what is not listed may live where nobody sees it."""
    gone = [str(row["host"]) for row in plan["missing"]]
    if not gone or plan["steps"] or plan["applied"]:
        return ""
    return (
        f"{', '.join(gone)} was a member and is no longer listed. While nobody watches, only a "
        "node that is listed as Dead is replaced. Run replace_node for it."
    )


def _drift(plan: Plan, state: str) -> str:
    if plan["drift"] is False:
        return ""
    what = DRIFT[plan["drift"]].rstrip(".")
    return f"{what}: see above. stemedb_fail_on_drift is true, and {state}."


def plan_left(plan: Plan, due: Due, settings: Settings) -> dict[str, Any]:
    """What was done, and the refusal if that was not all: `{lines, refusal}`.

    :param plan: the one that is made after the steps.
    :param due: the steps that this run has done.
    """
    done = [
        f"{_DONE[kind]} {', '.join(map(_named, steps))}." for kind, steps in due.items() if steps
    ]
    refusal = ""
    if plan["steps"]:
        left = counted(len(plan["steps"]), "step")
        refusal = f"{left} of the plan left: run the same again."
    elif plan["drift"] is None:
        refusal = (
            "The steps were done, and whether the cluster is as declared is unknown: see above. "
            "Run the same again."
        )
    elif settings.fail_on_drift:
        refusal = _drift(plan, "no step is left")
    return {"lines": [*plan_lines(plan), *done, *_patch(plan, settings)], "refusal": refusal}


def _patch(plan: Plan, settings: Settings) -> list[str]:
    """The change to the inventory, or what to write there by hand."""
    if settings.patch:
        return [f"The inventory is to be changed by {settings.patch}: git apply it, and commit."]
    return [
        f"By hand, in the inventory: {change_by_hand(row)}."
        for row in plan["substituted"][:MOST]
        if row["by"]
    ]


def _named(step: Plan) -> str:
    into = step["replacement"]
    return f"{step['target']} by {into}" if into else str(step["target"])
