# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operator reads of a removal: who goes, which shards that touches, what to do afterwards.

Private to stemedb.cluster. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import ALIVE, DEAD
from ansible_collections.stemedb.cluster.plugins.module_utils._findings import judgement_lines
from ansible_collections.stemedb.cluster.plugins.module_utils._present.tables import (
    counted,
    numbers,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._members.declared import group_lines

# The steps of the procedure before it waits, as `next_steps` is told of them.
BEFORE = ("survey", "checks", "drain")
STOPPING = "stop"


def survey_lines(found: Mapping[str, Any], check: bool) -> list[str]:
    """Who is to be removed, and what speaks against it.

    :param found: the result of `plan.survey`.
    """
    lines = ["", "To remove:"]
    lines += [f"  {_who(each, check)}" for each in found["targets"]]
    return lines + judgement_lines(found)


def _who(target: Mapping[str, Any], check: bool) -> str:
    if target["refused"]:
        return f"{target['name']}: its identity is not certain"
    node = f"{target['name']} is node {target['node_id']}"
    state = "no longer listed by any gateway"
    if target["state"]:
        state = f"listed as {target['state']}"
    service = {
        True: "its service runs",
        False: "its service does not run",
        None: "it is unknown whether its service runs",
    }[target["running"]]
    if not target["reachable"]:
        service = (
            "its host cannot be reached" if target["host"] else "the inventory has no host for it"
        )
    what = "nothing is left to stop; the cluster without it is verified"
    if target["stop"]:
        verb = "would be" if check else "will be"
        what = f"it {verb} stopped and disabled; then the cluster re-replicates its shards"
    return f"{node}, {state}; {service}: {what}"


def impact_lines(name: str, impact: Mapping[str, Any]) -> list[str]:
    """Which shards the node leads and follows, and which of them are critical.

    :param impact: a result of `stemedb_impact_info`.
    """
    shards = impact["shards"]
    led = [one["shard_id"] for one in shards if one["led_by_target"]]
    followed = [one["shard_id"] for one in shards if not one["led_by_target"]]
    least = [
        one["shard_id"]
        for one in shards
        if one["good_after"] is not None
        and one["required"] is not None
        and one["good_after"] <= one["required"]
    ]
    return [
        "",
        f"{name} holds replicas of {counted(len(shards), 'shard')}:",
        f"  leads    {numbers(led) or '-'}  (each needs a new leader)",
        f"  follows  {numbers(followed) or '-'}  (each needs another replica)",
        "Critical for the time in between:",
        f"  led by it               {numbers(led) or '-'}",
        f"  left with their minimum {numbers(least) or '-'}",
        f"Nodes that remain Alive: {_text(impact['alive_after'])}",
    ]


def inventory_lines(
    found: Mapping[str, Any], gateway_urls: Sequence[str], groups: Mapping[str, Sequence[str]]
) -> list[str]:
    """What to change in the inventory now.

    :param found: the result of `plan.survey`.
    :param gateway_urls: `stemedb_gateway_url` as it is.
    :param groups: as in `group_lines`.
    """
    hosts = [each["host"] for each in found["targets"] if each["host"]]
    gone = [url for url in gateway_urls if url not in found["gateway_urls"]]
    lines = ["", "Change in your inventory:", *(f"  {x}" for x in group_lines(hosts, groups))]
    if found["old_seeds"]:
        lines.append(f"  take {', '.join(found['old_seeds'])} out of stemedb_seed_nodes")
    if gone:
        lines.append(f"  take {', '.join(gone)} out of stemedb_gateway_url")
    return lines if len(lines) > 2 else ["", "Nothing is left to change in your inventory."]


def seed_lines(results: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """What became of the seed lists of the remaining members.

    :param results: by host, `{changed: [files], left: [files], problem}`.
    """
    lines = []
    for host, result in sorted(results.items()):
        if result.get("problem"):
            lines.append(f"  {host}: not written: {result['problem']}")
            continue
        if result.get("changed"):
            lines.append(f"  {host}: written, for its next start: {', '.join(result['changed'])}")
        if result.get("left"):
            lines.append(
                f"  {host}: left as it is, because it differs from the inventory in more than its "
                f"seeds: {', '.join(result['left'])}"
            )
    return (
        ["", "Seed lists of the remaining members (nothing was restarted):", *lines]
        if lines
        else []
    )


def next_steps(
    step: str, target: Mapping[str, Any], unmet: Sequence[Mapping[str, Any]]
) -> list[str]:
    """What to do after a step has failed; the report has the gateway's log below that.

    :param step: one of the steps above, `data`, or the stage of the wait that did not hold.
    :param target: one of the targets of `plan.survey`.
    :param unmet: of the wait that failed, or nothing.
    """
    name, host = target["name"], target["host"] or "its host"
    if step in BEFORE:
        kept = "It may be drained already." if step == "drain" else "Nothing was changed."
        return [
            f"{kept} {name} was not stopped. Fix the problem named at the top, then run the same "
            "command again."
        ]
    told = _STEPS.get(step)
    lines = told(target, unmet) if told else []
    if step == STOPPING:
        lines.append(
            f"The lines above say whether {name} was stopped. Fix the problem, then run again."
        )
    elif step == "data":
        lines.append(f"The cluster is healthy without {name}. Only its data on {host} is left.")
    else:
        lines.append(
            f"{name} is stopped and its data is kept. To undo the removal, enable and start its "
            f"service on {host}; it joins again with its data."
        )
    return lines


def _dead(target: Mapping[str, Any], unmet: Sequence[Mapping[str, Any]]) -> list[str]:
    name = target["name"]
    reasons = " ".join(str(each["reason"]) for each in unmet)
    if "Suspect" in reasons:
        where = target["address"] or name
        return [
            f"{name} stays Suspect: some members still receive messages about it (the guide's "
            '"Node Stuck in Suspect State"). Look at',
            f"  the network between the members    ping -c 10 {where}",
            "  load on the members                top -bn1 | head -20",
            f"  the gossip port                    nc -zv {where} 18183",
        ]
    if f"is {ALIVE}" in reasons:
        return [
            f"{name} is still reported as {ALIVE}, although its service was stopped: look for "
            f"another process with the id {target['node_id']}, on its host or elsewhere.",
        ]
    if f"is {DEAD}" not in reasons and reasons:
        return ["The views differ or are not complete: first fix the gateways that are named."]
    return []


def _leaders(_target: Mapping[str, Any], _unmet: Sequence[Mapping[str, Any]]) -> list[str]:
    return [
        'Shards have no live leader (the guide\'s "Shard Leader Election Issues"): see that the '
        "nodes of their replicas are Alive, and look for failed elections in the gateway's log.",
        "A sync may help: run the playbook stemedb.cluster.heal with -e stemedb_heal_force=true.",
    ]


def _replicas(_target: Mapping[str, Any], _unmet: Sequence[Mapping[str, Any]]) -> list[str]:
    return [
        "Shards have fewer copies than they should (the guide's "
        '"Shard Rebalancing Not Occurring"): '
        "stop no other node until they have them. Check disk space on the members, and the "
        "gateway's log for assignments.",
    ]


# By the stages of the role's wait.
_STEPS = {
    "Dead or gone in every view": _dead,
    "New leaders elected": _leaders,
    "Replicas reassigned": _replicas,
    "Every replica complete": _replicas,
    "Healthy and stable": _replicas,
}


def _text(value: Any) -> str:
    return "unknown" if value is None else str(value)
