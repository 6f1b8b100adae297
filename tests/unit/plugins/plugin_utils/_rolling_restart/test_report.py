"""What an operator reads of a rolling restart."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.plugin_utils._rolling_restart.report import (
    after_lines,
    next_steps,
    plan_lines,
    times,
    versions,
)


def target(host: str, **more: Any) -> dict[str, Any]:
    told = {"host": host, "index": 1, "action": "restart", "leads": 2, "zone": None}
    return {**told, "why": ["started 2026-11-28T02:36:40Z"], **more}


def plan(**more: Any) -> dict[str, Any]:
    began: dict[str, Any] = {"since": 1795838400.0, "resumes": None, "hosts": []}
    told = {"mode": "restart", "began": began, "targets": [target("node-01")], "done": []}
    return {**told, "accepted": [], "blockers": [], **more}


def test_the_plan_says_who_and_why_in_order() -> None:
    done = [{"host": "node-02", "why": "started 2026-11-28T04:00:00Z"}]
    lines = plan_lines(
        plan(
            targets=[target("node-01", zone="a"), target("n", leads=None, why=["unit"])], done=done
        ),
        True,
    )
    assert lines == [
        "",
        "Rolling restart, mode restart: 2 nodes to restart, 1 already done.",
        "Would be restarted, one after the other:",
        "    1  node-01  restart  (leads 2 shards, zone a): started 2026-11-28T02:36:40Z",
        "    1  n        restart  (leads an unknown number of shards): unit",
        "Already done, and left alone:",
        "  node-02: started 2026-11-28T04:00:00Z",
    ]


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        ("failed", "failed at node-03"),
        ("stopped", "was ended early"),
        ("abandoned", "did not finish"),
    ],
)
def test_the_plan_says_what_it_goes_on_with(outcome: str, words: str) -> None:
    began = {
        "since": 1795838400.0,
        "resumes": {"outcome": outcome, "target": "node-03 (3 of 4)"},
        "hosts": ["node-03"],
    }
    (line,) = (one for one in plan_lines(plan(began=began), False) if "resumes" in one)
    assert words in line
    assert "since 2026-11-28T04:00:00Z count as done" in line
    assert "-e stemedb_rolling_restart_since=now starts from the beginning" in line


def test_the_plan_says_what_is_refused_and_accepted() -> None:
    blocker = {"kind": "not_healthy", "subject": "cluster", "detail": "is not healthy"}
    lines = plan_lines(plan(blockers=[blocker], accepted=[{**blocker, "kind": "x"}]), False)
    assert lines[-4:] == [
        "Accepted by name:",
        "  x: cluster: is not healthy",
        "Blocked by:",
        "  not_healthy: cluster: is not healthy",
    ]


def version(sha: str, **more: Any) -> dict[str, Any]:
    return {
        "binary": {"sha256": sha * 20, "version": f"stemedb {sha}"},
        "service": {"running": True, "started_at": 100.0},
        "files": [{"mtime": 10.0}, {"mtime": 50.0}],
        "clock": 200.0,
        **more,
    }


def test_one_version_is_said_and_mixed_ones_with_their_hosts() -> None:
    assert versions({"a": version("1"), "b": version("1")}) == [
        "Versions:",
        "  stemedb 1 (111111111111): a, b",
    ]
    looks = {
        "a": version("1"),
        "b": version("2"),
        "c": version("2"),
        "d": version("2", files=[{"mtime": 150.0}]),
        "e": version("2", service={"running": False, "started_at": None}),
        "f": {},
    }
    assert (
        versions(looks)
        == [
            "Mixed versions (3):",
            "  stemedb 2 (222222222222): b, c",
            "  nothing runs; stemedb 2 (222222222222) is installed: e",
            "  stemedb 1 (111111111111): a",
            "  unknown: f",
            "  what ran before stemedb 2 (222222222222), which is installed: d",
        ]
        or versions(looks)[0] == "Mixed versions (5):"
    )


def test_what_stands_still_or_is_silent_mixes_nothing() -> None:
    stopped = version("2", service={"running": False, "started_at": None})
    assert versions({"a": version("1"), "b": stopped, "c": {}})[0] == "Versions:"


def test_one_that_does_not_tell_its_version_has_the_name_of_its_like() -> None:
    """As where the binary may not be run by who looks."""
    silent = version("1")
    silent["binary"] = {**silent["binary"], "version": None}
    assert versions({"a": version("1"), "b": silent}) == [
        "Versions:",
        "  stemedb 1 (111111111111): a, b",
    ]


def test_of_hosts_that_tell_nothing_there_are_no_versions() -> None:
    assert versions({"a": {}, "b": {"binary": None}}) == []


def result(**more: Any) -> dict[str, Any]:
    return {"state": "done", "stopped": 1.2, "started": 3.4, "alive": 5, "well": 66.6, **more}


def test_times_stand_beside_each_other() -> None:
    lines = times({"node-01": result(), "n": result(stopped="", note="rebalancing began: why")})
    assert lines[1:] == [
        "  Node     stopped  started  Alive  healthy",
        "  node-01      1 s      3 s    5 s     67 s",
        "  n              -      3 s    5 s     67 s  rebalancing began: why",
    ]
    assert times({}) == []


def test_what_is_left_is_told_with_what_goes_on() -> None:
    results = {
        "node-01": result(),
        "node-02": {"state": "left", "why": "stop is there"},
        **{f"node-1{n}": {"state": "left", "why": "stop is there"} for n in range(9)},
    }
    lines = after_lines(results)
    assert "1 node done, no rebalancing was seen at any of them." in lines
    assert lines[-1].startswith("Not done, stop is there: node-02, node-10, ")
    assert after_lines({"n": {"state": "planned"}}, True) == [
        "",
        "Nothing was changed. 1 node would be restarted.",
    ]
    assert " and 2 more. The same command resumes with them" in lines[-1]


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ("checks", "n was not touched"),
        ("Healthy before the stop", "n was not touched"),
        ("stop", "n runs as before, unless a stop is reported above"),
        ("start", "n was stopped, and is not back: its log"),
        ("Alive in every other view", "Node Stuck in Suspect State"),
        ("well", "Shard Rebalancing Not Occurring"),
        ("Healthy, with its replicas", "Shard Rebalancing Not Occurring"),
        ("finish", "Fix the problem named at the top"),
    ],
)
def test_what_to_do_after_a_step_has_failed(step: str, words: str) -> None:
    told = plan(targets=[target("a"), target("n"), target("z")])
    lines = next_steps(step, "n", told, {"a": result(), "n": {"state": "begun"}})
    assert words in lines[0]
    assert "The other nodes are not touched: a done, z not yet." in lines
    assert lines[-1].startswith("Run the same command again once that is fixed")


def test_where_it_was_nobodys_turn_nobody_is_named() -> None:
    assert len(next_steps("Healthy before the stop", "", {}, {})) == 2
