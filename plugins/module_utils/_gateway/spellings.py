# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All spellings of a gateway: for whoever compares its answers with the contract, or masks them.

Private to stemedb.cluster. Pure.
"""

from __future__ import annotations

from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.decode import (
    NODE_ADDRESS,
    NODE_ID,
    NODE_LIST,
    NODE_STATE,
    SHARD_ID,
    SHARD_LEADER,
    SHARD_LIST,
    SHARD_REPLICAS,
    SIZE,
    STATUS,
)

# Read-only, and asked by the contract check alone: what other gateways of this kind might call it.
# One that answers as it should is proposed for the `endpoints` option.
GUESSES: dict[str, tuple[str, ...]] = {
    "health": ("/health", "/healthz", "/v1/admin/health"),
    "status": ("/v1/status", "/v1/cluster", "/v1/admin/status"),
    "nodes": ("/v1/cluster/nodes", "/v1/cluster/members", "/v1/members"),
    "ranges": ("/v1/ranges", "/v1/shards", "/v1/admin/shards", "/v1/cluster/shards"),
    "shard": ("/v1/admin/shards/{shard}", "/v1/admin/ranges/{shard}", "/v1/ranges/{shard}"),
}
METRICS_PATH = "/metrics"

# All keys that are read, by the object they stand in: the usual name of a field, its spellings.
FIELDS: dict[str, dict[str, tuple[str, ...]]] = {
    "health": {"status": ("status",)},
    "status": {name: (name,) for name in STATUS},
    "node": {
        "node_id": NODE_ID,
        "addr": NODE_ADDRESS,
        "state": NODE_STATE,
        "incarnation": ("incarnation",),
    },
    "shard": {
        "shard_id": SHARD_ID,
        "leader_node": SHARD_LEADER,
        "replicas": SHARD_REPLICAS,
        "size_bytes": SIZE,
    },
    "replica": {"node_id": NODE_ID, "role": ("role",), "size_bytes": SIZE},
}
# The names under which a list may be wrapped, by the call.
LISTS: dict[str, tuple[str, ...]] = {"nodes": NODE_LIST, "ranges": SHARD_LIST}
