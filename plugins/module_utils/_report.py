# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operator reads when adding a node stopped: what failed, what is now, what to do next.

Private to stemedb.cluster. Pure. Nothing here is required to be known: an operation may fail before
anything was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._reach import blocked, not_asked
from ansible_collections.stemedb.cluster.plugins.module_utils._table import (
    nodes_table,
    numbers,
    size,
)

_LINES = 10
_REASONS = 5


def add_node_report(facts: Mapping[str, Any]) -> list[str]:
    """The lines of the report.

    :param facts: `host`, `step`, `reason` (a sentence or several), `node_id`, `service` and
        `gateway_service` (their names), `probe` (of stemedb_host_probe), `before` (the baseline),
        `inbound` (the same of members, see `_reach`), `cluster` and `nodes` as they are now; any of
        the last five may be None, and `node_id` too.
    """
    probe = facts.get("probe") or {}
    cluster, before = facts.get("cluster"), facts.get("before")
    return [
        "",
        f"✗ {_headline(facts)} The step that failed: {facts['step']}",
        *_indented(_sentences(facts["reason"])),
        "",
        f"The host {facts['host']} now:",
        *_indented([_service(facts["service"], probe), *_disk(probe)]),
        *_indented([*blocked(facts), *not_asked(facts)]),
        *_indented(_log(probe)),
        "",
        "The cluster now:",
        *_indented(_cluster(cluster, before)),
        *_table(facts),
        "",
        *_next(facts, cluster),
    ]


def _headline(facts: Mapping[str, Any]) -> str:
    """Whether the host is a member, which an operator must know before anything else."""
    host, nodes = facts["host"], facts.get("nodes")
    if nodes is None:
        return f"Whether {host} is a member is not known."
    for node in nodes:
        if node["node_id"] == facts.get("node_id"):
            return f"{host} is a member and {node['state'] or 'of unknown state'}, but not done."
    return f"{host} was not added."


def _sentences(reason: Any) -> list[str]:
    if isinstance(reason, str):
        return reason.splitlines()
    if isinstance(reason, Iterable):
        return [line for part in reason for line in _sentences(part)]
    return [str(reason)]


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"  {line}" for line in lines]


def _service(name: str, probe: Mapping[str, Any]) -> str:
    service = probe.get("service")
    if service is None or service.get("running") is None:
        return f"whether {name} runs is not known"
    if service["running"]:
        return f"{name} runs"
    return f"{name} does not run"


def _disk(probe: Mapping[str, Any]) -> list[str]:
    return [
        f"{size(space['free_bytes'])} free at {space['path']}"
        for space in probe.get("free_space") or ()
        if space and space.get("free_bytes") is not None
    ]


def _log(probe: Mapping[str, Any]) -> list[str]:
    log = probe.get("log")
    if not log:
        return ["its log could not be read"]
    errors = (log.get("matches") or {}).get("error") or {}
    count = errors.get("count", 0)
    lines = [f"its log since this run began: {log['line_count']} lines, {count} with errors"]
    shown = (errors.get("lines") or [])[:_LINES] or log["lines"][-_LINES:]
    return lines + _indented(shown)


def _cluster(cluster: Mapping[str, Any] | None, before: Mapping[str, Any] | None) -> list[str]:
    if cluster is None:
        return ["it does not answer"]
    if cluster["healthy"] is True:
        found = ["✓ Cluster is healthy"]
    else:
        word = "is not healthy" if cluster["healthy"] is False else "may or may not be healthy"
        found = [f"✗ Cluster {word}:", *_indented(cluster["unhealthy_reasons"][:_REASONS])]
    if before is not None:
        was, now = before["cluster"]["meta_version"], cluster["meta_version"]
        found.append(f"meta_version {_moved(was, now)}")
    return found


def _moved(was: int | None, now: int | None) -> str:
    if was is None or now is None:
        return "is not known, so whether the topology changes is not known"
    if was == now:
        return f"is {now} as before: the topology has not changed, no rebalancing has begun"
    return f"was {was} before and is {now}: the topology changes"


def _table(facts: Mapping[str, Any]) -> list[str]:
    nodes = facts.get("nodes")
    if not nodes:
        return []
    names = {facts["node_id"]: facts["host"]} if facts.get("node_id") else {}
    return _indented(nodes_table(nodes, names, lambda text, _colour: text).splitlines())


def _next(facts: Mapping[str, Any], cluster: Mapping[str, Any] | None) -> list[str]:
    return [
        *(f"At risk: {risk}" for risk in _risks(cluster or {})),
        "Next: mend what the first lines name. The gateway's side of it is in its log:",
        f"  journalctl -u {facts['gateway_service']} "
        '| grep "rebalance\\|assign\\|election\\|leader"',
        "Running the same again is safe: it looks at the cluster and goes on from there.",
    ]


def _risks(cluster: Mapping[str, Any]) -> list[str]:
    leaderless = cluster.get("leaderless_shards")
    under = cluster.get("under_replicated_shards")
    if leaderless is None or under is None:
        return ["not known. Look at the cluster before you change anything."]
    found = []
    if leaderless:
        found.append(f"shards without a live leader: {numbers(leaderless)}")
    if under:
        found.append(
            f"shards with too few live replicas: {numbers(under)}. "
            "Stop no node until they have them."
        )
    return found or ["nothing. Every shard has a live leader and all its replicas."]
