"""Findings about clocks, versions, seeds and settings."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose.configuration import (
    configuration_findings,
)
from ansible_collections.stemedb.cluster.tests.unit.support.diagnosing import (
    NOW,
    address,
    exported,
    host,
    node,
    only,
    situation,
)


def found(**more: Any) -> list[Any]:
    return list(configuration_findings(situation(**more)))


def clock(place: int, ahead: float) -> dict[str, Any]:
    """What a host was told of the time by the gateway of the member of this place."""
    url = f"http://{address(place)}:18181/v1/health"
    return {"url": url, "date": NOW + ahead, "asked_at": NOW, "answered_at": NOW + 0.1}


def test_hosts_that_are_alike_have_none() -> None:
    assert found() == []
    urls = [clock(place, 0) for place in range(3)]
    assert found(hosts={"node-01": host(urls=urls), "node-02": host(urls=urls)}) == []


def test_the_clock_that_differs_from_all_others_is_named() -> None:
    urls = [clock(0, 0), clock(1, 60), clock(2, 0)]
    behind = [clock(0, -60), clock(1, 0), clock(2, -60)]
    hosts = {"node-01": host(urls=urls), "node-02": host(urls=behind), "node-03": host(urls=urls)}
    one = only(found(hosts=hosts), "clock_skew")
    assert (one.severity, one.subject) == ("error", "node-02")
    assert one.evidence == (
        "the clock of node-01 is 60 to 61 s behind that of node-02",
        "the clock of node-02 is 59 to 60 s ahead of that of node-01",
        "the clock of node-02 is 59 to 60 s ahead of that of node-03",
        "the clock of node-03 is 60 to 61 s behind that of node-02",
    )
    assert one.cause == "the clock is not synchronised"


def test_of_two_clocks_nobody_knows_which_is_wrong() -> None:
    # Each of the two sees the other.
    hosts = {
        "node-01": host(urls=[clock(0, 0), clock(1, 60)]),
        "node-02": host(urls=[clock(0, -60), clock(1, 0)]),
    }
    one = only(found(hosts=hosts), "clock_skew")
    assert one.subject == "node-01, node-02"
    assert one.cause == "one of the two clocks is not synchronised"
    assert one.next == ("on node-01 and node-02: timedatectl; chronyc tracking",)


def test_a_clock_that_is_not_known_is_no_skew() -> None:
    silent = {**clock(1, 0), "date": None}
    assert found(hosts={"node-01": host(urls=[silent, clock(2, 4)])}) == []


def config(**settings: Any) -> dict[str, Any]:
    return {"path": "/etc/stemedb/node.toml", "exists": True, "settings": settings}


def test_a_host_that_differs_from_the_inventory_has_drifted() -> None:
    variables = {"node-01": {"stemedb_node_rpc_port": "18182", "stemedb_cluster_name": "prod"}}
    hosts = {"node-01": host(config=config(rpc_port=28182, gossip_port=9, cluster_name="prod"))}
    one = only(found(hosts=hosts, variables=variables), "configuration_drift")
    # Of gossip_port the inventory says nothing.
    assert one.evidence == (
        "node-01: /etc/stemedb/node.toml says rpc_port = 28182, the inventory 18182. "
        "The node role writes the inventory's.",
    )
    assert (one.severity, one.subject) == ("warning", "node-01")
    assert one.next[-1].endswith("rolling_restart -i inventory.yml --check --diff")


def test_the_configuration_of_another_cluster_is_an_error() -> None:
    hosts = {"node-01": host(config=config(cluster_name="demo"))}
    assert only(found(hosts=hosts), "configuration_drift").severity == "error"


def test_a_variable_that_cannot_be_read_is_told() -> None:
    hosts = {"node-01": host(config=config(rpc_port=1))}
    told = {"node-01": {"stemedb_node_rpc_port": "many"}}
    # Declared members need it too, so only the settings are judged here.
    base = situation(hosts=hosts)
    one = only(
        configuration_findings(type(base)(base.found, hosts, (), told)), "configuration_drift"
    )
    assert "rpc_port is no number" in one.evidence[0]


@pytest.mark.parametrize(
    ("argv", "drifts"),
    [
        (["stemedb-node", "--data-dir", "/srv/a"], True),
        (["stemedb-node", "--data-dir=/srv/b", "--seed-nodes", "10.0.0.2,10.0.0.1"], False),
        (["stemedb-node", "--seed-nodes", "10.0.0.2"], True),
        ([], False),
    ],
)
def test_the_process_is_compared_with_the_inventory(argv: list[str], drifts: bool) -> None:
    told = {"stemedb_node_data_dir": "/srv/b", "stemedb_seed_nodes": ["10.0.0.1", "10.0.0.2"]}
    hosts = {"node-01": host(service={"running": True, "argv": argv})}
    kinds = [one.kind for one in found(hosts=hosts, variables={"node-01": told})]
    assert kinds == (["configuration_drift"] if drifts else [])


def test_seeds_that_no_longer_exist() -> None:
    told = {"stemedb_seed_nodes": ["10.0.0.1:18183", "10.0.0.9:18183", "10.0.0.3:18183"]}
    argv = ["stemedb-node", "--seed-nodes", "10.0.0.9:18183"]
    hosts = {"node-02": host(service={"running": True, "argv": argv})}
    nodes = [node(0), node(1), node(2, "Dead")]
    one = only(
        found(found=exported(nodes), hosts=hosts, variables={"node-01": told}), "stale_seeds"
    )
    assert one.subject == "10.0.0.9:18183, 10.0.0.3:18183"
    assert one.evidence == (
        "10.0.0.9:18183 is no node that the cluster lists; named by node-01 (inventory), node-02",
        "10.0.0.3:18183 is listed as Dead; named by node-01 (inventory)",
    )


@pytest.mark.parametrize("seed", ["node-02:18183", "gone.example:18183", "0.0.0.0"])
def test_a_seed_that_may_be_a_member_is_none(seed: str) -> None:
    assert found(variables={"node-01": {"stemedb_seed_nodes": [seed]}}) == []


def test_a_seed_that_resolves_to_nobodys_address_is_stale() -> None:
    ports = [{"host": "gone.example", "addresses": ["10.0.0.77"], "protocol": "any"}]
    told = {"node-01": {"stemedb_seed_nodes": ["gone.example:18183"]}}
    hosts = {"node-01": host(ports=ports)}
    assert only(found(hosts=hosts, variables=told), "stale_seeds")


def binary(version: str | None, sha256: str = "a") -> dict[str, Any]:
    told = {"path": "/usr/local/bin/stemedb-node", "exists": True, "error": "it says nothing"}
    return host(binary={**told, "version": version, "sha256": sha256 * 64})


def test_versions_that_differ() -> None:
    hosts = {"node-01": binary("1.2.0"), "node-02": binary("1.3.0", "b"), "node-03": host()}
    one = only(found(hosts=hosts), "mixed_versions")
    assert one.severity == "warning"
    assert one.evidence == ("1.2.0 on node-01; 1.3.0 on node-02. Not blocking.",)
    unknown = {"node-01": binary("1.2.0"), "node-02": binary(None, "b")}
    assert only(found(hosts=unknown), "mixed_versions").severity == "note"
    alike = {"node-01": binary("1.2.0"), "node-02": binary("1.2.0", "b")}
    assert found(hosts=alike) == []
