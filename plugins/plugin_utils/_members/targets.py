# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which nodes an operator means who names hosts or full ids, be they dead, unreachable or gone.

Private to stemedb.cluster. Pure. A target is data: what is known of it comes from the inventory,
from what the others list, and, where its host answers, from there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.addresses import (
    endpoint,
    names_of,
    split_host,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import DEAD
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.names import same_id
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.plugin_utils._members.declared import (
    Declared,
    Nodes,
    near,
    node_of,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._members.identity import (
    Claims,
    member,
)


def find_targets(
    names: Sequence[str],
    members: Iterable[Declared],
    nodes: Nodes | None = None,
    seen: str | None = None,
) -> dict[str, Any]:
    """`{targets, exclude, refused, refusal, lines}`, each target `{name, host, node_id, address}`.

    `exclude` are names by which their gateways are left out of all questions.

    :param names: hosts of the inventory, or full node ids.
    :param members: the declared members, and each host that is named.
    :param nodes: the cluster's; None where nobody was asked yet, when ids are not looked for.
    :param seen: the id of a node that this run has seen, and that may have aged out since.
    """
    by_host = {one.host: one for one in members}
    twice = sorted({name for name in names if names.count(name) > 1})
    refused = f"{', '.join(twice)} is named more than once in stemedb_target." if twice else None
    found = []
    for name in names:
        one = by_host.get(name)
        if one is not None:
            found.append(_target(name, one, one.node_id))
        elif nodes is None:
            found.append(_target(name, None, name))
        else:
            one = next((m for m in by_host.values() if _is(m, name, nodes)), None)
            if name != seen:
                refused = refused or _unknown(name, one, nodes, by_host)
            found.append(_target(name, one, name))
    exclude = [each["address"] or each["name"] for each in found]
    return {"targets": found, "exclude": exclude, **refusal_of(refused)}


def refusal_of(refused: str | None) -> dict[str, Any]:
    """`{refused, refusal, lines}`: why a name means no node, and the same as a plan has it."""
    refusal = f"{refused} Nothing was changed." if refused else ""
    return {"refused": refused, "refusal": refusal, "lines": []}


def _target(name: str, one: Declared | None, node_id: str | None) -> dict[str, Any]:
    return {
        "name": name,
        "host": one.host if one else None,
        "node_id": node_id,
        "address": one.address if one else None,
    }


def _is(one: Declared, node_id: str, nodes: Nodes) -> bool:
    node = node_of(one, nodes)
    return same_id(one.node_id, node_id) or (node is not None and same_id(node["node_id"], node_id))


def _unknown(name: str, one: Declared | None, nodes: Nodes, hosts: Iterable[str]) -> str | None:
    """Why a name that is no host means no node; never seen is not gone."""
    if one is not None or any(same_id(node["node_id"], name) for node in nodes):
        return None
    alike = sorted(
        node["node_id"]
        for node in nodes
        if node["node_id"].startswith(name) or split_host(node["address"]) == split_host(name)
    )
    hint = f" Give the full id: {', '.join(alike)}." if alike else near(name, hosts)
    return (
        f"'{name}' is no host of the inventory, and no gateway lists a node of that full id, so "
        f"nothing says that it ever was a member.{hint}"
    )


def identified(
    target: Mapping[str, Any],
    one: Declared | None,
    probes: Mapping[str, Mapping[str, Any]],
    nodes: Nodes,
    seen: str | None = None,
) -> dict[str, Any]:
    """A target with its id, its state in the worst view, and whether its service runs.

    :param seen: what it was when this run looked before, if nothing says more by now.
    """
    probe = probes.get(target["host"] or "")
    reached = probe is not None and "clock" in probe
    told = dict(target, reachable=reached, refused=None, running=None)
    try:
        if reached and probe is not None and one is not None:
            told["running"] = (probe.get("service") or {}).get("running")
            told["node_id"] = _told_by_host(target, one, probe, nodes, seen)
        elif one is not None and target["node_id"] is None:
            told["node_id"] = _told_by_cluster(one, probe or {}, nodes, seen)
    except StemeDBError as error:
        told["refused"] = error.message
    listed = [node for node in nodes if same_id(node["node_id"], told["node_id"])]
    told["node_id"] = listed[0]["node_id"] if listed else told["node_id"]
    told["state"] = (listed[0]["state"] or "unknown") if listed else None
    told["listed_address"] = listed[0]["address"] if listed else None
    told["is_gone"] = told["state"] in (None, DEAD)
    told["stop"] = told["refused"] is None and (
        told["running"] is not False if reached else not told["is_gone"]
    )
    return told


def _told_by_host(
    target: Mapping[str, Any],
    one: Declared,
    probe: Mapping[str, Any],
    nodes: Nodes,
    seen: str | None,
) -> str:
    node_id = member(
        Claims(
            one.node_id,
            dict(probe),
            [dict(node) for node in nodes],
            names_of(endpoint(one.address).host, probe.get("ports")),
            one.rpc_port,
        )
    )
    wanted = target["node_id"]
    node_id = node_id or seen
    if node_id is None:
        raise StemeDBError(
            "config",
            f"Nothing says that {one.host} is or was a node: it has no file node_id, runs no node, "
            f"and no gateway lists one at {one.address}.",
        )
    if wanted is not None and not same_id(wanted, node_id):
        raise StemeDBError(
            "config",
            f"{one.host} at {one.address} is node {node_id}, not {wanted}. Correct "
            f"stemedb_node_id, or name the node that you mean.",
        )
    return node_id


def _told_by_cluster(
    one: Declared, probe: Mapping[str, Any], nodes: Nodes, seen: str | None
) -> str:
    """Of a host that cannot be asked: the one node at its address."""
    node = node_of(one, nodes)
    if node is None and seen is not None:
        return seen
    if node is None:
        raise StemeDBError(
            "config",
            f"{one.host} cannot be reached ({probe.get('msg') or 'not asked'}), and no gateway "
            f"lists just one node at {one.address}, so which node it was is not known. If it aged "
            f"out, only the inventory has it still: take its host out of there. Else name the node "
            f"by its full id.",
        )
    return str(node["node_id"])
