"""States and leaders over several waits, and how long that may become."""

from __future__ import annotations

from typing import Any

from ansible_collections.stemedb.cluster.plugins.plugin_utils._timeline.lanes import (
    MOST_NODES,
    MOST_POINTS,
    MOST_SPANS,
    Lanes,
)


def entry(elapsed: float, **states: str) -> dict[str, Any]:
    return {
        "elapsed": elapsed,
        "answered": True,
        "states": states,
        "unfollowed": 0,
        "leaders": {},
        "node_count": 3,
        "replication_factor": None,
    }


def test_what_stays_as_it_was_is_no_change() -> None:
    lanes = Lanes()
    lanes.add(0.0, [entry(0.0, a="Alive"), entry(5.0)])
    lanes.add(20.0, [entry(0.0, a="Alive"), entry(5.0, a="Dead")])
    assert lanes.nodes() == [
        {"node_id": "a", "states": [[0.0, "Alive"], [25.0, "Dead"]], "leaders": []}
    ]
    assert lanes.observed() == [[0.0, 5.0], [20.0, 25.0]]
    assert (lanes.node_count, lanes.factor) == (3, None)


def test_spans_that_are_near_count_as_one() -> None:
    lanes = Lanes()
    for turn in range(MOST_SPANS + 1):
        gap = 1.0 if turn == 7 else 50.0
        lanes.add(100.0 * turn + (49.0 if gap == 1.0 else 0.0), [entry(0.0), entry(50.0)])
    spans = lanes.observed()
    assert len(spans) == MOST_SPANS
    assert [749.0, 850.0] in spans


def test_of_too_many_nodes_those_that_changed_stay() -> None:
    lanes = Lanes()
    names = {f"n{n:04}": "Alive" for n in range(MOST_NODES + 50)}
    lanes.add(0.0, [entry(0.0, **names), entry(5.0, n0349="Dead")])
    found = lanes.nodes()
    assert len(found) == MOST_NODES
    assert found[-1]["node_id"] == "n0349"


def test_of_too_many_nodes_those_in_trouble_stay_and_the_others_are_counted() -> None:
    lanes = Lanes()
    names = {f"n{n:04}": "Alive" if n < 100 else "Dead" for n in range(MOST_NODES + 150)}
    lanes.add(0.0, [{**entry(0.0, **names), "unfollowed": 7}, {**entry(5.0), "unfollowed": 3}])
    assert {node["states"][0][1] for node in lanes.nodes()} == {"Dead"}
    assert lanes.unfollowed == 7 + 50


def test_a_node_that_a_later_wait_does_not_follow_has_no_state_from_then_on() -> None:
    lanes = Lanes()
    lanes.add(0.0, [entry(0.0, a="Alive", b="Alive", c="Dead"), entry(5.0)])
    lanes.add(20.0, [{**entry(0.0, b="Alive"), "node_count": 1}, {**entry(5.0), "node_count": 1}])
    lanes.add(40.0, [entry(0.0, a="Alive", b="Alive"), entry(5.0, c="Alive")])
    assert [node["states"] for node in lanes.nodes()] == [
        [[0.0, "Alive"], [20.0, "not listed"], [40.0, "Alive"]],
        [[0.0, "Alive"]],
        [[0.0, "Dead"], [20.0, "not listed"], [40.0, "not followed"], [45.0, "Alive"]],
    ]


def test_what_a_node_leads_is_unknown_while_it_is_not_followed() -> None:
    lanes = Lanes()
    first = {**entry(0.0, a="Alive", b="Alive"), "leaders": {"a": 4, "b": 2}}
    lanes.add(0.0, [first, entry(5.0)])
    lanes.add(20.0, [{**entry(0.0, b="Alive"), "leaders": {"b": 2}}])
    assert [node["leaders"] for node in lanes.nodes()] == [[[0.0, 4], [20.0, None]], [[0.0, 2]]]


def test_not_to_be_followed_is_no_trouble() -> None:
    lanes = Lanes()
    names = {f"n{n:04}": "Alive" for n in range(MOST_NODES + 1)}
    lanes.add(0.0, [{**entry(0.0, **names), "node_count": 900}])
    lanes.add(9.0, [{**entry(0.0, n0300="Dead"), "node_count": 900}])
    assert "n0300" in [node["node_id"] for node in lanes.nodes()]
    assert lanes.unfollowed == 0


def test_a_node_that_comes_and_goes_does_not_fill_it() -> None:
    lanes = Lanes()
    turns = [entry(float(n), a=("Alive", "Dead")[n % 2]) for n in range(1000)]
    lanes.add(0.0, turns)
    (lane,) = lanes.nodes()
    assert len(lane["states"]) == MOST_POINTS
    assert lane["states"][-1] == [999.0, "Dead"]
