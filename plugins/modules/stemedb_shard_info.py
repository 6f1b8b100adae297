#!/usr/bin/python
# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: stemedb_shard_info
short_description: Shards of a StemeDB cluster, their leaders and replicas
version_added: 1.0.0
author: stemedb.cluster contributors (@stemedb)
description:
  - Shows what C(stemedb-admin shard list), C(stemedb-admin shard SHARD_ID info) and C(stemedb-admin
    shard SHARD_ID replicas) show, from the view of the first gateway that answers.
options:
  shard:
    description:
      - Only these shards. V(12) and V(shard_12) are the same.
      - A shard that is not listed is a failure with the code V(not_found).
    type: list
    elements: str
    default: []
  node:
    description:
      - Only shards that this node leads or holds a replica of. Named by ID, by a unique prefix of
        the ID with four characters or more, or by address.
    type: str
  leaderless:
    description: Only shards without a leader, or with a leader that is not Alive.
    type: bool
    default: false
  under_replicated:
    description: Only shards with fewer live replicas than the replication factor.
    type: bool
    default: false
  replicas:
    description: Also read the replicas of each listed shard, eight at a time.
    type: bool
    default: false
extends_documentation_fragment:
  - stemedb.cluster.gateway
  - stemedb.cluster.gateway.timeout
  - stemedb.cluster.attributes
  - stemedb.cluster.attributes.action_group
  - stemedb.cluster.attributes.info_module
seealso:
  - module: stemedb.cluster.stemedb_node_info
  - plugin: stemedb.cluster.table
    plugin_type: filter
"""

EXAMPLES = r"""
- name: List all shards
  stemedb.cluster.stemedb_shard_info:
    gateway_url: http://gateway:18181

- name: Show one shard and its replicas
  stemedb.cluster.stemedb_shard_info:
    gateway_url: http://gateway:18181
    shard: 12
    replicas: true

- name: Find the shards without a leader
  stemedb.cluster.stemedb_shard_info:
    gateway_url: http://gateway:18181
    leaderless: true
  register: result
"""

RETURN = r"""
shards:
  description: The shards, sorted by ID. V(null) is unknown.
  returned: success
  type: list
  elements: dict
  contains:
    shard_id:
      description: The shard.
      type: int
      sample: 12
    leader_node:
      description: The ID of the leader, V(null) if there is none.
      type: str
      sample: a3f2b1c4-6d1e-4d0b-8f3c-2a9d6b7c8e90
    replica_nodes:
      description: The ids of the nodes that hold a replica.
      type: list
      elements: str
      sample: [a3f2b1c4-6d1e-4d0b-8f3c-2a9d6b7c8e90]
    size_bytes:
      description: The size of the shard in bytes.
      type: int
      sample: 52428800
    live_replicas:
      description: How many of its replicas are on nodes that are Alive.
      type: int
      sample: 3
    replicas:
      description: Its replicas.
      returned: with O(replicas=true)
      type: list
      elements: dict
      contains:
        node_id:
          description: The node that holds it.
          type: str
          sample: a3f2b1c4-6d1e-4d0b-8f3c-2a9d6b7c8e90
        role:
          description: V(leader) or V(follower).
          type: str
          sample: leader
        state:
          description: The state of the node, V(null) if it is not listed.
          type: str
          sample: Alive
        size_bytes:
          description: The size of the replica in bytes.
          type: int
          sample: 52428800
failure:
  description: The failure, to branch on.
  returned: failure
  type: dict
  contains:
    code:
      description:
        - One of V(config), V(transport), V(tls), V(timeout), V(auth), V(not_found), V(protocol).
      type: str
      sample: not_found
    url:
      description: The URL that was asked, V(null) if there was none.
      type: str
      sample: http://gateway:18181/v1/cluster/status
    status:
      description: The HTTP status, V(null) if there was no answer.
      type: int
      sample: null
    detail:
      description: The text of the gateway or the library, at most 200 characters.
      type: str
      sample: null
requests:
  description: One line for each request - method, URL, status, milliseconds, bytes.
  returned: with C(-vvv)
  type: list
  elements: str
  sample: ["GET http://gateway:18181/v1/admin/ranges 200 3 ms 2104 B"]
"""

from ansible_collections.stemedb.cluster.plugins.module_utils._module.options import shard_ids
from ansible_collections.stemedb.cluster.plugins.module_utils._module.reader import (
    ReaderSession,
    run_reader,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._present.shards import (
    replicas,
    shards,
)


def read(session: ReaderSession) -> dict[str, object]:
    """The result of the module."""
    params, reader = session.params, session.reader()
    only = shard_ids(params["shard"])
    snapshot = reader.snapshot()
    found = shards(snapshot, only, params["node"], params["leaderless"], params["under_replicated"])
    if params["replicas"]:
        details = reader.details(shard["shard_id"] for shard in found)
        for shard in found:
            detail = details.get(shard["shard_id"])
            shard["replicas"] = replicas(detail, snapshot) if detail else None
    return {"shards": found}


def main() -> None:
    """Run the module."""
    run_reader(
        {
            "shard": {"type": "list", "elements": "str", "default": []},
            "node": {"type": "str"},
            "leaderless": {"type": "bool", "default": False},
            "under_replicated": {"type": "bool", "default": False},
            "replicas": {"type": "bool", "default": False},
        },
        read,
    )


if __name__ == "__main__":
    main()
