# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The client of one StemeDB gateway: `decode` spoken over `http`. Private to stemedb.cluster.

Never imports Ansible. Every way a call can fail is a `StemeDBError` whose sentence an operator can
act on.
"""

from __future__ import annotations

import math
import os
import re
import ssl
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Callable, TypeVar
from urllib.parse import urlsplit

from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway import decode as contract
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.http import (
    PARALLEL,
    GatewayOptions,
    Http,
    require_requests,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.paths import (
    PATHS,
    check_endpoints,
    fill,
    repeated,
    shard_spellings,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import (
        Health,
        Node,
        Shard,
        Status,
    )
    from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.answer import Answer

__all__ = ["PARALLEL", "Gateway", "GatewayOptions", "parse_urls", "require_requests"]

T = TypeVar("T")


class Gateway:
    """One gateway. Safe to use from several threads; the dialect that answers is remembered.

    :param respell: changes the JSON of each answer before it is read.
    :param clients: further arguments are `Http`'s: `log`, and for tests `clock`, `sleep`, `jitter`.
    """

    def __init__(
        self,
        url: str,
        options: GatewayOptions,
        log: Callable[[str], None] | None = None,
        respell: Callable[[str], str] | None = None,
        **clients: Any,
    ) -> None:
        (self._url,) = parse_urls([url])
        _check(options)
        self._http = Http(self._url, options, log, **clients)
        self._respell = respell
        self._paths = dict(PATHS)
        for key, path in check_endpoints(options.endpoints).items():
            self._paths[key] = (path,)
        # Where a path for the nodes is named, or answered before, the status is not asked for them.
        self._nodes_apart = "nodes" in options.endpoints
        self._spelling = 0
        # A limit for calls that are parts of something: monotonic seconds, None for none.
        self.not_after: float | None = None

    @property
    def url(self) -> str:
        """The base URL, which holds no secret."""
        return self._url

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def health(self) -> Health:
        """A 503 is an answer too: the gateway says that the cluster is not well."""
        answer = self._get("health", self._deadline(), fine=(503,))
        if not answer.body.strip():
            return contract.decode_health(answer.status, {})
        return self._decode(answer, lambda body: contract.decode_health(answer.status, body))

    def status(self) -> Status:
        """The cluster as this gateway sees it."""
        return self._decode(self._get("status", self._deadline()), contract.decode_status)

    def nodes(self, known_status: Status | None = None) -> tuple[Node, ...]:
        """The members: from the status where it lists them, else from a path of their own."""
        deadline = self._deadline()
        if not self._nodes_apart:
            status = known_status or self._decode(
                self._get("status", deadline), contract.decode_status
            )
            if status.nodes is not None:
                return status.nodes
        nodes = self._decode(self._get("nodes", deadline), contract.decode_nodes)
        self._nodes_apart = True
        return nodes

    def ranges(self) -> tuple[Shard, ...]:
        """All shards, without the sizes of single replicas."""
        return self._read(self._get("ranges", self._deadline()), contract.read_ranges)

    def shard(self, shard_id: int) -> Shard:
        """One shard with its replicas. Raises `not_found` if no spelling of its id is known."""
        deadline = self._deadline()
        spellings = list(enumerate(shard_spellings(shard_id)))
        spellings.sort(key=lambda item: item[0] != self._spelling)
        paths = []
        for place, spelling in spellings:
            paths.append(fill(self._paths["shard"][0], shard=spelling))
            answer = self._http.send("GET", paths[-1], deadline, fine=(400, 404))
            if answer.status not in (400, 404):
                self._spelling = place
                return self._decode(answer, lambda body: contract.decode_shard(body, shard_id))
        raise self._http.error(
            "not_found",
            f"{self._url} knows no shard {shard_id}, asked for as {' and '.join(paths)}: list the"
            f" shards again, it may have been split or merged{self._http.said(answer)}.",
            answer,
        )

    def sync(self) -> Any:
        """Force anti-entropy. Returns what the gateway says to it, None if nothing."""
        return self.call("sync")

    def call_path(self, key: str, **values: object) -> str:
        """The path of a change, whose `values` are exactly its placeholders. Asks nobody.

        A shard is spelt as this gateway answered to, once it was asked for one.
        """
        if not self._paths[key]:
            raise StemeDBError(
                "config",
                f"No path is known for {key}, which StemeDB does not document: if your gateway has"
                f" such a call, set endpoints.{key} to its path.",
                self._url,
            )
        path = self._paths[key][0]
        for name in ("node", "shard"):
            wanted = "{" + name + "}" in path
            if wanted and name not in values:
                raise StemeDBError("config", f"endpoints.{key} is {path}, so name a {name}.")
            if name in values and not wanted:
                raise StemeDBError(
                    "config",
                    f"endpoints.{key} is {path}, which is of no single {name}: leave out {name}, or"
                    f" correct the path.",
                )
        shard = values.get("shard")
        if isinstance(shard, int):
            values["shard"] = shard_spellings(shard)[self._spelling]
        return fill(path, **values)

    def call(self, key: str, **values: object) -> Any:
        """POST to an endpoint, once: a change is never repeated. `values` fill its placeholders.

        Returns the JSON of the answer, None if there is none.
        """
        path = self.call_path(key, **values)
        answer = self._http.send("POST", path, self._deadline(), fine=(404,))
        if answer.status == 404:
            raise self._http.error(
                "not_found" if values else "protocol",
                f"{answer.url} is not there (404): correct endpoints.{key} or what was asked"
                f" for{self._http.said(answer)}.",
                answer,
            )
        with suppress(StemeDBError):
            return contract.load(answer.body)
        return None

    def _deadline(self) -> float:
        """When a call that starts now has to be over."""
        deadline = self._http.deadline()
        return deadline if self.not_after is None else min(deadline, self.not_after)

    def _get(self, key: str, deadline: float, fine: tuple[int, ...] = ()) -> Answer:
        """GET the first path of `key` that is there, and remember it."""
        paths = self._paths[key]
        for path in paths:
            answer = self._http.send("GET", path, deadline, fine=(404, *fine))
            if answer.status != 404:
                self._paths[key] = (path, *[other for other in paths if other != path])
                return answer
        twice = repeated(self._url, paths[0])
        if twice:
            advice = f"leave {twice} out of gateway_url"
        else:
            advice = (
                f"if its {key} is served under another path, set endpoints.{key}; if this is no"
                " StemeDB gateway, correct gateway_url"
            )
        raise self._http.error(
            "protocol",
            f"{self._url} answered 404 for {' and '.join(paths)}:"
            f" {advice}{self._http.said(answer)}.",
            answer,
        )

    def _decode(self, answer: Answer, decode: Callable[[Any], T]) -> T:
        return self._read(answer, lambda text: decode(contract.parse(text)))

    def _read(self, answer: Answer, read: Callable[[str], T]) -> T:
        try:
            text = contract.as_text(answer.body)
            if self._respell is not None:
                text = self._respell(text)
            # A list may be large: what is read is held once, beside its beginning for an error.
            answer = answer.shortened()
            return read(text)
        except StemeDBError as error:
            raise self._http.error(
                error.code,
                f"The answer of {answer.url} is not understood: {error.message}; is this a StemeDB"
                f" gateway, and endpoints right for it?",
                answer,
            ) from None


def parse_urls(value: Sequence[str] | str) -> tuple[str, ...]:
    """The `gateway_url` option as URLs without a slash at their end, each once."""
    items = value.split(",") if isinstance(value, str) else value
    urls = [_parse_url(item, place) for place, item in enumerate(items, 1)]
    if not urls:
        raise StemeDBError("config", "gateway_url is empty: name at least one gateway.")
    return tuple(dict.fromkeys(urls))


def _parse_url(value: object, place: int) -> str:
    text = value.strip() if isinstance(value, str) else ""
    problem = ""
    if not text:
        problem = "is empty"
    elif "@" in text:
        problem = "holds a user or a password, which belong into no URL (there is api_key)"
    elif "?" in text or "#" in text:
        problem = "holds a query or a fragment, which the URL of a gateway has not"
    elif not re.match(r"https?://", text, re.IGNORECASE):
        problem = "does not begin with http:// or https://"
    elif "\\" in text or not text.isprintable() or " " in text:
        problem = "holds a character that no URL may hold"
    else:
        try:
            parts = urlsplit(text)
            host, port = parts.hostname, parts.port
            (host or "").encode("idna")
        except ValueError:
            problem = "holds a host or a port that cannot be read"
        else:
            if host and port != 0:
                return f"{parts.scheme.lower()}://{parts.netloc.lower()}{parts.path.rstrip('/')}"
            problem = "has port 0" if host else "names no host"
    # Not quoted where a password or a key may be in it.
    shown = f"its entry {place}" if not text or re.search(r"[@?#]", text) else ascii(text)
    raise StemeDBError(
        "config", f"gateway_url: {shown} {problem}; write it like http://gateway:18181."
    )


def _check(options: GatewayOptions) -> None:
    """Refuse what would fail later, or fail with a worse sentence."""
    key = options.api_key
    # The library that sends it would show the key in its error.
    if key and (key != key.strip() or not key.isascii() or not key.isprintable()):
        raise StemeDBError(
            "config",
            "api_key holds a line break, a blank at an end or a character beyond ASCII, which no"
            " header can carry: was it read from a file with a line break at its end?",
        )
    for name, number, least in (
        (options.timeout_option, options.timeout, 0.001),
        ("retries", options.retries, 0),
        ("max_body", options.max_body, 1),
    ):
        if not math.isfinite(number) or not least <= number <= 2**40:
            raise StemeDBError("config", f"{name} must be a number from {least} on, not {number}.")
    if options.timeout > 86400:
        raise StemeDBError(
            "config",
            f"{options.timeout_option} must not be longer than a day (86400 seconds).",
        )
    _check_files(options)


def _check_files(options: GatewayOptions) -> None:
    ca_path, cert, key = options.ca_path, options.client_cert, options.client_key
    for name, path in (("ca_path", ca_path), ("client_cert", cert), ("client_key", key)):
        if path and not os.access(path, os.R_OK):
            raise StemeDBError(
                "config", f"{name} {path!r} cannot be read on this host: is it there, and readable?"
            )
    if key and not cert:
        raise StemeDBError("config", "client_key is set without client_cert: set both.")
    if not ca_path and not cert:
        return  # a context takes longer than a call
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if ca_path and not os.path.isdir(ca_path):
        try:
            context.load_verify_locations(ca_path)
        except (OSError, ValueError):
            raise StemeDBError(
                "config", f"ca_path {ca_path!r} holds no certificates in PEM format."
            ) from None
    if cert:
        try:
            # An empty pass phrase: without one, OpenSSL would ask at the terminal.
            context.load_cert_chain(cert, key or None, password="")
        except (OSError, ValueError):
            raise StemeDBError(
                "config",
                f"client_cert {cert!r} and client_key {key or cert!r} are no certificate and key in"
                f" PEM format that belong together, or the key has a pass phrase.",
            ) from None
