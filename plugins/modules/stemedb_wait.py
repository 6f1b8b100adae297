#!/usr/bin/python
# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: stemedb_wait
short_description: Wait until a StemeDB cluster meets conditions and keeps meeting them
version_added: 1.0.0
author: stemedb.cluster contributors (@stemedb)
description:
  - Asks all named gateways repeatedly until every condition held in every sample for O(stable_for)
    seconds. A sample counts only if all of them answered, with node and shard lists that match
    their own counts.
  - Shows its progress on standard error, always on the controller.
  - On failure it reports the unmet conditions, for which node or shard, since when, and which
    section of the operators' guide helps.
options:
  conditions:
    description:
      - A list of conditions, each with its argument.
      - C(healthy), with V(true) - the gateways report healthy, no shard is leaderless or
        under-replicated, all views agree.
      - C(node_alive), with a node - it is Alive in every view.
      - C(node_dead), with a node - it is Dead in every view, or missing from a view that lists all
        the others (O(expect_nodes)). A missing node counts only by a full ID that this wait has
        seen, or that O(expect_nodes) names.
      - C(node_has_shards), with a node, or a dictionary of C(node) and C(at_least) - it holds that
        many replicas, 1 by default.
      - C(node_replicated), with a node - it holds replicas, and each is complete.
      - C(leaders_elected), with V(true) or a list of shards - none of them is leaderless. A named
        shard that no longer exists is reported in RV(notes).
      - C(fully_replicated), with V(true) - no shard has fewer live replicas than the replication
        factor.
      - C(replicas_complete), with V(true) - each replica of every shard is complete, except those
        of Dead nodes; a shard that has no other replica is not complete.
      - C(shards_settled), with V(true) - nodes, leaders and replica sets are the same as in the
        sample before.
      - C(views_agree), with V(true) - all gateways report the same.
      - A node is named by ID, by a unique prefix of the ID with four characters or more, or by
        address.
      - On a command line, write one condition as C(conditions=healthy=true). For more conditions,
        give all options as JSON.
      - Required without O(stages), and not allowed with it.
    type: list
    elements: dict
  stages:
    description:
      - Parts of a wait, one after the other. Each begins with a new sample when the one before is
        complete. If a stage fails, no later stage begins.
      - Each progress line of a stage begins with its name.
    type: list
    elements: dict
    suboptions:
      name:
        description: The name of the stage. Names must be unique.
        type: str
        required: true
      conditions:
        description: The conditions of the stage, as O(conditions).
        type: list
        elements: dict
      stable_for:
        description:
          - As O(stable_for). By default O(stable_for) for the last stage, and 0 for all before it.
        type: float
      interval:
        description: As O(interval), which is the default.
        type: float
      timeout:
        description: Maximum time for this stage, in seconds. By default O(timeout).
        type: float
      stall_timeout:
        description: As O(stall_timeout), which is the default.
        type: float
      fail_fast:
        description: As O(fail_fast), which is the default.
        type: list
        elements: dict
  stable_for:
    description:
      - Time in which every sample must be good, in seconds. It always takes at least three samples.
        One bad sample restarts it.
    type: float
    default: 10
  interval:
    description: Time from the end of one sample to the start of the next, in seconds.
    type: float
    default: 2
  timeout:
    description:
      - Maximum time for the whole wait, or for each stage that sets none, in seconds. The limit for
        one call is O(call_timeout).
    type: float
    default: 300
  call_timeout:
    description:
      - Maximum time for one call to a gateway in total, in seconds. It is C(timeout) in the other
        modules.
      - The environment variable E(STEMEDB_TIMEOUT) is used if this is not set.
    type: float
    default: 10
  stall_timeout:
    description:
      - Time without progress after which the wait ends, in seconds. By default there is no such
        limit.
    type: float
  fail_fast:
    description:
      - Conditions that must not become true. The wait ends as soon as one is true in a complete
        sample, because it can no longer succeed. A common one is C(node_dead) for a node that
        should become Alive.
    type: list
    elements: dict
    default: []
  expect_nodes:
    description:
      - Full IDs of nodes that must be listed before another node counts as missing. By default
        those in the first complete sample of this wait.
    type: list
    elements: str
    default: []
  expect_shards:
    description: V(false) if the cluster is empty and has no shards.
    type: bool
    default: true
  replicated_fraction:
    description:
      - A replica is complete at this fraction of its leader's size. The size is the one first read
        in this wait, or a smaller one read since.
      - A leader that one view reads smaller than another live replica, by more than this fraction,
        is no measure.
        Then no replica is known to be complete.
    type: float
    default: 0.95
  node_names:
    description: Names of nodes in progress lines and in the failure message, by their full IDs.
    type: dict
    default: {}
  gather:
    description:
      - What else is returned of the last sample, in which every condition held - V(nodes) for
        RV(nodes), V(shards) for RV(shards) and V(heat_map) for RV(heat_map), with RV(cluster).
      - What is compared before and after a change is of the moment for which was waited, and of all
        gateways.
    type: list
    elements: str
    choices: [nodes, shards, heat_map]
    default: []
  progress_file:
    description:
      - A file on the host where this runs, to which progress lines are appended. The action of this
        name sets it, and shows the lines.
    type: path
