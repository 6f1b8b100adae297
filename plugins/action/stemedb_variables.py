# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Refuses variables that cannot be read as what the roles take them for."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from ansible.errors import AnsibleError, AnsibleUndefinedVariable
from ansible.plugins.action import ActionBase
from ansible.template import trust_as_template
from ansible.utils.vars import load_extra_vars
from ansible_collections.stemedb.cluster.plugins.plugin_utils._invocation import mistyped
from ansible_collections.stemedb.cluster.plugins.plugin_utils._invocation import (
    refusal as invocation_refusal,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._members.declared import (
    near,
    split_list,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._typed import Option, refusal

# Whoever asks has a name.
_ASKS_FROM = "stemedb_control_host"
# Of those that nobody asks the majority is smaller than it looks.
_LOCK_HOSTS = "stemedb_lock_hosts"
# Ansible would look for these beside the roles, and only when it comes to them.
_TASK_FILES = ("stemedb_before_stop_tasks", "stemedb_after_start_tasks")
_ROLES = Path(__file__).resolve().parents[2] / "roles"
_MOST_HOSTS = 3
_NODE = "stemedb_node"
# What commands are made of is known only where they are run.
_OF_ITS_OWN = "_command"


@cache
def variables(role: str = "*") -> dict[str, Option]:
    """What the roles of this collection, or one of them, say of each of their variables."""
    found: dict[str, Option] = {}
    for path in sorted(_ROLES.glob(f"{role}/meta/argument_specs.yml")):
        text = path.read_text(encoding="utf-8")
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        for entry in yaml.load(text, Loader=loader)["argument_specs"].values():  # noqa: S506
            for name, option in (entry.get("options") or {}).items():
                # Where one role takes what another one does not look into, the former decides.
                if name not in found or found[name].get("type") == "raw":
                    found[name] = option
    return found


class ActionModule(ActionBase):
    """All of `stemedb_variables`: it runs on the controller."""

    _supports_check_mode = True
    _requires_connection = False

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Failed with each variable that cannot be read or has no value, or nothing."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        spec = {
            "defined_on": {"type": "list", "elements": "str"},
            "needs_members": {"type": "bool"},
        }
        _validation, told = self.validate_argument_spec(spec)
        if told["needs_members"] is not None:
            gateway = os.environ.get("STEMEDB_GATEWAY_URL", "")
            given = load_extra_vars(self._loader)
            called = invocation_refusal(
                task_vars or {}, told["needs_members"], gateway, given, variables()
            )
            if called is not None:
                return result | {"failed": True, "msg": called}
        if told["defined_on"] is None:
            found = self._refused(task_vars or {})
            what = "Correct these variables"
        else:
            found = self._undefined(task_vars or {}, told["defined_on"])
            what = (
                "Put what is missing into a vault and load that (-e @vault.yml, or a file of "
                "group_vars beside the inventory), or correct these variables"
            )
        refused: dict[str, list[str]] = {}
        for host, said in found:
            refused.setdefault(said, []).append(host)
        if not refused:
            return result | {"changed": False}
        lines = [f"{said} ({_some(hosts)})" for said, hosts in refused.items()]
        msg = f"Nothing was changed. {what}: {'; '.join(lines)}."
        return result | {"failed": True, "msg": msg}

    def _refused(self, task_vars: dict[str, Any]) -> Iterator[tuple[str, str]]:
        """Host by host what cannot be read of its variables."""
        hosts = {*task_vars["hostvars"], "localhost", task_vars["inventory_hostname"]}
        options = variables()
        meant: dict[str, str] = {}
        looked_at: set[str] = set()
        for host, told, templar in self._hosts(task_vars, sorted(hosts)):
            meant |= mistyped(told.keys() - looked_at, options)
            looked_at |= told.keys()
            for name in sorted(meant.keys() & told.keys()):
                # Who has set both has a name of their own.
                if meant[name] not in told:
                    yield host, f"{name} is read by nothing, did you mean {meant[name]}?"
            for name in options.keys() & told.keys():
                said = self._refusal(name, told[name], options[name], templar, hosts)
                if said is not None:
                    yield host, said

    def _refusal(
        self, name: str, value: Any, option: Option, templar: Any, hosts: Collection[str]
    ) -> str | None:
        plain = option.get("type", "str") in ("str", "path", "raw") and not option.get("choices")
        if plain and name != _ASKS_FROM and name not in _TASK_FILES:
            return None
        try:
            found = templar.template(value)
        except AnsibleUndefinedVariable as error:
            # What refers to a vault that is not loaded is refused by the procedures that need it,
            # and a hook may be another for each node.
            if option.get("type") in ("list", "dict") or name in _TASK_FILES:
                return None
            return f"{name} has no value: {str(error).rstrip('.')}"
        except AnsibleError as error:
            return f"{name} has no value: {str(error).rstrip('.')}"
        if name == _ASKS_FROM and not found:
            return f"{name} is empty, and wanted is the name of a host"
        if name in _TASK_FILES and found:
            return self._no_tasks(name, str(found))
        said = refusal(name, found, option)
        return _no_host(name, found, hosts) if said is None and name == _LOCK_HOSTS else said

    def _no_tasks(self, name: str, path: str) -> str | None:
        """Why a file of the user's tasks cannot be run, before anything is changed."""
        if not os.path.isabs(path):
            return f"{name} is {path}, and wanted is an absolute path"
        try:
            tasks = self._loader.load_from_file(path)
        except AnsibleError as error:
            return f"{name} names {path}, which cannot be read: {str(error).splitlines()[0]}"
        if isinstance(tasks, list):
            return None
        return f"{name} names {path}, which is no list of tasks"

    def _undefined(self, task_vars: dict[str, Any], hosts: list[str]) -> Iterator[tuple[str, str]]:
        """Host by host what of a node's variables refers to one that is not defined."""
        names = [name for name in sorted(variables(_NODE)) if not name.endswith(_OF_ITS_OWN)]
        for host, told, templar in self._hosts(task_vars, hosts):
            for name in names:
                said = _missing(name, told[name], templar) if name in told else None
                if said is not None:
                    yield host, said

    def _hosts(
        self, task_vars: dict[str, Any], hosts: list[str]
    ) -> Iterator[tuple[str, dict[str, Any], Any]]:
        """Each host with its variables, and what reads their templates."""
        options = variables()
        usual = {name: _trusted(o["default"]) for name, o in options.items() if "default" in o}
        around = {name: value for name, value in task_vars.items() if name in _AROUND}
        for host in hosts:
            its = task_vars["hostvars"].raw_get(host)
            told = task_vars if host == task_vars["inventory_hostname"] else {**around, **its}
            templar = self._templar.copy_with_new_env(available_variables={**usual, **told})
            yield host, told, templar


# What the values of other hosts may be made of, besides their own.
_AROUND: tuple[str, ...] = (
    "hostvars",
    "groups",
    "playbook_dir",
    "inventory_dir",
    "ansible_play_name",
)
_AROUND += ("ansible_play_hosts", "ansible_play_hosts_all", "ansible_play_batch")


def _missing(name: str, value: Any, templar: Any) -> str | None:
    try:
        templar.template(value)
    except AnsibleUndefinedVariable as error:
        said = str(error).rstrip(".")
        what = re.search(r"'(\w+)' is undefined", said)
        return f"{name} needs {what[1]}, which is not defined" if what else f"{name}: {said}"
    return None


def _trusted(value: Any) -> Any:
    """A default of a role as Ansible has it: its texts may be templates."""
    if isinstance(value, str):
        return trust_as_template(value)
    if isinstance(value, Mapping):
        return {name: _trusted(item) for name, item in value.items()}
    return [_trusted(item) for item in value] if isinstance(value, list) else value


def _no_host(name: str, value: Any, hosts: Collection[str]) -> str | None:
    """The first that is no host of the inventory."""
    unknown = next((each for each in split_list(value) if each not in hosts), None)
    if unknown is None:
        return None
    return f"{name} names {unknown}, which is no host of the inventory.{near(unknown, hosts)}"


def _some(hosts: list[str]) -> str:
    more = len(hosts) - _MOST_HOSTS
    return ", ".join(hosts[:_MOST_HOSTS]) + (f" and {more} more" if more > 0 else "")
