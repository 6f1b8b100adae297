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


def test_a_node_that_comes_and_goes_does_not_fill_it() -> None:
    lanes = Lanes()
    turns = [entry(float(n), a=("Alive", "Dead")[n % 2]) for n in range(1000)]
    lanes.add(0.0, turns)
    (lane,) = lanes.nodes()
    assert len(lane["states"]) == MOST_POINTS
    assert lane["states"][-1] == [999.0, "Dead"]
