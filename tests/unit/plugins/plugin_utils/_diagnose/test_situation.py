"""How nodes are called, and what hosts say about ports and logs."""

from __future__ import annotations

from typing import Any

from ansible_collections.stemedb.cluster.tests.unit.support.diagnosing import (
    IDS,
    LOST,
    exported,
    host,
    node,
    port,
    row,
    situation,
)


def test_nodes_are_called_by_their_hosts() -> None:
    told = situation(exported([*(node(place) for place in range(3)), node(8)]))
    assert told.name(IDS[0]) == "node-01"
    assert told.name("00000008") == "00000008"
    assert told.name(None) == "nobody"
    assert told.names([IDS[0], IDS[1]]) == "node-01, node-02"
    assert told.address(IDS[1]) == "10.0.0.2"
    assert told.address("00000008") == "10.0.0.9"
    assert [each["node_id"] for each in told.alive] == [*IDS, "00000008"]


def test_where_the_cluster_does_not_answer_nothing_is_known() -> None:
    told = situation({"failed": True, "msg": "no"})
    assert (told.cluster, told.nodes, told.gateway(IDS[0])) == ({}, (), None)


def test_the_gateway_and_the_host_of_a_node() -> None:
    told = situation(exported(sight={"gateways": [row(1)]}), {"node-01": host(), "node-02": LOST})
    assert told.gateway(IDS[1]) == row(1)
    assert told.gateway(IDS[0]) is None
    assert told.probe(IDS[0]) is not None
    assert told.probe(IDS[1]) is None
    assert [name for name, _probe in told.probes()] == ["node-01"]


def test_gossip_is_told_in_both_directions() -> None:
    tcp = port(1, "closed", protocol="tcp")
    hosts = {
        "node-01": host(ports=[port(0), port(1, "silent"), tcp]),
        "node-02": host(ports=[port(0, "closed"), port(1), port(2, None)]),
    }
    told = situation(hosts=hosts)
    assert told.gossip(IDS[1]) == (
        [("node-01", "silent")],
        [("node-01", "closed"), ("node-03", None)],
    )
    assert told.gossip_lines(IDS[1]) == [
        "gossip port of node-02: no answer from node-01",
        "gossip ports of others, from node-02: refused at node-01; unknown at node-03",
    ]
    assert told.gossip_lines(IDS[2])[1] == (
        "whether node-03 reaches the gossip ports of others is unknown"
    )
    assert situation(hosts={}).gossip_lines(IDS[0])[0].endswith("no other host tried it")


def test_a_port_of_a_service_that_does_not_run_is_refused_and_not_blocked() -> None:
    ports = [port(0), port(1), port(2, "closed")]
    stopped = {"running": False}
    hosts = {
        "node-01": host(ports=ports),
        "node-02": host(ports=ports),
        "node-03": host(ports=ports, service=stopped),
    }
    told = situation(hosts=hosts)
    assert not any(told.blocks_gossip(node_id) for node_id in IDS)
    assert told.gossip_lines(IDS[2])[0] == (
        "gossip port of node-03: refused (service stopped) from node-01, node-02"
    )
    # A silent port is the network's doing, whatever runs there.
    hosts["node-01"] = host(ports=[port(0), port(1), port(2, "silent")])
    assert situation(hosts=hosts).blocks_gossip(IDS[0])
    # Where it is unknown whether it runs, the refusal counts.
    hosts = {"node-01": host(ports=ports), "node-03": LOST}
    assert situation(hosts=hosts).blocks_gossip(IDS[2])


def log(*lines: str) -> dict[str, Any]:
    match = {"count": len(lines), "lines": list(lines)}
    return {"line_count": 9, "lines": [], "matches": {"election": match}}


def test_the_last_line_of_each_log_is_told_with_its_host() -> None:
    gateway: dict[str, Any] = {"service": None, "log": log("c"), "errors": []}
    hosts = {"node-01": {**host(log=log("a", "b")), "gateway": gateway}, "node-02": host()}
    told = situation(hosts=hosts)
    assert told.log_lines("election") == (3, ["node-01: b", "node-01: c"])
    assert told.log_evidence("election", "election|leader") == [
        "3 log lines match election|leader:",
        "node-01: b",
        "node-01: c",
    ]
    none = situation(hosts={"node-01": host(log=log())})
    assert none.log_evidence("election", "x") == ["0 log lines match x"]
    assert situation().log_evidence("election", "x") == ["no log was read for x"]
