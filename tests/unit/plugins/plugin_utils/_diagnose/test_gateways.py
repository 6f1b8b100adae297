"""Findings about gateways: silence, another cluster, partitions, certificates."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose.gateways import (
    gateway_findings,
    matrix,
)
from ansible_collections.stemedb.cluster.tests.unit.support.diagnosing import (
    IDS,
    NOW,
    exported,
    host,
    node,
    only,
    port,
    row,
    situation,
)

DAY = 86400


def found(**more: Any) -> list[Any]:
    return list(gateway_findings(situation(**more)))


def test_a_cluster_that_is_well_has_none() -> None:
    assert found() == []


def test_no_answer_tells_where_the_service_runs() -> None:
    stopped = host(service={"running": False})
    told = {"msg": "Nothing listens on gateway:18181.", "failed": True}
    one = only(found(found=told, hosts={"node-01": host(), "node-02": stopped}), "no_answer")
    assert one.evidence == (
        "Nothing listens on gateway:18181.",
        "the service of the node runs on node-01",
        "it is not known to run on node-02",
    )


def test_expired_certificates_are_told_where_nobody_answers() -> None:
    ends = [{"subject": "https://a:18181", "not_after": NOW - DAY, "error": None}]
    told = {"msg": "The certificate of a:18181 has expired.", "certificates": ends}
    assert [one.kind for one in found(found=told)] == ["no_answer", "expiring_certificate"]


def test_another_cluster() -> None:
    asked = [{"url": "http://a:18181", "reachable": True, "excluded": False, "error": None}]
    told = exported(observers=asked)
    one = only(found(found=told, cluster_name="demo"), "foreign_cluster")
    assert one.severity == "error"
    assert "belongs to cluster prod, and stemedb_cluster_name says demo" in one.evidence[0]
    assert found(found=told, cluster_name="prod") == []


def split(blocked: str = "open") -> dict[str, Any]:
    """The third node sees itself alone, and the others see it Dead."""
    sight = {
        "nodes": [IDS[2], IDS[0], IDS[1]],
        "more": 0,
        "gateways": [
            row(0, ["Dead", "Alive", "Alive"], alive=2),
            row(1, ["Dead", "Alive", "Alive"], alive=2),
            row(2, ["Alive", "Dead", "unlisted"], alive=1, lost=True),
        ],
        "sides": [[IDS[0], IDS[1]], [IDS[2]]],
    }
    nodes = [node(0), node(1), node(2, "Dead")]
    hosts = {f"node-0{n}": host(ports=[port(0), port(1), port(2, blocked)]) for n in (1, 2, 3)}
    return {"found": exported(nodes, sight=sight), "hosts": hosts}


def test_a_partition_shows_who_sees_whom() -> None:
    one = only(found(**split()), "partition")
    assert one.subject == "node-01, node-02 | node-03"
    assert one.evidence[:2] == (
        "node-01, node-02 see 2 nodes Alive",
        "node-03 sees 1 node Alive",
    )
    assert one.evidence[2:6] == (
        "sees            node-03 node-01 node-02",
        "node-01         Dead    Alive   Alive",
        "node-02         Dead    Alive   Alive",
        "node-03         Alive   Dead    -",
    )
    assert one.evidence[6] == "gossip port of node-03: open from node-01, node-02"
    assert "gossip has not reconciled yet" in one.cause
    assert "nc -zv 10.0.0.3 18183" in one.next[0]


def test_a_partition_whose_gossip_is_blocked_says_so() -> None:
    one = only(found(**split("closed")), "partition")
    assert one.cause == "the gossip port is blocked between the segments"
    assert one.evidence[6] == "gossip port of node-03: refused from node-01, node-02"


def test_the_address_in_a_command_is_one_word() -> None:
    told = split()
    told["found"]["overview"]["nodes"][2]["address"] = "$(id):1"
    nobody = {"node-03": {"stemedb_node_address": "10.0.0.77"}}
    one = only(found(**told, variables=nobody), "partition")
    assert "nc -zv '??id?' 18183" in one.next[0]


def test_the_matrix_is_bounded_however_many_nodes_there_are() -> None:
    names = [f"{place:08d}" for place in range(12)]
    gateways = [row(0, ["Dead"] * 12)] * 30
    sight = {"nodes": names, "more": 488, "gateways": gateways, "sides": []}
    nodes = [node(0), *({**node(0), "node_id": name} for name in names)]
    lines = matrix(situation(exported(nodes, sight=sight), variables={"node-01": {}}))
    assert len(lines) == 1 + 12 + 1
    assert max(map(len, lines)) <= 92
    assert lines[-1] == "and 492 more nodes and 18 more gateways"


def test_a_lost_gateway_that_does_not_answer_has_no_states() -> None:
    silent = row(2, alive=None, error="Nothing listens") | {"states": None}
    sight = {"nodes": [IDS[2]], "more": 0, "gateways": [row(0, [None]), silent], "sides": []}
    lines = matrix(situation(exported(sight=sight)))
    assert lines[1:] == ["node-01         ?", "node-03         no answer"]


def test_gateways_that_are_silent_say_why() -> None:
    observers = [
        {"url": "http://a", "node_id": IDS[0], "reachable": False, "excluded": False, "error": "x"},
        {"url": "http://b", "node_id": None, "reachable": False, "excluded": False, "error": "y"},
        {"url": "http://c", "node_id": None, "reachable": False, "excluded": True, "error": None},
    ]
    one = only(found(found=exported(observers=observers)), "silent_gateway")
    assert one.subject == "node-01, http://b"
    assert one.evidence == ("http://a: x", "http://b: y")


def test_a_watch_that_broke_off_is_told() -> None:
    watched = {"seconds": 4.0, "samples": 3, "error": "Nothing listens on a:18181."}
    one = only(found(found=exported(watched=watched)), "silent_gateway")
    assert one.subject == "cluster"
    assert one.evidence == (
        "after 4 s of watching no gateway answered any more: Nothing listens on a:18181.",
    )


@pytest.mark.parametrize(
    ("days", "severity", "words"),
    [(12.4, "warning", "12 days left"), (-3, "error", "expired 3 days ago"), (31, None, "")],
)
def test_certificates_that_end(days: float, severity: str | None, words: str) -> None:
    ends = [
        {"subject": "https://a:18181", "not_after": NOW + days * DAY, "error": None},
        {"subject": "https://b:18181", "not_after": None, "error": "refused"},
    ]
    told = found(found=exported(certificates=ends))
    if severity is None:
        assert told == []
        return
    one = only(told, "expiring_certificate")
    assert (one.severity, one.subject) == (severity, "https://a:18181")
    assert one.evidence[0].endswith(words)
    assert one.evidence[0].startswith("https://a:18181: valid until 2026-")
