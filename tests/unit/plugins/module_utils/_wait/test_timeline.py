"""What a wait saw of the cluster: changes of states and leaders, the worst shard, and bounds."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import (
    ALIVE,
    DEAD,
    Node,
    Snapshot,
    View,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.predicates import (
    FIRST_SAMPLE,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.readings import (
    Condition,
    Memory,
    Numbers,
    Plan,
    Unmet,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.sample import Sample, read
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.timeline import (
    FIRST_NODES,
    MOST_ENTRIES,
    MOST_NODES,
    Timeline,
    fewest_good,
)
from ansible_collections.stemedb.cluster.tests.unit.support.builders import (
    A,
    B,
    C,
    D,
    cluster,
    detail,
    nodes,
    shard,
    view,
)
from ansible_collections.stemedb.cluster.tests.unit.support.waiting import DAWN


def untold(**facts: Any) -> View:
    """A view whose status lacks something."""
    whole = view()
    return View(whole.url, whole.status._replace(**facts), whole.shards, whole.health)


PLAN = Plan((Condition("healthy", True),))


def taken(snapshot: Snapshot | None, unmet: tuple[Unmet, ...] = (), **more: Any) -> Sample:
    return Sample(unmet, more.get("numbers", ()), (), snapshot, Memory(), None)


def noted(*snapshots: Snapshot | None, stage: str = "") -> list[dict[str, Any]]:
    """One sample every two seconds."""
    timeline = Timeline()
    for place, snapshot in enumerate(snapshots):
        timeline.add(DAWN + 2 * place, 2.0 * place, stage, taken(snapshot))
    return timeline.entries()


def test_what_was_waited_for_is_not_that_the_first_sample_is_one() -> None:
    first = Unmet("shards_settled", "cluster", FIRST_SAMPLE)
    other = Unmet("node_alive", "b", "is Suspect")
    timeline = Timeline()
    timeline.add(DAWN, 0.0, "", taken(cluster(), (first, other)))
    (entry,) = timeline.entries()
    assert [thing["reason"] for thing in entry["waiting_for"]] == ["is Suspect"]
    assert (entry["good"], entry["unmet_count"]) == (False, 2)


def many(count: int, *dead: int) -> Snapshot:
    members = [Node(f"node-{n:04}", "", DEAD if n in dead else ALIVE) for n in range(count)]
    return cluster(members=members, shards=[shard(0, members[0].node_id, ["node-0000"])])


def test_the_first_sample_has_every_node_and_later_ones_what_changed() -> None:
    still = cluster()
    down = cluster(members=nodes(A, B, C, b="Suspect"), shards=[shard(0, C, (A, C))])
    first, second, third = noted(still, still, down)
    assert first["states"] == {A: ALIVE, B: ALIVE, C: ALIVE}
    assert sum(first["leaders"].values()) == len(still.shards)
    assert (second["states"], second["leaders"]) == ({}, {})
    assert third["states"] == {B: "Suspect"}
    assert third["leaders"][C] == 1


def test_a_node_that_is_gone_and_one_that_is_new() -> None:
    before = cluster(members=nodes(A, B, C))
    after = cluster(members=nodes(A, B, D))
    _first, second = noted(before, after)
    assert second["states"] == {C: "not listed", D: ALIVE}


def test_nobody_answered() -> None:
    first, second, third = noted(cluster(), None, cluster())
    assert [entry["answered"] for entry in (first, second, third)] == [True, False, True]
    assert (second["states"], second["fewest_good_replicas"], second["node_count"]) == (
        {},
        None,
        None,
    )
    assert third["states"] == {}


def test_what_was_waited_for() -> None:
    bad = cluster(members=nodes(A, B, C, b="Suspect"))
    timeline = Timeline()
    timeline.add(DAWN, 1.23456, "Healthy", read(PLAN, bad, Memory()))
    numbers = (Numbers("a", "x", "y", 1, 2), Numbers("b", "x", "y", 1, 2, 10, 30))
    timeline.add(DAWN + 2, 3.0, "Healthy", taken(cluster(), numbers=numbers))
    first, second = timeline.entries()
    assert (first["time"], first["elapsed"], first["stage"], first["good"]) == (
        "2026-11-23T03:12:45Z",
        1.235,
        "Healthy",
        False,
    )
    assert first["unmet_count"] >= len(first["waiting_for"]) > 0
    assert set(first["waiting_for"][0]) == {"condition", "subject", "reason"}
    assert (first["bytes_have"], first["bytes_goal"]) == (None, None)
    assert (second["bytes_have"], second["bytes_goal"]) == (10, 30)
    assert (second["good"], second["waiting_for"]) == (True, [])


@pytest.mark.parametrize(
    ("snapshot", "done", "expected"),
    [
        (cluster(shards=[shard(4), shard(7, A, (A, B))]), [], (2, 7)),
        (cluster(members=nodes(A, B, C, b="Dead"), shards=[shard(4)]), [], (2, 4)),
        (cluster(shards=[shard(4), shard(5, A, None)]), [], (None, None)),
        (Snapshot((untold(nodes=None),)), [], (None, None)),
        (Snapshot((view(), untold(nodes=None))), [], (None, None)),
    ],
)
def test_the_good_replicas_of_the_worst_shard(
    snapshot: Snapshot, done: list[tuple[int, str]], expected: tuple[int | None, int | None]
) -> None:
    assert fewest_good(snapshot, frozenset(done)) == expected


def test_a_replica_whose_size_was_asked_for_has_to_be_complete() -> None:
    snapshot = cluster(shards=[shard(4)], details=[detail(4, A, a=100, b=100, c=10)])
    assert fewest_good(snapshot, frozenset({(4, A), (4, B)})) == (2, 4)
    assert fewest_good(snapshot, frozenset({(4, A), (4, B), (4, C)})) == (3, 4)


def test_a_large_cluster_follows_a_node_as_soon_as_it_is_not_alive() -> None:
    first, second, third = noted(many(1000), many(1000), many(1000, 999))
    assert len(first["states"]) == len(first["leaders"]) == FIRST_NODES
    assert first["node_count"] == 1000
    assert (second["states"], second["leaders"]) == ({}, {})
    assert third["states"] == {"node-0999": DEAD}
    (only,) = noted(many(1000, 999))
    assert only["states"]["node-0999"] == DEAD


def test_no_more_nodes_are_followed_than_there_is_room_for() -> None:
    entries = noted(*(many(1000, n) for n in range(900, 999)))
    assert len({node for entry in entries for node in entry["states"]}) == MOST_NODES


def test_nodes_in_trouble_take_the_room_first() -> None:
    (first,) = noted(many(1000, *range(700, 1000)))
    assert first["states"] == {f"node-{n:04}": DEAD for n in range(700, 1000)}
    assert first["unfollowed"] == 0
    (small,) = noted(many(MOST_NODES))
    assert len(small["states"]) == MOST_NODES


def test_what_had_no_room_is_counted() -> None:
    half = range(0, 1000, 2)
    first, second, third = noted(many(1000), many(1000, *half), many(1000))
    assert (first["unfollowed"], third["unfollowed"]) == (0, 0)
    followed = [node for node, state in second["states"].items() if state == DEAD]
    assert len(followed) == FIRST_NODES // 2 + MOST_NODES - FIRST_NODES
    assert second["unfollowed"] == len(half) - len(followed)


def test_a_node_that_was_not_followed_and_is_gone_is_told_of() -> None:
    _first, second = noted(many(1000), many(999))
    assert second["states"] == {"node-0999": "not listed"}
    _first, second = noted(many(1000), many(900))
    assert (len(second["states"]), second["unfollowed"]) == (50, 50)


def test_a_sample_with_more_that_is_not_followed_stays() -> None:
    still, worse = many(1000, *range(400)), many(1000, *range(450))
    entries = noted(*[still] * 500, worse, *[still] * 500)
    assert len(entries) <= MOST_ENTRIES
    assert max(entry["unfollowed"] for entry in entries) == 150
    turns = noted(*[still, worse] * 300, *[still] * 20)
    assert entries[-1]["unfollowed"] == 100
    assert turns[0]["unfollowed"] == 150, "folded"


def test_a_long_wait_keeps_each_change_and_the_last_sample() -> None:
    still, down = cluster(), cluster(members=nodes(A, B, C, b="Suspect"))
    entries = noted(*[still] * 1000, down, still, *[still] * 1000)
    assert len(entries) <= MOST_ENTRIES
    assert entries[-1]["elapsed"] == 2.0 * 2001
    assert [e["elapsed"] for e in entries if e["states"]] == [0.0, 2000.0, 2002.0]
    gaps = [b["elapsed"] - a["elapsed"] for a, b in zip(entries, entries[1:])]
    assert max(gaps) < 2.0 * 2001 / 20, "no part of it is lost"


def test_too_many_changes_are_folded_from_the_oldest_on() -> None:
    still, down = cluster(), cluster(members=nodes(A, B, C, b="Suspect"))
    entries = noted(*[still, down] * 400)
    assert len(entries) == MOST_ENTRIES
    assert set(entries[0]["states"]) == {A, B, C}
    assert len(json.dumps(entries)) < 200_000


def test_stages_begin_an_entry_of_their_own() -> None:
    timeline = Timeline()
    for place in range(600):
        timeline.add(DAWN + place, float(place), f"stage {place // 200}", taken(cluster()))
    began: dict[str, float] = {}
    for entry in timeline.entries():
        began.setdefault(entry["stage"], entry["elapsed"])
    assert began == {"stage 0": 0.0, "stage 1": 200.0, "stage 2": 400.0}
