"""Waiting, with a clock that only sleeps and samples move."""

from __future__ import annotations

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import Snapshot
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.readings import (
    Condition,
    Plan,
    Settings,
)
from ansible_collections.stemedb.cluster.tests.unit.support.builders import (
    A,
    B,
    C,
    D,
    cluster,
    detail,
    nodes,
    shard,
)
from ansible_collections.stemedb.cluster.tests.unit.support.waiting import (
    ALIVE,
    BAD,
    FAILED,
    GOOD,
    PARTIAL,
    Given,
    ended_as,
    run,
)
from hypothesis import given
from hypothesis import strategies as st

# --- success -------------------------------------------------------------------------------------


def test_it_ends_well_when_all_held_for_long_enough() -> None:
    outcome, world = run([GOOD], stable_for=10, interval=2)
    assert outcome.error is None
    assert outcome.unmet == []
    assert (outcome.samples, outcome.resets, outcome.elapsed) == (6, 0, 10.0)
    assert world.slept == [2.0] * 5
    assert outcome.snapshot is GOOD
    assert [entry["good"] for entry in outcome.history] == [True] * 6


@pytest.mark.parametrize("stable_for", [0, 0.5, 4])
def test_three_samples_are_the_least(stable_for: float) -> None:
    outcome, _world = run([GOOD], stable_for=stable_for, interval=2)
    assert outcome.error is None
    assert outcome.samples == 3


def test_the_first_good_sample_does_not_win() -> None:
    """It may predate the action: the node that was just stopped still reads Alive."""
    outcome, _world = run([GOOD, BAD], stable_for=0, interval=2, timeout=30)
    assert ended_as(outcome).code == "timeout"
    assert outcome.resets == 1


@pytest.mark.parametrize("spoilt", [BAD, PARTIAL, FAILED], ids=["bad", "partial", "failed"])
@pytest.mark.parametrize("place", [1, 2, 5])
def test_one_spoilt_sample_begins_the_time_again(spoilt: Given, place: int) -> None:
    answers = [GOOD] * place + [spoilt] + [GOOD]
    outcome, _world = run(answers, stable_for=10, interval=2)
    assert outcome.error is None
    assert outcome.resets == 1
    assert outcome.samples == place + 1 + 6
    assert outcome.elapsed == (place + 1) * 2 + 10.0


def test_bad_samples_before_the_first_good_one_reset_nothing() -> None:
    outcome, _world = run([FAILED, BAD, PARTIAL, BAD, GOOD], stable_for=4, interval=2)
    assert outcome.error is None
    assert (outcome.resets, outcome.samples) == (0, 7)


def test_resets_are_counted() -> None:
    outcome, _world = run([GOOD, BAD, BAD, GOOD, GOOD, FAILED, GOOD], stable_for=4, interval=2)
    assert outcome.error is None
    assert outcome.resets == 2


def test_the_time_counts_from_the_end_of_the_first_to_the_start_of_the_last_sample() -> None:
    """Within a sample nobody knows when its answers were true."""
    outcome, world = run([GOOD], seconds=3, stable_for=10, interval=2)
    # Samples begin at 0, 5, 10, 15; the first ends at 3, so the fourth makes 12 seconds.
    assert [begun for begun, _budget in world.asked] == [0, 5, 10, 15]
    assert (outcome.samples, outcome.elapsed) == (4, 18.0)
    assert [p.good_for for p in world.told] == [0, 2, 7, 12]


def test_a_slow_sampler_alone_makes_no_stability() -> None:
    outcome, world = run([GOOD], seconds=60, stable_for=10, interval=2, timeout=600)
    assert (outcome.error, outcome.samples) == (None, 3)
    assert [p.good_for for p in world.told] == [0, 2, 64]


def test_every_condition_must_hold_in_the_same_samples() -> None:
    both = (Condition("node_alive", A), Condition("node_alive", B))
    one, other = cluster(members=nodes(A, B, C, a="Dead")), BAD
    answers = [item for _ in range(50) for item in (one, other)]
    outcome, _world = run(answers, conditions=both, stable_for=0, interval=1, timeout=50)
    assert ended_as(outcome).code == "timeout"
    assert outcome.resets == 0


def test_settled_compares_with_the_sample_before() -> None:
    settled = (Condition("shards_settled", True),)
    moved = cluster(shards=[shard(0, B), shard(1, B)])
    outcome, world = run([GOOD, moved, GOOD], conditions=settled, stable_for=2, interval=1)
    assert outcome.error is None
    # The first has none before it, two differ from the one before.
    assert [bool(p.unmet) for p in world.told] == [True, True, True, False, False, False]


def test_notes_are_those_of_the_last_sample() -> None:
    outcome, _world = run([GOOD], conditions=(Condition("leaders_elected", (0, 99)),), stable_for=0)
    assert outcome.error is None
    assert outcome.notes == ("shard 99 is gone from the cluster",)


# --- a node that goes, a node that comes ---------------------------------------------------------


