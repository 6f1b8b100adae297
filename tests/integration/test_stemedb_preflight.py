"""The role stemedb_preflight against a development cluster: one report, then one failure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.devcluster.cluster import DevCluster
from tests.integration.conftest import Ansible, Run


def preflight(
    ansible: Ansible, cluster: DevCluster, folder: Path, *flags: str, **variables: Any
) -> Run:
    """Run the role for a new host at an address of the cluster that is still free."""
    host = {
        "ansible_connection": "local",
        "ansible_become": False,
        "stemedb_gateway_url": cluster.urls[:2],
        "stemedb_cluster_name": cluster.node(0).status()["cluster_name"],
        "stemedb_seed_nodes": cluster.seeds[:2],
        "stemedb_control_host": "localhost",
        "stemedb_node_address": "127.99.99.99",
        "stemedb_node_config_path": str(folder / "node.toml"),
        "stemedb_node_data_dir": str(folder / "data"),
        "stemedb_min_free_disk_gb": 0.001,
        **variables,
    }
    play = {
        "hosts": "all",
        "gather_facts": False,
        "roles": ["stemedb.cluster.stemedb_preflight"],
    }
    # As where all of an inventory becomes somebody: the control host must not.
    become = {
        "ansible_become": True,
        "ansible_become_user": "nobody",
        "ansible_become_exe": "/bin/false",
    }
    inventory = ansible.written({"all": {"hosts": {"node-04": host}, "vars": become}})
    return ansible.playbook([play], "-i", inventory, *flags)


def of(run: Run, task: str) -> dict[str, Any]:
    """The result of a task; newer versions of Ansible put its role before its name."""
    found = [one for one in run.tasks if one.task.rpartition(" : ")[2] == task]
    assert found, run
    return found[0].result


def findings(run: Run) -> list[tuple[str, str, bool]]:
    found = of(run, "Judge what was found")["ansible_facts"]
    return [
        (one["severity"], one["kind"], one["accepted"])
        for one in found["stemedb_preflight_findings"]
    ]


def test_a_host_that_fits_passes_and_nothing_is_changed(
    cluster: DevCluster, ansible: Ansible, tmp_path: Path
) -> None:
    run = preflight(ansible, cluster, tmp_path)
    assert run.ok, run
    assert findings(run) == []
    assert "Nothing speaks against it." in run.stdout
    assert [found.task for found in run.tasks if found.result.get("changed")] == []
    assert [node.requests()["mutating"] for node in cluster.running] == [[]] * 3


def test_all_that_is_wrong_is_in_one_report_and_acceptance_goes_by_kind(
    cluster: DevCluster, ansible: Ansible, tmp_path: Path
) -> None:
    (tmp_path / "node.toml").write_text('cluster_name = "test"\n')
    wrong = {
        "stemedb_cluster_name": "prod",
        "stemedb_min_free_disk_gb": 10**9,
        "stemedb_min_observers": 9,
        "stemedb_seed_nodes": ["127.99.99.98:18183"],
    }
    accepted = ["config_cluster_name", "single_observer"]
    run = preflight(ansible, cluster, tmp_path, "--check", **wrong, stemedb_accept=accepted)
    assert not run.ok
    assert sorted(findings(run)) == [
        ("error", "cluster_name", False),
        ("error", "config_cluster_name", True),
        ("error", "disk_space", False),
        ("error", "no_live_seed", False),
        ("error", "port_closed", False),
        ("error", "port_closed", False),
        ("error", "single_observer", True),
        ("warning", "seed_not_alive", False),
    ]
    assert "ACCEPTED single_observer: stemedb_gateway_url: 3 of 9" in run.stdout
    failed = [found for found in run.tasks if found.status == "failed"]
    assert len(failed) == 1
    assert "cluster_name, no_live_seed" in failed[0].result["msg"].replace("port_closed, ", "")

    kinds = {kind for _severity, kind, _accepted in findings(run)}
    run = preflight(ansible, cluster, tmp_path, **wrong, stemedb_accept=sorted(kinds))
    assert run.ok, run


@pytest.mark.parametrize("exists", [True, False])
def test_a_cluster_that_is_not_there_is_a_finding_unless_it_is_the_first_start(
    cluster: DevCluster, ansible: Ansible, tmp_path: Path, exists: bool
) -> None:
    run = preflight(
        ansible,
        cluster,
        tmp_path,
        stemedb_gateway_url=["http://127.99.99.97:18181"],
        stemedb_preflight_cluster_exists=exists,
        stemedb_preflight_timeout=1,
    )
    assert run.ok is not exists
    kinds = {kind for _severity, kind, _accepted in findings(run)}
    assert kinds == ({"port_closed", "unknown_cluster"} if exists else set())


def test_ports_and_paths_of_the_inventory_are_those_that_are_checked(
    cluster: DevCluster, ansible: Ansible, tmp_path: Path
) -> None:
    run = preflight(
        ansible,
        cluster,
        tmp_path,
        stemedb_node_gateway_port=1,
        stemedb_node_rpc_port=2,
        stemedb_node_gossip_port=3,
        stemedb_preflight_health_path="/nowhere",
    )
    assert sorted(findings(run)) == [
        ("error", "port_closed", False),  # gossip of the member that is no seed
        ("error", "port_setting", False),
        ("error", "port_setting", False),
        ("note", "gateway_status", False),
        ("note", "gateway_status", False),
        ("note", "port_setting", False),
    ]


def test_a_silent_gateway_blocks_unless_a_quorum_is_enough(
    cluster: DevCluster, ansible: Ansible, tmp_path: Path
) -> None:
    gone = {
        "stemedb_gateway_url": [*cluster.urls[:2], "http://127.99.99.97:18181"],
        "stemedb_accept": ["port_closed"],
    }
    run = preflight(ansible, cluster, tmp_path, **gone)
    assert ("error", "observer_unreachable", False) in findings(run)
    assert not run.ok
    run = preflight(ansible, cluster, tmp_path, **gone, stemedb_observers="quorum")
    assert run.ok, run
    assert ("warning", "observer_unreachable", False) in findings(run)


def test_certificates_that_cannot_be_read_are_no_reason_to_pass(
    cluster: DevCluster, ansible: Ansible, tmp_path: Path
) -> None:
    run = preflight(
        ansible,
        cluster,
        tmp_path,
        stemedb_preflight_ca_path=str(tmp_path / "missing.pem"),
        stemedb_validate_certs=True,
    )
    assert findings(run) == [("error", "unknown_gateway", False)]
