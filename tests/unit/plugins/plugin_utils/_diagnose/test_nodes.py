"""Findings about nodes: Suspect, Dead, in the inventory or in the cluster only."""

from __future__ import annotations

from typing import Any

from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose.nodes import node_findings
from ansible_collections.stemedb.cluster.tests.unit.support.diagnosing import (
    IDS,
    LOST,
    exported,
    host,
    node,
    only,
    port,
    row,
    situation,
)

NEW = {"node-07": 77, "node-08": 78}


def suspect(seconds: float, hosts: dict[str, Any] | None = None, **more: Any) -> Any:
    watched = {"seconds": seconds, "samples": 5 if seconds else 1, "suspect": {IDS[1]: seconds}}
    nodes = [node(0), node(1, "Suspect"), node(2)]
    told = situation(exported(nodes, watched=watched, **more), hosts)
    return only(node_findings(told), "suspect_node")


def hosts(**second: Any) -> dict[str, Any]:
    return {"node-01": host(), "node-02": host(**second), "node-03": host()}


def test_members_that_are_alive_are_no_finding() -> None:
    assert list(node_findings(situation())) == []


def test_a_node_that_is_suspect_for_long_is_an_error_with_all_evidence() -> None:
    one = suspect(130)
    assert (one.severity, one.subject) == ("error", "node-02")
    assert one.evidence == (
        "node-02 was Suspect for 130 of the 130 s watched",
        "its gateway answered in 4 ms",
        "its service runs, load 0.5",
        "gossip port of node-02: open from node-01, node-03",
        "gossip ports of others, from node-02: open at node-01, node-03",
    )
    assert one.cause.startswith("a short spike")
    assert one.next[:3] == (
        "ping -c 10 10.0.0.2",
        "ssh node-02 'top -bn1 | head -20'",
        "nc -zv 10.0.0.2 18183, from another node",
    )
    assert one.next[-1].endswith("replace_node -i inventory.yml -e stemedb_target=node-02 --check")


def test_before_two_minutes_it_is_a_warning_that_says_how_to_know() -> None:
    one = suspect(0)
    assert one.severity == "warning"
    assert one.evidence[0] == "node-02 is Suspect now; it was not watched"
    assert one.next[-1].endswith("-e stemedb_diagnose_watch=130")


def test_a_gossip_port_that_is_shut_in_one_direction_is_the_cause() -> None:
    away = hosts(ports=[port(0, "silent"), port(1), port(2)])
    one = suspect(5, away)
    assert "gossip port is blocked" in one.cause
    silent = "gossip ports of others, from node-02: no answer at node-01; open at node-03"
    assert silent in one.evidence
    towards = {**hosts(), "node-01": host(ports=[port(0), port(1, "closed"), port(2)])}
    one = suspect(5, towards)
    assert "gossip port is blocked" in one.cause
    assert "gossip port of node-02: refused from node-01; open from node-03" in one.evidence


def test_silence_of_all_gossip_ports_proves_nothing() -> None:
    silent = host(ports=[port(place, "silent") for place in range(3)])
    one = suspect(5, dict.fromkeys(("node-01", "node-02", "node-03"), silent))
    assert "blocked" not in one.cause


def test_load_beside_the_others_is_a_cause() -> None:
    assert "heavy load" in suspect(5, hosts(load=9.0)).cause
    assert "heavy load" not in suspect(5, hosts(load=3.0)).cause
    assert "heavy load" in suspect(5, {"node-02": host(load=20.0)}).cause
    assert "heavy load" not in suspect(5, {"node-02": host(load=9.0)}).cause


def test_a_gateway_that_is_slow_or_silent_is_a_cause() -> None:
    sight = {"gateways": [row(1, answer_ms=2400.0)]}
    one = suspect(5, sight=sight)
    assert "its gateway answered in 2400 ms" in one.evidence
    assert "slow" in one.cause
    error = [{"node_id": IDS[1], "error": "No answer in 10 s"}]
    one = suspect(5, sight={"gateways": []}, observers=error)
    assert "its gateway was not reached; No answer in 10 s" in one.evidence
    assert "hangs" in one.cause


