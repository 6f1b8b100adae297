# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a node can reach: TCP and UDP ports, health URLs. Private to stemedb.cluster.

Standard library only, because it runs on nodes. A port is `open`, `closed` or `silent`; a name that
does not resolve leaves it unknown (None), with the reason in `error`.
"""

from __future__ import annotations

import errno
import http.client
import os
import socket
import ssl
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import Any, Callable

OPEN = "open"
CLOSED = "closed"
SILENT = "silent"

WANTS_CERTIFICATE = (
    "TLS: it hangs up before a request, as one that wants a client certificate does, which is not "
    "tried from here"
)

# One newline: no protocol takes it for a request, and an empty datagram is lost on some stacks.
DATAGRAM = b"\n"

# A look-up of a name cannot be bounded by a socket timeout, so every probe may take this much more.
GRACE = 2.0


def error_word(error: OSError) -> str:
    """`ECONNREFUSED`, `EAI_NONAME`, `ETIMEDOUT` ...: the word an operator can search for."""
    if isinstance(error, socket.gaierror):
        for name in dir(socket):
            if name.startswith("EAI_") and getattr(socket, name) == error.errno:
                return name
    if isinstance(error, socket.timeout):
        return "ETIMEDOUT"
    if error.errno is not None and error.errno in errno.errorcode:
        return errno.errorcode[error.errno]
    return type(error).__name__


def _tcp(address: Any, family: int, timeout: float) -> tuple[str, str | None]:
    with socket.socket(family, socket.SOCK_STREAM) as sock:
        sock.settimeout(timeout)
        try:
            sock.connect(address)
        except OSError as error:
            word = error_word(error)
            return (CLOSED if word == "ECONNREFUSED" else SILENT), word
    return OPEN, None


def _udp(address: Any, family: int, timeout: float) -> tuple[str, str | None]:
    """A connected UDP socket hears the ICMP refusal; whatever comes back counts as open."""
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        # Two datagrams, because one may be lost and refusals are rate-limited.
        sock.settimeout(timeout / 2)
        word = "ETIMEDOUT"
        for _attempt in range(2):
            try:
                sock.connect(address)
                sock.send(DATAGRAM)
                sock.recv(2048)
            except OSError as error:
                word = error_word(error)
                if word == "ECONNREFUSED":
                    return CLOSED, word
                if word != "ETIMEDOUT":
                    return SILENT, word
            else:
                return OPEN, None
    return SILENT, word


def _any(address: Any, family: int, timeout: float) -> tuple[str, str | None]:
    """Open if TCP or UDP answers, closed if both refuse, silent otherwise."""
    tcp, tcp_word = _tcp(address, family, timeout)
    if tcp == OPEN:
        return OPEN, None
    udp, udp_word = _udp(address, family, timeout)
    if udp == OPEN:
        return OPEN, None
    if tcp == udp == CLOSED:
        return CLOSED, tcp_word
    return SILENT, udp_word if udp == SILENT else tcp_word


PROBES: dict[str, Callable[[Any, int, float], tuple[str, str | None]]] = {
    "tcp": _tcp,
    "udp": _udp,
    "any": _any,
}


def probe_port(target: dict[str, Any], timeout: float) -> dict[str, Any]:
    """One port: `{host, port, protocol, state, error, addresses, ms}`.

    :param target: `{host, port, protocol}` with protocol `tcp`, `udp` or `any`.
    :param timeout: seconds for one protocol at one address.
    """
    started = time.monotonic()
    result = dict(target, state=None, error=None, addresses=[], ms=None)
    try:
        found = socket.getaddrinfo(target["host"], target["port"], type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        result["error"] = error_word(error) if isinstance(error, OSError) else "EAI_NONAME"
        return result
    result["addresses"] = sorted({str(info[4][0]) for info in found})
    probe = PROBES[target["protocol"]]
    for family, _type, _proto, _name, address in found:
        state, word = probe(address, family, timeout)
        # Of several addresses the best answer counts, as it does for a client that tries each.
        if result["state"] is None or state == OPEN:
            result["state"], result["error"] = state, word
        if state == OPEN:
            break
    result["ms"] = round((time.monotonic() - started) * 1000, 1)
    return result


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """An answer that points elsewhere is an answer: report its status, do not follow it."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


def tls_context(validate_certs: bool, ca_path: str | None) -> ssl.SSLContext:
    """The context for every URL; a `ca_path` that cannot be read raises OSError."""
    is_folder = ca_path is not None and os.path.isdir(ca_path)
    context = ssl.create_default_context(
        cafile=None if is_folder else ca_path, capath=ca_path if is_folder else None
    )
    if not validate_certs:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _url_error(reason: Any) -> str:
    if isinstance(reason, ssl.SSLError):
        return f"TLS: {getattr(reason, 'verify_message', '') or reason.reason or 'cut off'}"
    if isinstance(reason, OSError):
        return error_word(reason)
    return repr(reason) if isinstance(reason, Exception) else str(reason)


def _wants_certificate(url: str, timeout: float, context: ssl.SSLContext) -> bool:
    """Whether a server whose certificate is trusted hangs up because we show none.

    Nothing is sent: a server that has no such wish would wait for a request. The alert that says
    so may be lost on the way, so any end of the connection counts.
    """
    parts = urllib.parse.urlsplit(url)
    if parts.scheme != "https" or timeout <= 0:
        return False
    try:
        address = (parts.hostname or "", parts.port or 443)
        with socket.create_connection(address, timeout=timeout) as plain:
            with context.wrap_socket(plain, server_hostname=parts.hostname) as secured:
                return _hangs_up(secured)
    except (OSError, ValueError):
        return False


def _hangs_up(secured: ssl.SSLSocket) -> bool:
    try:
        return secured.recv(1) == b""
    except socket.timeout:
        return False
    except OSError:
        return True


def probe_url(url: str, timeout: float, context: ssl.SSLContext) -> dict[str, Any]:
    """One URL: `{url, reachable, status, error, ms}`. No proxy, no redirect, no API key."""
    started = time.monotonic()
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}),
        urllib.request.HTTPSHandler(context=context),
        _NoRedirect(),
    )
    result: dict[str, Any] = {"url": url, "reachable": False, "status": None, "error": None}
    try:
        with opener.open(url, timeout=timeout) as answer:
            result.update(reachable=True, status=answer.status)
    except urllib.error.HTTPError as error:
        result.update(reachable=True, status=error.code)
        error.close()
    except (OSError, http.client.HTTPException) as error:
        # urllib wraps what goes wrong before the request, and only that.
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        result["error"] = _url_error(reason)
        if _wants_certificate(url, started + timeout - time.monotonic(), context):
            result.update(reachable=True, error=WANTS_CERTIFICATE)
    result["ms"] = round((time.monotonic() - started) * 1000, 1)
    return result


def in_parallel(calls: list[Callable[[], dict[str, Any]]], seconds: float) -> list[Any]:
    """Run every call in a thread of its own; None for one that has no result after `seconds`.

    A thread that hangs in a look-up of a name is abandoned: it ends with the process.
    """
    results: list[Any] = [None] * len(calls)

    def work(index: int) -> None:
        results[index] = calls[index]()

    threads = [
        threading.Thread(target=work, args=(index,), daemon=True) for index in range(len(calls))
    ]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + seconds
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    return list(results)
