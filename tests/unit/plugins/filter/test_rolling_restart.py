"""Filters of `rolling_restart.py`, around `_rolling_restart`, which has its own tests."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.stemedb.cluster.plugins.filter.rolling_restart import (
    restart_plan,
    restart_report,
    restart_turn,
)

FOUND: dict[str, Any] = {
    "cluster": {"healthy": True},
    "overview": {"nodes": []},
    "observers": [],
}

GONE = {"_stemedb_rolling_restart_problem": "gone"}
TOLD = {"mode": "restart", "gateway_urls": "http://a:1", "min_observers": "2", "now": 5000}
RECORD = [
    {
        "operation": "rolling_restart",
        "outcome": "failed",
        "since": "1970-01-01T01:00:00Z",
        "target": "",
    }
]


def test_a_plan_is_made_and_made_again_from_what_it_began_with() -> None:
    first = restart_plan([], FOUND, {"a": {}}, {**TOLD, "operations": RECORD, "within": 1401})
    assert first["began"]["since"] == 3600
    again = restart_plan(["a"], FOUND, {"a": GONE}, {**TOLD, "began": first["began"]})
    assert again["began"] == first["began"]
    assert [each["kind"] for each in again["blockers"]] == ["unusable_host"]
    anew = restart_plan([], FOUND, {}, {**TOLD, "operations": RECORD, "within": 1399})
    assert anew["began"]["since"] == 5000


def test_what_is_no_mode_or_no_time_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="one of restart, needed, reboot, not 'all'"):
        restart_plan([], FOUND, {}, {**TOLD, "mode": "all"})
    told = {**TOLD, "operations": [], "within": 1, "since": "noon"}
    with pytest.raises(AnsibleFilterError, match="noon"):
        restart_plan([], FOUND, {}, told)
    with pytest.raises(AnsibleFilterError, match="the input is not of the documented form"):
        restart_plan(["a"], FOUND, {}, {**TOLD, "operations": [], "within": 1})


PLAN = {
    "mode": "needed",
    "began": {"resumes": None},
    "targets": [],
    "done": [],
    "accepted": [],
    "blockers": [],
}


def test_each_part_is_made() -> None:
    assert restart_report({}, "versions") == []
    assert restart_report({}, "after") == [
        "",
        "0 nodes done, no rebalancing was seen at any of them.",
    ]
    far = {"index": 1, "of": 3, "seconds": [60.0]}
    assert restart_report(far, "progress") == ["node 1 of 3, about 2 min left"]
    history = [{"time": "04:00", "unmet": ["node_alive: n is Dead at http://a"]}]
    seen = {"node_id": "n", "waits": [{"history": history}], "before": [], "after": []}
    assert restart_report(seen, "rebalanced") == ["the others saw it Dead at 04:00"]
    assert restart_report({**seen, "waits": []}, "rebalanced") == []
    assert "a was not touched" in restart_report(PLAN, "next", step="look", host="a")[0]


def test_what_is_no_part_or_no_input_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="knows versions, after, progress"):
        restart_report(PLAN, "all")
    with pytest.raises(AnsibleFilterError, match="the input is not of the documented form"):
        restart_report({"a": 7}, "after")


def test_a_task_that_was_skipped_gives_no_turn() -> None:
    assert restart_turn("", {"skipped": True}, False)["state"] == "left"
    rechecked: dict[str, Any] = {"plan": {"found": {"targets": [{}], "done": []}}}
    assert restart_turn("", rechecked, False) == {"state": "begun", "why": ""}
