"""A wait in stages, with a clock that only sleeps and samples move."""

from __future__ import annotations

from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import Snapshot
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.loop import StageEnd
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.readings import (
    Condition,
    Plan,
    Stage,
)
from ansible_collections.stemedb.cluster.tests.unit.support.builders import (
    A,
    B,
    C,
    cluster,
    detail,
    nodes,
    shard,
)
from ansible_collections.stemedb.cluster.tests.unit.support.waiting import (
    BAD,
    GOOD,
    ended_as,
    through,
)

ALIVE = Condition("node_alive", B)
DEAD = Condition("node_dead", B)
COMPLETE = Condition("node_replicated", B)


def stage(name: str, condition: Condition, **plan: Any) -> Stage:
    return Stage(name, Plan((condition,), **{"interval": 2, "stable_for": 0, **plan}))


def test_each_stage_begins_when_the_one_before_holds() -> None:
    gone = cluster(members=nodes(A, C))
    outcome, world = through(
        [GOOD, BAD, gone],
        stage("left", DEAD),
        stage("well", Condition("views_agree", True), stable_for=4),
    )
    assert outcome.error is None
    assert outcome.stages == (
        StageEnd("left", 8.0, 8.0, 5, 0, True),
        StageEnd("well", 12.0, 4.0, 3, 0, True),
    )
    assert (outcome.elapsed, outcome.samples) == (12.0, 8)
    assert [told.stage for told in world.told] == ["left"] * 5 + ["well"] * 3


def test_no_stage_rests_on_a_sample_of_the_one_before() -> None:
    outcome, world = through(
        [GOOD, GOOD, GOOD, BAD], stage("first", ALIVE), stage("second", ALIVE, timeout=20)
    )
    assert ended_as(outcome).code == "timeout"
    assert [(end.name, end.met) for end in outcome.stages] == [("first", True), ("second", False)]
    assert len(world.asked) == outcome.samples


def test_a_failure_names_its_stage_and_no_other_begins() -> None:
    outcome, _world = through(
        [GOOD, GOOD, GOOD, BAD],
        stage("first", ALIVE),
        stage("second", ALIVE, timeout=20),
        stage("third", ALIVE),
    )
    message = ended_as(outcome).message
    assert message.startswith("second: Timed out after 18 s (timeout: 20 s): node_alive: ")
    assert [end.name for end in outcome.stages] == ["first", "second"]
    assert outcome.stages[1].seconds == 18.0
    assert outcome.unmet[0]["since_seconds"] == 18.0


def test_each_stage_has_a_timeout_and_a_stall_of_its_own() -> None:
    slow, stuck = stage("slow", ALIVE, timeout=100), stage("stuck", ALIVE, stall_timeout=10)
    outcome, _world = through([BAD] * 30 + [GOOD] * 3 + [BAD], slow, stuck)
    assert ended_as(outcome).message.startswith("stuck: Stalled: nothing has moved for 10 s")
    assert outcome.stages[0] == StageEnd("slow", 64.0, 64.0, 33, 0, True)


def test_whoever_was_seen_in_one_stage_may_be_gone_in_the_next() -> None:
    gone = cluster(members=nodes(A, C))
    outcome, _world = through([GOOD] * 3 + [gone], stage("there", ALIVE), stage("gone", DEAD))
    assert outcome.error is None


def test_how_large_the_data_is_each_stage_finds_out_anew() -> None:
    def leader_of(size: int) -> Snapshot:
        shards, details = [shard(0, A, (A, B))], [detail(0, A, a=size, b=1000)]
        return cluster(shards=shards, details=details)

    outcome, _world = through(
        [leader_of(1000)] * 3 + [leader_of(5000)],
        stage("copied", COMPLETE),
        stage("still", COMPLETE, timeout=20),
    )
    assert "1000 of 5000 bytes" in ended_as(outcome).message


def test_the_history_is_one_and_counts_from_the_beginning() -> None:
    outcome, _world = through([GOOD], stage("one", ALIVE), stage("two", ALIVE))
    assert [entry["elapsed"] for entry in outcome.history] == [0.0, 2.0, 4.0, 4.0, 6.0, 8.0]
