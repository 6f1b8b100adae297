#!/usr/bin/python
# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: stemedb_plan_info
short_description: Plan what leads from a StemeDB cluster to its declared members
version_added: 1.0.0
author: stemedb.cluster contributors (@stemedb)
description:
  - Compares the declared members with the members that the gateways list, and with what earlier
    runs left unfinished. It returns the difference, and the steps that remove it. It changes
    nothing.
  - Each step is one change of the members, with what the guard of
    M(stemedb.cluster.stemedb_impact_info) says about it, and a fingerprint of the state before it.
  - A node is never removed because it is not declared. O(prune) must name it.
  - Missing information is a refusal, and there are no steps then. See RV(refused).
  - In a playbook or with the C(ansible) command, what no option says is taken from the inventory.
    That is O(declared) from the group C(stemedb_nodes), and the variables that the options name.
options:
  declared:
    description:
      - The hosts that are to be members. By default all hosts of the group C(stemedb_nodes).
      - A host is a node by O(declared[].node_id), otherwise by its address.
    type: list
    elements: dict
    default: []
    suboptions: &host
      host:
        description: The name of the host in the inventory.
        type: str
        required: true
      address:
        description:
          - Where members reach its node, with a port only if that must match. By default
            C(stemedb_node_address), then C(ansible_host), then the name.
        type: str
      node_id:
        description:
          - The full ID of its node, by default C(stemedb_node_id). Leave it out for a host that
            never was a member, because a host with an ID that nobody lists counts as missing.
        type: str
      zone:
        description: The zone of the host, by default C(stemedb_node_zone).
        type: str
  spares:
    description:
      - Hosts that may take the place of a dead node, in order of preference. By default those that
        C(stemedb_spares) names.
    type: list
    elements: dict
    default: []
    suboptions: *host
  hosts:
    description:
      - Further hosts of the inventory, so that O(prune), O(operations) and O(replaces) can name
        them. By default those that they name.
    type: list
    elements: dict
    default: []
    suboptions: *host
  prune:
    description:
      - Hosts or full node IDs that may be removed if nobody declares them. By default
        C(stemedb_prune). V(true) is refused.
    type: list
    elements: str
    default: []
  lock_hosts:
    description:
      - The hosts that store the cluster lock. By default C(stemedb_lock_hosts). An empty list is
        refused, because the lock hosts would be derived from the declared members.
    type: list
    elements: str
    default: []
  operations:
    description:
      - What earlier runs did, as P(stemedb.cluster.lock_operations#filter) returns it. Without it,
        nothing is planned. An empty list means that there was no operation.
    type: list
    elements: dict
  replaces:
    description:
      - By host, the content of its file C(replaces), which is beside the configuration of a
        replacement and holds the ID of the node that it replaces. V(null) means that there is no
        such file. A host that is left out was not asked. Ask the spares, and the hosts that
        P(stemedb.cluster.plan_begun#filter) names.
    type: dict
    default: {}
  max_changes:
    description:
      - How many steps the plan may have. With more, it is refused whole. By default
        C(stemedb_max_changes), then 1.
    type: int
    default: 1
  maintenance:
    description:
      - V(true), or a time with its zone until which nothing may be changed, in quotes. By default
        C(stemedb_maintenance).
    type: str
    default: ""
  accept:
    description:
      - Kinds that are accepted by name - V(single_observer), V(suspect_node), and kinds of the
        guard's blockers. By default C(stemedb_accept).
    type: list
    elements: str
    default: []
  plan_file:
    description:
      - A plan that was reviewed, which is the result of this module at that time. The steps are
        bound to it. RV(resume_at) says at which of its steps a run continues.
      - Its dictionary, or its text in JSON.
    type: raw
  plan_expires:
    description:
      - Seconds for which a reviewed plan is valid. By default C(stemedb_plan_expires), then a day.
    type: float
    default: 86400
  unattended:
    description:
      - V(replace) plans for a run that nobody watches. It allows one replacement of a node that is
        Dead, into a free spare, and nothing else. By default C(stemedb_unattended).
    type: str
    choices: [replace]
  max_replacements:
    description:
      - How many nodes may be replaced within 24 hours with O(unattended=replace), by
        O(operations). By default C(stemedb_max_replacements), then 2.
    type: int
    default: 2
  min_live_replicas:
    description:
      - As O(stemedb.cluster.stemedb_impact_info#module:min_live_replicas). By default
        C(stemedb_min_live_replicas).
    type: int
  min_nodes:
    description:
      - As O(stemedb.cluster.stemedb_impact_info#module:min_nodes). By default C(stemedb_min_nodes).
    type: int
  min_observers:
    description:
      - How many members' gateways must answer. By default C(stemedb_min_observers), then 2.
    type: int
    default: 2
  replicated_fraction:
    description: A replica is complete at this fraction of its leader's size.
    type: float
    default: 0.95
extends_documentation_fragment:
  - stemedb.cluster.gateway
  - stemedb.cluster.gateway.timeout
  - stemedb.cluster.gateway.cluster_name
  - stemedb.cluster.observers
  - stemedb.cluster.attributes
  - stemedb.cluster.attributes.action_group
  - stemedb.cluster.attributes.info_module
notes:
  - A gateway that does not answer is not required if its node is Dead in every view, or if it is at
    the address of a declared host at which no node is listed.
  - The guard is asked about nodes as if the earlier steps had been done, and about replicas as they
    are now. A run asks it again before each stop.
seealso:
  - module: stemedb.cluster.stemedb_impact_info
  - module: stemedb.cluster.stemedb_lock_info
"""

EXAMPLES = r"""
- name: Read what earlier runs did
  ansible.builtin.import_role:
    name: stemedb.cluster.stemedb_lock
    tasks_from: look.yml

- name: Compare the inventory with the cluster
  stemedb.cluster.stemedb_plan_info:
    operations: >-
      {{ stemedb_lock_answers.results
      | stemedb.cluster.lock_operations(stemedb_cluster_name | default('')) }}
  register: plan

- name: Fail if the cluster differs from the inventory, or if that is unknown
  ansible.builtin.assert:
    that: plan.drift is false
    fail_msg: "{{ plan.refused + plan.steps }}"

- name: Check whether a reviewed plan still fits
  stemedb.cluster.stemedb_plan_info:
    operations: "{{ operations }}"
    plan_file: "{{ lookup('ansible.builtin.file', 'plan.json') | from_json }}"
  register: plan
  failed_when: plan.refused | length > 0
"""

RETURN = r"""
drift:
  description:
    - Whether cluster and inventory differ, or an operation is to be finished. V(null) if that is
      unknown.
  returned: success
  type: bool
  sample: true
steps:
  description: The changes of members, in the order in which they are to be made.
  returned: success
  type: list
  elements: dict
  contains:
    operation:
      description: V(replace_node), V(add_node) or V(remove_node).
      type: str
      sample: replace_node
    host:
      description: The host that is replaced, added or removed. V(null) if no host is known.
      type: str
      sample: db-03
    node_id:
      description: The full ID of its node, V(null) if it is unknown or not made yet.
      type: str
      sample: c0ffee11-2b3c-4d5e-8f6a-7b8c9d0e1f2a
    replacement:
      description:
        - The host that takes its place. V(null) if P(stemedb.cluster.stemedb_replace_node#role) is
          to choose, or if the step is no replacement.
      type: str
      sample: db-07
    reason:
      description: Why.
      type: str
      sample: "db-03 is Dead: it is replaced into db-07"
    resumes:
      description: The ID of the earlier run that started it, V(null) if none did.
      type: str
      sample: null
    verdict:
      description:
        - V(not_needed) for an addition or an unlisted node. Otherwise the guard's verdict, which is
          V(safe), V(accepted) if all its blockers are accepted by name, or V(blocked).
      type: str
      sample: safe
    blockers:
      description:
        - What blocks the step, at most 20, as in
          RV(stemedb.cluster.stemedb_impact_info#module:blockers).
      type: list
      elements: dict
      sample: []
    blocker_count:
      description: How many blockers there are.
      type: int
      sample: 0
    accepted:
      description: Blockers that are accepted by name, at most 20.
      type: list
      elements: dict
      sample: []
    shards:
      description: The shards that the node holds or leads.
      type: list
      elements: int
      sample: [0, 3, 7]
    led:
      description: How many of them it leads.
      type: int
      sample: 1
    good_after:
      description:
        - How many good replicas each of them keeps at least. V(null) if that is unknown, or if
          there are none.
      type: int
      sample: 2
    fingerprint:
      description: The fingerprint of the state before the step.
      type: str
      sample: 1388202cc1391348ba2be4b9f46be712cf67c5a81acab04992b5409c9635aa36
refused:
  description: Why nothing may be done. If it is not empty, no step may be done.
  returned: success
  type: list
  elements: dict
  contains:
    kind:
      description:
        - If the difference is unknown, V(nothing_declared), V(duplicate_address),
          V(duplicate_node_id), V(views_differ) or V(incomplete_view).
        - If a plan is held back, V(suspect_node), V(single_observer), V(derived_lock_hosts),
          V(unfinished_operation), V(maintenance) or V(too_many_changes).
        - With O(plan_file), V(stale_plan) or V(expired_plan).
        - With O(unattended), V(no_spare), V(storm) or V(replacements_used).
      type: str
      sample: too_many_changes
    subject:
      description: The host, node, gateway, variable or option that it is about.
      type: str
      sample: stemedb_max_changes
    detail:
      description: What is wrong, and what to do.
      type: str
      sample: the plan has 2 steps, and stemedb_max_changes allows 1
accepted:
  description: What would be refused and is accepted by name, in the form of RV(refused).
  returned: success
  type: list
  elements: dict
  sample: []
refusal:
  description: A sentence with the kinds of RV(refused), empty if there are none.
  returned: success
  type: str
  sample: ""
matched:
  description: Declared hosts whose node is a member.
  returned: success
  type: list
  elements: dict
  contains: &member
    host:
      description: The host, V(null) if no host is known.
      type: str
      sample: db-01
    node_id:
      description: The full ID of the node, V(null) if it is unknown.
      type: str
      sample: a3f2b1c4-6d1e-4d0b-8f3c-2a9d6b7c8e90
    address:
      description: The declared address. For a node that is not declared, the listed one.
      type: str
      sample: 10.0.0.1
    state:
      description:
        - The state of the node in the worst view, V(null) if it is not listed. Not in RV(to_add)
          and RV(missing).
      type: str
      sample: Alive
    by:
      description:
        - The host whose node has taken its place, or is to. Only in RV(to_replace), RV(missing) and
          RV(substituted).
      type: str
      sample: db-07
    by_node_id:
      description: The full ID of that node, V(null) if it is not listed. Where C(by) is.
      type: str
      sample: f6f6f6f6-5e6f-4a7b-9c9d-0e1f2a3b4c5d
    prune:
      description: Whether O(prune) names it. Only in RV(undeclared).
      type: bool
      sample: false
to_add:
  description: Declared hosts that are no members and never were, or that were removed on purpose.
  returned: success
  type: list
  elements: dict
  contains: *member
to_replace:
  description: Declared hosts whose node is Dead.
  returned: success
  type: list
  elements: dict
  contains: *member
missing:
  description:
    - Declared hosts that were members, by their declared ID or by O(operations), and that are no
      longer listed.
  returned: success
  type: list
  elements: dict
  contains: *member
substituted:
  description:
    - Declared hosts whose place another node has taken. The inventory has to be changed, and
      nothing else.
  returned: success
  type: list
  elements: dict
  contains: *member
undeclared:
  description: Listed nodes that are no declared host, Dead ones included.
  returned: success
  type: list
  elements: dict
  contains: *member
unfinished:
  description: What earlier runs left unfinished, V(null) without O(operations).
  returned: success
  type: list
  elements: dict
  contains:
    run_id:
      description: The ID of the run.
      type: str
      sample: 6dc9a2f4-58a7-5f0c-9a58-0a6f2f7c3f10
    operation:
      description: What it did.
      type: str
      sample: replace_node
    target:
      description: To which host or node, V(cluster) if it named none.
      type: str
      sample: db-03
    outcome:
      description: V(failed), V(stopped), V(abandoned), or V(running) if it may be under way.
      type: str
      sample: abandoned
    since:
      description: When it started, ISO 8601 in UTC.
      type: str
      sample: "2026-11-23T03:12:45Z"
    step:
      description: The last step that it reported.
      type: str
      sample: Provision the replacement
    resumed:
      description: Whether one of RV(steps) finishes it.
      type: bool
      sample: true
fingerprint:
  description:
    - The fingerprint of the state now, V(null) if that is unknown. It covers the name of the
      cluster, the IDs and addresses of its members and whether each is Dead, O(declared),
      O(spares), O(lock_hosts), O(prune) and RV(format).
  returned: success
  type: str
  sample: 1388202cc1391348ba2be4b9f46be712cf67c5a81acab04992b5409c9635aa36
fingerprint_after:
  description: The fingerprint of the state after the last step.
  returned: success
  type: str
  sample: 1388202cc1391348ba2be4b9f46be712cf67c5a81acab04992b5409c9635aa36
resume_at:
  description:
    - The number of the first step of O(plan_file) that is left, from 0. V(null) without it, or if
      it does not fit.
  returned: success
  type: int
  sample: 0
applied:
  description: Whether nothing is left of O(plan_file). V(null) without it.
  returned: success
  type: bool
  sample: false
format:
  description: The format of the plan and of its fingerprints.
  returned: success
  type: int
  sample: 1
cluster:
  description: The name of the cluster, V(null) if it is unknown.
  returned: success
  type: str
  sample: prod
created:
  description: When the plan was made, ISO 8601 in UTC.
  returned: success
  type: str
  sample: "2026-11-23T03:12:45Z"
observers:
  description:
    - The gateways, with the result of asking each. See
      RV(stemedb.cluster.stemedb_impact_info#module:observers).
  returned: success
  type: list
  elements: dict
  sample: []
failure:
  description: The failure, to branch on. See M(stemedb.cluster.stemedb_cluster_info).
  returned: failure
  type: dict
  sample: {code: config, url: null, status: null, detail: null}
requests:
  description: One line for each request - method, URL, status, milliseconds, bytes.
  returned: with C(-vvv)
  type: list
  elements: str
  sample: ["GET http://gateway:18181/v1/health 200 3 ms 21 B"]
"""

import time
from collections.abc import Mapping
from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import Snapshot
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.hosts import resolved
from ansible_collections.stemedb.cluster.plugins.module_utils._impact.evidence import wanted_sizes
from ansible_collections.stemedb.cluster.plugins.module_utils._impact.limits import checked
from ansible_collections.stemedb.cluster.plugins.module_utils._module.decider import (
    Session,
    run_decider,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._module.options import (
    cluster_name_spec,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._plan import bound
from ansible_collections.stemedb.cluster.plugins.module_utils._plan.facts import (
    Facts,
    Settings,
    hosts,
    maintenance,
    number,
    prune,
    replaced,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._plan.match import unresolved
from ansible_collections.stemedb.cluster.plugins.module_utils._plan.plan import asked_about, plan
from ansible_collections.stemedb.cluster.plugins.module_utils._present.observers import observers


def read(session: Session) -> dict[str, object]:
    """The result of the module."""
    params = session.params
    settings = _settings(params)
    declared = hosts(params["declared"], "declared")
    reviewed = None if params["plan_file"] is None else bound.read(params["plan_file"])

    def known(snapshot: Snapshot) -> Facts:
        operations = params["operations"]
        every = (*declared, *settings.spares, *settings.others)
        return Facts(
            declared,
            snapshot,
            time.time(),
            settings,
            None if operations is None else tuple(operations),
            replaced(params["replaces"]),
            resolved(unresolved(every, tuple(snapshot.nodes.values()))),
            reviewed,
        )

    def want(partial: Snapshot) -> frozenset[int]:
        names = [name for name in asked_about(known(partial)) if name in partial.nodes]
        return wanted_sizes(names, partial) if names else frozenset()

    snapshot = session.observers().sample(want)
    return {**plan(known(snapshot)), "observers": observers(snapshot.observers)}


def _settings(params: Mapping[str, Any]) -> Settings:
    return Settings(
        hosts(params["spares"], "spares"),
        hosts(params["hosts"], "hosts"),
        prune(params["prune"]),
        tuple(params["lock_hosts"]),
        number(params["max_changes"], "max_changes"),
        frozenset(params["accept"]),
        maintenance(params["maintenance"]),
        params["unattended"] == "replace",
        number(params["max_replacements"], "max_replacements"),
        number(params["plan_expires"], "plan_expires"),
        checked(params),
    )


def main() -> None:
    """Run the module."""
    host: dict[str, Any] = {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "host": {"type": "str", "required": True},
            "address": {"type": "str"},
            "node_id": {"type": "str"},
            "zone": {"type": "str"},
        },
    }
    names: dict[str, Any] = {"type": "list", "elements": "str", "default": []}
    run_decider(
        {
            **cluster_name_spec(),
            "declared": host,
            "spares": host,
            "hosts": host,
            "prune": names,
            "lock_hosts": names,
            "operations": {"type": "list", "elements": "dict"},
            "replaces": {"type": "dict", "default": {}},
            "max_changes": {"type": "int", "default": 1},
            "maintenance": {"type": "str", "default": ""},
            "accept": names,
            "plan_file": {"type": "raw"},
            "plan_expires": {"type": "float", "default": 86400},
            "unattended": {"type": "str", "choices": ["replace"]},
            "max_replacements": {"type": "int", "default": 2},
            "min_live_replicas": {"type": "int"},
            "min_nodes": {"type": "int"},
            "min_observers": {"type": "int", "default": 2},
            "replicated_fraction": {"type": "float", "default": 0.95},
        },
        read,
    )


if __name__ == "__main__":
    main()
