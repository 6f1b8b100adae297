"""The first start of a cluster, what must keep it from happening, and its members' return.

One cluster is refused, started and started again through these tests, in their order.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.devcluster.cluster import DevCluster
from tests.integration.conftest import Ansible, Run
from tests.integration.inventories import SECRET, Site, changes

START = "Start the service, and wait until it listens"
WAIT = "Wait until every member is Alive and the cluster is healthy"
NAMES = ("node-01", "node-02", "node-03")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Three fresh hosts."""
    folder = tmp_path_factory.mktemp("site")
    # However slow this machine is, a node that stood still is listed when its host is looked at.
    with DevCluster(folder / "cluster", api_key=SECRET, time_scale=0.02, age_out=600) as cluster:
        made = Site(cluster, folder / "hosts")
        for name in NAMES:
            made.host(name)
        yield made
        made.close()


def bootstrap(site: Site, ansible: Ansible, *flags: str, count: int = 3, **variables: Any) -> Run:
    groups = {"stemedb_nodes": site.hosts[:count]}
    given = {"stemedb_bootstrap_expect_shards": True, **variables}
    return site.play(ansible, "bootstrap", *flags, groups=groups, **given)


def refusal(run: Run) -> str:
    """Why nothing was done."""
    assert run.rc == 2, run
    assert changes(run) == [], run
    return "\n".join(str(found.result["msg"]) for found in run.tasks if found.status == "failed")


def healthy(site: Site) -> bool:
    """By plain requests: every gateway counts three nodes and calls them healthy."""
    states = [host.node.status() for host in site.hosts]
    return all(seen["status"] == "healthy" and seen["node_count"] == 3 for seen in states)


def test_an_empty_group_is_refused(site: Site, ansible: Ansible) -> None:
    assert "stemedb_nodes of the inventory is empty" in refusal(bootstrap(site, ansible, count=0))


def test_two_hosts_that_are_one_node_are_refused(site: Site, ansible: Ansible) -> None:
    one = "11111111-2222-4333-8444-555555555555"
    run = bootstrap(site, ansible, stemedb_node_id=one)
    assert f"Two hosts have the same node id: {one}" in refusal(run)
    assert not site.folder.exists()


def test_a_host_of_which_nothing_is_known_is_refused(site: Site, ansible: Ansible) -> None:
    run = bootstrap(site, ansible, stemedb_node_address="no-such-host.invalid")
    assert "Whether a gateway runs at no-such-host.invalid:18181 is not known" in refusal(run)
    assert not site.folder.exists()


def test_no_gate_is_passed_by_starting_later(site: Site, ansible: Ansible) -> None:
    refusal(
        bootstrap(site, ansible, "--start-at-task", "Start the members, and verify the cluster")
    )
    assert not site.folder.exists()


def test_check_mode_changes_nothing(site: Site, ansible: Ansible) -> None:
    run = bootstrap(site, ansible, "--check", "--diff")
    assert run.ok, run
    started = [name for name in changes(run) if START in name]
    assert len(started) == 3
    assert not site.folder.exists()


def test_data_of_another_node_is_refused(site: Site, ansible: Ansible) -> None:
    data = site.hosts[1].data
    data.mkdir(parents=True)
    (data / "state.json").write_text("{}", encoding="utf-8")
    why = refusal(bootstrap(site, ansible))
    assert str(data) in why
    (data / "state.json").unlink()


def test_three_hosts_become_a_cluster(site: Site, ansible: Ansible) -> None:
    run = bootstrap(site, ansible)
    assert run.ok, run
    assert "✓ Cluster is healthy" in run.stdout
    assert healthy(site)
    for host in site.hosts:
        assert set(host.node.states()) == {each.node_id for each in site.hosts}


def test_a_cluster_of_more_than_the_declared_members_is_refused(
    site: Site, ansible: Ansible
) -> None:
    why = refusal(bootstrap(site, ansible, count=2))
    assert site.hosts[2].node_id in why
    assert site.hosts[0].node_id not in why
    assert "add_node" in why


def test_a_member_that_stood_still_is_started_and_waited_for(site: Site, ansible: Ansible) -> None:
    """And nothing else changes by a second run."""
    before = [host.snapshot() for host in site.hosts]
    # At once, while the others still read it as Alive: that reading must not count.
    site.hosts[2].stop()
    run = bootstrap(site, ansible)
    assert run.ok, run
    assert changes(run) == ["Start the service, and wait until it listens (node-03)"]
    after = [host.snapshot() for host in site.hosts]
    assert [one["files"] for one in after] == [one["files"] for one in before]
    assert after[:2] == before[:2], "only what stood still was started"
    (waited,) = run.of(WAIT)
    assert waited.result["elapsed"] > site.settings["stemedb_detection_time"]
    assert healthy(site)
