# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter `stemedb.cluster.removal_targets`."""

from __future__ import annotations

DOCUMENTATION = r"""
name: removal_targets
short_description: Which hosts and nodes are to be removed
version_added: 0.1.0
author: stemedb.cluster contributors (@stemedb)
description:
  - Finds the host of each name that is a full node id, where the inventory has one. A name that is
    neither a host of the inventory nor a node is refused, as data.
positional: hosts, nodes, resolved
options:
  _input:
    description: C(stemedb_target), a list or a text with commas.
    type: raw
    required: true
  hosts:
    description: The variables, by host, of the declared members and of each host that is named.
    type: dict
    required: true
  nodes:
    description:
      - The cluster's nodes, as RV(stemedb.cluster.stemedb_cluster_info#module:overview) lists them.
      - Without them ids are not looked for, and nothing of them is refused.
    type: list
    elements: dict
  resolved:
    description: >-
      What names resolve to, as RV(stemedb.cluster.stemedb_cluster_info#module:resolved) has it.
    type: dict
"""

EXAMPLES = r"""
- name: Find the nodes that are to be removed
  ansible.builtin.set_fact:
    found: >-
      {{ 'node-04' | stemedb.cluster.removal_targets({'node-04': hostvars['node-04']}, nodes) }}
"""

RETURN = r"""
_value:
  description:
    - C(targets), each with C(name), C(host), C(node_id) and C(address), of which the last three may
      be V(null); C(exclude), by what their gateways are left out of questions; and C(refused), a
      sentence or V(null).
  type: dict
"""

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ansible.errors import AnsibleFilterError


def removal_targets(
    named: Any,
    hosts: Mapping[str, Mapping[str, Any]],
    nodes: Sequence[Mapping[str, Any]] | None = None,
    resolved: Mapping[str, Sequence[str]] | None = None,
) -> dict[str, Any]:
    """See the documentation of the plugin."""
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._members import declared, targets

    try:
        members = declared.members(hosts, resolved)
        return targets.find_targets(declared.split_list(named), members, nodes)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise AnsibleFilterError(
            f"stemedb.cluster.removal_targets: the input is not of the documented form ({error!r})."
        ) from error


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Their names."""
        return {"removal_targets": removal_targets}
