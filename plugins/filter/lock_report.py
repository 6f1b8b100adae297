# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter `stemedb.cluster.lock_report`."""

from __future__ import annotations

DOCUMENTATION = r"""
name: lock_report
short_description: The lock of a cluster, and the operations before, for people
version_added: 0.1.0
author: stemedb.cluster contributors (@stemedb)
description:
  - Shows who holds the lock on which lock host and until when, and the last 50 operations that are
    over - who, what, when, how it ended.
positional: of
options:
  _input:
    description:
      - The results of a loop of M(stemedb.cluster.stemedb_lock_info) over lock hosts, those
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
- name: Look at the lock on each lock host
  stemedb.cluster.stemedb_lock_info:
  delegate_to: "{{ item }}"
  loop: [node-01, node-02, node-03]
  register: answers

- name: Show it
  stemedb.cluster.stemedb_show:
    lines: "{{ answers.results | stemedb.cluster.lock_report(3) }}"
"""

RETURN = r"""
_value:
  description: The lines.
  type: list
  elements: str
"""

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ansible.errors import AnsibleFilterError


def lock_report(results: Sequence[Mapping[str, Any]], of: int) -> list[str]:
    """See the documentation of the plugin."""
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._lock import report

    try:
        return report.lock_report(results, of)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise AnsibleFilterError(
            f"stemedb.cluster.lock_report: the input is not of the documented form ({error!r})."
        ) from error


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Their names."""
        return {"lock_report": lock_report}
