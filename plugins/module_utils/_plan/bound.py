# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a plan that was reviewed still fits, and at which of its steps a run goes on.

Private to stemedb.cluster. Pure. Each step carries the fingerprint of what was there before it. Of
several that fit the first counts: a step that is done once more finds that its goal holds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Optional

from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._findings import Finding, blocker
from ansible_collections.stemedb.cluster.plugins.module_utils._plan.changes import sentence
from ansible_collections.stemedb.cluster.plugins.module_utils._plan.facts import (
    ADD,
    REMOVE,
    REPLACE,
    Facts,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._plan.fingerprint import (
    FORMAT,
    Basis,
    taken,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._plan.steps import Step
from ansible_collections.stemedb.cluster.plugins.module_utils._times import epoch, iso, span

# A reviewer's clock may be a little ahead of the controller's.
_AHEAD = 300.0
# What makes two steps the same.
_SAME = ("operation", "host", "node_id", "replacement")
_SUBJECT = "plan_file"


class Bound(NamedTuple):
    """What a reviewed plan allows.

    :param position: its first step that is left, None if it does not fit.
    :param applied: whether none is left.
    """

    position: Optional[int]
    applied: bool
    findings: tuple[Finding, ...]


def read(given: Any) -> Mapping[str, Any]:
    """The plan of a file, which is its text or what that says.

    :raises StemeDBError: `config`.
    """
    try:
        plan = json.loads(given) if isinstance(given, str) else given
    except ValueError:
        plan = None
    if not isinstance(plan, Mapping):
        raise StemeDBError(
            "config",
            "The plan file holds no plan, which is an object of JSON: name the file that "
            "reconcile --check wrote to stemedb_plan_dest.",
        )
    check(plan)
    return plan


def check(plan: Mapping[str, Any]) -> None:
    """Refuse what is no plan.

    :raises StemeDBError: `config`.
    """
    if plan.get("format") not in (None, FORMAT):
        raise StemeDBError(
            "config",
            f"The plan file has the format {str(plan.get('format'))[:20]}, and this collection "
            f"reads {FORMAT}: plan again with this version.",
        )
    made = plan.get("steps")
    whole = isinstance(made, Sequence) and not isinstance(made, str)
    whole = whole and all(isinstance(step, Mapping) and _is_step(step) for step in made or ())
    prints = (plan.get("fingerprint"), plan.get("fingerprint_after"))
    if not whole or not all(isinstance(one, str) and one for one in prints):
        raise StemeDBError(
            "config",
            f"The plan file is no plan of this collection, or one that was made while the state of "
            f"the cluster was not known{_refused(plan)}: plan again, and have that reviewed.",
        )


def _refused(plan: Mapping[str, Any]) -> str:
    """Why it was refused itself."""
    rows = plan.get("refused")
    kinds = [str(row.get("kind")) for row in rows or () if isinstance(row, Mapping)]
    return f" (refused by {', '.join(dict.fromkeys(kinds))})" if kinds else ""


def _is_step(step: Mapping[str, Any]) -> bool:
    return step.get("operation") in (ADD, REPLACE, REMOVE) and all(
        key in step for key in (*_SAME, "fingerprint")
    )


def judged(facts: Facts, base: Basis, planned: Sequence[Step], lists: Mapping[str, Any]) -> Bound:
    """What the reviewed plan allows of the steps that are planned now.

    :param lists: the lists of the difference as of now, in the form of a plan.
    """
    plan = facts.bound or {}
    made: Sequence[Mapping[str, Any]] = plan["steps"]
    position = _position(made, base, plan)
    begun = [_place(step, made) for step in planned if step.resumes]
    if position is not None and begun:
        # Killed in the middle, a step may have changed the members already.
        position = min([position, *(place for place in begun if place is not None)])
    if position == len(made):
        return Bound(position, True, ())
    found = [*_expired(plan, facts)]
    if position is None:
        text = (
            f"{sentence(plan, {**lists, 'cluster': facts.snapshot.fact('name')})} "
            f"(fingerprint {str(plan['fingerprint'])[:12]}, now {taken(base, [])[:12]}). Plan "
            "again, and have that reviewed"
        )
        found.append(blocker("stale_plan", _SUBJECT, text))
    else:
        found += _others(planned, made[position:])
    return Bound(position, False, tuple(found))


def _position(
    made: Sequence[Mapping[str, Any]], base: Basis, plan: Mapping[str, Any]
) -> Optional[int]:
    prints = [*(step["fingerprint"] for step in made), plan["fingerprint_after"]]
    fits = (place for place, one in enumerate(prints) if taken(base, made[:place]) == one)
    return next(fits, None)


def _place(step: Step, made: Sequence[Mapping[str, Any]]) -> Optional[int]:
    """Which step of the reviewed plan it is, if any; by now its node may have an id."""
    keys = ("operation", "host")
    return next(
        (n for n, one in enumerate(made) if all(one[k] == getattr(step, k) for k in keys)), None
    )


def _others(planned: Sequence[Step], rest: Sequence[Mapping[str, Any]]) -> list[Finding]:
    """What would be done now that nobody has reviewed."""
    found = []
    for step in planned:
        keys = ("operation", "host") if step.resumes else _SAME
        if not any(all(one[k] == getattr(step, k) for k in keys) for one in rest):
            text = (
                f"{step.operation} of {step.host or step.node_id} is needed now and is not in it. "
                "Plan again, and have that reviewed"
            )
            found.append(blocker("stale_plan", _SUBJECT, text))
    return found


def _expired(plan: Mapping[str, Any], facts: Facts) -> list[Finding]:
    made_at, most = _made_at(plan), facts.settings.expires
    if made_at is None:
        text = "it does not say when it was made. Plan again, and have that reviewed"
    elif made_at > facts.moment + _AHEAD:
        text = f"it was made at {iso(made_at)}, which is still to come: set the clocks"
    elif facts.moment - made_at > most:
        text = (
            f"it was made {span(facts.moment - made_at)} ago, and is good for {span(most)} "
            "(stemedb_plan_expires). Plan again, and have that reviewed"
        )
    else:
        return []
    return [blocker("expired_plan", _SUBJECT, text)]


def _made_at(plan: Mapping[str, Any]) -> Optional[float]:
    try:
        return epoch(str(plan.get("created")))
    except ValueError:
        return None
