#!/usr/bin/python
# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: stemedb_node_info
short_description: Nodes of a StemeDB cluster and their shards
version_added: 1.0.0
author: stemedb.cluster contributors (@stemedb)
description:
  - Shows what C(stemedb-admin node list), C(stemedb-admin node NODE_ID info) and C(stemedb-admin
    node NODE_ID shards [--leader]) show, from the view of the first gateway that answers.
options:
  node:
    description:
      - Only this node, named by ID, by a unique prefix of the ID with four characters or more, or
        by address.
      - A node that is not listed is a failure with the code V(not_found).
    type: str
  state:
    description: Only nodes in one of these states, in upper or lower case.
    type: list
    elements: str
    default: []
  role:
    description: Which of a node's replicas RV(nodes[].shards) and RV(nodes[].shard_details) list.
    type: str
    choices: [any, leader, follower]
    default: any
  shard_details:
    description:
      - Also read the size of each listed replica, with one request for each shard, eight at a time.
    type: bool
    default: false
extends_documentation_fragment:
  - stemedb.cluster.gateway
  - stemedb.cluster.gateway.timeout
  - stemedb.cluster.attributes
  - stemedb.cluster.attributes.action_group
  - stemedb.cluster.attributes.info_module
seealso:
  - module: stemedb.cluster.stemedb_shard_info
  - plugin: stemedb.cluster.table
    plugin_type: filter
"""

EXAMPLES = r"""
- name: List all nodes
  stemedb.cluster.stemedb_node_info:
    gateway_url: http://gateway:18181
  register: result

- name: Show the nodes as a table
  ansible.builtin.debug:
    msg: "{{ (result.nodes | stemedb.cluster.table).splitlines() }}"

- name: Identify which shards a node leads
  stemedb.cluster.stemedb_node_info:
    gateway_url: http://gateway:18181
    node: a3f2b1c4
    role: leader

- name: Verify shard replication
  stemedb.cluster.stemedb_node_info:
    gateway_url: http://gateway:18181
    node: node-04
    shard_details: true
"""

RETURN = r"""
nodes:
  description: The nodes, sorted by ID. V(null) is unknown.
  returned: success
  type: list
  elements: dict
  contains:
    node_id:
      description: The id of the node.
      type: str
      sample: a3f2b1c4-6d1e-4d0b-8f3c-2a9d6b7c8e90
    address:
      description: The address of the node, as the gateway lists it.
      type: str
      sample: 10.0.0.4:18182
    state:
      description: V(Alive), V(Suspect) or V(Dead). Any other state is returned as received.
      type: str
      sample: Alive
    incarnation:
      description: The node's incarnation number in the membership protocol.
      type: int
      sample: 2
    shards:
      description: The shards of which the node holds a replica in the given O(role).
      type: list
      elements: int
      sample: [10, 15, 22]
    leader_shards:
      description: The shards that the node leads.
      type: list
      elements: int
      sample: [10]
    follower_shards:
      description: The shards of which the node holds a replica without leading them.
      type: list
      elements: int
      sample: [15, 22]
    shard_details:
      description: The replica of each of RV(nodes[].shards).
      returned: with O(shard_details=true)
      type: list
      elements: dict
      contains:
        shard_id:
          description: The shard.
          type: int
          sample: 10
        role:
          description: V(leader) or V(follower).
          type: str
          sample: leader
        size_bytes:
          description: The size of its replica in bytes.
          type: int
          sample: 52428800
        leader_size_bytes:
          description: The size of the leader's replica in bytes.
          type: int
          sample: 52428800
        complete:
          description: Whether the replica has at least 0.95 of its leader's size.
          type: bool
          sample: true
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

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.replication import (
    REPLICATED_FRACTION,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._module.reader import (
    ReaderSession,
    run_reader,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._present.results import nodes
from ansible_collections.stemedb.cluster.plugins.module_utils._present.shard_details import (
    shard_details,
)


def read(session: ReaderSession) -> dict[str, object]:
    """The result of the module."""
    params, reader = session.params, session.reader()
    snapshot = reader.snapshot()
    found = nodes(snapshot, params["node"], params["state"], params["role"])
    if params["shard_details"]:
        details = reader.details(shard for node in found for shard in node["shards"] or ())
        for node in found:
            node["shard_details"] = shard_details(node, snapshot, details, REPLICATED_FRACTION)
    return {"nodes": found}


def main() -> None:
    """Run the module."""
    run_reader(
        {
            "node": {"type": "str"},
            "state": {"type": "list", "elements": "str", "default": []},
            "role": {"type": "str", "choices": ["any", "leader", "follower"], "default": "any"},
            "shard_details": {"type": "bool", "default": False},
        },
        read,
    )


if __name__ == "__main__":
    main()
