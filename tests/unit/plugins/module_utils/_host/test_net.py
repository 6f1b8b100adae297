"""Ports and URLs, against real sockets on loopback."""

from __future__ import annotations

import errno
import http.server
import os
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Optional

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._host import net
from ansible_collections.stemedb.cluster.tests.support.certificates import (
    make_authority,
    make_certificate,
    server_context,
)

TIMEOUT = 0.4
HOST = "127.0.0.1"


@contextmanager
def bound(kind: int, port: int = 0, listen: bool = True) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, kind) as sock:
        sock.bind((HOST, port))
        if kind == socket.SOCK_STREAM and listen:
            sock.listen()
        yield sock


def port_of(sock: socket.socket) -> int:
    return int(sock.getsockname()[1])


def free_port() -> int:
    """A port on which nothing listens, by TCP or UDP."""
    with bound(socket.SOCK_STREAM) as tcp, bound(socket.SOCK_DGRAM, port_of(tcp)):
        return port_of(tcp)


def probe(port: int, protocol: str, host: str = HOST) -> dict[str, Any]:
    return net.probe_port({"host": host, "port": port, "protocol": protocol}, TIMEOUT)


def test_a_tcp_port_is_open_closed_or_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    with bound(socket.SOCK_STREAM) as sock:
        result = probe(port_of(sock), "tcp")
    assert (result["state"], result["error"], result["addresses"]) == ("open", None, [HOST])
    assert 0 <= result["ms"] < 1000 * TIMEOUT

    result = probe(free_port(), "tcp")
    assert (result["state"], result["error"]) == ("closed", "ECONNREFUSED")

    def silent(_sock: Any, _address: Any) -> None:
        raise socket.timeout("timed out")

    monkeypatch.setattr(socket.socket, "connect", silent)
    result = probe(free_port(), "tcp")
    assert (result["state"], result["error"]) == ("silent", "ETIMEDOUT")


def test_a_tcp_port_that_is_not_routed_is_silent_with_the_word_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unreachable(_sock: Any, _address: Any) -> None:
        raise OSError(errno.EHOSTUNREACH, "No route to host")

    monkeypatch.setattr(socket.socket, "connect", unreachable)
    result = probe(free_port(), "tcp")
    assert (result["state"], result["error"]) == ("silent", "EHOSTUNREACH")


def test_a_udp_port_without_an_answer_is_silent_and_without_a_listener_closed() -> None:
    with bound(socket.SOCK_DGRAM) as sock:
        result = probe(port_of(sock), "udp")
        assert sock.recv(100) == net.DATAGRAM
    assert (result["state"], result["error"]) == ("silent", "ETIMEDOUT")
    result = probe(free_port(), "udp")
    assert (result["state"], result["error"]) == ("closed", "ECONNREFUSED")


def test_a_udp_port_that_answers_is_open() -> None:
    with bound(socket.SOCK_DGRAM) as sock:
        sock.settimeout(5)

        def answer() -> None:
            _data, peer = sock.recvfrom(100)
            sock.sendto(b"pong", peer)

        thread = threading.Thread(target=answer)
        thread.start()
        assert probe(port_of(sock), "udp")["state"] == "open"
        thread.join(5)


@pytest.mark.parametrize(
    ("tcp", "udp", "state"),
    [
        (("open", None), ("closed", "ECONNREFUSED"), "open"),
        (("closed", "ECONNREFUSED"), ("open", None), "open"),
        (("silent", "ETIMEDOUT"), ("open", None), "open"),
        (("closed", "ECONNREFUSED"), ("closed", "ECONNREFUSED"), "closed"),
        (("closed", "ECONNREFUSED"), ("silent", "ETIMEDOUT"), "silent"),
        (("silent", "ETIMEDOUT"), ("closed", "ECONNREFUSED"), "silent"),
        (("silent", "ETIMEDOUT"), ("silent", "EPERM"), "silent"),
    ],
)
def test_gossip_is_open_if_either_answers_and_closed_if_both_refuse(
    monkeypatch: pytest.MonkeyPatch, tcp: Any, udp: Any, state: str
) -> None:
    monkeypatch.setattr(net, "_tcp", lambda *_args: tcp)
    monkeypatch.setattr(net, "_udp", lambda *_args: udp)
    result = probe(18183, "any")
    assert result["state"] == state
    assert (result["error"] is None) == (state == "open")


