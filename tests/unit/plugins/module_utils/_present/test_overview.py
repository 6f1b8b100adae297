"""A whole cluster as one screen wants it."""

from __future__ import annotations

from ansible_collections.stemedb.cluster.plugins.module_utils._present.overview import (
    MOST_SHARDS,
    overview,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._present.shards import shards
from ansible_collections.stemedb.cluster.tests.unit.support.builders import (
    OTHER_URL,
    A,
    B,
    C,
    cluster,
    nodes,
    observed,
    shard,
    view,
    without_nodes,
    without_shards,
)


def test_each_node_has_a_short_row() -> None:
    held = [shard(number, A) for number in range(3)] + [shard(7, B, (A, B))]
    found = overview(cluster(shards=held))["nodes"]
    assert [node["node_id"] for node in found] == [A, B, C]
    assert found[0] == {
        "node_id": A,
        "address": "10.0.0.1:18182",
        "state": "Alive",
        "shards": "0-2,7",
        "leader_shards": 3,
        "follower_shards": 1,
    }
    assert (found[2]["shards"], found[2]["leader_shards"]) == ("0-2", 0)


def test_it_stays_small_whatever_a_node_holds() -> None:
    (first, *_others) = overview(cluster(shards=[shard(n * 2) for n in range(1000)]))["nodes"]
    assert len(first["shards"]) < 50
    assert first["shards"].endswith("(1000)")


def test_where_replicas_are_not_told_nothing_is_made_up() -> None:
    (first, *_others) = overview(cluster(shards=[shard(0, A, None)]))["nodes"]
    assert (first["shards"], first["leader_shards"], first["follower_shards"]) == (None, 1, None)


def test_without_a_list_of_nodes_there_is_no_row_and_no_error() -> None:
    assert overview(observed(without_nodes(view())))["nodes"] is None
    assert overview(observed(view(), without_nodes(view(url=OTHER_URL))))["nodes"] is None


def test_without_a_list_of_shards_what_nodes_hold_is_unknown() -> None:
    found = overview(observed(without_shards(view())))
    assert [node["shards"] for node in found["nodes"]] == [None] * 3
    assert (found["unwell_shards"], found["unwell_shard_count"]) == ([], 0)


def test_shards_that_are_not_well_are_shown_as_everywhere() -> None:
    told = [shard(3, None), shard(2), shard(1, C), shard(0, A, (A, C))]
    snapshot = cluster(members=nodes(c="Dead"), shards=told, factor=2)
    found = overview(snapshot)
    assert [row["shard_id"] for row in found["unwell_shards"]] == [0, 1, 3]
    assert found["unwell_shards"] == shards(snapshot, only=[0, 1, 3])
    assert found["unwell_shard_count"] == 3


def test_a_shard_is_not_well_where_one_view_sees_it_so() -> None:
    worse = view(shards=[shard(0, None), shard(1, B)], url=OTHER_URL)
    found = overview(observed(view(), worse))
    assert [row["shard_id"] for row in found["unwell_shards"]] == [0]


def test_shards_that_are_too_many_are_counted() -> None:
    found = overview(cluster(shards=[shard(number, None) for number in range(MOST_SHARDS + 3)]))
    assert [row["shard_id"] for row in found["unwell_shards"]] == list(range(MOST_SHARDS))
    assert found["unwell_shard_count"] == MOST_SHARDS + 3
