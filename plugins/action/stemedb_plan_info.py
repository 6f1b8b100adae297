# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gives `stemedb_plan_info` what only the inventory knows: who is declared, and what is allowed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible_collections.stemedb.cluster.plugins.plugin_utils._action import (
    CLUSTER_NAME,
    HostAction,
    ask_as_the_inventory_says,
    read_variable,
    variables_of,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._members.declared import declared

# The group of the declared members.
_MEMBERS = "stemedb_nodes"
# All that is asked of a host: its other variables may not be readable, and there may be many.
_OF_HOSTS = ("stemedb_node_id", "stemedb_node_address", "ansible_host", "stemedb_node_zone")
# Options besides those of a gateway, by the variable that is their default, and its type.
_OPTIONS = {
    **CLUSTER_NAME,
    "prune": ("stemedb_prune", "list"),
    "lock_hosts": ("stemedb_lock_hosts", "list"),
    "max_changes": ("stemedb_max_changes", "int"),
    "maintenance": ("stemedb_maintenance", "str"),
    "accept": ("stemedb_accept", "list"),
    "plan_expires": ("stemedb_plan_expires", "float"),
    "unattended": ("stemedb_unattended", "str"),
    "max_replacements": ("stemedb_max_replacements", "int"),
    "min_live_replicas": ("stemedb_min_live_replicas", "int"),
    "min_nodes": ("stemedb_min_nodes", "int"),
    "min_observers": ("stemedb_min_observers", "int"),
    "observers": ("stemedb_observers", "str"),
}


class ActionModule(HostAction):
    """The controller's side of `stemedb_plan_info`."""

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """The module's own result."""
        known = task_vars or {}
        args = self._task.args
        ask_as_the_inventory_says(self, task_vars, _OPTIONS)
        if "declared" not in args:
            args["declared"] = self._hosts(known.get("groups", {}).get(_MEMBERS, ()), known)
        if "spares" not in args:
            names = self._names(known.get("stemedb_spares"), "stemedb_spares")
            args["spares"] = self._hosts(names, known)
        if "hosts" not in args:
            hosts = known.get("groups", {}).get("all", ())
            named = [*self._names(args.get("prune"), "prune"), *_mentioned(args)]
            args["hosts"] = self._hosts([name for name in named if name in hosts], known)
        return dict(super().run(tmp, task_vars))

    def _names(self, value: Any, name: str) -> list[str]:
        return [str(item).strip() for item in read_variable(self, value, name, "list") or ()]

    def _hosts(self, names: Iterable[str], known: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Hosts of the inventory as the module takes them.

        :raises AnsibleActionFail: there is no such host, or its variables have no value.
        """
        found = []
        for name in dict.fromkeys(names):
            if name not in known["hostvars"]:
                raise AnsibleActionFail(
                    f"Nothing was planned: stemedb_spares names {name}, which is no host of the "
                    "inventory. Put it into the inventory, or correct stemedb_spares."
                )
            one = declared(name, self._told(name, known))
            row = {"address": one.address, "node_id": one.node_id, "zone": one.zone}
            found.append(
                {"host": name, **{key: value for key, value in row.items() if value is not None}}
            )
        return found

    def _told(self, host: str, known: Mapping[str, Any]) -> dict[str, Any]:
        """What is asked of a host's variables."""
        try:
            return variables_of(self, host, _OF_HOSTS, known)
        except AnsibleError as error:
            raise AnsibleActionFail(
                f"Nothing was planned: where {host} is cannot be read from its variables "
                f"({', '.join(_OF_HOSTS)}): {str(error).splitlines()[0]}"
            ) from None


def _mentioned(args: Mapping[str, Any]) -> Iterator[str]:
    """The hosts that earlier runs acted on: one may have taken the place of another."""
    yield from args.get("replaces") or ()
    for operation in args.get("operations") or ():
        target = operation.get("target") if isinstance(operation, Mapping) else None
        yield from (name.strip() for name in str(target or "").split(","))
