"""Which steps are told of, and what they waited for."""

from __future__ import annotations

from typing import Any

from ansible_collections.stemedb.cluster.plugins.plugin_utils._timeline.steps import (
    MOST_REASONS,
    most_telling,
    reasons,
)


def step(name: str, seconds: float = 1.0, kind: str = "change", outcome: str = "ok") -> Any:
    return {"name": name, "seconds": seconds, "kind": kind, "outcome": outcome}


def entry(elapsed: float, *things: tuple[str, str, str]) -> dict[str, Any]:
    keys = ("condition", "subject", "reason")
    return {"elapsed": elapsed, "waiting_for": [dict(zip(keys, thing)) for thing in things]}


def test_failures_then_waits_then_the_longest_in_their_order() -> None:
    steps = [
        step("short"),
        step("long", 9.0),
        step("wait", 0.5, "wait"),
        step("bad", 0.1, "task", "failed"),
    ]
    assert [s["name"] for s in most_telling(steps, 3)] == ["long", "wait", "bad"]
    assert [s["name"] for s in most_telling(steps, 1)] == ["bad"]
    assert most_telling(steps, 4) == steps


def test_a_reason_counts_until_the_next_sample_and_is_told_as_it_was_last() -> None:
    found = reasons(
        [
            entry(0.0, ("node_alive", "b", "is Suspect")),
            entry(4.0, ("node_alive", "b", "is Dead"), ("healthy", "cluster", "is not")),
            entry(6.0),
        ]
    )
    assert found == [
        {"condition": "node_alive", "subject": "b", "reason": "is Dead", "seconds": 6.0},
        {"condition": "healthy", "subject": "cluster", "reason": "is not", "seconds": 2.0},
    ]


def test_there_are_not_too_many_reasons() -> None:
    things = [("leaders_elected", f"shard {n}", "has no leader") for n in range(20)]
    assert len(reasons([entry(0.0, *things), entry(1.0)])) == MOST_REASONS
