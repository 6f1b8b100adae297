"""What works with what a gateway tells, and the reason where it does not."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import (
    Health,
    Node,
    Replica,
    Shard,
    Status,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._contract_check.abilities import (
    NO_SHARDS,
    Told,
    abilities,
)

NODES = (Node("a", "h:1", "Alive", 1), Node("b", "h:2", "Dead", 1))
SHARDS = (Shard(0, "a", ("a", "b"), 10), Shard(1, None, ("a",), 10))
DETAIL = Shard(0, "a", ("a", "b"), 10, (Replica("a", "leader", 10), Replica("b", "follower", 0)))
STATUS = Status("prod", "degraded", 2, 2, 3, 41, NODES)
ALL = Told(Health(503, "unhealthy"), STATUS, NODES, SHARDS, DETAIL)

READING = {
    "stemedb_node_info",
    "stemedb_node_info shard_details",
    "stemedb_shard_info",
    "stemedb_shard_info leaderless",
    "stemedb_shard_info under_replicated",
    "stemedb_shard_info replicas",
    "lookup and inventory",
}
GATES = {one.name for one in abilities(ALL) if one.name.startswith(("wait", "guard"))}
EVERYTHING = {one.name for one in abilities(ALL)}


def broken(told: Told) -> set[str]:
    return {one.name for one in abilities(told) if one.works is False}


def test_a_cluster_that_is_unwell_and_says_so_is_understood_whole() -> None:
    assert [one for one in abilities(ALL) if not one.works] == []


@pytest.mark.parametrize(
    ("lacking", "names"),
    [
        ({"health": None}, {"stemedb_cluster_info", *GATES}),
        ({"status": None}, EVERYTHING),
        ({"nodes": None}, EVERYTHING),
        ({"ranges": None}, EVERYTHING),
        (
            {"shard": None},
            {
                "stemedb_node_info shard_details",
                "stemedb_shard_info replicas",
                "wait node_replicated",
                "wait replicas_complete",
                "guard before a stop",
            },
        ),
    ],
)
def test_a_call_that_is_not_understood(lacking: dict[str, Any], names: set[str]) -> None:
    (call,) = lacking
    field = {"ranges": "shards", "shard": "detail"}.get(call, call)
    told = ALL._replace(**{field: None}, lost=(call,))
    assert broken(told) == names
    for one in abilities(told):
        assert one.works or f"not understood: {call}" in one.reason


@pytest.mark.parametrize(
    ("changes", "names", "reason"),
    [
        (
            {"status": STATUS._replace(replication_factor=None)},
            {
                "stemedb_shard_info under_replicated",
                "wait healthy",
                "wait fully_replicated",
                "guard before a stop",
            },
            "the replication factor is not told",
        ),
        (
            {"shards": tuple(shard._replace(leader_node=None) for shard in SHARDS)},
            {
                "stemedb_shard_info leaderless",
                "wait healthy",
                "wait leaders_elected",
                "guard before a stop",
            },
            "no shard names its leader",
        ),
        (
            {"shards": (SHARDS[0], SHARDS[1]._replace(replica_nodes=None))},
            {
                "stemedb_shard_info under_replicated",
                "wait healthy",
                "wait node_has_shards",
                "wait node_replicated",
                "wait replicas_complete",
                "wait fully_replicated",
                "wait shards_settled",
                "wait views_agree",
                "guard before a stop",
            },
            "1 shards do not say where their replicas are",
        ),
        (
            {"detail": DETAIL._replace(replicas=(Replica("a", None, 10), Replica("b")))},
            {
                "stemedb_node_info shard_details",
                "wait node_replicated",
                "wait replicas_complete",
                "guard before a stop",
            },
            "the sizes of single replicas are not told",
        ),
        (
            {"detail": DETAIL._replace(leader_node=None, replicas=(Replica("a", None, 1),))},
            {
                "stemedb_node_info shard_details",
                "wait node_replicated",
                "wait replicas_complete",
                "guard before a stop",
            },
            "the size of a shard's leader is not told",
        ),
        (
            {"detail": DETAIL._replace(replicas=None)},
            {
                "stemedb_node_info shard_details",
                "stemedb_shard_info replicas",
                "wait node_replicated",
                "wait replicas_complete",
                "guard before a stop",
            },
            "a shard does not list its replicas",
        ),
        (
            {"status": STATUS._replace(node_count=None)},
            GATES,
            "the gateway does not say its node_count",
        ),
        (
            {"status": STATUS._replace(shard_count=7)},
            GATES,
            "the gateway lists 2 shards, but shard_count is 7",
        ),
        (
            {"nodes": (NODES[0], Node("b"))},
            GATES,
            "the gateway does not say the state of node b",
        ),
    ],
)
def test_a_field_that_is_missing(changes: dict[str, Any], names: set[str], reason: str) -> None:
    told = ALL._replace(**changes)
    assert broken(told) == names
    assert {one.reason for one in abilities(told) if one.works is False} == {reason}


def test_of_an_empty_cluster_much_is_not_known_and_nothing_fails() -> None:
    status = STATUS._replace(shard_count=0)
    found = abilities(Told(Health(200), status, NODES, (), None))
    assert [one.name for one in found if one.works is False] == []
    unknown = {one.name for one in found if one.works is None}
    assert {"wait healthy", "wait node_replicated", "stemedb_shard_info replicas"} <= unknown
    assert {one.reason for one in found if one.works is None} == {NO_SHARDS}
    assert {one.name for one in found if one.works} == {
        "stemedb_cluster_info",
        "stemedb_node_info",
        "stemedb_shard_info",
        "lookup and inventory",
        "wait node_alive",
        "wait node_dead",
    }
