# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One lock host's part of the lock: who holds it there, who gets it, what it remembers.

Private to stemedb.cluster. Pure: the time is handed in. Whether enough lock hosts say the same is
another question, which `_lock.majority` answers.

A lock that has expired is nobody's, its last holder's neither: it can be replaced, not renewed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._times import iso

FORMAT = 1
# How many operations that are over a lock host remembers.
KEPT = 50

# Why the lock of another run gives way.
EXPIRED = "expired"
PROCESS_GONE = "process_gone"
NAMED = "named"

SUCCEEDED = "succeeded"
FAILED = "failed"
# It ended early because it was told to, and something is left to do.
STOPPED = "stopped"
# The outcome of a run that did not say how it ended.
ABANDONED = "abandoned"
# Whatever such an operation was to do may not be done.
UNFINISHED = (FAILED, STOPPED, ABANDONED)

OWNER = ("controller", "boot_id", "pid_namespace", "pid", "process_start", "user")
_TOLD = ("operation", "target", "reason", "step")
_LONGEST = 200
# A plan reads by name whom an operation was about: a name that was cut would be another one.
_LONGEST_TARGET = 20000
_MOST_LEAVES = 20


class Moment(NamedTuple):
    """The lock host's own time.

    :param wall: seconds since the epoch, which somebody may set.
    :param boot_id: tells one start of the host from another, None where that is not known.
    :param uptime: seconds since that start, time in suspension included.
    """

    wall: float
    boot_id: str | None = None
    uptime: float | None = None


class Request(NamedTuple):
    """What a run asks of a lock host.

    :param owner: who runs it, the keys of `OWNER`.
    :param lease: seconds after which the lock expires unless it is renewed.
    :param step: what the run does next; None leaves what was said before.
    :param leaves: what it would leave behind if it ended now, a sentence each; None as for `step`.
    :param outcome: how the run ended; None for one that never began, which is not remembered.
    :param replace: runs whose lock gives way, and why: `EXPIRED`, `PROCESS_GONE`, `NAMED`.
    :param cluster: the name of the cluster, "" where nobody has said it.
    :param hosts: all lock hosts of the run, asked or not.
    """

    run_id: str
    owner: Mapping[str, Any]
    lease: float = 0.0
    operation: str = ""
    target: str = ""
    reason: str = ""
    step: str | None = None
    leaves: tuple[str, ...] | None = None
    outcome: str | None = None
    replace: Mapping[str, str] = {}
    cluster: str = ""
    hosts: tuple[str, ...] = ()


class Change(NamedTuple):
    """What comes of a request.

    :param document: the lock's file from now on; the same object where nothing changes.
    :param held: whether the run that asked holds the lock here now.
    :param replaced: the lock that gave way as `view` has it, with `why`; None without one.
    """

    document: Mapping[str, Any]
    held: bool
    replaced: dict[str, Any] | None = None


def empty() -> dict[str, Any]:
    """The document of a lock that nobody has ever held."""
    return {"format": FORMAT, "holder": None, "operations": []}


def checked(document: Any) -> dict[str, Any]:
    """The document as it was read.

    :raises StemeDBError: `config`, if nobody can tell from it who holds the lock.
    """
    if isinstance(document, dict) and document.get("format") not in (None, FORMAT):
        raise StemeDBError("config", "is of a newer version of this collection: use that one")
    try:
        holder, operations = document["holder"], document["operations"]
        if holder is not None:
            view(holder, Moment(0.0))
        whole = isinstance(operations, list) and all(isinstance(o, dict) for o in operations)
    except (KeyError, TypeError, ValueError, AttributeError):
        whole = False
    if not whole:
        raise StemeDBError(
            "config",
            "is damaged: see that no operation is under way, then move it aside",
        )
    return dict(document)


def refuse_another_cluster(document: Mapping[str, Any], request: Request) -> None:
    """Refuse a file that is the lock of another cluster.

    :raises StemeDBError: `config`.
    """
    owner = document.get("cluster") or ""
    if owner in ("", request.cluster):
        return
    asked = f"of {request.cluster}" if request.cluster else "of a cluster without a name"
    raise StemeDBError(
        "config",
        f"is the lock of the cluster {owner}, and was asked for the lock {asked}: set "
        "stemedb_cluster_name, and a stemedb_lock_path of its own for each cluster",
    )


def age(record: Mapping[str, Any], now: Moment) -> float:
    """Seconds since a lock was written, by the lock host's own clock.

    While the host runs on, setting its clock changes nothing. A clock that went back makes a lock
    look new, never old.
    """
    written = Moment(**record["written"])
    if written.boot_id is not None and written.boot_id == now.boot_id:
        if written.uptime is not None and now.uptime is not None:
            return max(0.0, now.uptime - written.uptime)
    return max(0.0, now.wall - written.wall)


def expired(record: Mapping[str, Any], now: Moment) -> bool:
    """Whether the lock is nobody's any more."""
    return age(record, now) >= float(record["lease"])


def acquire(document: Mapping[str, Any], request: Request, now: Moment) -> Change:
    """Take the lock if it is free, the run's own, or to be replaced.

    One that has expired is not free: who takes it has seen first what its run may have left.
    """
    holder, operations = document["holder"], document["operations"]
    replaced = None
    if holder is not None and holder["run_id"] != request.run_id:
        why = _gives_way(holder, request, now)
        if why is None:
            return Change(document, held=False)
        replaced = {**view(holder, now), "why": why}
        operations = _remember(operations, _over(holder, now, ABANDONED, why, request))
        holder = None
    elif holder is not None and request.operation and holder["operation"] != request.operation:
        # The run was not heard of at the end of what it did before.
        operations = _remember(operations, _over(holder, now, ABANDONED, None, None))
        holder = None
    changed = {"holder": _record(request, now, holder), "operations": operations}
    if request.cluster:
        changed["cluster"] = request.cluster
    return Change({**document, **changed}, True, replaced)


