# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter `stemedb.cluster.lock_plan`."""

from __future__ import annotations

DOCUMENTATION = r"""
name: lock_plan
short_description: What a run does next after it asked the lock hosts for the lock
version_added: 0.1.0
author: stemedb.cluster contributors (@stemedb)
description:
  - Judges the answers of all lock hosts together, after M(stemedb.cluster.stemedb_operation_lock)
    asked for the lock with O(stemedb.cluster.stemedb_operation_lock#module:action=acquire), or in a
    check after M(stemedb.cluster.stemedb_lock_info). Without O(_input) and with O(check) only what
    no run can begin with is refused.
  - A lock can be had where nobody holds it, where it has expired, where its holder ran on this
    controller and its process is gone, and where an operator named it. That has to be so on more
    than half of the lock hosts. One that does not answer counts against.
positional: hosts, named
options:
  _input:
    description:
      - The results of a loop over lock hosts, those included that failed or were unreachable.
    type: list
    elements: dict
    required: true
  hosts:
    description: What P(stemedb.cluster.lock_hosts#filter) gives.
    type: dict
    required: true
  named:
    description: The id of a run whose lock is to be broken.
    type: str
    default: ""
  cluster:
    description: The name of the cluster. Lock hosts that are no members are refused without.
    type: str
    default: ""
  outcome:
    description: What the operation came to. Any but C(failed) is refused before it has begun.
    type: str
    default: failed
  check:
    description: Whether nothing is to be taken. Then it is told who holds the lock.
    type: bool
    default: false
  replaced:
    description: C(replace) of the answer before, if the lock hosts were asked with it.
    type: list
    elements: dict
    default: []
  tries:
    description: How many more tries there may be.
    type: int
    default: 0
"""

EXAMPLES = r"""
- name: Show who holds the lock on each lock host
  stemedb.cluster.stemedb_lock_info:
  delegate_to: "{{ item }}"
  loop: [node-01, node-02, node-03]
  register: answers

- name: Refuse while another operation is under way
  stemedb.cluster.stemedb_show:
    lines: "{{ plan.lines }}"
    fail_msg: "{{ plan.refusal }}"
  vars:
    hosts: "{{ groups['stemedb_nodes'] | stemedb.cluster.lock_hosts }}"
    plan: "{{ answers.results | stemedb.cluster.lock_plan(hosts, check=true) }}"
"""

RETURN = r"""
_value:
  description:
    - C(free), whether it can be had; C(sentence), which says so, or who holds it, until when and
      how to break it; C(held), whether this run holds it and nothing is left to do; C(replace),
      with which to ask again at once; C(again), whether to try again after a pause, and C(tries)
      from then on; C(give_back), whether to release what was taken in vain; C(left), lines about
      the runs that did not end and whose lock gives way; C(lines) to be shown; C(refusal), why it
      cannot be had, or an empty text.
  type: dict
  sample:
    free: true
    sentence: The lock is free on 3 of 3 lock hosts.
    held: true
    replace: []
    again: false
    tries: 2
    give_back: false
    left: []
    lines: []
    refusal: ""
"""

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ansible.errors import AnsibleFilterError


def lock_plan(
    results: Sequence[Mapping[str, Any]], hosts: Mapping[str, Any], named: str = "", **told: Any
) -> dict[str, Any]:
    """See the documentation of the plugin."""
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._lock import majority

    try:
        return majority.taking(results, hosts, named, **told)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise AnsibleFilterError(
            f"stemedb.cluster.lock_plan: the input is not of the documented form ({error!r})."
        ) from error


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Their names."""
        return {"lock_plan": lock_plan}
