#!/usr/bin/python
# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: stemedb_wait
short_description: Wait until a StemeDB cluster is where it should be, and stays there
version_added: 0.1.0
author: stemedb.cluster contributors (@stemedb)
description:
  - Asks all named gateways again and again until every condition held in every sample for
    O(stable_for) seconds. A sample counts only if all of them answered, with node and shard lists
    that match their own counts.
  - Shows how far it is on standard error, on the controller, wherever it runs.
  - On failure it says what is unmet, of which node or shard, since when, and which section of the
    operators' guide helps.
options:
  conditions:
    description:
      - What to wait for, a list of conditions each with its argument.
      - C(healthy), with V(true) - the gateways say so, no shard is leaderless or under-replicated,
        all views agree.
      - C(node_alive), with a node - it is Alive in every view.
      - C(node_dead), with a node - it is Dead in every view, or gone from one that lists all the
        others (O(expect_nodes)). Gone counts only for a full id that this wait has seen, or that
        O(expect_nodes) names.
      - C(node_has_shards), with a node, or a dictionary of C(node) and C(at_least) - it holds that
        many replicas, 1 by default.
      - C(node_replicated), with a node - it holds replicas, and each is complete.
      - C(leaders_elected), with V(true) or a list of shards - none of them is leaderless. A named
        shard that is gone is reported in RV(notes).
      - C(fully_replicated), with V(true) - no shard has fewer live replicas than the replication
        factor.
      - C(replicas_complete), with V(true) - each replica of every shard is complete, but for those
        of Dead nodes; a shard that has no other is not complete.
      - C(shards_settled), with V(true) - nodes, leaders and replica sets are as they were in the
        sample before.
      - C(views_agree), with V(true) - all gateways see the same.
      - A node is named by its id, a unique prefix of it of four characters or more, or its address.
      - On a command line one condition reads C(conditions=healthy=true); for more of them, give all
        options as JSON.
      - Required unless O(stages) says what to wait for, and excluded by it.
    type: list
    elements: dict
  stages:
    description:
      - Parts of a wait that come one after the other. Each begins when the one before holds, in a
        sample of its own, and none begins after one that does not hold.
      - A stage begins each of its lines of progress with its name.
    type: list
    elements: dict
    suboptions:
      name:
        description: What it is called. No two have one name.
        type: str
        required: true
      conditions:
        description: What it waits for, as O(conditions).
        type: list
        elements: dict
      stable_for:
        description: As O(stable_for), which is that of the last stage; 0 for all before it.
        type: float
      interval:
        description: As O(interval), which it has by default.
        type: float
      timeout:
        description: Seconds for this stage. By default O(timeout).
        type: float
      stall_timeout:
        description: As O(stall_timeout), which it has by default.
        type: float
      fail_fast:
        description: As O(fail_fast), which it has by default.
        type: list
        elements: dict
  stable_for:
    description:
      - Seconds for which every sample must be good. Three samples are the least, however short it
        is. One bad sample begins it again.
    type: float
    default: 10
  interval:
    description: Seconds from the end of one sample to the start of the next.
    type: float
    default: 2
  timeout:
    description:
      - Seconds for the whole wait, or for each stage that sets none. The time for one call is
        O(call_timeout).
    type: float
    default: 300
  call_timeout:
    description:
      - Seconds for one call to a gateway in all, which is C(timeout) in the other modules.
      - The environment variable E(STEMEDB_TIMEOUT) is used where this is not set.
    type: float
    default: 10
  stall_timeout:
    description: Seconds after which a wait ends whose numbers stand still. Never by default.
    type: float
  fail_fast:
    description:
      - Conditions of which none may come to hold. As soon as one does, in a complete sample, the
        wait ends, because it can no longer succeed - such as C(node_dead) of a node that is to
        become Alive.
    type: list
    elements: dict
    default: []
  expect_nodes:
    description:
      - Full ids of nodes that must be listed for another one to count as gone. By default those in
        the first complete sample of this wait.
    type: list
    elements: str
    default: []
  expect_shards:
    description: V(false) says that the cluster is empty, so that no shards are not a fault.
    type: bool
    default: true
  replicated_fraction:
    description:
      - The fraction of its leader's size, as first read in this wait or smaller since, at which a
        replica is complete.
      - A leader that is smaller than another live replica by more than this is no measure. Then no
        replica is known to be complete.
    type: float
    default: 0.95
  node_names:
    description: How to call nodes in lines of progress, by their full ids.
    type: dict
    default: {}
  gather:
    description:
      - What else is returned of the last sample, in which every condition held - V(nodes) for
        RV(nodes) and V(shards) for RV(shards), with RV(cluster).
      - What is compared before and after a change is of the moment for which was waited, and of all
        gateways.
    type: list
    elements: str
    choices: [nodes, shards]
    default: []
  progress_file:
    description:
      - A file on the host where this runs, to which lines of progress are appended. Set by the
        action of this name, which shows them.
    type: path
