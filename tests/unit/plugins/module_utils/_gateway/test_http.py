"""One call: its deadline, its retries, its connections, and what it gives to whom."""

from __future__ import annotations

import gzip
import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway import http as gateway_http
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.http import (
    GatewayOptions,
    Http,
    require_requests,
    retry_after,
)
from ansible_collections.stemedb.cluster.tests.support.fault_server import (
    Behaviour,
    FaultServer,
    Request,
    Talk,
    dripping,
    in_turn,
    raw,
    reply,
    silence,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SECRET = "k3y-0123456789abcdef"
OK = reply(200, {"status": "healthy"})
DRIPPING_HEADERS = dripping(b"HTTP/1.1 200 OK\r\n", b"X-Drip: 1\r\n")
DRIPPING_BODY = dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b" ")
DRIPPING_CHUNKS = dripping(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n")


class FakeTime:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.pauses: list[float] = []

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


@pytest.fixture
def client() -> Iterator[Callable[..., Http]]:
    """Makes clients, and closes them."""
    made: list[Http] = []

    def make(server: FaultServer, log: Any = None, times: Any = None, **options: Any) -> Http:
        more = {} if times is None else {"clock": times.clock, "sleep": times.sleep}
        made.append(
            Http(server.url, GatewayOptions(**options), log, jitter=lambda low, high: high, **more)
        )
        return made[-1]

    yield make
    for http in made:
        http.close()


def get(http: Http, path: str = "/x", **more: Any) -> Any:
    return http.send("GET", path, http.deadline(), **more)


def failing(http: Http, method: str = "GET", path: str = "/x") -> StemeDBError:
    with pytest.raises(StemeDBError) as caught:
        http.send(method, path, http.deadline())
    return caught.value


# --- the deadline --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "behaviour",
    [silence, DRIPPING_HEADERS, DRIPPING_BODY, DRIPPING_CHUNKS],
    ids=["silence", "headers", "body", "chunks"],
)
def test_a_call_ends_at_its_deadline(client: Callable[..., Http], behaviour: Behaviour) -> None:
    with FaultServer(behaviour) as server:
        started = time.monotonic()
        error = failing(client(server, timeout=0.4))
        assert time.monotonic() - started < 3
    assert error.code == "timeout"
    assert len(server.requests) == 1  # and is not made again


def threads_reading() -> int:
    return sum(thread.name.startswith("stemedb-http") for thread in threading.enumerate())


