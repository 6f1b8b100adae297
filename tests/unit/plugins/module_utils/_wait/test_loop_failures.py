"""How a wait ends that does not succeed: in time, at once, and with what it found."""

from __future__ import annotations

import itertools

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster import predicates as words
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import Snapshot
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.loop import wait
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.readings import (
    Condition,
    Plan,
    Stage,
)
from ansible_collections.stemedb.cluster.tests.unit.support.builders import (
    OTHER_URL,
    THIRD_URL,
    URL,
    A,
    B,
    C,
    D,
    cluster,
    detail,
    nodes,
    observed,
    shard,
    silent,
    view,
)
from ansible_collections.stemedb.cluster.tests.unit.support.waiting import (
    ALIVE,
    BAD,
    FAILED,
    GOOD,
    World,
    ended_as,
    run,
)

# --- failure -------------------------------------------------------------------------------------


def test_a_timeout_says_what_is_unmet_of_whom_since_when_and_where_to_read_on() -> None:
    outcome, _world = run([GOOD, GOOD, BAD], interval=2, timeout=60)
    error = ended_as(outcome)
    assert error.code == "timeout"
    assert error.message == (
        f"Timed out after 58 s (timeout: 60 s): node_alive: {B} is Suspect at {URL} (for 54 s). "
        f'The operators\' guide helps under "{words.SUSPECTED}".'
    )
    assert outcome.unmet == [
        {
            "condition": "node_alive",
            "subject": B,
            "reason": f"is Suspect at {URL}",
            "since": "2026-11-23T03:12:49Z",
            "since_seconds": 54.0,
            "guide": words.SUSPECTED,
        }
    ]
    assert outcome.elapsed == 58.0
    assert outcome.samples == 30
    assert outcome.snapshot is BAD
    assert len(outcome.history) == 22


def test_a_timeout_names_three_and_counts_the_rest() -> None:
    led = (Condition("leaders_elected", True),)
    many = cluster(shards=[shard(n, None) for n in range(150)])
    outcome, _world = run([many], conditions=led, timeout=9)
    message = ended_as(outcome).message
    assert "shard 2 has no leader (for 8 s); and 147 more. The operators" in message
    assert len(outcome.unmet) == 100
    three = cluster(shards=[shard(n, None) for n in range(3)])
    message = ended_as(run([three], conditions=led, timeout=9)[0]).message
    assert "shard 2 has no leader (for 8 s). The operators" in message


def test_the_first_section_that_helps_is_named() -> None:
    partial = cluster(members=nodes(A, B, C, b="Suspect"), shard_count=9)
    outcome, _world = run([partial], timeout=9)
    assert [u["guide"] for u in outcome.unmet] == [None, words.SUSPECTED]
    assert f'helps under "{words.SUSPECTED}"' in ended_as(outcome).message


@pytest.mark.parametrize("timeout", [10.0, 11.0, 11.9])
def test_nobody_sleeps_after_the_last_poll_nor_asks_without_time(timeout: float) -> None:
    outcome, world = run([BAD], interval=2, timeout=timeout)
    assert ended_as(outcome).code == "timeout"
    assert len(world.slept) == len(world.asked) - 1
    assert all(budget > 0 for _begun, budget in world.asked)
    assert world.now - 1000 < timeout
    assert world.now - 1000 + 2 >= timeout


def test_a_sample_may_take_what_is_left() -> None:
    _outcome, world = run([BAD], seconds=1, interval=4, timeout=20)
    assert world.asked == [(0, 20), (5, 15), (10, 10), (15, 5)]


def test_a_sample_that_ends_too_late_still_counts() -> None:
    outcome, _world = run([GOOD], seconds=9, stable_for=4, interval=1, timeout=25)
    assert (outcome.error, outcome.elapsed) == (None, 29.0)


def test_a_timeout_while_all_holds_says_that_it_was_not_long_enough() -> None:
    outcome, _world = run([BAD] * 10 + [GOOD, BAD, GOOD], interval=2, timeout=32, stable_for=10)
    error = ended_as(outcome)
    assert error.code == "timeout"
    (unmet,) = outcome.unmet
    assert (unmet["condition"], unmet["subject"]) == ("stable_for", "cluster")
    assert "10 s and 3 samples" in unmet["reason"]
    assert "in the last 4 samples" in unmet["reason"]
    assert "began again 1 times" in unmet["reason"]
    assert unmet["reason"] in error.message