def test_gossip_over_real_sockets() -> None:
    with bound(socket.SOCK_DGRAM) as sock:
        assert probe(port_of(sock), "any")["state"] == "silent"
    with bound(socket.SOCK_STREAM) as sock:
        assert probe(port_of(sock), "any")["state"] == "open"
    assert probe(free_port(), "any")["state"] == "closed"


def test_a_name_that_does_not_resolve_is_unknown_not_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unknown(*_args: Any, **_kwargs: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    result = probe(18181, "tcp", "nowhere.invalid")
    assert result["state"] is None
    assert result["error"] == "EAI_NONAME"


def test_of_two_addresses_the_one_that_answers_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    with bound(socket.SOCK_STREAM) as sock:
        closed, served = free_port(), port_of(sock)
        info = [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (HOST, port)) for port in (closed, served)
        ]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_kwargs: info)
        assert probe(1, "tcp")["state"] == "open"


class Answers(http.server.BaseHTTPRequestHandler):
    """503 with health, a redirect elsewhere; keeps the headers that it was sent."""

    seen: list[dict[str, str]] = []
    more: dict[str, str] = {}

    def do_GET(self) -> None:
        self.seen.append(dict(self.headers.items()))
        self.send_response_only({"/moved": 302, "/fine": 200}.get(self.path, 503))
        for name, value in self.more.items():
            self.send_header(name, value)
        self.send_header("Location", "http://127.0.0.1:1/")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet."""


@pytest.fixture
def server() -> Iterator[str]:
    Answers.seen, Answers.more = [], {}
    with http.server.ThreadingHTTPServer((HOST, 0), Answers) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://{HOST}:{running.server_address[1]}"
        running.shutdown()
        thread.join(5)


CONTEXT = ssl.create_default_context()


@pytest.mark.parametrize(("path", "status"), [("/v1/health", 503), ("/moved", 302)])
def test_any_http_answer_is_reachable_and_no_redirect_is_followed(
    server: str, path: str, status: int
) -> None:
    result = net.probe_url(server + path, 5, CONTEXT)
    assert (result["reachable"], result["status"], result["error"]) == (True, status, None)


def test_proxies_and_keys_of_the_environment_are_not_used(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("STEMEDB_API_KEY", "a-long-secret-of-the-operator")
    assert net.probe_url(server, 5, CONTEXT)["reachable"] is True
    assert "a-long-secret-of-the-operator" not in str(Answers.seen)


def test_a_gateway_that_refuses_is_not_reachable() -> None:
    result = net.probe_url(f"http://{HOST}:{free_port()}/", 5, CONTEXT)
    assert (result["reachable"], result["status"]) == (False, None)
    assert result["error"] == "ECONNREFUSED"


def test_a_gateway_that_says_nothing_is_not_reachable() -> None:
    with bound(socket.SOCK_STREAM) as sock:
        result = net.probe_url(f"http://{HOST}:{port_of(sock)}/", TIMEOUT, CONTEXT)
    assert (result["reachable"], result["error"]) == (False, "ETIMEDOUT")


def test_plain_http_on_a_tls_port_is_said_to_be_tls(server: str) -> None:
    result = net.probe_url(server.replace("http:", "https:"), 5, CONTEXT)
    assert result["reachable"] is False
    assert result["error"].startswith("TLS: ")


@pytest.mark.parametrize("trusted", [True, False])
def test_a_gateway_that_wants_a_client_certificate_is_reachable_if_its_own_is_trusted(
    tmp_path: Path, trusted: bool
) -> None:
    authority = make_authority(tmp_path)
    context = server_context(make_certificate(tmp_path, authority), authority.path)
    with http.server.ThreadingHTTPServer((HOST, 0), Answers) as running:
        running.socket = context.wrap_socket(running.socket, server_side=True)
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        url = f"https://{HOST}:{running.server_address[1]}"
        found = net.probe_url(
            url, 5, net.tls_context(True, str(authority.path) if trusted else None)
        )
        running.shutdown()
        thread.join(5)
    assert (found["reachable"], found["status"]) == (trusted, None)
    assert (found["error"] == net.WANTS_CERTIFICATE) is trusted
    assert found["error"].startswith("TLS: ")


def test_certificates_come_from_a_file_that_must_be_readable(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r".+"):
        net.tls_context(True, str(tmp_path / "missing.pem"))
    assert net.tls_context(True, str(tmp_path)).verify_mode == ssl.CERT_REQUIRED
    assert net.tls_context(False, None).verify_mode == ssl.CERT_NONE
    assert net.tls_context(False, str(tmp_path)).verify_mode == ssl.CERT_NONE


def test_probes_run_side_by_side_and_one_that_hangs_is_left_behind() -> None:
    release = threading.Event()

    def hang() -> dict[str, Any]:
        release.wait(30)
        return {"late": True}

    started = time.monotonic()
    results = net.in_parallel([lambda: {"n": 1}, hang, lambda: {"n": 2}], 0.3)
    assert results == [{"n": 1}, None, {"n": 2}]
    assert time.monotonic() - started < 5
    release.set()


# What HTTP knows for a time, and the same in seconds since the epoch.
DATE = ("Sun, 06 Nov 1994 08:49:37 GMT", 784111777.0)


@pytest.mark.parametrize("path", ["/fine", "/v1/health", "/moved"])
def test_the_clock_of_who_answers_is_between_the_two_looks_at_ours(server: str, path: str) -> None:
    Answers.more = {"Date": DATE[0]}
    before = time.time()
    found = net.probe_url(server + path, 5, CONTEXT)
    assert found["date"] == DATE[1]
    assert before <= found["asked_at"] <= found["answered_at"] <= time.time()


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"Date": "soon"},
        {"Date": ""},
        {"Date": "Sun, 99 Nov 1994 08:49:37 GMT"},
        # A cache that answers for another says when that one did.
        {"Date": DATE[0], "Age": "0"},
    ],
)
def test_a_clock_that_is_not_told_is_unknown(server: str, more: dict[str, str]) -> None:
    Answers.more = more
    assert net.probe_url(server, 5, CONTEXT)["date"] is None


def test_a_date_without_a_zone_is_that_of_the_world(server: str) -> None:
    Answers.more = {"Date": DATE[0].replace("GMT", "-0000")}
    assert net.probe_url(server, 5, CONTEXT)["date"] == DATE[1]


def test_who_does_not_answer_tells_no_time() -> None:
    found = net.probe_url(f"http://{HOST}:{free_port()}/", 5, CONTEXT)
    assert (found["date"], found["asked_at"], found["answered_at"]) == (None, None, None)


def an_address() -> str:
    """One of this machine's, by the route to nowhere; loopback where it has no other."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            sock.connect(("192.0.0.9", 9))
        except OSError:
            return HOST
        return str(sock.getsockname()[0])


