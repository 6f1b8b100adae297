# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which nodes a rolling restart is about, in which order, and what speaks against it.

Private to stemedb.cluster. Pure. Where an earlier run ended, this one goes on: what was started, or
booted, since that began counts as done, by the ages that each host's own clock gives.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.addresses import (
    gateway_endpoint,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import ALIVE
from ansible_collections.stemedb.cluster.plugins.module_utils._findings import (
    Finding,
    blocker,
    judged,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._lock.record import UNFINISHED
from ansible_collections.stemedb.cluster.plugins.module_utils._present.tables import numbers
from ansible_collections.stemedb.cluster.plugins.module_utils._times import epoch, iso, span
from ansible_collections.stemedb.cluster.plugins.plugin_utils._members.declared import (
    Declared,
    former,
    zones,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._rolling_restart.report import (
    plan_lines,
)

RESTART = "restart"
NEEDED = "needed"
REBOOT = "reboot"
MODES = (RESTART, NEEDED, REBOOT)

# What an operator may accept by name before the guard is asked, which has kinds of its own.
ACCEPTABLE = ("single_observer",)

_OPERATION = "rolling_restart"


class Settings(NamedTuple):
    """What the run was told.

    :param began: of `beginning`.
    """

    mode: str
    began: Mapping[str, Any]
    gateway_urls: tuple[str, ...] = ()
    min_observers: int = 2
    accept: tuple[str, ...] = ()
    check: bool = False


def operation(mode: str) -> str:
    """How the lock remembers a rolling restart: one of another mode is not gone on with."""
    return _OPERATION if mode == RESTART else f"{_OPERATION} ({mode})"


def beginning(
    operations: Sequence[Mapping[str, Any]], mode: str, since: str, now: float, within: float
) -> dict[str, Any]:
    """`{since, resumes, hosts}`: when what counts as done began, and who may stand still by it.

    :param operations: what was done before, oldest first, as `_lock.report.history` lists it.
    :param since: a time of the operator's, "now" to begin anew, "" for what was not finished.
    :param now: seconds since the epoch.
    :param within: an unfinished one that began more seconds ago is not gone on with.
    :returns: `since` in seconds since the epoch; `resumes`, the operation that it goes on from, or
        None; `hosts`, at which unfinished ones were.
    :raises ValueError: `since` is no time.
    """
    unfinished = _unfinished(
        [o for o in operations if o["operation"] == operation(mode)], now, within
    )
    # Whoever stopped a node, whatever for.
    any_mode = _unfinished([o for o in operations if _is_ours(o)], now, within)
    hosts = [str(one["target"]).partition(" (")[0] for one in any_mode]
    found = {"since": now, "resumes": None, "hosts": sorted({host for host in hosts if host})}
    if since == "now":
        return found
    if since:
        return {**found, "since": epoch(since)}
    if unfinished:
        return {**found, "since": epoch(unfinished[-1]["since"]), "resumes": dict(unfinished[0])}
    return found


def _is_ours(one: Mapping[str, Any]) -> bool:
    return str(one["operation"]).partition(" ")[0] == _OPERATION


def _unfinished(
    operations: Sequence[Mapping[str, Any]], now: float, within: float
) -> list[Mapping[str, Any]]:
    """Those since the last one that succeeded, the newest first."""
    found: list[Mapping[str, Any]] = []
    for one in reversed(operations):
        if one["outcome"] not in UNFINISHED or now - epoch(one["since"]) > within:
            break
        found.append(one)
    return found


def plan(
    looks: Mapping[str, Mapping[str, Any]],
    found: Mapping[str, Any],
    members: Sequence[Declared],
    settings: Settings,
) -> dict[str, Any]:
    """Who is restarted, in order, and all that speaks against it.

    :param looks: by host, `{node_id, source, service, clock, booted_at, at, reasons}` of one that
        answered, `at` being the controller's time; else `{problem}`.
    :param found: a result of `stemedb_cluster_info` with its overview.
    :param members: as the inventory declares them.
    :returns: `targets`, each `{host, node_id, listed, address, zone, leads, action, runs, why,
        gateway_urls, index, of}`; `done`, `{host, why}`; `blockers` and `accepted`; `zones` by id;
        `former`, ids of Dead nodes that no member is.
    """
    nodes = found["overview"]["nodes"]
    if nodes is None:
        text = "not every gateway lists the nodes, so nothing can be said of their states"
        return _result([], [], [blocker("incomplete_view", "cluster", text)], settings)
    listed = {str(node["node_id"]): node for node in nodes}
    told = {one.host: one for one in members}
    targets, done, blockers = [], [], [*_twice(looks)]
    for host, look in looks.items():
        refused = _refused(host, look, listed, settings)
        if refused:
            blockers.append(refused)
            continue
        why = reasons(look, settings)
        if not why:
            done.append({"host": host, "why": _done(look, settings.mode)})
            continue
        # One that was away for long may be listed by nobody any more.
        node = listed.get(look["node_id"])
        one = told.get(host)
        targets.append(
            {
                "host": host,
                "node_id": look["node_id"],
                "listed": node is not None,
                "address": node["address"] if node else one.address if one else host,
                "zone": one.zone if one else None,
                "leads": node["leader_shards"] if node else 0,
                "action": settings.mode if settings.mode == REBOOT else _action(look),
                "runs": look["service"]["running"],
                "why": why,
                "gateway_urls": _others(look["node_id"], found["observers"], settings),
            }
        )
    targets = _ordered(targets)
    blockers += [
        *_unwell(targets, listed, found["cluster"], settings),
        *_unseen(targets, found, settings),
    ]
    return {
        **_result(targets, done, blockers, settings),
        "zones": zones(members, nodes),
        "former": former(members, nodes),
    }


def _result(
    targets: list[dict[str, Any]],
    done: list[dict[str, str]],
    blockers: Sequence[Finding],
    settings: Settings,
) -> dict[str, Any]:
    plan = {
        "mode": settings.mode,
        "began": dict(settings.began),
        "targets": [
            {**each, "index": number, "of": len(targets)} for number, each in enumerate(targets, 1)
        ],
        "done": done,
        **judged(blockers, ACCEPTABLE, settings.accept),
        "zones": {},
        "former": [],
    }
    return {**plan, "lines": plan_lines(plan, settings.check)}


# --- what a node needs ---------------------------------------------------------------------------


def reasons(look: Mapping[str, Any], settings: Settings) -> list[str]:
    """Why a node has its turn; nothing if it is as wanted.

    :param look: one of a host that answered, whose service is known to run or not.
    """
    if look["service"]["running"] is False:
        return ["it does not run"]
    if settings.mode == NEEDED:
        return list(look["reasons"])
    since = look["booted_at"] if settings.mode == REBOOT else look["service"]["started_at"]
    if since is not None and look["clock"] - since < look["at"] - settings.began["since"]:
        return []
    verb = "booted" if settings.mode == REBOOT else "started"
    return [f"{verb} {iso(since)}" if since is not None else f"when it was {verb} is not known"]


def _done(look: Mapping[str, Any], mode: str) -> str:
    started = iso(look["service"]["started_at"]) if look["service"]["started_at"] else "unknown"
    if mode == NEEDED:
        return "it runs what is written"
    if mode == REBOOT:
        return f"booted {iso(look['booted_at'])}, started {started}"
    return f"started {started}"


def _action(look: Mapping[str, Any]) -> str:
    return RESTART if look["service"]["running"] else "start"


def _ordered(targets: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """What stands still first, then zone by zone, and leaders of most last."""
    led: dict[str, int] = {}
    for each in targets:
        led[each["zone"] or ""] = led.get(each["zone"] or "", 0) + (each["leads"] or 0)
    return sorted(
        targets,
        key=lambda each: (
            each["runs"] is not False,
            led[each["zone"] or ""],
            each["zone"] or "",
            # How many shards a node leads that nobody can tell of: it goes after all others.
            each["leads"] is None,
            each["leads"] or 0,
            each["host"],
        ),
    )


# --- what speaks against it ----------------------------------------------------------------------


def _twice(looks: Mapping[str, Mapping[str, Any]]) -> Iterable[Finding]:
    by_node: dict[str, list[str]] = {}
    for host, look in looks.items():
        if look.get("node_id"):
            by_node.setdefault(look["node_id"], []).append(host)
    for node_id, hosts in by_node.items():
        if len(hosts) > 1:
            text = f"{' and '.join(hosts)} are both node {node_id}: correct the inventory"
            yield blocker("same_node", hosts[0], text)


def _refused(
    host: str,
    look: Mapping[str, Any],
    listed: Mapping[str, Mapping[str, Any]],
    settings: Settings,
) -> Finding | None:
    """Why a host is no node that can be restarted."""
    if look.get("problem") is not None:
        return blocker("unusable_host", host, look["problem"])
    service = look["service"]
    ours = host in settings.began["hosts"] and service is not None and service["running"] is False
    if look["node_id"] not in listed and (look["source"] == "new" or not ours):
        text = (
            f"is node {look['node_id']}, which no gateway lists as a member: take the host out of "
            f"stemedb_target, or add it with add_node"
        )
        return blocker("not_a_member", host, text)
    if service is None or service["running"] is None:
        how = (
            "name its unit in stemedb_node_service; without systemd, "
            "stemedb_node_service_manager is command, and wanted are stemedb_node_start_command, "
            "_stop_command and _status_command"
            if service is None
            else f"it is {service['state']}. Wait until it has started or stopped, or name another "
            "unit in stemedb_node_service"
        )
        text = f"it is unknown whether its service runs: {how}"
        return blocker("unknown_service", host, text)
    if service["running"]:
        state = listed[look["node_id"]]["state"]
        if state != ALIVE and reasons(look, settings):
            text = f"is listed as {state or 'unknown'} although its service runs: fix that first"
            return blocker("not_alive", host, text)
        return None
    if ours and service["enabled"] is not False:
        return None
    disabled = " and is disabled" if service["enabled"] is False else ""
    text = (
        f"its service does not run{disabled}, and no rolling restart is known that has stopped it: "
        f"start it yourself, replace it with replace_node, or take the host out of stemedb_target"
    )
    return blocker("not_running", host, text)


def _unwell(
    targets: Sequence[Mapping[str, Any]],
    listed: Mapping[str, Mapping[str, Any]],
    cluster: Mapping[str, Any],
    settings: Settings,
) -> Iterable[Finding]:
    """Whether the cluster may lose a node; one that stands still may be just what it lacks.

    Who goes on after a run that did not finish, which may have started a node a moment ago, waits
    for the cluster to be well before anything is stopped.
    """
    goes_on = settings.began["resumes"] is not None
    if not targets or goes_on or any(each["runs"] is False for each in targets):
        return
    suspect = sorted(n["node_id"] for n in listed.values() if n["state"] not in (ALIVE, "Dead"))
    if suspect:
        text = f"{', '.join(suspect)} is neither Alive nor Dead"
        yield blocker("not_healthy", "cluster", text)
    elif cluster["healthy"] is not True:
        word = "is not healthy" if cluster["healthy"] is False else "may not be healthy"
        text = f"{word}: the playbook stemedb.cluster.health says why. Fix that first"
        yield blocker("not_healthy", "cluster", text)


def _others(node_id: str, observers: Sequence[Mapping[str, Any]], settings: Settings) -> list[str]:
    """Whom to ask about a node: gateways that are configured and not its own, else those found."""
    own = {gateway_endpoint(one["url"]) for one in observers if one["node_id"] == node_id}
    named = [url for url in settings.gateway_urls if gateway_endpoint(url) not in own]
    found = [one["url"] for one in observers if one["reachable"] and one["node_id"] != node_id]
    return named or found


def _unseen(
    targets: Sequence[Mapping[str, Any]], found: Mapping[str, Any], settings: Settings
) -> Iterable[Finding]:
    """Whether there are others enough to ask about each node, counted as the guard does."""
    for each in targets:
        others = {
            one["node_id"]
            for one in found["observers"]
            if one["reachable"] and one["node_id"] != each["node_id"]
        }
        witnesses = len(others - {None}) or len(others)
        if witnesses < settings.min_observers:
            text = (
                f"the gateways of {witnesses} other nodes answered, and {settings.min_observers} "
                f"must: name more in stemedb_gateway_url, or accept that with "
                '-e \'{"stemedb_accept": ["single_observer"]}\''
            )
            yield blocker("single_observer", each["host"], text)


# --- what became of it ---------------------------------------------------------------------------


def rebalanced(
    node_id: str,
    waits: Sequence[Mapping[str, Any]],
    before: Sequence[Mapping[str, Any]],
    after: Sequence[Mapping[str, Any]],
) -> str | None:
    """Why the others must have begun to move its shards while it was away; None if nothing says so.

    :param waits: results of `stemedb_wait` since its start.
    :param before: the shards as `stemedb_shard_info` lists them, and the same afterwards.
    """
    seen = (f"node_alive: {node_id} is Dead ", f"node_alive: {node_id} is not listed ")
    for wait in waits:
        for sample in wait.get("history") or ():
            if any(sentence.startswith(seen) for sentence in sample["unmet"]):
                return f"the others saw it Dead at {sample['time']}"
    held = {shard["shard_id"]: sorted(shard["replica_nodes"] or ()) for shard in before}
    moved = [
        shard["shard_id"]
        for shard in after
        if shard["shard_id"] in held
        and node_id in {*held[shard["shard_id"]], *(shard["replica_nodes"] or ())}
        and sorted(shard["replica_nodes"] or ()) != held[shard["shard_id"]]
    ]
    if moved:
        of = "shards" if len(moved) > 1 else "shard"
        return f"the replicas of {of} {numbers(moved)} are on other nodes than before"
    return None


def left(index: int, of: int, seconds: Sequence[float]) -> str:
    """How far a rolling restart is: `node 12 of 50, about 70 min left`.

    :param index: the node whose turn it is or was, from 1.
    :param seconds: what each node has taken so far.
    """
    text = f"node {index} of {of}"
    if not seconds or index >= of:
        return text
    rest = sum(seconds) / len(seconds) * (of - index)
    return f"{text}, about {span(rest)} left"
