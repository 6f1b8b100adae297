# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The callback operation: a procedure's steps on a screen, and nothing that is not needed."""

from __future__ import annotations

DOCUMENTATION = r"""
name: operation
type: stdout
short_description: Show a line for each step of a procedure
version_added: 1.0.0
author: stemedb.cluster contributors (@stemedb)
description:
  - Shows the steps of the procedures of this collection, a line each, with the time of the
    operators' guide beside their own. On a terminal one more line shows what happens now.
  - Shows every change, failure and warning, and all that a procedure prints for people.
  - Shows changes and failures of other plays and of hooks as well.
  - Where standard output is no terminal, a wait says once a minute how far it is.
  - With C(-v) the output is that of P(ansible.builtin.default#callback).
extends_documentation_fragment:
  - default_callback
  - result_format_callback
requirements:
  - C(stdout_callback = stemedb.cluster.operation) in the section C([defaults]) of C(ansible.cfg)
notes:
  - Lines have 100 columns at most. Colors are used on terminals only, and not if C(NO_COLOR) or
    E(ANSIBLE_NOCOLOR) is set.
  - Tools that set a callback of their own, such as ansible-runner, ansible-navigator and automation
    controllers, do not use this one.
seealso:
  - ref: ansible_collections.stemedb.cluster.docsite.terminal
    description: What is shown, with samples.
"""

EXAMPLES = r"""
ansible.cfg: |
  [defaults]
  stdout_callback = stemedb.cluster.operation
"""

import atexit
import os
import shutil
import signal
import sys
import time
from functools import cache, wraps
from pathlib import Path
from typing import Any, Callable

