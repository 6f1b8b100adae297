"""The role stemedb_heal and the playbook heal, with a cluster that is split and joined again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.devcluster.cluster import DevCluster
from tests.integration.conftest import Ansible, Run, Running
from tests.integration.inventories import SECRET, as_text, changes

PLAYBOOK = "stemedb.cluster.heal"
SYNC = "Let the nodes compare what they have"
WAIT = "Wait until all nodes are Alive in all views"


class Split:
    """A cluster of four, an operator, and a lock host."""

    def __init__(self, cluster: DevCluster, folder: Path) -> None:
        self.cluster = cluster
        self.lock = folder / "lock.json"

    def start(self, ansible: Ansible, *flags: str, **variables: Any) -> Running:
        members = {
            f"node-{node.index}": {
                "stemedb_node_address": node.address,
                # Of no interest here, so it must not matter that it cannot be known.
                "somewhat": "{{ nowhere_defined }}",
            }
            for node in self.cluster.nodes
        }
        settings = {
            "stemedb_gateway_url": [self.cluster.urls[0], self.cluster.urls[-1]],
            "stemedb_api_key": SECRET,
            "stemedb_cluster_name": "devcluster",
            "stemedb_lock_hosts": ["localhost"],
            "stemedb_lock_path": str(self.lock),
            "stemedb_diagnose_dest": str(self.lock.with_name("state.json")),
            "stemedb_heal_timeout": 30,
            "stemedb_heal_compare_timeout": 30,
            "stemedb_heal_interval": 0.3,
            "stemedb_heal_stable_for": 1,
        }
        children = {"stemedb_nodes": {"hosts": members}}
        inventory = ansible.written({"all": {"vars": as_text(settings), "children": children}})
        extra = ("-e", json.dumps(as_text(variables))) if variables else ()
        return ansible.start("ansible-playbook", PLAYBOOK, "-i", inventory, *extra, *flags)

    def heal(self, ansible: Ansible, *flags: str, **variables: Any) -> Run:
        run = self.start(ansible, *flags, **variables).end()
        assert SECRET not in run.stdout + run.stderr, run
        return run

    def sent(self) -> list[str]:
        """What any gateway was asked to change."""
        found = [item for node in self.cluster.nodes for item in node.requests()["mutating"]]
        return [f"{item['method']} {item['path']}" for item in found]

    def operations(self) -> list[tuple[str, str]]:
        found = json.loads(self.lock.read_text(encoding="utf-8"))["operations"]
        return [(one["operation"], one["outcome"]) for one in found]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Split]:
    folder = tmp_path_factory.mktemp("heal")
    with DevCluster(folder / "cluster", api_key=SECRET, time_scale=0.02, age_out=600) as cluster:
        cluster.start(4).wait_settled()
        yield Split(cluster, folder)


@pytest.fixture
def split(whole: Split) -> Split:
    """Two and two, which see each other as Dead."""
    cluster = whole.cluster
    cluster.heal()
    cluster.wait_settled()
    cluster.partition([0, 1], [2, 3])
    cluster.wait_until(
        lambda: all(list(n.states().values()).count("Dead") == 2 for n in cluster.nodes), "a split"
    )
    for node in cluster.nodes:
        node.request("DELETE", "/_dev/requests")
    whole.lock.unlink(missing_ok=True)
    return whole


def shown(run: Run, task: str) -> str:
    (found,) = run.of(task)
    return "\n".join(found.result["lines"])


def test_a_cluster_that_is_whole_needs_nothing(whole: Split, ansible: Ansible) -> None:
    run = whole.heal(ansible)
    assert run.ok, run
    text = shown(run, "Show that there is nothing to heal")
    assert "✓ Nothing to heal: all 4 nodes are Alive in all 4 views, and the views agree." in text
    assert "stemedb_heal_force" in text
    assert changes(run) == []
    assert whole.sent() == []
    assert not whole.lock.exists()

    run = whole.heal(ansible, stemedb_heal_force=True)
    assert run.ok, run
    assert whole.sent() == ["POST /v1/admin/sync"]


def test_a_partition_that_ends_is_healed(split: Split, ansible: Ansible) -> None:
    cluster = split.cluster
    running = split.start(ansible)
    running.until(lambda seen: f"TASK [stemedb.cluster.stemedb_heal : {WAIT}]" in seen.stdout)
    assert split.sent() == [], "not before all nodes are Alive"
    cluster.heal()
    run = running.end()
    assert run.ok, run
    assert split.sent() == ["POST /v1/admin/sync"]
    assert changes(run) == [f"{SYNC} (localhost)"]
    told = shown(run, "Show what there is to heal, and whom nobody waits for")
    for node in cluster.nodes:
        others = [n.node_id[:8] for n in cluster.nodes if (n.index < 2) != (node.index < 2)]
        assert f"{', '.join(sorted(others))} are Dead at {node.url}" in told
    text = shown(run, "Show the cluster, and what the lenses mean for writes on both sides")
    assert "✓ Cluster is healthy" in text
    assert "All nodes Alive in all views" in text
    for lens in ("Recency", "Consensus", "Authority"):
        assert f"  {lens} " in text
    assert all(set(node.states().values()) == {"Alive"} for node in cluster.nodes)
    assert split.operations() == [("heal", "succeeded")]


def test_a_partition_that_lasts_is_told_and_nothing_is_sent(split: Split, ansible: Ansible) -> None:
    run = split.heal(ansible, "--check")
    assert run.ok, run
    assert "are Dead at" in shown(run, "Show what there is to heal, and whom nobody waits for")
    assert "Would wait up to 30 s" in shown(run, "Show what would be done")
    assert "No lock is taken by --check. The lock is free on 1 of 1 lock hosts." in run.stdout
    assert changes(run) == []
    assert split.sent() == []
    assert not split.lock.exists()

    run = split.heal(ansible, stemedb_heal_timeout=3)
    assert run.rc == 2, run
    (failed,) = run.of("Fail because the cluster is still split")
    assert "(timeout: 3 s)" in failed.result["msg"]
    assert "Dead at" in failed.result["msg"]
    assert "Network Partition Scenarios" in failed.result["msg"]
    assert "nothing was changed" in failed.result["msg"]
    assert run.of(SYNC) == []
    assert split.sent() == []
    assert split.operations() == [("heal", "failed")]


@pytest.mark.parametrize("task", ["Show that there is nothing to heal", "Heal it"])
def test_no_gate_is_passed_by_starting_later(whole: Split, ansible: Ansible, task: str) -> None:
    sent = whole.sent()
    run = whole.heal(ansible, "--start-at-task", task, stemedb_heal_force=True)
    assert run.rc == 2, run
    assert "Run the playbook from its beginning, without --start-at-task" in run.stdout
    assert changes(run) == []
    assert whole.sent() == sent


def test_a_run_that_was_killed_is_finished_by_the_next(split: Split, ansible: Ansible) -> None:
    """The nodes have found each other meanwhile, and nobody has let them compare what they have."""
    running = split.start(ansible)
    running.until(lambda seen: f"TASK [stemedb.cluster.stemedb_heal : {WAIT}]" in seen.stdout)
    running.kill()
    split.cluster.heal()
    split.cluster.wait_settled()
    run = split.heal(ansible)
    assert run.ok, run
    assert "did not finish (abandoned)" in shown(
        run, "Show what there is to heal, and whom nobody waits for"
    )
    assert split.sent() == ["POST /v1/admin/sync"]
    assert split.operations() == [("heal", "abandoned"), ("heal", "succeeded")]
    run = split.heal(ansible)
    assert run.ok, run
    assert "✓ Nothing to heal" in shown(run, "Show that there is nothing to heal")
    assert split.sent() == ["POST /v1/admin/sync"]


def test_one_side_alone_is_not_believed(split: Split, ansible: Ansible) -> None:
    split.cluster.faults(1, fail={"/v1": 500})
    run = split.heal(ansible, "--check", stemedb_gateway_url=split.cluster.urls[:1])
    split.cluster.faults(1, fail=None)
    assert run.rc == 2, run
    (failed,) = run.of("Fail unless there are enough observers to see a partition")
    assert "The gateways of 1 nodes answered" in failed.result["msg"]
    assert "single_observer" in failed.result["msg"]
    assert split.sent() == []