def test_a_host_that_was_not_probed_says_how_to_probe_it() -> None:
    one = suspect(5, {"node-01": host()})
    assert "its host was not probed: name it with stemedb_diagnose_hosts=node-02" in one.evidence
    one = suspect(5, {"node-01": host(), "node-02": LOST})
    assert "its host was not probed: No route to host" in one.evidence


def test_five_hundred_are_one_finding() -> None:
    nodes = [node(place, "Suspect") for place in range(500)]
    one = only(node_findings(situation(exported(nodes))), "suspect_node")
    assert one.subject.endswith("and 495 more")
    assert len(one.evidence) == 11
    assert one.evidence[-1] == "and 498 more nodes"


def test_a_dead_node_whose_service_runs_is_worse() -> None:
    nodes = [node(0), node(1, "Dead"), node(2, "Dead")]
    told = {"node-01": host(), "node-02": host(), "node-03": LOST}
    found = list(node_findings(situation(exported(nodes), told)))
    assert [(one.kind, one.severity, one.subject) for one in found] == [
        ("dead_node", "error", "node-02"),
        ("dead_node", "warning", "node-03"),
    ]
    assert found[0].evidence[0] == f"node-02 ({IDS[1]}) is Dead; its service runs, load 0.5"
    assert "No route to host" in found[1].evidence[0], "so it is no finding of its own"
    assert found[1].next[-1].endswith("-e stemedb_target=node-03 --check")


def dead(hosts: dict[str, Any], **own: Any) -> Any:
    nodes = [node(0), node(1), node(2, "Dead")]
    variables = {"node-03": own} if own else None
    told = situation(exported(nodes), hosts, variables)
    return only(node_findings(told), "dead_node")


def tried(*states: str) -> dict[str, Any]:
    """A host that tried the ports of the third member."""
    others = [port(0), port(1)]
    own = [{**port(2, state), "port": 18181 + place} for place, state in enumerate(states)]
    return host(ports=[*others, *own])


def test_the_ports_of_a_dead_node_are_told_once_for_all_hosts() -> None:
    refused = tried("closed", "closed", "closed")
    one = dead({"node-01": refused, "node-02": refused, "node-03": LOST})
    assert one.evidence[1:] == (
        "ports of node-03 (18181, 18182, 18183): reached from none of 2 hosts (refused)",
    )
    one = dead({"node-01": refused, "node-02": tried("closed", "silent", "open"), "node-03": LOST})
    assert one.evidence[1:] == (
        "ports of node-03 (18181): reached from none of 2 hosts (refused)",
        "ports of node-03 (18182): refused from node-01; no answer from node-02",
        "ports of node-03 (18183): refused from node-01; open from node-02",
    )
    one = dead({"node-01": tried("open", "open", "open"), "node-03": LOST})
    assert one.evidence[1:] == ("ports of node-03 (18181, 18182, 18183): open from node-01",)
    one = dead({"node-03": LOST})
    assert one.evidence[1:] == ("ports of node-03: no other host tried them",)


def test_a_dead_node_whose_service_runs_has_its_ports_once_too() -> None:
    told = {"node-01": tried("open", "open", "closed"), "node-03": host(ports=[port(0), port(2)])}
    one = dead(told)
    assert one.evidence[1:] == (
        "ports of node-03 (18181, 18182): open from node-01",
        "ports of node-03 (18183): refused from node-01",
        "gossip ports of others, from node-03: open at node-01",
    )


def test_five_hundred_dead_nodes_are_a_few_lines() -> None:
    nodes = [node(place, "Dead") for place in range(500)]
    one = only(node_findings(situation(exported(nodes), hosts={})), "dead_node")
    assert len(one.evidence) == 7
    assert one.evidence[-1] == "and 497 more nodes"


def test_a_command_is_that_of_the_hosts_service_manager() -> None:
    lost = {"node-01": host(), "node-03": LOST}
    assert dead(lost).next[0] == (
        "on node-03: systemctl start stemedb-node; then journalctl -u stemedb-node -n 50"
    )
    own = {"stemedb_node_service_manager": "command", "stemedb_node_start_command": "svc up"}
    assert dead(lost, **own).next[0] == "on node-03: svc up; then read its log"
    running = {"node-01": host(), "node-03": host()}
    assert dead(running, **own).next[1] == "on node-03: read its log"


