"""What the playbook `health` may write."""

from __future__ import annotations

from typing import Any

from ansible_collections.stemedb.cluster.plugins.plugin_utils._timeline.files import health_files

from tests.support.timelines import made

CLUSTER: dict[str, Any] = {
    "name": "prod",
    "healthy": False,
    "unhealthy_reasons": ["node 00000002-6d1e-4d0b-8f3c-2a9d6b7c8e90 is Dead"],
    "shard_count": 24,
    "nodes_by_state": {"Alive": 3},
    "leaderless_shards": [],
    "under_replicated_shards": [],
}
NAMES = {"00000002-6d1e-4d0b-8f3c-2a9d6b7c8e90": "db-002"}


def test_nothing_is_written_that_nobody_asked_for() -> None:
    assert health_files({"cluster": CLUSTER}, "", "", NAMES) == []


def test_both_files() -> None:
    found = {"cluster": CLUSTER, "heat_map": made("small")["heat_maps"]["after"]}
    page, metrics = health_files(found, "/tmp/map.html", "/tmp/m.prom", NAMES)
    assert (page["dest"], page["mode"]) == ("/tmp/map.html", "0600")
    assert "Cluster is not healthy." in page["content"]
    assert "db-002 is Dead" in page["content"]
    assert (metrics["dest"], metrics["mode"]) == ("/tmp/m.prom", "0644")
    assert 'stemedb_cluster_healthy{cluster="prod"} 0' in metrics["content"]


def test_no_map_where_a_gateway_gives_no_list() -> None:
    found = {"cluster": {**CLUSTER, "healthy": None}, "heat_map": None}
    (page,) = health_files(found, "/tmp/map.html", "", NAMES)
    assert "so there is no heat map" in page["content"]
    assert "Cluster health is unknown." in page["content"]
