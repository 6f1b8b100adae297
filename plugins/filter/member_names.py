# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter `stemedb.cluster.member_names`."""

from __future__ import annotations

DOCUMENTATION = r"""
name: member_names
short_description: What an inventory calls the members and their seeds
version_added: 0.1.0
author: stemedb.cluster contributors (@stemedb)
description:
  - Lists the hosts, their addresses and their seeds, for the option C(resolve) of
    M(stemedb.cluster.stemedb_cluster_info). An inventory of names where the cluster lists addresses
    is understood by what they resolve to.
positional: seeds
options:
  _input:
    description: The variables of the members, by host.
    type: dict
    required: true
  seeds:
    description: C(stemedb_seed_nodes) as it is for no host in particular.
    type: raw
"""

EXAMPLES = r"""
- name: Read the cluster, and what the members are called
  stemedb.cluster.stemedb_cluster_info:
    overview: true
    resolve: "{{ {'node-01': hostvars['node-01']} | stemedb.cluster.member_names }}"
"""

RETURN = r"""
_value:
  description: Names and addresses, each once.
  type: list
  elements: str
  sample: [node-01, 10.0.0.1, "node-02:18183"]
"""

from collections.abc import Mapping
from typing import Any, Callable

from ansible.errors import AnsibleFilterError


def member_names(hosts: Mapping[str, Mapping[str, Any]], seeds: Any = None) -> list[str]:
    """See the documentation of the plugin."""
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._members import declared

    try:
        names = declared.split_list(seeds)
        for one in declared.members(hosts):
            names += [one.host, one.address, *(one.seeds or ())]
        return list(dict.fromkeys(names))
    except (AttributeError, TypeError, ValueError) as error:
        raise AnsibleFilterError(
            f"stemedb.cluster.member_names: the input is not of the documented form ({error!r})."
        ) from error


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Their names."""
        return {"member_names": member_names}