extends_documentation_fragment:
  - stemedb.cluster.gateway
  - stemedb.cluster.observers
  - stemedb.cluster.attributes
  - stemedb.cluster.attributes.info_module
seealso:
  - module: stemedb.cluster.stemedb_cluster_info
"""

EXAMPLES = r"""
- name: Wait until the cluster is healthy and stays so for half a minute
  stemedb.cluster.stemedb_wait:
    gateway_url: http://gateway:18181
    conditions:
      - healthy: true
    stable_for: 30

- name: Wait until the new node has shards, all of them complete
  stemedb.cluster.stemedb_wait:
    gateway_url: [http://node-01:18181, http://node-02:18181]
    conditions:
      - node_alive: a3f2b1c4-6d1e-4d0b-8f3c-2a9d6b7c8e90
      - node_has_shards:
          node: a3f2b1c4-6d1e-4d0b-8f3c-2a9d6b7c8e90
          at_least: 4
      - node_replicated: a3f2b1c4-6d1e-4d0b-8f3c-2a9d6b7c8e90
    fail_fast:
      - node_dead: a3f2b1c4-6d1e-4d0b-8f3c-2a9d6b7c8e90
    timeout: 900
    stall_timeout: 120

- name: Wait until the cluster has got over a node that was stopped
  stemedb.cluster.stemedb_wait:
    gateway_url: [http://node-01:18181, http://node-02:18181]
    exclude_nodes: [a3f2b1c4-6d1e-4d0b-8f3c-2a9d6b7c8e90]
    stages:
      - name: Dead in every view
        conditions:
          - node_dead: a3f2b1c4-6d1e-4d0b-8f3c-2a9d6b7c8e90
        timeout: 120
      - name: New leaders elected
        conditions:
          - leaders_elected: true
        timeout: 60
      - name: Healthy and stable
        conditions:
          - healthy: true
          - replicas_complete: true
        timeout: 900
    stable_for: 60
"""

RETURN = r"""
elapsed:
  description: Seconds that the wait took.
  returned: success and failure, once a sample was taken
  type: float
  sample: 42.1
samples:
  description: How many samples were taken.
  returned: success and failure, once a sample was taken
  type: int
  sample: 19
resets:
  description: How often a good window was ended by a bad sample.
  returned: success and failure, once a sample was taken
  type: int
  sample: 0
stages:
  description: The stages that were begun, in their order. Empty where O(conditions) were given.
  returned: success and failure, once a sample was taken
  type: list
  elements: dict
  contains:
    name:
      description: What it is called.
      type: str
      sample: Dead in every view
    elapsed:
      description: Seconds since the wait began.
      type: float
      sample: 38.2
    seconds:
      description: Seconds that this stage took.
      type: float
      sample: 38.2
    samples:
      description: How many samples it took.
      type: int
      sample: 17
    resets:
      description: How often a good window was ended by a bad sample in it.
      type: int
      sample: 0
    met:
      description: Whether it held.
      type: bool
      sample: true
unmet:
  description: What was missing in the last sample, 100 entries at most.
  returned: success and failure, once a sample was taken
  type: list
  elements: dict
  contains:
    condition:
      description: The condition; V(complete_view) for a sample that was not complete.
      type: str
      sample: node_alive
    subject:
      description: The node, shard or gateway it is about.
      type: str
      sample: a3f2b1c4-6d1e-4d0b-8f3c-2a9d6b7c8e90
    reason:
      description: What is missing, in words.
      type: str
      sample: is Suspect at http://gateway:18181
    since:
      description: Since when without a break, ISO 8601 in UTC.
      type: str
      sample: "2026-11-23T03:12:45Z"
    since_seconds:
      description: The same in seconds before the last sample.
      type: float
      sample: 131.2
    guide:
      description: The title of the section of the operators' guide that helps, or V(null).
      type: str
      sample: Node Stuck in Suspect State
notes:
  description: What else to know, such as a shard that is gone.
  returned: success and failure, once a sample was taken
  type: list
  elements: str
  sample: []
history:
  description: The last 20 samples and, of those before, each that changed something, 200 at most.
  returned: success and failure, once a sample was taken
  type: list
  elements: dict
  contains:
    time:
      description: When the sample was complete, ISO 8601 in UTC.
      type: str
      sample: "2026-11-23T03:12:45Z"
    elapsed:
      description: Seconds since the wait began.
      type: float
      sample: 4.2
    good:
      description: Whether everything held.
      type: bool
      sample: false
    unmet:
      description: What was missing, five sentences at most.
      type: list
      elements: str
      sample: ["node_alive: a3f2b1c4 is Suspect at http://gateway:18181"]
    numbers:
      description: How far the conditions that can be counted were.
      type: list
      elements: dict
      sample: []
observers:
  description: The gateways in the last sample, and how each fared.
  returned: success and failure, once a sample was taken
  type: list
  elements: dict
  contains:
    url:
      description: The gateway.
      type: str
      sample: http://gateway:18181
    node_id:
      description: The member at whose address it is, V(null) where that is not unique.
      type: str
      sample: a3f2b1c4-6d1e-4d0b-8f3c-2a9d6b7c8e90
    reachable:
      description: Whether it answered.
      type: bool
      sample: true
    excluded:
      description: Whether it was not asked because its node is in O(exclude_nodes).
      type: bool
      sample: false
    error:
      description: Why it did not answer.
      type: str
      sample: null
    node_count:
      description: How many nodes it counts.
      type: int
      sample: 3
    meta_version:
      description: Which version of the topology it knows.
      type: int
      sample: 41
cluster:
  description: The cluster, as RV(stemedb.cluster.stemedb_cluster_info#module:cluster) is.
  returned: success and O(gather) is given
  type: dict
nodes:
  description: The nodes, as RV(stemedb.cluster.stemedb_node_info#module:nodes) are.
  returned: success, with V(nodes) in O(gather)
  type: list
  elements: dict
shards:
  description: The shards, as RV(stemedb.cluster.stemedb_shard_info#module:shards) are.
  returned: success, with V(shards) in O(gather)
  type: list
  elements: dict
failure:
  description: What went wrong, to branch on.
  returned: failure
  type: dict
  contains:
    code:
      description:
        - One of V(config), V(transport), V(tls), V(timeout), V(auth), V(not_found), V(protocol).
      type: str
      sample: transport
    url:
      description: The URL that was asked, V(null) where none was.
      type: str
      sample: http://gateway:18181/v1/health
    status:
      description: The HTTP status, V(null) where no answer came.
      type: int
      sample: null
    detail:
      description: What the gateway or the library said, 200 characters at most.
      type: str
      sample: null
    stage:
      description: The stage that did not hold. Only where O(stages) were given.
      type: str
      sample: New leaders elected
requests:
  description: One line for each request - method, URL, status, milliseconds, bytes.
  returned: with C(-vvv)
  type: list
  elements: str
  sample: ["GET http://gateway:18181/v1/health 200 3 ms 21 B"]
"""

from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.decode import parse_shard_id
from ansible_collections.stemedb.cluster.plugins.module_utils._module.decider import (
    Session,
    UnfulfilledError,
    run_decider,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._present.observers import observers
from ansible_collections.stemedb.cluster.plugins.module_utils._present.results import (
    LISTS,
    cluster,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.loop import wait
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.progress import Narrator
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.progress_file import (
    ProgressFile,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.stages import parse_stages


def read(session: Session) -> dict[str, object]:
    """The result of the module."""
    params = session.params
    stages = parse_stages(params, parse_shard_id)
    asked = session.observers()
    narrator = Narrator(params["node_names"])
    with ProgressFile(params["progress_file"]) as progress_file:
        outcome = wait(
            stages, asked.sample, lambda progress: progress_file.tell(narrator.line(progress))
        )
    ends = [end._asdict() for end in outcome.stages if end.name]
    found = {
        "elapsed": outcome.elapsed,
        "samples": outcome.samples,
        "resets": outcome.resets,
        "stages": ends,
        "unmet": outcome.unmet,
        "notes": list(outcome.notes),
        "observers": observers(outcome.snapshot.observers) if outcome.snapshot else [],
        "history": outcome.history,
    }
    if outcome.error is not None:
        raise UnfulfilledError(outcome.error, found, stage=ends[-1]["name"] if ends else None)
    if params["gather"] and outcome.snapshot:
        found["cluster"] = cluster(outcome.snapshot)
        found |= {name: LISTS[name](outcome.snapshot) for name in params["gather"]}
    return found


def main() -> None:
    """Run the module."""
    of_a_stage = {
        "conditions": {"type": "list", "elements": "dict"},
        "stable_for": {"type": "float"},
        "interval": {"type": "float"},
        "timeout": {"type": "float"},
        "stall_timeout": {"type": "float"},
        "fail_fast": {"type": "list", "elements": "dict"},
    }
    run_decider(
        {
            **of_a_stage,
            "stable_for": {"type": "float", "default": 10.0},
            "interval": {"type": "float", "default": 2.0},
            "timeout": {"type": "float", "default": 300.0},
            "fail_fast": {"type": "list", "elements": "dict", "default": []},
            "stages": {
                "type": "list",
                "elements": "dict",
                "options": {"name": {"type": "str", "required": True}, **of_a_stage},
            },
            "expect_nodes": {"type": "list", "elements": "str", "default": []},
            "expect_shards": {"type": "bool", "default": True},
            "replicated_fraction": {"type": "float", "default": 0.95},
            "node_names": {"type": "dict", "default": {}},
            "gather": {"type": "list", "elements": "str", "choices": list(LISTS), "default": []},
            "progress_file": {"type": "path"},
        },
        read,
        call_timeout="call_timeout",
    )


if __name__ == "__main__":
    main()
