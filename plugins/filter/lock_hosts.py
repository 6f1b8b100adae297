# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter `stemedb.cluster.lock_hosts`."""

from __future__ import annotations

DOCUMENTATION = r"""
name: lock_hosts
short_description: Which hosts keep the lock of a cluster
version_added: 0.1.0
author: stemedb.cluster contributors (@stemedb)
description:
  - Gives the lock hosts to ask, and of how many they have to be more than half.
  - These are the first five declared members by name, unless others are named. A member that is a
    target is not asked, and still counts. Otherwise two operations with other targets could each
    have more than half of other hosts.
positional: named, targets
options:
  _input:
    description: The declared members, such as the group C(stemedb_nodes).
    type: list
    elements: str
    required: true
  named:
    description: Hosts to be used in their place, all of them. A comma-separated string works too.
    type: list
    elements: str
    default: []
  targets:
    description: What is to be changed. What is no member may stand here too.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Show the lock hosts of an operation on node-02
  ansible.builtin.debug:
    msg: "{{ groups['stemedb_nodes'] | stemedb.cluster.lock_hosts(targets=['node-02']) }}"
"""

RETURN = r"""
_value:
  description: C(asked), the hosts to ask; C(of), how many there are in all; C(hosts), all of them;
    C(foreign), those that are no members.
  type: dict
  sample: {asked: [node-01, node-03], of: 3, hosts: [node-01, node-02, node-03], foreign: []}
"""

from typing import TYPE_CHECKING, Any, Callable

if TYPE_CHECKING:
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._lock import majority


def lock_hosts(
    members: majority.Names,
    named: majority.Names = None,
    targets: majority.Names = None,
) -> dict[str, Any]:
    """See the documentation of the plugin."""
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._lock import majority

    return majority.lock_hosts(members, named, targets)


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Their names."""
        return {"lock_hosts": lock_hosts}
