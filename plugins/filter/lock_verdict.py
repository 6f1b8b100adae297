# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter `stemedb.cluster.lock_verdict`."""

from __future__ import annotations

DOCUMENTATION = r"""
name: lock_verdict
short_description: Whether this run holds the lock of a cluster
version_added: 0.1.0
author: stemedb.cluster contributors (@stemedb)
description:
  - Judges what the lock hosts answered when the lock was taken or renewed. More than half of them
    have to say that this run holds it; one that does not answer counts against.
positional: of
options:
  _input:
    description:
      - The results of a loop of M(stemedb.cluster.stemedb_operation_lock) over lock hosts, those
        included that failed or were unreachable.
    type: list
    elements: dict
    required: true
  of:
    description: How many lock hosts there are.
    type: int
    required: true
"""

EXAMPLES = r"""
- name: Renew the lock on each lock host
  stemedb.cluster.stemedb_operation_lock:
    action: renew
    lease: 360
  delegate_to: "{{ item }}"
  loop: [node-01, node-02, node-03]
  register: answers

- name: Stop if it is not this run's own any more
  ansible.builtin.assert:
    that: verdict.held
    fail_msg: "{{ verdict.sentence }}"
  vars:
    verdict: "{{ answers.results | stemedb.cluster.lock_verdict(3) }}"
"""

RETURN = r"""
_value:
  description:
    - C(held); C(again), whether another try may be luckier, because no other run holds more than
      half; C(sentence), which says where it is held and why not elsewhere.
  type: dict
  sample: {held: true, again: false, sentence: This run holds the lock on 3 of 3 lock hosts.}
"""

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ansible.errors import AnsibleFilterError


def lock_verdict(results: Sequence[Mapping[str, Any]], of: int) -> dict[str, Any]:
    """See the documentation of the plugin."""
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._lock import majority

    try:
        return majority.verdict(results, of)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise AnsibleFilterError(
            f"stemedb.cluster.lock_verdict: the input is not of the documented form ({error!r})."
        ) from error


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Their names."""
        return {"lock_verdict": lock_verdict}
