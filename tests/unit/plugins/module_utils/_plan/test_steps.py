"""The steps of a plan, in order, with what the guard says of each."""

from __future__ import annotations

from typing import Any, Optional

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._impact.assess import Limits
from ansible_collections.stemedb.cluster.plugins.module_utils._plan.plan import asked_about
from ansible_collections.stemedb.cluster.plugins.module_utils._plan.steps import MOST_BLOCKERS
from ansible_collections.stemedb.cluster.tests.unit.support.builders import A, B, C, D, shard
from ansible_collections.stemedb.cluster.tests.unit.support.planning import (
    db,
    facts,
    four,
    node,
    planned,
    shards,
    snapshot,
    steps,
)

LIVING = (node(1), node(2), node(3), node(4))
THREE = four()[:3]


def verdicts(found: dict[str, Any]) -> list[str]:
    return [step["verdict"] for step in found["steps"]]


def test_all_as_declared_takes_no_step() -> None:
    found = planned()
    assert (found["steps"], found["drift"], found["refused"]) == ([], False, [])
    assert found["fingerprint"] == found["fingerprint_after"]


def test_replacements_come_before_additions_and_those_before_removals() -> None:
    nodes = (node(1), node(2), node(3, "Dead"), node(4), node(5))
    found = planned(
        snapshot(*nodes), [*four(), db(6)], max_changes=3, spares=(db(7),), prune=(node(5).node_id,)
    )
    assert steps(found) == [
        ("replace_node", "db-3"),
        ("add_node", "db-6"),
        ("remove_node", node(5).node_id),
    ]
    assert found["refused"] == []
    assert len({step["fingerprint"] for step in found["steps"]} | {found["fingerprint_after"]}) == 4


def test_each_step_is_one_change_and_says_why() -> None:
    found = planned(declared=[*four(), db(5), db(6)], max_changes=2)
    first, second = found["steps"]
    assert (first["host"], second["host"]) == ("db-5", "db-6")
    assert first["reason"] == "db-5 is declared and no member"
    assert first["fingerprint"] == found["fingerprint"]


# --- spares --------------------------------------------------------------------------------------


def replaced_by(*spares: int, **more: Any) -> list[Optional[str]]:
    nodes = (node(1), node(2), node(3, "Dead"), node(4, "Dead"), node(5))
    found = planned(
        snapshot(*nodes), max_changes=2, spares=tuple(map(db, spares)), prune=("db-5",), **more
    )
    return [step["replacement"] for step in found["steps"] if step["operation"] == "replace_node"]


def test_spares_are_taken_in_order_each_once() -> None:
    assert replaced_by(8, 7) == ["db-8", "db-7"]
    assert replaced_by(8) == ["db-8", None]
    assert replaced_by() == [None, None]


def test_a_spare_that_is_not_free_is_passed_over() -> None:
    assert replaced_by(1, 8) == ["db-8", None], "a member"
    assert replaced_by(5, 8, replaces={"db-5": None}) == ["db-8", None], "it runs a node"
    assert replaced_by(3, 8, replaces={"db-3": None}) == ["db-8", None], "its own node is Dead"
    assert replaced_by(7, 8, replaces={"db-7": A}) == ["db-8", None], "begun for another"
    assert replaced_by(7, 8, replaces={"db-7": D}) == ["db-8", "db-7"], "begun for this one"


# --- the guard -----------------------------------------------------------------------------------


def test_an_addition_needs_no_guard() -> None:
    found = planned(declared=[*four(), db(5)])
    (step,) = found["steps"]
    assert (step["verdict"], step["blockers"], step["shards"]) == ("not_needed", [], [])
    assert step["good_after"] is None


def test_a_removal_with_what_it_touches() -> None:
    found = planned(declared=THREE, prune=(D,))
    (step,) = found["steps"]
    assert (step["verdict"], step["blockers"], step["accepted"]) == ("safe", [], [])
    held = [one for one in shards(LIVING) if D in (one.replica_nodes or ())]
    assert step["shards"] == [one.shard_id for one in held]
    assert step["led"] == sum(one.leader_node == D for one in held) == 1
    assert step["good_after"] == 2


