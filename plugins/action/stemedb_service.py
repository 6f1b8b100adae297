# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts or stops the service of a node on its host, and waits until it has started or ended."""

from __future__ import annotations

import shlex
import time
from typing import Any

from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.action import ActionBase
from ansible_collections.stemedb.cluster.plugins.plugin_utils._action import (
    PrintedOnceError,
    lost_is_failed,
    say,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._clock import passed
from ansible_collections.stemedb.cluster.plugins.plugin_utils._node import service_change as judge

ARGUMENTS: dict[str, Any] = {
    "state": {"type": "str", "choices": ["started", "stopped", "steady"], "required": True},
    "service": {"type": "dict", "required": True},
    "command": {"type": "str", "default": ""},
    "environment_file": {"type": "str"},
    "check_msg": {"type": "str", "default": ""},
    "fail_msg": {"type": "str", "default": ""},
    "since": {"type": "dict"},
    "after": {"type": "float"},
    "disable": {"type": "bool", "default": False},
    "ports": {"type": "list", "elements": "dict", "default": []},
    "timeout": {"type": "float", "default": 60.0},
    "interval": {"type": "float", "default": 1.0},
}


class ActionModule(ActionBase):
    """All of `stemedb_service`: it runs modules on the host, one after the other."""

    _supports_check_mode = True
    _requires_connection = True

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """The service as it is now, and as it was before; see RETURN of the module."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        _validation, args = self.validate_argument_spec(
            ARGUMENTS, required_if=[("state", judge.STEADY, ["since"])]
        )
        _fail_for(args["fail_msg"])
        with lost_is_failed(self, task_vars):
            return result | self._reach(args, task_vars)

    def _reach(self, args: dict[str, Any], task_vars: dict[str, Any] | None) -> dict[str, Any]:
        state, wanted = args["state"], args["service"]
        host = self._task.delegate_to or (task_vars or {}).get("inventory_hostname", "the host")
        before = self._probe({"service": wanted}, task_vars)
        if state == judge.STEADY:
            _fail_for(judge.unsteady(before, args["since"], wanted["name"], host))
            return {"changed": False} | judge.facts(before) | {"at": passed()}
        _fail_for(judge.why_not(before, state, wanted, args["command"], host))
        changes = judge.changes(before, state, args["disable"])
        found = {"changed": changes, "before": judge.facts(before)}
        if self._task.check_mode:
            if changes and args["check_msg"]:
                say([args["check_msg"]])
            return found
        if changes:
            self._change(args, host, task_vars)
        now = self._reached(args, host, before["clock"], task_vars)
        return found | judge.facts(now) | {"at": passed()}

    def _reached(
        self, args: dict[str, Any], host: str, since: float, task_vars: dict[str, Any] | None
    ) -> dict[str, Any]:
        """The probe in which it has come to that."""
        asked: dict[str, Any] = {"service": args["service"], "ports": args["ports"]}
        if args["ports"]:
            asked["timeout"] = 1
        state, deadline = args["state"], time.monotonic() + args["timeout"]
        while True:
            now = self._probe(asked, task_vars)
            reached = judge.reached(now, state)
            if reached is not None or time.monotonic() > deadline:
                break
            time.sleep(args["interval"])
        if reached:
            _fail_for(judge.older(now, args["after"], host))
            return now
        if state == judge.STARTED:
            now = self._probe({**asked, "log_since": since}, task_vars)
        name = args["service"]["name"]
        raise PrintedOnceError(judge.failure(now, state, name, host, args["timeout"]))

    def _probe(self, asked: dict[str, Any], task_vars: dict[str, Any] | None) -> dict[str, Any]:
        found: dict[str, Any] = self._execute_module(
            module_name="stemedb.cluster.stemedb_host_info", module_args=asked, task_vars=task_vars
        )
        if found.get("failed"):
            raise PrintedOnceError(found.get("msg", "The host did not say what runs there."))
        return found

    def _change(self, args: dict[str, Any], host: str, task_vars: dict[str, Any] | None) -> None:
        """Start or stop it. What becomes of it is asked next, also where the connection ends."""
        name, state = args["service"]["name"], args["state"]
        if args["service"].get("manager", "systemd") == "systemd":
            module, options = "ansible.builtin.systemd_service", {"name": name, "state": state}
            if args["disable"]:
                options["enabled"] = False
        else:
            script = args["command"]
            if args["environment_file"]:
                file = shlex.quote(args["environment_file"])
                script = f"set -a\n. {file}\nset +a\n{script}"
            module = "ansible.legacy.command"
            options = {"_raw_params": script, "_uses_shell": True, "executable": "/bin/sh"}
        try:
            done = self._execute_module(
                module_name=module, module_args=options, task_vars=task_vars
            )
        except AnsibleConnectionFailure:
            return
        if done.get("failed"):
            said = [done.get("msg"), done.get("stderr")]
            raise PrintedOnceError(
                f"{name} on {host} could not be {state}: "
                + " ".join(str(text) for text in said if text)
            )


def _fail_for(problem: str) -> None:
    if problem:
        raise PrintedOnceError(problem)
