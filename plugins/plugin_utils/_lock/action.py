# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's side of the modules that run on a lock host.

Private to stemedb.cluster, on the controller only. A lock host cannot know whose run asks, nor
whether a holder on the controller still runs.
"""

from __future__ import annotations

import os
from typing import Any, ClassVar

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible_collections.stemedb.cluster.plugins.plugin_utils import _run
from ansible_collections.stemedb.cluster.plugins.plugin_utils._action import lost_is_failed, say
from ansible_collections.stemedb.cluster.plugins.plugin_utils._clock import passed
from ansible_collections.stemedb.cluster.plugins.plugin_utils._lock.reason import started_by


class LockAction(ActionBase):  # type: ignore[misc]  # ansible has no types
    """All of a module that runs on a lock host."""

    _supports_check_mode = True
    _requires_connection = True
    # What the module is told of this run.
    tells: ClassVar[tuple[str, ...]] = ("run_id",)

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """The module's own result, with `running` in its holders and `asked_at`, our own time.

        Who ignores an unreachable host judges many lock hosts together. There it is one that gave
        no answer, and so is one that failed.
        """
        result: dict[str, Any] = super().run(tmp, task_vars)
        me = _run.owner()
        known = {"run_id": _run.run_id(me), "owner": me}
        args = {**self._task.args, **{name: known[name] for name in self.tells}}
        if "owner" in self.tells:
            args["reason"] = args.get("reason") or started_by(os.environ, task_vars or {})
        together = self._task.ignore_unreachable
        result["asked_at"] = passed()
        try:
            with lost_is_failed(self, task_vars):
                result |= self._execute_module(module_args=args, task_vars=task_vars)
        except AnsibleError as error:
            # A file that cannot be sent is no answer either. Who asks one host alone is told.
            if not together:
                raise
            result |= {"changed": False, "lost": True, "msg": str(error)}
        if together:
            result["failed"] = False
        # What was taken in vain is given back without an outcome: why is told by the refusal.
        if together and args.get("outcome") and "held" not in result:
            host = self._task.delegate_to or (task_vars or {}).get("inventory_hostname")
            say(
                [
                    f"The lock was not released on {host} ({result.get('msg')}). If this run held "
                    "it there, it expires by itself."
                ]
            )
        for name in ("holder", "replaced"):
            if result.get(name):
                result[name]["running"] = _run.is_running(result[name]["owner"], me)
        return result
