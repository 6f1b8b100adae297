"""A change is sent to one gateway, once, and only when it is known whom and what it is about."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.calls import Sent, send
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.client import GatewayOptions
from ansible_collections.stemedb.cluster.tests.support.fault_server import (
    Behaviour,
    FaultServer,
    Request,
    Talk,
    raw,
    reply,
    routed,
)

NODE = "a3f2b1c4-6d1e-4d0b-8f3c-2a9d6b7c8e90"
ENDPOINTS = {
    "drain": "/v2/nodes/{node}/drain",
    "elect_leader": "/v2/shards/{shard}/elect",
    "rebalance": "/v2/rebalance",
}
READS: dict[str, Behaviour] = {
    "/v1/health": reply(503, {"status": "degraded"}),
    "/v1/cluster/status": reply(
        200, {"nodes": [{"node_id": NODE, "addr": "10.0.0.1:18182", "state": "Alive"}]}
    ),
    "/v1/shards/shard_7": reply(200, {"shard_id": "shard_7", "leader_node": NODE}),
}
DONE = {"status": "ok"}


def serve(**more: Behaviour) -> FaultServer:
    """A gateway that has all calls; a keyword replaces one's answer."""
    calls = {
        "sync": "/v1/admin/sync",
        "drain": f"/v2/nodes/{NODE}/drain",
        "elect_leader": "/v2/shards/shard_7/elect",
        "rebalance": "/v2/rebalance",
        "health": "/v1/health",
        "status": "/v1/cluster/status",
    }
    answers = dict.fromkeys(calls.values(), reply(200, DONE)) | READS
    return FaultServer(routed({**answers, **{calls[name]: more[name] for name in more}}))


def ask(*urls: str, call: str = "sync", **more: Any) -> Sent:
    options = GatewayOptions(retries=2, timeout=3, endpoints=ENDPOINTS)
    return send(urls, options, None, call, **more)


def failing(*urls: str, **more: Any) -> StemeDBError:
    with pytest.raises(StemeDBError) as caught:
        ask(*urls, **more)
    return caught.value


def changes(server: FaultServer) -> list[str]:
    return [request.path for request in server.requests if request.method != "GET"]


@pytest.mark.parametrize(
    ("call", "about", "path"),
    [
        ("sync", {}, "/v1/admin/sync"),
        ("rebalance", {}, "/v2/rebalance"),
        ("drain", {"node": "a3f2b1c4"}, f"/v2/nodes/{NODE}/drain"),
        ("drain", {"node": "10.0.0.1"}, f"/v2/nodes/{NODE}/drain"),
        ("elect_leader", {"shard": 7}, "/v2/shards/shard_7/elect"),
    ],
)
@pytest.mark.parametrize("check_mode", [False, True])
def test_a_change_is_sent_once_and_not_by_a_check(
    call: str, about: dict[str, Any], path: str, check_mode: bool
) -> None:
    with serve() as server:
        sent = ask(server.url, call=call, check_mode=check_mode, **about)
    assert sent == Sent(server.url, path, None if check_mode else DONE)
    assert changes(server) == ([] if check_mode else [path])


def test_it_is_sent_to_the_first_gateway_that_answers_and_to_no_other() -> None:
    with serve() as one, serve() as two:
        assert ask("http://127.0.0.1:1", one.url, two.url).gateway == one.url
    assert changes(one) == ["/v1/admin/sync"]
    assert two.requests == []


def test_when_none_answers_it_fails_as_the_first() -> None:
    with serve(health=reply(500)) as server:
        error = failing("http://127.0.0.1:1", server.url)
    assert (error.code, error.url) == ("transport", "http://127.0.0.1:1/v1/health")
    assert changes(server) == []


@pytest.mark.parametrize("answer", [reply(503), reply(429), reply(500), raw(b"")])
def test_what_failed_is_not_sent_again_nor_to_another(answer: Behaviour) -> None:
    with serve(sync=answer) as one, serve() as two:
        error = failing(one.url, two.url)
    assert error.code == "transport"
    assert changes(one) == ["/v1/admin/sync"]
    assert two.requests == []


def test_what_may_have_been_done_is_said() -> None:
    def gone(talk: Talk, _request: Request) -> bool:
        talk.closing.wait(0.1)
        return False

    with serve(sync=gone) as server:
        error = failing(server.url)
    assert "Whether the gateway carried the call out is not known" in error.message


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_is_no_reason_to_ask_another(status: int) -> None:
    with serve(health=reply(status)) as one, serve() as two:
        assert failing(one.url, two.url).code == "auth"
    assert changes(one) == two.requests == []


@pytest.mark.parametrize(
    ("call", "about", "code"),
    [
        ("remove", {"node": NODE}, "config"),  # no endpoint
        ("drain", {}, "config"),
        ("rebalance", {"node": NODE}, "config"),
        ("sync", {"shard": 7}, "config"),
        ("drain", {"node": "ffff"}, "not_found"),
        ("drain", {"node": "a3"}, "config"),
        ("elect_leader", {"shard": 8}, "not_found"),
    ],
)
def test_what_it_is_about_must_be_there(call: str, about: dict[str, Any], code: str) -> None:
    with serve() as server:
        error = failing(server.url, call=call, **about)
    assert error.code == code
    assert changes(server) == []
    if call in ("remove", "rebalance", "sync"):
        assert server.requests == [], "wrong before anything is asked"


@pytest.mark.parametrize(
    ("call", "about"),
    [("sync", {}), ("drain", {"node": NODE}), ("elect_leader", {"shard": 7})],
)
def test_nothing_is_sent_to_another_cluster(call: str, about: dict[str, Any]) -> None:
    status = {"cluster_name": "dev", "nodes": [{"node_id": NODE, "state": "Alive"}]}
    with serve(status=reply(200, status)) as server:
        error = failing(server.url, call=call, cluster_name="prod", **about)
        assert error.code == "config"
        assert "belongs to cluster dev, and stemedb_cluster_name says prod" in error.message
        assert changes(server) == []
        ask(server.url, call=call, cluster_name="dev", **about)
    assert len(changes(server)) == 1
