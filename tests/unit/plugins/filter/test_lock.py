"""Filters of `lock.py`, around `_lock`, which has its own tests."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.stemedb.cluster.plugins.filter.lock import (
    lock_hosts,
    lock_lost,
    lock_operations,
    lock_plan,
    lock_report,
)
from ansible_collections.stemedb.cluster.tests.unit.support.lock_answers import (
    lock_hosts as answering,
)
from ansible_collections.stemedb.cluster.tests.unit.support.lock_answers import (
    unreachable,
)


def test_members_hold_the_lock_unless_hosts_are_named() -> None:
    both = {"of": 2, "hosts": ["a", "b"], "foreign": []}
    assert lock_hosts(["b", "a"]) == {"asked": ["a", "b"], **both}
    assert lock_hosts(["b", "a"], targets=["b"]) == {"asked": ["a"], **both}
    told = {"asked": ["c", "a"], "of": 2, "hosts": ["c", "a"], "foreign": ["c"]}
    assert lock_hosts(["b", "a"], named=["c", "a"]) == told


def test_each_operation_once_and_how_it_ended() -> None:
    hosts = answering(2)
    for host in hosts:
        host.ask("acquire", "ONE", operation="rolling_restart", target="node-02 (2 of 4)")
        host.seconds = 30
        host.ask("release", "ONE", outcome="stopped")
    told = lock_operations([*(host.look() for host in hosts), unreachable("node-03")])
    assert [(one["run_id"], one["outcome"], one["target"]) for one in told] == [
        ("ONE", "stopped", "node-02 (2 of 4)")
    ]


@pytest.mark.parametrize(
    ("running", "seconds", "outcome"),
    [
        (False, 10, "abandoned"),
        (True, 10, "running"),
        (None, 10, "running"),
        (None, 61, "abandoned"),
    ],
)
def test_one_whose_lock_is_still_there_is_among_them(
    running: bool | None, seconds: float, outcome: str
) -> None:
    (host,) = answering(1)
    host.ask("acquire", "ONE")
    host.ask("release", "ONE", outcome="failed")
    host.ask("acquire", "TWO", operation="rolling_restart", step="Stop node-02")
    host.seconds = seconds
    told = lock_operations([host.look(running)])
    assert [(one["run_id"], one["outcome"]) for one in told] == [
        ("ONE", "failed"),
        ("TWO", outcome),
    ]
    assert (told[1]["ended"], told[1]["step"]) == (None, "Stop node-02")


def test_a_host_that_heard_more_of_it_decides() -> None:
    stale, fresh = answering(2)
    for host in (stale, fresh):
        host.ask("acquire", "TWO")
    stale.seconds = 61
    for hosts in ((stale, fresh), (fresh, stale)):
        (one,) = lock_operations([host.look() for host in hosts])
        assert one["outcome"] == "running"


def test_a_lock_that_is_held_is_not_free_unless_it_is_named() -> None:
    hosts = answering(3)
    for host in hosts:
        host.ask("acquire", "OTHER")
    answers = [host.look() for host in hosts]
    three = {"of": 3, "foreign": []}
    assert lock_plan(answers, three)["free"] is False
    assert lock_plan(answers, three, named="OTHER")["free"] is True
    assert lock_plan([unreachable("a")], {"of": 1, "foreign": []})["free"] is False
    told = lock_plan(answers, three, check=True)
    assert told["refusal"] == ""
    assert told["lines"] == [f"No lock is taken by --check. {told['sentence']}"]


def test_a_report_has_a_line_for_each_host() -> None:
    told = lock_report([answering(1)[0].look(), unreachable("node-02")], 2)
    assert "  node-01  free" in told


def test_a_majority_holds_the_lock() -> None:
    names = ["node-01", "node-02", "node-03"]
    answers = [{**host.answer("acquire"), "hosts": names} for host in answering(2)]
    assert lock_lost([*answers, unreachable("node-03")]) == ""
    lost = lock_lost([answers[0], unreachable("node-02"), unreachable("node-03")])
    assert "This run holds the lock on 1 of 3 lock hosts, 2 are needed" in lost
    fresh = [{**answer, "asked_at": 940.0} for answer in answers]
    assert lock_lost(fresh, 1000.0) == ""
    assert "not renewed within the last 60 seconds" in lock_lost(fresh, 1000.1)
    assert "on 0 of 1 lock hosts" in lock_lost([unreachable("node-01")])


NO_RESULTS: list[Any] = [None, 7, ["text"], [{}], [{"item": "a", "held": True}]]
REFUSED: list[tuple[Any, ...]] = [
    (lock_lost, [{"item": "a", "held": False}]),
    *(
        (use, other, last)
        for use, last in (
            (lock_operations, ""),
            (lock_plan, {"of": 1, "foreign": []}),
            (lock_report, 1),
        )
        for other in NO_RESULTS
    ),
]


@pytest.mark.parametrize("call", REFUSED)
def test_what_is_of_another_form_is_refused(call: tuple[Any, ...]) -> None:
    use, *given = call
    with pytest.raises(AnsibleFilterError, match=f"{use.__name__}: the input"):
        use(*given)