extends_documentation_fragment:
  - stemedb.cluster.gateway
  - stemedb.cluster.gateway.cluster_name
  - stemedb.cluster.observers
  - stemedb.cluster.attributes
  - stemedb.cluster.attributes.action_group
  - stemedb.cluster.attributes.info_module
seealso:
  - module: stemedb.cluster.stemedb_cluster_info
"""

EXAMPLES = r"""
- name: Wait until the cluster is healthy and stable for 30 seconds
  stemedb.cluster.stemedb_wait:
    gateway_url: http://gateway:18181
    conditions:
      - healthy: true
    stable_for: 30

- name: Wait until the new node has complete shards
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

- name: Wait until the cluster has recovered from a stopped node
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
  description: Duration of the wait in seconds.
  returned: success and failure, once a sample was taken
  type: float
  sample: 42.1
samples:
  description: How many samples were taken.
  returned: success and failure, once a sample was taken
  type: int
  sample: 19
resets:
  description: How often a bad sample ended a good period.
  returned: success and failure, once a sample was taken
  type: int
  sample: 0
stages:
  description: The stages that began, in order. Empty with O(conditions).
  returned: success and failure, once a sample was taken
  type: list
  elements: dict
  contains:
    name:
      description: The name of the stage.
      type: str
      sample: Dead in every view
    elapsed:
      description: Seconds since the wait began.
      type: float
      sample: 38.2
    seconds:
      description: Duration of this stage in seconds.
      type: float
      sample: 38.2
    samples:
      description: How many samples this stage took.
      type: int
      sample: 17
    resets:
      description: How often a bad sample ended a good period of this stage.
      type: int
      sample: 0
    met:
      description: Whether the stage succeeded.
      type: bool
      sample: true
unmet:
  description: The unmet conditions of the last sample, at most 100.
  returned: success, and failure as RV(evidence)
  type: list
  elements: dict
  contains:
    condition:
      description: The condition; V(complete_view) for a sample that was not complete.
      type: str
      sample: node_alive
    subject:
      description: The affected node, shard or gateway.
      type: str
      sample: a3f2b1c4-6d1e-4d0b-8f3c-2a9d6b7c8e90
    reason:
      description: What is missing, in words.
      type: str
      sample: is Suspect at http://gateway:18181
    since:
      description: Since when without interruption, ISO 8601 in UTC.
      type: str
      sample: "2026-11-23T03:12:45Z"
    since_seconds:
      description: The same time, in seconds before the last sample.
      type: float
      sample: 131.2
    guide:
      description: The title of the section of the operators' guide that helps, or V(null).
      type: str
      sample: Node Stuck in Suspect State
notes:
  description: Further notes, such as a shard that no longer exists.
  returned: success and failure, once a sample was taken
  type: list
  elements: str
  sample: []
history:
  description: The last 20 samples, and each earlier one that changed something, at most 200.
  returned: success, and failure as RV(evidence)
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
      description: Whether all conditions held.
      type: bool
      sample: false
    unmet:
      description: The unmet conditions, at most five sentences.
      type: list
      elements: str
      sample: ["node_alive: a3f2b1c4 is Suspect at http://gateway:18181"]
    numbers:
      description: The progress of conditions that can be counted.
      type: list
      elements: dict
      sample: []
