"""What an operation did to a cluster: its goals, what is worse, how long it took."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.plugin_utils._operation.goals import (
    add_goals,
    bootstrap_goals,
    regressions,
    timeline,
)

NEW = "new"


def reading(
    states: dict[str, str | None] | None = None,
    shards: dict[int, int | None] | None = None,
    **cluster: Any,
) -> dict[str, Any]:
    """A reading as the info modules give it: states by node, live replicas by shard."""
    return {
        "cluster": {
            "healthy": True,
            "views_agree": True,
            "replication_factor": 3,
            "leaderless_shards": [],
            **cluster,
        },
        "nodes": [
            {"node_id": node_id, "state": state}
            for node_id, state in (states or {"a": "Alive", "b": "Alive", "c": "Alive"}).items()
        ],
        "shards": [
            {"shard_id": shard_id, "live_replicas": live}
            for shard_id, live in (shards or {0: 3, 1: 3}).items()
        ],
    }


ALWAYS = [
    {"node_alive": NEW},
    {"node_replicated": NEW},
    {"replicas_complete": True},
    {"leaders_elected": True},
    {"views_agree": True},
    {"shards_settled": True},
]
DOWN: dict[str, str | None] = {"a": "Alive", "b": "Alive", "c": "Dead"}


@pytest.mark.parametrize(
    ("before", "last"),
    [
        (reading(), [{"healthy": True}]),
        # A Dead node that holds nothing is no reason not to be healthy.
        (reading(DOWN), [{"healthy": True}]),
        # Unhealthy, yet nobody is down: nothing stands in the way of health.
        (reading(healthy=False), [{"healthy": True}]),
        (reading(healthy=None), [{"healthy": True}]),
        # With the new one there are as many as the factor wants.
        (reading(DOWN, healthy=False), [{"fully_replicated": True}]),
        (reading(DOWN, healthy=None), [{"fully_replicated": True}]),
        # There are not, or it is not known how many are wanted: no more can be asked for.
        (reading({"a": "Alive", "b": "Dead", "c": "Dead"}, healthy=False), []),
        (reading(DOWN, healthy=False, replication_factor=None), []),
        # Listed already, from an earlier run: it counts once, as one that will be Alive.
        (reading({**DOWN, NEW: "Dead"}, healthy=False), [{"fully_replicated": True}]),
        (
            reading({"a": "Alive", "b": "Dead", NEW: "Alive"}, healthy=False),
            [],
        ),
        (reading({"a": "Alive", "b": "Alive", NEW: "Dead"}, healthy=False), [{"healthy": True}]),
    ],
)
def test_the_goals_fit_what_can_be_had(before: dict[str, Any], last: list[Any]) -> None:
    assert add_goals(before, NEW) == ALWAYS + last


def test_the_dead_one_that_is_replaced_stands_in_no_way_of_health() -> None:
    before = reading(DOWN, healthy=False)
    assert {"healthy": True} not in add_goals(before, NEW)
    assert add_goals(before, NEW, replaces="c") == [*ALWAYS, {"healthy": True}]


def test_a_bootstrap_wants_every_member() -> None:
    assert bootstrap_goals(["a", "b"]) == [
        {"node_alive": "a"},
        {"node_alive": "b"},
        {"healthy": True},
        {"replicas_complete": True},
        {"shards_settled": True},
    ]


def test_the_same_is_no_worse() -> None:
    assert regressions(reading(), reading()) == []


def test_better_is_no_worse() -> None:
    before = reading(DOWN, {0: 2, 1: 2}, healthy=False, views_agree=False, leaderless_shards=[1])
    assert regressions(before, reading()) == []


def test_what_was_bad_before_is_no_worse() -> None:
    bad = reading(DOWN, {0: 1, 1: None}, healthy=False, views_agree=None, leaderless_shards=[1])
    # Only what is not known now cannot be called as good as before.
    assert regressions(bad, bad) == ["how many live replicas shard 1 has is not known now"]


@pytest.mark.parametrize("now", [False, None])
def test_health_that_is_gone(now: bool | None) -> None:
    assert regressions(reading(), reading(healthy=now)) == [
        "the cluster was healthy before and is not now"
    ]


@pytest.mark.parametrize("now", [False, None])
def test_views_that_no_longer_agree(now: bool | None) -> None:
    assert regressions(reading(), reading(views_agree=now)) == [
        "the observers agreed before and do not now"
    ]


@pytest.mark.parametrize(
    ("states", "word"),
    [
        (DOWN, "Dead"),
        ({**DOWN, "c": "Suspect"}, "Suspect"),
        ({**DOWN, "c": None}, "unknown"),
        ({"a": "Alive", "b": "Alive"}, "not listed"),
    ],
)
def test_a_node_that_is_no_longer_alive(states: dict[str, str | None], word: str) -> None:
    assert regressions(reading(), reading(states)) == [f"node c was Alive before and is {word} now"]


def test_a_node_that_was_not_alive_before_may_be_gone() -> None:
    assert regressions(reading(DOWN), reading({"a": "Alive", "b": "Alive"})) == []


@pytest.mark.parametrize(
    ("was", "now", "found"),
    [
        ([], [4], ["shard 4 is leaderless, and was not before"]),
        ([4], [4, 5], ["shard 5 is leaderless, and was not before"]),
        (None, [4], ["shard 4 is leaderless, and was not before"]),
        ([4], None, ["whether shards are leaderless is not known now"]),
        ([4], [], []),
    ],
)
def test_shards_that_lost_their_leader(was: Any, now: Any, found: list[str]) -> None:
    before, after = reading(leaderless_shards=was), reading(leaderless_shards=now)
    assert regressions(before, after) == found


@pytest.mark.parametrize(
    ("factor", "had", "has", "found"),
    [
        (3, 3, 2, ["shard 0 has 2 live replicas, it had 3 before"]),
        (3, 2, 2, []),
        (3, None, 2, []),
        (3, 3, None, ["how many live replicas shard 0 has is not known now"]),
        # While shards move, one has a replica too many; that it goes is no loss.
        (3, 4, 3, []),
        # Unless nobody knows how many are enough.
        (None, 4, 3, ["shard 0 has 3 live replicas, it had 4 before"]),
    ],
)
def test_shards_that_lost_replicas(
    factor: int | None, had: int | None, has: int | None, found: list[str]
) -> None:
    before = reading(shards={0: had}, replication_factor=factor)
    after = reading(shards={0: has}, replication_factor=factor)
    assert regressions(before, after) == found


def test_shards_come_and_go() -> None:
    assert regressions(reading(shards={0: 3, 1: 3}), reading(shards={0: 3, 7: 1})) == []


def test_a_timeline_puts_times_beside_the_guides() -> None:
    steps: list[dict[str, Any]] = [
        {"name": "Alive", "seconds": 3.4, "guide": ""},
        {"name": "Shards assigned", "seconds": 41.6, "guide": "30-60 s"},
        {"name": "Log", "seconds": None, "guide": None},
    ]
    assert timeline(steps) == [
        "Alive             3 s",
        "Shards assigned  42 s  (guide: 30-60 s)",
        "Log                 -",
    ]


def test_a_timeline_knows_the_guides_times_and_counts_from_before_the_wait() -> None:
    stage = {"name": "Dead or gone in every view", "seconds": 4.0, "elapsed": 4.0}
    assert timeline([stage], 30) == ["Dead or gone in every view  34 s  (guide: 30-60 s)"]
    assert timeline([stage], None) == ["Dead or gone in every view  -  (guide: 30-60 s)"]


def test_a_timeline_of_nothing() -> None:
    assert timeline([]) == []
