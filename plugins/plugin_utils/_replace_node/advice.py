# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operator reads of a replacement: who, by whom, and what to do afterwards.

Private to stemedb.cluster. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._findings import judgement_lines
from ansible_collections.stemedb.cluster.plugins.module_utils._present.tables import (
    counted,
    numbers,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._members.declared import (
    Declared,
    Nodes,
    group_lines,
    node_of,
)

# So many lines of logs are shown of each host, and in all.
_LINES = 2
_MOST_LINES = 8


def survey_lines(found: Mapping[str, Any], check: bool) -> list[str]:
    """Who is to be replaced, by which host, and what speaks against it.

    :param found: the result of `plan.survey`.
    """
    target, new = found["target"], found["replacement"]
    lines = ["", "To replace:", f"  {_target(target)}"]
    if new is not None:
        lines += ["By:", f"  {_new(target, new, check)}"]
    if found["notes"]:
        lines += ["Notes:", *(f"  {text}" for text in found["notes"])]
    return lines + judgement_lines(found)


def _target(target: Mapping[str, Any]) -> str:
    if target["refused"] or target["node_id"] is None:
        return f"{target['name']}: its identity is not certain"
    state = "no longer listed by any gateway"
    if target["state"]:
        state = f"listed as {target['state']}"
    where = "its host answers" if target["reachable"] else "its host cannot be reached"
    return f"{target['name']} is node {target['node_id']}, {state}; {where}" + (
        "" if target["host"] else " (the inventory has none)"
    )


def _new(target: Mapping[str, Any], new: Mapping[str, Any], check: bool) -> str:
    node = f"{new['host']} as node {new['node_id']}"
    if new["member"]:
        return f"{node}, which an earlier run added: it is verified"
    if new["begun"]:
        return f"{node}, which an earlier run started: it is resumed"
    verb = "would be" if check else "are"
    if new["same_host"]:
        return f"{node}, the same host; its old ID and data {verb} renamed"
    return f"{node}, which {'would be' if check else 'is'} installed and started"


def affected(shards: Sequence[Mapping[str, Any]], node_id: str) -> dict[str, Any]:
    """The shards that a dead node leads or holds a replica of: `{shards, led}`, ids.

    :param shards: of `stemedb_shard_info`.
    """
    led = [one["shard_id"] for one in shards if one["leader_node"] == node_id]
    held = [one["shard_id"] for one in shards if node_id in (one["replica_nodes"] or ())]
    return {"shards": sorted({*led, *held}), "led": sorted(led)}


def affected_lines(name: str, found: Mapping[str, Any]) -> list[str]:
    """Which shards were on it, to be recorded.

    :param found: of `affected`.
    """
    if not found["shards"]:
        return ["", f"No shard lists {name} any more: the replicas of all shards are checked."]
    return [
        "",
        f"{name} is still listed by {counted(len(found['shards']), 'shard')}:",
        f"  as their leader   {numbers(found['led']) or '-'}",
        f"  as a replica      {numbers(found['shards'])}",
    ]


def leader_hosts(
    shards: Sequence[Mapping[str, Any]], members: Sequence[Declared], nodes: Nodes
) -> list[str]:
    """The hosts of the inventory whose nodes lead some shards."""
    leaders = {one["leader_node"] for one in shards}
    return [one.host for one in members if (node_of(one, nodes) or {}).get("node_id") in leaders]


def logs_lines(
    found: Mapping[str, Any],
    shards: Sequence[Mapping[str, Any]],
    members: Sequence[Declared],
    nodes: Nodes,
    own: str,
) -> list[str]:
    """The step of the summary that tells of logs, and one more line if some are not known.

    :param found: the result of `plan.survey`.
    :param shards: those whose leaders' logs were searched.
    :param own: what is known of the replacement's own log since its start; `free` of errors or not.
    """
    hosts, new = leader_hosts(shards, members, nodes), found["replacement"]["host"]
    ids = {(node_of(one, nodes) or {}).get("node_id") for one in members}
    strangers = sorted({str(one["leader_node"]) for one in shards} - {str(one) for one in ids})
    known = {host for host in hosts if host not in found["unread"]}
    known |= {new} if own == "free" else set()
    unknown = [host for host in dict.fromkeys([*hosts, new]) if host not in known] + strangers
    if not unknown:
        return ["Logs free of errors, the leaders' too"]
    more = len(unknown) - _MOST_LINES
    names = ", ".join(unknown[:_MOST_LINES]) + (f" and {more} more" if more > 0 else "")
    return [
        f"Logs free of errors; not known: {names}" if known else f"Logs not known: {names}",
        f"! Whether the logs of these are free of errors is not known: {names}",
    ]


def complaints(found: Mapping[str, Any], logs: Sequence[Mapping[str, Any]]) -> list[str]:
    """What the logs of leaders complain of, or why they could not be read, a sentence each.

    :param found: the result of `plan.survey`.
    :param logs: of `stemedb_host_info` in a loop over hosts.
    """
    lines = []
    for each in logs:
        host, log = each[each.get("ansible_loop_var", "item")], each.get("log")
        errors = ((log or {}).get("matches") or {}).get("error") or {"count": 1, "lines": []}
        if log is None:
            said = [one["message"] for one in each.get("errors") or ()] or [each.get("msg", "")]
            text = f"its log could not be read: {'; '.join(filter(None, said))}"
        elif errors["count"]:
            count = counted(errors["count"], "line")
            verb = "matches" if errors["count"] == 1 else "match"
            shown = " | ".join(errors["lines"])
            text = f"{count} of its log {verb} stemedb_log_error_pattern: {shown}"
        else:
            continue
        lines.append(
            f"{host}: {text} (it leads shards that {found['replacement']['host']} has taken over)"
        )
    return lines


def lacking(
    shards: Sequence[Mapping[str, Any]], nodes: Sequence[Mapping[str, Any]], factor: int | None
) -> list[str]:
    """The shards that have fewer live replicas than they should, a sentence each.

    Where fewer nodes are Alive than the replication factor, each of them is to have a replica.
    """
    if not factor:
        return ["the replication factor is not known"]
    alive = sum(node["state"] == "Alive" for node in nodes)
    least = min(factor, alive)
    return [
        f"shard {one['shard_id']} has "
        + (
            "an unknown number of live replicas"
            if one["live_replicas"] is None
            else counted(one["live_replicas"], "live replica")
        )
        + f" of {least}"
        for one in shards
        if one["live_replicas"] is None or one["live_replicas"] < least
    ]


def next_steps(step: str, found: Mapping[str, Any], hosts: Mapping[str, Any]) -> list[str]:
    """What to do after a step has failed; the report has the gateway's log below that.

    :param step: confirm, stop, leaders, provision, verify.
    :param found: the result of `plan.survey`.
    :param hosts: of `_diagnose.hosts.diagnose_hosts`, for what their logs say of elections.
    """
    name, new = found["target"]["name"], found["replacement"] or {"host": "the replacement"}
    if step == "leaders":
        return [
            'Shards have no live leader (the guide\'s "Shard Leader Election Issues"): see that '
            f"the nodes of their replicas are Alive. {new['host']} was not touched.",
            *_elections({h: t for h, t in hosts.items() if h != found["target"]["host"]}),
            "If it is stuck, a sync may help: run the playbook stemedb.cluster.heal with -e "
            "stemedb_heal_force=true.",
        ]
    told = {
        "confirm": f"Nothing was changed. {name} is replaced only when it is certainly Dead: "
        "if it came back, there is nothing to replace.",
        "stop": f"stop and disable the service on {found['target']['host']} yourself, or switch "
        f"the host off, then run the same command again. {new['host']} was not touched.",
        "provision": f"{name} is still Dead. Fix the problem named at the top.",
    }
    return [
        told.get(step)
        or f"The new node on {new['host']} has replaced that of {name}, which is not verified to "
        "its end. Fix the problem named at the top, then run the same command again: it verifies "
        "all of it."
    ]


def _elections(hosts: Mapping[str, Any]) -> list[str]:
    """What the logs of gateways and nodes say of elections, as the guide greps for it."""
    lines = []
    for host, told in sorted(hosts.items()):
        shown = [line for key in ("gateway", "probe") for line in _election(told.get(key))]
        lines += [f"{host}: {line}" for line in shown[-_LINES:]]
    if lines:
        return ["Log lines about elections:", *(f"  {line}" for line in lines[:_MOST_LINES])]
    return ["No log mentions elections."]


def _election(probe: Any) -> list[str]:
    log = (probe or {}).get("log") or {}
    return list(((log.get("matches") or {}).get("election") or {}).get("lines") or ())


def inventory_lines(found: Mapping[str, Any], told: Mapping[str, Any]) -> list[str]:
    """What to change in the inventory now.

    :param found: the result of `plan.survey`.
    :param told: `gateway_urls` and `spares` as they are, `groups` the hosts of each group,
        `node_ids` what the inventory says of them.
    """
    target, new = found["target"], found["replacement"]
    lines = []
    if not new["same_host"]:
        lines += group_lines([target["host"]], told["groups"])
        if new["host"] not in told["groups"].get("stemedb_nodes", ()):
            lines.append(f"put {new['host']} into the group stemedb_nodes")
        if new["host"] in told["spares"]:
            lines.append(f"take {new['host']} out of stemedb_spares")
    if told["node_ids"].get(new["host"]) not in (None, "", new["node_id"]):
        lines.append(f"set stemedb_node_id of {new['host']} to {new['node_id']}, or leave it out")
    if found["old_seeds"]:
        old, seed = ", ".join(found["old_seeds"]), ", ".join(found["new_seeds"])
        lines.append(f"put {seed} in the place of {old} in stemedb_seed_nodes")
    gone = [url for url in told["gateway_urls"] if url not in found["gateway_urls"]]
    if gone and not new["same_host"]:
        lines.append(
            f"put the gateway of {new['host']} in the place of {', '.join(gone)} in "
            "stemedb_gateway_url"
        )
    if not lines:
        return ["", "Nothing is left to change in your inventory."]
    return ["", "Change in your inventory:", *(f"  {line}" for line in lines)]


def kept_lines(moved: Sequence[Mapping[str, Any]]) -> list[str]:
    """What was set aside, and the way back.

    :param moved: of `stemedb_set_aside`.
    """
    if not moved:
        return []
    return [
        "",
        "Renamed, not deleted. Delete it once you are sure you do not need it:",
        *(f"  {each['to']}" for each in moved),
    ]
