"""Filters of `operation.py`, around `_operation.goals`, which has its own tests."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.stemedb.cluster.plugins.filter.operation import (
    add_goals,
    bootstrap_goals,
    regressions,
    restart_goals,
    timeline,
)


def test_a_node_that_is_added_has_conditions() -> None:
    cluster = {"healthy": True, "replication_factor": 3}
    goals = add_goals({"cluster": cluster, "nodes": []}, "new")
    assert goals[0] == {"node_alive": "new"}
    assert goals[-1] == {"healthy": True}


def test_a_bootstrap_waits_for_every_member() -> None:
    assert bootstrap_goals(["a", "b"])[:2] == [{"node_alive": "a"}, {"node_alive": "b"}]


@pytest.mark.parametrize("ids", [[], "", "a", None, 5, {}])
def test_without_a_list_of_ids_nothing_would_be_demanded(ids: Any) -> None:
    with pytest.raises(AnsibleFilterError, match="a list of node ids that is not empty"):
        bootstrap_goals(ids)


@pytest.mark.parametrize(("shards", "asked"), [([1], True), (None, True), ([], False)])
def test_a_restarted_node_has_its_replicas_again_if_it_had_any(shards: object, asked: bool) -> None:
    goals = restart_goals([{"node_id": "a", "shards": shards}, {"node_id": "b", "shards": []}], "a")
    assert goals[0] == {"node_alive": "a"}
    assert ({"node_replicated": "a"} in goals) is asked
    for word in ("leaders_elected", "fully_replicated", "views_agree", "shards_settled", "healthy"):
        assert {word: True} in goals


def test_replicas_of_a_node_that_was_not_listed_are_awaited() -> None:
    assert {"node_replicated": "a"} in restart_goals([], "a")


def reading(state: str) -> dict[str, Any]:
    return {
        "cluster": {
            "healthy": True,
            "views_agree": True,
            "replication_factor": 3,
            "leaderless_shards": [],
        },
        "nodes": [{"node_id": "a", "state": state}],
        "shards": [],
    }


def test_the_later_reading_is_the_input() -> None:
    assert regressions(reading("Dead"), reading("Alive")) == [
        "node a was Alive before and is Dead now"
    ]
    assert regressions(reading("Alive"), reading("Dead")) == []


def test_a_timeline_has_lines() -> None:
    assert timeline([{"name": "Alive", "seconds": "3.2", "guide": ""}]) == ["Alive  3 s"]


NO_READINGS: list[Any] = [{}, None, "text", {"cluster": {}, "nodes": [], "shards": []}]


REFUSED: list[tuple[Any, ...]] = [
    (add_goals, {"cluster": {}, "nodes": []}, "new"),
    *((add_goals, other, "new") for other in NO_READINGS),
    (restart_goals, [{}], "a"),
    *((regressions, other, reading("Alive")) for other in NO_READINGS),
    *((regressions, reading("Alive"), other) for other in NO_READINGS),
    (timeline, [{}]),
    (timeline, [{"name": "Alive", "seconds": "soon"}]),
    (timeline, 5),
    (timeline, ["text"]),
]


@pytest.mark.parametrize("call", REFUSED)
def test_what_is_of_another_form_is_refused(call: tuple[Any, ...]) -> None:
    use, *given = call
    with pytest.raises(AnsibleFilterError, match=f"{use.__name__}: the input"):
        use(*given)
