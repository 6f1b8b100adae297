#!/usr/bin/python
# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: stemedb_cluster_info
short_description: Health and state of a StemeDB cluster
version_added: 1.0.0
author: stemedb.cluster contributors (@stemedb)
description:
  - Shows what C(stemedb-admin cluster health) and C(stemedb-admin cluster status) show, from the
    views of all named gateways, and whether they agree.
  - RV(cluster.healthy) is V(true) only if everything that it depends on is known. If a gateway did
    not answer or left out a field, it is V(null), which is not healthy.
options:
  overview:
    description:
      - Whether RV(overview) is returned. It needs no further requests, and stays short in a large
        cluster.
    type: bool
    default: false
  gather:
    description:
      - What else is returned from the same sample of all gateways - V(nodes) for RV(nodes),
        V(shards) for RV(shards) and V(heat_map) for RV(heat_map). Each fact is that of the worst
        view.
      - Use it for data that is compared before and after a change, because all of it is from one
        moment and from all gateways.
    type: list
    elements: str
    choices: [nodes, shards, heat_map]
    default: []
  resolve:
    description:
      - Hosts, or addresses with a port, to resolve to addresses on the host that asks, in addition
        to the hosts of the listed nodes. With it, RV(resolved) is returned.
    type: list
    elements: str
extends_documentation_fragment:
  - stemedb.cluster.gateway
  - stemedb.cluster.gateway.cluster_name
  - stemedb.cluster.gateway.timeout
  - stemedb.cluster.observers
  - stemedb.cluster.attributes
  - stemedb.cluster.attributes.action_group
  - stemedb.cluster.attributes.info_module
seealso:
  - module: stemedb.cluster.stemedb_node_info
  - module: stemedb.cluster.stemedb_shard_info
  - module: stemedb.cluster.stemedb_wait
"""

EXAMPLES = r"""
- name: Check cluster health
  stemedb.cluster.stemedb_cluster_info:
    gateway_url: http://gateway:18181
  register: result
  failed_when: result.cluster.healthy is not true

- name: Read the cluster for a report
  stemedb.cluster.stemedb_cluster_info:
    gateway_url: http://gateway:18181
    overview: true
  register: result

- name: Show the report
  stemedb.cluster.stemedb_show:
    lines: "{{ result | stemedb.cluster.health_report }}"

