"""What a run does of a plan, and what it says of what it left."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.plugin_utils._plan.due import (
    Settings,
    plan_due,
    plan_left,
)
from ansible_collections.stemedb.cluster.tests.unit.support.builders import C, D
from ansible_collections.stemedb.cluster.tests.unit.support.planning import (
    db,
    did,
    four,
    node,
    planned,
    snapshot,
)

NOTHING: dict[str, list[Any]] = {"replace": [], "add": [], "remove": []}
TO_ADD = {**NOTHING, "add": [{"target": "db-5", "replacement": None}]}


def one_more(**more: Any) -> dict[str, Any]:
    """The plan where one host is declared that is no member."""
    return planned(declared=[*four(), db(5)], **more)


def test_the_steps_of_a_run_by_what_they_do() -> None:
    found = plan_due(one_more(), Settings())
    assert (found["due"], found["refusal"]) == (TO_ADD, "")
    assert found["plan"] == one_more()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (Settings(check=True), "Nothing was changed."),
        (
            Settings(unattended="replace"),
            "Nothing was changed (stemedb_unattended_apply is not true).",
        ),
    ],
)
def test_where_nothing_may_be_done_nothing_is_due(settings: Settings, said: str) -> None:
    found = plan_due(one_more(), settings)
    assert (found["due"], found["refusal"]) == (NOTHING, "")
    assert found["lines"][-1] == said
    assert plan_due(planned(), settings)["lines"][-1] == "There is nothing to do."


def test_unattended_it_acts_if_it_is_told_to() -> None:
    nodes = (node(1), node(2), node(3), node(4, "Dead"))
    found = planned(snapshot(*nodes), spares=(db(6),), unattended=True)
    due = plan_due(found, Settings(unattended="replace", apply=True))["due"]
    assert due == {**NOTHING, "replace": [{"target": "db-4", "replacement": "db-6"}]}


def test_of_several_that_are_dead_one_is_replaced_and_nothing_else_is_done() -> None:
    """The run fails at its end, since the cluster is not what is declared."""
    nodes = (node(1), node(2), node(3, "Dead"), node(4, "Dead"))
    found = planned(snapshot(*nodes), [*four(), db(5)], max_changes=3)
    assert not found["refused"], found
    due = plan_due(found, Settings())["due"]
    assert due == {**NOTHING, "replace": [{"target": "db-3", "replacement": None}]}
    left = plan_left(found, due, Settings())
    assert left["refusal"] == "3 steps of the plan left: run the same again."
    assert left["lines"][-1] == "Replaced db-3."


def test_a_plan_that_is_refused_is_not_begun() -> None:
    found = plan_due(one_more(max_changes=0), Settings())
    assert "too_many_changes" in found["refusal"]


def test_a_removal_that_is_blocked_is_refused_before_the_first_step() -> None:
    found = planned(declared=four()[:2], prune=(C, D), max_changes=3)
    assert [step["verdict"] for step in found["steps"]][-1] == "blocked", found["steps"]
    refusal = plan_due(found, Settings())["refusal"]
    assert refusal.startswith("The removal of ")
    assert "Nothing was changed." in refusal


def test_drift_is_a_failure_where_that_is_asked_for() -> None:
    strict = Settings(check=True, fail_on_drift=True)
    assert plan_due(planned(), strict)["refusal"] == ""
    assert plan_due(one_more(), strict)["refusal"].startswith("The cluster differs from")
    unknown = {**one_more(), "drift": None}
    assert plan_due(unknown, strict)["refusal"].startswith("Whether the cluster is as declared")
    # A run that acts is judged by what it leaves.
    assert plan_due(one_more(), strict._replace(check=False))["refusal"] == ""
    left = plan_left({**planned(), "drift": True}, TO_ADD, strict)["refusal"]
    assert left.startswith("The cluster differs from the inventory")


def test_what_was_applied_already_is_not_done_again() -> None:
    found = plan_due({**one_more(), "applied": True}, Settings())
    assert found["due"] == NOTHING


def test_a_run_that_did_all_says_what() -> None:
    done: dict[str, list[Any]] = {**TO_ADD, "replace": [{"target": "db-4", "replacement": "db-6"}]}
    found = plan_left(planned(), done, Settings())
    assert found["refusal"] == ""
    assert found["lines"][-2:] == ["Replaced db-4 by db-6.", "Added db-5."]


def test_not_to_know_how_it_ended_is_no_success() -> None:
    found = plan_left({**planned(), "drift": None}, TO_ADD, Settings())
    assert "is unknown: see above. Run the same again." in found["refusal"]


def test_the_change_of_the_inventory_is_named_where_it_is_written() -> None:
    said = "The inventory is to be changed by plan.patch: git apply it, and commit."
    settings = Settings(patch="plan.patch")
    assert said in plan_due(planned(), settings)["lines"]
    assert plan_left(planned(), {}, settings)["lines"][-1] == said
    assert said not in plan_due(planned(), Settings())["lines"]


def test_where_no_patch_is_written_the_change_is_said() -> None:
    known = snapshot(node(1), node(2), node(3), node(6))
    plan = planned(known, four(), (), {"db-6": D}, spares=(db(6),))
    (row,) = plan["substituted"]
    plan["substituted"].append({**row, "by": row["host"], "by_node_id": "b"})
    lines = plan_due(plan, Settings())["lines"]
    assert lines[-3:] == [
        "There is nothing to do but to change the inventory.",
        "By hand, in the inventory: declare db-6 in the place of db-4, and take it out of the "
        "spares.",
        "By hand, in the inventory: set stemedb_node_id of db-4 to b.",
    ]
    assert "By hand" not in str(plan_due(plan, Settings(patch="plan.patch"))["lines"])


def test_what_a_refusal_is_about() -> None:
    found = plan_due(one_more(max_changes=0), Settings())
    assert found["cause"] == ["too_many_changes: stemedb_max_changes"]
    strict = Settings(check=True, fail_on_drift=True)
    found = plan_due(one_more(), strict)
    assert found["cause"] == [found["refusal"]]


def test_where_somebody_is_at_work_nobody_is_to_be_called() -> None:
    running = [did("replace_node", "db-4, db-6", "running")]
    found = plan_due(planned(operations=running), Settings(unattended="replace"))
    assert "unfinished_operation" in found["refusal"]
    assert found["cause"] == []
    left = [did("add_node", "db-4", "failed")]
    found = plan_due(planned(operations=left, unattended=True), Settings(unattended="replace"))
    assert found["cause"] == ["unfinished_operation: db-4"]


def test_one_that_aged_out_needs_a_person() -> None:
    """Red: the run ended well, and nobody heard of it."""
    gone = snapshot(node(1), node(2), node(3))
    found = plan_due(planned(gone, unattended=True), Settings(unattended="replace"))
    assert "db-4 was a member and is no longer listed" in found["refusal"]
    assert plan_due(planned(gone), Settings())["refusal"] == ""
