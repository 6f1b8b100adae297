"""The report on one screen."""

from __future__ import annotations

from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._contract_check.asking import (
    NOTHING,
    OTHER,
    Reply,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._contract_check.check import check
from ansible_collections.stemedb.cluster.plugins.module_utils._contract_check.report import (
    contract_report,
)

URL = "http://gateway:18181"
BODIES: dict[str, Any] = {
    "/v1/health": {"status": "healthy"},
    "/v1/cluster/status": {
        "cluster_name": "prod",
        "status": "healthy",
        "node_count": 2,
        "shard_count": 1,
        "meta_version": 4,
        "nodes": [{"id": "a", "state": "Alive", "zone": "z"}, {"id": "b", "state": "Leaving"}],
    },
    "/v1/admin/ranges": Reply(403, NOTHING, problem="The key is refused. " * 10),
    "/v1/shards": {"ranges": [{"shard_id": 0, "leader": "a", "replicas": ["a", "b"]}]},
    "/v1/shards/0": {"shard_id": 0, "replicas": ["a"]},
    "/metrics": Reply(200, OTHER),
}


def lines_of(bodies: dict[str, Any]) -> list[str]:
    def ask(path: str) -> Reply:
        body = bodies.get(path, Reply(404, NOTHING))
        return body if isinstance(body, Reply) else Reply(200, body=body, size=10, ms=2)

    return contract_report({"gateway": URL, **check(ask, {})})


def section(lines: list[str], title: str) -> str:
    """What stands under a title, in one line."""
    rest = lines[lines.index(title) + 1 :]
    end = rest.index("") if "" in rest else len(rest)
    return " ".join(" ".join(rest[:end]).split())


def test_it_is_one_screen() -> None:
    lines = lines_of(BODIES)
    assert lines[0] == f"Contract check of {URL}"
    assert len(lines) <= 50
    assert max(len(line) for line in lines) <= 100


def test_paths_with_status_time_and_what_became_of_them() -> None:
    lines = lines_of(BODIES)
    (health,) = [line for line in lines if "/v1/health" in line]
    assert health.split() == ["health", "/v1/health", "200", "2", "ms", "10", "B", "used"]
    (ranges,) = [line for line in lines if "ranges  /v1/admin/ranges" in line]
    assert "403" in ranges
    assert ranges.endswith("…")
    assert "/v1/shards (guess)" in section(lines, "PATHS")
    # Those that were guessed in vain are only counted.
    assert not any("/v1/ranges" in line for line in lines)
    assert "  and 1 that were guessed and are not there" in lines


def test_dialect_fields_and_what_works() -> None:
    lines = lines_of(BODIES)
    spoken = section(lines, "DIALECT")
    assert (
        "nodes in the status, a bare list; node_count counts all that are listed shards" in spoken
    )
    assert (
        "a list under 'ranges', replicas as ids shard ids listed as 12, asked for as 12" in spoken
    )
    assert "states Alive, Leaving (read as not alive); health healthy, status healthy" in spoken
    assert "nodes: id for node_id; ranges: leader for leader_node" in spoken
    fields = section(lines, "FIELDS")
    assert "nodes 2 understood; missing addr, incarnation; ignored zone (text)" in fields
    assert "replicas none to look at" in fields
    works = section(lines, "WHAT WORKS")
    assert works.startswith("✓ works stemedb_cluster_info, stemedb_node_info")
    assert "✗ does not stemedb_shard_info under_replicated, wait healthy, wait fully" in works
    assert "- not asked stemedb_sync" in works
    setting = section(lines, "TO SET")
    assert 'endpoints {"ranges": "/v1/shards"}' in setting
    assert "set api_key" in setting


def test_fields_that_only_some_have_are_counted() -> None:
    status = dict(BODIES["/v1/cluster/status"])
    status["nodes"] = [{"id": "a", "state": "Alive"}, {"id": "b"}]
    lines = lines_of({**BODIES, "/v1/cluster/status": status})
    assert "nodes 2 understood; in part state (1 of 2)" in section(lines, "FIELDS")


def test_a_gateway_of_which_nothing_is_understood() -> None:
    lines = lines_of({"/v1/health": Reply(None, NOTHING, problem="No answer in time")})
    assert "health /v1/health - 0 ms 0 B No answer in time" in section(lines, "PATHS")
    assert "node_count" not in " ".join(lines)
    assert section(lines, "FIELDS") == ""
    assert section(lines, "WHAT WORKS").startswith("✓ works nothing ✗ does not")
    assert "Not understood: health, status, nodes, ranges, shard." in section(lines, "TO SET")


def test_why_a_path_is_not_understood_is_said_at_length_where_no_other_one_is() -> None:
    lines = lines_of({**BODIES, "/v1/cluster/status": {"nodes": {"a": {"state": "Alive"}}}})
    why = "expected a list of nodes, bare or under nodes, got null in an object with a"
    assert why in section(lines, "PATHS")
    assert max(len(line) for line in lines) <= 100
    refused = {**BODIES, "/v1/shards": Reply(404, NOTHING)}
    assert "The key is refused. The key is refused." in section(lines_of(refused), "PATHS")


def test_nothing_to_set() -> None:
    bodies = {**BODIES, "/v1/admin/ranges": BODIES["/v1/shards"]}
    assert section(lines_of(bodies), "TO SET").startswith("endpoints nothing")


def test_of_an_empty_cluster_the_unknown_is_marked() -> None:
    bodies = {**BODIES, "/v1/admin/ranges": []}
    assert "? unknown stemedb_node_info shard_details" in section(lines_of(bodies), "WHAT WORKS")