def until(condition: Callable[[], bool], seconds: float = 5.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        threading.Event().wait(0.01)
    return condition()


@pytest.mark.parametrize("behaviour", [DRIPPING_HEADERS, DRIPPING_BODY, silence])
def test_abandoned_threads_come_to_their_end(
    client: Callable[..., Http], behaviour: Behaviour
) -> None:
    before = threads_reading()
    with FaultServer(behaviour) as server:
        http = client(server, timeout=0.1)
        for _ in range(12):
            assert "was not asked" not in failing(http).message
        assert until(lambda: threads_reading() == before)


def test_threads_that_cannot_be_ended_are_bounded(
    client: Callable[..., Http], monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = threading.Event()

    def stuck(*args: Any, **kwargs: Any) -> Any:
        ended.wait(20)
        raise OSError("the name service gave up")

    # A name look-up is what nobody can end from outside.
    monkeypatch.setattr("socket.getaddrinfo", stuck)
    try:
        with FaultServer(OK) as server:
            http = client(server, timeout=0.05)
            errors = [failing(http) for _ in range(10)]
            assert {error.code for error in errors} == {"timeout"}
            assert "No connection to" in errors[0].message
            assert "was not asked" in errors[-1].message
            assert sum("was not asked" in error.message for error in errors) == 2
            ended.set()
            monkeypatch.undo()
            assert until(lambda: threads_reading() == 0)
            http = client(server, timeout=5)
            assert get(http).status == 200
    finally:
        ended.set()


def test_a_change_that_comes_to_its_connection_too_late_is_not_sent(
    client: Callable[..., Http], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = threads_reading()
    let_go = threading.Event()
    look_up = socket.getaddrinfo

    def slow(*args: Any, **kwargs: Any) -> Any:
        let_go.wait(20)
        return look_up(*args, **kwargs)

    monkeypatch.setattr("socket.getaddrinfo", slow)
    with FaultServer(OK) as server:
        assert failing(client(server, timeout=0.1), "POST").code == "timeout"
        let_go.set()
        assert until(lambda: threads_reading() == before)
        assert until(lambda: server.connections == 1)
        assert server.requests == []


def test_after_the_deadline_nothing_is_asked(client: Callable[..., Http]) -> None:
    with FaultServer(OK) as server:
        http = client(server)
        with pytest.raises(StemeDBError) as caught:
            http.send("GET", "/x", time.monotonic() - 1)
        assert caught.value.code == "timeout"
        assert server.requests == []


def test_a_fault_in_an_attempt_is_not_hidden(
    client: Callable[..., Http], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: Any) -> Any:
        raise ZeroDivisionError

    with FaultServer(OK) as server:
        http = client(server)
        monkeypatch.setattr(http, "_exchange", broken)
        with pytest.raises(ZeroDivisionError):
            get(http)


# --- retries -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "first",
    [reply(status, b"") for status in (429, 502, 503, 504)]
    + [raw(b""), raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n1"), raw(b"garbage\r\n\r\n")],
    ids=["429", "502", "503", "504", "hang-up", "truncated", "garbage"],
)
def test_what_may_pass_is_asked_again(client: Callable[..., Http], first: Behaviour) -> None:
    times = FakeTime()
    with FaultServer(in_turn(first, first, OK)) as server:
        assert get(client(server, times=times)).status == 200
    assert len(server.requests) == 3
    assert times.pauses == [0.2, 0.4]


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 405, 500, 501])
def test_what_will_not_pass_is_not(client: Callable[..., Http], status: int) -> None:
    with FaultServer(reply(status, b"")) as server:
        failing(client(server))
    assert len(server.requests) == 1


@pytest.mark.parametrize("retries", [0, 1, 3])
def test_retries_are_counted(client: Callable[..., Http], retries: int) -> None:
    with FaultServer(reply(503, b"")) as server:
        error = failing(client(server, times=FakeTime(), retries=retries))
    assert (error.code, error.status) == ("transport", 503)
    assert len(server.requests) == retries + 1


def test_a_change_is_never_repeated(client: Callable[..., Http]) -> None:
    for behaviour in (reply(503, b"", {"Retry-After": "0"}), raw(b"")):
        with FaultServer(behaviour) as server:
            error = failing(client(server), "POST")
        assert "look before you repeat it" in error.message
        assert len(server.requests) == 1


def test_an_answer_that_is_fine_is_not_retried(client: Callable[..., Http]) -> None:
    with FaultServer(reply(503, {"status": "unhealthy"})) as server:
        assert get(client(server), fine=(503,)).status == 503
    assert len(server.requests) == 1


def test_retry_after_is_honoured(client: Callable[..., Http]) -> None:
    times = FakeTime()
    with FaultServer(in_turn(reply(429, b"", {"Retry-After": "7"}), OK)) as server:
        assert get(client(server, times=times)).status == 200
    assert times.pauses == [7.0]


def test_retry_after_beyond_the_deadline_ends_the_call(client: Callable[..., Http]) -> None:
    times = FakeTime()
    with FaultServer(reply(429, b"", {"Retry-After": "11"})) as server:
        error = failing(client(server, times=times, timeout=10.0))
    assert times.pauses == []
    assert "asks to wait 11 s" in error.message
    assert "more than is left of timeout (10 s)" in error.message
    assert (error.code, error.status, error.url) == ("transport", 429, f"{server.url}/x")


def test_retries_end_with_the_deadline(client: Callable[..., Http]) -> None:
    times = FakeTime()
    with FaultServer(reply(502, b"")) as server:
        error = failing(client(server, times=times, timeout=2.0, retries=50))
    assert error.status == 502
    assert times.now < 1002
    assert times.pauses == [0.2, 0.4, 0.8]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        (" 12 ", 12),
        (formatdate(1030, usegmt=True), 30),
        (formatdate(1030, localtime=False), 30),
        (formatdate(900, usegmt=True), 0),
        ("", None),
        ("-5", None),
        ("1e9", None),
        ("soon", None),
        ("9" * 30, None),
        ("Mon, 99 Jan 2026 00:00:00 GMT", None),
    ],
)
def test_retry_after_is_a_number_or_a_date(value: str, seconds: float | None) -> None:
    assert retry_after(value, 1000.0) == seconds


# --- what is sent --------------------------------------------------------------------------------


def test_the_headers(client: Callable[..., Http]) -> None:
    with FaultServer(OK) as server:
        get(client(server, api_key=SECRET), "/v1/x?y=z")
    (request,) = server.requests
    assert (request.method, request.path) == ("GET", "/v1/x?y=z")
    assert request.headers["x-api-key"] == SECRET
    assert request.headers["accept"] == "application/json"
    assert request.headers["accept-encoding"] == "identity"
    assert "authorization" not in request.headers


def test_no_key_no_header(client: Callable[..., Http]) -> None:
    with FaultServer(OK) as server:
        get(client(server))
    assert "x-api-key" not in server.requests[0].headers


