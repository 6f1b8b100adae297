"""The role stemedb_preflight against a development cluster: one report, then one failure."""

from __future__ import annotations

import getpass
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Optional

import pytest

from tests.devcluster.cluster import DevCluster
from tests.integration.conftest import Ansible, Run

# No member is a host of ours, and the gateway tells no version.
NOBODYS_VERSION = ("note", "unknown_version", False)


def preflight(
    ansible: Ansible,
    cluster: DevCluster,
    folder: Path,
    *flags: str,
    members: Optional[dict[str, dict[str, Any]]] = None,
    **variables: Any,
) -> Run:
    """Run the role for a new host at an address of the cluster that is still free.

    :param members: hosts of members and their variables, of which there are none otherwise.
    """
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
        "stemedb_node_user": getpass.getuser(),
        "stemedb_node_binary": str(folder / "stemedb-node"),
        "stemedb_node_service": "stemedb-node",
        "stemedb_node_service_manager": "command",
        "stemedb_node_status_command": "sh -c 'exit 1'",
        "stemedb_node_log_command": "cat log",
        "stemedb_min_free_disk_gb": 0.001,
        **variables,
    }
    play = {
        "hosts": "stemedb_new_nodes",
        "gather_facts": False,
        "roles": ["stemedb.cluster.stemedb_preflight"],
    }
    # As where all of an inventory becomes somebody: the control host must not.
    become = {
        "ansible_become": True,
        "ansible_become_user": "nobody",
        "ansible_become_exe": "/bin/false",
    }
    children = {
        "stemedb_new_nodes": {"hosts": {"node-04": host}},
        "stemedb_nodes": {"hosts": members or {}},
    }
    inventory = ansible.written({"all": {"children": children, "vars": become}})
    return ansible.playbook([play], "-i", inventory, *flags)


def of(run: Run, task: str) -> dict[str, Any]:
    """The result of a task; newer versions of Ansible put its role before its name."""
    found = [one for one in run.tasks if one.task.rpartition(" : ")[2] == task]
    assert found, run
    return found[0].result


def findings(run: Run) -> list[tuple[str, str, bool]]:
    """Severity, kind, and whether it is accepted, as the report has them."""
    shown = re.findall(r"^(ERROR|WARNING|NOTE|ACCEPTED) +(\w+): ", run.stdout, re.MULTILINE)
    return [
        ("error" if label == "ACCEPTED" else label.lower(), kind, label == "ACCEPTED")
        for label, kind in shown
    ]


def test_a_host_that_fits_passes_and_nothing_is_changed(
    cluster: DevCluster, ansible: Ansible, tmp_path: Path
) -> None:
    run = preflight(ansible, cluster, tmp_path)
    assert run.ok, run
    assert findings(run) == [NOBODYS_VERSION]
    assert len(run.of("Probe the host, and the cluster from the host")) == 1
    assert [found.task for found in run.tasks if found.result.get("changed")] == []
    assert [node.requests()["mutating"] for node in cluster.running] == [[]] * 3


def test_all_that_is_wrong_is_in_one_report_and_acceptance_goes_by_kind(
    cluster: DevCluster, ansible: Ansible, tmp_path: Path
) -> None:
    (tmp_path / "node.toml").write_text('cluster_name = "test"\n')
    wrong: dict[str, Any] = {
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
        NOBODYS_VERSION,
        ("warning", "seed_not_alive", False),
    ]
    assert "ACCEPTED single_observer: stemedb_gateway_url: 3 of 9" in run.stdout
    failed = [found for found in run.tasks if found.status == "failed"]
    assert len(failed) == 1
    assert "cluster_name, no_live_seed" in failed[0].result["msg"].replace("port_closed, ", "")

    kinds = {kind for _severity, kind, _accepted in findings(run)}
    offered = failed[0].result["msg"].partition("stemedb_accept: ")[2]
    assert set(offered.rstrip(".").split(", ")) == {"disk_space", "no_live_seed", "port_closed"}
    run = preflight(ansible, cluster, tmp_path, **wrong, stemedb_accept=sorted(kinds))
    assert ("error", "cluster_name", False) in findings(run)
    assert "stemedb_accept" not in run.tasks[-1].result["msg"]
    del wrong["stemedb_cluster_name"]
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
    none = {"unknown_clock", "unknown_cluster", "unknown_version"}
    assert kinds == (none | {"port_closed"} if exists else set())


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
        NOBODYS_VERSION,
    ]