from ansible import constants, context
from ansible.plugins.callback.default import CallbackModule as Default
from ansible_collections.stemedb.cluster.plugins.plugin_utils import _screen
from ansible_collections.stemedb.cluster.plugins.plugin_utils._action import (
    say,
    say_now,
    show,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._terminal import failure, place, story

_ROOT = f"{Path(__file__).resolve().parents[2]}{os.sep}"
_OURS = ("playbooks/", "roles/")
_SHOW = ("stemedb.cluster.stemedb_show", "stemedb_show")
# How the names of actions end that change nothing on a host.
_READS = (
    *("_info", "stemedb_wait", "stemedb_show", "assert", "debug", "fail", "meta", "set_fact"),
    *("slurp", "stat", "validate_argument_spec", "include_role", "include_tasks", "include_vars"),
)
_AD_HOC = "__adhoc_playbook__"


def in_short(method: Callable[..., None]) -> Callable[..., None]:
    """With -v, and for the command `ansible`, the default callback does it."""
    default = getattr(Default, method.__name__)

    @wraps(method)
    def either(self: CallbackModule, *given: Any, **named: Any) -> None:
        (method if self.short else default)(self, *given, **named)

    return either


class CallbackModule(Default):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "stemedb.cluster.operation"

    def __init__(self) -> None:
        super().__init__()
        self.short = False
        self._began = time.monotonic()
        self._story = story.Story("", False)
        self._tasks: dict[str, story.Task] = {}

    def v2_playbook_on_start(self, playbook: Any) -> None:
        name = playbook._file_name
        self.short = not self._display.verbosity and name != _AD_HOC
        if not self.short:
            super().v2_playbook_on_start(playbook)
            return
        screen = _screen_now()
        _screen.use(screen)
        atexit.register(self._ended_early, os.getpid())
        if screen.terminal:
            _erase_when_interrupted()
        path = _below(name)
        procedure = Path(path).stem if path.startswith("playbooks/") else ""
        self._began = time.monotonic()
        self._story = story.Story(procedure, context.CLIARGS["check"])
        say(self._story.title())

    @in_short
    def v2_playbook_on_play_start(self, play: Any) -> None:
        self._play = play
        say(self._story.play(self._now))

    @in_short
    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        say(self._story.task(self._task(task), self._now))
        say_now(self._story.now(self._now))

    @in_short
    def v2_playbook_on_handler_task_start(self, task: Any) -> None:
        self.v2_playbook_on_task_start(task, False)

    @in_short
    def v2_runner_on_start(self, host: Any, task: Any) -> None:
        self._story.begun(self._task(task), host.get_name())

    @in_short
    def v2_runner_on_ok(self, result: Any) -> None:
        self._warn(result)
        host, found = result.host.get_name(), result.result
        # Of a loop only its items know where each ran.
        where = "" if result.task.loop else result.task.delegate_to or ""
        say(self._story.done(self._task(result.task), host, found, self._now, where))
        plan = found.get("plan")
        if result.task.action in _SHOW and plan:
            _screen.remember(plan.get("lines", []))
        self._say_what_it_shows(result)

    @in_short
    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        given = (result.result.get("invocation") or {}).get("module_args") or {}
        if result.task.action in _SHOW and given.get("report"):
            self._story.report(result.host.get_name(), given.get("lines") or [])
        else:
            self._fail(result, ignore_errors)

    @in_short
    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._fail(result, bool(result.task.ignore_unreachable))

    @in_short
    def v2_runner_on_skipped(self, result: Any) -> None:
        self._story.over(result.host.get_name())
        self._warn(result)

    @in_short
    def v2_runner_item_on_ok(self, result: Any) -> None:
        self._warn(result)
        self._say_what_it_shows(result)

    @in_short
    def v2_runner_item_on_failed(self, result: Any) -> None:
        self._warn(result)

    @in_short
    def v2_runner_item_on_skipped(self, result: Any) -> None:
        self._warn(result)

    @in_short
    def v2_runner_retry(self, result: Any) -> None:
        left = result.result["retries"] - result.result["attempts"]
        say_now(f"{self._story.now(self._now)} {left} tries left")

    @in_short
    def v2_runner_on_async_poll(self, result: Any) -> None:
        """Print nothing, since the task is shown."""

    @in_short
    def v2_playbook_on_include(self, included_file: Any) -> None:
        """Print nothing, since the tasks that are included are shown."""

    @in_short
    def v2_playbook_on_no_hosts_remaining(self) -> None:
        """Print nothing, since it is shown why there are none."""

    @in_short
    def v2_playbook_on_no_hosts_matched(self) -> None:
        # Of reconcile, whose plays are skipped on purpose.
        if not any(pattern.startswith("!") for pattern in self._play.hosts or ()):
            say([f"! No host for the play {self._play.get_name().strip()!r}: it is skipped."])

    @in_short
    def v2_on_file_diff(self, result: Any) -> None:
        found = result.result
        for each in found["results"] if result.task.loop and "results" in found else [found]:
            if each.get("diff") and each.get("changed"):
                for line in self._get_diff(each["diff"]).splitlines():
                    _show_changed_line(_screen.clean(line))

    @in_short
    def v2_playbook_on_stats(self, stats: Any) -> None:
        atexit.unregister(self._ended_early)
        say(self._story.end(bool(stats.failures or stats.dark), self._now))
        if self._story.reported:
            self._show_command()
        _screen.use(None)

    def _fail(self, result: Any, ignored: bool) -> None:
        self._warn(result)
        task, host = self._task(result.task), self.host_label(result)
        say(self._story.failed(task, host, result.result, self._now, ignored))

    def _say_what_it_shows(self, result: Any) -> None:
        """What a task shows on purpose, such as that of debug."""
        found = result.result
        if found.get("_ansible_verbose_always"):
            text = found["msg"] if isinstance(found.get("msg"), str) else self._dump_results(found)
            say(f"{result.host.get_name()}: {text}".splitlines())

    def _warn(self, result: Any) -> None:
        if result.result.get("warnings") or result.result.get("deprecations"):
            say_now("")
            self._handle_warnings(result.result)

    def _ended_early(self, pid: int) -> None:
        """For a run that is interrupted, of which no callback learns."""
        if os.getpid() == pid:
            say(self._story.ended_early(self._now))
            if self._story.resumes:
                self._show_command()

    def _show_command(self) -> None:
        screen = _screen.current()
        for line in failure.command(sys.argv, screen.columns if screen else _screen.COLUMNS):
            # As it is: a word that does not fit can be copied from a terminal.
            show(_screen.clean(line), None)

    @property
    def _now(self) -> float:
        return time.monotonic() - self._began

    def _task(self, task: Any) -> story.Task:
        """Where a task is, by the includes that lead to it."""
        if task._uuid not in self._tasks:
            includes = [place.Include(one.get_name(), _path_of(one)) for one in _includes(task)]
            ours = any(include.path for include in includes) or bool(_path_of(task))
            step, indexed = place.step_of(includes)
            if not ours:
                step = self._play.get_name().strip()
            name = place.plain_name(task.get_name())
            aside = task.action in _SHOW or _path_of(task).startswith("roles/stemedb_lock/")
            reads = task.action.endswith(_READS)
            self._tasks[task._uuid] = story.Task(name, step, ours, indexed, aside, reads)
        return self._tasks[task._uuid]


def _includes(task: Any) -> list[Any]:
    """The includes and imports that lead to a task, the outermost first."""
    found: list[Any] = []
    above = task.get_first_parent_include()
    while above:
        found.insert(0, above)
        above = above.get_first_parent_include()
    return found


def _path_of(task: Any) -> str:
    return _below((task.get_path() or "").rpartition(":")[0])


@cache
def _below(path: str) -> str:
    """A file's path below the collection, empty for a file of somebody else."""
    real = os.path.realpath(path)
    inside = real[len(_ROOT) :] if real.startswith(_ROOT) else ""
    return inside if inside.startswith(_OURS) else ""


def _erase_when_interrupted() -> None:
    """Erase the line that is overwritten before Ansible says that it was interrupted."""
    before, pid, out = signal.getsignal(signal.SIGINT), os.getpid(), sys.stdout.fileno()

    def erase(number: int, frame: Any) -> None:
        if os.getpid() == pid:
            os.write(out, _screen.ERASE.encode())
        if callable(before):
            before(number, frame)

    signal.signal(signal.SIGINT, erase)


def _screen_now() -> _screen.Screen:
    terminal = sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"
    wide = shutil.get_terminal_size((_screen.COLUMNS, 0)).columns if terminal else _screen.COLUMNS
    return _screen.Screen(min(wide, _screen.COLUMNS), terminal)


def _show_changed_line(line: str) -> None:
    colors = {"+": constants.COLOR_DIFF_ADD, "-": constants.COLOR_DIFF_REMOVE}
    show(line, colors.get(line[:1]))
