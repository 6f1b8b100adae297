# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter `stemedb.cluster.removal_survey`."""

from __future__ import annotations

DOCUMENTATION = r"""
name: removal_survey
short_description: Who is to be removed, and what speaks against it
version_added: 0.1.0
author: stemedb.cluster contributors (@stemedb)
description:
  - Puts together what the cluster and the hosts say of the nodes that are to be removed, before any
    of them is touched. The guard before each stop (M(stemedb.cluster.stemedb_impact_info)) comes on
    top of it.
  - A host that cannot be reached is data like all else.
positional: probes, found, hosts, settings
options:
  _input:
    description: C(targets) of P(stemedb.cluster.removal_targets#filter).
    type: list
    elements: dict
    required: true
  probes:
    description:
      - The results of a loop of M(stemedb.cluster.stemedb_host_info) over their hosts, with
        C(node_id_file), C(service), C(data_dir), C(user), C(addresses) of the members and C(ports)
        with the host's own address. One that could not be reached says C(unreachable).
    type: list
    elements: dict
    required: true
  found:
    description:
      - A result of M(stemedb.cluster.stemedb_cluster_info) with its overview, for which the
        gateways of the targets were not asked.
    type: dict
    required: true
  hosts:
    description: The variables, by host, as for P(stemedb.cluster.removal_targets#filter).
    type: dict
    required: true
  settings:
    description:
      - C(gateway_urls), C(seeds), C(min_nodes), C(max_changes), C(accept), C(confirm),
        C(can_drain), C(delete_data) and C(check).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Judge whether the nodes may go
  ansible.builtin.set_fact:
    survey: >-
      {{ targets | stemedb.cluster.removal_survey(probes.results, cluster, hosts,
      {'gateway_urls': stemedb_gateway_url, 'confirm': 'node-04'}) }}
"""

RETURN = r"""
_value:
  description:
    - C(targets), each with C(name), C(host), C(node_id), C(address), C(state) and C(running),
      C(reachable) and C(stop), whether it has to be stopped; C(blockers) and C(accepted), each with
      C(kind), C(subject) and C(detail); C(gateway_urls) of other nodes; C(seeds), by host what the
      members that stay are to have; C(old_seeds), the seeds that go; C(zones), by full id.
  type: dict
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Callable

from ansible.errors import AnsibleFilterError

if TYPE_CHECKING:
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._remove_node import (
        plan as removal,
    )


def removal_survey(
    targets: Sequence[Mapping[str, Any]],
    probes: Sequence[Mapping[str, Any]],
    found: Mapping[str, Any],
    hosts: Mapping[str, Mapping[str, Any]],
    settings: Mapping[str, Any],
) -> dict[str, Any]:
    """See the documentation of the plugin."""
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._members import declared
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._remove_node import (
        plan as removal,
    )

    try:
        members = declared.members(hosts, found.get("resolved"))
        by_host = {str(probe[probe.get("ansible_loop_var", "item")]): probe for probe in probes}
        return {
            **removal.survey(targets, by_host, found, members, _settings(settings)),
            "zones": declared.zones(members, found["overview"]["nodes"] or ()),
        }
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise AnsibleFilterError(
            f"stemedb.cluster.removal_survey: the input is not of the documented form ({error!r})."
        ) from error


def _settings(told: Mapping[str, Any]) -> removal.Settings:
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._members import declared
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._remove_node import (
        plan as removal,
    )

    least, seeds = told.get("min_nodes"), told.get("seeds")
    return removal.Settings(
        tuple(declared.split_list(told["gateway_urls"])),
        None if seeds is None else tuple(declared.split_list(seeds)),
        None if least in (None, "") else int(least),
        int(told.get("max_changes", 1)),
        tuple(declared.split_list(told.get("accept"))),
        tuple(declared.split_list(told.get("confirm"))),
        bool(told.get("can_drain")),
        bool(told.get("delete_data")),
        bool(told.get("check")),
    )


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Their names."""
        return {"removal_survey": removal_survey}
