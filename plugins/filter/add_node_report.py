# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter `stemedb.cluster.add_node_report`."""

from __future__ import annotations

DOCUMENTATION = r"""
name: add_node_report
short_description: What an operator reads when adding a node stopped
version_added: 0.1.0
author: stemedb.cluster contributors (@stemedb)
description:
  - Says in a screenful what failed, what the host and the cluster look like now, what is at risk
    and what to do next.
options:
  _input:
    description:
      - A dictionary of C(host), C(step), C(reason), C(node_id), C(service) and C(gateway_service)
        (their names), C(probe) (a result of M(stemedb.cluster.stemedb_host_probe)), C(inbound) (see
        P(stemedb.cluster.blocked_ways#filter)), C(before) (the baseline), C(cluster) and C(nodes)
        as they are now. What is not known is V(null).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Say what went wrong
  stemedb.cluster.stemedb_show:
    lines: "{{ report | stemedb.cluster.add_node_report }}"
"""

RETURN = r"""
_value:
  description: The lines.
  type: list
  elements: str
"""

from collections.abc import Mapping
from typing import Any, Callable

from ansible.errors import AnsibleFilterError
from ansible_collections.stemedb.cluster.plugins.module_utils import _report


def add_node_report(facts: Mapping[str, Any]) -> list[str]:
    """See the documentation of the plugin."""
    try:
        return _report.add_node_report(facts)
    except (AttributeError, KeyError, TypeError) as error:
        raise AnsibleFilterError(
            f"stemedb.cluster.add_node_report: the input is not of the documented form ({error!r})."
        ) from error


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Their names."""
        return {"add_node_report": add_node_report}
