# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cluster lock on one screen: who holds it where, and what was done before.

Private to stemedb.cluster. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._lock.record import ABANDONED, KEPT
from ansible_collections.stemedb.cluster.plugins.module_utils._times import span
from ansible_collections.stemedb.cluster.plugins.plugin_utils._lock.majority import (
    Answer,
    Results,
    answers,
    majority,
    most,
    operation_key,
    plan,
    what,
)

# The outcome of an operation that has none yet.
RUNNING = "running"


def lock_report(results: Results, of: int) -> list[str]:
    """The lines.

    :param results: of `stemedb_operation_lock`, in a loop over lock hosts.
    :param of: how many lock hosts there are.
    """
    found = answers(results)
    wide = max((len(answer.host) for answer in found), default=0)
    lines = ["", f"The cluster lock {_headline(results, found, of)}"]
    lines += [f"  {answer.host.ljust(wide)}  {_state(answer)}" for answer in found]
    over = operations(found)
    lines += ["", "Operations that are over, the last one first:" if over else "No operation yet."]
    for operation in reversed(over):
        lines.append(f"  {operation['since']} to {operation['ended']}  {_outcome(operation)}")
        lines += [f"    It may have left behind: {text}" for text in operation["leaves"]]
    return lines


def _headline(results: Results, found: list[Answer], of: int) -> str:
    """Whether it is free or whose it is, in a sentence."""
    answered = sum(answer.said is not None for answer in found)
    judged = plan(results, of)
    if judged["free"]:
        asked = f"({answered} of {of} lock hosts answer)"
        if judged["left"]:
            return (
                f"may be taken by a run from here: the operation that had it did not end {asked}:"
            )
        return f"is free {asked}:"
    holder, count = most(found)
    if count >= majority(of):
        return f"is held by {what(holder)} ({count} of {of} lock hosts):"
    if count:
        return f"is not free: {what(holder)} has it on {count} of {of} lock hosts:"
    return f"may be held: {answered} of {of} lock hosts answer, {majority(of)} are needed:"


def operations(found: Iterable[Answer]) -> list[Mapping[str, Any]]:
    """The last operations that any lock host knows to be over, each once, oldest first.

    A host that was not reached when one ended knows only that its lock was taken over.
    """
    known: dict[tuple[str, ...], Mapping[str, Any]] = {}
    for answer in found:
        for operation in (answer.said or {}).get("operations") or ():
            before = known.get(operation_key(operation))
            if before is None or _surer(operation) > _surer(before):
                known[operation_key(operation)] = operation
    return sorted(known.values(), key=lambda o: (o["since"], o["run_id"]))[-KEPT:]


def history(results: Results, cluster: str = "", named: str = "") -> list[dict[str, Any]]:
    """`operations`, and those whose lock is still there: `abandoned`, or `running` if it may run.

    :param results: of `stemedb_operation_lock`, in a loop over lock hosts.
    :param cluster: its name. What does not say to which cluster it was done may be another's.
    :param named: the run whose lock an operator has named to be broken: it is over.
    """
    found = answers(results)
    over = [dict(operation) for operation in operations(found) if _is_of(operation, cluster)]
    known = {operation_key(operation) for operation in over}
    held: dict[tuple[str, ...], dict[str, Any]] = {}
    for answer in found:
        holder = answer.other
        if holder is None or not _is_of(holder, cluster):
            continue
        key = operation_key(holder)
        # A host that knows of its end holds another one; one that does not was not told of it.
        told_of = {
            operation_key(operation) for operation in (answer.said or {}).get("operations") or ()
        }
        if key in known - told_of:
            continue
        gone = holder["expired"] or holder.get("running") is False or holder["run_id"] == named
        # Where it did not come to renew its lock, that has expired; elsewhere it may go on.
        if gone and key in held:
            continue
        told = {name: holder[name] for name in ("run_id", "operation", "target", "reason", "step")}
        held[key] = {
            **told,
            "leaves": holder["leaves"],
            "since": holder["since"],
            "ended": None,
            "outcome": ABANDONED if gone else RUNNING,
        }
    return sorted([*over, *held.values()], key=lambda o: (o["since"], o["run_id"]))


def _surer(operation: Mapping[str, Any]) -> tuple[bool, str]:
    return operation["outcome"] != ABANDONED, str(operation["ended"])


def _is_of(operation: Mapping[str, Any], cluster: str) -> bool:
    return (operation.get("cluster") or "") == cluster


def _state(answer: Answer) -> str:
    if answer.said is None:
        return f"no answer: {answer.problem}"
    holder = answer.said["holder"]
    if holder is None:
        return "free"
    left = float(holder["expires_seconds"])
    until = f"expired {span(-left)} ago" if holder["expired"] else f"expires in {span(left)}"
    return f"{what(holder)}, since {holder['since']}, {until}; run {holder['run_id']}"


def _outcome(operation: Mapping[str, Any]) -> str:
    text = f"{what(operation)}: {operation['outcome']}"
    if operation["outcome"] == ABANDONED and operation["step"]:
        text += f' at the step "{operation["step"]}"'
    return text
