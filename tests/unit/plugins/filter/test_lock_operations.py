"""The filter `lock_operations`: what was done to a cluster, the unfinished among it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.stemedb.cluster.plugins.filter.lock_operations import FilterModule
from ansible_collections.stemedb.cluster.tests.unit.support.lock_answers import (
    lock_hosts,
    unreachable,
)

lock_operations = FilterModule().filters()["lock_operations"]


def test_each_operation_once_and_how_it_ended() -> None:
    hosts = lock_hosts(2)
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
    (host,) = lock_hosts(1)
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
    stale, fresh = lock_hosts(2)
    for host in (stale, fresh):
        host.ask("acquire", "TWO")
    stale.seconds = 61
    for hosts in ((stale, fresh), (fresh, stale)):
        (one,) = lock_operations([host.look() for host in hosts])
        assert one["outcome"] == "running"


@pytest.mark.parametrize("other", [None, 7, ["text"], [{}], [{"item": "a", "held": True}]])
def test_what_is_no_result_is_refused(other: Any) -> None:
    with pytest.raises(AnsibleFilterError, match=r"stemedb\.cluster\.lock_operations: the input"):
        lock_operations(other)
