"""The lock of the cluster, and the operations before, as an operator reads them."""

from __future__ import annotations

from ansible_collections.stemedb.cluster.plugins.module_utils._lock_report import lock_report
from ansible_collections.stemedb.cluster.tests.unit.plugins.module_utils.lock_answers import (
    LockHost,
    lock_hosts,
    unreachable,
)


def lines(hosts: list[LockHost]) -> list[str]:
    return lock_report([host.look() for host in hosts], len(hosts))


def test_a_lock_that_nobody_ever_held() -> None:
    assert lines(lock_hosts(2)) == [
        "",
        "The lock of the cluster; 2 of 2 lock hosts hold it together:",
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


def test_operations_are_told_once_the_last_one_first() -> None:
    first, second = lock_hosts(2)
    for host in (first, second):
        host.ask("acquire", "ONE")
        host.seconds = 30
    first.ask("release", "ONE", outcome="succeeded")  # the second was not reached
    for host in (first, second):
        host.seconds = 120
        host.ask("acquire", "TWO", step="Stop it", leaves=("the service is disabled",))
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
