"""The cluster lock, and the operations before, as an operator reads them."""

from __future__ import annotations

import pytest
from ansible_collections.stemedb.cluster.plugins.plugin_utils._lock.report import (
    history,
    lock_report,
)
from ansible_collections.stemedb.cluster.tests.unit.support.lock_answers import (
    LockHost,
    lock_hosts,
    unreachable,
)


def lines(hosts: list[LockHost]) -> list[str]:
    return lock_report([host.look() for host in hosts], len(hosts))


def test_a_lock_that_nobody_ever_held() -> None:
    assert lines(lock_hosts(2)) == [
        "",
        "The cluster lock is free (2 of 2 lock hosts answer):",
        "  node-01  free",
        "  node-02  free",
        "",
        "No operation yet.",
    ]


def test_who_holds_it_where_and_until_when() -> None:
    hosts = lock_hosts(3)
    for host in hosts[:2]:
        host.ask("acquire", "OTHER", reason="its disk fails")
    hosts[0].seconds, hosts[1].seconds = 10, 3600
    told = lock_report([*(host.look() for host in hosts[:2]), unreachable("a-long-name")], 3)
    what = "remove_node of node-09 by alice on ctrl-01 (its disk fails), since 2026-11-23T03:12:45Z"
    assert told[2:5] == [
        f"  node-01      {what}, expires in 50 s; run OTHER",
        f"  node-02      {what}, expired 59 min ago; run OTHER",
        "  a-long-name  no answer: Failed to connect to the host via ssh",
    ]


@pytest.mark.parametrize(
    ("held", "silent", "word"),
    [
        (0, 0, "is free (3 of 3 lock hosts answer):"),
        (0, 1, "is free (2 of 3 lock hosts answer):"),
        (0, 2, "may be held: 1 of 3 lock hosts answer, 2 are needed:"),
        (0, 3, "may be held: 0 of 3 lock hosts answer, 2 are needed:"),
        (1, 0, "is free (3 of 3 lock hosts answer):"),
        (1, 1, "is not free: {} has it on 1 of 3 lock hosts:"),
        (2, 0, "is held by {} (2 of 3 lock hosts):"),
        (2, 1, "is held by {} (2 of 3 lock hosts):"),
        (3, 0, "is held by {} (3 of 3 lock hosts):"),
    ],
)
def test_the_headline_says_free_or_held_by_whom(held: int, silent: int, word: str) -> None:
    hosts = lock_hosts(3)
    for host in hosts[:held]:
        host.ask("acquire", "OTHER")
    answers = [host.look() for host in hosts[: 3 - silent]]
    answers += [unreachable(host.name) for host in hosts[3 - silent :]]
    what = "remove_node of node-09 by alice on ctrl-01"
    assert lock_report(answers, 3)[1] == f"The cluster lock {word.format(what)}"


@pytest.mark.parametrize("over", ["gone", "expired"])
def test_the_lock_of_a_run_that_ended_badly_is_free_and_said_to_be_left(over: str) -> None:
    hosts = lock_hosts(3)
    for host in hosts:
        host.ask("acquire", "OTHER")
        host.seconds = 0 if over == "gone" else 3600
    told = lock_report([host.look(running=False if over == "gone" else None) for host in hosts], 3)
    assert told[1].endswith(
        "may be taken by a run from here: the operation that had it did not end "
        "(3 of 3 lock hosts answer):"
    )


def test_operations_are_told_once_the_last_one_first() -> None:
    first, second = lock_hosts(2)
    for host in (first, second):
        host.ask("acquire", "ONE")
        host.seconds = 30
    first.ask("release", "ONE", outcome="succeeded")  # the second was not reached
    for host in (first, second):
        host.seconds = 120
        way = {"step": "Stop it", "leaves": ("the service is disabled",)}
        host.ask("acquire", "TWO", replace={"ONE": "expired"}, **way)
        host.seconds = 130
        host.ask("break", "OPERATOR", replace={"TWO": "named"})
    for hosts in ([first, second], [second, first]):
        told = lines(hosts)
        assert told[told.index("Operations that are over, the last one first:") + 1 :] == [
            "  2026-11-23T03:14:45Z to 2026-11-23T03:14:55Z  remove_node of node-09 by alice on "
            'ctrl-01: abandoned at the step "Stop it"',
            "    It may have left behind: the service is disabled",
            "  2026-11-23T03:12:45Z to 2026-11-23T03:13:15Z  remove_node of node-09 by alice on "
            "ctrl-01: succeeded",
        ]


def test_one_run_may_do_several() -> None:
    """As with two playbooks on one command line: the second is remembered like the first."""
    first, second = lock_hosts(2)
    done = (("heal", "succeeded"), ("rolling_restart", "failed"), ("add_node", "failed"))
    for number, (operation, outcome) in enumerate(done):
        for host in (first, second):
            host.seconds = number * 60
            host.ask("acquire", "ONE", operation=operation)
            # The second was not reached at the end of the first one, and goes on to the next.
            if host is first or number:
                host.ask("release", "ONE", operation=operation, outcome=outcome)
    for hosts in ([first, second], [second, first]):
        told = history([host.look(run="LATER") for host in hosts])
        assert [(one["operation"], one["outcome"]) for one in told] == list(done)
    # One that was killed.
    for host in (first, second):
        host.seconds = 600
        host.ask("acquire", "ONE", operation="remove_node")
    told = history([host.look(running=False, run="LATER") for host in (first, second)])
    assert [one["outcome"] for one in told] == ["succeeded", "failed", "failed", "abandoned"]
    # That it ended was told to one of them only.
    first.ask("release", "ONE", operation="remove_node", outcome="succeeded")
    told = history([host.look(running=False, run="LATER") for host in (first, second)])
    assert [one["outcome"] for one in told] == ["succeeded", "failed", "failed", "succeeded"]


def test_a_run_that_is_named_to_be_broken_is_over() -> None:
    """In a container nobody can see that the process of another one is gone."""
    (host,) = lock_hosts(1)
    host.ask("acquire", "A")
    looked = [host.look(running=None, run="LATER")]
    for named, outcome in (("", "running"), ("B", "running"), ("A", "abandoned")):
        (told,) = history(looked, named=named)
        assert (told["run_id"], told["outcome"]) == ("A", outcome)


def test_no_more_than_50_operations_are_told() -> None:
    hosts = lock_hosts(2)
    for number in range(80):
        host = hosts[number % 2]
        host.seconds = number
        host.ask("acquire", f"run-{number}")
        host.ask("release", f"run-{number}", outcome="failed")
    told = lines(hosts)
    assert sum(": failed" in line for line in told) == 50
    assert told[-1].startswith("  2026-11-23T03:13:15Z"), "the oldest of them is the thirtieth"


@pytest.mark.parametrize(("mine", "known"), [("prod", ["B"]), ("", ["A"]), ("test", [])])
def test_what_was_done_to_another_cluster_is_no_history_of_this_one(
    mine: str, known: list[str]
) -> None:
    """A restart that failed there would be gone on with here; files had no names before."""
    (host,) = lock_hosts(1)
    host.ask("acquire", "A")
    host.ask("release", "A", outcome="failed")
    host.ask("acquire", "B", cluster="prod")
    for _over in range(2):
        assert [one["run_id"] for one in history([host.look(running=False)], mine)] == known
        host.ask("release", "B", outcome="failed")
