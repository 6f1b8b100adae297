"""Each gate of adding a node, shut: what keeps a node out, and what stops a run half-way.

What a test asserts of a report is what an operator needs of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.devcluster.cluster import DevCluster
from tests.integration.conftest import Ansible, Run
from tests.integration.inventories import SECRET, Site, ended, report, started

MakeSite = Callable[..., Site]


@pytest.fixture
def make_site(make_cluster: Callable[..., DevCluster], tmp_path: Path) -> Iterator[MakeSite]:
    """Makes a site: three settled members that are no hosts of ours, and one fresh host."""
    made: list[Site] = []

    def make(**options: object) -> Site:
        cluster = make_cluster(api_key=SECRET, **options)
        cluster.start(3).wait_settled()
        made.append(Site(cluster, tmp_path / "hosts"))
        made[-1].host("node-04")
        return made[-1]

    yield make
    for site in made:
        site.close()


def kinds(run: Run) -> set[str]:
    """Kinds of the errors in the pre-flight report."""
    return set(re.findall(r"^ERROR +(\w+): ", run.stdout, re.MULTILINE))


def test_all_that_speaks_against_a_host_is_in_one_report(
    make_site: MakeSite, ansible: Ansible
) -> None:
    site = make_site()
    cluster, nobody = site.cluster, site.cluster.prepare()
    for node in cluster.nodes[:2]:
        node.options["time_scale"] = 2  # a suspicion takes a minute
        node.restart()
    cluster.wait_settled()
    lost = cluster.node(2)
    lost.kill()
    cluster.wait_until(
        lambda: all(node.states()[lost.node_id] == "Suspect" for node in cluster.running),
        "suspicion",
        timeout=90,
    )
    run = site.add(
        ansible,
        stemedb_gateway_url=[cluster.urls[0], nobody.url],
        stemedb_seed_nodes=[cluster.node(0).seed, nobody.seed],
        stemedb_cluster_name="another",
        stemedb_min_free_disk_gb=10**9,
    )
    text = report(run, changed=False)
    assert kinds(run) >= {"suspect_node", "port_closed", "cluster_name", "disk_space"}
    for port in (18181, 18182, 18183):
        assert f"port_closed: {nobody.address}:{port}: refused" in run.stdout
    assert "stemedb_accept" in text
    assert not (site.folder / "node-04").exists()


def test_a_split_and_a_shard_without_leader_keep_a_node_out(
    make_site: MakeSite, ansible: Ansible
) -> None:
    site = make_site(age_out=60)
    cluster = site.cluster
    cluster.faults(stuck_election=True, stuck_rebalance=True)
    cluster.partition([0, 1], [2])
    lost = cluster.node(2).node_id
    cluster.wait_until(lambda: cluster.node(0).states()[lost] == "Dead", "it is Dead")
    cluster.wait_until(
        lambda: list(cluster.node(2).states().values()).count("Dead") == 2, "and the others to it"
    )
    run = site.add(ansible, stemedb_gateway_url=[cluster.urls[0], cluster.urls[2]])
    report(run, changed=False)
    assert kinds(run) >= {"views_disagree", "leaderless_shard"}
    assert not (site.folder / "node-04").exists()


def test_a_dead_member_does_not_keep_its_replacement_out(
    make_site: MakeSite, ansible: Ansible
) -> None:
    site = make_site(age_out=600)
    cluster, (host,) = site.cluster, site.hosts
    lost = cluster.node(2)
    lost.kill()
    cluster.wait_until(
        lambda: all(node.states()[lost.node_id] == "Dead" for node in cluster.running), "detection"
    )
    run = site.add(ansible)
    assert run.ok, run
    for node in cluster.running:
        assert node.states()[host.node_id] == "Alive"
        alive = {name for name, state in node.states().items() if state == "Alive"}
        factor = node.status()["replication_factor"]
        for item in node.ranges().values():
            assert len(alive & set(item["replica_nodes"])) == factor
    assert all(own == led > 0 for own, led in host.replicas().values())


def test_a_node_that_ends_before_it_joined_is_not_waited_for(
    make_site: MakeSite, ansible: Ansible
) -> None:
    site = make_site()
    (host,) = site.hosts
    site.settings["stemedb_add_node_join_timeout"] = 300
    site.settings["stemedb_add_node_join_patience"] = 3
    # A member of another cluster is never told of this one.
    host.variables["stemedb_node_environment"]["STEMEDB_DEV_CLUSTER_NAME"] = "elsewhere"
    running = site.start(ansible, "add_node")
    running.until(started)
    log = host.folder / "run" / "log"
    running.until(lambda _seen: "no seed answers" in log.read_text(encoding="utf-8"))
    host.stop()
    run = ended(running)
    text = report(run, changed=True)
    assert "has ended before it joined" in text
    assert "stemedb-node does not run" in text
    assert "no seed answers" in text, "why, in the words of its log"


def test_a_member_that_dies_meanwhile_is_told(make_site: MakeSite, ansible: Ansible) -> None:
    site = make_site(age_out=600)
    lost = site.cluster.node(2)
    running = site.start(ansible, "add_node")
    running.until(started)
    lost.kill()
    run = ended(running)
    text = report(run, changed=True)
    assert f"node {lost.node_id} was Alive before and is Dead now" in text
