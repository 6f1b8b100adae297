"""The client of one gateway: paths and their aliases, spellings, options."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import (
    Health,
    Node,
    Replica,
    Shard,
    Status,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.client import (
    Gateway,
    GatewayOptions,
    parse_urls,
)
from ansible_collections.stemedb.cluster.tests.support.certificates import (
    make_authority,
    make_certificate,
)
from ansible_collections.stemedb.cluster.tests.support.fault_server import (
    FaultServer,
    reply,
    routed,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

NODES = [{"node_id": "node-01", "addr": "10.0.0.1:18182", "state": "Alive", "incarnation": 2}]
NODE = Node("node-01", "10.0.0.1:18182", "Alive", 2)
STATUS = {"cluster_name": "prod", "status": "healthy", "node_count": 1, "meta_version": 41}


@pytest.fixture
def client() -> Iterator[Callable[..., Gateway]]:
    """Makes clients, and closes them."""
    made: list[Gateway] = []

    def make(server: FaultServer, **options: Any) -> Gateway:
        made.append(Gateway(server.url, GatewayOptions(**{"retries": 0, **options})))
        return made[-1]

    yield make
    for gateway in made:
        gateway.close()


def serving(**bodies: Any) -> FaultServer:
    """A server with JSON at paths, whose `/` are written as `__`."""
    return FaultServer(
        routed({name.replace("__", "/"): reply(200, bodies[name]) for name in bodies})
    )


def failing(call: Callable[[], Any]) -> StemeDBError:
    with pytest.raises(StemeDBError) as caught:
        call()
    return caught.value


# --- health --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "body", "word"),
    [
        (200, {"status": "healthy"}, "healthy"),
        (200, {"status": "degraded", "more": 1}, "degraded"),
        (200, {}, None),
        (200, b"", None),
        (503, {"status": "unhealthy"}, "unhealthy"),
        (503, b"", None),
    ],
)
def test_health(client: Callable[..., Gateway], status: int, body: Any, word: str | None) -> None:
    with FaultServer(reply(status, body)) as server:
        assert client(server, retries=2).health() == Health(status, word)
    assert server.paths == ["/v1/health"]


@pytest.mark.parametrize(("status", "times"), [(500, 1), (502, 3), (504, 3)])
def test_other_failures_of_health_are_no_answers(
    client: Callable[..., Gateway], status: int, times: int
) -> None:
    with FaultServer(reply(status, {"status": "unhealthy"})) as server:
        error = failing(client(server, retries=2).health)
    assert (error.code, error.status) == ("transport", status)
    assert len(server.paths) == times


# --- paths and their aliases ---------------------------------------------------------------------


def test_the_alias_that_answers_is_remembered(client: Callable[..., Gateway]) -> None:
    with serving(__v1__admin__cluster=STATUS) as server:
        gateway = client(server)
        expected = Status("prod", "healthy", 1, meta_version=41)
        assert [gateway.status() for _ in range(3)] == [expected] * 3
    assert server.paths == ["/v1/cluster/status"] + ["/v1/admin/cluster"] * 3


def test_a_remembered_alias_that_is_gone_is_looked_for(client: Callable[..., Gateway]) -> None:
    with serving(__v1__admin__cluster=STATUS) as server:
        gateway = client(server)
        gateway.status()
        server.behaviour = routed({"/v1/cluster/status": reply(200, STATUS)})
        gateway.status()
    assert server.paths[-2:] == ["/v1/admin/cluster", "/v1/cluster/status"]


def test_each_gateway_has_a_memory_of_its_own(client: Callable[..., Gateway]) -> None:
    with serving(__v1__admin__cluster=STATUS) as server:
        client(server).status()
        client(server).status()
    assert server.paths == ["/v1/cluster/status", "/v1/admin/cluster"] * 2


def test_an_error_is_no_reason_to_try_an_alias(client: Callable[..., Gateway]) -> None:
    with FaultServer(reply(500)) as server:
        assert failing(client(server).status).code == "transport"
    assert server.paths == ["/v1/cluster/status"]


def test_no_path_answers(client: Callable[..., Gateway]) -> None:
    with serving() as server:
        error = failing(client(server).status)
    assert (error.code, error.status) == ("protocol", 404)
    for word in ("/v1/cluster/status", "/v1/admin/cluster", "endpoints.status", "no such path"):
        assert word in error.message


def test_an_endpoint_replaces_the_paths(client: Callable[..., Gateway]) -> None:
    with serving(__cluster=STATUS) as server:
        gateway = client(server, endpoints={"status": "/cluster", "ranges": "/none"})
        assert gateway.status().name == "prod"
        error = failing(gateway.ranges)
    assert server.paths == ["/cluster", "/none"]
    assert "/none" in error.message
    assert "/v1/admin/ranges" not in error.message


def test_a_path_below_which_the_gateway_is(client: Callable[..., Gateway]) -> None:
    with serving(__db__v1__health={}) as server:
        gateway = Gateway(f"{server.url}/db/", GatewayOptions())
        assert gateway.url == f"{server.url}/db"
        assert gateway.health().http_status == 200
        gateway.close()


# --- nodes ---------------------------------------------------------------------------------------


def test_nodes_are_inside_the_status(client: Callable[..., Gateway]) -> None:
    with serving(__v1__cluster__status={**STATUS, "nodes": NODES}) as server:
        assert client(server).nodes() == (NODE,)
    assert server.paths == ["/v1/cluster/status"]


def test_a_known_status_is_not_asked_again(client: Callable[..., Gateway]) -> None:
    with serving() as server:
        assert client(server).nodes(Status(nodes=(NODE,))) == (NODE,)
        assert client(server).nodes(Status(nodes=())) == ()
    assert server.paths == []


@pytest.mark.parametrize("path", ["/v1/nodes", "/v1/admin/nodes"])
def test_nodes_have_a_path_of_their_own(client: Callable[..., Gateway], path: str) -> None:
    bodies = {"/v1/cluster/status": reply(200, STATUS), path: reply(200, NODES)}
    with FaultServer(routed(bodies)) as server:
        gateway = client(server)
        assert [gateway.nodes() for _ in range(3)] == [(NODE,)] * 3
    tried = ["/v1/nodes"] if path == "/v1/admin/nodes" else []
    assert server.paths == ["/v1/cluster/status", *tried, path, path, path]


def test_nodes_are_nowhere(client: Callable[..., Gateway]) -> None:
    with serving(__v1__cluster__status=STATUS) as server:
        error = failing(client(server).nodes)
    assert error.code == "protocol"
    for word in ("/v1/nodes", "/v1/admin/nodes", "endpoints.nodes"):
        assert word in error.message


def test_an_endpoint_for_nodes_comes_before_the_status(client: Callable[..., Gateway]) -> None:
    with serving(__members={"nodes": NODES}) as server:
        gateway = client(server, endpoints={"nodes": "/members"})
        assert gateway.nodes() == (NODE,)
        assert gateway.nodes(Status(nodes=())) == (NODE,)
    assert server.paths == ["/members", "/members"]


# --- shards --------------------------------------------------------------------------------------


def test_ranges(client: Callable[..., Gateway]) -> None:
    body = {"ranges": [{"shard_id": "shard_7", "leader_node": "a", "replica_nodes": ["a", "b"]}]}
    with serving(__v1__admin__ranges=body) as server:
        assert client(server).ranges() == (Shard(7, "a", ("a", "b")),)


SHARD = {"shard_id": "shard_7", "leader_node": "a", "replicas": [{"node_id": "a", "size": 5}]}


@pytest.mark.parametrize("refusal", [400, 404])
def test_the_spelling_that_answers_is_remembered(
    client: Callable[..., Gateway], refusal: int
) -> None:
    bodies = {"/v1/shards/shard_7": reply(200, SHARD), "/v1/shards/7": reply(refusal)}
    with FaultServer(routed(bodies)) as server:
        gateway = client(server)
        expected = Shard(7, "a", ("a",), replicas=(Replica("a", None, 5),))
        assert [gateway.shard(7) for _ in range(3)] == [expected] * 3
    assert server.paths == ["/v1/shards/7"] + ["/v1/shards/shard_7"] * 3


def test_a_shard_that_is_not_there(client: Callable[..., Gateway]) -> None:
    with serving() as server:
        error = failing(lambda: client(server).shard(7))
    assert (error.code, error.status) == ("not_found", 404)
    assert server.paths == ["/v1/shards/7", "/v1/shards/shard_7"]


def test_an_endpoint_for_shards(client: Callable[..., Gateway]) -> None:
    with serving(__s__7__info=SHARD) as server:
        gateway = client(server, endpoints={"shard": "/s/{shard}/info"})
        assert gateway.shard(7).leader_node == "a"


# --- changes -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "body", "returned"),
    [(200, {"started": True}, {"started": True}), (202, b"", None), (200, b"ok", None)],
)
def test_sync(client: Callable[..., Gateway], status: int, body: Any, returned: Any) -> None:
    with FaultServer(reply(status, body)) as server:
        assert client(server).sync() == returned
    assert [(item.method, item.path) for item in server.requests] == [("POST", "/v1/admin/sync")]


def test_sync_that_is_not_there(client: Callable[..., Gateway]) -> None:
    with serving() as server:
        error = failing(client(server).sync)
    assert (error.code, error.status) == ("protocol", 404)
    assert "endpoints.sync" in error.message


@pytest.mark.parametrize("key", ["drain", "remove", "elect_leader", "rebalance"])
def test_a_call_that_is_not_documented_is_off(client: Callable[..., Gateway], key: str) -> None:
    with serving() as server:
        error = failing(lambda: client(server).call(key, node="a", shard=1))
    assert error.code == "config"
    assert f"endpoints.{key}" in error.message
    assert server.requests == []


def test_an_endpoint_switches_a_call_on(client: Callable[..., Gateway]) -> None:
    with FaultServer(reply(200, {"ok": 1})) as server:
        gateway = client(server, endpoints={"drain": "/v1/nodes/{node}/drain"}, retries=2)
        assert gateway.call("drain", node="a b/c") == {"ok": 1}
        assert failing(lambda: gateway.call("drain", node="..")).code == "config"
    assert server.paths == ["/v1/nodes/a%20b%2Fc/drain"]


@pytest.mark.parametrize(
    ("path", "values", "words"),
    [
        ("/v1/rebalance/{node}", {}, "so name a node"),
        ("/v1/rebalance/{shard}", {"node": "a"}, "of no single node"),
        ("/v1/rebalance", {"node": "a"}, "of no single node"),
        ("/v1/rebalance", {"shard": 1}, "of no single shard"),
    ],
)
def test_a_call_is_about_what_its_path_says(
    client: Callable[..., Gateway], path: str, values: Any, words: str
) -> None:
    with FaultServer(reply(200)) as server:
        gateway = client(server, endpoints={"rebalance": path})
        for error in (
            failing(lambda: gateway.call("rebalance", **values)),
            failing(lambda: gateway.call_path("rebalance", **values)),
        ):
            assert error.code == "config"
            assert words in error.message
    assert server.requests == [], "the rest of it would have been done to all"


def test_a_shard_is_spelt_as_the_gateway_answered_to(client: Callable[..., Gateway]) -> None:
    with serving(__v1__shards__shard_7={**SHARD, "shard_id": "shard_7"}) as server:
        gateway = client(server, endpoints={"elect_leader": "/v1/elect/{shard}"})
        assert gateway.call_path("elect_leader", shard=7) == "/v1/elect/7"
        gateway.shard(7)
        assert gateway.call_path("elect_leader", shard=7) == "/v1/elect/shard_7"


def test_what_a_call_is_about_is_not_there(client: Callable[..., Gateway]) -> None:
    with serving() as server:
        gateway = client(server, endpoints={"drain": "/v1/nodes/{node}/drain"})
        error = failing(lambda: gateway.call("drain", node="a"))
    assert (error.code, error.status) == ("not_found", 404)


# --- options -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "urls"),
    [
        ("http://gateway:18181", ("http://gateway:18181",)),
        (["http://a:1", "https://b:2/"], ("http://a:1", "https://b:2")),
        (" http://a:1/ , http://b:1,http://a:1", ("http://a:1", "http://b:1")),
        ("HTTP://Gateway:18181/Base/", ("http://gateway:18181/Base",)),
        ("http://[::1]:18181", ("http://[::1]:18181",)),
        ("https://gateway.example", ("https://gateway.example",)),
    ],
)
def test_urls(value: Any, urls: tuple[str, ...]) -> None:
    assert parse_urls(value) == urls


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([], "gateway_url is empty"),
        ("", "entry 1 is empty"),
        ("http://a:1,", "entry 2 is empty"),
        ([None], "entry 1 is empty"),
        ("gateway:18181", "'gateway:18181' does not begin with http:// or https://"),
        ("ftp://gateway", "does not begin with"),
        ("http://", "names no host"),
        ("http://:18181", "names no host"),
        ("http://gateway:0", "port 0"),
        ("http://gateway:port", "cannot be read"),
        ("http://gateway:99999", "cannot be read"),
        ("http://[::1", "cannot be read"),
        (f"http://{'a' * 64}.example", "cannot be read"),
        ("http://a..b", "cannot be read"),
        ("http://a b", "no URL may hold"),
        ("http://a\nb", "no URL may hold"),
        ("http://a/x?y=1", "entry 1 holds a query"),
        ("http://a/#x", "entry 1 holds a query or a fragment"),
        (["http://a:1", "http://user:pass@b"], "entry 2 holds a user or a password"),
    ],
)
def test_refused_urls(value: Any, words: str) -> None:
    error = failing(lambda: parse_urls(value))
    assert error.code == "config"
    assert error.message.startswith("gateway_url")
    assert words in error.message


@pytest.mark.parametrize(
    "url",
    [
        "http://user:{}@gateway:18181",
        "http://{}@gateway",
        "ftp://user:{}@gateway",
        "user:{}@gateway",
        "http://u:{}/x@gateway",
        "http://gateway?api_key={}",
        "http://gateway/#{}",
        "http://gateway?key=a@{}",
    ],
)
def test_a_refused_url_shows_no_password(url: str) -> None:
    assert (
        "hunter2hunter2hunter"
        not in failing(lambda: parse_urls(url.format("hunter2hunter2hunter"))).message
    )


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"timeout": 0}, "timeout"),
        ({"timeout": -1.0}, "timeout"),
        ({"timeout": float("nan")}, "timeout"),
        ({"timeout": float("inf")}, "timeout"),
        ({"timeout": 1e6}, "a day"),
        ({"retries": -1}, "retries"),
        ({"max_body": 0}, "max_body"),
        ({"endpoints": {"statsu": "/x"}}, "'statsu'"),
        ({"client_key": __file__}, "client_cert"),
        ({"ca_path": "/nowhere/ca.pem"}, "ca_path"),
        ({"client_cert": "/nowhere/c.pem"}, "client_cert"),
        ({"client_cert": __file__, "client_key": "/nowhere/k.pem"}, "client_key"),
        ({"ca_path": __file__}, "PEM"),
        ({"client_cert": __file__}, "PEM"),
    ],
)
def test_refused_options(options: dict[str, Any], word: str) -> None:
    error = failing(lambda: Gateway("http://127.0.0.1:1", GatewayOptions(**options)))
    assert error.code == "config"
    assert word in error.message


@pytest.mark.parametrize("key", ["{}\n", " {}", "{}\r\nX: y", "{}\x00", "{}é", "{}\t"])
def test_a_key_that_no_header_can_carry(key: str) -> None:
    secret = "0123456789abcdefghij"
    error = failing(
        lambda: Gateway("http://127.0.0.1:1", GatewayOptions(api_key=key.format(secret)))
    )
    assert error.code == "config"
    assert "api_key" in error.message
    assert secret not in error.message


def test_certificate_and_key_belong_together(tmp_path: Path) -> None:
    authority = make_authority(tmp_path)
    certificate, key = make_certificate(tmp_path, authority, "one.example")
    _, other = make_certificate(tmp_path, authority, "two.example")
    both: dict[str, Any] = {"client_cert": str(certificate), "ca_path": str(authority.path)}
    Gateway("http://127.0.0.1:1", GatewayOptions(client_key=str(key), **both)).close()
    error = failing(
        lambda: Gateway("http://127.0.0.1:1", GatewayOptions(client_key=str(other), **both))
    )
    assert error.code == "config"
    assert "belong together" in error.message


def test_a_key_with_a_pass_phrase_is_refused_and_not_asked_for(tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path, make_authority(tmp_path), secret="swordfish")
    options = GatewayOptions(client_cert=str(certificate), client_key=str(key))
    error = failing(lambda: Gateway("http://127.0.0.1:1", options))
    assert error.code == "config"
    assert "pass phrase" in error.message
