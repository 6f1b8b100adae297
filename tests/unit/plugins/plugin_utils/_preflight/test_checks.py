"""The guide's pre-flight checks: each kind of finding, and that nothing unknown passes."""

from __future__ import annotations

from typing import Any, Optional

import pytest
from ansible_collections.stemedb.cluster.plugins.plugin_utils._preflight import checks as preflight
from ansible_collections.stemedb.cluster.plugins.plugin_utils._preflight.facts import Facts
from ansible_collections.stemedb.cluster.tests.unit.support.preflight_facts import (
    MEMBERS,
    SETTINGS,
    good,
    judged,
    kinds,
)


def port_of(facts: Facts, host: str, port: int) -> dict[str, Any]:
    ports = facts.probe["ports"]
    return next(one for one in ports if (one["host"], one["port"]) == (host, port))


def test_where_all_is_well_nothing_is_found() -> None:
    assert judged(good()) == []


def test_the_host_has_to_reach_gateways_members_and_seeds_but_not_itself() -> None:
    members: list[dict[str, Any]] = [
        *MEMBERS,
        {"node_id": "id-4", "address": "node-04:18182", "state": "Alive"},
    ]
    wanted = preflight.targets(SETTINGS, members)
    assert [(one["host"], one["port"], one["protocol"]) for one in wanted["ports"]] == [
        ("node-01", 18181, "tcp"),
        ("node-02", 18181, "tcp"),
        ("10.0.0.1", 18182, "tcp"),
        ("10.0.0.2", 18182, "tcp"),
        ("10.0.0.3", 18182, "tcp"),
        ("node-01", 18183, "any"),
        ("node-01", 18182, "tcp"),
        ("node-02", 18183, "any"),
        ("node-02", 18182, "tcp"),
        ("10.0.0.1", 18183, "any"),
        ("10.0.0.2", 18183, "any"),
        ("10.0.0.3", 18183, "any"),
    ]
    assert wanted["urls"] == ["http://node-01:18181/v1/health", "http://node-02:18181/v1/health"]


def test_addresses_that_may_be_the_hosts_and_settings_of_its_kernel_are_asked_for() -> None:
    members: list[dict[str, Any]] = [
        *MEMBERS[:1],
        dict(MEMBERS[1], state="Dead"),
        dict(MEMBERS[2], state="Suspect", address=None),
        {"node_id": "id-4", "address": "node-04:18182", "state": "Suspect"},
    ]
    minimums = (("net.core.somaxconn", 1), ("fs.nr_open", 1))
    wanted = preflight.targets(SETTINGS._replace(kernel_minimums=minimums), members)
    assert wanted["addresses"] == ["10.0.0.1:18182", "node-04:18182"]
    assert wanted["sysctls"] == ["fs.nr_open", "fs.file-nr", "net.core.somaxconn"]


@pytest.mark.parametrize("members", [None, [], [{"node_id": "x", "address": "0.0.0.0:18182"}]])
def test_without_usable_addresses_the_gateways_are_tried_as_in_the_guide(members: Any) -> None:
    settings = SETTINGS._replace(
        gateway_urls=("https://gateway/",), seed_nodes=(), health_path="/h"
    )
    wanted = preflight.targets(settings, members)
    assert [(one["host"], one["port"], one["protocol"]) for one in wanted["ports"]] == [
        ("gateway", 443, "tcp"),
        ("gateway", 18182, "tcp"),
        ("gateway", 18183, "any"),
    ]
    assert wanted["urls"] == ["https://gateway/h"]


@pytest.mark.parametrize(
    ("host", "port", "state", "finding"),
    [
        ("node-01", 18181, "closed", ("error", "port_closed")),
        ("node-01", 18181, "silent", ("error", "port_silent")),
        ("10.0.0.3", 18182, "closed", ("error", "port_closed")),
        ("10.0.0.3", 18182, "silent", ("error", "port_silent")),
        ("node-01", 18183, "closed", ("error", "port_closed")),
        ("node-01", 18183, "silent", ("warning", "gossip_silent")),
        ("node-01", 18183, None, ("error", "unknown_port")),
        ("10.0.0.3", 18182, None, ("error", "unknown_port")),
    ],
)
def test_a_port_that_is_not_open(
    host: str, port: int, state: Optional[str], finding: tuple[str, str]
) -> None:
    facts = good()
    port_of(facts, host, port).update(state=state, error="EWORD")
    assert kinds(facts) == [finding]
    assert judged(facts)[0].subject == f"{host}:{port}"
    assert "EWORD" in judged(facts)[0].detail


@pytest.mark.parametrize("section", ["ports", "urls", "free_space", "config", "data_dir"])
@pytest.mark.parametrize("value", [None, []])
def test_what_was_not_read_is_an_error(section: str, value: Any) -> None:
    if section in ("config", "data_dir") and value == []:
        value = None
    facts = good()
    facts.probe[section] = value
    facts.probe["errors"] = [{"section": section, "message": "Permission denied"}]
    found = judged(facts)
    assert [(one.severity, one.kind.partition("_")[0]) for one in found[:1]] == [
        ("error", "unknown")
    ]
    assert "Permission denied" in found[0].detail


def test_a_gateway_that_gives_no_answer() -> None:
    facts = good()
    facts.probe["urls"][1].update(reachable=False, status=None, error="TLS: expired")
    assert kinds(facts) == [("error", "gateway_unreachable")]
    assert "TLS: expired" in judged(facts)[0].detail
    facts.probe["urls"][1].update(reachable=None)
    assert kinds(facts) == [("error", "unknown_gateway")]


