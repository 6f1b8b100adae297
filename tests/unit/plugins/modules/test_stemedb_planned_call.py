"""`stemedb_planned_call`: off, unless an endpoint says that there is such a call."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.modules import stemedb_planned_call
from ansible_collections.stemedb.cluster.tests.support.fault_server import (
    FaultServer,
    reply,
    routed,
)
from ansible_collections.stemedb.cluster.tests.unit.support.served_cluster import (
    A,
    routes,
    run_module,
)

Printed = pytest.CaptureFixture[str]
CALLS: dict[str, dict[str, Any]] = {
    "drain": {"node": A},
    "remove": {"node": A},
    "elect_leader": {"shard": 1},
    "rebalance": {},
}
ENDPOINTS = {
    "drain": "/v2/{node}/drain",
    "remove": "/v2/{node}",
    "elect_leader": "/v2/{shard}/{node}/elect",
    "rebalance": "/v2/rebalance",
}


def serve() -> FaultServer:
    paths = (f"/v2/{A}/drain", f"/v2/{A}", f"/v2/1/{A}/elect", "/v2/rebalance")
    return FaultServer(routed({**routes(), **dict.fromkeys(paths, reply(202, {"id": 9}))}))


def call(printed: Printed, server: FaultServer, **options: Any) -> dict[str, Any]:
    return run_module(stemedb_planned_call.main, printed, gateway_url=server.url, **options)


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("check_mode", [False, True])
def test_without_an_endpoint_it_fails_and_says_so(
    capsys: Printed, name: str, check_mode: bool
) -> None:
    with serve() as server:
        found = call(capsys, server, call=name, _ansible_check_mode=check_mode, **CALLS[name])
    assert found["failed"] is True
    assert found["failure"]["code"] == "config"
    assert "which StemeDB does not document" in found["msg"]
    assert f"endpoints.{name}" in found["msg"]
    assert server.requests == []


@pytest.mark.parametrize(
    ("name", "about", "path"),
    [
        ("drain", {"node": A[:8]}, f"/v2/{A}/drain"),
        ("remove", {"node": "10.0.0.1"}, f"/v2/{A}"),
        ("elect_leader", {"shard": "shard_1", "node": A}, f"/v2/1/{A}/elect"),
        ("elect_leader", {"shard": 1, "node": A}, f"/v2/1/{A}/elect"),
        ("rebalance", {}, "/v2/rebalance"),
    ],
)
@pytest.mark.parametrize("check_mode", [False, True])
def test_with_one_it_is_made(
    capsys: Printed, name: str, about: dict[str, Any], path: str, check_mode: bool
) -> None:
    told = {"call": name, "endpoints": ENDPOINTS, "_ansible_check_mode": check_mode}
    with serve() as server:
        found = call(capsys, server, **told, **about)
    assert found["changed"] is True
    assert (found["path"], found["answer"]) == (path, None if check_mode else {"id": 9})
    posts = [request.path for request in server.requests if request.method != "GET"]
    assert posts == ([] if check_mode else [path])


@pytest.mark.parametrize(
    ("about", "words"),
    [
        ({"call": "drain"}, "so name a node"),
        ({"call": "drain", "node": A, "shard": 1}, "of no single shard"),
        ({"call": "rebalance", "node": A}, "of no single node"),
        ({"call": "elect_leader", "shard": "one", "node": A}, "is no shard id"),
        ({"call": "drop"}, "value of call must be one of"),
    ],
)
def test_what_cannot_be_meant_is_refused(capsys: Printed, about: Any, words: str) -> None:
    with serve() as server:
        found = call(capsys, server, endpoints=ENDPOINTS, **about)
    assert found["failed"] is True
    assert words in found["msg"]
    assert server.requests == []


def test_a_node_that_is_not_there_is_not_found(capsys: Printed) -> None:
    with serve() as server:
        found = call(capsys, server, call="drain", node="ffffffff", endpoints=ENDPOINTS)
    assert found["failure"]["code"] == "not_found"
    assert {request.method for request in server.requests} == {"GET"}
