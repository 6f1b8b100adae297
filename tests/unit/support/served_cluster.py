"""A small cluster in JSON behind a real socket, and a way to run a module against it.

Three nodes, of which A and B are Alive and C is Dead. Four shards, replication factor 2: 0 and 1
are as they should be, 2 is led by C and has one live replica, 3 has no leader.
"""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any, Callable

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.stemedb.cluster.tests.support.fault_server import (
    Behaviour,
    FaultServer,
    reply,
    routed,
)

A = "a3f2b1c4-6d1e-4d0b-8f3c-2a9d6b7c8e90"
B = "7d8e9f0a-1b2c-4d0b-8f3c-2a9d6b7c8e91"
C = "c0ffee00-5a5a-4d0b-8f3c-2a9d6b7c8e92"

STATUS: dict[str, Any] = {
    "cluster_name": "prod",
    "status": "degraded",
    "node_count": 2,
    "shard_count": 4,
    "replication_factor": 2,
    "meta_version": 41,
    "nodes": [
        {"node_id": A, "addr": "10.0.0.1:18182", "state": "Alive", "incarnation": 2},
        {"node_id": B, "addr": "10.0.0.2:18182", "state": "ALIVE", "incarnation": 0},
        {"node_id": C, "addr": "10.0.0.3:18182", "state": "Dead", "incarnation": 1},
    ],
}
RANGES: dict[str, Any] = {
    "ranges": [
        {"shard_id": "shard_0", "leader_node": A, "replica_nodes": [A, B, C], "size_bytes": 100},
        {"shard_id": "shard_1", "leader_node": B, "replica_nodes": [B, A], "size_bytes": 200},
        {"shard_id": "shard_2", "leader_node": C, "replica_nodes": [C, A], "size_bytes": 300},
        {"shard_id": "shard_3", "leader_node": None, "replica_nodes": [A, B], "size_bytes": None},
    ]
}
# Bytes of each replica, by shard and node.
SIZES: dict[int, dict[str, Any]] = {
    0: {A: 100, B: 95, C: 0},
    1: {B: 200, A: 94},
    2: {C: 300, A: 300},
    3: {A: 7, B: None},
}


def routes(**more: Behaviour) -> dict[str, Behaviour]:
    """What is served by path; a keyword replaces `health`, `status`, `ranges` or `shard_N`."""
    leaders = {row["shard_id"]: row["leader_node"] for row in RANGES["ranges"]}
    served = {
        "/v1/health": reply(503, {"status": "degraded"}),
        "/v1/cluster/status": reply(200, STATUS),
        "/v1/admin/ranges": reply(200, RANGES),
    }
    for shard, sizes in SIZES.items():
        leader = leaders[f"shard_{shard}"]
        rows = [
            {
                "node_id": node,
                "role": "leader" if node == leader else "follower",
                "size_bytes": size,
            }
            for node, size in sizes.items()
        ]
        body = {"shard_id": shard, "leader_node": leader, "replicas": rows}
        served[f"/v1/shards/{shard}"] = reply(200, body)
    paths = {"health": "/v1/health", "status": "/v1/cluster/status", "ranges": "/v1/admin/ranges"}
    for name, behaviour in more.items():
        served[paths.get(name, f"/v1/shards/{name.rpartition('_')[2]}")] = behaviour
    return served


def serve(**more: Behaviour) -> FaultServer:
    return FaultServer(routed(routes(**more)))


def without(body: dict[str, Any], *keys: str) -> Behaviour:
    """The same answer without some of its keys."""
    kept = deepcopy(body)
    for key in keys:
        del kept[key]
    return reply(200, kept)


def run_module(
    main: Callable[[], None], capsys: pytest.CaptureFixture[str], **given: Any
) -> dict[str, Any]:
    """What a module prints as its result. The options are as they come from a task."""
    with patch_module_args({"retries": 0, **given}):
        with pytest.raises(SystemExit):
            main()
    printed = capsys.readouterr()
    assert printed.err == ""
    return dict(json.loads(printed.out))
