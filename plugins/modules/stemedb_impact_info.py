#!/usr/bin/python
# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: stemedb_impact_info
short_description: What would break in a StemeDB cluster if these nodes were gone
version_added: 1.0.0
author: stemedb.cluster contributors (@stemedb)
description:
  - The guard before a stop. It computes, from the views of all named gateways at one moment, the
    state of the cluster without O(nodes). It changes nothing and never stops a node.
  - Nodes that are not Alive count as gone already. Every shard must keep O(min_live_replicas) good
    replicas - on nodes that are Alive in every view, and complete.
  - Required information that is unknown is a blocker, not a failure.
  - Answers the questions of the pre-checks in the operators' guide's "Remove Node Procedure".
options:
  nodes:
    description:
      - The nodes that would be gone, all of them at once. Each is named by ID, by a unique prefix
        of the ID with four characters or more, or by address.
      - The gateways at their addresses are not asked, as if they were in O(exclude_nodes).
      - No name, an empty name and an ambiguous name are failures. A node that is not listed is a
        blocker.
    type: list
    elements: str
    required: true
  permanent:
    description: Whether the nodes will not come back, as in a removal. V(false) is for a restart.
    type: bool
    default: true
  min_live_replicas:
    description:
      - How many good replicas each shard must keep. By default a majority of the replication
        factor, and 1 if that is 2.
    type: int
  min_nodes:
    description:
      - How many nodes must remain Alive. By default 3 if O(permanent=true).
      - In any case, at least as many nodes as the replication factor must remain if
        O(permanent=true), and at least a majority of the members if O(permanent=false).
    type: int
  min_observers:
    description: The minimum number of observers that are on none of O(nodes).
    type: int
    default: 1
  replicated_fraction:
    description: A replica is complete at this fraction of its leader's size.
    type: float
    default: 0.95
  zones:
    description:
      - The zone of each node, by its full ID. If given, every node that is Alive needs one.
      - A shard that has replicas in several zones now, and would keep good ones in a single zone
        only, is a blocker if O(permanent=true) and nodes of several zones would remain Alive.
        Otherwise it is in RV(notes), because the stop is temporary or no other zone remains to hold
        a replica.
      - Has no effect if one good replica of a shard is enough.
    type: dict
    default: {}
  former_nodes:
    description:
      - Full IDs of nodes that were permanently removed and may still be listed.
      - A former node that is Dead in every view and that no shard lists does not count as a member
        when O(permanent=false) requires a majority. Otherwise the option has no effect.
    type: list
    elements: str
    default: []
  together:
    description:
      - Also return which of O(nodes) may be down at the same time, in RV(groups).
      - The gateways of O(nodes) are asked then, because there may be no others.
    type: bool
    default: false
extends_documentation_fragment:
  - stemedb.cluster.gateway
  - stemedb.cluster.gateway.cluster_name
  - stemedb.cluster.gateway.timeout
  - stemedb.cluster.observers
  - stemedb.cluster.attributes
  - stemedb.cluster.attributes.action_group
  - stemedb.cluster.attributes.info_module
notes:
  - It checks one moment, and a node that has just stopped is reported as Alive for up to a minute.
    First use M(stemedb.cluster.stemedb_wait) to wait until the cluster was healthy for longer than
    that.
seealso:
  - module: stemedb.cluster.stemedb_cluster_info
  - module: stemedb.cluster.stemedb_wait
