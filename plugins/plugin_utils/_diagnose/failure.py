# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operator reads when a procedure stopped: what failed, what is now, what to do next.

Private to stemedb.cluster. Pure. Nothing here is required to be known: an operation may fail before
anything was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.names import renamer
from ansible_collections.stemedb.cluster.plugins.module_utils._present.alike import alike
from ansible_collections.stemedb.cluster.plugins.module_utils._present.tables import (
    nodes_table,
    numbers,
    size,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose.commands import (
    gateway_log,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose.finding import first
from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose.hosts import (
    host_line,
    summed_up,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose.short import (
    indented,
    shortened,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose.target import (
    target_in_short,
    target_now,
)

_REASONS = 5
_WHY = 15
_NODES = 12
_ALIVE = "Alive"
_OF_GATEWAY_LOG = ("rebalance", "assign", "election", "leader")
_AGAIN = "It is safe to run the same command again: it reads the cluster first and resumes."
_NEXT = "fix the problem named at the top."


def failure_report(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The `lines` of the report, the `short` ones, and the `message` to fail with.

    :param facts: `procedure`, `step` and `failed` (the task's name and its result), `target` (a
        name; None for all), `replaces` (whose place the target is to take), `hosts` (of
        `hosts.diagnose_hosts`), `target_ports` (as stemedb_host_info takes them), `outside`
        (its result where they were tried from elsewhere), `control_host`, `service` and
        `gateway_service`, `names` (by node id), `members` (the hosts of declared members, by node
        id; a name in `names` wins), `before` (the baseline), `exported` (the result of
        stemedb_debug_export, also of one that failed), `shards` (those affected), `next`
        (sentences), `again` (whether to run it again), `written` (whether there is a file). All but
        the first three may be missing.
    """
    facts = {**facts, "names": _names(facts)}
    named = renamer(facts["names"])
    exported = facts.get("exported") or {}
    cluster = exported.get("cluster")
    headline = f"✗ {_headline(facts, _nodes(exported))} Failed step: {facts['step']}"
    why = indented(map(named, _why(facts["failed"])))
    now = list(map(named, _cluster(cluster, facts, exported)))
    lines = [
        "",
        headline,
        *why,
        *target_now(facts),
        *_others(facts),
        "",
        "The cluster now:",
        *indented(now),
        *indented(_affected(facts.get("shards"), cluster)),
        *_table(facts, _nodes(exported)),
        "",
        *_next(facts, cluster or {}),
    ]
    short = shortened(
        [headline, *why[:_REASONS]],
        [*target_in_short(facts), *now[:_REASONS]],
        [*_at_risk(cluster or {}), *_saved(facts), *_do_next(facts)],
    )
    return {"lines": lines, "short": short, "message": _message(facts)}


def _names(facts: Mapping[str, Any]) -> dict[str, str]:
    """How to call each node, by its id."""
    given: Mapping[str, str] = facts.get("names") or {}
    known: Mapping[str, str] = facts.get("members") or {}
    own = set(given.values())
    return {**{node_id: name for node_id, name in known.items() if name not in own}, **given}


def _headline(facts: Mapping[str, Any], nodes: Any) -> str:
    """How it is about the target, which an operator must know before anything else."""
    target, procedure = facts.get("target"), facts["procedure"]
    if not target:
        return f"{procedure} did not finish."
    found = next((node for node in nodes or () if node["node_id"] in _ids(facts, target)), None)
    state = "" if found is None else found["state"] or "of unknown state"
    if procedure == "add_node":
        if nodes is None:
            return f"It is unknown whether {target} is a member."
        return (
            f"{target} is a member and {state}, but not done."
            if found
            else f"{target} was not added."
        )
    replaced = facts.get("replaces")
    it = f"its replacement {target}" if replaced else "it"
    if nodes is None:
        how = f"the state of {it} in the cluster is unknown"
    else:
        how = f"the cluster sees {it} {state}" if found else f"the cluster does not list {it}"
    return f"{procedure} of {replaced or target} did not finish; {how}."


def _ids(facts: Mapping[str, Any], target: str) -> set[str]:
    """The target's node ids; it may be called by one."""
    names: Mapping[str, str] = facts.get("names") or {}
    return {target, *(node_id for node_id, name in names.items() if name == target)}


def _nodes(exported: Mapping[str, Any]) -> Any:
    return (exported.get("overview") or {}).get("nodes")


def _why(failed: Mapping[str, Any]) -> list[str]:
    """The reason as the task told it, of a loop those of its items; of a wait what it lacked."""
    if failed.get("unmet") and (failed.get("failure") or {}).get("code") == "timeout":
        return [*first(_waited(failed), _WHY)]
    of_items = []
    for item in failed.get("results") or ():
        if item.get("failed") or item.get("unreachable"):
            what = item.get("_ansible_item_label") or item.get(item.get("ansible_loop_var", "item"))
            of_items += [f"{what}: {line}" for line in _sentences(item.get("msg") or "failed")]
    # Of a loop Ansible says only that some of it has failed.
    lines = of_items or _sentences(failed.get("msg") or "no reason was given")
    lines += str(failed.get("stderr") or "").splitlines()[-_REASONS:]
    return [*first(lines, _WHY)]


def _waited(failed: Mapping[str, Any]) -> list[str]:
    """How far a wait came, why it ended, and what was unmet then.

    The message of the failure says the last in one line, with the first conditions alone.
    """
    name, unmet = failed["failure"].get("stage") or "", failed["unmet"]
    reason = failed["msg"].partition(f": {unmet[0]['condition']}: ")[0]
    reason = reason.removeprefix(f"{name}: ")
    # A sentence in the message, and here the rest of one.
    ended = f"✗ {name}: {reason[:1].lower()}{reason[1:]}" if name else f"✗ {reason}"
    met = [each for each in failed.get("stages") or () if each["met"]]
    return [
        *(f"✓ {each['name']}: {each['seconds']:.0f} s" for each in met),
        ended,
        *summed_up(unmet),
    ]


def _sentences(reason: Any) -> list[str]:
    if isinstance(reason, str):
        return reason.splitlines()
    if isinstance(reason, Iterable):
        return [line for part in reason for line in _sentences(part)]
    return [str(reason)]


def _others(facts: Mapping[str, Any]) -> list[str]:
    """The other hosts that were looked at, a line each."""
    target, hosts = facts.get("target"), facts.get("hosts") or {}
    lines = [host_line(host, told) for host, told in hosts.items() if host != target]
    return ["", "Other hosts:", *indented(lines)] if lines else []


def _cluster(
    cluster: Mapping[str, Any] | None, facts: Mapping[str, Any], exported: Mapping[str, Any]
) -> list[str]:
    if cluster is None:
        return ["it does not answer", *indented(_sentences(exported.get("msg") or ""))]
    if cluster["healthy"] is True:
        found = ["✓ Cluster is healthy"]
    else:
        sick = cluster["healthy"] is False
        verdict = "✗ Cluster is not healthy" if sick else "? Cluster health is unknown"
        # What the wait lacked is said above.
        unmet = facts["failed"].get("unmet") or ()
        above = alike((thing["subject"], thing["reason"]) for thing in unmet)
        reasons = [reason for reason in cluster["unhealthy_reasons"] if reason not in above]
        found = [f"{verdict}:" if reasons else f"{verdict}.", *indented(reasons[:_REASONS])]
    before = facts.get("before")
    if before and "cluster" in before:  # it may be what a reading that failed has left
        was, now = before["cluster"]["meta_version"], cluster["meta_version"]
        found.append(f"meta_version {_moved(was, now)}")
    return found


def _moved(was: int | None, now: int | None) -> str:
    if was is None or now is None:
        return "is unknown, so it is unknown whether the topology changes"
    if was == now:
        return f"is {now} as before: the topology has not changed, no rebalancing has begun"
    return f"was {was} before and is {now}: the topology changes"


def _affected(shards: Iterable[int] | None, cluster: Mapping[str, Any] | None) -> list[str]:
    """The health of the shards that the procedure is about."""
    affected = sorted({int(shard) for shard in shards or ()})
    if not affected:
        return []
    unwell = _unwell(cluster or {})
    found = f"affected shards: {numbers(affected)}; "
    if unwell is None:
        return [f"{found}their health is unknown"]
    bad = [shard for shard in affected if shard in unwell]
    return [found + (f"unhealthy: {numbers(bad)}" if bad else "all healthy")]


def _unwell(cluster: Mapping[str, Any]) -> set[int] | None:
    kinds = (cluster.get("leaderless_shards"), cluster.get("under_replicated_shards"))
    found: set[int] = set()
    for shards in kinds:
        if shards is None:
            return None
        found |= set(shards)
    return found


def _table(facts: Mapping[str, Any], nodes: Any) -> list[str]:
    """The nodes; of a large cluster those that somebody has to look at."""
    if not nodes:
        return []
    names: Mapping[str, str] = facts.get("names") or {}
    shown = nodes
    if len(nodes) > _NODES:
        its = _ids(facts, facts["target"]) if facts.get("target") else set()
        first = sorted(nodes, key=lambda n: (n["node_id"] not in its, n["state"] == _ALIVE))
        shown = first[:_NODES]
    lines = nodes_table(shown, names, lambda text, _colour: text).splitlines()
    rest = nodes[len(shown) :] and [n for n in nodes if n not in shown]
    alive = sum(node["state"] == _ALIVE for node in rest)
    if rest:
        lines.append(f"and {len(rest)} more nodes, {alive} of them Alive")
    return indented(lines)


def _next(facts: Mapping[str, Any], cluster: Mapping[str, Any]) -> list[str]:
    return [
        *_at_risk(cluster),
        *_do_next(facts),
        *_gateway_log(facts),
        facts.get("again") or _AGAIN,
        *_saved(facts),
    ]


def _at_risk(cluster: Mapping[str, Any]) -> list[str]:
    return [f"At risk: {risk}" for risk in _risks(cluster)]


def _do_next(facts: Mapping[str, Any]) -> list[str]:
    steps = [*_sentences(facts.get("next") or _NEXT)]
    return [f"Next: {steps[0]}", *indented(steps[1:])]


def _gateway_log(facts: Mapping[str, Any]) -> list[str]:
    """Where the gateway's log is; of hosts without systemd only their operator knows."""
    probed = [host for host in (facts.get("hosts") or {}).values() if host.get("probe")]
    if probed and not any(host.get("gateway") for host in probed):
        return [f"For the gateway's side, {gateway_log(None, _OF_GATEWAY_LOG)}."]
    step = gateway_log(facts["gateway_service"], _OF_GATEWAY_LOG)
    return ["For the gateway's side, see its log:", f"  {step}"]


def _saved(facts: Mapping[str, Any]) -> list[str]:
    """Where all of it is."""
    exported = facts.get("exported") or {}
    if not exported.get("dest"):
        return [f"The report could not be saved: {exported.get('msg') or 'the reason is unknown'}"]
    if not facts.get("written", True):
        return ["The report was not saved, because --check writes no file."]
    return [f"The full report is in {exported['dest']} ({size(exported['size_bytes'])})."]


def _risks(cluster: Mapping[str, Any]) -> list[str]:
    leaderless = cluster.get("leaderless_shards")
    under = cluster.get("under_replicated_shards")
    if leaderless is None or under is None:
        return ["unknown. Check the cluster before you change anything."]
    found = []
    if leaderless:
        found.append(f"shards without a live leader: {numbers(leaderless)}")
    if under:
        found.append(
            f"shards with too few live replicas: {numbers(under)}. "
            "Stop no node until they have them."
        )
    return found or ["nothing. Every shard has a live leader and all its replicas."]


def _message(facts: Mapping[str, Any]) -> str:
    """What to fail with: it is printed below the report, and says nothing of it again."""
    return f"{facts['procedure']} did not finish: see the report above."