def test_a_gateway_whose_port_is_shut_is_found_once() -> None:
    facts = good()
    facts.probe["urls"][0].update(reachable=False, status=None, error="ECONNREFUSED")
    port_of(facts, "node-01", 18181).update(state="closed", error="ECONNREFUSED")
    assert kinds(facts) == [("error", "port_closed")]


def test_any_answer_of_a_gateway_counts_as_reachable() -> None:
    facts = good()
    facts.probe["urls"][0].update(status=503)
    assert kinds(facts) == [("note", "gateway_status")]
    assert "HTTP status 503" in judged(facts)[0].detail
    facts.probe["urls"][0].update(status=None, error="TLS: it wants a client certificate")
    assert kinds(facts) == [("note", "gateway_status")]
    assert "it wants a client certificate" in judged(facts)[0].detail


@pytest.mark.parametrize("name", ["other", "pro", "PROD", None, ""])
def test_another_cluster_name(name: Optional[str]) -> None:
    assert kinds(good(), cluster_name=name) == [("error", "cluster_name")]
    assert "prod" in judged(good(), cluster_name=name)[0].detail


def test_a_gateway_that_does_not_say_its_clusters_name() -> None:
    facts = good()
    assert facts.cluster is not None
    facts.cluster["cluster"]["name"] = None
    assert kinds(facts) == [("error", "unknown_cluster_name")]


def test_seeds_that_lead_nowhere() -> None:
    facts = good()
    assert kinds(facts, seed_nodes=()) == [("error", "no_live_seed")]
    seeds = ("node-01:18183", "node-09:18183")
    assert kinds(facts, seed_nodes=seeds) == [("warning", "seed_not_alive")]
    assert "no member" in judged(facts, seed_nodes=seeds)[0].detail
    assert kinds(facts, seed_nodes=("node-09:18183",)) == [
        ("error", "no_live_seed"),
        ("warning", "seed_not_alive"),
    ]


def test_a_seed_is_compared_whole() -> None:
    facts = good()
    assert ("error", "no_live_seed") in kinds(facts, seed_nodes=("10.0.0.11:18183",))


def test_the_host_is_no_seed_of_its_own() -> None:
    facts = good()
    own = {"node_id": "id-4", "address": "node-04:18182", "state": "Alive", "shards": []}
    facts = facts._replace(members=[*MEMBERS, own])
    assert kinds(facts, seed_nodes=("node-04:18183",)) == [("error", "no_live_seed")]
    assert kinds(facts, seed_nodes=("node-04:18183", "node-01:18183")) == []


@pytest.mark.parametrize(
    ("setting", "value", "severity"),
    [("rpc_port", 1, "error"), ("gossip_port", 1, "error"), ("gateway_port", 1, "note")],
)
def test_ports_that_nobody_else_uses(setting: str, value: int, severity: str) -> None:
    assert kinds(good(), **{setting: value}) == [(severity, "port_setting")]


def test_what_is_down_on_a_dead_member_does_not_block() -> None:
    facts = good()
    assert facts.members is not None
    assert facts.cluster is not None
    facts.members[1]["state"] = "Dead"
    facts.cluster["cluster"]["nodes_by_state"].update(Alive=2, Dead=1)
    facts.probe["urls"][1].update(reachable=False, status=None, error="ETIMEDOUT")
    for port in facts.probe["ports"]:
        if port["host"] in ("node-02", "10.0.0.2"):
            port.update(state="silent", error="ETIMEDOUT")
    found = kinds(facts)
    assert ("warning", "dead_node") in found
    assert ("note", "port_silent") in found
    assert [one for one in found if one[0] == "error"] == []
    # Of an address that an Alive member has as well, it does.
    facts.members.append(dict(facts.members[1], node_id="id-5", state="Alive"))
    assert ("error", "port_silent") in kinds(facts)


def test_a_cluster_that_gives_no_answer_is_one_error_and_no_guesses() -> None:
    facts = good()._replace(cluster_error="Nothing listens on gateway:18181")
    assert kinds(facts) == [("error", "unknown_cluster")]
    assert "Nothing listens" in judged(facts)[0].detail
    assert kinds(good()._replace(cluster=None)) == [("error", "unknown_cluster")]
    assert ("error", "unknown_cluster") in kinds(good()._replace(members=None))


def test_of_a_quorum_some_gateways_may_be_silent() -> None:
    facts = good()
    assert facts.cluster is not None
    facts.cluster["observers"][1].update(reachable=False, error="ETIMEDOUT")
    assert kinds(facts, min_observers=1) == [("error", "observer_unreachable")]
    assert kinds(facts, min_observers=1, observers="quorum") == [
        ("warning", "observer_unreachable")
    ]


def test_errors_come_first() -> None:
    facts = good()
    facts.probe["urls"][0].update(status=503)
    port_of(facts, "node-01", 18183).update(state="silent", error="E")
    found = kinds(facts, min_free_disk_gb=1000)
    assert [severity for severity, _kind in found] == ["error", "warning", "note"]


def test_before_the_first_start_only_the_host_counts() -> None:
    settings = SETTINGS._replace(cluster_exists=False)
    wanted = preflight.targets(settings, None)
    assert {key: value for key, value in wanted.items() if value} == {
        # Whether a gateway runs there already.
        "ports": [{"host": "node-04", "port": 18181, "protocol": "tcp"}],
        "sysctls": ["fs.nr_open", "fs.file-nr"],
    }
    facts = Facts(dict(good().probe, ports=None, urls=None))
    assert preflight.findings(settings, facts) == []
    small = settings._replace(min_free_disk_gb=1000)
    assert [one.kind for one in preflight.findings(small, facts)] == ["disk_space"]
