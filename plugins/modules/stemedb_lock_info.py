#!/usr/bin/python
# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: stemedb_lock_info
short_description: Show which run holds the cluster lock on one lock host
version_added: 1.0.0
author: stemedb.cluster contributors (@stemedb)
description:
  - Runs on a lock host. Returns which run of Ansible holds the lock there, and the last operations
    that this host knows of. M(stemedb.cluster.stemedb_operation_lock) takes and releases the lock.
  - One lock host does not speak for the cluster. The role P(stemedb.cluster.stemedb_lock#role) asks
    all lock hosts and needs the answer of more than half of them. Use the role.
  - In a task with C(ignore_unreachable) a lock host that cannot answer is no failure, as for one
    that cannot be reached. C(msg) says why, and there is no RV(held).
extends_documentation_fragment:
  - stemedb.cluster.attributes
  - stemedb.cluster.attributes.info_module
  - stemedb.cluster.lock
seealso:
  - module: stemedb.cluster.stemedb_operation_lock
"""

EXAMPLES = r"""
- name: Show who holds the lock on a lock host, and what was done before
  stemedb.cluster.stemedb_lock_info:
  delegate_to: node-01
  register: lock
"""

RETURN = r"""
held:
  description: Whether the run that asked holds the lock on this host now.
  returned: success
  type: bool
  sample: true
run_id:
  description: The id of the run that asked.
  returned: success
  type: str
  sample: 6dc9a2f4-58a7-5f0c-9a58-0a6f2f7c3f10
hosts:
  description: O(hosts), sorted.
  returned: success
  type: list
  elements: str
  sample: [node-01, node-02, node-03]
holder:
  description: Who holds the lock here, also one that has expired. V(null) if nobody.
  returned: success
  type: dict
  contains:
    run_id:
      description: The id of the run.
      type: str
      sample: 6dc9a2f4-58a7-5f0c-9a58-0a6f2f7c3f10
    owner:
      description: Who runs it, and where. What is not known is V(null).
      type: dict
      contains:
        controller:
          description: The name of the host that runs Ansible.
          type: str
          sample: ctrl-01
        user:
          description: The user there.
          type: str
          sample: alice
        pid:
          description: The number of the process of C(ansible-playbook).
          type: int
          sample: 4711
        process_start:
          description: When that process started, in clock ticks since the start of its host.
          type: int
          sample: 813042
        boot_id:
          description: Tells this start of the host from others.
          type: str
          sample: 0f0d6a2c-51c8-4b7e-9e0f-53a2b0a3c1de
        pid_namespace:
          description: Tells the processes of a container from those of others.
          type: str
          sample: pid:[4026531836]
    running:
      description:
        - Whether its process still runs. V(null) where that cannot be known, as of a run on another
          controller, or before that one was started anew.
      type: bool
      sample: true
    operation:
      description: What is done.
      type: str
      sample: remove_node
    target:
      description: To what.
      type: str
      sample: node-03
    reason:
      description: Why.
      type: str
      sample: its disk fails
    step:
      description: What it was about to do when it last renewed its lock.
      type: str
      sample: Stop the node
    leaves:
      description: What it would leave behind if it ended there.
      type: list
      elements: str
      sample: []
    hosts:
      description: All lock hosts of the run that holds it.
      type: list
      elements: str
      sample: [node-01, node-02, node-03]
    cluster:
      description: The cluster of which it is, V(null) where the run did not say it.
      type: str
      sample: prod
    since:
      description: Since when, ISO 8601 in UTC, by the clock of this host.
      type: str
      sample: "2026-11-23T03:12:45Z"
    renewed:
      description: When it was last renewed.
      type: str
      sample: "2026-11-23T03:14:02Z"
    renewed_seconds:
      description: How many seconds ago that was.
      type: float
      sample: 12.3
    expires_seconds:
      description: Seconds until it expires, below 0 once it has.
      type: float
      sample: 347.7
    expired:
      description: Whether it has.
      type: bool
      sample: false
operations:
  description: The last 50 operations that this host knows to be over, oldest first.
  returned: success
  type: list
  elements: dict
  contains:
    run_id:
      description: The id of the run.
      type: str
      sample: 6dc9a2f4-58a7-5f0c-9a58-0a6f2f7c3f10
    cluster:
      description: Of which cluster, V(null) where the run did not say it.
      type: str
      sample: prod
    user:
      description: Who.
      type: str
      sample: alice
    controller:
      description: From where.
      type: str
      sample: ctrl-01
    operation:
      description: What was done.
      type: str
      sample: remove_node
    target:
      description: To what.
      type: str
      sample: node-03
    reason:
      description: Why.
      type: str
      sample: its disk fails
    step:
      description: The last step that it told.
      type: str
      sample: Wait until the cluster is well
    leaves:
      description: What it may have left behind, of a run that was V(abandoned).
      type: list
      elements: str
      sample: []
    since:
      description: When it began, ISO 8601 in UTC, by the clock of this host.
      type: str
      sample: "2026-11-23T03:12:45Z"
    ended:
      description: When it ended, or was replaced.
      type: str
      sample: "2026-11-23T03:17:20Z"
    outcome:
      description: V(succeeded), V(failed), V(stopped), or V(abandoned) where it did not say.
      type: str
      sample: succeeded
    why:
      description:
        - Of a run that was V(abandoned), why its lock gave way - V(expired), V(process_gone) or
          V(named).
      type: str
      sample: null
    replaced_by:
      description: The run that took over, or that freed it.
      type: str
      sample: null
failure:
  description: The failure, to branch on. See M(stemedb.cluster.stemedb_cluster_info).
  returned: failure
  type: dict
  sample: {code: config, url: null, status: null, detail: null}
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._lock import file as lock_file
from ansible_collections.stemedb.cluster.plugins.module_utils._lock import record


def run(params: dict[str, Any]) -> dict[str, Any]:
    """The result of the module."""
    asked = record.Request(
        params["run_id"], {}, cluster=params["cluster"] or "", hosts=tuple(params["hosts"])
    )
    answer = record.answer(*lock_file.look(params["path"], asked))
    del answer["replaced"]
    return answer


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=lock_file.ARGUMENTS, supports_check_mode=True)
    try:
        result = run(module.params)
    except StemeDBError as error:
        module.fail_json(msg=error.message, failure=error.as_failure())
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
