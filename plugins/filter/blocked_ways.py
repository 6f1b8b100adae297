# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter `stemedb.cluster.blocked_ways`."""

from __future__ import annotations

DOCUMENTATION = r"""
name: blocked_ways
short_description: Which ports are not reached, and in which direction
version_added: 0.1.0
author: stemedb.cluster contributors (@stemedb)
description:
  - Says for a node that fails to join who does not reach whom. Both directions matter, and a
    firewall often lets one through.
options:
  _input:
    description:
      - A dictionary of C(host) (the new node's), C(probe) (a result of
        M(stemedb.cluster.stemedb_host_probe) there) and C(inbound) (the results of a loop over the
        names of members, of the same module on each). The last two may be V(null).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Try the new node's RPC from the members
  stemedb.cluster.stemedb_host_probe:
    ports:
      - host: "{{ stemedb_node_address }}"
        port: 18182
  delegate_to: "{{ item }}"
  loop: [node-01, node-02]
  register: from_members

- name: Say who does not reach it
  ansible.builtin.debug:
    msg: "{{ ways | stemedb.cluster.blocked_ways }}"
  vars:
    ways:
      host: node-04
      probe: null
      inbound: "{{ from_members.results }}"
"""

RETURN = r"""
_value:
  description: A sentence for each port that is not reached.
  type: list
  elements: str
  sample: ["node-01 does not reach node-04 at 198.51.100.14:18182 (tcp: no answer, ETIMEDOUT)"]
"""

from collections.abc import Mapping
from typing import Any, Callable

from ansible.errors import AnsibleFilterError
from ansible_collections.stemedb.cluster.plugins.module_utils import _reach


def blocked_ways(facts: Mapping[str, Any]) -> list[str]:
    """See the documentation of the plugin."""
    try:
        return _reach.blocked(facts)
    except (AttributeError, KeyError, TypeError) as error:
        raise AnsibleFilterError(
            f"stemedb.cluster.blocked_ways: the input is not of the documented form ({error!r})."
        ) from error


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Their names."""
        return {"blocked_ways": blocked_ways}
