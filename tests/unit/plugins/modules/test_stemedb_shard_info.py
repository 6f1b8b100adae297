"""`stemedb_shard_info`: shards, filters, replicas."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.modules import stemedb_shard_info
from ansible_collections.stemedb.cluster.tests.support.fault_server import (
    FaultServer,
    reply,
)
from ansible_collections.stemedb.cluster.tests.unit.support.served_cluster import (
    RANGES,
    STATUS,
    A,
    B,
    C,
    run_module,
    serve,
    without,
)

Printed = pytest.CaptureFixture[str]


def info(printed: Printed, server: FaultServer, **options: Any) -> dict[str, Any]:
    return run_module(stemedb_shard_info.main, printed, gateway_url=server.url, **options)


def ids(found: dict[str, Any]) -> list[int]:
    return [shard["shard_id"] for shard in found["shards"]]


def test_all_shards_sorted_by_number(capsys: Printed) -> None:
    ranges = {"ranges": RANGES["ranges"][::-1]}
    with serve(ranges=reply(200, ranges)) as server:
        found = info(capsys, server)
    assert server.paths == ["/v1/cluster/status", "/v1/admin/ranges"]
    assert ids(found) == [0, 1, 2, 3]
    assert found["shards"][0] == {
        "shard_id": 0,
        "leader_node": A,
        "replica_nodes": [A, B, C],
        "size_bytes": 100,
        "live_replicas": 2,
    }
    assert (found["shards"][3]["leader_node"], found["shards"][3]["size_bytes"]) == (None, None)


@pytest.mark.parametrize("shard", [2, "2", "shard_2", ["2"], [2, "shard_2"]])
def test_one_shard_in_any_spelling(capsys: Printed, shard: Any) -> None:
    with serve() as server:
        assert ids(info(capsys, server, shard=shard)) == [2]


@pytest.mark.parametrize(
    ("options", "shards"),
    [
        ({"shard": "0,shard_3"}, [0, 3]),
        ({"node": C}, [0, 2]),
        ({"node": "10.0.0.2"}, [0, 1, 3]),
        ({"leaderless": True}, [2, 3]),
        ({"under_replicated": True}, [2]),
        ({"leaderless": True, "node": "7d8e"}, [3]),
        ({"under_replicated": True, "node": B}, []),
    ],
)
def test_filters(capsys: Printed, options: dict[str, Any], shards: list[int]) -> None:
    with serve() as server:
        assert ids(info(capsys, server, **options)) == shards


@pytest.mark.parametrize(
    ("options", "code", "word"),
    [
        ({"shard": [0, 999]}, "not_found", "999"),
        ({"shard": ["0x1"]}, "config", "0x1"),
        ({"node": "ffff0000"}, "not_found", "ffff0000"),
        ({"node": "c0f"}, "config", "too short"),
    ],
)
def test_what_is_asked_for_by_name_must_be_there(
    capsys: Printed, options: dict[str, Any], code: str, word: str
) -> None:
    with serve() as server:
        found = info(capsys, server, **options)
    assert found["failure"]["code"] == code
    assert word in found["msg"]
    assert "shards" not in found


def test_replicas_of_the_shards_that_are_shown(capsys: Printed) -> None:
    with serve() as server:
        found = info(capsys, server, shard=[0], replicas=True)
    assert server.paths[2:] == ["/v1/shards/0"]
    assert found["shards"][0]["replicas"] == [
        {"node_id": A, "role": "leader", "state": "Alive", "size_bytes": 100},
        {"node_id": B, "role": "follower", "state": "Alive", "size_bytes": 95},
        {"node_id": C, "role": "follower", "state": "Dead", "size_bytes": 0},
    ]


def test_replicas_that_are_not_known(capsys: Printed) -> None:
    bare = reply(200, {"shard_id": 1, "leader_node": B})
    gone = reply(404, {"error": "shard 2 not found"})
    with serve(shard_1=bare, shard_2=gone) as server:
        found = info(capsys, server, shard=[1, 2, 3], replicas=True)
    assert [shard["replicas"] for shard in found["shards"][:2]] == [None, None]
    assert [row["size_bytes"] for row in found["shards"][2]["replicas"]] == [7, None]


def test_under_replicated_needs_the_replication_factor(capsys: Printed) -> None:
    with serve(status=without(STATUS, "replication_factor")) as server:
        assert info(capsys, server, under_replicated=True)["failure"]["code"] == "protocol"
        assert ids(info(capsys, server)) == [0, 1, 2, 3]


def test_under_replicated_needs_to_know_where_replicas_are(capsys: Printed) -> None:
    ranges = {"ranges": [{"shard_id": 0, "leader_node": A}]}
    with serve(ranges=reply(200, ranges)) as server:
        found = info(capsys, server, under_replicated=True)
        assert found["failure"]["code"] == "protocol"
        (shard,) = info(capsys, server)["shards"]
    assert (shard["replica_nodes"], shard["live_replicas"]) == (None, None)