timeline:
  description:
    - What the samples showed of the cluster, at most 200 of them, for
      P(stemedb.cluster.timeline#callback).
    - If there were more, those that show nothing new are left out first. The last one is always
      there.
  returned: success, and failure as RV(evidence)
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
    stage:
      description: The name of the stage. Empty with O(conditions).
      type: str
      sample: Dead in every view
    answered:
      description: Whether any gateway answered.
      type: bool
      sample: true
    good:
      description: Whether all conditions held.
      type: bool
      sample: false
    unmet_count:
      description: How many conditions or subjects of conditions were unmet.
      type: int
      sample: 1
    waiting_for:
      description: The first three of them.
      type: list
      elements: dict
      contains:
        condition:
          description: As RV(unmet[].condition).
          type: str
          sample: node_dead
        subject:
          description: As RV(unmet[].subject).
          type: str
          sample: a3f2b1c4-6d1e-4d0b-8f3c-2a9d6b7c8e90
        reason:
          description: As RV(unmet[].reason).
          type: str
          sample: is Suspect at http://gateway:18181
    node_count:
      description: How many nodes are listed. V(null) is unknown.
      type: int
      sample: 3
    states:
      description:
        - The states of nodes by their IDs, all in the first sample and after that those that
          changed. V(not listed) is a node that is missing.
        - At most 300 nodes. Of a larger cluster the first sample has nodes that are not Alive, and
          others up to 250. After that a node is added as soon as it is not Alive.
      type: dict
      sample:
        a3f2b1c4-6d1e-4d0b-8f3c-2a9d6b7c8e90: Suspect
    unfollowed:
      description:
        - How many nodes that were not Alive in this sample had no room in RV(timeline[].states).
      type: int
      sample: 0
    leaders:
      description: How many shards each of these nodes leads, if that changed.
      type: dict
      sample:
        a3f2b1c4-6d1e-4d0b-8f3c-2a9d6b7c8e90: 8
    fewest_good_replicas:
      description:
        - The number of good replicas of the shard with the fewest. V(null) is unknown.
        - A live replica counts, unless the sample asked for its size and the stage has not seen it
          complete.
      type: int
      sample: 2
    worst_shard:
      description: That shard, or one of them.
      type: int
      sample: 7
    replication_factor:
      description: The replication factor. V(null) is unknown.
      type: int
      sample: 3
    bytes_have:
      description: Bytes of the replicas that the stage counts. V(null) if it counts none.
      type: int
      sample: 1048576
    bytes_goal:
      description: Bytes that these replicas should have.
      type: int
      sample: 4194304
node_names:
  description: O(node_names).
  returned: success, and failure as RV(evidence)
  type: dict
  sample:
    a3f2b1c4-6d1e-4d0b-8f3c-2a9d6b7c8e90: node-04
observers:
  description: The gateways in the last sample, with the result of asking each.
  returned: success, and failure as RV(evidence)
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
heat_map:
  description:
    - RV(stemedb.cluster.stemedb_cluster_info#module:heat_map). After a failure it is of the last
      sample that a gateway answered.
  returned: success, with V(heat_map) in O(gather), and failure as RV(evidence)
  type: dict
evidence:
  description:
    - RV(unmet), RV(history), RV(timeline), RV(heat_map), RV(node_names) and RV(observers) of a wait
      that failed. RV(ignore:msg) names the first three unmet conditions.
    - It is C(ansible_failed_result.invocation.evidence) in C(rescue), and is printed with C(-vvv).
      A task with C(failed_when) or C(until) has them in its result instead.
  returned: failure, once a sample was taken
  type: dict
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
    stage:
      description: The stage that failed. Only with O(stages).
      type: str
      sample: New leaders elected
requests:
  description: One line for each request - method, URL, status, milliseconds, bytes.
  returned: with C(-vvv)
  type: list
  elements: str
  sample: ["GET http://gateway:18181/v1/health 200 3 ms 21 B"]
"""

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.names import renamer
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.decode import parse_shard_id
from ansible_collections.stemedb.cluster.plugins.module_utils._module.decider import (
    Session,
    UnfulfilledError,
    run_decider,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._module.options import (
    cluster_name_spec,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._present.heat_map import heat_map
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
        "timeline": list(outcome.timeline),
        "node_names": params["node_names"],
    }
    if outcome.error is not None:
        # The message is for people, who know names. The lists keep the ids.
        error = outcome.error
        found["heat_map"] = heat_map(outcome.snapshot) if outcome.snapshot else None
        message = renamer(params["node_names"])(error.message)
        named = StemeDBError(error.code, message, error.url, error.status, error.detail)
        raise UnfulfilledError(named, found, stage=ends[-1]["name"] if ends else None)
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
            **cluster_name_spec(),
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
