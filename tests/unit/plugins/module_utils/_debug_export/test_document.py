"""All that is known of a cluster at one moment, what is not well before all else."""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._debug_export.document import (
    CONDITIONS,
    document,
    troubled,
    unmet,
    wanted,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.decode import parse_shard_id
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.conditions import (
    parse_conditions,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.readings import Condition
from ansible_collections.stemedb.cluster.tests.unit.support.builders import (
    A,
    B,
    C,
    D,
    cluster,
    detail,
    nodes,
    observed,
    shard,
    view,
)

TIME = "2026-11-23T03:12:45Z"


def asked(*conditions: dict[str, Any]) -> tuple[Condition, ...]:
    return parse_conditions(list(conditions or CONDITIONS), parse_shard_id)


def test_a_cluster_that_is_well() -> None:
    sizes = [detail(0, A, a=9, b=9, c=9), detail(1, B, a=9, b=9, c=9)]
    found = document(cluster(details=sizes), asked(), TIME)
    assert (found["export"], found["time"], found["error"]) == (1, TIME, None)
    assert found["cluster"]["healthy"] is True
    assert found["unmet"] == []
    assert found["troubled_shards"] == []
    (told,) = found["views"]
    assert [node["node_id"] for node in told["nodes"]] == sorted([A, B, C])
    assert told["status"]["meta_version"] is not None
    assert "nodes" not in told["status"]
    assert [s["shard_id"] for s in told["shards"]] == sorted(s["shard_id"] for s in told["shards"])
    json.dumps(found)


def test_shards_that_are_not_well_stand_first() -> None:
    members = nodes(A, B, C)
    shards = [shard(0), shard(1), shard(2, D), shard(3), shard(4, A, (A, B))]
    snapshot = observed(view(members, shards))
    assert troubled(snapshot) == [2, 4]
    (told,) = document(snapshot, asked(), TIME)["views"]
    assert [s["shard_id"] for s in told["shards"]] == [2, 4, 0, 1, 3]


def test_shards_that_the_views_see_differently_are_not_well() -> None:
    members = nodes(A, B, C)
    one = view(members, [shard(0), shard(1), shard(2)], "http://one:18181")
    other = view(members, [shard(0), shard(1, B)], "http://two:18181")
    assert troubled(observed(one, other)) == [1, 2]
    same = view(members, [shard(0, A, (C, A, B)), shard(1), shard(2)], "http://two:18181")
    assert troubled(observed(one, same)) == [], "the order of replicas does not count"


def test_what_keeps_the_conditions_from_holding_is_told() -> None:
    snapshot = observed(view(nodes(A, B), [shard(0, C, (A, B))]))
    found = unmet(snapshot, asked({"node_alive": C}, {"leaders_elected": True}))
    assert [(thing["condition"], thing["subject"]) for thing in found] == [
        ("node_alive", C),
        ("leaders_elected", "shard 0"),
    ]
    assert found[0]["guide"] == "Node Stuck in Suspect State"


def test_the_sizes_of_replicas_are_asked_for_where_they_matter() -> None:
    members = nodes(A, B, C)
    shards = [shard(n, D if n < 30 else A) for n in range(40)]
    snapshot = observed(view(members, shards))
    assert wanted(snapshot, asked({"healthy": True})) == frozenset(range(20))
    assert wanted(snapshot, asked()) == frozenset(range(40))
    assert wanted(snapshot, asked({"node_replicated": A})) == frozenset(range(40))
    assert wanted(cluster(), asked({"healthy": True})) == frozenset()


def test_where_nobody_answers_the_reason_is_told() -> None:
    error = StemeDBError("transport", "Nothing listens.", "http://a:1/v1/health", None, "refused")
    found = document(error, asked(), TIME)
    assert found["error"] == {
        "message": "Nothing listens.",
        "code": "transport",
        "url": "http://a:1/v1/health",
        "status": None,
        "detail": "refused",
    }
    assert (found["cluster"], found["unmet"], found["views"]) == (None, None, [])
