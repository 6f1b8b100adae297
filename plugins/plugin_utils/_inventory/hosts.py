# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the earlier sources of an inventory declare of each host, `host_vars` included.

Private to stemedb.cluster. Reads what `ansible.builtin.constructed` reads with `use_vars_plugins`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Callable

from ansible.errors import AnsibleError
from ansible.inventory.helpers import get_group_vars
from ansible.utils.vars import combine_vars
from ansible.vars.plugins import get_vars_from_inventory_sources

# What says which node a host is. Of these, only a template that cannot be read is worth a word if
# the host is meant to be a node: any host has an address.
_NODE = ("stemedb_node_id", "stemedb_node_address")
VARIABLES = (*_NODE, "ansible_host")


def declarations(
    inventory: Any, loader: Any, template: Callable[[Any, dict[str, Any]], Any]
) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """`VARIABLES` of each host that has some of them, and a sentence for each that is unreadable.

    :param template: evaluates a value, with these variables.
    """
    found: dict[str, dict[str, Any]] = {}
    problems = []
    variables = _Variables(inventory, loader)
    for host in inventory.hosts.values():
        known = variables.of(host)
        found[host.name] = own = {}
        for name in VARIABLES:
            try:
                value = template(known[name], known) if name in known else None
            except AnsibleError as error:
                value = None
                if name in _NODE:
                    problems.append(f"{name} of {host.name} cannot be read here: {error.message}")
            if value is not None:
                own[name] = str(value)
    return found, problems


class _Variables:
    """Reads the variables of hosts; those of the same groups once."""

    def __init__(self, inventory: Any, loader: Any) -> None:
        self._inventory = inventory
        self._loader = loader
        self._of_groups: dict[tuple[str, ...], dict[str, Any]] = {}

    def of(self, host: Any) -> dict[str, Any]:
        """All that the earlier sources say, what counts most last."""
        groups = host.get_groups()
        every = self._inventory.groups["all"]
        if every not in groups:
            groups = [every, *groups]  # which Ansible adds when all sources are read
        names = tuple(group.name for group in groups)
        if names not in self._of_groups:
            of_groups = get_group_vars(groups)
            self._of_groups[names] = combine_vars(of_groups, self._from_files(groups))
        own = combine_vars(host.get_vars(), self._from_files([host]))
        return dict(combine_vars(self._of_groups[names], own))

    def _from_files(self, entities: Sequence[Any]) -> Any:
        sources = self._inventory.processed_sources
        return get_vars_from_inventory_sources(self._loader, sources, entities, "all")
