"""Filters of `stop.py`, around `_stop`, which has its own tests."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.stemedb.cluster.plugins.filter.stop import (
    impact_verdict,
    stop_refusal,
)

BLOCKER = {"kind": "no_shards", "subject": "cluster", "detail": "lists no shards"}

UNSAFE = {"safe": False, "blockers": [BLOCKER], "shards": [], "alive_after": 3}


def test_one_kind_may_be_given_without_a_list() -> None:
    assert impact_verdict(UNSAFE)["passed"] is False
    assert impact_verdict(UNSAFE, "no_shards")["passed"] is True
    assert impact_verdict(UNSAFE, ["no_shards"])["passed"] is True


@pytest.mark.parametrize(
    "told",
    [
        None,
        [],
        {},
        {"skipped": True},
        {**UNSAFE, "blockers": None},
        {**UNSAFE, "blockers": []},
        {**UNSAFE, "safe": True},
        {**UNSAFE, "safe": None},
        {**UNSAFE, "blockers": [{}]},
    ],
)
def test_what_is_no_answer_of_the_guard_passes_nothing(told: Any) -> None:
    with pytest.raises(AnsibleFilterError, match=r"stemedb\.cluster\.impact_verdict: the input"):
        impact_verdict(told, ["no_shards"])


def test_a_stop_wants_the_guards_answer_and_the_lock_of_now() -> None:
    judged = {"plan": {"passed": True, "node_id": "a", "permanent": False}, "at": 990.0}
    told: dict[str, Any] = {"host": "n", "node_id": "a", "permanent": False, "hosts": ["n"]}
    holds = {"item": "n", "held": True, "holder": None, "hosts": ["n"], "run_id": "r"}
    renewed = {"results": [{**holds, "asked_at": 980.0}]}
    assert stop_refusal(judged, renewed, now=1000.0, **told) == ""
    assert "the guard has not allowed" in stop_refusal({}, renewed, now=1000.0, **told)
    old = {"results": [{**holds, "asked_at": 900.0}]}
    assert "not renewed within the last 60" in stop_refusal(judged, old, now=1000.0, **told)
    assert "lost the cluster lock" in stop_refusal(judged, {}, now=1000.0, **told)
    # Where nothing is stopped, no lock is taken. The guard is asked all the same.
    assert stop_refusal(judged, {}, now=1000.0, locked=False, **told) == ""
    assert "the guard has not" in stop_refusal({}, renewed, now=1000.0, locked=False, **told)
