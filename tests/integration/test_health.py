"""The playbook `health`: the guide's "Check cluster health" with an exit status."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.devcluster.cluster import DevCluster
from tests.integration.asking import DECIDES
from tests.integration.conftest import Ansible, Run
from tests.integration.inventories import SECRET

PLAYBOOK = "stemedb.cluster.health"


def health(ansible: Ansible, cluster: DevCluster, *flags: str, **more: str) -> Run:
    """Run it with an inventory that says no more than how to reach the gateways."""
    said = {"stemedb_gateway_url": cluster.urls[:2], "stemedb_api_key": SECRET, **more}
    hosts = {f"node-{n.index}": {"stemedb_node_address": n.address} for n in cluster.nodes}
    children = {"stemedb_nodes": {"hosts": hosts}}
    inventory = ansible.written({"all": {"vars": said, "children": children}})
    run = ansible.playbook(PLAYBOOK, "-i", inventory, *flags)
    assert SECRET not in run.stdout + run.stderr
    return run


def shown(run: Run) -> str:
    (found,) = run.of("Show the cluster, and fail unless it is healthy")
    assert found.status == ("ok" if run.ok else "failed")
    return "\n".join(run.lines_of(found))


@pytest.fixture
def three(make_cluster: Callable[..., DevCluster]) -> DevCluster:
    cluster = make_cluster(api_key=SECRET, age_out=600)
    cluster.start(3).wait_settled()
    for node in cluster.nodes:
        node.request("DELETE", "/_dev/requests")
    return cluster


def test_healthy(ansible: Ansible, three: DevCluster) -> None:
    run = health(ansible, three, "-vvv")
    assert run.rc == 0, run
    text = shown(run)
    assert "✓ Cluster is healthy" in text
    for node in three.nodes:
        assert node.node_id[:8] in text
        assert f"Observer {node.url}: counts 3 nodes" in text
    assert "SHARDS" not in text, "none is in trouble"
    for node in three.nodes:
        asked = node.requests()
        assert (asked["counts"], asked["mutating"]) == (DECIDES, [])


def test_the_heat_map_and_the_metrics(ansible: Ansible, three: DevCluster, tmp_path: Path) -> None:
    page, metrics = tmp_path / "shards.html", tmp_path / "stemedb.prom"
    wanted = {"stemedb_heat_map_dest": str(page), "stemedb_metrics_dest": str(metrics)}
    assert health(ansible, three, "--check", **wanted).ok
    assert not page.exists()
    assert not metrics.exists()
    for changed in (True, False):
        run = health(ansible, three, **wanted)
        assert run.ok, run
        (found,) = run.of("Show the cluster, and fail unless it is healthy")
        assert found.result["changed"] is changed
    text = page.read_text(encoding="utf-8")
    assert "Cluster is healthy." in text
    assert all(f"node-{node.index}" in text for node in three.nodes)
    assert page.stat().st_mode & 0o777 == 0o600
    name = three.node(0).status()["cluster_name"]
    told = metrics.read_text(encoding="utf-8")
    assert f'stemedb_cluster_nodes{{cluster="{name}",state="Alive"}} 3\n' in told
    assert metrics.stat().st_mode & 0o777 == 0o644
    three.faults(1, fail={"/v1/health": 500})
    assert health(ansible, three, **wanted).rc == 2
    assert "stemedb_cluster_healthy" not in metrics.read_text(encoding="utf-8"), "it is unknown"
    assert "Cluster health is unknown." in page.read_text(encoding="utf-8")


def test_another_cluster_is_not_healthy(ansible: Ansible, three: DevCluster) -> None:
    run = health(ansible, three, stemedb_cluster_name="another")
    assert run.rc == 2, run
    (failed,) = (found for found in run.tasks if found.status == "failed")
    assert failed.result["failure"]["code"] == "config"
    name = three.node(0).status()["cluster_name"]
    assert (
        f"The gateways belong to cluster {name}, and stemedb_cluster_name says another"
        in (failed.result["msg"])
    )
    assert "✓" not in run.stdout
    run = health(ansible, three, stemedb_cluster_name=name)
    assert run.ok, run


def test_unhealthy(ansible: Ansible, three: DevCluster) -> None:
    three.faults(stuck_election=True, stuck_rebalance=True)
    lost = three.node(2)
    led = [n for n, item in three.node(0).ranges().items() if item["leader_node"] == lost.node_id]
    lost.kill()
    three.wait_until(
        lambda: all(node.states()[lost.node_id] == "Dead" for node in three.running), "detection"
    )
    run = health(ansible, three)
    assert run.rc == 2, run
    text = shown(run)
    assert "✗ Cluster is not healthy" in text
    assert "SHARDS" in text
    assert led
    assert "The cluster is not healthy: see the reasons above." in run.stdout
    for node in three.nodes:
        assert f"│ {node.node_id[:8]} (node-{node.index}) │ " in text
    assert f"node-2 (node {lost.node_id}) at " in text
    assert re.search(rf"shards? {led[0]}\b.* led by node-2, which is not Alive", text)
    assert "shards 0-5: each has 2 live replicas of 3" in text, "not a line for each"


def test_views_that_differ(ansible: Ansible, three: DevCluster) -> None:
    three.partition([0], [1, 2])
    three.wait_until(
        lambda: [list(node.states().values()).count("Dead") for node in three.nodes] == [2, 1, 1],
        "a split",
    )
    run = health(ansible, three)
    assert run.rc == 2, run
    text = shown(run)
    assert "✓" not in text
    # The guide: "Compare node counts".
    assert f"Observer {three.node(0).url}: counts 1 node, " in text
    assert f"Observer {three.node(1).url}: counts 2 nodes" in text


def test_health_that_is_not_known_is_no_health(ansible: Ansible, three: DevCluster) -> None:
    three.faults(1, fail={"/v1/health": 500})
    run = health(ansible, three)
    assert run.rc == 2, run
    assert "? Cluster health is unknown" in shown(run)
    assert "Whether the cluster is healthy is not known: see the reasons above." in run.stdout


def test_no_gateway_answers(ansible: Ansible, make_cluster: Callable[..., DevCluster]) -> None:
    cluster = make_cluster()
    nobody = cluster.prepare()
    run = health(ansible, cluster)
    assert run.rc == 2, run
    (failed,) = (found for found in run.tasks if found.status == "failed")
    assert failed.result["failure"]["code"] == "transport"
    assert nobody.url in failed.result["msg"]
    assert "✓" not in run.stdout
