"""What an operator reads of a replacement."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.plugin_utils._replace_node import advice as report

from tests.unit.support.replacing import (
    IDS,
    MEMBERS,
    NEW,
    OLD,
    SPARE,
    judge,
    node,
    nodes,
    probe,
)

SHARDS: list[dict[str, Any]] = [
    {"shard_id": 2, "leader_node": OLD, "replica_nodes": [OLD, IDS[0]], "live_replicas": 1},
    {"shard_id": 1, "leader_node": IDS[0], "replica_nodes": [IDS[0], OLD], "live_replicas": 3},
    {"shard_id": 3, "leader_node": IDS[1], "replica_nodes": None, "live_replicas": None},
]


def test_who_is_replaced_by_whom() -> None:
    text = "\n".join(report.survey_lines(judge(), check=True))
    assert f"node-04 is node {OLD}, listed as Dead; its host cannot be reached" in text
    assert f"spare as node {NEW}, which would be installed and started" in text
    same = judge(probes={"node-04": probe(OLD, empty=False)}, spares=())
    text = "\n".join(report.survey_lines(same, check=False))
    assert "the same host; its old ID and data are renamed" in text
    assert "Notes:" in text


@pytest.mark.parametrize(
    ("its", "listed", "told"),
    [
        (probe(NEW), nodes(), "which an earlier run started: it is resumed"),
        (
            probe(NEW, running=True, empty=False),
            [*nodes(), node(NEW, 9)],
            "which an earlier run added: it is verified",
        ),
    ],
)
def test_what_a_run_before_has_done_is_told(its: Any, listed: Any, told: str) -> None:
    found = judge(probes={"spare": its}, records={"spare": OLD}, listed=listed)
    assert told in "\n".join(report.survey_lines(found, check=False))


def test_what_speaks_against_it_is_told_by_kind() -> None:
    found = judge(listed=nodes(n5="Dead", n4=None), accept=("other_dead",), spares=())
    lines = report.survey_lines(found, check=False)
    assert any(line.startswith("  unknown_target: node-04: ") for line in lines)
    assert "  node-04: its identity is not certain" in lines


def test_which_shards_were_on_it() -> None:
    assert report.affected(SHARDS, OLD) == {"shards": [1, 2], "led": [2]}
    lines = report.affected_lines("node-04", report.affected(SHARDS, OLD))
    assert lines[1:] == [
        "node-04 is still listed by 2 shards:",
        "  as their leader   2",
        "  as a replica      1-2",
    ]
    (_empty, line) = report.affected_lines("node-04", report.affected(SHARDS, NEW))
    assert "the replicas of all shards are checked" in line


def test_the_factor_is_restored_or_each_shard_without_it_is_told() -> None:
    assert report.lacking(SHARDS, nodes(), 3) == [
        "shard 2 has 1 live replica of 3",
        "shard 3 has an unknown number of live replicas of 3",
    ]
    # Where there are fewer nodes than the factor, each of them has to have a replica.
    few = [n for n in nodes() if n["node_id"] in (IDS[0], OLD)]
    assert report.lacking(SHARDS[:2], few, 3) == []
    assert report.lacking(SHARDS, nodes(), None) == ["the replication factor is not known"]


def probed(*lines: str) -> dict[str, Any]:
    log = {"matches": {"election": {"lines": list(lines)}}}
    return {"probe": {"log": log}, "gateway": None}


def test_an_election_that_fails_is_shown_and_a_sync_is_offered() -> None:
    hosts = {
        "node-01": probed("election: a", "election: b", "leader: c"),
        "node-04": probed("election: of the dead"),
        "node-05": {"probe": None, "gateway": None},
    }
    found = judge(probes={"node-04": probe(OLD, empty=False)})
    text = "\n".join(report.next_steps("leaders", found, hosts))
    assert '"Shard Leader Election Issues"' in text
    assert "node-01: election: b\n" in text
    assert "node-01: leader: c\n" in text
    assert "of the dead" not in text
    assert "a sync may help: run the playbook stemedb.cluster.heal" in text
    silent = "\n".join(report.next_steps("leaders", found, {}))
    assert "No log mentions elections." in silent


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ("confirm", "Nothing was changed. node-04 is replaced only when it is certainly Dead"),
        ("stop", "stop and disable the service on node-04 yourself"),
        ("provision", "node-04 is still Dead"),
        ("verify", "The new node on spare has replaced that of node-04, which is not verified"),
    ],
)
def test_what_to_do_next_is_said_for_each_step(step: str, told: str) -> None:
    assert told in "\n".join(report.next_steps(step, judge(), {}))


def test_what_to_change_in_the_inventory() -> None:
    told = {
        "gateway_urls": ["http://10.0.0.4:18181", "http://10.0.0.1:18181"],
        "spares": ["spare"],
        "groups": {"stemedb_nodes": ["node-01", "node-04"]},
        "node_ids": {"spare": "another"},
    }
    assert report.inventory_lines(judge(), told)[2:] == [
        "  take node-04 out of the group stemedb_nodes",
        "  put spare into the group stemedb_nodes",
        "  take spare out of stemedb_spares",
        f"  set stemedb_node_id of spare to {NEW}, or leave it out",
        "  put 10.0.0.9:18183 in the place of 10.0.0.4:18183 in stemedb_seed_nodes",
        "  put the gateway of spare in the place of http://10.0.0.4:18181 in stemedb_gateway_url",
    ]
    same = judge(probes={"node-04": probe(OLD, empty=False)}, spares=())
    told["node_ids"] = {"node-04": OLD}
    assert report.inventory_lines(same, told)[2:] == [
        f"  set stemedb_node_id of node-04 to {NEW}, or leave it out"
    ]
    told["node_ids"] = {}
    assert report.inventory_lines(same, told)[1].startswith("Nothing is left to change")


def test_what_was_set_aside_is_named() -> None:
    assert report.kept_lines([]) == []
    assert report.kept_lines([{"from": "/a", "to": "/a.replaced-1"}])[-1] == "  /a.replaced-1"


def test_whose_logs_are_known_is_never_more_than_was_seen() -> None:
    """A leader without a host in the inventory has a log that nobody has searched either."""
    listed = [*nodes(), node(NEW, 9)]
    shards = [{"leader_node": IDS[1]}, {"leader_node": IDS[0]}, {"leader_node": NEW}]

    def told(*unread: str, own: str = "free", known: Any = (*MEMBERS, SPARE)) -> list[str]:
        found = judge(logless=unread, accept=("unknown_log",))
        return report.logs_lines(found, shards, known, listed, own)

    assert told() == ["Logs free of errors, the leaders' too"]
    row, note = told("node-02", "node-05", own="old")
    assert row == "Logs free of errors; not known: node-02"
    assert note.endswith("not known: node-02")
    assert told("node-01", "node-02", "spare", own="unknown")[0] == (
        "Logs not known: node-01, node-02, spare"
    )
    assert told(known=(MEMBERS[0], SPARE))[0] == f"Logs free of errors; not known: {IDS[1]}"
    assert report.logs_lines(judge(), [], (), listed, "old")[0] == "Logs not known: spare"
    many = [{"leader_node": f"id-{number}"} for number in range(10)]
    (row, _note) = report.logs_lines(judge(), many, (), listed, "free")
    assert row.endswith("id-7 and 2 more")


def test_what_a_log_complains_of_is_said_by_host() -> None:
    def log(host: str, *lines: str, **more: Any) -> dict[str, Any]:
        matches = {"error": {"count": len(lines), "lines": list(lines)}}
        return {"ansible_loop_var": "leader", "leader": host, "log": {"matches": matches}, **more}

    silent = {"log": None, "errors": [{"section": "log", "message": "Permission denied"}]}
    said = report.complaints(
        judge(),
        [
            log("node-01"),
            log("node-02", "ERROR a"),
            log("node-03", "ERROR a", "ERROR b"),
            log("node-05", **silent),
            {"item": "node-06", "unreachable": True, "msg": "no route"},
            {"item": "node-07", "log": {"matches": {}}},
        ],
    )
    taken = " (it leads shards that spare has taken over)"
    assert said[0] == (
        f"node-02: 1 line of its log matches stemedb_log_error_pattern: ERROR a{taken}"
    )
    assert said[1].startswith("node-03: 2 lines of its log match ")
    assert said[1].endswith(f"ERROR a | ERROR b{taken}")
    assert said[2] == f"node-05: its log could not be read: Permission denied{taken}"
    assert said[3] == f"node-06: its log could not be read: no route{taken}"
    # What was not searched has passed nothing.
    assert said[4].startswith("node-07: ")
