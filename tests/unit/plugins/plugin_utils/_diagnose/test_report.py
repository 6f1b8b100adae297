"""A diagnosis on one screen."""

from __future__ import annotations

from typing import Any

from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose.finding import (
    PAGE,
    Trouble,
    shown,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose.report import (
    diagnose_report,
)
from ansible_collections.stemedb.cluster.tests.unit.support.diagnosing import (
    LOST,
    exported,
    host,
    node,
    port,
)

SUSPECT = Trouble(
    "suspect_node",
    "error",
    "node-02",
    ("node-02 was Suspect for 130 s", "load 31.0"),
    "its host is under heavy load",
    ("ping -c 10 10.0.0.2", "if it stays so:", "ansible-playbook " + "x " * 60 + "--check"),
)
SKEW = Trouble("shard_skew", "note", "node-01", ("node-01 leads 6 shards",), "why", ("do",))


def sick(*troubles: Trouble, healthy: bool | None = False, **more: Any) -> dict[str, Any]:
    return exported(cluster={"healthy": healthy}, findings=shown(troubles), **more)


def test_a_cluster_that_is_well_is_one_line() -> None:
    assert diagnose_report(exported(findings=[]), {"node-01": host()}) == [
        "",
        "✓ Cluster prod is healthy, and nothing else is wrong. "
        "The full report is in /d.json (2.0 KiB).",
    ]


def test_findings_come_first_the_most_serious_before_all() -> None:
    assert diagnose_report(sick(SKEW, SUSPECT), {"node-01": host(), "node-02": LOST}) == [
        "",
        "✗ Cluster prod is not healthy: 2 findings",
        "",
        "✗ Suspect node: node-02",
        "    node-02 was Suspect for 130 s",
        "    load 31.0",
        "  Likely cause: its host is under heavy load.",
        "  Next:",
        "    ping -c 10 10.0.0.2",
        "    if it stays so:",
        "    ansible-playbook" + " x" * 38 + " \\",
        "      " + "x " * 22 + "--check",
        '  See: #suspect-node (guide: "Node Stuck in Suspect State")',
        "",
        "- Shard skew: node-01",
        "    node-01 leads 6 shards",
        "  Likely cause: why.",
        "  Next:",
        "    do",
        "  See: #shard-skew",
        "",
        f"Sections: {PAGE}",
        "",
        "node-01: node runs, 200.0 GB free at /var/lib/stemedb, load 0.5",
        "",
        "node-02: No route to host",
        "",
        "The full report is in /d.json (2.0 KiB).",
    ]


def test_health_is_said_as_it_is_known() -> None:
    assert diagnose_report(sick(SKEW, healthy=True), {})[1] == (
        "✓ Cluster prod is healthy: 1 finding"
    )
    assert diagnose_report(sick(healthy=None), {})[1] == "? Cluster prod: health is unknown"
    told = {"failed": True, "msg": "Nothing listens.", "dest": "/d.json", "size_bytes": 9}
    assert diagnose_report(told, {})[1] == "✗ The cluster does not answer"


def test_where_nothing_was_kept_the_reason_is_all() -> None:
    assert diagnose_report({"failed": True, "msg": "max_kib is wrong."}, {"a": host()}) == [
        "",
        "✗ max_kib is wrong.",
    ]


def unmet(condition: str, subject: str = "cluster") -> dict[str, Any]:
    return {"condition": condition, "subject": subject, "reason": "lacks it", "guide": None}


def test_what_no_finding_says_is_not_left_out() -> None:
    leaderless = SUSPECT._replace(kind="leaderless_shards")
    conditions = [unmet("healthy"), unmet("leaders_elected"), unmet("node_alive")]
    lines = diagnose_report(sick(leaderless, unmet=conditions), {})
    assert lines[lines.index("Also unmet:") + 1 :][:1] == ["  node_alive: cluster lacks it"]
    lines = diagnose_report(sick(SKEW, unmet=conditions), {})
    assert sum("lacks it" in line for line in lines) == 3
    # Not one line: the gateways say something that nothing explains.
    lines = diagnose_report(exported(findings=[], unmet=[unmet("replicas_complete")]), {})
    assert "  replicas_complete: cluster lacks it" in lines
    many = diagnose_report(sick(SKEW, unmet=[unmet("x", str(n)) for n in range(9)]), {})
    assert "  and 4 more unmet conditions" in many


def test_all_of_it_is_bounded() -> None:
    long = SKEW._replace(evidence=tuple(f"line {place}" for place in range(90)))
    hosts = {f"node-{place}": host() for place in range(60)}
    lines = diagnose_report(sick(*[long] * 12), hosts)
    assert lines.count("- Shard skew: node-01") == 12, "what is not shown in full has one line"
    assert lines.count("  and 78 more lines") == 8
    assert lines[-3] == "and 48 more hosts"


def test_a_line_has_a_hundred_columns_and_no_control_characters() -> None:
    hostile = SKEW._replace(evidence=("word " * 200, "\x1b[2Jgone", "y" * 150))
    lines = diagnose_report(sick(hostile), {})
    assert "    ?[2Jgone" in lines
    # A word is not cut: it may be a path.
    assert [line for line in lines if len(line) > 100] == ["    " + "y" * 150]
    assert sum("word word" in line for line in lines) == 4


def test_the_ports_and_the_log_of_a_host() -> None:
    ports = [
        {**port(place, "closed", "tcp"), "host": "b", "port": place, "addresses": []}
        for place in range(1, 8)
    ]
    log = {
        "line_count": 9,
        "matches": {"error": {"count": 1, "lines": ["ERROR x"]}, "election": {"count": 2}},
    }
    errors = [{"section": "config", "message": "cannot be read"}]
    one = {**host(ports=ports, log=log, errors=errors), "gateway": {"service": None, "log": log}}
    lines = diagnose_report(sick(SKEW), {"a": one})
    begin = lines.index(
        "a: node runs, gateway in an unknown state, 200.0 GB free at /var/lib/stemedb, load 0.5"
    )
    assert lines[begin + 1 : begin + 12] == [
        *(f"  a does not reach b:{place} (tcp: refused)" for place in range(1, 6)),
        "  and 2 more ports",
        "  log of the node: 9 lines (election 2, error 1)",
        "    ERROR x",
        "  log of the gateway: 9 lines (election 2, error 1)",
        "    ERROR x",
        "  config: cannot be read",
    ]


def test_the_ports_of_a_dead_node_are_not_said_again_for_each_host() -> None:
    nodes = [node(0), node(1), node(2, "Dead")]
    dead = SKEW._replace(kind="dead_node", subject="node-03")
    ports = [port(0, "closed"), port(2, "closed"), {**port(2, "closed"), "host": "db.example.com"}]
    found = sick(dead, overview={"nodes": nodes})
    lines = diagnose_report(found, {"node-02": host(ports=ports)})
    reached = [line for line in lines if "does not reach" in line]
    assert reached == ["  node-02 does not reach 10.0.0.1:18183 (tcp or udp: refused)"]
    # Of an address that an Alive node has too, nobody knows whose port it is.
    nodes[0]["address"] = nodes[2]["address"]
    lines = diagnose_report(found, {"node-02": host(ports=ports)})
    assert sum("does not reach" in line for line in lines) == 3
    # A finding that is not there says nothing of them.
    lines = diagnose_report(sick(SKEW, overview={"nodes": nodes}), {"node-02": host(ports=ports)})
    assert sum("does not reach" in line for line in lines) == 3
