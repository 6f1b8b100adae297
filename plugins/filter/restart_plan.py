# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter `stemedb.cluster.restart_plan`."""

from __future__ import annotations

DOCUMENTATION = r"""
name: restart_plan
short_description: Which nodes are restarted, in which order, and what speaks against it
version_added: 0.1.0
author: stemedb.cluster contributors (@stemedb)
description:
  - Puts together what the cluster and the hosts say of the nodes that are to be restarted, before
    any of them is touched. Nodes that are as wanted are left out. What stands still because an
    unfinished rolling restart has stopped it comes first, then zone by zone the leaders of fewest
    shards.
  - The guard before each stop (M(stemedb.cluster.stemedb_impact_info)) comes on top of it.
positional: found, hosts, settings
options:
  _input:
    description:
      - By host what was seen there - C(node_id) and its C(source) of
        P(stemedb.cluster.node_identity#filter), C(service), C(clock) and C(booted_at) as
        M(stemedb.cluster.stemedb_host_info) tells them, C(reasons) of
        P(stemedb.cluster.node_restart_reasons#filter), and C(at), the controller's time; or
        C(problem), a sentence.
    type: dict
    required: true
  found:
    description: A result of M(stemedb.cluster.stemedb_cluster_info) with its overview.
    type: dict
    required: true
  hosts:
    description: The variables of the declared members, by host.
    type: dict
    required: true
  settings:
    description:
      - C(mode), C(gateway_urls), C(min_observers) and C(accept); and either C(began), of a plan
        that was made before, or C(operations) of P(stemedb.cluster.lock_operations#filter) with
        C(since), C(now) and C(within).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Make the plan
  ansible.builtin.set_fact:
    plan: "{{ looks | stemedb.cluster.restart_plan(cluster, hosts, settings) }}"
"""

RETURN = r"""
_value:
  description:
    - C(targets) in their order, each with C(host), C(node_id), C(listed), C(address), C(zone),
      C(leads), C(action), C(runs), C(why), C(gateway_urls) of others, C(index) and C(of); C(done),
      each with C(host) and C(why); C(blockers) and C(accepted), each with C(kind), C(subject) and
      C(detail); C(mode); C(began), with C(since), C(resumes) and C(hosts); C(zones), by full id;
      C(former), the ids of Dead nodes that no declared member is.
  type: dict
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Callable

from ansible.errors import AnsibleFilterError

if TYPE_CHECKING:
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._rolling_restart import (
        plan as restart,
    )


def restart_plan(
    looks: Mapping[str, Mapping[str, Any]],
    found: Mapping[str, Any],
    hosts: Mapping[str, Mapping[str, Any]],
    settings: Mapping[str, Any],
) -> dict[str, Any]:
    """See the documentation of the plugin."""
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._members import declared
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._rolling_restart import (
        plan as restart,
    )

    if settings.get("mode") not in restart.MODES:
        raise AnsibleFilterError(
            f"stemedb.cluster.restart_plan: the mode is one of {', '.join(restart.MODES)}, not "
            f"{settings.get('mode')!r}."
        )
    try:
        members = declared.members(hosts, found.get("resolved"))
        return restart.plan(looks, found, members, _settings(settings))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise AnsibleFilterError(
            f"stemedb.cluster.restart_plan: the input is not of the documented form ({error!r})."
        ) from error


def _settings(told: Mapping[str, Any]) -> restart.Settings:
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._members import declared
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._rolling_restart import (
        plan as restart,
    )

    mode = str(told["mode"])
    began = told.get("began") or restart.beginning(
        told["operations"],
        mode,
        str(told.get("since") or ""),
        float(told["now"]),
        float(told["within"]),
    )
    return restart.Settings(
        mode,
        began,
        tuple(declared.split_list(told["gateway_urls"])),
        int(told["min_observers"]),
        tuple(declared.split_list(told.get("accept"))),
    )


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Their names."""
        return {"restart_plan": restart_plan}
