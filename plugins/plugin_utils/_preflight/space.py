# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the shards that will be moved to a host fit on its disk, as findings.

Private to stemedb.cluster. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.addresses import endpoint
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import ALIVE
from ansible_collections.stemedb.cluster.plugins.module_utils._findings import ERROR, Finding
from ansible_collections.stemedb.cluster.plugins.module_utils._present.tables import disk_size
from ansible_collections.stemedb.cluster.plugins.plugin_utils._preflight.facts import (
    Facts,
    Settings,
    node_id,
    own_names,
)


def shard_space(settings: Settings, facts: Facts) -> Iterator[Finding]:
    """The host's share of all replicas, and headroom, against what is free."""
    cluster = (facts.cluster or {}).get("cluster")
    if not cluster or facts.members is None:
        return  # that nothing is known of the cluster is a finding of its own
    shards, factor = facts.shards, cluster.get("replication_factor")
    unknown = _unknown(shards, factor, cluster.get("shard_count"))
    if unknown or shards is None:
        yield Finding(
            "unknown_shard_space",
            ERROR,
            "disk",
            f"how much data will be moved here is not known: {unknown}. Compare the sizes of "
            "stemedb_shard_info with the free space by hand, then accept this kind.",
        )
        return
    nodes = _nodes_after(settings, facts)
    total = sum(shard["size_bytes"] for shard in shards)
    largest = max((shard["size_bytes"] for shard in shards), default=0)
    # A shard lies on a node once, and is not divided.
    share = max(total * min(factor, nodes) / nodes, largest)
    wanted = share * (1 + settings.disk_headroom) - _held(settings, facts, shards)
    for space in facts.probe.get("free_space") or ():
        if space["free_bytes"] < wanted:
            yield Finding(
                "shard_space",
                ERROR,
                space["path"],
                f"{disk_size(space['free_bytes'])} free at {space['checked_path']}, "
                f"{disk_size(wanted)} required: of {disk_size(total)} in {len(shards)} shards, "
                f"{factor} replicas each, about {disk_size(share)} will lie here, "
                f"as one of {nodes} nodes, and "
                f"{settings.disk_headroom:.0%} more is headroom. Add space, or look at "
                "stemedb_disk_headroom.",
            )


def _unknown(shards: list[dict[str, Any]] | None, factor: int | None, count: int | None) -> str:
    """What is missing for the sum, nothing if nothing is."""
    if shards is None:
        return "the gateway does not list the shards"
    if count != len(shards):
        return (
            f"the gateway lists {len(shards)} shards and counts {'?' if count is None else count}"
        )
    unsized = [str(shard["shard_id"]) for shard in shards if shard.get("size_bytes") is None]
    if unsized:
        return f"it does not say the size of {len(unsized)} shards, such as {unsized[0]}"
    if factor is None:
        return "it does not say the replication factor"
    return ""


def _nodes_after(settings: Settings, facts: Facts) -> int:
    """The Alive members and the host, once."""
    own = own_names(settings, facts)
    others = [
        member
        for member in facts.members or ()
        if member.get("state") == ALIVE
        and member["node_id"] != node_id(settings, facts)
        and endpoint(member.get("address")).host not in own
    ]
    return len(others) + 1


def _held(settings: Settings, facts: Facts, shards: list[dict[str, Any]]) -> int:
    """Bytes that a member which comes back has on its disk already."""
    data = facts.probe.get("data_dir")
    own = node_id(settings, facts)
    if data is None or data["empty"] or own is None:
        return 0
    return sum(shard["size_bytes"] for shard in shards if own in (shard.get("replica_nodes") or ()))
