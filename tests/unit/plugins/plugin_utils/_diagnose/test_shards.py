"""Findings about shards: without a leader, without enough replicas, unevenly spread."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose.shards import shard_findings
from ansible_collections.stemedb.cluster.tests.unit.support.diagnosing import (
    IDS,
    NOW,
    exported,
    host,
    node,
    only,
    situation,
)

LOG = {
    "line_count": 9,
    "lines": [],
    "matches": {
        "election": {"count": 2, "lines": ["election: begun", "election: shard 3 no candidate"]},
        "rebalance": {"count": 1, "lines": ["rebalance: paused"]},
    },
}


def shard(number: int, leader: str | None, *replicas: str) -> dict[str, Any]:
    return {"shard_id": number, "leader_node": leader, "replica_nodes": list(replicas)}


def leaderless(*rows: dict[str, Any], count: int | None = None) -> Any:
    ids = list(range(count)) if count else [row["shard_id"] for row in rows]
    nodes = [node(0), node(1), node(2, "Dead")]
    told = exported(nodes, cluster={"leaderless_shards": ids}, unwell=list(rows))
    hosts = {"node-01": host(log=LOG)}
    return only(shard_findings(situation(told, hosts)), "leaderless_shards")


def watched(first: int | None, last: int | None, samples: int = 4) -> dict[str, Any]:
    return {"seconds": 10.0, "samples": samples, "meta_version": {"first": first, "last": last}}


def test_shards_that_are_well_are_no_finding() -> None:
    assert list(shard_findings(situation())) == []
    assert list(shard_findings(situation({"failed": True}))) == []


def test_a_shard_whose_replicas_are_alive_waits_for_an_election() -> None:
    one = leaderless(shard(3, IDS[2], *IDS))
    assert (one.severity, one.subject) == ("error", "shard 3")
    assert one.evidence == (
        "shard 3 is led by node-03, which is Dead; replicas Alive: node-01, node-02; Dead: node-03",
        "2 log lines match election|leader:",
        "node-01: election: shard 3 no candidate",
    )
    assert one.cause.startswith("replicas are Alive and no leader is elected")
    assert "election\\|leader" in one.next[0]


def test_a_shard_without_a_live_replica_cannot_elect() -> None:
    one = leaderless(shard(3, None, IDS[2]))
    assert one.evidence[0] == "shard 3 has no leader; replicas Dead: node-03"
    assert one.cause.startswith("all replicas are on nodes that are not Alive")
    mixed = leaderless(shard(3, None, IDS[2]), shard(4, None, IDS[0]))
    assert mixed.cause.startswith("some of the shards")


def test_thousands_are_one_finding() -> None:
    one = leaderless(*(shard(number, None, IDS[0]) for number in range(20)), count=20_000)
    assert one.subject == "20000 shards (0-19999)"
    assert one.evidence[5] == "and 19995 more shards"
    assert len(one.evidence) == 8


def test_fewer_alive_nodes_than_replicas() -> None:
    nodes = [node(0), node(1), node(2, "Dead")]
    told = exported(nodes, cluster={"under_replicated_shards": [0, 1]})
    found = list(shard_findings(situation(told)))
    assert [(one.kind, one.severity) for one in found] == [("too_few_replicas", "error")]
    assert found[0].evidence == ("2 nodes Alive, replication factor 3",)
    (step,) = found[0].next
    assert step.startswith("start or replace the nodes that are not Alive")


def test_where_a_host_is_to_be_a_node_it_can_be_added() -> None:
    nodes = [node(0), node(1), node(2, "Dead")]
    told = exported(nodes, cluster={"under_replicated_shards": [0]})
    (one,) = shard_findings(situation(told, new=frozenset({"node-04"})))
    assert "stemedb.cluster.add_node -i inventory.yml --check" in one.next[-1]


def test_in_a_partition_nobody_is_told_to_replace_who_is_on_the_other_side() -> None:
    nodes = [node(0), node(1), node(2, "Dead")]
    sight = {"sides": [[IDS[0], IDS[1]], [IDS[2]]], "gateways": []}
    told = exported(nodes, cluster={"under_replicated_shards": [0]}, sight=sight)
    (one,) = shard_findings(situation(told, new=frozenset({"node-04"})))
    (step,) = one.next
    assert "end the partition" in step


def no_rebalancing(age: float | None, **more: Any) -> Any:
    nodes = [node(0), node(1), node(2, leads=0, follows=0)]
    started = None if age is None else NOW - age
    service = {"running": True, "started_at": started}
    hosts = {"node-01": host(log=LOG), "node-03": host(service=service)}
    return only(shard_findings(situation(exported(nodes, **more), hosts)), "no_rebalancing")


def test_a_node_without_shards_after_five_minutes() -> None:
    one = no_rebalancing(400, watched=watched(41, 41))
    assert (one.severity, one.subject) == ("error", "node-03")
    assert one.evidence == (
        "node-03 is Alive, runs for 400 s and has no shards",
        "meta_version stayed at 41 for 10 s",
        "free disk space: node-03 200.0 GB",
        "1 log lines match rebalance|assign:",
        "node-01: rebalance: paused",
    )
    assert one.cause == "the topology does not change: no gateway assigns shards"
    assert "ssh node-03 'df -h /var/lib/stemedb'" in one.next


@pytest.mark.parametrize(
    ("age", "versions", "severity", "cause"),
    [
        (60, watched(41, 41), "warning", "only just started"),
        (None, watched(41, 41), "error", "does not change"),
        (400, watched(41, 43), "warning", "under way"),
        (400, watched(41, 41, samples=1), "warning", "it was not watched"),
        (400, watched(None, None), "warning", "is unknown: meta_version is unknown"),
        (60, watched(41, 41, samples=1), "warning", "only just started"),
    ],
)
def test_what_is_young_or_under_way_is_a_warning(
    age: float | None, versions: Any, severity: str, cause: str
) -> None:
    one = no_rebalancing(age, watched=versions)
    assert one.severity == severity
    assert cause in one.cause


def test_under_replicated_shards_with_enough_nodes_are_not_rebalanced() -> None:
    told = exported(cluster={"under_replicated_shards": [4]}, watched=watched(41, 41, samples=1))
    one = only(shard_findings(situation(told)), "no_rebalancing")
    assert (one.severity, one.subject) == ("warning", "shard 4")
    assert one.cause == "whether the topology changes is unknown: it was not watched"
    assert one.evidence[:2] == (
        "shard 4 with too few live replicas",
        "meta_version is 41; it was not watched",
    )


def test_the_host_in_a_command_is_one_word() -> None:
    empty = {**node(8, leads=0, follows=0), "node_id": "$(id)-and-more"}
    one = only(shard_findings(situation(exported([node(0), node(1), empty]))), "no_rebalancing")
    assert one.next[1].startswith("ssh '??id?")
    assert "$(" not in one.next[1]


@pytest.mark.parametrize(
    ("shards", "factor", "kinds"),
    [(1, 3, []), (2, 2, ["no_rebalancing"]), (1, None, ["no_rebalancing"])],
)
def test_where_replicas_are_fewer_than_nodes_some_have_none(
    shards: int, factor: int | None, kinds: list[str]
) -> None:
    nodes = [node(place, leads=0, follows=1) for place in range(3)]
    nodes.append(node(3, leads=0, follows=0))
    cluster = {"shard_count": shards, "replication_factor": factor}
    told = exported(nodes, cluster=cluster, watched=watched(41, 41))
    assert [one.kind for one in shard_findings(situation(told))] == kinds


def test_a_skew_is_a_note() -> None:
    nodes = [node(0, leads=9, follows=9), node(1, leads=1, follows=4), node(2, leads=1, follows=4)]
    (one,) = shard_findings(situation(exported(nodes)))
    assert (one.kind, one.severity) == ("shard_skew", "note")
    assert one.evidence[0] == "node-01 holds 18 shards, the mean is 9.3"
    led = [node(0, leads=6, follows=0), *(node(n, leads=0, follows=6) for n in (1, 2))]
    (one,) = shard_findings(situation(exported(led)))
    assert one.evidence[0] == "node-01 leads 6 shards, the mean is 2.0"


@pytest.mark.parametrize("follows", [3, 5, None])
def test_a_small_or_unknown_difference_is_none(follows: int | None) -> None:
    nodes = [node(0), node(1), {**node(2), "follower_shards": follows}]
    assert list(shard_findings(situation(exported(nodes)))) == []
