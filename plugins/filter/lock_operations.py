# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter `stemedb.cluster.lock_operations`."""

from __future__ import annotations

DOCUMENTATION = r"""
name: lock_operations
short_description: What was done to a cluster before
version_added: 0.1.0
author: stemedb.cluster contributors (@stemedb)
description:
  - Puts together what the lock hosts remember, each operation once, for a procedure that goes on
    where one before it ended. One whose lock is still there is among them.
positional: cluster
options:
  _input:
    description:
      - The results of a loop of M(stemedb.cluster.stemedb_lock_info) over lock hosts, those
        included that failed or were unreachable.
    type: list
    elements: dict
    required: true
  cluster:
    description:
      - The name of the cluster. What was done to another one is left out, and what does not say to
        which.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Find out what was done before
  ansible.builtin.set_fact:
    operations: "{{ answers.results | stemedb.cluster.lock_operations }}"
"""

RETURN = r"""
_value:
  description:
    - RV(stemedb.cluster.stemedb_lock_info#module:operations) of all lock hosts, oldest first.
      One that did not give its lock back has no C(ended), and as C(outcome) V(abandoned), or
      V(running) where it may run still.
  type: list
  elements: dict
"""

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ansible.errors import AnsibleFilterError


def lock_operations(
    results: Sequence[Mapping[str, Any]], cluster: str = ""
) -> list[dict[str, Any]]:
    """See the documentation of the plugin."""
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._lock import report

    try:
        return report.history(results, cluster)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise AnsibleFilterError(
            f"stemedb.cluster.lock_operations: the input is not of the documented form ({error!r})."
        ) from error


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Their names."""
        return {"lock_operations": lock_operations}