def test_a_removal_that_would_leave_too_few_is_blocked_and_may_be_accepted() -> None:
    more: dict[str, Any] = {"prune": (D,), "limits": Limits(min_nodes=4)}
    found = planned(declared=THREE, **more)
    assert verdicts(found) == ["blocked"]
    assert [each["kind"] for each in found["steps"][0]["blockers"]] == ["too_few_nodes"]
    passed = planned(declared=THREE, accept=frozenset({"too_few_nodes"}), **more)
    assert verdicts(passed) == ["accepted"]
    assert [each["kind"] for each in passed["steps"][0]["accepted"]] == ["too_few_nodes"]
    assert passed["steps"][0]["blocker_count"] == 0


def test_the_steps_before_count() -> None:
    """Three nodes of which one is exchanged: by then the new one is there."""
    nodes, declared = LIVING[:3], [*four()[:2], db(5)]
    found = planned(snapshot(*nodes), declared, prune=(C,), max_changes=2)
    assert steps(found) == [("add_node", "db-5"), ("remove_node", C)]
    assert verdicts(found) == ["not_needed", "safe"]
    alone = planned(snapshot(*nodes), four()[:2], prune=(C,))
    assert verdicts(alone) == ["blocked"]


def test_each_removal_counts_for_the_next() -> None:
    found = planned(snapshot(*LIVING, node(5)), [db(1)], prune=(A, B, C, D, node(5).node_id),
                    max_changes=9)  # fmt: skip
    assert verdicts(found) == ["safe", "safe", "blocked", "blocked"]


def test_an_addition_that_is_resumed_counts_once() -> None:
    from ansible_collections.stemedb.cluster.tests.unit.support.planning import did

    nodes = LIVING[:3]
    found = planned(
        snapshot(*nodes), four()[:2], [did("add_node", "db-2", "failed")], prune=(C,), max_changes=2
    )
    assert steps(found) == [("add_node", "db-2"), ("remove_node", C)]
    assert verdicts(found) == ["not_needed", "blocked"]


def test_of_a_dead_one_it_says_what_is_lost_with_it() -> None:
    nodes = (*LIVING[:3], node(4, "Dead"))
    found = planned(snapshot(*nodes, held=[shard(0, A, (A, D)), shard(1, B, (A, B, C))]))
    (step,) = found["steps"]
    assert step["verdict"] == "blocked"
    assert step["shards"] == [0]
    assert {each["kind"] for each in step["blockers"]} >= {"unknown_size"}
    missing = planned(snapshot(*LIVING[:3]))["steps"]
    assert [one["verdict"] for one in missing] == ["not_needed"]


def test_its_replacement_counts_as_a_node() -> None:
    nodes = (node(1), node(2), node(3, "Dead"))
    found = planned(snapshot(*nodes), four()[:3], spares=(db(6),))
    assert verdicts(found) == ["safe"]


def test_blockers_are_few_and_counted() -> None:
    many = [shard(number, A, (A, B)) for number in range(50)]
    found = planned(snapshot(*LIVING, held=many), THREE, prune=(D,), limits=Limits(True, 3))
    (step,) = found["steps"]
    assert len(step["blockers"]) == MOST_BLOCKERS
    assert step["blocker_count"] == 50


@pytest.mark.parametrize(
    ("zones", "verdict"),
    [
        (("east", "west", "north", "east"), "safe"),
        (("east", "west", "west", "north"), "blocked"),
        (("east", None, None, None), "blocked"),
        ((None, None, None, None), "safe"),
    ],
)
def test_zones_are_those_that_are_declared(zones: tuple[str, ...], verdict: str) -> None:
    # What D holds besides is on B and C.
    held = [shard(0, D, (B, C, D))]
    sized = [one._replace(replicas=shards((node(2), node(3), node(4)), 1)[0].replicas)
             for one in held]  # fmt: skip
    declared = [one._replace(zone=zone) for one, zone in zip(four(), zones)]
    # Also of the host that goes: it is of the inventory still.
    found = planned(
        snapshot(*LIVING, held=sized),
        declared[:3],
        prune=(D,),
        others=(declared[3],),
    )
    assert verdicts(found) == [verdict]


def test_sizes_are_asked_for_of_what_goes_only() -> None:
    nodes = (node(1), node(2), node(3, "Dead"), node(4), node(5))
    known = facts(snapshot(*nodes), [*four()[:3], db(6)], prune=(D,))
    assert asked_about(known) == [C, D]
    assert asked_about(facts(declared=[*four(), db(5)])) == []
