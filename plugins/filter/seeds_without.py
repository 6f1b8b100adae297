# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter `stemedb.cluster.seeds_without`."""

from __future__ import annotations

DOCUMENTATION = r"""
name: seeds_without
short_description: The members whose seed lists do not name a host
version_added: 0.1.0
author: stemedb.cluster contributors (@stemedb)
description:
  - A host that was removed has been taken out of the seed lists of the members. When it is added
    again, they stay without it until the inventory names it.
positional: host
options:
  _input:
    description: The variables of the members, by host, that of the host in question among them.
    type: dict
    required: true
  host:
    description: The host.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show whose seed lists do not name node-04
  ansible.builtin.debug:
    msg: "{{ members | stemedb.cluster.seeds_without('node-04') }}"
"""

RETURN = r"""
_value:
  description: Hosts, in the order of the input.
  type: list
  elements: str
  sample: [node-01, node-02]
"""

from collections.abc import Mapping
from typing import Any, Callable

from ansible.errors import AnsibleFilterError


def seeds_without(members: Mapping[str, Mapping[str, Any]], host: str) -> list[str]:
    """See the documentation of the plugin."""
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._members import declared, seeds

    try:
        return seeds.not_naming(host, declared.members(members))
    except (AttributeError, TypeError, ValueError) as error:
        raise AnsibleFilterError(
            f"stemedb.cluster.seeds_without: the input is not of the documented form ({error!r})."
        ) from error


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Their names."""
        return {"seeds_without": seeds_without}
