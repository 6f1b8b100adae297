"""`stemedb_sync`: one request, and what the gateway said to it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.modules import stemedb_sync
from ansible_collections.stemedb.cluster.tests.support.fault_server import (
    Behaviour,
    FaultServer,
    reply,
    routed,
)
from ansible_collections.stemedb.cluster.tests.unit.support.served_cluster import (
    routes,
    run_module,
)

Printed = pytest.CaptureFixture[str]
SECRET = "0123456789abcdefghij"
PATH = "/v1/admin/sync"
DONE = {"status": "ok", "synced_nodes": 2}


def serve(answer: Behaviour) -> FaultServer:
    return FaultServer(routed({**routes(), PATH: answer, "/v2/sync": answer}))


def sync(printed: Printed, *urls: str, **options: Any) -> dict[str, Any]:
    return run_module(stemedb_sync.main, printed, gateway_url=list(urls), **options)


def posts(server: FaultServer) -> list[str]:
    return [request.path for request in server.requests if request.method == "POST"]


@pytest.mark.parametrize("said", [DONE, [1], None])
def test_it_says_what_the_gateway_answered(capsys: Printed, said: Any) -> None:
    with serve(reply(202, b"" if said is None else said)) as server:
        found = sync(capsys, server.url)
    assert found["changed"] is True
    assert (found["gateway"], found["path"], found["answer"]) == (server.url, PATH, said)
    assert posts(server) == [PATH]


def test_a_check_sends_nothing(capsys: Printed) -> None:
    with serve(reply(200, DONE)) as server:
        found = sync(capsys, server.url, _ansible_check_mode=True)
    assert (found["changed"], found["answer"]) == (True, None)
    assert {request.method for request in server.requests} == {"GET"}


def test_another_path_is_an_endpoint(capsys: Printed) -> None:
    with serve(reply(200, DONE)) as server:
        assert sync(capsys, server.url, endpoints={"sync": "/v2/sync"})["path"] == "/v2/sync"
    assert posts(server) == ["/v2/sync"]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (reply(404), "protocol"),
        (reply(401), "auth"),
        (reply(405), "protocol"),
        (reply(503), "transport"),
    ],
)
def test_a_refusal_is_a_failure_and_not_repeated(
    capsys: Printed, answer: Behaviour, code: str
) -> None:
    with serve(answer) as server:
        found = sync(capsys, server.url, retries=3)
    assert found["failed"] is True
    assert found["failure"]["code"] == code
    assert posts(server) == [PATH]
    assert "answer" not in found


def test_a_key_that_the_gateway_echoes_is_not_shown(capsys: Printed) -> None:
    with serve(reply(200, {"you": SECRET})) as server:
        found = sync(capsys, server.url, api_key=SECRET)
    assert SECRET not in str(found)
