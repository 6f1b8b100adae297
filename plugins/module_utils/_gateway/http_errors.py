# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a failed HTTP call means to an operator: code and sentence. Private to stemedb.cluster.

Here are only words; `http` makes errors of them, and masks what must not be shown.
"""

from __future__ import annotations

import http.client
import socket
import ssl
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urljoin, urlsplit

from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.paths import DEFAULT_URL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.answer import Answer


class Fault(NamedTuple):
    """A `StemeDBError` in the making."""

    code: str
    message: str


# Words of OpenSSL and urllib3, and what they mean to who runs the gateway. The first match counts.
_RIGHT_PORT = "is the port right? The gateway's is 18181 unless it was changed."
_TLS = (
    (("certificate has expired",), "its certificate has expired: renew it on the gateway"),
    (("not yet valid",), "its certificate is not valid yet: compare the clocks of both hosts"),
    (
        ("hostname mismatch", "ip address mismatch", "doesn't match", "no appropriate"),
        "its certificate is for another host name: put the name that the certificate holds into"
        " gateway_url",
    ),
    (
        ("wrong version number", "http request", "record layer failure", "wrong_version"),
        "it does not speak TLS: use http:// in gateway_url",
    ),
    (
        ("certificate required", "bad certificate", "unknown ca", "alert certificate"),
        "it requires a client certificate that it trusts: set client_cert and client_key",
    ),
    (
        ("certificate verify failed", "certificate_verify_failed"),
        "its certificate is not signed by an authority known here: set ca_path to the file of the"
        " authority that signed it",
    ),
)
_TLS_ALERT = "\x15\x03"
_NO_TLS_MEANING = (
    "both sides share no protocol, or it requires a client certificate (client_cert, client_key)"
)


def timed_out(method: str, url: str, seconds: float, option: str, connected: bool) -> Fault:
    """No whole answer in the seconds that there were; `connected` if the request had been sent."""
    within = f"{round(seconds, 1) or round(seconds, 3):g} s"
    if connected:
        message = (
            f"{url} did not answer in full within {within}: the gateway is hung, overloaded or"
            f" behind a bad link; check its log, or raise {option}."
        )
    else:
        tls = url.startswith("https://")
        first = "does it speak TLS? If not, use http:// in gateway_url. If so, " if tls else ""
        message = (
            f"No {'TLS ' * tls}connection to {_place(url)} for {url} within {within}: {first}is the"
            f" host up, the name service answering, and the port not filtered by a firewall?"
        )
    return Fault("timeout", message + _effect(method))


def refused(answer: Answer, said: str, has_key: bool) -> Fault:
    """An answer whose status is no success. `said` is what the gateway says to it."""
    url, status = answer.url, answer.status
    if 300 <= status < 400:
        return Fault("protocol", f"{url} answered {status}{_redirection(answer)}")
    if status in (401, 403):
        problem = "the api_key is not accepted, or may not do this" if has_key else "no key is set"
        return Fault(
            "auth",
            f"{url} refused the call with {status}: {problem}; set api_key (stemedb_api_key in"
            f" an inventory) or STEMEDB_API_KEY to a key of this cluster{said}.",
        )
    if status == 429:
        message = f"{url} answered 429, too many calls: ask less often or wait{said}."
        return Fault("transport", message + _effect(answer.method))
    if status >= 500:
        message = f"{url} failed with {status}: check the gateway's log{said}."
        return Fault("transport", message + _effect(answer.method))
    if status == 400 and url.startswith("http://") and b"HTTPS" in answer.body:
        return Fault("tls", _wants_tls(url))
    return Fault(
        "protocol",
        f"{url} answered {status}, which this call does not expect: is this a StemeDB gateway, and"
        f" endpoints right for it{said}?",
    )


def broken(method: str, url: str, chain: list[BaseException]) -> Fault:
    """No answer at all, but an exception; `chain` is that and its causes."""
    place = _place(url)
    text = " ".join(f"{type(item).__name__} {item}" for item in chain).lower()
    kinds = {kind for item in chain for kind in type(item).__mro__}
    # An end in the middle of a handshake is what a restart looks like: no fault of the set-up.
    ended = bool(kinds & {ssl.SSLEOFError, ssl.SSLZeroReturnError})
    garbage = [str(item) for item in chain if item.__class__ is http.client.BadStatusLine]
    code = "transport"
    if socket.gaierror in kinds and url.startswith(f"{DEFAULT_URL}/"):
        message = (
            f"The name gateway of {url} does not resolve. It is the default, which is asked where"
            f" gateway_url is not set: set it, or STEMEDB_GATEWAY_URL."
        )
    elif socket.gaierror in kinds:
        message = (
            f"The name {urlsplit(url).hostname} of {url} does not resolve: correct the host name in"
            f" gateway_url, or the name service of this host."
        )
    elif ConnectionRefusedError in kinds:
        message = (
            f"Nothing listens on {place} for {url}: is stemedb-gateway running, and is the port"
            f" right?"
        )
    elif "sslerror" in text and not ended:
        code = "tls"
        meanings = [meaning for words, meaning in _TLS if any(word in text for word in words)]
        message = f"No TLS with {place} for {url}: {(meanings or [_NO_TLS_MEANING])[0]}."
    elif any(line.startswith(_TLS_ALERT) for line in garbage):  # a TLS alert
        code, message = "tls", _wants_tls(url)
    elif garbage:
        message = f"What listens on {place} for {url} does not speak HTTP: {_RIGHT_PORT}"
    elif http.client.IncompleteRead in kinds:
        message = (
            f"{place} broke off its answer to {url}: check the gateway's log, and what is"
            f" between here and there."
        )
    elif ended or kinds & {ConnectionError, http.client.HTTPException}:
        tls = url.startswith("https://")
        other = "http:// in gateway_url, or client_cert" if tls else "https:// in gateway_url"
        message = (
            f"{place} closed the connection in the middle of {url}: is the gateway restarting or"
            f" overloaded? If it always does, {_RIGHT_PORT} Or try {other}."
        )
    else:
        message = f"No connection to {place} for {url}: is the host up and reachable?"
    return Fault(code, message + _effect(method))


def causes(error: BaseException) -> Iterator[BaseException]:
    """An error and all that is behind it, each once: urllib3 hides causes in several places."""
    queue, seen = [error], {id(error)}
    while queue:
        item = queue.pop(0)
        yield item
        behind = (*item.args, getattr(item, "reason", None), item.__cause__, item.__context__)
        for other in behind:
            if isinstance(other, BaseException) and id(other) not in seen:
                seen.add(id(other))
                queue.append(other)


def _place(url: str) -> str:
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{host}:{parts.port or (443 if parts.scheme == 'https' else 80)}"


def _redirection(answer: Answer) -> str:
    host = ""
    if answer.location:
        try:
            parts = urlsplit(urljoin(answer.url, answer.location))
            host = parts.netloc.rpartition("@")[2]  # without a password
        except ValueError:
            host = ""
    if not host or not host.isprintable():
        return ", a redirection to nowhere: is this a StemeDB gateway?"
    return (
        f", a redirection to {host}, which is not followed so that the api_key goes nowhere else:"
        f" if that is the gateway, put {parts.scheme}://{host} into gateway_url."
    )


def _wants_tls(url: str) -> str:
    return f"{url} is asked without TLS but requires it: use https:// in gateway_url."


def _effect(method: str) -> str:
    if method == "GET":
        return ""
    return " Whether the gateway carried the call out is not known: look before you repeat it."
