# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a cluster was split, and what must hold for it to be whole again.

Private to stemedb.cluster. Pure. The guide's "Network Partition Scenarios".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.addresses import split_host
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import ALIVE, DEAD
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.names import (
    same_id,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._lock.record import UNFINISHED
from ansible_collections.stemedb.cluster.plugins.module_utils._present.tables import short_ids
from ansible_collections.stemedb.cluster.plugins.plugin_utils._members.declared import (
    Declared,
    split_list,
)

_OPERATION = "heal"
_REASONS = 20


def heal_plan(
    found: Mapping[str, Any],
    views: Sequence[Mapping[str, Any]],
    declared: Sequence[Declared] = (),
    operations: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """What there is to heal.

    :param found: a result of `stemedb_cluster_info` that asked all gateways.
    :param views: what each of them lists, `{url, nodes}` with the nodes of `stemedb_node_info`.
    :param declared: the members that the inventory declares. One that no gateway lists may be where
        none of them looks.
    :param operations: what was done before, oldest first, as `_lock.report.history` lists it. A
        heal that did not finish may have ended before the sync; who was removed does not come back.
    :returns: `needed`; `reasons`, a sentence each; `conditions` for `stemedb_wait`, under which all
        nodes are Alive in all views; `gone`, a sentence for each that is not waited for;
        `observers`, how many nodes' gateways answered.
    """
    answered = [one for one in found["observers"] if one["reachable"]]
    listed = {node["node_id"]: node for view in views for node in view["nodes"]}
    removed = removed_by(operations)
    gone = _gone(views, declared, removed)
    missing = [one for one in declared if not _is_listed(one, listed) and one.host not in removed]
    stay = {node_id: node for node_id, node in listed.items() if node_id not in gone}
    reasons = [
        *(f"{o['url']} does not answer: {o['error']}" for o in _silent(found["observers"])),
        *_not_alive(views, stay),
        *(
            f"{one.host} ({_name(one)}) is declared in the inventory, and no gateway that was "
            "asked lists it"
            for one in missing
        ),
        *_disagreement(found["cluster"]),
        *_unfinished(operations),
    ]
    if not stay:
        reasons.append("no gateway lists a node")
    alive = [*stay, *(_name(one) for one in missing)]
    return {
        "needed": bool(reasons),
        "reasons": _bounded(reasons),
        "conditions": [
            *({"node_alive": name} for name in sorted(alive)),
            {"views_agree": True},
            {"replicas_complete": True},
        ],
        "gone": _bounded([f"{node_id} {why}" for node_id, why in sorted(gone.items())]),
        "observers": len({one["node_id"] for one in answered if one["node_id"] is not None}),
    }


def removed_by(operations: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """The hosts, or ids, that a procedure has taken out of the cluster for good.

    :param operations: what was done before, oldest first.
    """
    removed: set[str] = set()
    for one in operations:
        if one["outcome"] != "succeeded":
            continue
        name = str(one["operation"]).partition(" ")[0]
        # A rolling restart says also which of how many.
        targets = [each.partition(" (")[0] for each in split_list(one.get("target"))]
        if name == "remove_node":
            removed.update(targets)
        elif name == "replace_node" and len(targets) == 2:
            removed.add(targets[0])
            removed.discard(targets[1])
        elif name == "bootstrap":
            removed.clear()
        else:
            removed.difference_update(targets)
    return frozenset(removed)


def _gone(
    views: Sequence[Mapping[str, Any]], declared: Sequence[Declared], removed: frozenset[str]
) -> dict[str, str]:
    """The nodes that are not to come back, by id, and why.

    Each is Dead in every view that lists it: what one side of a partition sees is not enough.
    """
    seen: dict[str, list[Mapping[str, Any]]] = {}
    for view in views:
        for node in view["nodes"]:
            seen.setdefault(node["node_id"], []).append(node)
    alive = {
        node["address"]
        for told in seen.values()
        for node in told
        if all(each["state"] == ALIVE for each in told)
    }
    found = {}
    for node_id, told in seen.items():
        if any(node["state"] != DEAD for node in told):
            continue
        held = [node.get("shards") for node in told]
        hosts = {one.host for one in declared if _is(one, told[0])}
        if told[0]["address"] is not None and told[0]["address"] in alive:
            found[node_id] = f"is Dead, and another node lives at its address {told[0]['address']}"
        elif (hosts & removed or any(same_id(node_id, one) for one in removed)) and not any(held):
            found[node_id] = "is Dead, and was removed or replaced"
        elif declared and not hosts and all(shards == [] for shards in held):
            found[node_id] = "is Dead, holds no shard, and no host of stemedb_nodes is it"
    return found


def _is(one: Declared, node: Mapping[str, Any]) -> bool:
    if one.node_id is not None:
        return same_id(node["node_id"], one.node_id)
    return split_host(node["address"]) in one.names


def _is_listed(one: Declared, listed: Mapping[str, Mapping[str, Any]]) -> bool:
    return any(_is(one, node) for node in listed.values())


def _silent(observers: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [one for one in observers if not one["reachable"] and not one["excluded"]]


def _name(one: Declared) -> str:
    return one.node_id or one.address


def _not_alive(
    views: Sequence[Mapping[str, Any]], listed: Mapping[str, Mapping[str, Any]]
) -> list[str]:
    """Which nodes are not Alive where, a sentence for each state that a view has of some."""
    short = short_ids(listed)
    sentences = []
    for view in views:
        states = {node["node_id"]: node["state"] or "in no known state" for node in view["nodes"]}
        seen: dict[str, list[str]] = {}
        for node_id in sorted(listed):
            state = states.get(node_id, "not listed")
            if state != ALIVE:
                seen.setdefault(state, []).append(short[node_id])
        for state, nodes in sorted(seen.items()):
            verb = "is" if len(nodes) == 1 else "are"
            sentences.append(f"{', '.join(nodes)} {verb} {state} at {view['url']}")
    return sentences


def _disagreement(cluster: Mapping[str, Any]) -> list[str]:
    if cluster["views_agree"] is None:
        return ["whether the views agree is not known"]
    return [] if cluster["views_agree"] else ["the views differ"]


def _unfinished(operations: Iterable[Mapping[str, Any]]) -> list[str]:
    heals = [one for one in operations if one["operation"] == _OPERATION]
    if not heals or heals[-1]["outcome"] not in UNFINISHED:
        return []
    last = heals[-1]
    return [
        f"the heal that began {last['since']} did not finish ({last['outcome']}): whether the "
        f"nodes have compared what they have since is not known"
    ]


def _bounded(reasons: list[str]) -> list[str]:
    more = len(reasons) - _REASONS
    return [*reasons[:_REASONS], *([f"and {more} more"] if more > 0 else [])]
