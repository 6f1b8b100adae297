"""One node's long way into a cluster: what stops it on the way, and the next run, which goes on.

The tests are the runs of one operator, in their order.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.devcluster.cluster import DevCluster
from tests.integration.conftest import Ansible
from tests.integration.inventories import SECRET, Site, changes, report, started

ONLY = ("-e", "stemedb_target=node-04")


@pytest.fixture(scope="module")
def stuck(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A cluster that assigns no shards, a host that will copy a KiB in 10 seconds, and another."""
    folder = tmp_path_factory.mktemp("stuck")
    with DevCluster(folder / "cluster", api_key=SECRET, time_scale=0.02) as cluster:
        cluster.start(3).wait_settled()
        cluster.faults(stuck_rebalance=True)
        site = Site(cluster, folder / "hosts")
        host = site.host("node-04")
        # The node of the lowest id coordinates, and must be one of those that are stuck.
        host.variables["stemedb_node_id"] = "ffffffff-ffff-4fff-bfff-ffffffffffff"
        host.variables["stemedb_node_environment"]["STEMEDB_DEV_RATE"] = "100"
        site.host("node-05")
        yield site
        site.close()


def test_a_run_killed_after_the_start_leaves_a_node_that_runs(
    stuck: Site, ansible: Ansible
) -> None:
    running = stuck.start(ansible, "add_node", *ONLY)
    running.until(started)
    running.kill()
    assert stuck.hosts[0].running


def test_a_rebalance_that_does_not_come_ends_in_the_guides_words(
    stuck: Site, ansible: Ansible
) -> None:
    host, other = stuck.hosts
    before = host.snapshot()
    run = stuck.add(ansible, stemedb_add_node_shards_timeout=5)
    text = report(run, changed=False)
    assert host.snapshot() == before, "it goes on and does not start again"
    assert "is a member and Alive, but not done" in text
    assert "Shard Rebalancing Not Occurring" in text
    assert host.node_id in text
    assert "free at" in text
    assert "its log" in text
    assert "the topology has not changed" in text
    # No host of this cluster has a gateway's unit of systemd to be read.
    assert "search its log for rebalance, assign" in text
    # A failure ends the run for all hosts.
    assert not other.folder.exists()


def test_a_run_can_be_killed_while_replicas_are_copied(stuck: Site, ansible: Ansible) -> None:
    (host, _other), cluster = stuck.hosts, stuck.cluster
    cluster.faults(stuck_rebalance=None)
    running = stuck.start(ansible, "add_node", *ONLY)
    running.until(lambda seen: "Replicas complete" in seen.stderr)
    running.kill()
    replicas = host.replicas()
    assert replicas
    assert all(own < led for own, led in replicas.values())


def test_a_replication_that_stands_still_ends(stuck: Site, ansible: Ansible) -> None:
    before = stuck.hosts[0].snapshot()
    run = stuck.add(ansible, *ONLY, stemedb_add_node_stall_timeout=4)
    text = report(run, changed=False)
    assert "stalled: nothing has moved for 4" in text
    assert "its replica of shard" in text
    assert "is not complete" in text
    assert stuck.hosts[0].snapshot() == before


def test_the_next_run_finishes_what_others_began(stuck: Site, ansible: Ansible) -> None:
    (host, _other), cluster = stuck.hosts, stuck.cluster
    before = host.snapshot()
    host.node.faults(rate=32 << 20)
    run = stuck.add(ansible, *ONLY)
    assert run.ok, run
    assert changes(run) == []
    assert host.snapshot() == before
    for node in cluster.running:
        assert node.states()[host.node_id] == "Alive"
    replicas = host.replicas()
    assert replicas
    assert all(own == led > 0 for own, led in replicas.values())
