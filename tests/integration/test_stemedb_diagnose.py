"""The role stemedb_diagnose and the playbook diagnose, with a cluster that is not well."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.devcluster.cluster import DevCluster, DevNode
from tests.integration.conftest import Ansible, Run
from tests.integration.inventories import SECRET, changes, report

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
        self.inventory = ""
        self.hosts = {f"node-{node.index}": host(node) for node in cluster.nodes[:2]}
        # The start command cannot be read here: only the role knows the command line.
        self.hosts["node-2"] = {
            **CLOSED,
            "stemedb_node_address": cluster.node(2).address,
            "stemedb_node_service_manager": "command",
            "stemedb_node_start_command": "setsid {{ stemedb_node_command_line }}",
            "stemedb_node_log_command": "cat {{ stemedb_node_service | default('node') }}.log",
        }

    def diagnose(self, ansible: Ansible, *flags: str, **variables: Any) -> Run:
        settings = {
            "stemedb_gateway_url": self.cluster.urls[:1],
            "stemedb_api_key": SECRET,
            "stemedb_diagnose_dest": str(self.dest),
        }
        children = {"stemedb_nodes": {"hosts": self.hosts}}
        inventory = ansible.written({"all": {"vars": settings, "children": children}})
        extra = ("-e", json.dumps(variables)) if variables else ()
        self.inventory = inventory
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
    return "\n".join(run.lines_of(found))


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
    assert hosts["node-0"]["probe"]["load"] >= 0
    assert "Connection refused" in hosts["node-2"]["problem"]
    ports = {p["port"]: p["state"] for p in hosts["node-1"]["probe"]["ports"][-3:]}
    assert ports == {18181: "closed", 18182: "closed", 18183: "closed"}

    text = shown(run)
    assert [(one["kind"], one["severity"], one["subject"]) for one in found["findings"][:3]] == [
        ("leaderless_shards", "error", f"{len(led)} shards ({','.join(map(str, led))})"),
        ("too_few_replicas", "error", "6 shards (0-5)"),
        ("dead_node", "warning", "node-2"),
    ]
    (election,) = (one for one in found["findings"] if one["kind"] == "leaderless_shards")
    assert "replicas Alive: node-0, node-1; Dead: node-2" in election["evidence"][0]
    assert "log lines match election|leader" in "\n".join(election["evidence"])
    assert text.splitlines()[1] == "✗ Cluster devcluster is not healthy: 3 findings"
    assert text.splitlines()[3].startswith("✗ Leaderless shards: ")
    assert "Shard Leader Election Issues" in text
    assert "node-0: node runs, " in text
    dead = next(one for one in found["findings"] if one["kind"] == "dead_node")
    assert dead["evidence"][1:] == [
        "ports of node-2 (18181, 18182, 18183): reached from none of 2 hosts (refused)"
    ]
    assert "does not reach" not in text, "it is said once, for all hosts"
    assert dead["next"] == [
        "on node-2: start its service; then cat node.log",
        "or let add_node start and verify it; if it does not return, replace it:",
        f"ansible-playbook stemedb.cluster.replace_node -i {sick.inventory} "
        "-e stemedb_target=node-2 --check",
    ]
    assert "ctl" not in " ".join(step for one in found["findings"] for step in one["next"])
    assert "node-2: " in text
    assert f"The full report is in {sick.dest}" in text
    assert len(text.splitlines()) < 60, "a screen or two"
    for node in sick.cluster.running:
        assert node.requests()["mutating"] == []


def test_a_cluster_that_does_not_answer_is_diagnosed_too(sick: Sick, ansible: Ansible) -> None:
    sick.dest.unlink(missing_ok=True)
    nobody = sick.cluster.node(2).url
    run = sick.diagnose(ansible, stemedb_gateway_url=[nobody], stemedb_diagnose_hosts=["node-0"])
    assert run.rc == 2, run
    assert "The cluster does not answer: see the report above." in run.stdout
    found = sick.document()
    assert found["error"]["code"] == "transport"
    assert list(found["include"]["hosts"]) == ["node-0"]
    text = shown(run)
    assert "✗ The cluster does not answer: 1 finding" in text
    assert f"    Nothing listens on {nobody[7:]}" in text
    assert "    the service of the node runs on node-0" in text


def test_how_much_is_looked_at_and_kept_can_be_said(sick: Sick, ansible: Ansible) -> None:
    run = sick.diagnose(
        ansible,
        stemedb_diagnose_most_hosts=2,
        stemedb_diagnose_conditions=[{"node_alive": sick.cluster.node(2).node_id}],
        stemedb_diagnose_max_kib=64,
        stemedb_diagnose_log_window=1800,
        stemedb_diagnose_log_lines=3,
        stemedb_diagnose_include={"long": ["x" * 100] * 900},
    )
    assert run.ok, run
    found = sick.document()
    # The host of the dead node is not left out.
    assert list(found["include"]["hosts"]) == ["node-2", "node-0"]
    assert {thing["condition"] for thing in found["unmet"]} <= {"complete_view", "node_alive"}
    log = found["include"]["hosts"]["node-0"]["probe"]["log"]
    assert len(log["lines"]) == 3
    assert abs(time.time() - log["since"] - 1800) < 60
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


def explained(
    sick: Sick, ansible: Ansible, *flags: str, before: Sequence[dict[str, Any]] = (), **told: Any
) -> Run:
    """A procedure that waits in vain for the lost node, and explains itself.

    :param before: tasks that it runs first.
    """
    lost = sick.cluster.node(2).node_id
    urls = told.pop("gateways", sick.cluster.urls[:1])
    wait = {
        "name": "Wait until it is Alive",
        "stemedb.cluster.stemedb_wait": {
            "gateway_url": sick.cluster.urls[0],
            "api_key": SECRET,
            "conditions": [{"node_alive": lost}, {"leaders_elected": True}],
            "stable_for": 0,
            "timeout": 1,
            "interval": 0.2,
        },
    }
    explain = {
        "name": "Explain",
        "ansible.builtin.include_role": {
            "name": "stemedb.cluster.stemedb_diagnose",
            "tasks_from": "explain.yml",
        },
        "vars": {
            "stemedb_diagnose_procedure": "replace_node",
            "stemedb_diagnose_hosts": ["node-2"],
            "stemedb_diagnose_names": {lost: "node-2"},
            "stemedb_diagnose_shards": [0, 1, 2, 3, 4, 5],
            "stemedb_diagnose_next": ["mend node-2, or replace it"],
            **told,
        },
    }
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "vars": {
            "stemedb_gateway_url": urls,
            "stemedb_api_key": SECRET,
            "stemedb_diagnose_dest": str(sick.dest),
        },
        "tasks": [*before, {"name": "Try", "block": [wait], "rescue": [explain]}],
    }
    children = {"stemedb_nodes": {"hosts": sick.hosts}}
    inventory = ansible.written({"all": {"children": children}})
    sick.dest.unlink(missing_ok=True)
    run = ansible.start("ansible-playbook", ansible.written([play]), "-i", inventory, *flags).end()
    assert SECRET not in run.stdout + run.stderr, run
    assert run.rc == 2, "it explains, and fails"
    return run


def test_a_procedure_that_stopped_explains_itself_and_fails(sick: Sick, ansible: Ansible) -> None:
    run = explained(sick, ansible, "-v")
    text = report(run, changed=False)
    lost = sick.cluster.node(2)
    assert "✗ replace_node of node-2 did not finish; the cluster sees it Dead." in text
    assert "Failed step: Wait until it is Alive" in text
    assert "node_alive: node-2 is Dead" in text
    assert "Node Stuck in Suspect State" in text or "Shard Leader Election Issues" in text
    assert "The host node-2 now:" in text
    assert "Connection refused" in text
    assert "node-0: node runs, " in text
    assert "affected shards: 0-5; unhealthy: " in text
    assert f"{lost.node_id[:8]} (node-2) │ Dead" in text
    assert "At risk: shards without a live leader: " in text
    assert "Next: mend node-2, or replace it" in text
    assert "It is safe to run the same command again" in text
    assert f"The full report is in {sick.dest}" in text
    assert "  ✗ Timed out after " in text
    for node in sick.cluster.nodes:
        assert f"{node.node_id[:8]} (node-{node.index}) │ " in text

    found = sick.document()["include"]
    assert found["procedure"] == "replace_node"
    unmet = {(thing["condition"], thing["subject"]) for thing in found["result"]["unmet"]}
    assert ("node_alive", lost.node_id) in unmet
    assert found["result"]["history"]
    assert found["shards"] == [0, 1, 2, 3, 4, 5]
    # The target first, then who else is there.
    assert list(found["hosts"]) == ["node-2", "node-0", "node-1"]
    log = found["hosts"]["node-0"]["probe"]["log"]
    assert set(log["matches"]) == {"election", "rebalance", "error"}
    tried = {(p["host"], p["state"]) for p in found["hosts"]["node-0"]["probe"]["ports"]}
    assert (lost.address, "closed") in tried
    for node in sick.cluster.running:
        assert node.requests()["mutating"] == []


def test_the_lock_is_released_and_what_the_caller_says_failed_is_told(
    sick: Sick, ansible: Ansible, tmp_path: Path
) -> None:
    lock = tmp_path / "lock.json"
    locked = {
        "stemedb_cluster_name": "devcluster",
        "stemedb_lock_hosts": ["localhost"],
        "stemedb_lock_path": str(lock),
        "stemedb_lock_operation": "replace_node",
    }
    role = {"name": "stemedb.cluster.stemedb_lock", "tasks_from": "acquire.yml"}
    acquire = {"name": "Lock", "ansible.builtin.include_role": role, "vars": locked}
    failed = {"task": "Drain node-2", "result": {"msg": "it holds leases"}}
    run = explained(sick, ansible, before=[acquire], stemedb_diagnose_failed=failed, **locked)
    assert "Failed step: Drain node-2" in report(run, changed=False), run
    assert json.loads(lock.read_text())["holder"], "it is released only if that is asked for"

    lock.unlink()
    explained(sick, ansible, before=[acquire], stemedb_diagnose_release_lock=True, **locked)
    kept = json.loads(lock.read_text())
    assert kept["holder"] is None
    assert kept["operations"][-1]["outcome"] == "failed"


def test_whatever_cannot_be_looked_at_does_not_hide_what_failed(
    sick: Sick, ansible: Ansible, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No cluster, no member that is a host, a target that is none, and no place for a file."""
    nobody = sick.cluster.node(2)
    monkeypatch.setattr(sick, "hosts", {"node-2": sick.hosts["node-2"]})
    run = explained(sick, ansible, gateways=[nobody.url])
    text = report(run, changed=False)
    assert "the state of it in the cluster is unknown" in text
    assert f"Nothing listens on {nobody.url[7:]}" in text
    assert "affected shards: 0-5; their health is unknown" in text
    assert sick.document()["error"]["code"] == "transport"

    told: dict[str, Any] = {
        "stemedb_diagnose_hosts": [nobody.node_id],
        "stemedb_diagnose_dest": "/proc/no/file",
    }
    run = explained(sick, ansible, **told)
    text = report(run, changed=False)
    assert f"✗ replace_node of {nobody.node_id} did not finish; the cluster sees it Dead" in text
    assert "The report could not be saved: " in text
    assert "/proc/no/file" in text


def test_the_caller_says_what_more_to_look_at_and_what_to_do(sick: Sick, ansible: Ansible) -> None:
    first, second, lost = sick.cluster.nodes
    run = explained(
        sick,
        ansible,
        stemedb_diagnose_target=lost.node_id,
        stemedb_diagnose_ports=[{"host": first.address, "port": 1}],
        stemedb_diagnose_exclude_nodes=[second.address],
        stemedb_diagnose_before={"cluster": {"meta_version": None}},
        stemedb_diagnose_again="Do not run it again.",
    )
    text = report(run, changed=False)
    assert f"✗ replace_node of {lost.node_id} did not finish" in text
    assert "meta_version is unknown" in text
    assert "Do not run it again." in text
    found = sick.document()
    assert [view["url"] for view in found["views"]] == [first.url]
    tried = [(p["host"], p["port"]) for p in found["include"]["hosts"]["node-1"]["probe"]["ports"]]
    assert (first.address, 1) in tried


def test_a_check_that_stops_explains_itself_without_a_file(sick: Sick, ansible: Ansible) -> None:
    run = explained(sick, ansible, "--check")
    assert "The report was not saved, because --check writes no file." in report(run, changed=False)
    assert not sick.dest.exists()
