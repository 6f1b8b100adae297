"""Counts the tasks of a playbook, and the CPU seconds of all its processes, into a file."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = r"""
name: tally
type: aggregate
short_description: Count tasks and CPU seconds
description: For the benchmarks of this checkout.
"""


class CallbackModule(CallbackBase):
    """Writes `{tasks, cpu, seconds, waited}` to `STEMEDB_TALLY/NAME.json` for a playbook's name.

    `waited` are the seconds of its waits: what the cluster takes by itself, and `stable_for`.
    """

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "tally"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._name, self._tasks, self._began = "", 0, time.monotonic()
        self._waited = 0.0

    def v2_playbook_on_start(self, playbook: Any) -> None:
        self._name = Path(playbook._file_name).stem

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        """Whatever the default output would begin with `TASK [`."""
        self._tasks += 1

    def v2_runner_on_ok(self, result: Any) -> None:
        if str(result._task.action).endswith("stemedb_wait"):
            self._waited += float(result._result.get("elapsed") or 0)

    def v2_playbook_on_stats(self, stats: Any) -> None:
        used = os.times()
        found = {
            "tasks": self._tasks,
            "cpu": used.user + used.system + used.children_user + used.children_system,
            "seconds": time.monotonic() - self._began,
            "waited": self._waited,
        }
        path = Path(os.environ["STEMEDB_TALLY"], f"{self._name}.json")
        path.write_text(json.dumps(found), encoding="utf-8")