def test_a_failed_last_sample_does_not_hide_what_was_unmet_before() -> None:
    outcome, _world = run([BAD] * 10 + [FAILED], interval=2, timeout=30)
    assert [(u["condition"], u["since_seconds"]) for u in outcome.unmet] == [
        ("complete_view", 8.0),
        ("node_alive", 28.0),
    ]
    assert "is Suspect" in ended_as(outcome).message
    assert "No answer" in ended_as(outcome).message
    assert outcome.snapshot is BAD


def test_what_was_met_when_somebody_last_answered_is_not_called_unmet() -> None:
    outcome, _world = run([BAD, GOOD, FAILED], interval=2, timeout=30)
    assert [u["condition"] for u in outcome.unmet] == ["complete_view"]


def test_since_survives_a_sample_that_failed() -> None:
    outcome, _world = run([BAD] * 5 + [FAILED] + [BAD], interval=2, timeout=30)
    assert [u["since_seconds"] for u in outcome.unmet] == [28.0]


def test_with_no_answer_at_all_there_is_no_snapshot() -> None:
    outcome, _world = run([FAILED], interval=2, timeout=10)
    assert ended_as(outcome).code == "timeout"
    assert outcome.snapshot is None
    assert [(u["condition"], u["subject"]) for u in outcome.unmet] == [("complete_view", URL)]
    assert ended_as(outcome).message.endswith(f"{FAILED.message} (for 8 s).")


@pytest.mark.parametrize("code", ["config", "auth", "tls"])
def test_what_asking_again_does_not_mend_ends_it_at_once(code: str) -> None:
    fatal = StemeDBError(code, "The key is refused.", URL, 401, "no")
    outcome, world = run([BAD, GOOD, fatal, GOOD], stable_for=4, interval=2)
    assert outcome.error is fatal
    assert outcome.samples == len(world.asked) == 3
    assert outcome.resets == 1
    assert [u["reason"] for u in outcome.unmet] == ["The key is refused."]
    assert len(outcome.history) == 3


@pytest.mark.parametrize("code", ["config", "auth", "tls"])
def test_the_same_of_a_required_observer_ends_it_at_once(code: str) -> None:
    refusing = observed(view(), missing=[silent(code=code)])
    outcome, _world = run([GOOD, refusing, GOOD], stable_for=4, interval=2)
    error = ended_as(outcome)
    assert (error.code, error.url, error.message) == (
        code,
        OTHER_URL,
        f"No answer from {OTHER_URL}",
    )
    assert outcome.samples == 2
    assert outcome.snapshot is refusing


def test_it_does_not_end_for_an_observer_that_is_not_needed() -> None:
    not_required = observed(view(), missing=[silent(code="auth", required=False)])
    assert run([not_required], stable_for=2)[0].error is None
    outvoted = observed(view(), view(url=THIRD_URL), missing=[silent(code="auth")], policy="quorum")
    assert run([outvoted], stable_for=2)[0].error is None


@pytest.mark.parametrize("code", ["transport", "timeout", "protocol", "not_found"])
def test_any_other_fault_is_a_bad_sample(code: str) -> None:
    fault = StemeDBError(code, "Odd.", URL)
    outcome, _world = run([GOOD, fault, GOOD], stable_for=4, interval=2)
    assert (outcome.error, outcome.resets) == (None, 1)
    quiet = observed(view(), missing=[silent(code=code)])
    outcome, _world = run([GOOD, quiet, GOOD], stable_for=4, interval=2)
    assert (outcome.error, outcome.resets) == (None, 1)


def test_a_name_that_becomes_ambiguous_ends_it_with_all_that_was_found() -> None:
    twins = cluster(members=nodes(A, "a3f2ffff", B, C))
    outcome, _world = run([GOOD, twins], conditions=(Condition("node_alive", "a3f2"),))
    error = ended_as(outcome)
    assert error.code == "config"
    assert "a3f2ffff" in error.message
    assert (outcome.samples, outcome.resets) == (2, 1)
    assert outcome.snapshot is twins
    assert [entry["good"] for entry in outcome.history] == [True, False]


def test_an_unknown_fault_is_not_swallowed() -> None:
    def broken(_want: object, _budget: float) -> Snapshot:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        wait([Stage("", Plan(ALIVE))], broken, lambda _progress: None, World([GOOD]).clock())


# --- stall and fail fast -------------------------------------------------------------------------

REPLICATED = (Condition("node_replicated", D),)


def holding(size: int) -> Snapshot:
    return cluster(
        members=nodes(A, B, C, D),
        shards=[shard(0, A, (A, B, D))],
        details=[detail(0, A, a=1000, b=1000, d=size)],
    )


