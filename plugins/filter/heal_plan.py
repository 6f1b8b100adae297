# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter `stemedb.cluster.heal_plan`."""

from __future__ import annotations

DOCUMENTATION = r"""
name: heal_plan
short_description: Whether a cluster was split, and when it is whole again
version_added: 0.1.0
author: stemedb.cluster contributors (@stemedb)
description:
  - Compares what all gateways see. There is something to heal where a gateway does not answer, a
    node is not Alive in every view, the views differ, a declared member is listed by no gateway, or
    the last healing did not come to its end.
    What is not known counts as something to heal.
  - A node that is Dead wherever it is listed does not have to come back if a procedure has removed
    it, if another node lives at its address, or if it holds no shard and is no declared member.
positional: views, declared, operations
options:
  _input:
    description: A result of M(stemedb.cluster.stemedb_cluster_info) that asked all gateways.
    type: dict
    required: true
  views:
    description:
      - The results of a loop of M(stemedb.cluster.stemedb_node_info) over the URLs of those
        gateways that answered, each asked alone.
    type: list
    elements: dict
    required: true
  declared:
    description:
      - The variables of the declared members, by host. Of each, C(stemedb_node_id) is what it is
        looked for by, else C(stemedb_node_address), C(ansible_host), or its name, and what these
        resolve to (C(resolved) of the result).
    type: dict
    default: {}
  operations:
    description: What was done before, of the filter P(stemedb.cluster.lock_operations#filter).
    type: list
    elements: dict
    default: []
"""

EXAMPLES = r"""
- name: Ask all gateways together
  stemedb.cluster.stemedb_cluster_info:
    discover_observers: true
  register: cluster

- name: Ask each gateway for its own view
  stemedb.cluster.stemedb_node_info:
    gateway_url: "{{ item }}"
  loop: "{{ cluster.observers | selectattr('reachable') | map(attribute='url') }}"
  register: views

- name: Show what there is to heal
  ansible.builtin.debug:
    msg: "{{ (cluster | stemedb.cluster.heal_plan(views.results)).reasons }}"
"""

RETURN = r"""
_value:
  description:
    - C(needed), whether there is something to heal; C(reasons), a sentence each; C(conditions) for
      M(stemedb.cluster.stemedb_wait), which hold when it is healed; C(gone), of each node that is
      not waited for a sentence; C(observers), of how many nodes
      the gateways answered.
  type: dict
  sample:
    needed: true
    reasons: ["a3f2b1c4 is Dead at http://node-01:18181", the views differ]
    conditions:
      - node_alive: a3f2b1c4-6d1e-4d0b-8f3c-2a9d6b7c8e90
      - views_agree: true
    gone: []
    observers: 3
"""

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ansible.errors import AnsibleFilterError


def heal_plan(
    found: Mapping[str, Any],
    views: Sequence[Mapping[str, Any]],
    declared: Mapping[str, Mapping[str, Any]] | None = None,
    operations: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """See the documentation of the plugin."""
    from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._heal import plan as heal
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._members import (
        declared as inventory,
    )

    try:
        return heal.heal_plan(
            found,
            [{"url": _asked(view), "nodes": view["nodes"]} for view in views],
            inventory.members(declared or {}, found.get("resolved")),
            operations,
        )
    except StemeDBError as error:
        raise AnsibleFilterError(f"stemedb.cluster.heal_plan: {error.message}") from error
    except (AttributeError, KeyError, TypeError) as error:
        raise AnsibleFilterError(
            f"stemedb.cluster.heal_plan: the input is not of the documented form ({error!r})."
        ) from error


def _asked(view: Mapping[str, Any]) -> str:
    return str(view[view.get("ansible_loop_var", "item")])


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Their names."""
        return {"heal_plan": heal_plan}