def test_a_stopped_node_that_still_reads_alive_is_no_success_of_node_dead() -> None:
    full = [nodes(A, B, C, D, d=state) for state in ("Alive", "Suspect", "Dead")]
    alive, suspect, dead = (cluster(members=members) for members in full)
    answers = [alive] * 30 + [suspect] * 20 + [dead]
    dying = (Condition("node_dead", D),)
    outcome, world = run(answers, conditions=dying, stable_for=0, interval=1)
    assert outcome.error is None
    assert outcome.samples == 30 + 20 + 3
    early, _world = run(answers, conditions=dying, stable_for=0, interval=1, timeout=45)
    assert "is Suspect" in ended_as(early).message
    assert {len(p.unmet) for p in world.told[:50]} == {1}


def test_gone_counts_once_it_was_seen_in_this_wait() -> None:
    dying = (Condition("node_dead", D),)
    outcome, _world = run(
        [cluster(members=nodes(A, B, C, D)), GOOD], conditions=dying, stable_for=0
    )
    assert outcome.error is None
    never, _world = run([GOOD], conditions=dying, stable_for=0, timeout=30)
    assert "never seen" in ended_as(never).message


def test_sizes_are_asked_for_as_the_replicas_get_complete() -> None:
    members = nodes(A, B, C, D)
    shards = (shard(0, A, (A, D)), shard(1, B, (B, D)))

    def sizes(zero: int | None, one: int) -> Snapshot:
        details = [detail(1, B, b=100, d=one)]
        details += [] if zero is None else [detail(0, A, a=100, d=zero)]
        return cluster(members=members, shards=shards, details=details)

    # Asked for what is lacking: shard 0 is complete after the first, all together at the end.
    answers = [sizes(100, 0), sizes(None, 50), sizes(None, 100), sizes(100, 100)]
    outcome, world = run(answers, conditions=(Condition("node_replicated", D),), stable_for=0)
    assert outcome.error is None
    assert world.wanted == [set(), set(), {0}, set(), set(), set()]
    assert [bool(p.unmet) for p in world.told] == [True, True, True, False, False, False]


# --- settings, history, progress -----------------------------------------------------------------


def test_an_empty_cluster_satisfies_nothing_unless_that_was_said() -> None:
    empty = cluster(shards=[])
    outcome, _world = run([empty], stable_for=2, timeout=20)
    assert "reports no shards" in ended_as(outcome).message
    said = Settings(expect_shards=False)
    assert run([empty], stable_for=2, settings=said)[0].error is None
    outcome, _world = run([GOOD], stable_for=2, timeout=20, settings=said)
    assert "said to be empty" in ended_as(outcome).message


def test_the_history_is_bounded() -> None:
    outcome, _world = run([BAD, GOOD] * 2000, interval=1, timeout=1000)
    assert outcome.samples == 1000
    assert len(outcome.history) == 200
    steady, _world = run([BAD], interval=1, timeout=1000)
    assert len(steady.history) == 21


def test_each_sample_is_reported() -> None:
    _outcome, world = run([BAD, FAILED, GOOD], stable_for=4, interval=2)
    assert [(p.elapsed, p.good_for, len(p.unmet)) for p in world.told] == [
        (0, None, 1),
        (2, None, 1),
        (4, 0, 0),
        (6, 2, 0),
        (8, 4, 0),
    ]
    assert {p.stable_for for p in world.told} == {4}


KINDS: dict[str, Given] = {"good": GOOD, "bad": BAD, "partial": PARTIAL, "failed": FAILED}


@given(
    st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=40),
    st.sampled_from([0.0, 0.5, 3.0]),
    st.sampled_from([0.0, 2.0, 7.0, 20.0]),
    st.sampled_from([1.0, 2.5]),
)
def test_only_a_whole_window_of_good_samples_succeeds(
    kinds: list[str], seconds: float, stable_for: float, interval: float
) -> None:
    """Against the rule in a few lines: the last samples, all good, that span the time."""
    outcome, world = run(
        [KINDS[kind] for kind in kinds],
        seconds=seconds,
        stable_for=stable_for,
        interval=interval,
        timeout=60,
    )
    taken = [kinds[min(place, len(kinds) - 1)] for place in range(outcome.samples)]
    begun = [start for start, _budget in world.asked]

    def succeeded(count: int) -> bool:
        good = 0
        while good < count and taken[count - 1 - good] == "good":
            good += 1
        span = begun[count - 1] - (begun[count - good] + seconds) if good else 0
        return good >= 3 and span >= stable_for

    assert [succeeded(count) for count in range(1, outcome.samples)] == [False] * (
        outcome.samples - 1
    )
    assert (outcome.error is None) == succeeded(outcome.samples)
    assert outcome.resets == sum(
        one == "good" and other != "good" for one, other in zip(taken, taken[1:])
    )


def test_the_defaults_are_those_that_are_documented() -> None:
    plan = Plan(ALIVE)
    assert (plan.stable_for, plan.interval, plan.timeout, plan.stall_timeout) == (10, 2, 300, None)
    assert plan.settings == (0.95, True, frozenset())
    assert plan.fail_fast == ()
