"""Changes that a gateway is asked for, by real commands: once, and not by a check."""

from __future__ import annotations

from typing import Any

from tests.devcluster.cluster import DevCluster
from tests.integration.asking import GROUP, OURS
from tests.integration.conftest import Ansible, Run

DRAIN = "/v1/nodes/{node}/drain"  # a path that the development cluster does not have


def play(ansible: Ansible, cluster: DevCluster, *flags: str) -> Run:
    node = cluster.node(0).node_id[:12]
    tasks: list[dict[str, Any]] = [
        {"name": "Sync", f"{OURS}stemedb_sync": {}},
        {"name": "Drain", f"{OURS}stemedb_planned_call": {"call": "drain", "node": node}},
    ]
    return ansible.tasks(
        *tasks,
        flags=flags,
        module_defaults={GROUP: {"gateway_url": cluster.urls, "endpoints": {"drain": DRAIN}}},
    )


def mutating(cluster: DevCluster) -> list[list[str]]:
    found = [node.requests()["mutating"] for node in cluster.nodes]
    return [[f"{item['method']} {item['path']}" for item in each] for each in found]


def test_each_is_asked_for_once_and_of_one_gateway(cluster: DevCluster, ansible: Ansible) -> None:
    run = play(ansible, cluster, "--check")
    assert run.ok, run
    assert [found.result["changed"] for found in run.tasks] == [True, True]
    assert mutating(cluster) == [[], [], []]

    run = play(ansible, cluster)
    (sync,), (drain,) = run.of("Sync"), run.of("Drain")
    assert sync.result["answer"] == {"status": "ok", "synced_nodes": 2}
    assert drain.status == "failed"
    assert drain.result["failure"]["code"] == "not_found"
    path = DRAIN.format(node=cluster.node(0).node_id)
    assert path in drain.result["msg"]
    assert mutating(cluster) == [["POST /v1/admin/sync", f"POST {path}"], [], []]
