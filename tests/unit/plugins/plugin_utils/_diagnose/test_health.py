"""A cluster's health on one screen."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose.health import health_report

A = "a3f2b1c4-6d1e-4d0b-8f3c-2a9d6b7c8e90"
NODES = [
    {
        "node_id": A,
        "state": "Alive",
        "shards": [0],
        "leader_shards": [0],
        "follower_shards": [],
    }
]


def shard(number: int) -> dict[str, Any]:
    return {
        "shard_id": number,
        "leader_node": None,
        "replica_nodes": [A],
        "live_replicas": 1,
        "size_bytes": 2**20,
    }


def found(**changes: Any) -> dict[str, Any]:
    cluster = {
        "name": "prod",
        "healthy": True,
        "node_count": 3,
        "shard_count": 24,
        "replication_factor": 3,
        "meta_version": 41,
        "unhealthy_reasons": [],
        **changes,
    }
    return {"cluster": cluster, "observers": []}


def observer(**changes: Any) -> dict[str, Any]:
    return {
        "url": "http://gateway:18181",
        "reachable": True,
        "excluded": False,
        "error": None,
        "node_count": 3,
        "meta_version": 41,
        **changes,
    }


def overview(unwell: int = 0, more: int = 0, nodes: Any = ()) -> dict[str, Any]:
    return {
        "nodes": nodes,
        "unwell_shards": [shard(number) for number in range(unwell)],
        "unwell_shard_count": unwell + more,
    }


def shown(given: dict[str, Any], nodes: Any = NODES) -> list[str]:
    return health_report(given, nodes, lambda text, colour: f"<{colour}>{text}")


@pytest.mark.parametrize(
    ("healthy", "verdict"),
    [
        (True, "<green>✓ Cluster is healthy"),
        (False, "<red>✗ Cluster is not healthy"),
        (None, "<yellow>? Cluster health is unknown"),
    ],
)
def test_the_verdict_is_the_last_word(healthy: bool | None, verdict: str) -> None:
    assert shown(found(healthy=healthy))[-1] == verdict
    reasons = shown(found(healthy=healthy, unhealthy_reasons=["shard 3 is leaderless"]))
    assert reasons[-2:] == [verdict, "  shard 3 is leaderless"]


def test_reasons_are_counted_where_they_are_too_many() -> None:
    lines = shown(found(healthy=False, unhealthy_reasons=[f"reason {n}" for n in range(12)]))
    assert lines[-2:] == ["  reason 9", "  and 2 more reasons"]


def test_the_figures_of_the_guide() -> None:
    assert "Cluster prod: 3 nodes, 24 shards, replication factor 3, meta_version 41" in shown(
        found()
    )


def test_what_is_unknown_is_called_so() -> None:
    nothing = dict.fromkeys(
        ("name", "node_count", "shard_count", "replication_factor", "meta_version")
    )
    line = "Cluster unknown: unknown nodes, unknown shards, replication factor unknown"
    assert f"{line}, meta_version unknown" in shown(found(**nothing))


def test_nodes_are_a_table() -> None:
    lines = shown(found())
    assert lines[1] == "NODES"
    assert [line for line in lines if A[:8] in line]


def test_what_is_not_given_is_of_the_overview() -> None:
    summary = {"node_id": A, "state": "Alive", "shards": "0-3", "leader_shards": 4}
    row = {**summary, "follower_shards": 0}
    lines = shown({**found(), "overview": overview(nodes=[row])}, None)
    (shown_row,) = [line for line in lines if A[:8] in line]
    assert [cell.strip() for cell in shown_row.split("│")[3:6]] == ["0-3", "4", "-"]


def test_a_list_of_nodes_that_is_unknown_is_no_empty_table() -> None:
    assert "NODES" not in shown({**found(healthy=None), "overview": overview(nodes=None)}, None)


def test_shards_that_are_not_well_are_a_table() -> None:
    lines = shown({**found(), "overview": overview(2)})
    rows = [line for line in lines[lines.index("SHARDS") :] if "1.0 MiB" in line]
    assert len(rows) == 2
    assert not [line for line in lines if "more shards" in line]


def test_without_trouble_there_is_no_table_of_shards() -> None:
    assert "SHARDS" not in shown({**found(), "overview": overview()})


def test_shards_are_counted_where_they_are_too_many() -> None:
    assert "and 3 more unhealthy shards" in shown({**found(), "overview": overview(20, 3)})


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({}, "counts 3 nodes, meta_version 41"),
        ({"meta_version": None}, "counts 3 nodes, meta_version unknown"),
        ({"reachable": False, "error": "connection refused"}, "connection refused"),
        ({"excluded": True, "reachable": None}, "not asked"),
    ],
)
def test_every_observer_has_a_line(changes: dict[str, Any], line: str) -> None:
    given = {**found(), "observers": [observer(**changes)]}
    assert f"Observer http://gateway:18181: {line}" in shown(given)


def test_a_node_that_is_not_alive_is_named_however_healthy_the_cluster_is() -> None:
    dead = {**NODES[0], "node_id": "4e3d", "address": "db-03:18182", "state": "Dead", "shards": []}
    lines = shown(found(), [*NODES, dead])
    assert lines[-2:] == [
        "<green>✓ Cluster is healthy",
        "  Node 4e3d at db-03:18182 is Dead and holds no shard",
    ]
    many = [{**dead, "node_id": f"n{number}"} for number in range(12)]
    assert shown(found(), many)[-1] == "  and 2 more nodes that are not Alive"


def test_nodes_are_called_by_the_names_of_their_hosts() -> None:
    lost = {**NODES[0], "state": "Dead", "address": "10.0.0.1:18182"}
    given = found(healthy=False, unhealthy_reasons=[f"shard 0 is led by node {A}, which is Dead"])
    given["overview"] = overview(unwell=1, nodes=[lost])
    lines = health_report(given, None, lambda text, _colour: text, {A: "db-01"})
    text = "\n".join(lines)
    assert "a3f2b1c4 (db-01) │ Dead" in text
    assert "│ 0     │ -      │ db-01    │ 1" in text
    assert f"  db-01 (node {A}) at 10.0.0.1:18182 is Dead" in lines
    assert "  shard 0 is led by db-01, which is Dead" in lines
