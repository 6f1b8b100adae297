"""`stemedb_node_info`: nodes, filters, and how complete the replicas on them are."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.modules import stemedb_node_info
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
    return run_module(stemedb_node_info.main, printed, gateway_url=server.url, **options)


def test_all_nodes_sorted_by_id(capsys: Printed) -> None:
    with serve() as server:
        found = info(capsys, server)
    assert server.paths == ["/v1/cluster/status", "/v1/admin/ranges"]
    assert found["changed"] is False
    assert [node["node_id"] for node in found["nodes"]] == [B, A, C]
    assert found["nodes"][1] == {
        "node_id": A,
        "address": "10.0.0.1:18182",
        "state": "Alive",
        "incarnation": 2,
        "shards": [0, 1, 2, 3],
        "leader_shards": [0],
        "follower_shards": [1, 2, 3],
    }
    assert found["nodes"][0]["state"] == "Alive"


@pytest.mark.parametrize("name", [B, "7d8e", "10.0.0.2", "10.0.0.2:18182"])
def test_one_node_by_any_of_its_names(capsys: Printed, name: str) -> None:
    with serve() as server:
        found = info(capsys, server, node=name)
    assert [node["node_id"] for node in found["nodes"]] == [B]


@pytest.mark.parametrize(
    ("name", "code"), [("10.0.0.12", "not_found"), ("ffff0000", "not_found"), ("7d8", "config")]
)
def test_a_name_that_is_nobodys(capsys: Printed, name: str, code: str) -> None:
    with serve() as server:
        found = info(capsys, server, node=name)
    assert found["failure"]["code"] == code
    assert "nodes" not in found


@pytest.mark.parametrize(
    ("states", "nodes"),
    [(["Dead"], [C]), (["dead", "ALIVE"], [B, A, C]), ("alive", [B, A]), (["Suspect"], [])],
)
def test_nodes_by_state(capsys: Printed, states: Any, nodes: list[str]) -> None:
    with serve() as server:
        found = info(capsys, server, state=states)
    assert [node["node_id"] for node in found["nodes"]] == nodes


@pytest.mark.parametrize(
    ("role", "shards"), [("any", [0, 1, 2, 3]), ("leader", [0]), ("follower", [1, 2, 3])]
)
def test_shards_by_role(capsys: Printed, role: str, shards: list[int]) -> None:
    with serve() as server:
        found = info(capsys, server, node=A, role=role)
    assert found["nodes"][0]["shards"] == shards
    assert found["nodes"][0]["leader_shards"] == [0]


def test_details_are_of_the_shards_that_are_shown(capsys: Printed) -> None:
    with serve() as server:
        found = info(capsys, server, node=A, role="leader", shard_details=True)
    assert server.paths[2:] == ["/v1/shards/0"]
    assert found["nodes"][0]["shard_details"] == [
        {
            "shard_id": 0,
            "role": "leader",
            "size_bytes": 100,
            "leader_size_bytes": 100,
            "complete": True,
        }
    ]


def test_how_complete_replicas_are(capsys: Printed) -> None:
    with serve() as server:
        found = info(capsys, server, shard_details=True)
    complete = {
        node["node_id"]: {d["shard_id"]: d["complete"] for d in node["shard_details"]}
        for node in found["nodes"]
    }
    assert complete[A] == {0: True, 1: False, 2: True, 3: None}
    assert complete[B] == {0: True, 1: True, 3: None}
    assert complete[C] == {0: False, 2: True}
    assert sorted(server.paths[2:]) == [f"/v1/shards/{shard}" for shard in range(4)]


def test_a_shard_that_is_gone_by_now_is_left_out(capsys: Printed) -> None:
    with serve(shard_1=reply(404, {"error": "shard 1 not found"})) as server:
        found = info(capsys, server, node=A, shard_details=True)
    assert [d["shard_id"] for d in found["nodes"][0]["shard_details"]] == [0, 2, 3]
    assert found["nodes"][0]["shards"] == [0, 1, 2, 3]


def test_what_is_unknown_stays_unknown(capsys: Printed) -> None:
    ranges = {"ranges": [{"shard_id": 0, "leader_node": A}, *RANGES["ranges"][1:]]}
    status = {**STATUS, "nodes": [{"node_id": A}, *STATUS["nodes"][1:]]}
    with serve(ranges=reply(200, ranges), status=reply(200, status)) as server:
        found = info(capsys, server, node=A, shard_details=True)
    (node,) = found["nodes"]
    assert (node["state"], node["address"], node["incarnation"]) == (None, None, None)
    assert (node["shards"], node["follower_shards"]) == (None, None)
    assert node["leader_shards"] == [0]
    assert node["shard_details"] == []


def test_no_list_of_nodes_is_no_empty_list(capsys: Printed) -> None:
    with serve(status=without(STATUS, "nodes")) as server:
        found = info(capsys, server)
    assert found["failure"]["code"] == "protocol"
    assert "nodes" not in found