- name: Read the cluster before a change
  stemedb.cluster.stemedb_cluster_info:
    gateway_url: [http://node-01:18181, http://node-02:18181]
    gather: [nodes, shards]
  register: before

- name: Compare what the gateways of both segments see
  stemedb.cluster.stemedb_cluster_info:
    gateway_url:
      - http://node-01:18181
      - http://node-04:18181
  register: result
  failed_when: result.cluster.views_agree is not true
"""

RETURN = r"""
cluster:
  description: The cluster. V(null) is unknown, or observers differ.
  returned: success
  type: dict
  contains:
    name:
      description: The name of the cluster.
      type: str
      sample: prod
    status:
      description: The state of the cluster as the gateways report it.
      type: str
      sample: healthy
    healthy:
      description:
        - Whether the gateways report healthy, no shard is leaderless or under-replicated, and all
          views agree. V(null) is unknown.
      type: bool
      sample: true
    unhealthy_reasons:
      description:
        - Why RV(cluster.healthy) is not V(true), at most 100 sentences. What several shards or
          gateways have in common is one.
      type: list
      elements: str
      sample: []
    node_count:
      description: The number of nodes as the gateways count them. Some count only those Alive.
      type: int
      sample: 3
    shard_count:
      description: The number of shards.
      type: int
      sample: 24
    replication_factor:
      description: How many replicas each shard should have.
      type: int
      sample: 3
    meta_version:
      description: Increments when the topology changes. Observers can differ for a while.
      type: int
      sample: 41
    nodes_by_state:
      description: How many nodes are in each state, each node in its worst view.
      type: dict
      contains:
        Alive:
          description: The number of nodes that every observer reports as Alive.
          type: int
          sample: 3
        Suspect:
          description: The number of nodes that are suspected.
          type: int
          sample: 0
        Dead:
          description: The number of nodes that are Dead and still listed.
          type: int
          sample: 0
        other:
          description: The number of nodes in any other state, or in an unknown one.
          type: int
          sample: 0
    leaderless_shards:
      description: The shards without a leader, or with a leader that is not Alive.
      type: list
      elements: int
      sample: []
    under_replicated_shards:
      description: The shards with fewer live replicas than the replication factor.
      type: list
      elements: int
      sample: []
    views_agree:
      description: Whether all observers see the same nodes, states, leaders and replica sets.
      type: bool
      sample: true
nodes:
  description: The nodes, see RV(stemedb.cluster.stemedb_node_info#module:nodes).
  returned: with V(nodes) in O(gather)
  type: list
  elements: dict
shards:
  description: The shards, see RV(stemedb.cluster.stemedb_shard_info#module:shards).
  returned: with V(shards) in O(gather)
  type: list
  elements: dict
heat_map:
  description:
    - Which node holds how many replicas of which shards, in at most 200 columns of neighboring
      shard IDs. V(null) if a gateway gives no node list or no shard list.
  returned: with V(heat_map) in O(gather)
  type: dict
  contains:
    shard_count:
      description: The number of shards.
      type: int
      sample: 24
    shards_per_column:
      description: The number of shards in each column. The last column may have fewer.
      type: int
      sample: 1
    columns:
      description: The first and the last shard ID of each column.
      type: list
      elements: str
      sample: ["0-99", "100-199"]
    rows:
      description:
        - The nodes, sorted by ID, at most 300. Of more nodes those that are not Alive, and those
          with the most and the fewest replicas.
      type: list
      elements: dict
      contains:
        node_id:
          description: The ID of the node.
          type: str
          sample: a3f2b1c4-6d1e-4d0b-8f3c-2a9d6b7c8e90
        state:
          description: The state of the node. V(null) if it is not listed.
          type: str
          sample: Alive
        replicas:
          description: How many replicas of the shards of each column the node holds.
          type: str
          sample: 1 0 1 1
        leaders:
          description: How many shards of each column the node leads.
          type: str
          sample: 0 0 1 0
    rows_left_out:
      description: How many nodes have no row.
      type: int
      sample: 0
overview:
  description:
    - All nodes, and the shards that are leaderless or under-replicated, each in its worst view.
  returned: success and O(overview=true)
  type: dict
  contains:
    nodes:
      description: The nodes, sorted by ID. V(null) if a gateway gives no node list.
      type: list
      elements: dict
      contains:
        node_id:
          description: The id of the node.
          type: str
          sample: a3f2b1c4-6d1e-4d0b-8f3c-2a9d6b7c8e90
        address:
          description: The address of the node, as the gateways list it.
          type: str
          sample: 10.0.0.4:18182
        state:
          description: V(Alive), V(Suspect), V(Dead) or another state that the gateways report.
          type: str
          sample: Alive
        shards:
          description: The shards that the node holds, as one short text. V(null) if unknown.
          type: str
          sample: 0-3,7
        leader_shards:
          description: How many of them the node leads. V(null) if unknown.
          type: int
          sample: 2
        follower_shards:
          description: How many of them the node follows. V(null) if unknown.
          type: int
          sample: 3
    unwell_shards:
      description:
        - The first 20 shards that are leaderless or under-replicated, with the fields of
          RV(stemedb.cluster.stemedb_shard_info#module:shards).
      type: list
      elements: dict
      sample: []
    unwell_shard_count:
      description: How many shards are leaderless or under-replicated.
      type: int
      sample: 0
resolved:
  description:
    - By name in lower case, the addresses that the name resolves to on the host that asks. An empty
      list if there are none.
  returned: success and O(resolve) is given
  type: dict
  sample:
    node-04: [10.0.0.4]
observers:
  description: The gateways, with the result of asking each.
  returned: success
  type: list
  elements: dict
  contains:
    url:
      description: The gateway.
      type: str
      sample: http://gateway:18181
    node_id:
      description: The member at whose address the gateway is, V(null) if that is not unique.
      type: str
      sample: a3f2b1c4-6d1e-4d0b-8f3c-2a9d6b7c8e90
    reachable:
      description: Whether it answered.
      type: bool
      sample: true
    excluded:
      description: Whether the gateway was not asked because its node is in O(exclude_nodes).
      type: bool
      sample: false
    error:
      description: Why it did not answer.
      type: str
      sample: null
    node_count:
      description: How many nodes the gateway counts.
      type: int
      sample: 3
    meta_version:
      description: The version of the topology that the gateway knows.
      type: int
      sample: 41
failure:
  description: The failure, to branch on.
  returned: failure
  type: dict
  contains:
    code:
      description:
        - One of V(config), V(transport), V(tls), V(timeout), V(auth), V(not_found), V(protocol).
      type: str
      sample: transport
    url:
      description: The URL that was asked, V(null) if there was none.
      type: str
      sample: http://gateway:18181/v1/health
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
  sample: ["GET http://gateway:18181/v1/health 200 3 ms 21 B"]
"""

from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.hosts import resolved
from ansible_collections.stemedb.cluster.plugins.module_utils._module.decider import (
    Session,
    run_decider,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._module.options import (
    cluster_name_spec,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._present.observers import observers
from ansible_collections.stemedb.cluster.plugins.module_utils._present.overview import overview
from ansible_collections.stemedb.cluster.plugins.module_utils._present.results import (
    LISTS,
    cluster,
)


def read(session: Session) -> dict[str, object]:
    """The result of the module."""
    snapshot = session.observers().sample()
    found: dict[str, object] = {
        "cluster": cluster(snapshot),
        "observers": observers(snapshot.observers),
    }
    found |= {name: LISTS[name](snapshot) for name in session.params["gather"]}
    if session.params["overview"]:
        found["overview"] = overview(snapshot)
    names = session.params["resolve"]
    if names is not None:
        listed = (node.address for view in snapshot.views for node in view.status.nodes or ())
        found["resolved"] = resolved([*names, *listed])
    return found


def main() -> None:
    """Run the module."""
    spec: dict[str, dict[str, Any]] = {
        **cluster_name_spec(),
        "overview": {"type": "bool", "default": False},
        "gather": {"type": "list", "elements": "str", "choices": list(LISTS), "default": []},
        "resolve": {"type": "list", "elements": "str"},
    }
    run_decider(spec, read)


if __name__ == "__main__":
    main()
