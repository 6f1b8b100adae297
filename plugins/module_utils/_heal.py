# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a cluster was split, and what must hold for it to be whole again.

Private to stemedb.cluster. Pure. The guide's "Network Partition Scenarios".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._lock import UNFINISHED
from ansible_collections.stemedb.cluster.plugins.module_utils._model import ALIVE, Node
from ansible_collections.stemedb.cluster.plugins.module_utils._names import find_node, short_ids

_OPERATION = "heal"
_REASONS = 20


def heal_plan(
    found: Mapping[str, Any],
    views: Sequence[Mapping[str, Any]],
    declared: Iterable[Mapping[str, Any]] = (),
    operations: Iterable[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """What there is to heal.

    :param found: a result of `stemedb_cluster_info` that asked all gateways.
    :param views: what each of them lists, `{url, nodes}` with the nodes of `stemedb_node_info`.
    :param declared: the members that the inventory declares, `{host, address, node_id}`, of which
        the id may be None. One that no gateway lists may be where none of them looks.
    :param operations: what was done before, oldest first, as `_lock_report.history` lists it. A
        heal that did not finish may have ended before the sync.
    :returns: `needed`; `reasons`, a sentence each; `conditions` for `stemedb_wait`, under which all
        nodes are Alive in all views; `observers`, how many nodes' gateways answered.
    """
    answered = [one for one in found["observers"] if one["reachable"]]
    listed = {node["node_id"]: node for view in views for node in view["nodes"]}
    members = [Node(node_id, node["address"]) for node_id, node in sorted(listed.items())]
    missing = [one for one in declared if not _is_listed(one, members)]
    reasons = [
        *(f"{o['url']} does not answer: {o['error']}" for o in _silent(found["observers"])),
        *_not_alive(views, listed),
        *(
            f"{one['host']} ({_name(one)}) is declared in the inventory and listed by no gateway"
            for one in missing
        ),
        *_disagreement(found["cluster"]),
        *_unfinished(operations),
    ]
    if not listed:
        reasons.append("no gateway lists a node")
    alive = [*listed, *(_name(one) for one in missing)]
    return {
        "needed": bool(reasons),
        "reasons": _bounded(reasons),
        "conditions": [
            *({"node_alive": name} for name in sorted(alive)),
            {"views_agree": True},
        ],
        "observers": len({one["node_id"] for one in answered if one["node_id"] is not None}),
    }


def _silent(observers: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [one for one in observers if not one["reachable"] and not one["excluded"]]


def _is_listed(one: Mapping[str, Any], members: list[Node]) -> bool:
    if one.get("node_id"):
        return any(node.node_id == one["node_id"] for node in members)
    return find_node(one["address"], members) is not None


def _name(one: Mapping[str, Any]) -> str:
    return str(one.get("node_id") or one["address"])


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
