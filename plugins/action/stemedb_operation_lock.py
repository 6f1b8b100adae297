# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tells `stemedb_operation_lock` whose run this is, and whether a holder of this host still runs.

Only the controller can know either, while the module runs on a lock host.
"""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.stemedb.cluster.plugins.plugin_utils import _run
from ansible_collections.stemedb.cluster.plugins.plugin_utils._action import lost_is_failed


class ActionModule(ActionBase):
    """The controller's side of `stemedb_operation_lock`."""

    _supports_check_mode = True
    _requires_connection = True

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """The module's own result, with `running` in its holders."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        me = _run.owner()
        args = {**self._task.args, "owner": me, "run_id": _run.run_id(me)}
        with lost_is_failed(self, task_vars):
            result |= self._execute_module(module_args=args, task_vars=task_vars)
        if self._task.ignore_unreachable:
            # Who judges many lock hosts together takes one that cannot do it like one that is lost.
            result["failed"] = False
        for name in ("holder", "replaced"):
            if result.get(name):
                result[name]["running"] = _run.is_running(result[name]["owner"], me)
        return result