def test_a_wait_whose_numbers_stand_still_ends() -> None:
    answers = [holding(size) for size in (0, 100, 200, 300, 300)]
    outcome, _world = run(answers, conditions=REPLICATED, interval=10, stall_timeout=30)
    error = ended_as(outcome)
    assert error.code == "timeout"
    assert error.message.startswith("Stalled: nothing has moved for 30 s: ")
    assert "300 of 1000 bytes" in error.message
    # It moved last at 30 s.
    assert outcome.elapsed == 60.0


def test_a_wait_that_moves_slowly_does_not_stall() -> None:
    answers = [holding(size) for size in range(0, 1000, 10) for _ in range(3)] + [holding(1000)]
    outcome, _world = run(
        answers, conditions=REPLICATED, interval=10, stable_for=10, stall_timeout=31, timeout=4000
    )
    assert outcome.error is None


def test_one_that_never_moved_stalls_from_the_start() -> None:
    for standing in (BAD, FAILED):
        outcome, _world = run([standing], interval=5, stall_timeout=20)
        assert "Stalled" in ended_as(outcome).message
        assert outcome.elapsed == 20.0


def test_an_observer_that_fails_now_and_then_is_no_progress() -> None:
    """Nor are the different ways in which it fails."""
    errors = (StemeDBError("transport", f"No answer, port {n}", URL) for n in itertools.count())
    answers = [item for _ in range(20) for item in (holding(300), next(errors))]
    outcome, _world = run(answers, conditions=REPLICATED, interval=5, stall_timeout=30)
    assert "Stalled" in ended_as(outcome).message
    assert outcome.elapsed == 30.0
    silence = [observed(holding(300).views[0], missing=[silent(f"http://{n}")]) for n in range(20)]
    outcome, _world = run(silence, conditions=REPLICATED, interval=5, stall_timeout=30)
    assert "Stalled" in ended_as(outcome).message
    assert outcome.elapsed == 30.0


def test_another_reason_is_a_move() -> None:
    states = ("Alive", "Suspect", "Leaving", "Left")
    answers = [cluster(members=nodes(A, B, C, D, d=s)) for s in states for _ in range(5)]
    answers.append(cluster(members=nodes(A, B, C, D, d="Dead")))
    outcome, _world = run(
        answers, conditions=(Condition("node_dead", D),), interval=2, stable_for=2, stall_timeout=11
    )
    assert outcome.error is None


def test_what_holds_does_not_stall() -> None:
    outcome, _world = run([GOOD], interval=5, stable_for=60, stall_timeout=10)
    assert outcome.error is None


def test_without_a_stall_timeout_it_waits_for_all_of_its_time() -> None:
    outcome, _world = run([BAD], interval=10, timeout=3600)
    assert "Timed out after 3590 s (timeout: 3600 s)" in ended_as(outcome).message
    assert outcome.elapsed == 3590.0


FAIL_FAST = (Condition("node_dead", D),)
JOINING = (Condition("node_alive", D),)


def test_a_wait_that_can_no_longer_succeed_ends() -> None:
    answers = [cluster(members=nodes(A, B, C, D, d=s)) for s in ("Suspect", "Suspect", "Dead")]
    outcome, _world = run(answers, conditions=JOINING, fail_fast=FAIL_FAST, interval=2)
    error = ended_as(outcome)
    assert error.code == "timeout"
    assert error.message.startswith(f"Gave up early: node_dead holds for {D}")
    assert f"node_alive: {D} is Dead" in error.message
    assert outcome.samples == 3


@pytest.mark.parametrize(
    "harmless",
    [
        GOOD,
        cluster(members=nodes(A, B, C, D, d="Suspect")),
        cluster(members=nodes(A, B, C, D, d="Dead"), shard_count=9),
        observed(view(nodes(A, B, C, D, d="Dead")), missing=[silent()]),
        observed(view(nodes(A, B, C, D, d="Dead")), view(nodes(A, B, C, D), url=OTHER_URL)),
    ],
    ids=["not listed", "suspect", "partial", "observer missing", "views differ"],
)
def test_it_does_not_give_up_on_what_is_not_certain(harmless: Snapshot) -> None:
    answers = [harmless, cluster(members=nodes(A, B, C, D))]
    outcome, _world = run(answers, conditions=JOINING, fail_fast=FAIL_FAST, stable_for=2)
    assert outcome.error is None


def test_it_gives_up_even_in_the_sample_that_would_have_been_the_last() -> None:
    """What may not come to hold is not outweighed by what does."""
    good = cluster(members=nodes(A, B, C, D))
    worse = cluster(members=nodes(A, B, C, D, d="Dead"))
    outcome, _world = run([good, good, worse], fail_fast=FAIL_FAST, stable_for=0)
    error = ended_as(outcome)
    assert "Gave up early" in error.message
    assert outcome.samples == 3
