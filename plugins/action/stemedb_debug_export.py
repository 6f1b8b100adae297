# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes a file on the controller of what `stemedb_debug_export` found where the task runs."""

from __future__ import annotations

import os
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.stemedb.cluster.plugins.module_utils import _json_file
from ansible_collections.stemedb.cluster.plugins.module_utils._debug_export import bounds
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._masking.redact import without_secrets
from ansible_collections.stemedb.cluster.plugins.plugin_utils._action import (
    ask_as_the_inventory_says,
    lost_is_failed,
    printed_once,
)

# What is found out all the same where the file cannot be written.
_EVIDENCE = ("cluster", "observers", "overview", "unmet")


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
        args = {**self._task.args, "include": {}}
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
        document["include"] = without_secrets(include, known)
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
