# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter `stemedb.cluster.restart_goals`."""

from __future__ import annotations

DOCUMENTATION = r"""
name: restart_goals
short_description: When a node that was restarted is what it was
version_added: 0.1.0
author: stemedb.cluster contributors (@stemedb)
description:
  - Gives the conditions for M(stemedb.cluster.stemedb_wait) under which a node that was restarted
    is Alive and its replicas are complete, and the cluster is led, replicated, settled and
    healthy.
positional: node_id
options:
  _input:
    description: RV(stemedb.cluster.stemedb_node_info#module:nodes), read before the stop.
    type: list
    elements: dict
    required: true
  node_id:
    description: The full id of the node that was restarted.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Wait until the node is what it was
  stemedb.cluster.stemedb_wait:
    conditions: "{{ before.nodes | stemedb.cluster.restart_goals(node_id) }}"
"""

RETURN = r"""
_value:
  description: The conditions.
  type: list
  elements: dict
"""

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ansible.errors import AnsibleFilterError


def restart_goals(nodes: Sequence[Mapping[str, Any]], node_id: str) -> list[dict[str, Any]]:
    """See the documentation of the plugin."""
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._operation import (
        goals as operation,
    )

    try:
        return operation.restart_goals(nodes, node_id)
    except (AttributeError, KeyError, TypeError) as error:
        raise AnsibleFilterError(
            f"stemedb.cluster.restart_goals: the input is not of the documented form ({error!r})."
        ) from error


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Their names."""
        return {"restart_goals": restart_goals}
