# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is true of one shard: live replicas, under-replicated, leaderless.

Private to stemedb.cluster. Pure. Apart from `predicates` because a module that lists shards needs
no more, and everything that a module imports is packed, sent and compiled each time it runs.
"""

from __future__ import annotations

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import Shard


def live_replicas(shard: Shard, alive: frozenset[str]) -> int | None:
    """How many replicas are on nodes that every asked observer reads Alive; None if unknown."""
    if shard.replica_nodes is None:
        return None
    return sum(map(alive.__contains__, shard.replica_nodes))


def under_replicated(shard: Shard, alive: frozenset[str], factor: int | None) -> bool | None:
    """Whether it has fewer live replicas than the replication factor; None if either is unknown."""
    live = live_replicas(shard, alive)
    # A factor of 0 would be met by no replicas at all: that is no factor.
    return None if live is None or not factor else live < factor


def leaderless(shard: Shard, alive: frozenset[str]) -> bool:
    """Whether it has no leader, or one that is not Alive. An unknown leader is no leader."""
    return shard.leader_node is None or shard.leader_node not in alive