@pytest.mark.parametrize(
    ("address", "is_own"),
    [
        ("192.0.0.9:18182", False),
        ("192.0.0.9", False),
        ("[100::9]:18182", False),
        ("localhost:18182", True),
        # Every host has these, or nobody.
        ("127.0.0.14:18182", None),
        ("[::1]:18182", None),
        ("0.0.0.0:18182", None),
        ("no-such-host.invalid:18182", None),
        ("", None),
    ],
)
def test_which_addresses_are_this_hosts(address: str, is_own: Optional[bool]) -> None:
    assert net.probe_address(address) == {"address": address, "own": is_own}


def test_the_address_of_an_interface_is_this_hosts() -> None:
    address = an_address()
    wanted = None if address == HOST else True
    assert net.probe_address(f"{address}:18182")["own"] is wanted


def test_where_every_address_can_be_bound_that_proves_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(socket.socket, "bind", lambda _self, _address: None)
    assert net.probe_address("192.0.0.9:18182")["own"] is None


@pytest.mark.parametrize(("number", "is_own"), [(errno.EAFNOSUPPORT, False), (errno.EACCES, None)])
def test_an_address_that_cannot_be_tried(
    monkeypatch: pytest.MonkeyPatch, number: int, is_own: Optional[bool]
) -> None:
    def refuse(_self: socket.socket, _address: Any) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(socket.socket, "bind", refuse)
    assert net.probe_address("192.0.0.9:18182")["own"] is is_own
