"""What the hosts of a cluster say of themselves, and a diagnosis on one screen."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose.hosts import (
    diagnose_hosts,
    diagnose_ports,
    diagnose_report,
    hosts_around,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._members.declared import Declared

SUSPECT = {
    "condition": "node_alive",
    "subject": "a3f2b1c4",
    "reason": "is Suspect at http://g",
    "guide": "Node Stuck in Suspect State",
}


def result(host: str, **more: Any) -> dict[str, Any]:
    """The item of a loop of stemedb_host_info."""
    log = {
        "line_count": 9,
        "lines": ["last"],
        "matches": {
            "error": {"count": 1, "lines": ["ERROR x"]},
            "election": {"count": 2, "lines": []},
        },
    }
    told = {
        "service": {"running": True},
        "free_space": [{"path": "/var/lib/stemedb", "free_bytes": 3 * 2**30}],
        "ports": [],
        "log": log,
        "errors": [],
        "load": 0.51,
    }
    return {"item": host, "ansible_loop_var": "item", "invocation": {}, **told, **more}


DOWN = {"item": "b", "lost": True, "msg": "No route to host"}


def test_the_ports_of_all_hosts_are_tried_from_each() -> None:
    told = {
        "one": {"stemedb_node_address": "10.0.0.1", "ansible_host": "x"},
        "two": {"ansible_host": "10.0.0.2", "stemedb_node_rpc_port": "28182"},
        "three": {},
    }
    assert [(p["host"], p["port"], p["protocol"]) for p in diagnose_ports(told)] == [
        ("10.0.0.1", 18181, "tcp"),
        ("10.0.0.1", 18182, "tcp"),
        ("10.0.0.1", 18183, "any"),
        ("10.0.0.2", 18181, "tcp"),
        ("10.0.0.2", 28182, "tcp"),
        ("10.0.0.2", 18183, "any"),
        ("three", 18181, "tcp"),
        ("three", 18182, "tcp"),
        ("three", 18183, "any"),
    ]


def test_hosts_are_put_together_and_a_dead_one_is_told() -> None:
    gateway = result("a", service={"running": True, "exists": True})
    found = diagnose_hosts([result("a"), DOWN], [gateway, DOWN])
    assert list(found) == ["a", "b"]
    assert found["a"]["problem"] is None
    assert set(found["a"]["probe"]) == {"service", "free_space", "ports", "log", "errors", "load"}
    assert found["a"]["gateway"]["service"]["exists"] is True
    assert found["b"] == {
        "problem": "No route to host",
        "probe": None,
        "gateway": None,
    }


def test_the_reason_is_taken_from_where_it_is_not_censored() -> None:
    censored = {**DOWN, "msg": "<error censored due to no log>"}
    assert diagnose_hosts([censored], [], [DOWN])["b"]["problem"] == "No route to host"
    # By then it may answer: that it did not before is as true.
    back = {"item": "b", "clock": 5.0}
    assert diagnose_hosts([DOWN], [], [back])["b"]["problem"] == "No route to host"


def test_what_hosts_say_loses_its_secrets() -> None:
    argv = ["stemedb-node", "--api-key", "Zq7wVx2mKp9t", "--node-id", "a"]
    probe = result("a", service={"running": True, "argv": argv})
    told = diagnose_hosts([probe], [])["a"]["probe"]["service"]["argv"]
    assert told == ["stemedb-node", "--api-key", "********", "--node-id", "a"]


def test_a_host_without_a_service_for_the_gateway_lacks_nothing() -> None:
    gateway = result("a", service={"running": False, "exists": False})
    assert diagnose_hosts([result("a")], [gateway])["a"]["gateway"] is None
    skipped = {"item": "a", "skipped": True}
    assert diagnose_hosts([result("a")], [skipped])["a"]["gateway"] is None


def exported(**more: Any) -> dict[str, Any]:
    cluster = {"name": "prod", "healthy": True}
    return {"cluster": cluster, "unmet": [], "dest": "/d.json", "size_bytes": 2048, **more}


def test_a_cluster_that_is_well_on_one_screen() -> None:
    hosts = diagnose_hosts([result("a")], [result("a")])
    assert diagnose_report(exported(), hosts) == [
        "",
        "✓ Cluster prod is healthy",
        "",
        "a: node runs, gateway runs, 3.2 GB free at /var/lib/stemedb, load 0.5",
        "  log of the node: 9 lines (election 2, error 1)",
        "    ERROR x",
        "  log of the gateway: 9 lines (election 2, error 1)",
        "    ERROR x",
        "",
        "The full report is in /d.json (2.0 KiB).",
    ]


def test_what_is_not_well_and_where_the_guide_helps() -> None:
    ports = [{"host": "b", "port": 18182, "protocol": "tcp", "state": "closed", "error": None}]
    errors = [{"section": "log", "message": "cannot be read"}]
    probe = result("a", service={"running": False}, ports=ports, log=None, errors=errors)
    cluster = {"name": None, "healthy": False}
    told = exported(cluster=cluster, unmet=[SUSPECT] * 12)
    lines = diagnose_report(told, diagnose_hosts([probe, DOWN], []))
    assert lines[1] == "✗ Cluster of unknown name is not healthy"
    assert lines[2] == (
        '  node_alive: a3f2b1c4 is Suspect at http://g (guide: "Node Stuck in Suspect State")'
    )
    assert lines[12] == "  and 2 more"
    assert lines[14:] == [
        "a: node does not run, 3.2 GB free at /var/lib/stemedb, load 0.5",
        "  a does not reach b:18182 (tcp: refused)",
        "  log: cannot be read",
        "",
        "b: No route to host",
        "",
        "The full report is in /d.json (2.0 KiB).",
    ]


@pytest.mark.parametrize(("running", "words"), [(None, "in an unknown state"), (False, "does not")])
def test_a_service_that_is_not_known_to_run_is_not_said_to(running: Any, words: str) -> None:
    for service in ({"running": running}, *([None] if running is None else [])):
        hosts = diagnose_hosts([result("a", service=service)], [])
        assert words in diagnose_report(exported(), hosts)[3]


def test_a_cluster_that_does_not_answer() -> None:
    told = {"failed": True, "msg": "Nothing listens. What is known is in /d.json."}
    assert diagnose_report(told, {}) == ["", f"✗ The cluster does not answer: {told['msg']}"]


def test_health_that_is_not_known_is_not_said_to_be() -> None:
    lines = diagnose_report(exported(cluster={"name": "prod", "healthy": None}), {})
    assert lines[1] == "? Cluster prod: health is unknown"


def test_nodes_that_are_not_alive_come_first_and_by_their_hosts_names() -> None:
    nodes = [
        {"node_id": "a" * 8, "address": "10.0.0.1:18182", "state": "Alive"},
        {"node_id": "b" * 8, "address": "10.0.0.2:18182", "state": "Dead"},
        {"node_id": "c" * 8, "address": "10.0.0.3:18182", "state": "Suspect"},
        {"node_id": "d" * 8, "address": "10.0.0.4:18182", "state": "Alive"},
    ]
    told = exported(
        cluster={"name": "prod", "healthy": False}, unmet=[SUSPECT], overview={"nodes": nodes}
    )
    hosts = {"db-01": "10.0.0.1", "db-02": "10.0.0.2", "db-09": "10.0.0.9"}
    members = [Declared(host, address) for host, address in hosts.items()]
    assert diagnose_report(told, {}, members)[1:7] == [
        "✗ Cluster prod is not healthy",
        "  db-02 (node bbbbbbbb) is Dead",
        "  Node cccccccc at 10.0.0.3:18182 is Suspect",
        "  db-09: the cluster does not list its node",
        "  Node dddddddd at 10.0.0.4:18182 has no host in the inventory; add it to stemedb_nodes",
        '  node_alive: a3f2b1c4 is Suspect at http://g (guide: "Node Stuck in Suspect State")',
    ]
    assert not any("no host of the inventory" in line for line in diagnose_report(told, {}))


def test_names_beside_addresses_are_no_nodes_that_are_missing() -> None:
    """The usual inventory: nothing here resolves a name, so nothing is said of who is missing."""
    nodes = [
        {"node_id": "a" * 8, "address": "10.0.0.1:18182", "state": "Alive"},
        {"node_id": "b" * 8, "address": "10.0.0.2:18182", "state": "Dead"},
    ]
    told = exported(cluster={"name": "prod", "healthy": False}, overview={"nodes": nodes})
    members = [Declared(host, host) for host in ("db-01", "db-02")]
    lines = diagnose_report(told, {}, [*members, Declared("db-03", "db-03", "c" * 8)])
    assert lines[2:5] == [
        "  Node bbbbbbbb at 10.0.0.2:18182 is Dead",
        "  db-03: the cluster does not list its node",
        "  It is unknown which nodes db-01, db-02 are: the inventory has names and the cluster "
        "addresses, or the reverse; set stemedb_node_address or stemedb_node_id",
    ]
    assert not any("no host of the inventory" in line for line in lines)


def test_shards_that_lack_the_same_are_summed_up() -> None:
    shards = [
        {
            "condition": "leaders_elected",
            "subject": f"shard {number}",
            "reason": "has no leader",
            "guide": None,
        }
        for number in range(12)
    ]
    cluster = {"name": "prod", "healthy": False}
    assert diagnose_report(exported(cluster=cluster, unmet=[*shards, SUSPECT]), {})[2:4] == [
        "  leaders_elected: 12 shards (0-11), such as shard 0, which has no leader",
        '  node_alive: a3f2b1c4 is Suspect at http://g (guide: "Node Stuck in Suspect State")',
    ]
    few = diagnose_report(exported(cluster=cluster, unmet=shards[:2]), {})
    assert few[2:4] == [
        "  leaders_elected: shard 0 has no leader",
        "  leaders_elected: shard 1 has no leader",
    ]


def test_many_ports_that_are_shut_are_counted() -> None:
    port = {"host": "b", "port": 1, "protocol": "tcp", "state": "silent", "error": None}
    hosts = diagnose_hosts([result("a", ports=[port] * 14)], [])
    lines = diagnose_report(exported(), hosts)
    assert sum("does not reach" in line for line in lines) == 10
    assert "  and 4 more ports" in lines


def test_whom_to_look_at_after_a_failure() -> None:
    members = {
        "one": {"stemedb_node_address": "10.0.0.1"},
        "two": {"ansible_host": "Gateway.example"},
        "three": {},
        "four": {"stemedb_node_address": "2001:db8::4"},
    }
    urls = ["http://gateway.example:18181", " http://[2001:db8::4]:18181"]
    assert hosts_around(["three", "x"], members, urls) == ["three", "x", "two", "four", "one"]
    assert hosts_around([], members, ["http://10.0.0.1:18181"])[0] == "one"
    assert hosts_around([], {}, urls) == []


def test_another_cluster_than_the_one_that_is_meant_comes_first() -> None:
    found = exported(observers=[{"url": "http://db-01:18181", "reachable": True}])
    name = found["cluster"]["name"]
    first = diagnose_report(found, {}, cluster_name="demo")[1]
    assert first.startswith(f"✗ The gateway http://db-01:18181 belongs to cluster {name}, and ")
    assert diagnose_report(found, {}, cluster_name=name) == diagnose_report(found, {})
    assert diagnose_report({"msg": "no."}, {}, cluster_name="demo")[1].startswith("✗ The cluster d")