def renew(document: Mapping[str, Any], request: Request, now: Moment) -> Change:
    """Keep the lock for another lease, if it is still the run's own."""
    if not _is_held(document, request, now):
        return Change(document, held=False)
    record = _record(request, now, document["holder"])
    return Change({**document, "holder": record}, held=True)


def release(document: Mapping[str, Any], request: Request, now: Moment) -> Change:
    """Give the lock back, if it is the run's own, and remember how the run ended."""
    holder = document["holder"]
    if holder is None or holder["run_id"] != request.run_id:
        return Change(document, held=False)
    operations = document["operations"]
    if request.outcome is not None:
        operations = _remember(operations, _over(holder, now, request.outcome, None, None))
    return Change({**document, "holder": None, "operations": operations}, held=False)


def break_(document: Mapping[str, Any], request: Request, now: Moment) -> Change:
    """Free the lock of a run that is to be replaced, for nobody."""
    holder = document["holder"]
    why = None if holder is None else _gives_way(holder, request, now)
    if why is None:
        return Change(document, held=_is_held(document, request, now))
    operations = _remember(document["operations"], _over(holder, now, ABANDONED, why, request))
    replaced = {**view(holder, now), "why": why}
    return Change({**document, "holder": None, "operations": operations}, False, replaced)


def show(document: Mapping[str, Any], request: Request, now: Moment) -> Change:
    """Change nothing."""
    return Change(document, held=_is_held(document, request, now))


ACTIONS = {"acquire": acquire, "renew": renew, "release": release, "break": break_}


def answer(change: Change, request: Request, now: Moment) -> dict[str, Any]:
    """What a lock host answers, see RETURN of `stemedb_lock_info` and `stemedb_operation_lock`."""
    holder = change.document["holder"]
    return {
        "held": change.held,
        "run_id": request.run_id,
        "hosts": sorted(set(request.hosts)),
        "holder": None if holder is None else view(holder, now),
        "replaced": change.replaced,
        "operations": change.document["operations"],
    }


def view(record: Mapping[str, Any], now: Moment) -> dict[str, Any]:
    """A holder as the documented result, see `stemedb_operation_lock`."""
    left = float(record["lease"]) - age(record, now)
    return {
        "run_id": record["run_id"],
        "owner": {key: record["owner"].get(key) for key in OWNER},
        **{key: record.get(key) or "" for key in _TOLD},
        "leaves": list(record.get("leaves") or ()),
        "hosts": list(record.get("hosts") or ()),
        "cluster": record.get("cluster"),
        "since": iso(record["since"]),
        "renewed": iso(record["written"]["wall"]),
        "renewed_seconds": round(age(record, now), 1),
        "expires_seconds": round(left, 1),
        "expired": left <= 0,
    }


def _gives_way(holder: Mapping[str, Any], request: Request, now: Moment) -> str | None:
    """Why the lock of another run gives way, None if it does not."""
    asked = request.replace.get(holder["run_id"])
    if asked is not None and expired(holder, now):
        return EXPIRED
    return None if asked == EXPIRED else asked


def _is_held(document: Mapping[str, Any], request: Request, now: Moment) -> bool:
    holder = document["holder"]
    return holder is not None and holder["run_id"] == request.run_id and not expired(holder, now)


def _record(request: Request, now: Moment, before: Mapping[str, Any] | None) -> dict[str, Any]:
    """The holder's record; what the request leaves out stays as the run said it before."""
    said = {
        "operation": request.operation or None,
        "target": request.target or None,
        "reason": request.reason or None,
        "step": request.step,
    }
    kept = before or {}
    leaves = kept.get("leaves") or [] if request.leaves is None else request.leaves
    return {
        "run_id": request.run_id,
        "owner": {key: request.owner.get(key) for key in OWNER},
        **{
            key: _cut(key, kept.get(key, "") if text is None else text)
            for key, text in said.items()
        },
        "leaves": [text[:_LONGEST] for text in leaves[:_MOST_LEAVES]],
        "hosts": sorted(set(request.hosts)),
        "cluster": request.cluster or None,
        "since": kept.get("since", now.wall),
        "written": now._asdict(),
        "lease": request.lease,
    }


def _cut(key: str, text: str) -> str:
    if key != "target":
        return text[:_LONGEST]
    if len(text) <= _LONGEST_TARGET:
        return text
    return text[:_LONGEST_TARGET].rpartition(", ")[0]


def _over(
    holder: Mapping[str, Any], now: Moment, outcome: str, why: str | None, by: Request | None
) -> dict[str, Any]:
    """The entry of an operation that is over."""
    told = {key: holder.get(key) or "" for key in (*_TOLD[:3], "step")}
    return {
        "run_id": holder["run_id"],
        "cluster": holder.get("cluster"),
        "user": holder["owner"].get("user"),
        "controller": holder["owner"].get("controller"),
        **told,
        "leaves": list(holder.get("leaves") or ()) if outcome == ABANDONED else [],
        "since": iso(holder["since"]),
        "ended": iso(now.wall),
        "outcome": outcome,
        "why": why,
        "replaced_by": by.run_id if by else None,
    }


def _remember(operations: list[Any], entry: dict[str, Any]) -> list[Any]:
    return [*operations, entry][-KEPT:]
