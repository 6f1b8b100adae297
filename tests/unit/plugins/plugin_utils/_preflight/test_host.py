"""Findings about the host itself: disk, configuration, identity, data, kernel."""

from __future__ import annotations

from typing import Optional

import pytest
from ansible_collections.stemedb.cluster.tests.unit.support.preflight_facts import (
    good,
    judged,
    kinds,
)


def test_a_small_disk() -> None:
    facts = good()
    assert kinds(facts, min_free_disk_gb=200) == []
    assert kinds(facts, min_free_disk_gb=200.1) == [("error", "disk_space")]
    assert "200.0 GB free" in judged(facts, min_free_disk_gb=300)[0].detail


def test_a_configuration_of_another_cluster() -> None:
    facts = good()
    config = facts.probe["config"]
    config.update(exists=True, settings={"cluster_name": "prod"})
    assert kinds(facts) == []
    config.update(settings={"cluster.cluster_name": "test"})
    assert kinds(facts) == [("error", "config_cluster_name")]
    config.update(settings={"cluster_name": None})
    assert kinds(facts) == [("error", "config_cluster_name")]
    config.update(settings=None)
    assert kinds(facts) == []


def test_a_configuration_that_the_node_role_will_rewrite() -> None:
    facts = good()
    same = {"seed_nodes": ["node-01:18183", "node-02:18183"], "rpc_port": 18182}
    facts.probe["config"].update(exists=True, settings=same)
    assert kinds(facts) == []
    facts.probe["config"].update(settings={"seed_nodes": "node-01:18183,node-02:18183"})
    assert kinds(facts) == []
    facts.probe["config"].update(settings={"seed_nodes": ["node-09:1"], "gossip_port": 7})
    assert kinds(facts) == [("note", "config_differs")] * 2


def test_a_log_that_no_command_prints() -> None:
    """systemd keeps it itself. A cluster that is only begun has no log that is searched."""
    facts, told = good(), {"service_manager": "command", "host": "node-04"}
    assert kinds(facts, **told) == [("error", "unknown_log")]
    (found,) = judged(facts, **told)
    assert found.subject == "node-04"
    assert "stemedb_node_log_command is empty" in found.detail
    assert kinds(facts, **told, log_command="cat log") == []
    assert kinds(facts, log_command=None) == []
    assert ("error", "unknown_log") not in kinds(facts, **told, cluster_exists=False)


def test_a_host_that_is_another_node_or_nobody_knows_which() -> None:
    facts = good()
    facts.probe["node_id_file"].update(exists=True, node_id="id-2")
    facts.probe["data_dir"].update(empty=False)
    # A clone of node-02: its id and its data, and node-02 lives at 10.0.0.2.
    assert kinds(facts) == [("error", "node_id_in_use")]
    assert judged(facts)[0].subject == "node-04"
    assert "lists that id Alive at 10.0.0.2:18182" in judged(facts)[0].detail
    assert kinds(facts, node_id="id-9") == [("error", "identity")]
    facts.probe["data_dir"].update(empty=True)
    assert facts.members is not None
    facts.members[1].update(address="node-04:18182")
    assert ("error", "data_lost") in kinds(facts)


def test_an_id_that_was_decided_before_is_the_one_that_counts() -> None:
    assert kinds(good(), node_id="id-2") == [("error", "node_id_in_use")]
    assert kinds(good(), node_id="of-its-own") == []


@pytest.mark.parametrize("section", ["data_dir", "node_id_file", "data_dir_file"])
def test_a_host_whose_identity_cannot_be_read(section: str) -> None:
    facts = good()
    facts.probe[section] = None
    facts.probe["errors"] = [{"section": section, "message": "Permission denied"}]
    assert ("error", "unknown_identity") in kinds(facts)


def test_before_the_first_start_the_data_of_others_is_found_too() -> None:
    facts = good()._replace(cluster=None, members=None, shards=None)
    facts.probe["data_dir"].update(empty=False)
    assert kinds(facts, cluster_exists=False) == [("error", "identity")]


@pytest.mark.parametrize("is_known", [True, False])
def test_data_of_another_cluster(is_known: bool) -> None:
    """By hand-made ids node-04 of one cluster is node-04 of the other."""
    facts = good()
    if not is_known:
        facts = facts._replace(cluster=None)
    facts.probe["data_dir"].update(empty=False, mark={"node_id": "node-04", "cluster_name": "test"})
    assert ("error", "data_dir_cluster") in kinds(facts, node_id="node-04")
    assert "cluster test, but the cluster is prod" in str(judged(facts, node_id="node-04"))
    facts.probe["data_dir"]["mark"]["cluster_name"] = "prod"
    assert ("error", "data_dir_cluster") not in kinds(facts, node_id="node-04")
    facts.probe["data_dir"].update(empty=True, mark={"node_id": "x", "cluster_name": "test"})
    assert ("error", "data_dir_cluster") not in kinds(facts, node_id="node-04")


def test_a_kernel_that_allows_fewer_files_than_the_unit_asks_for() -> None:
    facts = good()
    facts.probe["sysctls"]["fs.nr_open"] = "65535"
    assert kinds(facts) == [("error", "open_files_limit")]
    assert "stemedb_node_limit_nofile is 65536" in judged(facts)[0].detail
    assert kinds(facts, limit_nofile=65535) == []
    # Nobody but systemd is told the limit.
    assert kinds(facts, service_manager="command", log_command="cat log") == []


def test_a_host_on_which_too_few_files_are_left() -> None:
    facts = good()
    facts.probe["sysctls"]["fs.file-nr"] = "34465 0 100000"
    assert kinds(facts) == [("warning", "open_files_left")]
    assert kinds(facts, limit_nofile=65535) == []


def test_a_setting_of_the_kernel_below_its_minimum() -> None:
    facts = good()
    facts.probe["sysctls"]["net.core.somaxconn"] = "128"
    assert kinds(facts, kernel_minimums=(("net.core.somaxconn", 128),)) == []
    minimums = (("net.core.somaxconn", 129),)
    assert kinds(facts, kernel_minimums=minimums) == [("warning", "kernel_setting")]
    assert "is 128, 129 or more" in judged(facts, kernel_minimums=minimums)[0].detail


@pytest.mark.parametrize("value", [None, "", "max", "1 x"])
def test_a_setting_of_the_kernel_that_is_not_known(value: Optional[str]) -> None:
    facts = good()
    facts.probe["sysctls"]["fs.nr_open"] = value
    facts.probe["errors"] = [{"section": "sysctls", "message": "fs.nr_open: No such file"}]
    (found,) = judged(facts)
    assert (found.severity, found.kind) == ("warning", "unknown_kernel")
    assert found.subject == "fs.nr_open"
    assert "No such file" in found.detail
    facts.probe["sysctls"] = None
    assert judged(facts)[0].subject == "fs.nr_open, fs.file-nr"
