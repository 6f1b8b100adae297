"""One node's way out of a cluster, with a controller that dies on it again and again.

The tests are the runs of one operator, in their order.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.devcluster.cluster import DevCluster
from tests.integration.conftest import Ansible
from tests.integration.inventories import SECRET, changes
from tests.integration.operated import Operator
from tests.integration.witness import Witness

TOLD = {"stemedb_target": "node-4", "stemedb_confirm": "node-4"}
STOP = "Stop the service, and wait for its end"
WAIT = "Wait until the cluster is healthy without node-4"


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    folder = tmp_path_factory.mktemp("resume")
    with DevCluster(folder / "cluster", api_key=SECRET, time_scale=0.02, age_out=600) as cluster:
        cluster.start(5).wait_settled()
        with Witness(cluster) as witness:
            yield Operator(cluster, folder, witness.lost)
        witness.verify()


def killed_at(operator: Operator, ansible: Ansible, task: str) -> str:
    """A run that is killed as soon as it is at a task or a stage; its output until then."""
    running = operator.start(ansible, "remove_node", **TOLD)
    running.until(lambda seen: f"{task}]" in seen.stdout or task in seen.stderr)
    running.kill()
    return running.stdout


def test_a_run_killed_before_the_stop_has_changed_nothing(
    operator: Operator, ansible: Ansible
) -> None:
    killed_at(operator, ansible, "Refuse a stop that breaks something")
    assert operator.cluster.node(4).running
    assert operator.cluster.healthy(5)


def test_a_run_can_be_killed_in_the_stop(operator: Operator, ansible: Ansible) -> None:
    node = operator.cluster.node(4)
    assert node.process is not None
    # The command does not come back: the node is stopped, and nobody was told.
    operator.told["node-4"] = {"stemedb_node_stop_command": f"kill {node.process.pid}; sleep 60"}
    running = operator.start(ansible, "remove_node", **TOLD)
    running.until(lambda _seen: not node.running)
    running.kill()
    operator.told.clear()
    assert f"{STOP}]" in running.stdout
    assert WAIT not in running.stdout


def test_a_run_can_be_killed_after_the_stop(operator: Operator, ansible: Ansible) -> None:
    operator.cluster.faults(stuck_rebalance=True)
    output = killed_at(operator, ansible, "Replicas reassigned")
    assert "what the run before was doing" in output or "Stop node-4" in output
    operator.cluster.faults(stuck_rebalance=None)


def test_the_next_run_finishes_it_and_removes_one_more(
    operator: Operator, ansible: Ansible
) -> None:
    cluster = operator.cluster
    both = "node-4,node-3"
    run = operator.play(ansible, "remove_node", stemedb_target=both, stemedb_confirm=both)
    assert run.ok, run
    assert changes(run) == ["Stop the service, and wait for its end (localhost)"]
    assert not cluster.node(3).running
    gone = {cluster.node(3).node_id, cluster.node(4).node_id}
    for node in cluster.running:
        assert {node.states()[one] for one in gone} == {"Dead"}
        assert node.status()["status"] == "healthy"
        for item in node.ranges().values():
            assert not gone & {item["leader_node"], *item["replica_nodes"]}
    assert operator.operations()[-1] == ("remove_node", "succeeded")
