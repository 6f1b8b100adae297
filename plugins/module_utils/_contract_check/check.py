# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares an unknown gateway with the contract: what its answers mean for this collection.

Private to stemedb.cluster. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._contract_check import dialect
from ansible_collections.stemedb.cluster.plugins.module_utils._contract_check.abilities import (
    Told,
    abilities,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._contract_check.asking import (
    CALLS,
    CONTRACT,
    GUESS,
    Answers,
    Ask,
    Asked,
    Reply,
    ask_all,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.paths import (
    PATHS,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.spellings import (
    METRICS_PATH,
)

# What depends on the dialect alone: the same whenever, and from wherever, the gateway is asked.
LASTING = ("dialect", "fields", "works", "endpoints")

# An answer that takes longer comes near the timeout of a call as soon as the gateway is busy.
_SLOW_MS = 2500

# The kinds of objects, by their places in the answers.
_KINDS = {
    "health": "health",
    "status": "status",
    "nodes": "node",
    "ranges": "shard",
    "shard": "shard",
    "replicas": "replica",
}


def check(ask: Ask, endpoints: Mapping[str, str]) -> dict[str, Any]:
    """The report: `paths, dialect, fields, works, endpoints, advice`.

    :param ask: GETs a path; may raise to end the check.
    :param endpoints: the paths that the caller knows to be different.
    """
    answers = ask_all(ask, endpoints)
    objects = _objects(answers)
    fields = {
        place: dialect.describe(kind, objects[place].rows)
        for place, kind in _KINDS.items()
        if place in objects
    }
    spoken = _dialect(answers, objects, fields)
    setting = _endpoints(answers, endpoints)
    return {
        "paths": [*(_path(one, answers.used) for one in answers.asked), _metrics(answers.metrics)],
        "dialect": spoken,
        "fields": fields,
        "works": [one._asdict() for one in abilities(_told(answers))],
        "endpoints": setting,
        "advice": [*_advice(answers, endpoints, setting), *_limits(answers, spoken)],
    }


def lasting(report: Mapping[str, Any]) -> dict[str, Any]:
    """What of a report a capture of the same gateway has to repeat: facts, no sentences."""
    facts = {name: report[name] for name in LASTING}
    facts["works"] = {one["name"]: one["works"] for one in report["works"]}
    return facts


def _told(answers: Answers) -> Told:
    decoded = {call: one.decoded for call, one in answers.used.items()}
    lost = tuple(
        call
        for call in CALLS
        if call not in decoded
        and not (call == "nodes" and answers.nodes_in_status)
        and not (call == "shard" and answers.sample is None)
    )
    return Told(
        decoded.get("health"),
        answers.status,
        answers.nodes,
        decoded.get("ranges"),
        decoded.get("shard"),
        lost,
    )


def _path(one: Asked, used: Mapping[str, Asked]) -> dict[str, Any]:
    reply = one.reply
    return {
        "call": one.call,
        "path": one.path,
        "origin": one.origin,
        "status": reply.status,
        "ms": reply.ms,
        "bytes": reply.size,
        "type": reply.kind,
        "understood": one.decoded is not None,
        "used": used.get(one.call) is one,
        "problem": one.problem,
    }


def _metrics(reply: Reply) -> dict[str, Any]:
    # Whether it is there is all that is wanted of it: it is no JSON, and should be none.
    problem = reply.problem if reply.status is None else None
    return _path(Asked("metrics", METRICS_PATH, CONTRACT, "", reply, None, problem), {})


# --- how it is spelt -------------------------------------------------------------------------


def _objects(answers: Answers) -> dict[str, dialect.Rows]:
    """The objects in the answers that are used, by their places."""
    bodies = {call: one.reply.body for call, one in answers.used.items()}
    found = {
        call: dialect.Rows((bodies[call],))
        for call in ("health", "status", "shard")
        if isinstance(bodies.get(call), dict)
    }
    if answers.nodes_in_status:
        bodies["nodes"] = bodies["status"]["nodes"]
    for call in ("nodes", "ranges"):
        if call in bodies:
            found[call] = dialect.rows_of(call, bodies[call])
    if "shard" in found:
        found["replicas"] = dialect.replicas_of(found["shard"].rows)
    return found


def _dialect(
    answers: Answers,
    objects: Mapping[str, dialect.Rows],
    fields: Mapping[str, Mapping[str, Any]],
) -> dict[str, Any]:
    health, status, nodes = answers.used.get("health"), answers.status, answers.nodes
    listed, members = objects.get("ranges"), objects.get("nodes")
    return {
        "node_list": {
            "from": None if nodes is None else "status" if answers.nodes_in_status else "path",
            "form": members.form if members else None,
            "beside": dict(members.beside) if members else {},
        },
        "shard_list": {
            "form": listed.form if listed else None,
            "beside": dict(listed.beside) if listed else {},
            "replicas": dialect.replicas_of(listed.rows).form or None if listed else None,
        },
        "shard_ids": {
            "listed": dialect.shard_spellings_of(listed.rows) if listed else [],
            "asked": sorted(
                ("12", "shard_12")[one.spelling]
                for one in answers.asked
                if one.call == "shard"
                and one.decoded is not None
                # Of one path only: others are there to choose from.
                and one.template == answers.used["shard"].template
            ),
            "answered": dialect.shard_spellings_of(objects["shard"].rows)
            if "shard" in objects
            else [],
        },
        "unknown_shard": answers.strange,
        "node_count": dialect.node_count_means(status, nodes)
        if status is not None and nodes is not None
        else None,
        "states": dialect.state_words(members.rows) if members else {},
        "health_word": health.decoded.word if health else None,
        "status_word": status.word if status else None,
        "aliases": dialect.aliases_in(fields),
    }


# --- what to do ------------------------------------------------------------------------------


def _endpoints(answers: Answers, given: Mapping[str, str]) -> dict[str, str]:
    """The `endpoints` option: only what the client would not find of its own accord."""
    setting = {call: path for call, path in given.items() if call not in CALLS}
    for call, one in answers.used.items():
        if call == "nodes" and answers.nodes_in_status:
            continue
        # The client goes on to the next path on 404 only, and of a shard it knows but one.
        paths = [other for other in answers.asked if other.call == call]
        found = [
            other.template
            for other in paths
            if other.origin != GUESS
            and other.template in PATHS[call]
            and (call == "shard" or other.reply.status != 404)
        ]
        if not found or found[0] != one.template:
            setting[call] = one.template
    return setting


def _advice(
    answers: Answers, given: Mapping[str, str], setting: Mapping[str, str]
) -> Iterator[str]:
    """What to set, and what to look at, in sentences."""
    refused = [one for one in answers.asked if one.reply.status in (401, 403)]
    if refused:
        yield (
            f"{refused[0].path} was refused ({refused[0].reply.status}): set api_key to a key that"
            f" may read it."
        )
    for call in CALLS:
        if call in given and call not in setting:
            yield f"endpoints.{call} is not needed, or not understood: take it out."
    if any(one.origin == GUESS for one in answers.used.values()):
        yield "Paths that were guessed answered: have somebody who knows the gateway confirm them."
    lost = _told(answers).lost
    if lost:
        yield (
            f"Not understood: {', '.join(lost)}. Where their paths are others, set endpoints; where"
            f" their answers are others, send a capture."
        )
    slowest = max(answers.asked, key=lambda one: one.reply.ms)
    if slowest.reply.ms > _SLOW_MS:
        yield (
            f"{slowest.path} took {slowest.reply.ms} ms: set timeout to"
            f" {4 * slowest.reply.ms / 1000:.0f} seconds or more."
        )


def _limits(answers: Answers, spoken: Mapping[str, Any]) -> Iterator[str]:
    """What is understood and yet has its limits."""
    status = answers.status
    if status is not None and not status.replication_factor:
        yield "The replication factor is not told: set stemedb_min_live_replicas for the guards."
    if spoken["node_count"] == "neither":
        yield (
            "node_count is neither the number of listed nodes nor of those Alive: no view counts"
            " as complete, so no wait ends well."
        )
    for name, what in (("node_list", "nodes"), ("shard_list", "shards")):
        beside = [key for key, kind in spoken[name]["beside"].items() if kind != "null"]
        if beside:
            yield (
                f"The list of {what} has {', '.join(beside)} beside it: if it comes in pages, only"
                f" the first is read."
            )
    if spoken["unknown_shard"] not in (None, 400, 404):
        yield (
            f"A shard that does not exist is answered with {spoken['unknown_shard']}, not 404: one"
            f" that has split or merged will look like a fault of the gateway."
        )
