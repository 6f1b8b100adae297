"""The role stemedb_diagnose and the playbook diagnose, with a cluster that is not well."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.devcluster.cluster import DevCluster, DevNode
from tests.integration.conftest import Ansible, Run
from tests.integration.inventories import SECRET, changes

PLAYBOOK = "stemedb.cluster.diagnose"
EXPORT = "Keep the state of the cluster and of its hosts"
# Nothing listens there.
CLOSED = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1}


def host(node: DevNode) -> dict[str, Any]:
    """A host of the inventory, which knows its node by its process and its log."""
    assert node.process is not None
    return {
        "ansible_connection": "local",
        "stemedb_node_address": node.address,
        "stemedb_node_service_manager": "command",
        "stemedb_node_status_command": f"echo pid {node.process.pid}",
        "stemedb_node_log_command": f"cat {node.log_path}",
        "stemedb_node_data_dir": str(node.data_dir),
    }


class Sick:
    """Three nodes, of which the last has died and left shards without a leader."""

    def __init__(self, cluster: DevCluster, folder: Path) -> None:
        self.cluster = cluster
        self.dest = folder / "state.json"
        self.hosts = {f"node-{node.index}": host(node) for node in cluster.nodes[:2]}
        dead = {"stemedb_node_address": cluster.node(2).address, **CLOSED}
        self.hosts["node-2"] = dead

    def diagnose(self, ansible: Ansible, *flags: str, **variables: Any) -> Run:
        settings = {
            "stemedb_gateway_url": self.cluster.urls[:1],
            "stemedb_api_key": SECRET,
            "stemedb_diagnose_dest": str(self.dest),
        }
        children = {"stemedb_nodes": {"hosts": self.hosts}}
        inventory = ansible.written({"all": {"vars": settings, "children": children}})
        extra = ("-e", json.dumps(variables)) if variables else ()
        command = ("ansible-playbook", PLAYBOOK, "-i", inventory, *extra, *flags)
        run = ansible.start(*command).end()
        assert SECRET not in run.stdout + run.stderr, run
        return run

    def document(self) -> dict[str, Any]:
        text = self.dest.read_text(encoding="utf-8")
        assert SECRET not in text, "the nodes have it on their command line"
        assert self.dest.stat().st_mode & 0o777 == 0o600
        return dict(json.loads(text))


@pytest.fixture(scope="module")
def sick(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sick]:
    folder = tmp_path_factory.mktemp("diagnose")
    with DevCluster(folder / "cluster", api_key=SECRET, time_scale=0.02, age_out=600) as cluster:
        cluster.start(3).wait_settled()
        cluster.faults(stuck_election=True, stuck_rebalance=True)
        lost = cluster.node(2)
        lost.kill()
        cluster.wait_until(
            lambda: all(node.states()[lost.node_id] == "Dead" for node in cluster.running), "Dead"
        )
        yield Sick(cluster, folder)


def shown(run: Run) -> str:
    (found,) = run.of("Show the diagnosis")
    return "\n".join(found.result["lines"])


def test_all_that_is_known_is_in_one_file_and_on_one_screen(sick: Sick, ansible: Ansible) -> None:
    # Talkative, because what is printed then has to be without secrets too.
    run = sick.diagnose(ansible, "-v", stemedb_diagnose_include={"reason": "node-2 is gone"})
    assert run.ok, run
    assert changes(run) == [f"{EXPORT} (localhost)"]
    found = sick.document()
    first, second, lost = sick.cluster.nodes
    assert [view["url"] for view in found["views"]] == [first.url, second.url]
    led = [n for n, item in first.ranges().items() if item["leader_node"] == lost.node_id]
    assert led
    for view in found["views"]:
        assert {node["node_id"]: node["state"] for node in view["nodes"]}[lost.node_id] == "Dead"
    unmet = {(thing["condition"], thing["subject"]) for thing in found["unmet"]}
    assert {("leaders_elected", f"shard {number}") for number in led} <= unmet
    assert found["include"]["reason"] == "node-2 is gone"
    hosts = found["include"]["hosts"]
    assert "--api-key" in hosts["node-0"]["probe"]["service"]["argv"]
    assert hosts["node-0"]["load"]["1m"] >= 0
    assert "Connection refused" in hosts["node-2"]["problem"]
    ports = {p["port"]: p["state"] for p in hosts["node-1"]["probe"]["ports"][-3:]}
    assert ports == {18181: "closed", 18182: "closed", 18183: "closed"}

    text = shown(run)
    assert "✗ Cluster devcluster is not healthy" in text
    assert "Shard Leader Election Issues" in text
    assert "node-0: node runs, " in text
    assert f"node-1 does not reach {lost.address}:18182" in text
    assert "node-2: " in text
    assert f"All of it is in {sick.dest}" in text
    assert len(text.splitlines()) < 60, "a screen or two"
    for node in sick.cluster.running:
        assert node.requests()["mutating"] == []


def test_a_cluster_that_does_not_answer_is_diagnosed_too(sick: Sick, ansible: Ansible) -> None:
    sick.dest.unlink(missing_ok=True)
    nobody = sick.cluster.node(2).url
    run = sick.diagnose(ansible, stemedb_gateway_url=[nobody], stemedb_diagnose_hosts=["node-0"])
    assert run.ok, run
    found = sick.document()
    assert found["error"]["code"] == "transport"
    assert list(found["include"]["hosts"]) == ["node-0"]
    assert f"✗ The cluster does not answer: Nothing listens on {nobody[7:]}" in shown(run)


def test_how_much_is_looked_at_and_kept_can_be_said(sick: Sick, ansible: Ansible) -> None:
    run = sick.diagnose(
        ansible,
        stemedb_diagnose_most_hosts=1,
        stemedb_diagnose_conditions=[{"node_alive": sick.cluster.node(2).node_id}],
        stemedb_diagnose_max_kib=64,
        stemedb_diagnose_log_window=5,
        stemedb_diagnose_log_lines=3,
        stemedb_diagnose_include={"long": ["x" * 100] * 900},
    )
    assert run.ok, run
    found = sick.document()
    assert list(found["include"]["hosts"]) == ["node-0"]
    assert {thing["condition"] for thing in found["unmet"]} <= {"complete_view", "node_alive"}
    log = found["include"]["hosts"]["node-0"]["probe"]["log"]
    assert len(log["lines"]) == 3
    assert abs(time.time() - log["since"] - 5) < 60
    assert sick.dest.stat().st_size <= 64 * 1024
    assert [cut["place"] for cut in found["cut"]] == ["include/long"]


def test_a_check_writes_nothing_and_bad_options_are_a_failure(sick: Sick, ansible: Ansible) -> None:
    sick.dest.unlink(missing_ok=True)
    run = sick.diagnose(ansible, "--check", stemedb_diagnose_hosts=["node-0"])
    assert run.ok, run
    assert "✗ Cluster devcluster is not healthy" in shown(run)
    run = ansible.module(
        "stemedb_debug_export",
        gateway_url=sick.cluster.urls[0],
        api_key=SECRET,
        dest=str(sick.dest),
        conditions=[{"helthy": True}],
    )
    assert not run.ok
    assert "has no condition 'helthy'" in run.result["msg"]
    assert not sick.dest.exists()
