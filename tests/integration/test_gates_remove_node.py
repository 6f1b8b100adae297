"""What keeps a node from being removed, and what ends a removal: each gate, shut.

One cluster of five through most of these tests, in their order, as one operator meets the faults.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.devcluster.cluster import DevCluster
from tests.integration.conftest import Ansible, Run
from tests.integration.inventories import SECRET, changes
from tests.integration.operated import UNREACHABLE, Operator
from tests.integration.witness import Witness

TARGET = "node-4"
BEGIN = "stemedb.cluster.stemedb_remove_node : "


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    """Five members whose Dead ones stay listed."""
    folder = tmp_path_factory.mktemp("gates")
    with DevCluster(folder / "cluster", api_key=SECRET, time_scale=0.02, age_out=600) as cluster:
        cluster.start(5).wait_settled()
        with Witness(cluster) as witness:
            yield Operator(cluster, folder, witness.lost)
        witness.verify()


@pytest.fixture
def make_operator(
    make_cluster: Callable[..., DevCluster], tmp_path: Path
) -> Callable[..., Operator]:
    def make(count: int, **options: Any) -> Operator:
        return Operator(make_cluster(api_key=SECRET, **options).start(count), tmp_path)

    return make


def remove(operator: Operator, ansible: Ansible, *flags: str, **more: Any) -> Run:
    told = {"stemedb_target": TARGET, "stemedb_confirm": more.get("stemedb_target", TARGET), **more}
    return operator.play(ansible, "remove_node", *flags, **told)


def refusal(operator: Operator, run: Run, task: str) -> str:
    """Why nothing was done, as the gate says it; what blocks a plan stands in its lines."""
    assert run.rc == 2, run
    assert changes(run) == [], run
    assert operator.cluster.node(4).running
    (found,) = (result for result in run.of(task) if result.status == "failed")
    return f"{run.stdout.partition(f'{found.task}]')[2]}\n{found.result['msg']}"


def ended_at(run: Run, stage: str, target: str = TARGET) -> dict[str, Any]:
    """The result of the wait, which ended at that stage and began none after it."""
    assert run.rc == 2, run
    (found,) = run.of(f"Wait until the cluster is healthy without {target}")
    assert found.status == "failed"
    assert found.result["failure"]["stage"] == stage, run
    assert [(one["name"], one["met"]) for one in found.result["stages"] if not one["met"]] == [
        (stage, False)
    ]
    assert "unmet" not in found.result, "it is in the evidence, which is not printed"
    return dict(found.result, **found.result["invocation"]["evidence"])


def report(run: Run) -> str:
    """What the operator reads of a removal that failed."""
    return "\n".join(run.report())


@pytest.mark.parametrize(
    ("told", "task", "sentence"),
    [
        ({"stemedb_target": ""}, "Fail if no node is named", "stemedb_target is empty"),
        ({"stemedb_target": []}, "Fail if no node is named", "-e stemedb_target=HOST"),
        (
            {"stemedb_target": "node-4,nod-3"},
            "Find the hosts of the nodes, or refuse a name that means no node",
            "nothing says that it ever was a member. Did you mean node-3?",
        ),
        (
            {"stemedb_target": "node-4", "stemedb_gateway_url": ["{{ gateway_of_the_target }}"]},
            "Read the cluster as all others see it",
            "No observer is left",
        ),
    ],
)
def test_a_target_that_means_nothing_is_refused(
    operator: Operator, ansible: Ansible, told: dict[str, Any], task: str, sentence: str
) -> None:
    url = operator.cluster.node(4).url
    run = remove(operator, ansible, **told, gateway_of_the_target=url)
    assert sentence in refusal(operator, run, task)


def test_a_prefix_is_refused_with_the_full_id(operator: Operator, ansible: Ansible) -> None:
    node_id = operator.cluster.node(4).node_id
    run = remove(operator, ansible, stemedb_target=node_id[:8])
    told = refusal(
        operator, run, "Find the hosts of the nodes, or refuse a name that means no node"
    )
    assert f"Give the full id: {node_id}." in told


def test_who_lives_where_nobody_can_stop_it_is_refused(
    operator: Operator, ansible: Ansible
) -> None:
    operator.told[TARGET] = UNREACHABLE
    seed = operator.cluster.node(4).seed
    run = remove(operator, ansible, stemedb_seed_nodes=[seed], stemedb_remove_node_delete_data=True)
    operator.told.clear()
    told = refusal(operator, run, "Plan the removal, or refuse it")
    assert "Blocked by unreachable_target, unreachable_data, last_seed: see above" in told
    assert "is Alive, and node-4 cannot be reached" in told
    assert operator.sent() == []


def test_a_vault_that_a_member_that_stays_needs_is_asked_for_at_the_start(
    operator: Operator, ansible: Ansible
) -> None:
    """It is of its seed list, which is written last."""
    operator.told["node-1"] = {"stemedb_node_environment": {"KEY": "{{ vault_key }}"}}
    run = remove(operator, ansible)
    operator.told.clear()
    task = "Refuse variables of the members that stay that refer to one that is not defined"
    told = refusal(operator, run, task)
    assert "stemedb_node_environment needs vault_key, which is not defined (node-1)" in told
    assert "load that (-e @vault.yml" in told


@pytest.mark.parametrize(
    "task",
    [
        "Remove the nodes",
        "Record the members that stay",
        "Assume that the host is lost until it answers",
        "Show what to change in the inventory",
    ],
)
def test_no_gate_is_passed_by_starting_later(
    operator: Operator, ansible: Ansible, task: str
) -> None:
    run = remove(operator, ansible, "--start-at-task", task)
    assert run.rc == 2, run
    assert changes(run) == []
    assert operator.cluster.node(4).running


def test_the_role_alone_wants_a_target_that_was_surveyed(
    operator: Operator, ansible: Ansible
) -> None:
    role = {"name": "stemedb.cluster.stemedb_remove_node"}
    run = ansible.tasks({"name": "Remove", "ansible.builtin.include_role": role})
    assert run.rc == 2, run
    assert "missing required arguments: stemedb_remove_node_target" in run.stdout
    assert operator.cluster.node(4).running


def test_no_gate_is_passed_by_tags(operator: Operator, ansible: Ansible) -> None:
    run = remove(operator, ansible, "--tags", "stop")
    assert run.rc == 2, run
    assert changes(run) == []
    assert operator.cluster.node(4).running


def test_a_cluster_that_is_not_well_loses_no_node(operator: Operator, ansible: Ansible) -> None:
    operator.cluster.faults(2, fail={"/v1/health": 503})
    run = remove(operator, ansible, stemedb_remove_node_check_timeout=6)
    operator.cluster.faults(2, fail=None)
    task = "Wait until the cluster has been healthy for longer than a failure is hidden"
    assert "says that it is unhealthy" in refusal(operator, run, task)
    assert operator.operations()[-1] == ("remove_node", "failed")


def test_the_guard_keeps_a_node_that_shards_need(operator: Operator, ansible: Ansible) -> None:
    run = remove(operator, ansible, stemedb_min_live_replicas=3, stemedb_accept=["single_zone"])
    told = refusal(operator, run, "Refuse a stop that breaks something")
    assert "too_few_replicas: shard" in told


DEAD = "Dead or gone in every view"
LEADERS = "New leaders elected"
DUTIES = "Replicas reassigned"
COMPLETE = "Every replica complete"


def test_a_view_of_before_the_stop_is_not_believed(operator: Operator, ansible: Ansible) -> None:
    """One gateway goes on to tell what it knew; the others are right, and that is not enough."""
    cluster = operator.cluster
    cluster.faults(stuck_election=True, stuck_rebalance=True)
    cluster.faults(1, stale=True)
    run = remove(operator, ansible, stemedb_remove_node_dead_timeout=8)
    cluster.faults(1, stale=None)
    result = ended_at(run, DEAD)
    reasons = [one["reason"] for one in result["unmet"]]
    assert f"is Alive at {cluster.urls[1]}" in reasons, result["msg"]
    assert not cluster.node(4).running
    assert operator.operations()[-1] == ("remove_node", "failed")


def test_shards_without_a_leader_are_told(operator: Operator, ansible: Ansible) -> None:
    """The next run goes on where that one ended: nothing is stopped again."""
    run = remove(operator, ansible, stemedb_remove_node_leaders_timeout=5)
    operator.cluster.faults(stuck_election=None)
    result = ended_at(run, LEADERS)
    assert result["unmet"][0]["guide"] == "Shard Leader Election Issues"
    assert "failed elections in the gateway's log" in report(run)
    assert changes(run) == []
    named = {node.node_id[:8]: f"node-{node.index}" for node in operator.cluster.nodes}
    for short, name in named.items():
        assert f"│ {short} ({name}) │ " in report(run)


def test_a_node_that_comes_back_meanwhile_ends_it(operator: Operator, ansible: Ansible) -> None:
    cluster = operator.cluster
    running = operator.start(ansible, "remove_node", stemedb_target=TARGET, stemedb_confirm=TARGET)
    running.until(lambda seen: DUTIES in seen.stderr)
    cluster.node(4).restart()
    run = running.end()
    assert "node_alive" in ended_at(run, DUTIES)["msg"]
    cluster.faults(stuck_rebalance=None)
    cluster.wait_settled()


def test_what_is_assigned_is_not_copied_yet(operator: Operator, ansible: Ansible) -> None:
    cluster, node = operator.cluster, operator.cluster.node(4)
    cluster.faults(rate=0)
    run = remove(
        operator,
        ansible,
        stemedb_remove_node_stall_timeout=4,
        stemedb_remove_node_delete_data=True,
        stemedb_accept=["unguarded_data"],
    )
    assert "is not complete" in ended_at(run, COMPLETE)["msg"]
    assert any(node.data_dir.iterdir()), "no data is deleted before it is elsewhere"
    assert run.of("Delete the data") == []
    cluster.faults(rate=None)


def test_data_is_deleted_when_all_of_it_is_elsewhere(operator: Operator, ansible: Ansible) -> None:
    cluster, node = operator.cluster, operator.cluster.node(4)
    asked = {"stemedb_remove_node_delete_data": True}
    # An earlier run has stopped it, and this one cannot know what its guard was told.
    (refused,) = remove(operator, ansible, **asked).of("Plan the removal, or refuse it")
    assert str(refused.result["msg"]).startswith("Blocked by unguarded_data: ")
    assert any(node.data_dir.iterdir())
    run = remove(operator, ansible, **asked, stemedb_accept=["unguarded_data"])
    assert run.ok, run
    assert {change.partition(" (")[0] for change in changes(run)} == {"Delete the data"}
    assert list(node.data_dir.iterdir()) == []
    assert node.data_dir.is_dir()
    for other in cluster.running:
        assert other.states()[node.node_id] == "Dead"
        assert other.status()["status"] == "healthy"
    assert operator.operations()[-1] == ("remove_node", "succeeded")


def test_the_dead_are_removed_by_their_id_without_their_host(
    operator: Operator, ansible: Ansible
) -> None:
    lost = operator.cluster.node(3)
    operator.lost.add(lost.node_id)
    lost.kill()
    operator.cluster.wait_until(
        lambda: all(n.states()[lost.node_id] == "Dead" for n in operator.cluster.running), "Dead"
    )
    operator.told["node-3"] = UNREACHABLE
    run = remove(operator, ansible, stemedb_target=lost.node_id)
    assert run.ok, run
    assert changes(run) == []
    assert "its host cannot be reached: nothing is left to stop" in run.stdout


def test_a_node_that_stays_suspect_is_helped_with(
    make_operator: Callable[..., Operator], ansible: Ansible
) -> None:
    operator = make_operator(4)
    cluster, lost = operator.cluster, operator.cluster.node(3)
    cluster.wait_settled()
    for node in cluster.nodes[:3]:
        node.options["time_scale"] = 2  # a suspicion takes a minute
        node.restart()
    cluster.wait_settled()
    lost.kill()
    cluster.wait_until(
        lambda: all(node.states()[lost.node_id] == "Suspect" for node in cluster.running),
        "suspicion",
        timeout=90,
    )
    run = remove(operator, ansible, stemedb_target="node-3", stemedb_remove_node_dead_timeout=5)
    unmet = ended_at(run, DEAD, "node-3")["unmet"]
    assert {one["guide"] for one in unmet} == {"Node Stuck in Suspect State"}
    assert "is Suspect at" in unmet[0]["reason"]
    assert "node-3 stays Suspect" in report(run)


@pytest.mark.parametrize(
    ("factor", "kind", "sentence"),
    [
        (1, "no_other_copy", "Raise the replication factor to 3"),
        (2, "single_copy", "each has one copy"),
    ],
)
def test_few_copies_are_told_and_accepted_by_name_or_not(
    make_operator: Callable[..., Operator],
    ansible: Ansible,
    factor: int,
    kind: str,
    sentence: str,
) -> None:
    operator = make_operator(5, replication_factor=factor)
    operator.cluster.wait_settled()
    told = refusal(operator, remove(operator, ansible), "Plan the removal, or refuse it")
    assert f"Blocked by {kind}: see above. Nothing was changed." in told
    assert sentence in told
    accepted = remove(operator, ansible, "--check", stemedb_accept=[kind])
    assert accepted.ok is (factor == 2), accepted
    stops = [change for change in changes(accepted) if change.startswith("Stop the service")]
    assert len(stops) == len(changes(accepted)) == (factor == 2)
    if factor == 2:
        assert "Accepted by name:\n  single_copy: cluster: " in accepted.stdout


def test_a_drain_call_runs_first_where_there_is_one(
    make_operator: Callable[..., Operator], ansible: Ansible
) -> None:
    """The development cluster has none, so the call is refused, and the node is not stopped."""
    operator = make_operator(5)
    operator.cluster.wait_settled()
    operator.settings["stemedb_endpoints"] = {"drain": "/v1/nodes/{node}/drain"}
    run = remove(operator, ansible)
    told = refusal(operator, run, "Ask the gateway to drain the node")
    path = f"/v1/nodes/{operator.cluster.node(4).node_id}/drain"
    assert path in told
    assert operator.sent() == [f"POST {path}"]
    assert [one.task for one in run.tasks if "Stop the node" in one.task] == []
