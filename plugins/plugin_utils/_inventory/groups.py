# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The groups of a node, and those that expressions ask for.

Private to stemedb.cluster. Pure.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import STATES

NODES = "stemedb"
LEADERS = "stemedb_leaders"
_OTHER = "stemedb_other"
_OF_STATE = {state: f"stemedb_{state.lower()}" for state in STATES}
# Each of them is there without a host too, so that a play may name it.
BELOW = (*_OF_STATE.values(), _OTHER, LEADERS)


def group_of(state: str | None) -> str:
    """The group of the nodes in a state."""
    return _OF_STATE.get(state or "", _OTHER)


class Notes:
    """Stands in for an inventory, and notes which groups expressions ask for.

    Which names the groups have is known only when all expressions are evaluated: until then no host
    can be sure of its name.
    """

    def __init__(self, children_are_hosts: bool) -> None:
        self._children_are_hosts = children_are_hosts
        self.groups: dict[str, None] = {}
        self.members: dict[tuple[str, str], None] = {}
        self.children: dict[tuple[str, str], None] = {}

    def add_group(self, group: str) -> str:
        self.groups[group] = None
        return group

    def add_host(self, host: str, group: str) -> None:
        self.members[group, host] = None

    def add_child(self, group: str, child: str) -> None:
        (self.members if self._children_are_hosts else self.children)[group, child] = None


def makes_circle(inventory: Any, parent: str, child: str) -> bool:
    """Whether a group would be below itself, at which Ansible gives up the whole source."""
    below = inventory.groups[child].get_descendants(include_self=True)
    return inventory.groups[parent] in below
