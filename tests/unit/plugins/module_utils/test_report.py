"""What an operator reads when adding a node stopped."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._report import add_node_report

NEW = "d15ea5e2-3c4d-4e5f-9a7b-8c9d0e1f2a3b"


def node(state: str | None) -> dict[str, Any]:
    return {
        "node_id": NEW,
        "state": state,
        "shards": [],
        "leader_shards": [],
        "follower_shards": [],
    }


def cluster(**changes: Any) -> dict[str, Any]:
    return {
        "healthy": True,
        "unhealthy_reasons": [],
        "meta_version": 7,
        "leaderless_shards": [],
        "under_replicated_shards": [],
        **changes,
    }


def log(*lines: str, errors: int = 0) -> dict[str, Any]:
    matching = [line for line in lines if "ERROR" in line]
    return {
        "line_count": len(lines),
        "lines": list(lines),
        "matches": {"error": {"count": errors, "lines": matching}},
    }


def report(**facts: Any) -> str:
    given = {
        "host": "node-04",
        "step": "Wait for shards",
        "reason": "Timed out.",
        "node_id": NEW,
        "service": "stemedb-node",
        "gateway_service": "gateway-of-ours",
        "probe": None,
        "before": None,
        "cluster": None,
        "nodes": None,
    }
    return "\n".join(add_node_report({**given, **facts}))


@pytest.mark.parametrize(
    ("nodes", "headline"),
    [
        (None, "Whether node-04 is a member is not known."),
        ([], "node-04 was not added."),
        ([{**node("Alive"), "node_id": "another"}], "node-04 was not added."),
        ([node("Alive")], "node-04 is a member and Alive, but not done."),
        ([node("Suspect")], "node-04 is a member and Suspect, but not done."),
        ([node(None)], "node-04 is a member and of unknown state, but not done."),
    ],
)
def test_it_says_first_whether_the_host_is_a_member(nodes: Any, headline: str) -> None:
    assert f"✗ {headline} The step that failed: Wait for shards" in report(nodes=nodes)


def test_a_host_without_an_id_was_not_added() -> None:
    assert "node-04 was not added." in report(node_id=None, nodes=[node("Alive")])


def test_with_nothing_known_it_claims_nothing() -> None:
    text = report()
    assert "whether stemedb-node runs is not known" in text
    assert "its log could not be read" in text
    assert "it does not answer" in text
    assert "At risk: not known. Look at the cluster" in text
    assert "meta_version" not in text


@pytest.mark.parametrize(
    ("running", "sentence"),
    [
        (True, "stemedb-node runs"),
        (False, "stemedb-node does not run"),
        (None, "whether stemedb-node runs is not known"),
    ],
)
def test_the_service(running: bool | None, sentence: str) -> None:
    assert f"  {sentence}\n" in report(probe={"service": {"running": running}})


def test_disk_and_ports_as_the_host_sees_them() -> None:
    ports = [
        {"host": "node-01", "port": 18181, "protocol": "tcp", "state": "open"},
        {"host": "node-01", "port": 18182, "protocol": "tcp", "state": "closed"},
        {"host": "node-01", "port": 18183, "protocol": "any", "state": None},
    ]
    text = report(
        probe={
            "ports": ports,
            "free_space": [{"path": "/var/lib/stemedb", "free_bytes": 20 * 2**30}, None],
        }
    )
    assert "20.0 GiB free at /var/lib/stemedb" in text
    assert "node-04 does not reach node-01:18182 (tcp: refused)" in text
    assert "node-04 does not reach node-01:18183 (tcp or udp: not known)" in text
    assert "18181" not in text


def test_ports_as_members_see_them() -> None:
    shut = {"host": "192.0.2.4", "port": 18182, "protocol": "tcp", "state": "silent"}
    text = report(inbound=[{"item": "node-01", "ports": [shut]}, {"item": "node-02"}])
    assert "node-01 does not reach node-04 at 192.0.2.4:18182 (tcp: no answer)" in text
    assert "whether node-02 reaches node-04 is not known" in text


def test_the_log_shows_its_errors_before_all_else() -> None:
    text = report(probe={"log": log("INFO a", "ERROR disk full", "INFO b", errors=1)})
    assert "3 lines, 1 with errors" in text
    assert "ERROR disk full" in text
    assert "INFO a" not in text


def test_a_log_without_errors_shows_its_end() -> None:
    text = report(probe={"log": log(*(f"INFO {number}" for number in range(30)))})
    assert "30 lines, 0 with errors" in text
    assert "INFO 20\n" in text
    assert "INFO 19\n" not in text


@pytest.mark.parametrize(
    ("was", "now", "sentence"),
    [
        (7, 7, "meta_version is 7 as before: the topology has not changed"),
        (6, 7, "meta_version was 6 before and is 7: the topology changes"),
        (None, 7, "meta_version is not known"),
        (7, None, "meta_version is not known"),
    ],
)
def test_whether_meta_version_advances(was: int | None, now: int | None, sentence: str) -> None:
    """The guide's first question where no rebalancing occurs."""
    text = report(before={"cluster": {"meta_version": was}}, cluster=cluster(meta_version=now))
    assert sentence in text


@pytest.mark.parametrize(
    ("healthy", "sentence"),
    [
        (True, "✓ Cluster is healthy"),
        (False, "✗ Cluster is not healthy:"),
        (None, "✗ Cluster may or may not be healthy:"),
    ],
)
def test_the_clusters_health(healthy: bool | None, sentence: str) -> None:
    reasons = [f"reason {number}" for number in range(9)]
    text = report(cluster=cluster(healthy=healthy, unhealthy_reasons=reasons))
    assert sentence in text
    assert ("reason 4" in text) is (healthy is not True)
    assert "reason 5" not in text


@pytest.mark.parametrize(
    ("changes", "sentences"),
    [
        ({}, ["At risk: nothing. Every shard has a live leader and all its replicas."]),
        ({"leaderless_shards": [3, 4, 9]}, ["At risk: shards without a live leader: 3-4,9"]),
        (
            {"leaderless_shards": [3], "under_replicated_shards": [3, 5]},
            ["without a live leader: 3", "too few live replicas: 3,5. Stop no node"],
        ),
        ({"leaderless_shards": None}, ["At risk: not known."]),
        ({"under_replicated_shards": None}, ["At risk: not known."]),
    ],
)
def test_what_is_at_risk(changes: dict[str, Any], sentences: list[str]) -> None:
    text = report(cluster=cluster(**changes))
    for sentence in sentences:
        assert sentence in text
    assert ("nothing. Every shard" in text) is (not changes)


def test_what_to_do_next() -> None:
    text = report()
    assert 'journalctl -u gateway-of-ours | grep "rebalance\\|assign\\|election\\|leader"' in text
    assert "Running the same again is safe" in text


def test_the_table_calls_the_node_by_its_host() -> None:
    assert "d15ea5e2 (node-04)" in report(nodes=[node("Alive")])


@pytest.mark.parametrize(
    ("reason", "lines"),
    [
        ("one\ntwo", ["  one", "  two"]),
        (["one", ["two", "three\nfour"]], ["  one", "  two", "  three", "  four"]),
        (5, ["  5"]),
    ],
)
def test_a_reason_may_be_several_sentences(reason: Any, lines: list[str]) -> None:
    shown = report(reason=reason).splitlines()
    assert [line for line in lines if line not in shown] == []
