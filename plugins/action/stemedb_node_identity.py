# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Probes a host and decides which node it is, in one task."""

from __future__ import annotations

import time
import uuid
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.plugin_utils._action import (
    PrintedOnceError,
    lost_is_failed,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._members.identity import identify

ARGUMENTS: dict[str, Any] = {
    "probe": {"type": "dict", "required": True},
    "node_id": {"type": "str"},
    "members": {"type": "list", "elements": "dict", "default": []},
    "address": {"type": "str"},
    "rpc_port": {"type": "int", "default": 18182},
    "new_id": {"type": "str"},
    "leaves": {"type": "bool", "default": False},
}


class ActionModule(ActionBase):
    """All of `stemedb_node_identity`: it runs `stemedb_host_info` on the host."""

    _supports_check_mode = True
    _requires_connection = True

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """The identity, and what was found on the host; see RETURN of the module."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        _validation, args = self.validate_argument_spec(ARGUMENTS)
        args["new_id"] = args["new_id"] or str(uuid.uuid4())
        with lost_is_failed(self, task_vars):
            probe = self._execute_module(
                module_name="stemedb.cluster.stemedb_host_info",
                module_args=args.pop("probe"),
                task_vars=task_vars,
            )
        if probe.get("failed"):
            return result | probe
        try:
            found = identify(probe, **args)
        except StemeDBError as error:
            raise PrintedOnceError(error.message) from None
        return result | found | {"probe": probe, "at": time.time(), "changed": False}
