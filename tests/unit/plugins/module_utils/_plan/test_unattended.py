"""What nobody watches: only one replacement of what is dead, or nothing."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stemedb.cluster.tests.unit.support.builders import A, B, C, D, shard
from ansible_collections.stemedb.cluster.tests.unit.support.planning import (
    E,
    db,
    did,
    four,
    hosts,
    kinds,
    node,
    planned,
    snapshot,
    steps,
)

LIVING = (node(1), node(2), node(3), node(4))
DEAD_4 = (*LIVING[:3], node(4, "Dead"))
SPARES = (db(6), db(7))
REPLACED = [("replace_node", "db-4")]


def alone(*nodes: Any, **more: Any) -> dict[str, Any]:
    given = {"spares": SPARES, "unattended": True, **more}
    held = given.pop("held", None)
    return planned(snapshot(*(nodes or LIVING), held=held), given.pop("declared", None), **given)


def test_nothing_is_to_be_done_where_all_live() -> None:
    found = alone()
    assert (found["steps"], found["refused"], found["drift"]) == ([], [], False)


def test_one_that_is_dead_is_replaced_into_a_spare() -> None:
    found = alone(*DEAD_4)
    assert (steps(found), found["refused"]) == (REPLACED, [])
    assert found["steps"][0]["replacement"] == "db-6"


def test_nothing_else_is_done() -> None:
    found = alone(*DEAD_4, node(5), declared=[*four(), db(8)], prune=(E,))
    assert (steps(found), found["refused"]) == (REPLACED, [])
    assert hosts(found, "to_add") == ["db-8"]
    assert [row["prune"] for row in found["undeclared"]] == [True]


def test_one_that_aged_out_is_drift_and_no_step() -> None:
    found = alone(*LIVING[:3])
    assert (found["steps"], found["refused"], found["drift"]) == ([], [], True)
    assert hosts(found, "missing") == ["db-4"]


@pytest.mark.parametrize(
    ("spares", "replaces"),
    [((), {}), ((db(1),), {}), ((db(6),), {"db-6": A})],
)
def test_without_a_free_spare(spares: Any, replaces: Any) -> None:
    found = alone(*DEAD_4, spares=spares, replaces=replaces)
    assert kinds(found) == ["no_spare"]
    assert found["refused"][0]["subject"] == "db-4"
    assert found["steps"] == []
    # Somebody who watches may take the host of the dead one.
    assert steps(alone(*DEAD_4, spares=spares, replaces=replaces, unattended=False)) == REPLACED


@pytest.mark.parametrize(
    "nodes",
    [
        (*LIVING[:2], node(3, "Dead"), node(4, "Dead")),
        (*LIVING[:2], node(4, "Dead")),
        (*LIVING[:2], node(3, "Suspect"), node(4, "Dead")),
    ],
)
def test_more_than_one_is_a_storm(nodes: Any) -> None:
    found = alone(*nodes, accept=frozenset({"storm", "suspect_node"}), max_changes=5)
    assert kinds(found) == ["storm"]
    assert "2 members are not Alive" in found["refused"][0]["detail"]


def test_a_dead_one_that_nobody_declares_counts_while_shards_name_it() -> None:
    nodes = (*DEAD_4, node(5, "Dead"))
    assert alone(*nodes)["refused"] == []
    named = [shard(0, A, (A, B, E)), shard(1, A, (A, B, C))]
    found = alone(*nodes, held=named)
    assert kinds(found) == ["storm"]
    assert set(found["refused"][0]["subject"].split(", ")) == {"db-4", E}


def test_more_shards_lack_replicas_than_one_death_explains() -> None:
    explained = [shard(0, A, (A, B, D)), shard(1, B, (A, B))]
    assert alone(*DEAD_4, held=explained)["refused"] == []
    found = alone(*DEAD_4, held=[*explained, shard(2, A, (A,))])
    assert [(row["kind"], row["subject"]) for row in found["refused"]] == [("storm", "shard 2")]
    many = alone(*DEAD_4, held=[shard(n, A, (A,)) for n in range(9)])
    assert many["refused"][0]["subject"].endswith("shard 4 and 4 more")


@pytest.mark.parametrize(
    ("held", "subject"),
    [
        ([shard(0, A, (A, B, C)), shard(1, B, (A, B))], "shard 1"),
        ([shard(0, A, (A, B, C)), shard(1, None, (A, B, C))], "shard 1"),
    ],
)
def test_where_nobody_died_all_is_healthy(held: Any, subject: str) -> None:
    """Red: with no step to hold back, nobody heard of it."""
    found = alone(held=held)
    assert [(row["kind"], row["subject"]) for row in found["refused"]] == [("storm", subject)]
    assert alone(held=held, unattended=False)["refused"] == []


@pytest.mark.parametrize(
    ("operations", "refused"),
    [
        ([did("replace_node", "db-1, db-8")], False),
        ([did("replace_node", "db-1, db-8"), did("replace_node", "db-2, db-9")], True),
        ([did("replace_node", "db-1, db-8"), did("replace_node", "db-1, db-8", ago=7)], False),
        ([did("replace_node", "db-1, db-8"), did("replace_node", "db-1, db-9", ago=7)], True),
        ([did("replace_node", "db-1, db-8"), did("replace_node", "db-2", ago=90000)], False),
        ([did("replace_node", "db-1, db-8"), did("add_node", "db-2")], False),
    ],
)
def test_so_many_a_day(operations: Any, refused: bool) -> None:
    found = alone(*DEAD_4, operations=operations)
    assert kinds(found) == (["replacements_used"] if refused else [])
    assert steps(found) == REPLACED
    more = alone(*DEAD_4, operations=operations, max_replacements=3)
    assert more["refused"] == []
    watched = alone(*DEAD_4, operations=operations, unattended=False)
    assert watched["refused"] == []


def test_one_whose_replacements_die_is_not_replaced_without_end() -> None:
    operations = [
        did("replace_node", "db-4, db-8", ago=9000),
        did("replace_node", "db-4, db-6", ago=100),
    ]
    found = alone(*DEAD_4, node(6, "Dead"), operations=operations, spares=(db(6), db(7)))
    assert found["steps"][0]["replacement"] == "db-7"
    assert kinds(found) == ["replacements_used"]


def test_one_that_was_begun_is_not_counted_against_itself() -> None:
    operations = [
        did("replace_node", "db-1, db-8", ago=9000),
        did("replace_node", "db-4, db-7", "abandoned", ago=100),
    ]
    found = alone(*DEAD_4, operations=operations)
    assert (steps(found), found["refused"]) == (REPLACED, [])
    assert found["steps"][0]["replacement"] == "db-7"


def test_maintenance_holds_it_back_too() -> None:
    assert kinds(alone(*DEAD_4, maintenance=True)) == ["maintenance"]


@pytest.mark.parametrize("kind", ["no_spare", "replacements_used"])
def test_none_of_it_may_be_accepted(kind: str) -> None:
    given: dict[str, Any] = {"spares": ()} if kind == "no_spare" else {"max_replacements": 0}
    assert kinds(alone(*DEAD_4, accept=frozenset({kind}), **given)) == [kind]
