# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster's health on one screen: nodes, unhealthy shards, observers, a verdict.

Private to stemedb.cluster. Pure. The guide's "Check cluster health".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.names import renamer
from ansible_collections.stemedb.cluster.plugins.module_utils._present.tables import (
    Paint,
    counted,
    nodes_table,
    shards_table,
)

_REASONS = 10
_VERDICTS = {
    True: "✓ Cluster is healthy",
    False: "✗ Cluster is not healthy",
    None: "? Cluster health is unknown",
}


def health_report(
    found: Mapping[str, Any],
    nodes: Sequence[Mapping[str, Any]] | None,
    paint: Paint,
    names: Mapping[str, str] | None = None,
) -> list[str]:
    """The lines.

    :param found: a result of `stemedb_cluster_info`.
    :param nodes: of `stemedb_node_info`; None for those of the result's overview.
    :param names: how to call a node, by its id.
    """
    names = names or {}
    named = renamer(names)
    cluster, overview = found["cluster"], found.get("overview") or {}
    shown = overview["nodes"] if nodes is None else nodes
    unwell = overview.get("unwell_shards", [])
    more = overview.get("unwell_shard_count", 0) - len(unwell)
    lines = [""]
    if shown is not None:
        lines += nodes_table(shown, names, paint).splitlines()
    if unwell:
        lines += shards_table(unwell, names, paint).splitlines()
    if more:
        lines.append(f"and {more} more unhealthy shards")
    lines += [_observer(observer) for observer in found["observers"]]
    lines += [
        "",
        f"Cluster {_text(cluster['name'])}: {_text(cluster['node_count'])} nodes, "
        f"{_text(cluster['shard_count'])} shards, replication factor "
        f"{_text(cluster['replication_factor'])}, meta_version {_text(cluster['meta_version'])}",
        paint(
            _VERDICTS[cluster["healthy"]],
            {True: "green", False: "red", None: "yellow"}[cluster["healthy"]],
        ),
    ]
    away = [node for node in shown or () if node["state"] != "Alive"]
    lines += [f"  {_away(node, names)}" for node in away[:_REASONS]]
    if len(away) > _REASONS:
        lines.append(f"  and {len(away) - _REASONS} more nodes that are not Alive")
    reasons = cluster["unhealthy_reasons"]
    lines += [f"  {named(reason)}" for reason in reasons[:_REASONS]]
    if len(reasons) > _REASONS:
        lines.append(f"  and {len(reasons) - _REASONS} more reasons")
    return lines


def _away(node: Mapping[str, Any], names: Mapping[str, str]) -> str:
    where = f" at {node['address']}" if node.get("address") else ""
    known = node["shards"] is not None
    idle = known and not node["shards"]
    who = f"Node {node['node_id']}"
    if node["node_id"] in names:
        who = f"{names[node['node_id']]} (node {node['node_id']})"
    return f"{who}{where} is {node['state']}" + (" and holds no shard" * idle)


def _observer(observer: Mapping[str, Any]) -> str:
    if observer["excluded"]:
        return f"Observer {observer['url']}: not asked"
    if not observer["reachable"]:
        return f"Observer {observer['url']}: {observer['error']}"
    count = observer["node_count"]
    nodes = "unknown nodes" if count is None else counted(count, "node")
    return (
        f"Observer {observer['url']}: counts {nodes}, "
        f"meta_version {_text(observer['meta_version'])}"
    )


def _text(value: Any) -> str:
    return "unknown" if value is None else str(value)
