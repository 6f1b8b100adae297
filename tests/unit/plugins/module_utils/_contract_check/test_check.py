"""What answers mean: the dialect, the paths to set, the advice; and what of that is lasting."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._contract_check.asking import (
    NOTHING,
    OTHER,
    Reply,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._contract_check.check import (
    LASTING,
    check,
    lasting,
)

NODES = [
    {"id": "a", "addr": "h:1", "status": "ALIVE"},
    {"id": "b", "addr": "h:2", "status": "Leaving"},
]
STATUS = {
    "cluster_name": "prod",
    "status": "healthy",
    "node_count": 1,
    "shard_count": 1,
    "replication_factor": 2,
    "meta_version": 4,
    "nodes": NODES,
}
RANGES = {"shards": [{"range_id": 3, "leader": "a", "nodes": ["a", "b"], "size": 9}], "next": "x"}
SHARD = {
    "shard_id": "shard_3",
    "leader_node": "a",
    "replicas": [
        {"node_id": "a", "size_bytes": 9, "lag": 0},
        {"node_id": "b", "size_bytes": 4},
    ],
}
USUAL: dict[str, Any] = {
    "/v1/health": {"status": "healthy"},
    "/v1/cluster/status": STATUS,
    "/v1/admin/ranges": RANGES,
    "/v1/shards/shard_3": SHARD,
    "/metrics": Reply(200, OTHER, size=99, problem="expected JSON"),
}
PAGE = Reply(200, OTHER, problem="expected JSON, got what looks like an HTML page")


def report(
    changes: dict[str, Any] | None = None, endpoints: dict[str, str] | None = None
) -> dict[str, Any]:
    """Of a gateway with the usual answers but for these paths."""
    bodies = {**USUAL, **(changes or {})}

    def ask(path: str) -> Reply:
        body = bodies.get(path)
        if body is None:
            return Reply(404, NOTHING)
        return body if isinstance(body, Reply) else Reply(200, body=body)

    return check(ask, endpoints or {})


def test_the_dialect() -> None:
    assert report()["dialect"] == {
        "node_list": {"from": "status", "form": "bare", "beside": {}},
        "shard_list": {"form": "shards", "beside": {"next": "text"}, "replicas": "ids"},
        "shard_ids": {"listed": ["12"], "asked": ["shard_12"], "answered": ['"shard_12"']},
        "unknown_shard": 404,
        "node_count": "alive",
        "states": {"ALIVE": "Alive", "Leaving": "not alive"},
        "health_word": "healthy",
        "status_word": "healthy",
        "aliases": [
            "nodes: id for node_id",
            "nodes: status for state",
            "ranges: range_id for shard_id",
            "ranges: leader for leader_node",
            "ranges: nodes for replicas",
            "ranges: size for size_bytes",
        ],
    }


def test_the_fields_by_their_places() -> None:
    fields = report()["fields"]
    assert list(fields) == ["health", "status", "nodes", "ranges", "shard", "replicas"]
    assert fields["nodes"]["missing"] == ["incarnation"]
    assert fields["replicas"] == {
        "objects": 2,
        "understood": {"node_id": {"node_id": 2}, "size_bytes": {"size_bytes": 2}},
        "missing": ["role"],
        "ignored": {"lag": "number"},
    }


def test_every_path_is_reported_with_what_came() -> None:
    paths = report({"/v1/nodes": Reply(500, NOTHING, ms=7, problem="it broke")})["paths"]
    by_path = {row["path"]: row for row in paths}
    assert by_path["/v1/nodes"] == {
        "call": "nodes",
        "path": "/v1/nodes",
        "origin": "contract",
        "status": 500,
        "ms": 7,
        "bytes": 0,
        "type": "nothing",
        "understood": False,
        "used": False,
        "problem": "it broke",
    }
    assert by_path["/v1/cluster/status"]["used"]
    metrics = by_path["/metrics"]
    assert (metrics["status"], metrics["bytes"], metrics["problem"]) == (200, 99, None)


def test_all_works_and_nothing_is_to_be_set() -> None:
    found = report()
    assert [one for one in found["works"] if one["works"] is not True] == []
    assert found["endpoints"] == {}


def test_a_wrapped_list_and_a_shard_without_objects_are_described_too() -> None:
    found = report(
        {
            "/v1/cluster/status": {**STATUS, "nodes": {"nodes": NODES, "total": 2}},
            "/v1/shards/shard_3": {**SHARD, "replicas": ["a", "b"]},
        }
    )
    assert found["dialect"]["node_list"] == {
        "from": "status",
        "form": "nodes",
        "beside": {"total": "number"},
    }
    assert found["fields"]["replicas"]["objects"] == 0


@pytest.mark.parametrize(
    ("changes", "given", "wanted"),
    [
        # The client goes on to an alias on 404 by itself, on anything else it does not.
        ({"/v1/cluster/status": None, "/v1/admin/cluster": STATUS}, {}, {}),
        (
            {"/v1/cluster/status": PAGE, "/v1/admin/cluster": STATUS},
            {},
            {"status": "/v1/admin/cluster"},
        ),
        ({"/v1/admin/ranges": None, "/v1/shards": RANGES}, {}, {"ranges": "/v1/shards"}),
        (
            {"/v1/shards/shard_3": None, "/v1/ranges/3": {**SHARD, "shard_id": 3}},
            {},
            {"shard": "/v1/ranges/{shard}"},
        ),
        # Named ones stay where they are right, and those that nothing is known of stay too.
        ({"/mine": {"status": "healthy"}}, {"health": "/mine"}, {"health": "/mine"}),
        ({}, {"health": "/v1/health"}, {}),
        ({}, {"health": "/mine"}, {}),
        ({}, {"drain": "/drain/{node}"}, {"drain": "/drain/{node}"}),
        ({"/mine": NODES}, {"nodes": "/mine"}, {"nodes": "/mine"}),
        ({}, {"nodes": "/v1/cluster/status"}, {"nodes": "/v1/cluster/status"}),
    ],
)
def test_only_what_the_client_does_not_find_is_to_be_set(
    changes: dict[str, Any], given: dict[str, str], wanted: dict[str, str]
) -> None:
    assert report(changes, given)["endpoints"] == wanted


@pytest.mark.parametrize(
    ("changes", "given", "words"),
    [
        ({"/v1/nodes": Reply(403, NOTHING)}, {}, "/v1/nodes was refused (403): set api_key"),
        ({}, {"health": "/mine"}, "endpoints.health is not needed"),
        ({"/v1/admin/ranges": None, "/v1/shards": RANGES}, {}, "Paths that were guessed"),
        ({"/v1/admin/ranges": PAGE}, {}, "Not understood: ranges"),
        ({"/v1/health": Reply(200, body={}, ms=4000)}, {}, "set timeout to 16 seconds"),
        (
            {"/v1/cluster/status": {**STATUS, "replication_factor": None}},
            {},
            "The replication factor is not told: set stemedb_min_live_replicas",
        ),
        (
            {"/v1/cluster/status": {**STATUS, "node_count": 7}},
            {},
            "node_count is neither",
        ),
        ({}, {}, "The list of shards has next beside it"),
        (
            {"/v1/shards/shard_1003": Reply(500, NOTHING)},
            {},
            "A shard that does not exist is answered with 500",
        ),
    ],
)
def test_advice(changes: dict[str, Any], given: dict[str, str], words: str) -> None:
    assert [sentence for sentence in report(changes, given)["advice"] if words in sentence]


def test_a_gateway_that_is_as_expected_gets_no_advice() -> None:
    plain = {"/v1/admin/ranges": {**RANGES, "next": None}}
    assert report(plain)["advice"] == []


def test_what_lasts_are_facts_without_time_or_sentences() -> None:
    found = lasting(report())
    assert tuple(found) == LASTING
    assert set(found["works"].values()) == {True}
    slow = lasting(report({"/v1/health": Reply(200, body={"status": "healthy"}, ms=9000)}))
    assert slow == found
