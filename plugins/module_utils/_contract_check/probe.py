# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks a gateway for single paths, only ever by GET, and keeps what came.

Private to stemedb.cluster.
"""

from __future__ import annotations

import time
from typing import Any, Callable, NamedTuple
from urllib.parse import urlsplit

from ansible_collections.stemedb.cluster.plugins.module_utils._contract_check.asking import (
    EMPTY,
    JSON,
    NOTHING,
    OTHER,
    Reply,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._contract_check.check import check
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway import decode as contract
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.answer import Answer
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.client import (
    Gateway,
    GatewayOptions,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.http import Http
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.paths import (
    check_endpoints,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._masking.sanitise import masked

# These say something about the path; a 503 is what an unhealthy cluster's health call answers.
_ANSWERS = (400, 404, 405, 500, 501, 503)

# So many calls in a row without any answer, and there is no gateway to check.
_PATIENCE = 2
# Another gateway may be there where this one could not be talked to.
_NEXT = ("transport", "timeout")


class Examined(NamedTuple):
    """What was found out about a gateway, and what a capture of it is made from."""

    report: dict[str, Any]
    replies: dict[str, Reply]
    endpoints: dict[str, str]
    hidden: tuple[str, ...]


def examine(
    urls: tuple[str, ...], options: GatewayOptions, log: Callable[[str], None] | None = None
) -> Examined:
    """Check the first of these gateways that answers.

    :raises StemeDBError: as the first one failed, when none answered; `auth`, when all that was
        asked for is refused.
    """
    failed: list[StemeDBError] = []
    endpoints = check_endpoints(options.endpoints)
    for url in urls:
        probe = Probe(url, options, log)
        try:
            report = check(probe, endpoints)
        except StemeDBError as error:
            if error.code not in _NEXT:
                raise
            failed.append(error)
            continue
        finally:
            probe.close()
        refusal = probe.refusal()
        if refusal:
            raise refusal
        shown = masked({"gateway": url, **report}, options.api_key)
        hidden = (options.api_key or "", urlsplit(url).hostname or "")
        return Examined(shown, probe.replies, endpoints, hidden)
    raise failed[0]


class Probe:
    """One gateway under examination: call it with a path. `replies` has all that came, by path.

    :param clock: monotonic seconds.
    """

    def __init__(
        self,
        url: str,
        options: GatewayOptions,
        log: Callable[[str], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        Gateway(url, options).close()  # refuses options that could not work
        self._http = Http(url, options, log)
        self._clock = clock
        self._failed: list[StemeDBError] = []
        self.replies: dict[str, Reply] = {}

    def __call__(self, path: str) -> Reply:
        """What the gateway answers to a GET of this path.

        :raises StemeDBError: as the first call failed, when none was answered so far.
        """
        started = self._clock()
        try:
            reply = _reply(self._http.send("GET", path, self._http.deadline(), fine=_ANSWERS))
        except StemeDBError as error:
            if error.code == "config":
                raise
            self._failed.append(error)
            if len(self._failed) == _PATIENCE and self._silent():
                raise self._failed[0] from None
            reply = Reply(error.status, NOTHING, problem=error.message)
        spent = round((self._clock() - started) * 1000)
        self.replies[path] = reply._replace(ms=spent)
        return self.replies[path]

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def refusal(self) -> StemeDBError | None:
        """Why there is nothing to report, where every path was refused for want of a key."""
        told = [error for error in self._failed if error.code == "auth"]
        return told[0] if len(told) == len(self.replies) else None

    def _silent(self) -> bool:
        """Whether nothing was answered so far, not even by a refusal."""
        statuses = [reply.status for reply in self.replies.values()]
        return not any((*statuses, *(error.status for error in self._failed)))


def _reply(answer: Answer) -> Reply:
    media = answer.content_type.partition(";")[0].strip().lower()
    found = Reply(answer.status, JSON, None, media, len(answer.body))
    if not answer.body.strip():
        return found._replace(kind=EMPTY)
    try:
        return found._replace(body=contract.load(answer.body))
    except StemeDBError as error:
        return found._replace(kind=OTHER, problem=error.message)
