"""Shards as they are documented: unknown is null, and what cannot be answered an error."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import (
    Replica,
    Shard,
    Snapshot,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._present import shards as present
from ansible_collections.stemedb.cluster.tests.unit.support.builders import (
    OTHER_URL,
    URL,
    A,
    B,
    C,
    D,
    cluster,
    detail,
    nodes,
    observed,
    shard,
    view,
    without_nodes,
    without_shards,
)
from ansible_collections.stemedb.cluster.tests.unit.support.presented import MIXED, refused


def ids(found: list[dict[str, Any]]) -> list[int]:
    return [one["shard_id"] for one in found]


def test_shards_are_sorted() -> None:
    found = present.shards(MIXED)
    assert ids(found) == [0, 3, 5, 7]
    assert found[0] == {
        "shard_id": 0,
        "leader_node": A,
        "replica_nodes": [A, B, D],
        "size_bytes": 0,
        "live_replicas": 2,
    }
    assert (found[1]["leader_node"], found[1]["size_bytes"]) == (None, None)


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({"only": [7, 0, 7]}, [0, 7]),
        ({"node": C}, [3, 5, 7]),
        ({"node": D}, [0, 5]),
        ({"leaderless": True}, [3, 5]),
        ({"under_replicated": True}, [0, 3]),
        ({"leaderless": True, "under_replicated": True}, [3]),
        ({"only": [5, 7], "leaderless": True}, [5]),
        ({"node": A, "under_replicated": True}, [0]),
        ({"only": [7], "leaderless": True}, []),
    ],
)
def test_filters_choose_shards(options: dict[str, Any], found: list[int]) -> None:
    assert ids(present.shards(MIXED, **options)) == found


def test_a_shard_that_is_not_there_is_not_found_and_named() -> None:
    message = refused("not_found", present.shards, MIXED, only=[0, 98, 99])
    assert "98, 99" in message
    assert "among its 4" in message


def test_a_node_that_names_nobody_is_an_error() -> None:
    refused("not_found", present.shards, MIXED, node="ffffffff")
    twins = cluster(members=nodes("a3f2-one", "a3f2-two"))
    refused("config", present.shards, twins, node="a3f2")


@pytest.mark.parametrize(
    ("snapshot", "options", "text"),
    [
        (observed(without_shards(view())), {}, "no shard list"),
        (observed(view(), without_shards(view(url=OTHER_URL))), {}, "no shard list"),
        (observed(without_nodes(view())), {"node": A}, "no node list"),
        (observed(without_nodes(view())), {"leaderless": True}, "no node list"),
        (observed(without_nodes(view())), {"under_replicated": True}, "no node list"),
        (cluster(factor=None), {"under_replicated": True}, "replication factor"),
        (cluster(factor=0), {"under_replicated": True}, "replication factor"),
        (cluster(shards=[shard(0, A, None)]), {"under_replicated": True}, "replicas of every"),
        (cluster(shards=[shard(0, A, None)]), {"node": B}, "replicas of every"),
    ],
)
def test_a_question_that_cannot_be_answered_is_an_error(
    snapshot: Snapshot, options: dict[str, Any], text: str
) -> None:
    message = refused("protocol", present.shards, snapshot, **options)
    assert text in message
    assert URL in message


def test_what_is_unknown_of_a_shard_is_null() -> None:
    (found,) = present.shards(cluster(shards=[shard(0, A, None, None)]))
    assert (found["replica_nodes"], found["live_replicas"], found["size_bytes"]) == (
        None,
        None,
        None,
    )
    (lost,) = present.shards(observed(without_nodes(view(shards=[shard(0)]))))
    assert lost["live_replicas"] is None
    (led,) = present.shards(cluster(shards=[shard(0, A, None)]), node=A)
    assert led["leader_node"] == A


# --- replicas and details ------------------------------------------------------------------------


def test_replicas_of_a_shard() -> None:
    asked = detail(5, A, a=100, b=None, d=7)
    assert present.replicas(asked, MIXED) == [
        {"node_id": A, "role": "leader", "state": "Alive", "size_bytes": 100},
        {"node_id": B, "role": "follower", "state": "Alive", "size_bytes": None},
        {"node_id": D, "role": "follower", "state": "Dead", "size_bytes": 7},
    ]
    assert present.replicas(shard(5), MIXED) is None


def test_only_one_leads_and_unlisted_nodes_are_in_no_state() -> None:
    claims = (Replica(A, "leader", 1), Replica("gone", "follower", 2), Replica(B, None, 3))
    found = present.replicas(Shard(5, B, None, None, claims), MIXED)
    assert found is not None
    assert [one["role"] for one in found] == ["follower", "follower", "leader"]
    assert found[1]["state"] is None
    found = present.replicas(Shard(5, None, None, None, claims), MIXED)
    assert found is not None
    assert [one["role"] for one in found] == ["leader", "follower", "follower"]
