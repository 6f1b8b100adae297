# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole cluster as one screen wants it: small, however many shards there are.

Private to stemedb.cluster. Pure. Ansible looks at each value of a result several times: the lists
of what each node holds take it longer than reading the cluster.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import Snapshot
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.shards import (
    leaderless,
    under_replicated,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._present.results import nodes
from ansible_collections.stemedb.cluster.plugins.module_utils._present.shards import shard_rows
from ansible_collections.stemedb.cluster.plugins.module_utils._present.tables import numbers

# More rows than this are no overview.
MOST_SHARDS = 20


def overview(snapshot: Snapshot) -> dict[str, Any]:
    """The `overview` of `stemedb_cluster_info`."""
    alive, factor = snapshot.alive, snapshot.fact("replication_factor")
    unwell = [
        shard
        for shard in snapshot.shards.values()
        if leaderless(shard, alive) or under_replicated(shard, alive, factor)
    ]
    listed = all(view.status.nodes is not None for view in snapshot.views)
    return {
        "nodes": [_node(node) for node in nodes(snapshot)] if listed else None,
        "unwell_shards": shard_rows(snapshot, sorted(unwell)[:MOST_SHARDS]),
        "unwell_shard_count": len(unwell),
    }


def _node(node: Mapping[str, Any]) -> dict[str, Any]:
    leads, follows = node["leader_shards"], node["follower_shards"]
    return {
        "node_id": node["node_id"],
        "address": node["address"],
        "state": node["state"],
        "shards": None if node["shards"] is None else numbers(node["shards"]),
        "leader_shards": None if leads is None else len(leads),
        "follower_shards": None if follows is None else len(follows),
    }
