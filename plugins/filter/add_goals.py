# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter `stemedb.cluster.add_goals`."""

from __future__ import annotations

DOCUMENTATION = r"""
name: add_goals
short_description: What must hold when a node has been added
version_added: 0.1.0
author: stemedb.cluster contributors (@stemedb)
description:
  - Gives the conditions for M(stemedb.cluster.stemedb_wait) at the end of adding a node.
  - Healthy is one of them if the cluster was healthy before, or if all other members are Alive.
    With a member down, full replication takes its place, if there are nodes enough for it.
positional: node_id, replaces
options:
  _input:
    description: The reading before, a dictionary of C(cluster) and C(nodes) as the info modules
      return them.
    type: dict
    required: true
  node_id:
    description: The id of the node that is added.
    type: str
    required: true
  replaces:
    description: The id of the dead node in whose place it comes. That it is down stands in no way.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Check cluster health
  stemedb.cluster.stemedb_wait:
    conditions: "{{ before | stemedb.cluster.add_goals(node_id) }}"
"""

RETURN = r"""
_value:
  description: The conditions.
  type: list
  elements: dict
"""

from collections.abc import Mapping
from typing import Any, Callable

from ansible.errors import AnsibleFilterError


def add_goals(before: Mapping[str, Any], node_id: str, replaces: str = "") -> list[dict[str, Any]]:
    """See the documentation of the plugin."""
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._operation import (
        goals as operation,
    )

    try:
        return operation.add_goals(before, node_id, replaces)
    except (KeyError, TypeError) as error:
        raise AnsibleFilterError(
            f"stemedb.cluster.add_goals: the input is not of the documented form ({error!r})."
        ) from error


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Their names."""
        return {"add_goals": add_goals}
