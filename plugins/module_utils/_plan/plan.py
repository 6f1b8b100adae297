# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan: what leads from the cluster as it is to the cluster that Git declares.

Private to stemedb.cluster. Pure: the time and all answers are handed in.

**What to do is computed anew, each time, from three things**: what is declared, what the observers
list, and what earlier runs left unfinished. An event, a merge or a timer only wakes; it says
nothing about what to do.

- `match` puts each declared host and each listed node into one list of the difference. A node is
  its host's by the id in Git, else by its address. A host whose node is gone *was a member* if Git
  or the lock's list knows an id or an addition of it; otherwise it is new.
- `history` and `unfinished` read the lock's list: an operation that did not end is finished first,
  or blocks where it does not fit what Git declares.
- `steps` makes one step of each change: what was begun, replacements, additions, removals. Nothing
  is removed because it is absent: `prune` has to name it. The guard says of each step what would
  break, on one reading of the shards.
- `fingerprint` says before each step what it rests on, so that `bound` can tell whether a plan that
  was reviewed still fits, and at which step a run that was killed goes on.
- `refusals` and `unattended` say why nothing may be done. Where the difference itself is not known
  there is no step: **less knowledge never makes more steps**, and never no drift.

The same judgement serves a person, a pipeline and a rulebook. A reviewed plan (`Facts.bound`) and
`Settings.unattended` only ever leave out steps and add refusals.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Optional

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import (
    ALIVE,
    DEAD,
    Snapshot,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._findings import Finding, judged
from ansible_collections.stemedb.cluster.plugins.module_utils._plan import bound as reviewed
from ansible_collections.stemedb.cluster.plugins.module_utils._plan import (
    refusals,
    unattended,
    unfinished,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._plan.facts import Facts
from ansible_collections.stemedb.cluster.plugins.module_utils._plan.fingerprint import (
    FORMAT,
    Basis,
    basis,
    foretold,
    taken,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._plan.history import History
from ansible_collections.stemedb.cluster.plugins.module_utils._plan.match import (
    Difference,
    Index,
    Member,
    difference,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._plan.steps import (
    Step,
    as_result,
    guarded,
    steps,
    verdicts,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._times import iso

# The lists of the difference that are none if all is as declared.
DRIFT = ("to_add", "to_replace", "missing", "substituted")


class Found(NamedTuple):
    """What a plan is made of, before anybody is asked what a step would break."""

    listed: Index
    history: Optional[History]
    difference: Difference
    left: Sequence[unfinished.Left]
    steps: list[Step]


def found(facts: Facts) -> Found:
    """The difference, and the steps that it takes."""
    index = Index(facts.snapshot.nodes.values(), facts.resolved)
    history = None if facts.operations is None else History(facts.operations)
    differs = difference(facts, index, history)
    left = unfinished.left(facts, differs, history)
    return Found(index, history, differs, left, steps(facts, differs, index, left))


def asked_about(facts: Facts) -> list[str]:
    """The full ids of nodes that steps take out: the guard needs the sizes of their replicas."""
    return guarded(found(facts).steps)


def plan(facts: Facts) -> dict[str, Any]:
    """The plan, see RETURN of `stemedb_plan_info`."""
    what = found(facts)
    snapshot = refusals.explained(facts, what.listed)
    base = basis(facts, what.listed)
    unknown = refusals.unknown(facts, what.listed, snapshot, what.difference)
    unknown += unfinished.unknown(what.history)
    known = not unknown
    planned = what.steps if known else []
    bound = None
    if known and facts.bound is not None:
        bound = reviewed.judged(facts, base, planned, _lists(what.difference))
        planned = [] if bound.applied else planned
    blockers = [
        *unknown,
        *unfinished.findings(what.difference, what.left),
        *(bound.findings if bound else ()),
        *refusals.brakes(facts, snapshot, len(planned)),
        *(_alone(facts, snapshot, what, planned) if known else ()),
    ]
    said = judged(blockers, refusals.ACCEPTABLE, facts.settings.accept)
    rows = _rows(base, planned, snapshot)
    return {
        "format": FORMAT,
        "cluster": facts.snapshot.fact("name"),
        "created": iso(facts.moment),
        **_lists(what.difference),
        "unfinished": None if what.history is None else [_left(row) for row in what.left],
        "drift": _drift(facts, what, known, snapshot),
        "steps": rows,
        "refused": said["blockers"],
        "accepted": said["accepted"],
        "refusal": said["refusal"],
        "fingerprint": taken(base, []) if known else None,
        "fingerprint_after": foretold(base, rows) if known else None,
        "resume_at": bound.position if bound else None,
        "applied": bound.applied if bound else None,
    }


def _alone(
    facts: Facts, snapshot: Snapshot, what: Found, planned: Sequence[Step]
) -> Iterable[Finding]:
    if not facts.settings.unattended:
        return ()
    return unattended.findings(facts, snapshot, what.difference, what.history, planned)


def _rows(base: Basis, planned: Sequence[Step], snapshot: Snapshot) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for step, verdict in zip(planned, verdicts(base.facts, planned, snapshot)):
        rows.append(as_result(step, verdict, foretold(base, rows) if rows else taken(base, [])))
    return rows


def _lists(differs: Difference) -> dict[str, Any]:
    return {
        "matched": [_row(row, "state") for row in differs.matched],
        "to_add": [_row(row) for row in differs.to_add],
        "to_replace": [_row(row, "state", "by", "by_node_id") for row in differs.to_replace],
        "missing": [_row(row, "by", "by_node_id") for row in differs.missing],
        "substituted": [_row(row, "state", "by", "by_node_id") for row in differs.substituted],
        "undeclared": [_row(row, "state", "prune") for row in differs.undeclared],
    }


def _row(member: Member, *more: str) -> dict[str, Any]:
    keys = ("host", "node_id", "address", *more)
    return {key: getattr(member, key) for key in keys}


def _left(row: unfinished.Left) -> dict[str, Any]:
    one = row.operation
    return {
        "run_id": one.run_id,
        "operation": one.kind,
        "target": row.name,
        "outcome": one.outcome,
        "since": one.since,
        "step": one.step,
        "resumed": row.resumed,
    }


def _drift(facts: Facts, what: Found, known: bool, snapshot: Snapshot) -> Optional[bool]:
    """Whether cluster and Git differ; None if that is not known."""
    if not known:
        return None
    differs = what.difference
    living = any(row.state != DEAD for row in differs.undeclared)
    if living or what.steps or any(getattr(differs, name) for name in DRIFT):
        return True
    if any(row.resumed or row.why for row in what.left):
        return True
    doubt = any(node.state not in (ALIVE, DEAD) for node in snapshot.nodes.values())
    return None if doubt else False
