"""What the hosts of a cluster say of themselves, and what is asked of them."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose.hosts import (
    diagnose_hosts,
    diagnose_order,
    diagnose_ports,
    diagnose_targets,
    host_line,
    hosts_around,
    summed_up,
)

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


def test_a_host_in_one_line() -> None:
    found = diagnose_hosts([result("a"), DOWN], [result("a")])
    line = "a: node runs, gateway runs, 3.2 GB free at /var/lib/stemedb, load 0.5"
    assert host_line("a", found["a"]) == line
    assert host_line("b", found["b"]) == "b: No route to host"


@pytest.mark.parametrize(("running", "words"), [(None, "in an unknown state"), (False, "does not")])
def test_a_service_that_is_not_known_to_run_is_not_said_to(running: Any, words: str) -> None:
    for service in ({"running": running}, *([None] if running is None else [])):
        hosts = diagnose_hosts([result("a", service=service)], [])
        assert words in host_line("a", hosts["a"])


@pytest.mark.parametrize(
    ("reason", "said", "of_two"),
    [
        ("has no leader", "shards 0-11: each has no leader", ["shards 0-1: each has no leader"]),
        # Where several lack the same, but not as much of it, one stands for all.
        (
            "lacks {} bytes",
            "12 shards (0-11), such as shard 0, which lacks 0 bytes",
            ["shard 0 lacks 0 bytes", "shard 1 lacks 1 bytes"],
        ),
    ],
)
def test_shards_that_lack_the_same_are_summed_up(reason: str, said: str, of_two: list[str]) -> None:
    shards = [
        {
            "condition": "leaders_elected",
            "subject": f"shard {number}",
            "reason": reason.format(number),
            "guide": None,
        }
        for number in range(12)
    ]
    assert summed_up([*shards, SUSPECT]) == [
        f"  leaders_elected: {said}",
        '  node_alive: a3f2b1c4 is Suspect at http://g (guide: "Node Stuck in Suspect State")',
    ]
    assert summed_up(shards[:2]) == [f"  leaders_elected: {one}" for one in of_two]


def test_seeds_that_are_no_hosts_are_tried_too_and_gateways_tell_their_clocks() -> None:
    hosts: dict[str, dict[str, Any]] = {
        "a": {"stemedb_node_address": "10.0.0.1", "stemedb_seed_nodes": "10.0.0.1:18183,10.0.0.9"},
        "b": {"stemedb_node_address": "2001:db8::2", "stemedb_seed_nodes": ["10.0.0.9"]},
    }
    found = diagnose_targets(hosts, ["http://x:18181"])
    assert found["ports"][:6] == diagnose_ports(hosts)
    assert found["ports"][6:] == [{"host": "10.0.0.9", "port": 18183, "protocol": "any"}]
    assert found["urls"] == [
        "http://10.0.0.1:18181/v1/health",
        "http://[2001:db8::2]:18181/v1/health",
    ]
    many = {"a": {"stemedb_seed_nodes": [f"10.1.0.{place}" for place in range(200)]}}
    assert len(diagnose_targets(many)["ports"]) == 3 + 20


def test_of_many_hosts_those_that_somebody_has_to_look_at_are_probed_first() -> None:
    def node(place: int, state: str, shards: int) -> dict[str, Any]:
        counts = {"leader_shards": shards, "follower_shards": shards}
        return {"node_id": f"{place:08d}", "address": f"h{place}:18182", "state": state, **counts}

    nodes = [node(0, "Alive", 3), node(1, "Alive", 0), node(2, "Suspect", 3), node(3, "Dead", 0)]
    hosts: dict[str, dict[str, Any]] = {f"h{place}": {} for place in range(5)}
    assert diagnose_order(hosts, nodes) == ["h2", "h3", "h1", "h4", "h0"]
    assert diagnose_order(hosts, []) == list(hosts)


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
