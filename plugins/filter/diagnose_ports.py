# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter `stemedb.cluster.diagnose_ports`."""

from __future__ import annotations

DOCUMENTATION = r"""
name: diagnose_ports
short_description: The ports of all nodes, to be tried from each of them
version_added: 0.1.0
author: stemedb.cluster contributors (@stemedb)
description:
  - Gives gateway, RPC and gossip of each host for M(stemedb.cluster.stemedb_host_info). Tried on
    every host, they show each way between two nodes in both directions.
options:
  _input:
    description:
      - The variables of the hosts, by host. Of each, C(stemedb_node_address), C(ansible_host) or
        its name is its address; C(stemedb_node_gateway_port), C(stemedb_node_rpc_port) and
        C(stemedb_node_gossip_port) are its ports.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Try all ports from here
  stemedb.cluster.stemedb_host_info:
    ports: "{{ {'node-01': {}, 'node-02': {}} | stemedb.cluster.diagnose_ports }}"
"""

RETURN = r"""
_value:
  description: The ports.
  type: list
  elements: dict
  sample: [{host: node-01, port: 18181, protocol: tcp}]
"""

from collections.abc import Mapping
from typing import Any, Callable

from ansible.errors import AnsibleFilterError


def diagnose_ports(hosts: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """See the documentation of the plugin."""
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose import hosts as diagnose

    try:
        return diagnose.diagnose_ports(hosts)
    except (AttributeError, TypeError, ValueError) as error:
        raise AnsibleFilterError(
            f"stemedb.cluster.diagnose_ports: the input is not of the documented form ({error!r})."
        ) from error


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Their names."""
        return {"diagnose_ports": diagnose_ports}
