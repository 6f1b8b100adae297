"""The whole plan, as the module returns it."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import Node
from ansible_collections.stemedb.cluster.plugins.module_utils._plan.facts import Host
from ansible_collections.stemedb.cluster.tests.unit.support.builders import A, D
from ansible_collections.stemedb.cluster.tests.unit.support.planning import (
    E,
    F,
    db,
    did,
    four,
    node,
    planned,
    snapshot,
)

LIVING = (node(1), node(2), node(3), node(4))


def test_everything_at_once() -> None:
    nodes = (node(1), node(2), node(3, "Dead"), node(5), node(6))
    found = planned(
        snapshot(*nodes),
        [*four(), db(7)],
        [did("rolling_restart", "db-1", "failed", step="Wait")],
        {"db-6": D},
        max_changes=9,
        spares=(db(6), db(8)),
        others=(db(5),),
        prune=("db-5",),
    )
    assert json.loads(json.dumps(found)) == found
    assert (found["format"], found["cluster"], found["drift"]) == (1, "prod", True)
    assert found["created"] == "2026-09-21T14:13:20Z"
    assert found["matched"][0] == {
        "host": "db-1",
        "node_id": A,
        "address": "10.0.0.1",
        "state": "Alive",
    }
    assert found["to_add"] == [{"host": "db-7", "node_id": None, "address": "10.0.0.7"}]
    assert [(row["host"], row["state"], row["by"]) for row in found["to_replace"]] == [
        ("db-3", "Dead", None)
    ]
    assert found["missing"] == []
    assert found["substituted"] == [
        {
            "host": "db-4",
            "node_id": D,
            "address": "10.0.0.4",
            "state": None,
            "by": "db-6",
            "by_node_id": F,
        }
    ]
    assert found["undeclared"] == [
        {
            "host": "db-5",
            "node_id": E,
            "address": "10.0.0.5:18182",
            "state": "Alive",
            "prune": True,
        }
    ]
    assert found["unfinished"] == [
        {
            "run_id": "run-rolling_restart-db-1",
            "operation": "rolling_restart",
            "target": "db-1",
            "outcome": "failed",
            "since": "2026-09-21T13:13:20Z",
            "step": "Wait",
            "resumed": False,
        }
    ]
    assert [step["operation"] for step in found["steps"]] == [
        "replace_node",
        "add_node",
        "remove_node",
    ]
    assert found["refused"] == []
    assert (found["resume_at"], found["applied"], found["refusal"]) == (None, None, "")


@pytest.mark.parametrize(
    ("nodes", "declared", "drift"),
    [
        (LIVING, four(), False),
        ((*LIVING, node(5)), four(), True),
        ((*LIVING, node(5, "Dead")), four(), False),
        (LIVING[:3], four(), True),
        (LIVING, [*four(), db(5)], True),
        ((*LIVING[:3], node(4, node_id=E)), four(), True),
    ],
)
def test_drift_is_any_difference_that_lives(
    nodes: Sequence[Node], declared: Sequence[Host], drift: bool
) -> None:
    assert planned(snapshot(*nodes), declared)["drift"] is drift


def test_nothing_is_removed_because_it_is_absent() -> None:
    found = planned(snapshot(*LIVING), four()[:1], max_changes=99)
    assert found["steps"] == []
    assert len(found["undeclared"]) == 3


def test_no_host_is_replaced_whose_place_is_taken() -> None:
    nodes = (*LIVING[:3], node(4, "Dead"), node(6))
    found = planned(snapshot(*nodes), spares=(db(6), db(7)), replaces={"db-6": D}, max_changes=9)
    assert (found["steps"], found["drift"], found["refused"]) == ([], True, [])
