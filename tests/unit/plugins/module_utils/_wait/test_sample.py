"""What one sample says: nothing holds in one that is incomplete, and it moves the memory."""

from __future__ import annotations

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._wait import sample
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.readings import (
    Condition,
    Memory,
    Plan,
)
from ansible_collections.stemedb.cluster.tests.unit.support.builders import A, B, C
from ansible_collections.stemedb.cluster.tests.unit.support.waiting import (
    ALIVE,
    BAD,
    FAILED,
    GOOD,
    PARTIAL,
)

PLAN = Plan(ALIVE)


def test_a_complete_sample_is_remembered_and_an_incomplete_one_fulfils_nothing() -> None:
    found = sample.read(PLAN, GOOD, Memory())
    assert found.unmet == ()
    assert found.memory.first_nodes == {A, B, C}
    assert found.memory.previous is GOOD
    partial = sample.read(PLAN, PARTIAL, Memory())
    assert sample.VIEW in {thing.condition for thing in partial.unmet}
    assert partial.memory.first_nodes is None, "what is missing there may be there"


def test_what_may_not_come_to_hold_ends_it_only_in_a_complete_sample() -> None:
    plan = Plan((Condition("node_dead", B),), fail_fast=(Condition("node_alive", B),))
    assert sample.read(plan, BAD, Memory()).error is None
    ended = sample.read(plan, GOOD, Memory()).error
    assert ended is not None
    assert "node_alive holds" in ended.message
    assert sample.read(plan, PARTIAL, Memory()).error is None


@pytest.mark.parametrize("code", ["config", "auth", "tls", "transport", "protocol"])
def test_only_what_asking_again_cannot_cure_ends_it(code: str) -> None:
    error = StemeDBError(code, "No answer")
    found = sample.failed(error, None, Memory())
    assert (found.error is error) is (code in sample.ENDING)
    assert [thing.reason for thing in found.unmet] == ["No answer"]


def test_how_a_gateway_fails_is_no_progress() -> None:
    other = StemeDBError("transport", "Connection refused")
    first, second = (sample.failed(each, None, Memory()) for each in (FAILED, other))
    assert first.unmet != second.unmet
    assert first.standing() == second.standing()
