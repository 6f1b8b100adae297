"""What a plan comes to, in words."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.plugin_utils._plan import words
from ansible_collections.stemedb.cluster.tests.unit.support.builders import D
from ansible_collections.stemedb.cluster.tests.unit.support.planning import (
    db,
    four,
    node,
    planned,
    snapshot,
)

TWO_MORE = [*four(), db(5), db(6)]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "There is nothing to do."),
        ({"declared": [*four(), db(5)]}, "1 step to do."),
        ({"declared": TWO_MORE, "max_changes": 2}, "2 steps to do."),
        ({"declared": TWO_MORE}, "Refused (1 reason): nothing is done."),
        ({"lock_hosts": (), "maintenance": True}, "Refused (2 reasons): nothing is done."),
    ],
)
def test_the_result(given: dict[str, Any], said: str) -> None:
    assert words.result(planned(**given)) == said


def test_the_result_of_a_reviewed_plan() -> None:
    reviewed = planned(declared=TWO_MORE, max_changes=2)
    known = [node(1), node(2), node(3), node(4), node(5)]
    more: dict[str, Any] = {"bound": reviewed, "max_changes": 2, "declared": TWO_MORE}
    begun = planned(snapshot(*known), **more)
    assert words.result(begun) == "1 step to do, from step 2 of the reviewed plan."
    done = planned(snapshot(*known, node(6)), **more)
    assert words.result(done) == "The reviewed plan is applied already: nothing is left to do."


def test_counts_of_what_is_there() -> None:
    assert words.counts(planned()) == "4 matched"
    dead = snapshot(node(1), node(2), node(3), node(4, "Dead"), node(5))
    assert words.counts(planned(dead)) == "3 matched, 1 to replace, 1 undeclared"


def test_a_step() -> None:
    found = planned(declared=four()[:3], prune=(D,))
    (step,) = found["steps"]
    assert words.change(step) == "Remove"
    assert words.verdict(step) == "guard: safe; 3 shards (1-3), 1 led; each keeps at least 2 good"
    unknown = words.verdict({**step, "good_after": None, "verdict": "not_needed"})
    assert unknown == "guard: not needed; 3 shards (1-3), 1 led; good replicas left unknown"
    assert words.verdict({**step, "shards": []}) == "guard: safe"
    assert words.change({"operation": "odd"}) == "odd"


def test_drift_has_a_sentence_whatever_it_is() -> None:
    assert len(set(words.DRIFT.values())) == 3