def test_a_command_names_the_inventory_of_this_run() -> None:
    nodes = [node(0), node(1), node(2, "Dead")]
    for options, words in (("-i prod/hosts.yml", " -i prod/hosts.yml "), ("", " ")):
        told = situation(exported(nodes), {"node-02": LOST}, inventory=options)
        steps = "\n".join(step for one in node_findings(told) for step in one.next)
        assert f"replace_node{words}-e stemedb_target=node-03 --check" in steps
        assert f"ansible node-02{words}-m ansible.builtin.ping" in steps


def test_a_host_that_is_not_reached_is_told_if_its_node_is_alive() -> None:
    lost = {"node-01": host(), "node-02": {**LOST, "problem": "two\n  lines"}}
    one = only(node_findings(situation(hosts=lost)), "unreachable_host")
    assert one.evidence == ("node-02: two lines",)
    assert one.next == ("ansible node-02 -i inventory.yml -m ansible.builtin.ping",)


def test_the_inventory_and_the_cluster_beside_each_other() -> None:
    nodes = [node(0), node(1), node(2), node(8)]
    told = situation(exported(nodes), variables={"node-09": {}, "node-10": {}})
    kinds = {one.kind: one for one in node_findings(told)}
    # A name cannot be compared with addresses, so nobody knows who the fourth node is.
    assert list(kinds) == ["unlisted_host"]
    assert kinds["unlisted_host"].severity == "note"
    gone = {"node-09": {"stemedb_node_address": "10.0.0.77"}}
    found = list(node_findings(situation(exported(nodes), variables=gone)))
    assert [(one.kind, one.severity, one.subject) for one in found] == [
        ("unlisted_host", "warning", "node-09"),
        ("unknown_node", "warning", "00000008"),
    ]
    assert found[1].evidence == ("00000008 at 10.0.0.9:18182 is Alive",)


def test_commands_hold_no_text_of_a_gateway_as_it_is() -> None:
    evil = "x; reboot $(id)"
    bad = {"node_id": evil, "address": "$(id).example:1"}
    for state in ("Alive", "Suspect", "Dead"):
        nodes = [node(0), node(1), node(2), {**node(8, state), **bad}]
        watched = {"seconds": 130, "samples": 5, "suspect": {evil: 130}}
        for one in node_findings(situation(exported(nodes, watched=watched))):
            steps = "\n".join(one.next)
            assert "'x??reboo" in steps
            assert "$(" not in steps
            assert "; reboot" not in steps


def test_names_in_commands_are_not_shortened() -> None:
    long = "node-" + "a" * 60
    told = {long: {"stemedb_node_address": "10.0.0.9"}}
    nodes = [node(0), node(1), node(2), node(8, "Dead")]
    one = only(node_findings(situation(exported(nodes), variables=told)), "dead_node")
    assert one.subject.endswith("…")
    assert one.next[-1].endswith(f"-e stemedb_target={long} --check")


def test_a_host_that_is_to_be_added_is_a_note() -> None:
    told = {name: {"stemedb_node_address": f"10.0.0.{place}"} for name, place in NEW.items()}
    found = list(node_findings(situation(variables=told, new=frozenset(["node-08"]))))
    assert [(one.kind, one.severity, one.subject) for one in found] == [
        ("unlisted_host", "warning", "node-07"),
        ("unlisted_host", "note", "node-08"),
    ]
    assert found[1].evidence == ("no gateway lists a node of 1 host of stemedb_new_nodes",)
    assert found[1].next == ("ansible-playbook stemedb.cluster.add_node -i inventory.yml --check",)


def test_a_host_that_was_added_is_no_finding_although_it_is_still_among_the_new() -> None:
    told = {"node-08": {"stemedb_node_address": "10.0.0.9"}}
    nodes = [node(0), node(1), node(2), node(8)]
    told_all = situation(exported(nodes), variables=told, new=frozenset(["node-08"]))
    assert list(node_findings(told_all)) == []
