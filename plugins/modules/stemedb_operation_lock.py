#!/usr/bin/python
# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: stemedb_operation_lock
short_description: One lock host's part of the lock that keeps operators of a cluster apart
version_added: 0.1.0
author: stemedb.cluster contributors (@stemedb)
description:
  - Runs on a lock host and keeps a file there that says which run of Ansible changes the cluster.
    A run holds the lock of the cluster while it holds that of more than half of the lock hosts,
    which the role P(stemedb.cluster.stemedb_lock#role) sees to. Use the role.
  - A lock expires O(lease) seconds after it was last taken or renewed, by the clock of the lock
    host. From then on it is nobody's - it can be taken, by its last holder too, and not be renewed.
  - All tasks of one run of C(ansible-playbook) are the same holder, without being told.
  - That another run holds the lock is no failure. See RV(held).
  - In a task with C(ignore_unreachable) a lock host that cannot do it is no failure either, as one
    that cannot be reached is none. C(msg) says why, and there is no RV(held).
options:
  action:
    description:
      - V(acquire) takes the lock if it is free, expired, the run's own, or one of O(replace).
      - V(renew) keeps it for another O(lease), if it is the run's own and has not expired.
      - V(release) gives it back if it is the run's own.
      - V(break) frees a lock of O(replace) for nobody.
      - V(show) only looks.
    type: str
    choices: [acquire, renew, release, break, show]
    default: show
  path:
    description:
      - The file, as an absolute path. It is not to be in the data directory of a node, and is the
        same for everybody who changes the cluster.
      - It can be read by its owner only. Its folder is made if it is not there.
    type: path
    default: /var/lib/stemedb-cluster/lock.json
  lease:
    description:
      - Seconds until the lock expires, a week at most. Needed by V(acquire) and V(renew).
    type: float
  operation:
    description:
      - What is done, such as V(remove_node). Needed by V(acquire).
      - Of this, and of the other texts, 200 characters are kept.
    type: str
  target:
    description: To what it is done, such as the name of a node.
    type: str
  reason:
    description: Why, for whoever else wants to.
    type: str
  step:
    description: What the run does next. It is told to whoever takes over after it.
    type: str
  leaves:
    description:
      - What the run would leave behind if it ended now, a sentence each, 20 at most. They are told
        to whoever takes over after it. An empty list says that there is nothing any more.
    type: list
    elements: str
  outcome:
    description:
      - With V(release), how the operation ended. V(stopped) is for one that was told to end before
        all was done. Without it, as after a race that was lost, nothing is remembered of it.
    type: str
    choices: [succeeded, failed, stopped]
  replace:
    description: Runs whose lock gives way to V(acquire), or is freed by V(break).
    type: list
    elements: dict
    default: []
    suboptions:
      run_id:
        description: The run, as RV(holder.run_id) tells it.
        type: str
        required: true
      why:
        description:
          - V(named) if an operator said so, V(process_gone) if its process was looked for where it
            ran and is not there any more.
        type: str
        choices: [named, process_gone]
        default: named
  cluster:
    description:
      - The name of the cluster. The file keeps that of the first that takes the lock, and is
        refused for any other, so that two clusters never share what was done before.
    type: str
  hosts:
    description:
      - All lock hosts of the run, asked or not. They are told to another run, for which more than
        half of other hosts is not enough while this one holds the lock.
    type: list
    elements: str
    default: []
  run_id:
    description: The run that asks. Set by the action of this name.
    type: str
  owner:
    description: Who runs it, and where. Set by the action of this name.
    type: dict
extends_documentation_fragment:
  - stemedb.cluster.attributes
attributes:
  check_mode:
    support: full
    details: The file is read, and not written.
  diff_mode:
    support: none
seealso:
  - module: stemedb.cluster.stemedb_host_info
"""

EXAMPLES = r"""
- name: See who holds the lock on a lock host, and what was done before
  stemedb.cluster.stemedb_operation_lock:
    action: show
  delegate_to: node-01
  register: lock

- name: Take it there, for a step of five minutes
  stemedb.cluster.stemedb_operation_lock:
    action: acquire
    operation: remove_node
    target: node-03
    reason: its disk fails
    step: Stop the node
    lease: 360
  delegate_to: node-01
  register: lock
  failed_when: lock is failed or not lock.held
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
replaced:
  description: The lock that gave way, as RV(holder), with C(why). V(null) without one.
  returned: success
  type: dict
  sample: null
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
  description: What went wrong, to branch on. See M(stemedb.cluster.stemedb_cluster_info).
  returned: failure
  type: dict
  sample: {code: config, url: null, status: null, detail: null}
"""

import math
import os
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._lock import file as lock_file
from ansible_collections.stemedb.cluster.plugins.module_utils._lock import record

_LONGEST_LEASE = 7 * 86400.0

ARGUMENTS: dict[str, Any] = {
    "action": {"type": "str", "choices": list(record.ACTIONS), "default": "show"},
    "path": {"type": "path", "default": "/var/lib/stemedb-cluster/lock.json"},
    "lease": {"type": "float"},
    "operation": {"type": "str"},
    "target": {"type": "str"},
    "reason": {"type": "str"},
    "step": {"type": "str"},
    "leaves": {"type": "list", "elements": "str"},
    "outcome": {"type": "str", "choices": [record.SUCCEEDED, record.FAILED, record.STOPPED]},
    "replace": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "run_id": {"type": "str", "required": True},
            "why": {
                "type": "str",
                "choices": [record.NAMED, record.PROCESS_GONE],
                "default": record.NAMED,
            },
        },
    },
    "cluster": {"type": "str"},
    "hosts": {"type": "list", "elements": "str", "default": []},
    "run_id": {"type": "str"},
    "owner": {"type": "dict"},
}


def check(params: dict[str, Any]) -> None:
    """Refuse what cannot be meant.

    :raises StemeDBError: `config`.
    """
    action, lease = params["action"], params["lease"]
    wrong = None
    if not os.path.isabs(params["path"]):
        wrong = f"path must be absolute, not {params['path']!r}"
    elif not params["run_id"] or not params["owner"]:
        wrong = "run_id and owner are set by the action plugin of this name, which did not run"
    elif action == "acquire" and not params["operation"]:
        wrong = "acquire needs operation: say what is done, for whoever finds the lock"
    elif action in ("acquire", "renew") and lease is None:
        wrong = f"{action} needs lease, the seconds until the lock expires"
    elif lease is not None and not (math.isfinite(lease) and 0 < lease <= _LONGEST_LEASE):
        wrong = f"lease must be more than 0 seconds and a week at most, not {lease:g}"
    elif action == "break" and not params["replace"]:
        wrong = "break needs replace: name the run whose lock is to be freed"
    if wrong:
        raise StemeDBError("config", f"{wrong}.")


def request(params: dict[str, Any]) -> record.Request:
    """What the options ask for."""
    return record.Request(
        run_id=params["run_id"],
        owner=params["owner"],
        lease=params["lease"] or 0.0,
        operation=params["operation"] or "",
        target=params["target"] or "",
        reason=params["reason"] or "",
        step=params["step"],
        leaves=None if params["leaves"] is None else tuple(params["leaves"]),
        outcome=params["outcome"],
        replace={entry["run_id"]: entry["why"] for entry in params["replace"]},
        cluster=params["cluster"] or "",
        hosts=tuple(params["hosts"]),
    )


def run(params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    """The result of the module."""
    check(params)
    asked = request(params)
    change, now, changes = lock_file.ask(params["path"], params["action"], asked, check_mode)
    holder = change.document["holder"]
    return {
        "changed": changes,
        "held": change.held,
        "run_id": asked.run_id,
        "hosts": sorted(set(asked.hosts)),
        "holder": None if holder is None else record.view(holder, now),
        "replaced": change.replaced,
        "operations": change.document["operations"],
    }


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    try:
        result = run(module.params, module.check_mode)
    except StemeDBError as error:
        module.fail_json(msg=error.message, failure=error.as_failure())
    module.exit_json(**result)


if __name__ == "__main__":
    main()
