"""All findings together, in their order, also of a thousand nodes."""

from __future__ import annotations

import json

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose.findings import (
    findings,
    limits_of,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose.report import (
    diagnose_report,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose.situation import Limits
from ansible_collections.stemedb.cluster.tests.unit.support.diagnosing import (
    exported,
    host,
    node,
    situation,
)

MANY = 1000


def test_a_cluster_that_is_well_has_none() -> None:
    assert findings(situation()) == []
    assert findings(situation(hosts={})) == []


def test_of_a_cluster_that_does_not_answer_hosts_are_told_all_the_same() -> None:
    told = {"failed": True, "msg": "no"}
    lost = {"node-01": host(), "node-02": {"problem": "down", "probe": None, "gateway": None}}
    assert [one["kind"] for one in findings(situation(told, lost))] == [
        "no_answer",
        "unreachable_host",
    ]


def test_a_thousand_nodes_fit_on_a_screen_or_two() -> None:
    states = ("Suspect", "Dead", "Alive")
    nodes = [node(place, states[place % 3], leads=place % 7) for place in range(MANY)]
    bad = list(range(20_000))
    rows = [
        {"shard_id": number, "leader_node": None, "replica_nodes": [n["node_id"] for n in nodes]}
        for number in range(20)
    ]
    cluster = {"healthy": False, "leaderless_shards": bad, "under_replicated_shards": bad}
    found = exported(nodes, cluster=cluster, unwell=rows)
    found["findings"] = findings(situation(found))
    assert [one["kind"] for one in found["findings"]] == [
        "leaderless_shards",
        "dead_node",
        "suspect_node",
        "dead_node",
        "no_rebalancing",
        "unknown_node",
        "shard_skew",
    ]
    assert len(json.dumps(found["findings"])) < 20_000
    lines = diagnose_report(found, {f"node-{place:04d}": host() for place in range(MANY)})
    assert len(lines) < 150
    assert max(map(len, lines)) <= 100


def test_limits_may_be_text() -> None:
    assert limits_of({}) == Limits()
    assert limits_of({"suspect_after": "30"}) == Limits(suspect_after=30)
    with pytest.raises(StemeDBError, match="there is no patience; there are suspect_after"):
        limits_of({"patience": 1})
    with pytest.raises(StemeDBError, match="clock_skew is no number: None"):
        limits_of({"clock_skew": None})
