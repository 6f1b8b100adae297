"""A plan that was reviewed: it fits, or it does not; and it goes on where a run was killed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._plan.bound import check, read
from ansible_collections.stemedb.cluster.tests.unit.support.builders import C, D
from ansible_collections.stemedb.cluster.tests.unit.support.planning import (
    NOW,
    E,
    F,
    broken,
    db,
    did,
    four,
    kinds,
    node,
    planned,
    snapshot,
    steps,
)

LIVING = (node(1), node(2), node(3), node(4))
DECLARED = [*four()[:3], db(5), db(6)]
MORE: dict[str, Any] = {"max_changes": 3, "prune": (D,)}


def reviewed() -> dict[str, Any]:
    """Two additions and a removal, as read from a file."""
    plan = planned(declared=DECLARED, **MORE)
    assert steps(plan) == [("add_node", "db-5"), ("add_node", "db-6"), ("remove_node", D)]
    assert plan["refused"] == []
    return dict(json.loads(json.dumps(plan)))


def again(*nodes: Any, **more: Any) -> dict[str, Any]:
    given = {"bound": reviewed(), **MORE, **more}
    return planned(snapshot(*(nodes or LIVING)), given.pop("declared", DECLARED), **given)


def test_one_that_fits_is_done_from_its_first_step() -> None:
    found = again()
    assert (found["resume_at"], found["applied"], found["refused"]) == (0, False, [])
    assert steps(found) == steps(reviewed())


@pytest.mark.parametrize(
    ("nodes", "position"),
    [
        ((*LIVING, node(5)), 1),
        ((*LIVING, node(5), node(6)), 2),
        ((*LIVING, node(5, node_id=F), node(6, node_id=E)), 2),
    ],
)
def test_it_goes_on_at_the_step_that_fits(nodes: Any, position: int) -> None:
    found = again(*nodes)
    assert (found["resume_at"], found["applied"], found["refused"]) == (position, False, [])
    assert steps(found) == steps(reviewed())[position:]
    assert found["fingerprint_after"] is not None


@pytest.mark.parametrize("rest", [[], [node(4, "Dead")]])
def test_nothing_is_left_of_one_that_is_applied(rest: Any) -> None:
    found = again(*LIVING[:3], *rest, node(5), node(6), now=NOW + 10**7)
    assert (found["applied"], found["steps"], found["refused"]) == (True, [], [])
    assert found["resume_at"] == 3


@pytest.mark.parametrize("outcome", ["failed", "abandoned"])
def test_a_step_that_did_not_end_is_done_again(outcome: str) -> None:
    found = again(*LIVING, node(5), operations=[did("add_node", "db-5", outcome)])
    assert (found["resume_at"], found["refused"]) == (0, [])
    assert steps(found) == steps(reviewed())
    last = [*LIVING[:3], node(4, "Dead"), node(5), node(6)]
    ended = again(*last, operations=[did("remove_node", D, outcome)])
    assert (ended["resume_at"], ended["applied"], steps(ended)) == (2, False, [("remove_node", D)])
    assert ended["refused"] == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"nodes": [*LIVING[:3], node(4, node_id=E)]},
            f"changed: node {D} is no longer listed; node {E} is listed (",
        ),
        ({"nodes": LIVING[:3]}, f"changed: node {D} is no longer listed ("),
        (
            {"nodes": [*LIVING[:2], node(3, "Dead"), node(4)]},
            f"changed: node {C} of db-3 was Alive and is Dead (",
        ),
        ({"nodes": [*LIVING, node(6)]}, f"changed: node {F} of db-6 is listed ("),
        ({"declared": [*DECLARED[:3], db(5)]}, "changed: db-6 is no longer declared ("),
        ({"declared": [*DECLARED, db(7)]}, "changed: db-7 is declared ("),
        (
            {"declared": [*DECLARED[:4], db(6)._replace(address="10.9.9.9")]},
            "changed: the address of db-6 was 10.0.0.6 and is 10.9.9.9 (",
        ),
        ({"declared": [*DECLARED[:4], db(6, zone="west")]}, "the zone of a host, the spares or "),
        ({"lock_hosts": ("db-1",)}, "stemedb_lock_hosts have changed: these it does not list ("),
        ({"prune": ()}, f"changed: stemedb_prune no longer names node {D} ("),
        ({"spares": (db(9),)}, "the spares or stemedb_lock_hosts have changed"),
    ],
)
def test_one_that_does_not_fit_is_stale_and_says_why(change: dict[str, Any], words: str) -> None:
    nodes = change.pop("nodes", LIVING)
    found = again(*nodes, **change)
    assert "stale_plan" in kinds(found)
    assert (found["resume_at"], found["applied"]) == (None, False)
    sentence = next(row for row in found["refused"] if row["kind"] == "stale_plan")
    assert words in sentence["detail"]
    assert sentence["subject"] == "plan_file"


def test_the_cluster_is_named_and_many_changes_are_counted() -> None:
    bound = {**reviewed(), "cluster": "other", "matched": [], "to_add": [7, {"host": "x"}]}
    found = again(bound={**bound, "fingerprint": "0", "steps": [], "undeclared": None})
    (row,) = (one for one in found["refused"] if one["kind"] == "stale_plan")
    assert "changed: the cluster was other and is " in row["detail"]
    assert "; x is no longer declared; db-1 is declared; " in row["detail"]
    assert "; and 6 more (" in row["detail"]


def test_a_step_that_nobody_reviewed_makes_it_stale() -> None:
    spares = {"spares": (db(8), db(9)), "max_changes": 1}
    dead = snapshot(*LIVING[:3], node(4, "Dead"))
    bound = planned(dead, **spares)
    assert bound["steps"][0]["replacement"] == "db-8"
    found = planned(dead, bound=bound, max_changes=1, spares=(db(9), db(8)))
    assert kinds(found) == ["stale_plan"]
    assert "replace_node of db-4 is needed now and is not in it" in found["refused"][0]["detail"]


@pytest.mark.parametrize(
    ("age", "expires", "expired"),
    [(0, 86400, False), (86400, 86400, False), (86401, 86400, True), (61, 60, True),
     (-200, 86400, False), (-400, 86400, True)],
)  # fmt: skip
def test_one_that_is_too_old_or_of_tomorrow_is_expired(
    age: float, expires: float, expired: bool
) -> None:
    found = again(now=NOW + age, expires=float(expires))
    assert kinds(found) == (["expired_plan"] if expired else [])
    assert found["resume_at"] == 0


@pytest.mark.parametrize("created", [None, "", "some day"])
def test_one_without_a_time_is_expired(created: Any) -> None:
    found = again(bound={**reviewed(), "created": created})
    assert kinds(found) == ["expired_plan"]
    assert "does not say when" in found["refused"][0]["detail"]


def test_both_are_said_and_neither_may_be_accepted() -> None:
    found = again(*LIVING[:3], now=NOW + 90000, accept=frozenset({"stale_plan", "expired_plan"}))
    assert kinds(found) == ["expired_plan", "stale_plan"]


def test_where_the_cluster_is_not_known_nothing_is_said_of_it() -> None:
    whole = reviewed()
    found = planned(snapshot(node_count=9), DECLARED, bound=whole, **MORE)
    assert kinds(found) == ["incomplete_view"]
    assert (found["applied"], found["resume_at"]) == (None, None)


# --- what is no plan -----------------------------------------------------------------------------


def test_a_plan_is_one() -> None:
    check(reviewed())
    check(planned())


@pytest.mark.parametrize(
    "plan",
    [
        {},
        broken(reviewed(), "steps"),
        broken(reviewed(), "steps", value="all"),
        broken(reviewed(), "steps", value={"a": 1}),
        broken(reviewed(), "steps", 0, value="add_node"),
        broken(reviewed(), "steps", 0, "operation", value="format_disk"),
        broken(reviewed(), "steps", 1, "fingerprint"),
        broken(reviewed(), "steps", 1, "host"),
        broken(reviewed(), "fingerprint"),
        broken(reviewed(), "fingerprint_after", value=7),
        planned(snapshot(node_count=9)),
    ],
)
def test_what_is_no_plan_is_refused(plan: dict[str, Any]) -> None:
    with pytest.raises(StemeDBError, match="is no plan of this collection"):
        check(plan)


def test_one_of_another_format_is_refused() -> None:
    with pytest.raises(StemeDBError, match="has the format 2, and this collection reads 1"):
        check({**reviewed(), "format": 2})


@pytest.mark.parametrize("given", ["all:\n  hosts:\n", "[1]", [1], "7"])
def test_what_is_no_json_object_is_no_plan(given: Any) -> None:
    with pytest.raises(StemeDBError, match="The plan file holds no plan"):
        read(given)


def test_the_text_of_a_plan_is_a_plan() -> None:
    plan = planned()
    assert read(json.dumps(plan)) == plan


def test_why_a_plan_was_refused_is_said() -> None:
    plan = {**planned(), "steps": None, "refused": [{"kind": "views_differ"}]}
    with pytest.raises(StemeDBError, match=r"was not known \(refused by views_differ\): plan"):
        check(plan)
