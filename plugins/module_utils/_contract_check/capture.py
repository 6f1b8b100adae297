# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A gateway's answers as a document that can be shown to anybody, and asked again.

Private to stemedb.cluster. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._contract_check.asking import (
    CALLS,
    JSON,
    NOTHING,
    OTHER,
    Ask,
    Reply,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._contract_check.check import (
    check,
    lasting,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._masking.sanitise import Sanitiser

# Of the documents' form, for whoever reads them in a later version.
VERSION = 1

# Other media types may be somebody's own, and then tell whose.
_MEDIA = re.compile(
    r"application/(json|problem\+json|xml|octet-stream|grpc|x-protobuf|yaml)"
    r"|text/(html|plain|xml|json)"
)


def capture(
    replies: Mapping[str, Reply],
    report: Mapping[str, Any],
    endpoints: Mapping[str, str],
    hidden: Iterable[str],
) -> dict[str, Any]:
    """The document: `capture, endpoints, answers, expected`.

    :param replies: what came for each path.
    :param report: what they lead to.
    :param endpoints: the paths that were known to be different.
    :param hidden: texts that must not be in it: the API key, the gateway's host.
    """
    calls = {row["path"]: row["call"] for row in reversed(report["paths"])}
    bodies = [(calls.get(path, ""), reply.body) for path, reply in replies.items()]
    sanitiser = Sanitiser(hidden, bodies)
    document = {
        "capture": VERSION,
        "endpoints": {call: sanitiser.path(path) for call, path in endpoints.items()},
        "answers": [
            _answer(sanitiser, calls.get(path, ""), path, reply) for path, reply in replies.items()
        ],
    }
    # Of what is written, not of what came: whoever has only this finds the same.
    document["expected"] = expected(document)
    return document


def expected(document: Mapping[str, Any]) -> dict[str, Any]:
    """What of the contract check's report this document leads to, now."""
    return lasting(check(replay(document), document["endpoints"]))


def replay(document: Mapping[str, Any]) -> Ask:
    """Answers as the captured gateway did; a path that it was not asked for is not there."""
    answers = {answer["path"]: answer for answer in document["answers"]}

    def ask(path: str) -> Reply:
        answer = answers.get(path, {"status": 404, "kind": NOTHING})
        kind = JSON if "json" in answer else answer["kind"]
        return Reply(answer["status"], kind, answer.get("json"))

    return ask


def _answer(sanitiser: Sanitiser, call: str, path: str, reply: Reply) -> dict[str, Any]:
    answer: dict[str, Any] = {"path": sanitiser.path(path), "status": reply.status}
    if call not in CALLS:
        # Figures for a monitoring system, one line for each of their nodes: nothing we read.
        return {**answer, "kind": NOTHING}
    if reply.media:
        media = reply.media if _MEDIA.fullmatch(reply.media) else OTHER
        answer["headers"] = {"Content-Type": media}
    if reply.kind == JSON:
        return {**answer, "json": sanitiser.body(call, reply.body)}
    return {**answer, "kind": reply.kind, "bytes": reply.size}
