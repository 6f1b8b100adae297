# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs `stemedb_wait` where the task runs, and shows its progress here.

The module runs as a job of its own on the host. Its lines come over the connection that is open
already, by a long poll of the file that it writes. It ends by its own deadline, so nothing is left
behind for long if this side dies.
"""

from __future__ import annotations

import json
import posixpath
import secrets
import shlex
import time
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._module.options import wait_seconds
from ansible_collections.stemedb.cluster.plugins.plugin_utils._action import (
    CLUSTER_NAME,
    Progress,
    ask_as_the_inventory_says,
    lost_is_failed,
    printed_once,
)

# Seconds that the job may take beyond its own timeout: its start, and calls that are under way.
_SLACK = 60

# With one of these it is the wrapper of the job that speaks, not the module.
_WRAPPERS_OWN = frozenset({"cmd", "child_pid"})

# What a failure says in short in its message, and has in full in its evidence.
_EVIDENCE = ("unmet", "history", "timeline", "heat_map", "node_names", "observers")

# One poll ends with the first new line, or after this many tries.
_TRIES = 100
_PAUSE = "0.2"


class ActionModule(ActionBase):
    """The controller's side of `stemedb_wait`."""

    _supports_check_mode = True
    _requires_connection = True

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """The module's own result."""
        ask_as_the_inventory_says(self, task_vars, CLUSTER_NAME)
        with lost_is_failed(self, task_vars):
            return printed_once(self, self._waited(tmp, task_vars), _EVIDENCE)

    def _waited(self, tmp: str | None, task_vars: dict[str, Any] | None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        timeout = wait_seconds(self._task.args)
        if timeout is None:
            # The module says better what is wrong with it.
            return result | self._execute_module(task_vars=task_vars)
        name = f"stemedb_wait.{secrets.token_hex(8)}"
        started = self._start(timeout, name, task_vars)
        if "results_file" not in started:
            return result | started
        job = started["results_file"]
        # Where the home of the job really is: the user database may know another.
        folder = posixpath.dirname(job)
        progress = posixpath.join(folder, name)
        try:
            said = self._show(progress, job, time.monotonic() + timeout + _SLACK)
            return result | _result(said, started["ansible_job_id"])
        finally:
            self._low_level_execute_command(f"rm -f {shlex.quote(progress)} {shlex.quote(job)}")

    def _start(self, timeout: float, name: str, task_vars: dict[str, Any] | None) -> dict[str, Any]:
        folder = self.get_shell_option("async_dir", default="~/.ansible_async")
        self._task.async_val = max(0, int(timeout)) + _SLACK
        try:
            return self._execute_module(
                module_args={**self._task.args, "progress_file": posixpath.join(folder, name)},
                task_vars=task_vars,
                wrap_async=True,
            )
        finally:
            self._task.async_val = 0

    def _show(self, progress: str, job: str, deadline: float) -> str:
        """Show the lines as they come; what the job's file says once it has ended, or nothing."""
        seen, shown = 0, Progress()
        while time.monotonic() < deadline:
            answer = self._low_level_execute_command(_poll(progress, job, seen))
            if answer["rc"] != 0:
                return str(answer["stdout"])
            lines = answer["stdout"].splitlines()
            seen += len(lines)
            for line in lines:
                if not self._task.no_log:
                    shown.tell(line)
        return ""


def _result(said: str, jid: str) -> dict[str, Any]:
    """The module's own result, of the text in its job's file."""
    if not said:
        return _failed(
            "timeout",
            f"The wait did not end within {_SLACK} s after its timeout: look on its host for "
            f"process {jid.rpartition('.')[2]}, and at how busy that host is.",
        )
    try:
        # Beside it a terminal may show something of its own.
        found = json.loads(said[said.index("{") : said.rindex("}") + 1])
    except ValueError:
        found = None
    if found is None or _WRAPPERS_OWN & found.keys():
        return _failed(
            "transport",
            "The wait ended without a result: on its host it was killed, perhaps for want of "
            "memory, or broke down; module_stderr holds what it said.",
            module_stderr=said if found is None else found.get("stderr", ""),
        )
    found.pop("ansible_job_id", None)
    return dict(found)


def _failed(code: str, message: str, **more: Any) -> dict[str, Any]:
    error = StemeDBError(code, message)
    return {"failed": True, "msg": message, "failure": error.as_failure(), **more}


# Of all that it does only the pauses start a process: a wait may take minutes on a busy host. The
# job is looked at before its lines, so that none that it wrote last is missed.
_POLL = """\
i=0; open=; begun=; new=
while [ $i -lt {tries} ]; do
  state=
  if [ -e {job} ]; then read -r state < {job} || :; fi
  if [ -z "$open" ] && [ -e {progress} ]; then
    exec 3< {progress}
    open=yes
    n=0; while [ $n -lt {seen} ]; do IFS= read -r line <&3; n=$((n+1)); done
  fi
  if [ -n "$open" ]; then
    while IFS= read -r line <&3; do printf '%s\\n' "$begun$line"; begun=; new=yes; done
    begun=$begun$line
  fi
  if [ -n "$new" ]; then exit 0; fi
  case $state in ''|*'"finished": false'*) ;; *) printf '%s\\n' "$state"; exit 1 ;; esac
  i=$((i+1)); sleep {pause}
done
"""


def _poll(progress: str, job: str, seen: int) -> str:
    """A shell script that prints the lines after those seen, once there are some.

    When there is nothing and the job has ended, it prints the job's file, which is one line, and
    exits 1. Before that file is there, the job is about to begin.
    """
    return _POLL.format(
        progress=shlex.quote(progress),
        job=shlex.quote(job),
        seen=seen,
        tries=_TRIES,
        pause=_PAUSE,
    )
