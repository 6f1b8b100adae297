"""Every way a gateway can fail, over a real socket: one code, one sentence that helps."""

from __future__ import annotations

import socket
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.answer import Answer
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.client import (
    Gateway,
    GatewayOptions,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.http_errors import (
    broken,
    refused,
    timed_out,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.paths import DEFAULT_URL
from ansible_collections.stemedb.cluster.tests.support.certificates import (
    NOW,
    Authority,
    make_authority,
    make_certificate,
    server_context,
)
from ansible_collections.stemedb.cluster.tests.support.fault_server import (
    Behaviour,
    FaultServer,
    dripping,
    raw,
    reply,
    silence,
)

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "k3y-0123456789abcdef"
OK = reply(200, {"status": "healthy"})


def failure_of(
    url: str, ask: str = "status", options: GatewayOptions | None = None, **changes: Any
) -> StemeDBError:
    """The error of one call, after looking for the secret in all that it leaves behind."""
    log: list[str] = []
    options = (options or GatewayOptions(api_key=SECRET, retries=0, timeout=5))._replace(**changes)
    gateway = Gateway(url, options, log.append)
    try:
        with pytest.raises(StemeDBError) as caught:
            gateway.shard(999) if ask == "shard" else getattr(gateway, ask)()
    finally:
        gateway.close()
    error = caught.value
    assert SECRET not in "\n".join([error.message, str(error), repr(error.as_failure()), *log])
    assert len(log) >= 1
    assert len(error.detail or "") <= 200
    assert error.url is not None
    assert error.url.startswith(url)
    assert error.message.endswith((".", "?"))
    assert "\n" not in error.message
    return error


class Case(NamedTuple):
    name: str
    behaviour: Behaviour
    code: str
    words: tuple[str, ...]
    status: int | None = 200
    ask: str = "status"
    changes: dict[str, Any] = {}


HTML = reply(200, b"<html><body>Welcome to nginx!</body></html>")
HUGE = b'{"nodes": "' + b"x" * 5000 + b'"}'
NODE = {"node_id": "node-01", "state": "Alive"}
SHARD = {"shard_id": 1, "leader_node": "node-01"}


def nodes(*items: Any) -> Behaviour:
    return reply(200, {"nodes": list(items)})


def ranges(*items: Any) -> Behaviour:
    return reply(200, {"ranges": list(items)})


CASES = [
    Case("silence", silence, "timeout", ("0.3 s", "hung"), None, changes={"timeout": 0.3}),
    Case(
        "headers that drip",
        dripping(b"HTTP/1.1 200 OK\r\n", b"X-Drip: 1\r\n"),
        "timeout",
        ("in full", "0.3 s"),
        None,
        changes={"timeout": 0.3},
    ),
    Case(
        "body that drips",
        dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b" "),
        "timeout",
        ("in full", "raise timeout"),
        None,
        changes={"timeout": 0.3},
    ),
    Case(
        "truncated body",
        raw(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"status"'),
        "transport",
        ("broke off its answer", "log"),
        None,
    ),
    Case(
        "truncated chunks",
        raw(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n20\r\n{"status"'),
        "transport",
        ("broke off its answer",),
        None,
    ),
    Case("no answer at all", raw(b""), "transport", ("closed the connection", "https://"), None),
    Case(
        "garbage status line",
        raw(b"SSH-2.0-OpenSSH_9.2\r\n"),
        "transport",
        ("does not speak HTTP", "18181"),
        None,
    ),
    Case("TLS alert", raw(b"\x15\x03\x03\x00\x02\x02\x32"), "tls", ("use https://",), None),
    Case(
        "the 400 of a TLS port",
        reply(400, b"Client sent an HTTP request to an HTTPS server.\n"),
        "tls",
        ("use https://",),
        400,
    ),
    Case(
        "declared over the limit",
        reply(200, HUGE),
        "protocol",
        ("more than 1000 bytes",),
        changes={"max_body": 1000},
    ),
    Case(
        "over the limit without saying so",
        raw(b"HTTP/1.1 200 OK\r\n\r\n" + HUGE),
        "protocol",
        ("more than 1000 bytes",),
        changes={"max_body": 1000},
    ),
    Case("HTML", HTML, "protocol", ("HTML page", "/v1/cluster/status", "endpoints")),
    Case("HTML for health", HTML, "protocol", ("HTML page", "/v1/health"), ask="health"),
    Case("null", reply(200, b"null"), "protocol", ("an object", "got null")),
    Case("null for health", reply(200, b"null"), "protocol", ("got null",), ask="health"),
    Case("null for ranges", reply(200, b"null"), "protocol", ("list of shards",), ask="ranges"),
    Case("null for a shard", reply(200, b"null"), "protocol", ("shard 999",), ask="shard"),
    Case("empty list", reply(200, b"[]"), "protocol", ("an object", "got an empty list")),
    Case("text", reply(200, b'"x"'), "protocol", ("an object", "the text 'x'")),
    Case("text for ranges", reply(200, b'"x"'), "protocol", ("a list",), ask="ranges"),
    Case("empty object", reply(200, b"{}"), "protocol", ("node_count", "got an object")),
    Case("empty object for ranges", reply(200, b"{}"), "protocol", ("ranges",), ask="ranges"),
    Case("empty object for a shard", reply(200, b"{}"), "protocol", ("shard 999",), ask="shard"),
    Case("empty body", reply(200, b""), "protocol", ("an empty body",)),
    Case("204", reply(204), "protocol", ("an empty body",), 204),
    Case("nested brackets", reply(200, b"[" * 100_000), "protocol", ("nested too deeply",)),
    Case("invalid UTF-8", reply(200, b'{"status": "\xff"}'), "protocol", ("UTF-8", "byte 12")),
    Case("NaN", reply(200, b'{"node_count": NaN}'), "protocol", ("NaN is not JSON",)),
    Case("endless number", reply(200, b"9" * 5000), "protocol", ("expected",)),
    Case("text for a list", reply(200, {"nodes": "n"}), "protocol", ("list of nodes",)),
    Case("negative size", ranges({**SHARD, "size": -1}), "protocol", ("size", "-1"), ask="ranges"),
    Case("size as text", ranges({**SHARD, "size": "5"}), "protocol", ("size",), ask="ranges"),
    Case("float id", ranges({"shard_id": 1.0}), "protocol", ("shard_id", "1.0"), ask="ranges"),
    Case("bool count", reply(200, {"node_count": True}), "protocol", ("node_count", "true")),
    Case("duplicate shard", ranges(SHARD, SHARD), "protocol", ("shard 1 twice",), ask="ranges"),
    Case("duplicate node", nodes(NODE, NODE), "protocol", ("'node-01' twice",)),
    Case("empty node id", nodes({"id": ""}), "protocol", ("id", "empty text")),
    Case("another shard", reply(200, SHARD), "protocol", ("got shard 1",), ask="shard"),
    Case(
        "301 to another host",
        reply(301, b"", {"Location": "http://u:pw@other.example:18181/v1?key=abc"}),
        "protocol",
        ("301", "http://other.example:18181 into gateway_url", "not followed"),
        301,
    ),
    Case(
        "redirection with an endless body",
        raw(b"HTTP/1.1 301 Moved\r\nLocation: /other\r\n\r\n" + HUGE),
        "protocol",
        ("more than 1000 bytes",),
        301,
        changes={"max_body": 1000},
    ),
    Case("301 to nowhere", reply(301), "protocol", ("301", "nowhere"), 301),
    Case("302 to no URL", reply(302, b"", {"Location": "http://["}), "protocol", ("nowhere",), 302),
    Case("400", reply(400, {"error": "bad"}), "protocol", ("400", "it said: bad"), 400),
    Case("401", reply(401, b""), "auth", ("401", "api_key is not accepted"), 401),
    Case("401, no key", reply(401), "auth", ("no key is set",), 401, changes={"api_key": None}),
    Case("403", reply(403, {"message": "readers only"}), "auth", ("403", "readers only"), 403),
    Case("404", reply(404), "protocol", ("/v1/admin/cluster", "endpoints.status"), 404),
    Case(
        "unknown shard",
        reply(404, {"error": "shard 999 not found"}),
        "not_found",
        ("no shard 999", "shard_999", "it said: shard 999 not found"),
        404,
        "shard",
    ),
    Case("shard refused by 400", reply(400), "not_found", ("no shard 999",), 400, "shard"),
    Case(
        "429 for an hour",
        reply(429, b"", {"Retry-After": "3600"}),
        "transport",
        ("429", "asks to wait 3600 s", "timeout (5 s)"),
        429,
        changes={"retries": 2},
    ),
    Case("500 with JSON", reply(500, {"error": "raft: no"}), "transport", ("raft: no", "log"), 500),
    Case("500 with text", reply(500, b"Oh\r\nno"), "transport", ("500", "it said: Oh no"), 500),
    Case("503", reply(503, {"status": "unhealthy"}), "transport", ("503",), 503),
    Case("an echoed key", reply(500, f"{'x' * 190} {SECRET}".encode()), "transport", ("***",), 500),
    Case("a key in JSON", nodes({"id": "n", "state": [SECRET]}), "protocol", ("state",)),
    Case("a key as a number", reply(200, {"node_count": SECRET}), "protocol", ("****",)),
    Case(
        "a key in a redirection",
        reply(302, b"", {"Location": f"http://{SECRET}.example/"}),
        "protocol",
        ("********.example",),
        302,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_a_gateway_answers(case: Case) -> None:
    with FaultServer(case.behaviour) as server:
        error = failure_of(server.url, case.ask, **case.changes)
    assert (error.code, error.status) == (case.code, case.status)
    assert [word for word in case.words if word not in error.message] == []


def test_nothing_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    error = failure_of(f"http://127.0.0.1:{port}")
    assert error.code == "transport"
    assert f"Nothing listens on 127.0.0.1:{port}" in error.message
    assert "stemedb-gateway running" in error.message
    assert "port right" in error.message
    assert "refused" in (error.detail or "")


def test_a_name_that_does_not_resolve() -> None:
    error = failure_of("http://gateway.invalid:18181")
    assert error.code == "transport"
    assert "gateway.invalid" in error.message
    assert "does not resolve: correct the host name in gateway_url" in error.message


def test_the_default_that_does_not_resolve_was_not_set() -> None:
    message = broken("GET", f"{DEFAULT_URL}/v1/health", [socket.gaierror(-2, "unknown")]).message
    assert "The name gateway of http://gateway:18181/v1/health does not resolve. " in message
    assert message.endswith("gateway_url is not set: set it, or STEMEDB_GATEWAY_URL.")


def test_a_path_in_the_url_is_left_out() -> None:
    with FaultServer(reply(404)) as server:
        assert "leave /v1 out of gateway_url" in failure_of(f"{server.url}/v1").message
        assert "leave /v1" not in failure_of(f"{server.url}/v2").message


@pytest.mark.parametrize(
    ("url", "first"),
    [
        ("https://g:1/x", "does it speak TLS? If not, use http:// in gateway_url."),
        ("http://g:1/x", "is the host up"),
    ],
)
def test_the_likely_cause_of_no_connection_comes_first(url: str, first: str) -> None:
    message = timed_out("GET", url, 10, "timeout", connected=False).message
    assert message.partition("within 10 s: ")[2].startswith(first)


# --- TLS -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("authority"))


def test_a_certificate_of_an_unknown_authority(authority: Authority, tmp_path: Path) -> None:
    context = server_context(make_certificate(tmp_path, authority))
    with FaultServer(OK, context) as server:
        error = failure_of(server.url)
        assert error.code == "tls"
        assert "not signed by an authority known here" in error.message
        assert "ca_path" in error.message
        assert server.requests == []  # and the key stayed here


def test_a_certificate_of_another_authority(authority: Authority, tmp_path: Path) -> None:
    context = server_context(make_certificate(tmp_path, authority))
    other = make_authority(tmp_path, "another authority")
    with FaultServer(OK, context) as server:
        error = failure_of(server.url, ca_path=str(other.path))
    assert error.code == "tls"
    assert "ca_path" in error.message


def test_an_expired_certificate(authority: Authority, tmp_path: Path) -> None:
    expired = make_certificate(tmp_path, authority, end=NOW - timedelta(days=1))
    with FaultServer(OK, server_context(expired)) as server:
        error = failure_of(server.url, ca_path=str(authority.path))
    assert error.code == "tls"
    assert "has expired" in error.message
    assert "renew" in error.message


def test_a_certificate_of_tomorrow(authority: Authority, tmp_path: Path) -> None:
    early = make_certificate(tmp_path, authority, start=NOW + timedelta(days=1))
    with FaultServer(OK, server_context(early)) as server:
        error = failure_of(server.url, ca_path=str(authority.path))
    assert error.code == "tls"
    assert "not valid yet" in error.message
    assert "clocks" in error.message


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_a_certificate_for_another_host(authority: Authority, tmp_path: Path, name: str) -> None:
    context = server_context(make_certificate(tmp_path, authority, "gateway.example"))
    with FaultServer(OK, context) as server:
        error = failure_of(f"https://{name}:{server.port}", ca_path=str(authority.path))
    assert error.code == "tls"
    assert "for another host name" in error.message
    assert "gateway_url" in error.message


def test_a_client_without_certificate(authority: Authority, tmp_path: Path) -> None:
    context = server_context(make_certificate(tmp_path, authority), clients=authority.path)
    with FaultServer(OK, context) as server:
        error = failure_of(server.url, ca_path=str(authority.path))
    assert error.code == "tls"
    assert "client_cert" in error.message
    assert "client_key" in error.message


def test_a_client_with_its_certificate(authority: Authority, tmp_path: Path) -> None:
    context = server_context(make_certificate(tmp_path, authority), clients=authority.path)
    certificate, key = make_certificate(tmp_path, authority, "client.example")
    options = GatewayOptions(
        ca_path=str(authority.path), client_cert=str(certificate), client_key=str(key)
    )
    with FaultServer(OK, context) as server:
        gateway = Gateway(server.url, options)
        assert gateway.health().word == "healthy"
        gateway.close()


def test_tls_with_a_port_that_has_none() -> None:
    with FaultServer(OK, greeting=b"HTTP/1.1 400 Bad Request\r\n\r\n") as server:
        error = failure_of(server.url.replace("http:", "https:"))
    assert error.code == "tls"
    assert "use http://" in error.message


def test_no_tls_with_a_port_that_wants_it(authority: Authority, tmp_path: Path) -> None:
    context = server_context(make_certificate(tmp_path, authority))
    with FaultServer(OK, context) as server:
        error = failure_of(server.url.replace("https:", "http:"))
    assert "https://" in error.message


def test_a_handshake_that_ends_is_no_fault_of_the_set_up() -> None:
    with FaultServer(OK, greeting=b"") as server:
        error = failure_of(server.url.replace("http:", "https:"))
    assert error.code == "transport"
    assert "closed the connection" in error.message
    assert "EOF" in (error.detail or "")


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_no_certificate_is_looked_at_if_none_shall_be(authority: Authority, tmp_path: Path) -> None:
    context = server_context(make_certificate(tmp_path, authority, "gateway.example"))
    with FaultServer(OK, context) as server:
        gateway = Gateway(server.url, GatewayOptions(validate_certs=False))
        assert gateway.health().word == "healthy"
        gateway.close()


# --- words alone ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [
        timed_out("POST", "http://g:1/x", 1.5, "timeout", connected=True),
        refused(Answer("POST", "http://g:1/x", 502, b""), "", has_key=True),
        broken("POST", "http://g:1/x", [ConnectionResetError("reset")]),
    ],
    ids=lambda fault: fault.code,
)
def test_a_change_without_an_answer_may_have_happened(fault: tuple[str, str]) -> None:
    assert "look before you repeat it" in fault[1]


def test_a_refused_change_has_not_happened() -> None:
    assert "repeat" not in refused(Answer("POST", "http://g/x", 403, b""), "", True).message


@pytest.mark.parametrize(
    ("url", "place"),
    [("http://g/x", "g:80"), ("https://g/x", "g:443"), ("http://[::1]:5/x", "[::1]:5")],
)
def test_the_port_is_always_named(url: str, place: str) -> None:
    assert f"listens on {place} " in broken("GET", url, [ConnectionRefusedError()]).message


def test_an_unreachable_host() -> None:
    fault = broken("GET", "http://g:1/x", [OSError(113, "No route to host")])
    assert fault.code == "transport"
    assert "reachable" in fault.message
