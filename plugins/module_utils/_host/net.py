# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a node can reach, and which addresses are its own. Private to stemedb.cluster.

Standard library only, because it runs on nodes. A port is `open`, `closed` or `silent`; a name that
does not resolve leaves it unknown (None), with the reason in `error`.
"""

from __future__ import annotations

import datetime
import email.utils
import errno
import http.client
import ipaddress
import os
import socket
import ssl
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from email.message import Message
from typing import Any, Callable

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.addresses import endpoint

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
    if not validate_certs and ca_path is None:
        # Reading the system's certificates takes longer than all else that is looked at here.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
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


def no_answer(url: str, reachable: bool | None, error: str | None) -> dict[str, Any]:
    """The result for a URL that has given no HTTP answer."""
    result: dict[str, Any] = {"url": url, "reachable": reachable, "status": None, "error": error}
    result.update(date=None, asked_at=None, answered_at=None, ms=None)
    return result


def _date(headers: Message) -> float | None:
    """The clock of who answered; None if it does not say it, or a cache says it for another."""
    text = headers.get("Date")
    if text is None or headers.get("Age") is not None:
        return None
    try:
        parsed = email.utils.parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return parsed.replace(tzinfo=parsed.tzinfo or datetime.timezone.utc).timestamp()


def probe_url(url: str, timeout: float, context: ssl.SSLContext) -> dict[str, Any]:
    """One URL: `{url, reachable, status, error, date, asked_at, answered_at, ms}`.

    No proxy, no redirect, no API key.
    """
    started = time.monotonic()
    asked_at = time.time()
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}),
        urllib.request.HTTPSHandler(context=context),
        _NoRedirect(),
    )
    result = no_answer(url, False, None)
    try:
        with opener.open(url, timeout=timeout) as answer:
            result.update(status=answer.status, date=_date(answer.headers))
            result.update(reachable=True, asked_at=asked_at, answered_at=time.time())
    except urllib.error.HTTPError as error:
        result.update(status=error.code, date=_date(error.headers))
        result.update(reachable=True, asked_at=asked_at, answered_at=time.time())
        error.close()
    except (OSError, http.client.HTTPException) as error:
        # urllib wraps what goes wrong before the request, and only that.
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        result["error"] = _url_error(reason)
        if _wants_certificate(url, started + timeout - time.monotonic(), context):
            result.update(reachable=True, error=WANTS_CERTIFICATE)
    result["ms"] = round((time.monotonic() - started) * 1000, 1)
    return result


# The dummy address of RFC 7600 and one of the discard prefix of RFC 6666: no host has them.
NOBODYS = {socket.AF_INET: "192.0.0.8", socket.AF_INET6: "100::1"}


def probe_address(address: str) -> dict[str, Any]:
    """Whether an address, with or without a port, is one of this host's: `{address, own}`.

    None if that is not known: a name that does not resolve, a wildcard, a loopback address, which
    every host has. A name that leads to loopback is this host's, as hosts files say it.
    """
    result: dict[str, Any] = {"address": address, "own": None}
    host = endpoint(address).host
    try:
        found = socket.getaddrinfo(host, 0, type=socket.SOCK_DGRAM) if host else []
    except (OSError, UnicodeError):
        return result
    answers = set()
    for family, _type, _proto, _name, target in found:
        if ipaddress.ip_address(str(target[0]).partition("%")[0]).is_loopback:
            answers.add(None if str(target[0]) == host else True)
        elif _can_bind(family, (NOBODYS[family], 0)):
            # net.ipv4.ip_nonlocal_bind: every address can be bound, which proves nothing.
            answers.add(None)
        else:
            answers.add(_can_bind(family, target))
    if answers:
        result["own"] = True if True in answers else None if None in answers else False
    return result


def _can_bind(family: int, address: Any) -> bool | None:
    """Nothing is sent, and nothing listens."""
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as sock:
            sock.bind(address)
    except OSError as error:
        return False if error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT) else None
    return True


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