"""

EXAMPLES = r"""
- name: Check that node-04 may be removed
  stemedb.cluster.stemedb_impact_info:
    gateway_url: [http://node-01:18181, http://node-02:18181]
    nodes: node-04
  register: impact
  failed_when: impact.safe is not true

- name: Check that node-04 may be restarted
  stemedb.cluster.stemedb_impact_info:
    gateway_url: [http://node-01:18181, http://node-02:18181]
    nodes: node-04
    permanent: false
    min_observers: 2
  register: impact
  failed_when: impact.safe is not true

- name: Find nodes that may be restarted at the same time
  stemedb.cluster.stemedb_impact_info:
    gateway_url: [http://node-01:18181, http://node-02:18181, http://node-03:18181]
    nodes: "{{ groups['stemedb_nodes'] | map('extract', hostvars, 'stemedb_node_id') }}"
    permanent: false
    together: true
  register: impact
"""

RETURN = r"""
safe:
  description: Whether nothing blocks the stop, so that RV(blockers) is empty.
  returned: success
  type: bool
  sample: false
blockers:
  description: Everything that blocks the stop, the worst first.
  returned: success
  type: list
  elements: dict
  contains:
    kind:
      description:
        - Data or service is at risk with V(no_replica_left), V(too_few_replicas),
          V(already_too_few_replicas), V(too_few_nodes), V(no_majority), V(single_zone).
        - Something is unknown with V(node_not_listed), V(observer_unreachable), V(single_observer),
          V(views_disagree), V(incomplete_view), V(no_shards), V(unknown_factor),
          V(unknown_replicas), V(leaderless_shard), V(unknown_size), V(unknown_zone).
      type: str
      sample: too_few_replicas
    subject:
      description: The affected shard, node or gateway, or V(cluster).
      type: str
      sample: shard 3
    detail:
      description: The details, in words.
      type: str
      sample: 1 good replicas would be left (2 now), 2 must be
notes:
  description: Notes that do not block, in the form of RV(blockers).
  returned: success
  type: list
  elements: dict
  sample: []
shards:
  description: The shards that the nodes hold or lead in any view, sorted by id.
  returned: success
  type: list
  elements: dict
  contains:
    shard_id:
      description: The shard.
      type: int
      sample: 3
    good_now:
      description: How many good replicas the shard has, V(null) if unknown.
      type: int
      sample: 2
    good_after:
      description: How many would remain, V(null) if unknown.
      type: int
      sample: 1
    required:
      description: How many must remain, V(null) if unknown.
      type: int
      sample: 2
    led_by_target:
      description: Whether one of the nodes leads the shard, so that another leader must be elected.
      type: bool
      sample: true
alive_after:
  description: How many nodes would remain Alive, V(null) if unknown.
  returned: success
  type: int
  sample: 3
nodes:
  description: The full IDs of O(nodes), each once. A name that is not listed is returned as given.
  returned: success
  type: list
  elements: str
  sample: [a3f2b1c4-6d1e-4d0b-8f3c-2a9d6b7c8e90]
groups:
  description:
    - The IDs of O(nodes) in groups. The nodes of one group may be down together, in the present
      state. Each node, in the given order, is in the first group that stays safe with it. A node
      that may not even be down alone is in no group.
    - For planning only. Ask again, about one group, before each stop.
  returned: with O(together=true)
  type: list
  elements: list
  sample: [[a3f2b1c4-6d1e-4d0b-8f3c-2a9d6b7c8e90]]
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
      sample: 7d8e9f0a-1b2c-4d0b-8f3c-2a9d6b7c8e91
    reachable:
      description: Whether it answered.
      type: bool
      sample: true
    excluded:
      description:
        - Whether the gateway was not asked because its node is in O(nodes) or O(exclude_nodes).
      type: bool
      sample: false
    error:
      description: Why it did not answer.
      type: str
      sample: null
    node_count:
      description: How many nodes the gateway counts.
      type: int
      sample: 4
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
      sample: config
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

from ansible_collections.stemedb.cluster.plugins.module_utils._impact.assess import assess, groups
from ansible_collections.stemedb.cluster.plugins.module_utils._impact.evidence import (
    check_names,
    wanted_sizes,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._impact.limits import checked
from ansible_collections.stemedb.cluster.plugins.module_utils._module.decider import (
    Session,
    run_decider,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._module.options import (
    cluster_name_spec,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._present.observers import observers


def read(session: Session) -> dict[str, object]:
    """The result of the module."""
    params = session.params
    zones = {
        str(n).lower(): str(zone) for n, zone in params["zones"].items() if zone not in (None, "")
    }
    former = frozenset(node_id.strip().lower() for node_id in params["former_nodes"])
    limits = checked(params)._replace(permanent=params["permanent"], zones=zones, former=former)
    names = params["nodes"]
    check_names(names)
    # A node's own gateway is not asked about it, unless there may be no other.
    asked = session.observers(without=() if params["together"] else names)
    snapshot = asked.sample(lambda partial: wanted_sizes(names, partial))
    impact = assess(names, snapshot, limits)
    found: dict[str, object] = {
        "safe": impact.safe,
        "blockers": [blocker._asdict() for blocker in impact.blockers],
        "notes": [note._asdict() for note in impact.notes],
        "shards": [shard._asdict() for shard in impact.shards],
        "alive_after": impact.alive_after,
        "nodes": list(impact.nodes),
        "observers": observers(snapshot.observers),
    }
    if params["together"]:
        found["groups"] = groups(names, snapshot, limits)
    return found


def main() -> None:
    """Run the module."""
    run_decider(
        {
            **cluster_name_spec(),
            "nodes": {"type": "list", "elements": "str", "required": True},
            "permanent": {"type": "bool", "default": True},
            "min_live_replicas": {"type": "int"},
            "min_nodes": {"type": "int"},
            "min_observers": {"type": "int", "default": 1},
            "replicated_fraction": {"type": "float", "default": 0.95},
            "zones": {"type": "dict", "default": {}},
            "former_nodes": {"type": "list", "elements": "str", "default": []},
            "together": {"type": "bool", "default": False},
        },
        read,
    )


if __name__ == "__main__":
    main()
