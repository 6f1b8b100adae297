# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter `stemedb.cluster.diagnose_hosts`."""

from __future__ import annotations

DOCUMENTATION = r"""
name: diagnose_hosts
short_description: What hosts say of themselves, put together
version_added: 0.1.0
author: stemedb.cluster contributors (@stemedb)
description:
  - Puts the results of loops over hosts together, by host. One that was unreachable or failed is
    there with the reason.
positional: gateways, loads
options:
  _input:
    description: The results of a loop of M(stemedb.cluster.stemedb_host_info) over hosts.
    type: list
    elements: dict
    required: true
  gateways:
    description: The same, of the service of the gateway where it has one of its own.
    type: list
    elements: dict
    default: []
  loads:
    description: The results of a loop of M(ansible.builtin.setup) with C(loadavg).
    type: list
    elements: dict
    default: []
"""

EXAMPLES = r"""
- name: Look at hosts
  stemedb.cluster.stemedb_host_info:
    service:
      name: stemedb-node
  delegate_to: "{{ item }}"
  loop: [node-01, node-02]
  ignore_unreachable: true
  register: probes

- name: Show what they say
  ansible.builtin.debug:
    msg: "{{ probes.results | stemedb.cluster.diagnose_hosts }}"
"""

RETURN = r"""
_value:
  description:
    - By host C(problem), why it was not looked at; C(probe); C(gateway), service and log of the
      gateway; C(load). What is not known is V(null).
  type: dict
"""

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ansible.errors import AnsibleFilterError

Results = Sequence[Mapping[str, Any]]


def diagnose_hosts(probes: Results, gateways: Results = (), loads: Results = ()) -> dict[str, Any]:
    """See the documentation of the plugin."""
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose import hosts as diagnose

    try:
        return diagnose.diagnose_hosts(probes, gateways, loads)
    except (AttributeError, KeyError, TypeError) as error:
        raise AnsibleFilterError(
            f"stemedb.cluster.diagnose_hosts: the input is not of the documented form ({error!r})."
        ) from error


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Their names."""
        return {"diagnose_hosts": diagnose_hosts}
