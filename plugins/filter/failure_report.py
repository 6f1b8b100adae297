# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter `stemedb.cluster.failure_report`."""

from __future__ import annotations

DOCUMENTATION = r"""
name: failure_report
short_description: What an operator reads when a procedure stopped
version_added: 0.1.0
author: stemedb.cluster contributors (@stemedb)
description:
  - Says in a screenful what failed, what the hosts and the cluster look like now, whether anything
    is at risk, what to do next and whether running again is safe.
options:
  _input:
    description:
      - A dictionary of C(procedure), C(step) and C(failed) (the name and the result of the task
        that failed), and of what is known besides - C(target) (a host or a node id), C(replaces)
        (whose place it is to take), C(names) (of nodes, by id), C(hosts) (see
        P(stemedb.cluster.diagnose_hosts#filter)), C(target_ports) (see
        P(stemedb.cluster.diagnose_ports#filter)), C(outside) (a result of
        M(stemedb.cluster.stemedb_host_info) that tried them from C(control_host)), C(service) and
        C(gateway_service) (their names), C(before) (the baseline), C(exported) (a result of
        M(stemedb.cluster.stemedb_debug_export)), C(shards) (those that are affected), C(next) and
        C(again) (sentences), C(written) (whether there is a file).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Say what went wrong
  stemedb.cluster.stemedb_show:
    lines: "{{ (failure | stemedb.cluster.failure_report).lines }}"
"""

RETURN = r"""
_value:
  description: The C(lines), and the C(message) to fail with.
  type: dict
"""

from collections.abc import Mapping
from typing import Any, Callable

from ansible.errors import AnsibleFilterError


def failure_report(facts: Mapping[str, Any]) -> dict[str, Any]:
    """See the documentation of the plugin."""
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose import failure

    try:
        return failure.failure_report(facts)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise AnsibleFilterError(
            f"stemedb.cluster.failure_report: the input is not of the documented form ({error!r})."
        ) from error


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Their names."""
        return {"failure_report": failure_report}
