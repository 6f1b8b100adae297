#!/usr/bin/python
# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: stemedb_operation_lock
short_description: "[INTERNAL] Take, renew, release or break the cluster lock on one lock host"
version_added: 1.0.0
author: stemedb.cluster contributors (@stemedb)
description:
  - Runs on a lock host and keeps a file there that says which run of Ansible changes the cluster.
    A run holds the cluster lock while it holds that of more than half of the lock hosts. The
    role P(stemedb.cluster.stemedb_lock#role) ensures that. Use the role.
  - A lock expires O(lease) seconds after it was last taken or renewed, by the clock of the lock
    host. An expired lock cannot be renewed. Its last holder can take it again, and another run can
    replace it.
  - All tasks of one run of C(ansible-playbook) are the same holder.
  - If another run holds the lock, the module does not fail. See RV(held).
  - In a task with C(ignore_unreachable) a lock host that cannot do it is no failure either, as for
    one that cannot be reached. C(msg) says why, and there is no RV(held).
options:
  action:
    description:
      - V(acquire) takes the lock if it is free, the run's own, or of a run in O(replace).
      - V(renew) keeps it for another O(lease), if it is the run's own and has not expired.
      - V(release) gives it back if it is the run's own.
      - V(break) frees the lock of a run in O(replace), and takes it for nobody.
      - To see who holds it, use M(stemedb.cluster.stemedb_lock_info).
    type: str
    choices: [acquire, renew, release, break]
    required: true
  lease:
    description:
      - Seconds until the lock expires, a week at most. Needed by V(acquire) and V(renew).
    type: float
  operation:
    description:
      - What is done, such as V(remove_node). Needed by V(acquire).
      - Of this, and of the other texts but O(target), 200 characters are kept.
    type: str
  target:
    description:
      - To what it is done, such as the name of a node. Of several names, separated by commas, those
        in the first 20000 characters are kept.
    type: str
  reason:
    description:
      - Why, for whoever else wants to. If empty, what started the run, as far as its environment
        tells; the job and commit of GitHub Actions, GitLab CI, Jenkins or a controller.
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
        description: The run, as RV(stemedb.cluster.stemedb_lock_info#module:run_id) of its holder.
        type: str
        required: true
      why:
        description:
          - V(named) if an operator said so, V(process_gone) if its process was looked for where it
            ran and is not there any more, V(expired) if the lock has expired. The lock host checks
            V(expired) by its own clock.
        type: str
        choices: [named, process_gone, expired]
        default: named
  owner:
    description: Who runs it, and where. The action plugin of the module sets it.
    type: dict
extends_documentation_fragment:
  - stemedb.cluster.attributes
  - stemedb.cluster.lock
attributes:
  check_mode:
    support: full
    details: The file is read, and not written.
  diff_mode:
    support: none
  idempotent:
    support: partial
    details:
      - V(acquire) and V(renew) change the file each time, because the lock then expires later.
        V(release) and V(break) change nothing the second time.
seealso:
  - module: stemedb.cluster.stemedb_lock_info
"""

EXAMPLES = r"""
- name: Take the lock on a lock host for a step of five minutes
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
  description: Whether the run that asked holds the lock on this host from now on.
  returned: success
  type: bool
  sample: true
run_id:
  description: RV(stemedb.cluster.stemedb_lock_info#module:run_id).
  returned: success
  type: str
hosts:
  description: RV(stemedb.cluster.stemedb_lock_info#module:hosts).
  returned: success
  type: list
  elements: str
holder:
  description:
    - Who holds the lock here from now on, as RV(stemedb.cluster.stemedb_lock_info#module:holder).
  returned: success
  type: dict
  sample: null
replaced:
  description: The lock that gave way, as RV(holder), with C(why). V(null) without one.
  returned: success
  type: dict
  sample: null
operations:
  description: RV(stemedb.cluster.stemedb_lock_info#module:operations).
  returned: O(action=acquire)
  type: list
  elements: dict
failure:
  description: What went wrong, to branch on. See M(stemedb.cluster.stemedb_cluster_info).
  returned: failure
  type: dict
  sample: {code: config, url: null, status: null, detail: null}
"""

import math
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._lock import file as lock_file
from ansible_collections.stemedb.cluster.plugins.module_utils._lock import record

_LONGEST_LEASE = 7 * 86400.0

ARGUMENTS: dict[str, Any] = {
    **lock_file.ARGUMENTS,
    "action": {"type": "str", "choices": list(record.ACTIONS), "required": True},
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
                "choices": [record.NAMED, record.PROCESS_GONE, record.EXPIRED],
                "default": record.NAMED,
            },
        },
    },
    "owner": {"type": "dict"},
}


def check(params: dict[str, Any]) -> None:
    """Refuse what cannot be meant.

    :raises StemeDBError: `config`.
    """
    action, lease = params["action"], params["lease"]
    wrong = None
    if not params["owner"]:
        wrong = "owner is set by the action plugin of this name, which did not run"
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
    answer = record.answer(change, asked, now)
    if params["action"] != "acquire":
        del answer["operations"]  # a renewal in each step is not to carry 50 of them each time
    return {"changed": changes, **answer}


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
