# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of this collection works with what a gateway tells, and what is missing where it does not.

Private to stemedb.cluster. Pure. About what *can* be known, not about how the cluster fares: a
cluster that is unhealthy and says so is one with which `healthy` works.
"""

from __future__ import annotations

from typing import NamedTuple

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster import predicates as words
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import (
    Health,
    Node,
    Shard,
    Snapshot,
    Status,
    View,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.replication import (
    leader_size,
)

NO_SHARDS = "there are no shards to see it on: check again once there are"


class Told(NamedTuple):
    """What one gateway told, each None where that was not understood.

    :param detail: one shard, asked for by name.
    :param lost: the calls that were not understood.
    """

    health: Health | None = None
    status: Status | None = None
    nodes: tuple[Node, ...] | None = None
    shards: tuple[Shard, ...] | None = None
    detail: Shard | None = None
    lost: tuple[str, ...] = ()


class Ability(NamedTuple):
    """Something that works, does not, or of which that is not known (None), and why."""

    name: str
    works: bool | None
    reason: str = ""


def abilities(told: Told) -> tuple[Ability, ...]:
    """All that depends on the gateway's dialect, in the order of a report."""
    seeing = _lacking(told, "status", "nodes", "ranges")
    deciding = _lacking(told, "health", "status", "nodes", "ranges")
    whole = deciding or _incomplete(told)
    placed = whole + _places(told)
    leaders, factor, sizes = _leaders(told), _factor(told), _sizes(told)
    return tuple(
        _ability(name, gaps)
        for name, gaps in (
            ("stemedb_cluster_info", deciding),
            ("stemedb_node_info", seeing),
            ("stemedb_node_info shard_details", seeing + sizes),
            ("stemedb_shard_info", seeing),
            ("stemedb_shard_info leaderless", seeing + leaders),
            ("stemedb_shard_info under_replicated", seeing + factor + _places(told)),
            ("stemedb_shard_info replicas", seeing + _detail(told)),
            ("lookup and inventory", seeing),
            ("wait healthy", placed + factor + leaders),
            ("wait node_alive", whole),
            ("wait node_dead", whole),
            ("wait node_has_shards", placed),
            ("wait node_replicated", placed + sizes),
            ("wait leaders_elected", whole + leaders),
            ("wait fully_replicated", placed + factor),
            ("wait replicas_complete", placed + sizes),
            ("wait shards_settled", placed),
            ("wait views_agree", placed),
            ("guard before a stop", placed + factor + leaders + sizes),
        )
    )


def _ability(name: str, gaps: list[str]) -> Ability:
    told = [gap for gap in dict.fromkeys(gaps) if gap != NO_SHARDS]
    if told:
        return Ability(name, False, "; ".join(told))
    return Ability(name, None, NO_SHARDS) if gaps else Ability(name, True)


def _lacking(told: Told, *calls: str) -> list[str]:
    lost = [call for call in calls if call in told.lost]
    return [f"not understood: {', '.join(lost)}"] if lost else []


def _incomplete(told: Told) -> list[str]:
    """What keeps every view of this gateway from being complete, so that no wait ever ends."""
    status = (told.status or Status())._replace(nodes=told.nodes)
    view = View("gateway", status, told.shards, told.health)
    verdict = words.complete_view(Snapshot((view,)), expect_shards=bool(told.shards))
    return [f"the gateway {reason.text}" for reason in verdict.reasons]


def _places(told: Told) -> list[str]:
    if not told.shards:
        return [NO_SHARDS]
    hidden = sum(shard.replica_nodes is None for shard in told.shards)
    return [f"{hidden} shards do not say where their replicas are"] if hidden else []


def _leaders(told: Told) -> list[str]:
    if not told.shards:
        return [NO_SHARDS]
    named = any(shard.leader_node is not None for shard in told.shards)
    return [] if named else ["no shard names its leader"]


def _factor(told: Told) -> list[str]:
    if told.status is None or told.status.replication_factor:
        return []
    return ["the replication factor is not told"]


def _detail(told: Told) -> list[str]:
    if told.detail is None:
        return _lacking(told, "shard") or [NO_SHARDS]
    return [] if told.detail.replicas is not None else ["a shard does not list its replicas"]


def _sizes(told: Told) -> list[str]:
    if told.detail is None or told.detail.replicas is None:
        return _detail(told)
    gaps = []
    if any(replica.size_bytes is None for replica in told.detail.replicas):
        gaps.append("the sizes of single replicas are not told")
    if leader_size(told.detail) is None:
        gaps.append("the size of a shard's leader is not told")
    return gaps
