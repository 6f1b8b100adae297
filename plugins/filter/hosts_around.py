# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter `stemedb.cluster.hosts_around`."""

from __future__ import annotations

DOCUMENTATION = r"""
name: hosts_around
short_description: The hosts to look at after a failure
version_added: 0.1.0
author: stemedb.cluster contributors (@stemedb)
description:
  - Gives the hosts that are named, then the members whose gateways are asked, then the other
    members, each once.
positional: members, gateways
options:
  _input:
    description: Names of hosts, the one that it is about first.
    type: list
    elements: str
    required: true
  members:
    description:
      - The variables of the members, by host. Of each, C(stemedb_node_address), C(ansible_host) or
        its name is its address.
    type: dict
    required: true
  gateways:
    description: The URLs of the gateways, or one text with commas between them.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Show whom to look at
  ansible.builtin.debug:
    msg: "{{ ['node-09'] | stemedb.cluster.hosts_around({'node-01': {}}, 'http://node-01:18181') }}"
"""

RETURN = r"""
_value:
  description: Names of hosts.
  type: list
  elements: str
  sample: [node-09, node-01]
"""

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ansible.errors import AnsibleFilterError


def hosts_around(
    named: Sequence[str], members: Mapping[str, Mapping[str, Any]], gateways: str | Sequence[str]
) -> list[str]:
    """See the documentation of the plugin."""
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose import hosts as diagnose
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._members import declared

    try:
        return diagnose.hosts_around(named, members, declared.split_list(gateways))
    except (AttributeError, TypeError, ValueError) as error:
        raise AnsibleFilterError(
            f"stemedb.cluster.hosts_around: the input is not of the documented form ({error!r})."
        ) from error


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Their names."""
        return {"hosts_around": hosts_around}
