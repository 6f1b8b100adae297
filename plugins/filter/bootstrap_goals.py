# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter `stemedb.cluster.bootstrap_goals`."""

from __future__ import annotations

DOCUMENTATION = r"""
name: bootstrap_goals
short_description: What must hold when a cluster has been started
version_added: 0.1.0
author: stemedb.cluster contributors (@stemedb)
description:
  - Gives the conditions for M(stemedb.cluster.stemedb_wait) at the end of a bootstrap - every
    declared member Alive, the cluster healthy, its shards settled.
options:
  _input:
    description: The full ids of all declared members.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Wait until the cluster is started
  stemedb.cluster.stemedb_wait:
    conditions: "{{ node_ids | stemedb.cluster.bootstrap_goals }}"
"""

RETURN = r"""
_value:
  description: The conditions.
  type: list
  elements: dict
"""

from collections.abc import Sequence
from typing import Any, Callable

from ansible.errors import AnsibleFilterError


def bootstrap_goals(node_ids: Sequence[str]) -> list[dict[str, Any]]:
    """See the documentation of the plugin."""
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._operation import (
        goals as operation,
    )

    if not isinstance(node_ids, Sequence) or isinstance(node_ids, str) or not node_ids:
        raise AnsibleFilterError(
            f"stemedb.cluster.bootstrap_goals takes a list of node ids that is not empty, not "
            f"{node_ids!r}."
        )
    return operation.bootstrap_goals(node_ids)


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Their names."""
        return {"bootstrap_goals": bootstrap_goals}
