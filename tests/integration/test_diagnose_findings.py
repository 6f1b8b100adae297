"""Each finding of the diagnosis, caused in one cluster of real nodes that speak TLS."""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from tests.devcluster.cluster import DevCluster, DevNode
from tests.integration.conftest import Ansible, Run
from tests.integration.inventories import SECRET
from tests.integration.test_stemedb_diagnose import CLOSED, PLAYBOOK, host, shown
from tests.support.certificates import NOW, Authority, make_authority, make_certificate

DAYS_LEFT = 5


class Site:
    """Three nodes, each with a certificate that ends soon, and the hosts of an inventory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.authority: Authority = make_authority(folder)
        context = ssl.create_default_context(cafile=str(self.authority.path))
        self.cluster = DevCluster(
            folder / "cluster",
            api_key=SECRET,
            time_scale=0.1,
            age_out=600,
            ssl_context=context,
            tls_cert="",
        )
        self.dest = folder / "state.json"
        self.inventory = ""

    def add(self) -> DevNode:
        """One more node, not started, with a certificate of its own."""
        node = self.cluster.prepare()
        end = NOW + timedelta(days=DAYS_LEFT)
        cert, key = make_certificate(self.folder, self.authority, node.address, end=end)
        node.options.update(tls_cert=str(cert), tls_key=str(key))
        return node

    def hosts(self, count: int = 3) -> dict[str, Any]:
        return {f"node-{node.index}": host(node) for node in self.cluster.nodes[:count]}

    def diagnose(self, ansible: Ansible, hosts: dict[str, Any], **variables: Any) -> Run:
        settings = {
            "stemedb_gateway_url": self.cluster.urls[:1],
            "stemedb_api_key": SECRET,
            "stemedb_ca_path": str(self.authority.path),
            "stemedb_diagnose_dest": str(self.dest),
            "stemedb_diagnose_certificate_days": 1,
        }
        children = {"stemedb_nodes": {"hosts": hosts}}
        inventory = ansible.written({"all": {"vars": settings, "children": children}})
        self.inventory = inventory
        extra = ("-e", json.dumps(variables)) if variables else ()
        run = ansible.start("ansible-playbook", PLAYBOOK, "-i", inventory, *extra).end()
        assert run.ok, run
        assert SECRET not in run.stdout + run.stderr, run
        return run

    def findings(self, run: Run) -> dict[str, dict[str, Any]]:
        """Those in the file, by kind; the screen has each of them too."""
        text = self.dest.read_text(encoding="utf-8")
        assert SECRET not in text
        found = json.loads(text)["findings"]
        lines = shown(run).splitlines()
        # Where the file is may be long, and stands alone but for the one line of a healthy cluster.
        # The path of an inventory that is not below the current folder stays whole, to be pasted.
        paths = (str(self.dest), self.inventory)
        long = [line for line in lines if len(line) > 100 and not any(p in line for p in paths)]
        assert long == []
        for one in found:
            title = one["kind"].replace("_", " ").capitalize()
            assert any(line[2:].startswith(f"{title}: ") for line in lines), run
        return {one["kind"]: one for one in found}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = Site(tmp_path_factory.mktemp("findings"))
    with made.cluster:
        for node in [made.add() for _ in range(3)]:
            node.start()
        made.cluster.wait_settled()
        yield made


def states(node: DevNode, other: DevNode) -> str:
    return node.states()[other.node_id]


def test_a_healthy_cluster_is_one_line(site: Site, ansible: Ansible) -> None:
    run = site.diagnose(ansible, site.hosts())
    assert site.findings(run) == {}
    _empty, line = shown(run).splitlines()
    assert line.startswith("✓ Cluster devcluster is healthy, and nothing else is wrong. The full ")
    # Findings cost no task, and a healthy cluster is not watched.
    assert len(run.tasks) <= 11, [task.task for task in run.tasks]
    assert json.loads(site.dest.read_text())["watched"]["samples"] == 1


def test_what_differs_between_hosts_and_the_inventory(site: Site, ansible: Ansible) -> None:
    first, second, third = site.cluster.nodes
    config = site.folder / "node.toml"
    config.write_text('cluster_name = "devcluster"\nrpc_port = 28182\n')
    gone = f"{first.address.rpartition('.')[0]}.99"
    hosts = site.hosts()
    hosts["node-0"] |= {
        "stemedb_node_config_path": str(config),
        "stemedb_node_rpc_port": 18182,
        "stemedb_seed_nodes": [first.seed, f"{gone}:18183"],
    }
    hosts["node-2"] = {"stemedb_node_address": third.address, **CLOSED}
    hosts["node-9"] = {"stemedb_node_address": gone, **CLOSED}
    second.faults(clock=60)
    # Root asks a binary as nobody, who has to get there.
    with TemporaryDirectory(dir="/tmp") as name:
        Path(name).chmod(0o755)
        for index, version in enumerate(("1.2.0", "1.3.0")):
            program = Path(name) / version
            program.write_text(f"#!/bin/sh\necho stemedb-node {version}\n")
            program.chmod(0o755)
            hosts[f"node-{index}"]["stemedb_node_binary"] = str(program)
        run = site.diagnose(
            ansible,
            hosts,
            stemedb_diagnose_hosts=["node-0", "node-1", "node-2"],
            stemedb_diagnose_certificate_days=30,
            stemedb_gateway_url=[first.url, f"https://{gone}:18181"],
        )
    second.clear_faults()
    found = site.findings(run)
    assert list(found) == [
        "clock_skew",
        "silent_gateway",
        "expiring_certificate",
        "configuration_drift",
        "stale_seeds",
        "mixed_versions",
        "unreachable_host",
        "unlisted_host",
    ]
    # All run on one host, so that each differs from the gateway of node-1 alone.
    assert found["clock_skew"]["subject"] == "node-0, node-1"
    assert re.fullmatch(
        r"the clock of node-0 is (59|60) to 6[01] s behind that of node-1",
        found["clock_skew"]["evidence"][0],
    )
    assert found["silent_gateway"]["subject"] == f"https://{gone}:18181"
    certificate = found["expiring_certificate"]
    assert certificate["severity"] == "warning"
    assert f"{first.url}: valid until " in "\n".join(certificate["evidence"])
    drift = "\n".join(found["configuration_drift"]["evidence"])
    assert "rpc_port = 28182, the inventory 18182" in drift
    assert f"runs with --seed-nodes {','.join(site.cluster.seeds)}, the inventory says" in drift
    assert found["stale_seeds"]["subject"] == f"{gone}:18183"
    (versions,) = found["mixed_versions"]["evidence"]
    assert "stemedb-node 1.2.0 on node-0; stemedb-node 1.3.0 on node-1" in versions
    assert found["unreachable_host"]["subject"] == "node-2"
    assert found["unlisted_host"]["subject"] == "node-9"


def test_a_partition_is_seen_from_both_sides(site: Site, ansible: Ansible) -> None:
    first, second, third = site.cluster.nodes
    site.cluster.partition([0, 1], [2])
    site.cluster.wait_until(
        lambda: (
            states(first, third) == states(second, third) == "Dead"
            and states(third, first) == states(third, second) == "Dead"
        ),
        "both sides see the other Dead",
    )
    # The gateway of the other side is found though nobody names it.
    found = site.findings(site.diagnose(ansible, site.hosts(), stemedb_diagnose_watch=0))
    site.cluster.heal()
    one = next(iter(found.values()))
    assert (one["kind"], one["severity"]) == ("partition", "error")
    rows = {line.split()[0]: line.split()[1:] for line in one["evidence"] if line[:4] == "node"}
    columns = next(line.split()[1:] for line in one["evidence"] if line.startswith("sees "))
    assert sorted(columns) == ["node-0", "node-1", "node-2"]
    for name in ("node-0", "node-1", "node-2"):
        seen = dict(zip(columns, rows[name]))
        side = ("node-2",) if name == "node-2" else ("node-0", "node-1")
        assert seen == {other: "Alive" if other in side else "Dead" for other in columns}
    # Its service runs, so it is no node that is merely down.
    assert found["dead_node"]["severity"] == "error"
    site.cluster.wait_settled()


def test_a_node_that_stays_suspect(site: Site, ansible: Ansible) -> None:
    first, second, third = site.cluster.nodes
    third.pause()
    site.cluster.wait_until(
        lambda: states(first, third) == states(second, third) == "Suspect", "Suspect"
    )
    # The others keep saying so, whatever becomes of it.
    site.cluster.faults(0, 1, stale=True)
    third.resume()
    run = site.diagnose(
        ansible, site.hosts(), stemedb_diagnose_watch=4, stemedb_diagnose_suspect_after=2
    )
    one = site.findings(run)["suspect_node"]
    assert (one["severity"], one["subject"]) == ("error", "node-2")
    evidence = "\n".join(one["evidence"])
    assert "node-2 was Suspect for " in evidence
    assert " ms" in evidence
    assert "its service runs, load " in evidence
    assert "gossip port of node-2: open from node-0, node-1" in evidence
    assert "gossip ports of others, from node-2: open at node-0, node-1" in evidence
    assert one["next"][-1].endswith("-e stemedb_target=node-2 --check")
    site.cluster.faults(0, 1, stale=None)
    site.cluster.wait_settled()


def test_a_new_node_without_shards_and_leaders_that_are_uneven(
    site: Site, ansible: Ansible
) -> None:
    site.cluster.faults(stuck_rebalance=True, stuck_election=True)
    first = site.cluster.node(0)
    for _ in range(6):
        first.split(0)
    added = site.add().start()
    added.faults(stuck_rebalance=True, stuck_election=True)
    site.cluster.wait_until(
        lambda: all(states(node, added) == "Alive" for node in site.cluster.nodes), "Alive"
    )
    site.cluster.wait_until(
        lambda: all(len(node.ranges()) == 12 for node in site.cluster.nodes), "12 shards"
    )
    run = site.diagnose(
        ansible, site.hosts(3), stemedb_diagnose_watch=1, stemedb_diagnose_rebalance_after=0
    )
    found = site.findings(run)
    one = found["no_rebalancing"]
    assert one["severity"] == "error"
    assert "has no shards" in one["evidence"][0]
    assert any(line.startswith("meta_version stayed at ") for line in one["evidence"])
    assert any("log lines match rebalance|assign" in line for line in one["evidence"])
    assert found["unknown_node"]["evidence"][0].startswith(f"{added.node_id} at {added.address}")
    assert "leads" in found["shard_skew"]["evidence"][0]
