# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a node holds of each of its shards, and how complete. Private to stemedb.cluster. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import (
    FOLLOWER,
    LEADER,
    Shard,
    Snapshot,
    View,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.replication import (
    complete,
    leader_size,
    measure,
)


def shard_details(
    node: Mapping[str, Any], snapshot: Snapshot, details: Mapping[int, Shard], fraction: float
) -> list[dict[str, Any]]:
    """The `shard_details` of one node: what it holds of each of its `shards`, and how complete.

    :param node: one entry of `nodes`, of this snapshot.
    :param details: the shards that were asked for by name; one that is gone by now is left out.
    """
    found = []
    first = snapshot.views[0]
    detailed = View(first.url, first.status, first.shards, first.health, tuple(details.values()))
    asked = Snapshot((detailed,))
    for shard_id in node["shards"] or ():
        if shard_id not in details:
            continue
        shard = details[shard_id]
        mine = [r for r in shard.replicas or () if r.node_id == node["node_id"]]
        size = mine[0].size_bytes if mine else None
        measured = measure(shard_id, asked, fraction)
        found.append(
            {
                "shard_id": shard_id,
                "role": LEADER if shard.leader_node == node["node_id"] else FOLLOWER,
                "size_bytes": size,
                "leader_size_bytes": leader_size(shard),
                "complete": complete(size, measured.goal, fraction),
            }
        )
    return found