@pytest.mark.parametrize("key", [SECRET, None])
def test_the_environment_is_ignored(
    client: Callable[..., Http], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, key: str | None
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login somebody password wrong\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none.pem"))
    with FaultServer(OK) as server:
        assert get(client(server, api_key=key)).status == 200
    assert server.requests[0].headers.get("x-api-key") == key
    assert "authorization" not in server.requests[0].headers


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirection_is_followed(client: Callable[..., Http], status: int) -> None:
    with (
        FaultServer(OK) as other,
        FaultServer(reply(status, b"", {"Location": f"{other.url}/x"})) as server,
    ):
        error = failing(client(server, api_key=SECRET))
        assert other.connections == 0
    assert error.code == "protocol"
    assert other.url in error.message


def test_connections_are_reused(client: Callable[..., Http]) -> None:
    with FaultServer(OK) as server:
        http = client(server)
        for _ in range(20):
            get(http)
        assert server.connections == 1


def test_parallel_calls_keep_their_connections(client: Callable[..., Http]) -> None:
    meeting = threading.Barrier(gateway_http.PARALLEL, timeout=10)

    def together(talk: Talk, request: Request) -> bool:
        meeting.wait()
        return reply(200, {"path": request.path})(talk, request)

    with FaultServer(together) as server, ThreadPoolExecutor(gateway_http.PARALLEL) as pool:
        http = client(server)
        for _ in range(3):
            paths = [f"/{number}" for number in range(gateway_http.PARALLEL)]
            answers = pool.map(lambda path: get(http, path), paths)
            assert [json.loads(answer.body)["path"] for answer in answers] == paths
        assert server.connections == gateway_http.PARALLEL


def test_a_connection_that_was_closed_is_replaced(client: Callable[..., Http]) -> None:
    with FaultServer(reply(200, b"{}", close=True)) as server:
        http = client(server, retries=0)
        assert [get(http).status for _ in range(3)] == [200, 200, 200]


def test_a_body_of_many_blocks_is_whole(client: Callable[..., Http]) -> None:
    body = b"0123456789" * 100_000
    with FaultServer(reply(200, body)) as server:
        assert get(client(server, max_body=len(body))).body == body


@pytest.mark.parametrize(
    "endless",
    [
        dripping(b"HTTP/1.1 200 OK\r\n\r\n", b" " * 2000),
        dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n", b""),
    ],
    ids=["more comes", "more is announced"],
)
def test_reading_ends_at_the_limit(client: Callable[..., Http], endless: Behaviour) -> None:
    with FaultServer(endless) as server:
        started = time.monotonic()
        error = failing(client(server, max_body=1000, timeout=15))
        assert time.monotonic() - started < 10
    assert error.code == "protocol"
    assert "more than 1000 bytes" in error.message


def test_a_body_that_is_packed_all_the_same(client: Callable[..., Http]) -> None:
    packed = gzip.compress(b" " * 5_000_000)
    with FaultServer(reply(200, packed, {"Content-Encoding": "gzip"})) as server:
        assert len(get(client(server)).body) == 5_000_000
        error = failing(client(server, max_body=1_000_000))
    assert error.code == "protocol"
    assert "more than 1000000 bytes" in error.message


# --- what is said --------------------------------------------------------------------------------


def test_each_attempt_is_a_line(client: Callable[..., Http]) -> None:
    log: list[str] = []
    with FaultServer(in_turn(raw(b""), reply(503, b"x"), OK)) as server:
        get(client(server, log.append, FakeTime(), api_key=SECRET), f"/v1/{SECRET}")
    url = f"{server.url}/v1/********"
    assert log == [
        f"GET {url} transport 0 ms 0 B",
        f"GET {url} 503 0 ms 1 B",
        f"GET {url} 200 0 ms 21 B",
    ]


@pytest.mark.parametrize("key", [SECRET, 'quote"-and-back\\slash', "0123456789abcdefghi'"])
def test_an_echoed_key_is_masked(client: Callable[..., Http], key: str) -> None:
    for body in (f"{'x' * 195}{key}".encode(), json.dumps({"error": f"{key} is bad"}).encode()):
        with FaultServer(reply(401, body)) as server:
            error = failing(client(server, api_key=key))
        shown = f"{error.message} {error.detail}"
        assert key[:8] not in shown
        assert key[-8:] not in shown


def test_options_do_not_show_their_key() -> None:
    options = GatewayOptions(api_key=SECRET)
    assert SECRET not in f"{options} {options!r} {[options]}"


def test_without_requests_it_says_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    require_requests()
    monkeypatch.setattr(gateway_http, "HAS_REQUESTS", False)
    with pytest.raises(StemeDBError) as caught:
        Http("http://127.0.0.1:1", GatewayOptions())
    assert caught.value.code == "config"
    for word in ("requests", "python", "pip install requests", "stemedb_control_host"):
        assert word in caught.value.message
