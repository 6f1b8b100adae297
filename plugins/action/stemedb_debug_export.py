# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes a file on the controller of what `stemedb_debug_export` found where the task runs."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Any

from ansible import constants
from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.stemedb.cluster.plugins.module_utils import _json_file
from ansible_collections.stemedb.cluster.plugins.module_utils._debug_export import bounds
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._masking.redact import without_secrets
from ansible_collections.stemedb.cluster.plugins.plugin_utils._action import (
    ask_as_the_inventory_says,
    lost_is_failed,
    printed_once,
    read_variable,
    values_of,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose.commands import (
    OF_SERVICES,
    inventory_options,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose.findings import (
    findings,
    limits_of,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose.situation import (
    Limits,
    Situation,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._members.declared import members

# What is found out all the same where the file cannot be written.
_EVIDENCE = (
    "cluster",
    "observers",
    "overview",
    "unmet",
    "findings",
    "sight",
    "watched",
    "certificates",
)
# What stands before the findings in the file.
_HEAD = ("export", "time", "error")
# What findings compare the cluster and its hosts with.
_OF_HOSTS = (
    "ansible_host",
    "stemedb_cluster_name",
    "stemedb_node_address",
    "stemedb_node_data_dir",
    "stemedb_node_gateway_port",
    "stemedb_node_gossip_port",
    "stemedb_node_id",
    "stemedb_node_rpc_port",
    "stemedb_seed_nodes",
)


class ActionModule(ActionBase):
    """The controller's side of `stemedb_debug_export`."""

    _supports_check_mode = True
    _requires_connection = True

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """The module's own result, with the file in the place of its document."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        ask_as_the_inventory_says(self, task_vars)
        limits = self._limits()
        variables = {host: self._told(host, task_vars or {}) for host in self._members()}
        # The module needs to know only which addresses are ours.
        ours = sorted({name for one in members(variables) for name in (one.host, one.address)})
        args = {**self._task.args, "include": {}, "members": ours, "limits": {}}
        with lost_is_failed(self, task_vars):
            result |= self._execute_module(module_args=args, task_vars=task_vars)
        document = result.pop("document", None)
        if document is None:
            return printed_once(self, result)
        include = self._task.args.get("include") or {}
        if not isinstance(include, dict):
            raise AnsibleActionFail("include must be a dictionary of what else belongs into it.")
        # The module has taken max_kib for a number.
        limit = int(self._task.args.get("max_kib", 1024)) * 1024
        known = [self._task.args.get("api_key"), os.environ.get("STEMEDB_API_KEY")]
        include = without_secrets(include, known)
        situation = self._situation(result, include, limits, task_vars or {}, variables)
        result["findings"] = without_secrets(findings(situation), known)
        first = {key: document.pop(key) for key in _HEAD if key in document}
        document = {**first, "findings": result["findings"], **document, "include": include}
        whole = bounds.bounded(document, limit)
        path = os.path.abspath(os.path.expanduser(str(self._task.args["dest"])))
        try:
            changed = _json_file.write(path, whole, self._task.check_mode)
        except StemeDBError as error:
            failure = {"failed": True, "msg": error.message, "failure": error.as_failure()}
            return printed_once(self, {**result, **failure}, _EVIDENCE)
        if result.get("failed"):
            result["msg"] += f" What is known is in {path}."
        told = {**result, "changed": changed, "dest": path, "size_bytes": bounds.length(whole)}
        return printed_once(self, told, _EVIDENCE)

    def _limits(self) -> Limits:
        """:raises AnsibleActionFail: one of them is none; then nothing is asked."""
        try:
            return limits_of(self._task.args.get("limits") or {})
        except StemeDBError as error:
            raise AnsibleActionFail(error.message) from None

    def _situation(
        self,
        found: Mapping[str, Any],
        include: Mapping[str, Any],
        limits: Limits,
        task_vars: Mapping[str, Any],
        variables: Mapping[str, Mapping[str, Any]],
    ) -> Situation:
        """What the findings are made of: the gateways, the hosts and the inventory."""
        name = task_vars.get("stemedb_cluster_name", "")
        # The export itself is of any cluster.
        name = read_variable(self, name, "stemedb_cluster_name", "raw") if name else ""
        hosts = {
            host: {key: one.get(key) for key in ("problem", "probe", "gateway")}
            for host, one in (include.get("hosts") or {}).items()
            # Callers may include hosts of another form.
            if isinstance(one, Mapping) and "probe" in one
        }
        groups = task_vars.get("groups") or {}
        new = set(groups.get("stemedb_new_nodes") or ()) - set(groups.get("stemedb_nodes") or ())
        return Situation(
            found,
            hosts,
            members(variables),
            variables,
            limits,
            str(name or ""),
            time.time(),
            frozenset(new),
            _inventory(task_vars),
        )

    def _members(self) -> list[str]:
        return [str(host) for host in self._task.args.get("members") or ()]

    def _told(self, host: str, task_vars: Mapping[str, Any]) -> dict[str, Any]:
        """What the inventory says of a host."""
        known = task_vars["hostvars"].raw_get(host)
        told = self._read(host, _OF_HOSTS, known)
        # Each by itself: a command may name what only the node role knows.
        for name in OF_SERVICES:
            told |= self._read(host, (name,), known)
        return told

    def _read(self, host: str, names: tuple[str, ...], known: Mapping[str, Any]) -> dict[str, Any]:
        """These of its variables. No value must not end it."""
        try:
            return values_of(self, known, names)
        except AnsibleError as error:
            Display().vv(f"{', '.join(names)} of {host} cannot be read: {error}")
            return {}


def _inventory(task_vars: Mapping[str, Any]) -> str:
    """The options that name this run's inventory in another command."""
    usual, origin = constants.config.get_config_value_and_origin("DEFAULT_HOST_LIST")
    # A variable of the environment may have been set for this run only.
    of_run = str(origin).startswith("env:")
    sources = task_vars.get("ansible_inventory_sources")
    return inventory_options(sources, None if of_run else usual, os.getcwd())
