"""A real socket asked for single paths: only GET, every kind of answer kept, no secret anywhere."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._contract_check.asking import (
    EMPTY,
    JSON,
    NOTHING,
    OTHER,
    Reply,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._contract_check.probe import (
    Probe,
    examine,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.client import GatewayOptions
from ansible_collections.stemedb.cluster.tests.support.fault_server import (
    Behaviour,
    FaultServer,
    raw,
    reply,
    routed,
    silence,
)

KEY = "sk-0123456789abcdefghij"
NOBODY = "http://127.0.0.1:1"
OPTIONS = GatewayOptions(retries=0, timeout=2.0)
ROUTES: dict[str, Behaviour] = {
    "/v1/health": reply(200, {"status": "healthy"}),
    "/v1/cluster/status": reply(
        200,
        {"node_count": 1, "shard_count": 1, "replication_factor": 1, "nodes": [{"id": "a"}]},
    ),
    "/v1/admin/ranges": reply(200, {"ranges": [{"id": 0, "leader": "a", "replicas": ["a"]}]}),
    "/v1/shards/0": reply(200, {"id": 0, "leader": "a", "replicas": ["a"]}),
}


@pytest.mark.parametrize(
    ("behaviour", "wanted"),
    [
        (
            reply(200, {"a": 1}, {"Content-Type": "application/json; charset=utf-8"}),
            Reply(200, JSON, {"a": 1}, "application/json", 8),
        ),
        (reply(404, {"error": "x"}), Reply(404, JSON, {"error": "x"}, "", 14)),
        (reply(503, b""), Reply(503, EMPTY)),
        (reply(200, b" \n"), Reply(200, EMPTY, size=2)),
        (
            reply(200, b"<html>", {"Content-Type": "TEXT/HTML"}),
            Reply(200, OTHER, None, "text/html", 6, 0, "looks like an HTML page"),
        ),
        (reply(200, b"\xff"), Reply(200, OTHER, None, "", 1, 0, "no UTF-8")),
        (reply(500, b"oops"), Reply(500, OTHER, None, "", 4, 0, "got something else")),
        (reply(401), Reply(401, NOTHING, problem="api_key")),
        (reply(302, b"", {"Location": "/x"}), Reply(302, NOTHING, problem="redirect")),
        (reply(429, b""), Reply(429, NOTHING, problem="429")),
        (raw(b""), Reply(None, NOTHING, problem="/x")),
    ],
)
def test_every_kind_of_answer(behaviour: Behaviour, wanted: Reply) -> None:
    with FaultServer(routed({"/x": behaviour, "/first": reply(200, {})})) as server:
        probe = Probe(server.url, OPTIONS)
        probe("/first")
        found = probe("/x")
        probe.close()
    assert found._replace(ms=0, problem=None) == wanted._replace(problem=None)
    assert (wanted.problem or "") in (found.problem or "")
    assert probe.replies["/x"] == found


def test_milliseconds_are_those_of_the_call() -> None:
    ticks = iter([10.0, 10.25])
    with FaultServer(reply(200, {})) as server:
        probe = Probe(server.url, OPTIONS, clock=lambda: next(ticks))
        assert probe("/x").ms == 250
        probe.close()


def test_only_get_is_ever_sent() -> None:
    endpoints = {"sync": "/sync", "drain": "/drain/{node}", "remove": "/remove/{node}"}
    with FaultServer(routed(ROUTES)) as server:
        found = examine((server.url,), OPTIONS._replace(endpoints=endpoints))
    assert {request.method for request in server.requests} == {"GET"}
    assert not any("sync" in path or "drain" in path or "remove" in path for path in server.paths)
    assert found.report["gateway"] == server.url
    assert {row["path"] for row in found.report["paths"]} == set(server.paths) - {"/v1/shards/1000"}
    assert len(server.paths) == len(set(server.paths)) == len(found.replies)


def test_the_first_gateway_that_answers_is_examined() -> None:
    with FaultServer(routed(ROUTES)) as server:
        found = examine((NOBODY, server.url), OPTIONS)
    assert found.report["gateway"] == server.url


def test_where_none_answers_it_fails_as_the_first_did() -> None:
    with FaultServer(silence) as server:
        with pytest.raises(StemeDBError) as caught:
            examine((NOBODY, server.url), OPTIONS._replace(timeout=0.2))
    assert caught.value.code == "transport"
    assert NOBODY in caught.value.message


def test_one_silent_path_is_no_silent_gateway() -> None:
    with FaultServer(routed({**ROUTES, "/v1/health": silence})) as server:
        found = examine((server.url,), OPTIONS._replace(timeout=0.3))
    health = found.report["paths"][0]
    assert (health["status"], health["understood"]) == (None, False)
    works = {one["name"]: one["works"] for one in found.report["works"]}
    assert works["stemedb_node_info"]
    assert works["stemedb_cluster_info"] is False


@pytest.mark.parametrize("status", [401, 403])
def test_where_all_is_refused_it_is_said_that_a_key_is_wanted(status: int) -> None:
    with FaultServer(reply(status, {"error": "no"})) as server:
        with pytest.raises(StemeDBError) as caught:
            examine((server.url,), OPTIONS)
    assert caught.value.code == "auth"
    assert "api_key" in caught.value.message


def test_options_that_cannot_work_are_refused_before_anything_is_asked() -> None:
    with FaultServer(routed(ROUTES)) as server:
        with pytest.raises(StemeDBError, match="endpoints has the unknown key") as caught:
            examine((server.url,), OPTIONS._replace(endpoints={"metrics": "/m"}))
    assert caught.value.code == "config"
    assert server.requests == []


def test_a_key_that_is_sent_back_is_not_reported() -> None:
    routes: dict[str, Any] = {
        **ROUTES,
        "/v1/cluster/status": reply(200, {"status": f"hello {KEY}", KEY: 1, "nodes": KEY}),
        "/v1/admin/ranges": reply(500, {"error": f"bad key {KEY}"}),
    }
    with FaultServer(routed(routes)) as server:
        found = examine((server.url,), OPTIONS._replace(api_key=KEY))
        assert server.requests[0].headers["x-api-key"] == KEY
    assert KEY not in json.dumps(found.report)
    assert KEY in found.hidden
    assert "127.0.0.1" in found.hidden