def test_a_silent_gateway_blocks_unless_a_quorum_is_enough(
    cluster: DevCluster, ansible: Ansible, tmp_path: Path
) -> None:
    gone: dict[str, Any] = {
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
    untold = ("warning", "unknown_clock", False)
    assert findings(run) == [("error", "unknown_gateway", False), untold, NOBODYS_VERSION]


def test_a_clone_with_a_wrong_clock_and_no_space_is_told_all_of_it_at_once(
    cluster: DevCluster, ansible: Ansible, tmp_path: Path
) -> None:
    """As an image of a member's machine, started again on a smaller one."""
    for node in cluster.running:
        node.faults(clock=-90)
    (tmp_path / "node_id").write_text(f"{cluster.node(0).node_id}\n")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "shard_0").touch()
    run = preflight(
        ansible,
        cluster,
        tmp_path,
        stemedb_node_service_manager="systemd",
        stemedb_node_limit_nofile=10**12,
        stemedb_disk_headroom=10**9,
        stemedb_preflight_kernel_minimums={"fs.nr_open": 10**13, "fs.no_such_setting": 1},
    )
    assert not run.ok
    assert sorted(findings(run)) == [
        ("error", "clock_skew", False),
        ("error", "clock_skew", False),
        ("error", "node_id_in_use", False),
        ("error", "open_files_limit", False),
        ("error", "shard_space", False),
        NOBODYS_VERSION,
        ("warning", "kernel_setting", False),
        ("warning", "open_files_left", False),
        ("warning", "unknown_kernel", False),
    ]
    assert "s ahead of that gateway's; stemedb_max_clock_skew is 5." in run.stdout

    # With a wider limit, and with sizes that the caller has read, only the id is left.
    (tmp_path / "data" / "shard_0").unlink()
    read = {"gateway_url": cluster.urls, "gather": ["nodes", "shards"]}
    known = ansible.tasks({"stemedb.cluster.stemedb_cluster_info": read}).tasks[0].result
    known["shards"] = [{**shard, "size_bytes": 0} for shard in known["shards"]]
    run = preflight(
        ansible,
        cluster,
        tmp_path,
        stemedb_max_clock_skew=120,
        stemedb_preflight_known_cluster=known,
    )
    assert findings(run) == [("error", "node_id_in_use", False), NOBODYS_VERSION]
    (asked,) = run.of("Read the cluster as all gateways see it")
    assert asked.status == "skipped"


def test_versions_are_asked_on_the_members_hosts_and_one_that_is_down_is_a_note(
    cluster: DevCluster, ansible: Ansible
) -> None:
    local = {"ansible_connection": "local", "ansible_become": False}
    # Root asks as nobody, who has to get there.
    with TemporaryDirectory(dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        for version in ("0.8", "0.9"):
            program = folder / f"node-{version}"
            program.write_text(f"#!/bin/sh\necho stemedb-node {version}\n")
            program.chmod(0o755)
        members = {
            "node-01": {**local, "stemedb_node_binary": str(folder / "node-0.9")},
            "node-02": {**local, "stemedb_node_binary": str(folder / "node-0.8")},
            "node-03": {**local, "ansible_remote_tmp": "/proc/nowhere"},
            "node-05": {**local, "ansible_python_interpreter": "/no/such/python"},
        }
        run = preflight(
            ansible,
            cluster,
            folder,
            members=members,
            stemedb_node_artifact=str(folder / "node-0.9"),
            stemedb_node_artifact_remote=True,
            stemedb_node_checksum="",
        )
    assert run.ok, run
    assert findings(run) == [
        ("warning", "mixed_versions", False),
        NOBODYS_VERSION,
        NOBODYS_VERSION,
    ]
    report = run.stdout
    both = "stemedb-node 0.9 on this host, node-01; stemedb-node 0.8 on node-02"
    assert f"mixed_versions: version: {both}." in report
    assert "unknown_version: node-03: the version of its binary is not known: " in report
    assert "unknown_version: node-05: the version of its binary is not known: " in report


def test_a_file_of_the_controller_is_compared_by_its_checksum_and_not_run(
    cluster: DevCluster, ansible: Ansible, tmp_path: Path
) -> None:
    installed, artifact, ran = (tmp_path / name for name in ("stemedb-node", "artifact", "ran"))
    installed.write_text(f"#!/bin/sh\ntouch {ran}\n")
    artifact.write_bytes(installed.read_bytes())
    member = {
        "ansible_connection": "local",
        "ansible_become": False,
        "stemedb_node_binary": str(installed),
    }
    artifact.chmod(0o755)
    run = preflight(
        ansible,
        cluster,
        tmp_path,
        members={"node-01": member},
        stemedb_node_artifact=str(artifact),
    )
    assert findings(run) == []
    assert "Pre-flight checks passed." in run.stdout
    assert not ran.exists()
