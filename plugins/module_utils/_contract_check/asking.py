# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks a gateway for every path that the contract knows, and says which answers are understood.

Private to stemedb.cluster. Pure: whoever answers, a gateway or a capture of one, is handed in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Callable, NamedTuple

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import (
    Node,
    Shard,
    Status,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway import decode as contract
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.paths import (
    PATHS,
    fill,
    shard_spellings,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.spellings import (
    GUESSES,
    METRICS_PATH,
)

CALLS = ("health", "status", "nodes", "ranges", "shard")

# Where a path comes from.
ENDPOINTS = "endpoints"
CONTRACT = "contract"
GUESS = "guess"

# What came.
JSON = "json"
EMPTY = "empty"
OTHER = "other"
NOTHING = "nothing"

# So far beyond the highest id that no split reaches it before it is asked for.
_BEYOND = 1000


class Reply(NamedTuple):
    """What came for one path.

    :param status: of HTTP, None where no answer came.
    :param kind: `json`, `empty`, `other`, or `nothing` where no body was read.
    :param media: the media type that it was said to have.
    :param problem: why there is no JSON.
    """

    status: int | None
    kind: str = JSON
    body: Any = None
    media: str = ""
    size: int = 0
    ms: int = 0
    problem: str | None = None


class Asked(NamedTuple):
    """One path that was asked for.

    :param template: the path with its placeholder, as the `endpoints` option has it.
    :param decoded: what it was understood as, None where it was not: then `problem` says why.
    :param spelling: which of the spellings of a shard's id is in it.
    """

    call: str
    path: str
    origin: str
    template: str
    reply: Reply
    decoded: Any = None
    problem: str | None = None
    spelling: int = 0


Ask = Callable[[str], Reply]


class Answers(NamedTuple):
    """All that was asked for and what came.

    :param used: of each call the first path that was understood.
    :param sample: the shard that was asked for by name, None where there is none.
    :param strange: the HTTP status for a shard that does not exist, None if that was not asked.
    """

    asked: tuple[Asked, ...]
    used: Mapping[str, Asked]
    sample: int | None
    strange: int | None
    metrics: Reply

    @property
    def status(self) -> Status | None:
        """The cluster status, if it was understood."""
        return self.used["status"].decoded if "status" in self.used else None

    @property
    def nodes_in_status(self) -> bool:
        """Whether the nodes are read from the status, and from no path of their own."""
        named = "nodes" in self.used and self.used["nodes"].origin == ENDPOINTS
        return self.status is not None and self.status.nodes is not None and not named

    @property
    def nodes(self) -> tuple[Node, ...] | None:
        """The members, from where they are read."""
        if self.status is not None and self.nodes_in_status:
            return self.status.nodes
        return self.used["nodes"].decoded if "nodes" in self.used else None


def ask_all(ask: Ask, endpoints: Mapping[str, str]) -> Answers:
    """Ask for every path, each once; guessed ones only where no other is understood.

    :param ask: GETs a path; may raise to end it all.
    :param endpoints: the paths that the caller knows to be different.
    """
    asked: list[Asked] = []
    used: dict[str, Asked] = {}
    replies: dict[str, Reply] = {}

    def once(path: str) -> Reply:
        if path not in replies:
            replies[path] = ask(path)
        return replies[path]

    for call in CALLS[:-1]:
        _find(once, call, endpoints, asked, used)
    sample, unknown = _sample(used)
    strange = None
    if sample is not None:
        _find(once, "shard", endpoints, asked, used, sample)
    if "shard" in used:
        # In the spelling that is right, or it would be the spelling that is not known.
        spelt = shard_spellings(unknown)[used["shard"].spelling]
        strange = once(fill(used["shard"].template, shard=spelt)).status
    return Answers(tuple(asked), used, sample, strange, once(METRICS_PATH))


def _find(
    ask: Ask,
    call: str,
    endpoints: Mapping[str, str],
    asked: list[Asked],
    used: dict[str, Asked],
    shard_id: int = 0,
) -> None:
    """Ask for all paths that a call may have; add to what was asked and to what is used."""
    seen: set[str] = set()
    for template, origin in _candidates(call, endpoints):
        if origin == GUESS and (call in used or (call == "nodes" and _lists_nodes(used))):
            return
        if template in seen:
            continue
        seen.add(template)
        spellings = shard_spellings(shard_id) if call == "shard" else ("",)
        for place, spelling in enumerate(spellings):
            path = fill(template, shard=spelling) if spelling else template
            reply = ask(path)
            decoded, problem = _understand(call, reply, origin, shard_id)
            asked.append(Asked(call, path, origin, template, reply, decoded, problem, place))
            if decoded is not None:
                used.setdefault(call, asked[-1])


def _candidates(call: str, endpoints: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    if call in endpoints:
        yield endpoints[call], ENDPOINTS
    for path in PATHS[call]:
        yield path, CONTRACT
    for path in GUESSES[call]:
        yield path, GUESS


def _lists_nodes(used: Mapping[str, Asked]) -> bool:
    return "status" in used and used["status"].decoded.nodes is not None


def _understand(call: str, reply: Reply, origin: str, shard_id: int) -> tuple[Any, str | None]:
    """What a reply is understood as, or None and why."""
    fine = reply.status is not None and 200 <= reply.status < 300
    if not fine and not (call == "health" and reply.status == 503):
        return None, reply.problem
    try:
        decoded = _decode(call, reply, shard_id)
    except StemeDBError as error:
        return None, error.message
    if origin == GUESS and not _says_enough(decoded):
        return None, "says too little to be told from something else"
    return decoded, None


def _decode(call: str, reply: Reply, shard_id: int) -> Any:
    if call == "health" and reply.kind == EMPTY:
        return contract.decode_health(reply.status or 0, {})
    if reply.kind != JSON:
        raise StemeDBError("protocol", reply.problem or "expected JSON, got something else")
    decoders: dict[str, Callable[[Any], Any]] = {
        "health": lambda body: contract.decode_health(reply.status or 0, body),
        "status": contract.decode_status,
        "nodes": contract.decode_nodes,
        "ranges": contract.decode_ranges,
        "shard": lambda body: contract.decode_shard(body, shard_id),
    }
    return decoders[call](reply.body)


def _says_enough(decoded: Any) -> bool:
    """Whether an answer to a guess says enough not to be that of another call."""
    if isinstance(decoded, Status):
        return any(fact is not None for fact in decoded[2:])
    return bool(decoded)


def _sample(used: Mapping[str, Asked]) -> tuple[int | None, int]:
    """A shard to ask for by name, the fullest, and the id of one that does not exist.

    The first is None where there are no shards, 0 where it is not known which there are.
    """
    if "ranges" not in used:
        return 0, _BEYOND
    shards: tuple[Shard, ...] = used["ranges"].decoded
    if not shards:
        return None, _BEYOND
    fullest = max(shards, key=lambda shard: (shard.size_bytes or 0, -shard.shard_id))
    return fullest.shard_id, max(shard.shard_id for shard in shards) + _BEYOND
