# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run of Ansible says in short: a line for each step, changes, failures and the end.

Private to stemedb.cluster. Pure. Times are seconds since the run began.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.stemedb.cluster.plugins.plugin_utils._operation.guide import TIMES
from ansible_collections.stemedb.cluster.plugins.plugin_utils._terminal.failure import (
    failure_lines,
    first_reason,
)

_NAME = 44
_TOOK = 8
_GOES_ON = "What was started on the nodes continues. Run it again: it reads the cluster first."


@dataclass(frozen=True)
class Task:
    """Where a run is.

    :param step: of a procedure, or the play of somebody else; empty if the task is in none.
    :param indexed: whether the step is one of the procedure's index, and not only of its playbook.
    :param aside: whether the task is none of the guide's: it is about the lock, or shows lines.
    :param ours: whether the task is in a playbook or role of the collection, or is run by one.
    :param reads: whether the task changes nothing on any host.
    """

    name: str
    step: str = ""
    ours: bool = False
    indexed: bool = False
    aside: bool = False
    reads: bool = False


@dataclass
class _Step:
    name: str
    began: float
    shown: bool = False
    indexed: bool = False
    hosts: set[str] = field(default_factory=set)
    changes: dict[str, list[str]] = field(default_factory=dict)
    told: bool = False
    failed: bool = False


class Story:
    """Turns what happens into lines, in its order.

    :param procedure: the playbook's name, empty if it is not one of the collection.
    :param check: whether nothing is changed.
    """

    def __init__(self, procedure: str, check: bool) -> None:
        self._procedure = procedure
        self._check = check
        self._step = _Step("", 0)
        self._task = Task("")
        self._changes: dict[str, int] = {}
        # What has begun and may change something, by host.
        self._begun: dict[str, str] = {}
        # Failures of hosts that no report tells of.
        self._pending: list[tuple[str, list[str]]] = []
        self._ran = False
        self._failed_step = ""
        self._rows: dict[str, str] = {}
        self.reported = False

    def title(self) -> list[str]:
        """The first line."""
        if not self._procedure:
            return []
        return [f"{self._procedure}{' --check: nothing is changed' if self._check else ''}"]

    def play(self, now: float) -> list[str]:
        """Another play begins, or the same with other hosts."""
        lines = self._close(now)
        self._step = _Step("", now)
        return lines

    def task(self, task: Task, now: float) -> list[str]:
        """A task begins."""
        self._task = task
        # What is beside the steps of an index belongs to the step before.
        if task.step in ("", self._step.name):
            return []
        lines = self._close(now)
        # Of what is beside an index only waits and changes are worth a line.
        self._step = _Step(task.step, now, task.indexed or not task.ours, task.indexed)
        return lines

    def now(self, now: float) -> str:
        """What happens at the moment, in one line."""
        step = self._step.name if self._task.ours else ""
        parts = dict.fromkeys(filter(None, (step, self._task.name)))
        return f"{clock(now)}  {': '.join(parts)} ..."

    def begun(self, task: Task, host: str) -> None:
        """A task begins on a host."""
        if not (task.aside or task.reads or self._check):
            self._begun[host] = task.name

    def over(self, host: str) -> None:
        """The task has ended there, whatever came of it."""
        self._begun.pop(host, None)

    def done(
        self, task: Task, host: str, result: Mapping[str, Any], now: float, where: str = ""
    ) -> list[str]:
        """A task has succeeded for a host.

        :param where: the host on which it ran instead.
        """
        self._ran = True
        self.over(host)
        if not task.aside:
            self._step.hosts.add(host)
        # What says that it is well says that it has ended.
        self._step.told |= any(line.startswith("✓") for line in _said(result))
        lines = list(self._stages(task, result, now))
        if not result.get("changed"):
            return lines
        host = where or host
        self._changes[host] = self._changes.get(host, 0) + 1
        if task.ours:
            self._step.shown = True
            self._step.changes.setdefault(host, []).append(task.name)
            return lines
        return [*lines, f"{clock(now)}  {self._verb} {host}: {task.name}"]

    def failed(
        self, task: Task, host: str, result: Mapping[str, Any], now: float, ignored: bool = False
    ) -> list[str]:
        """A task has failed on a host, or could not reach it."""
        self._ran = True
        who = host.partition(" -> ")[0]
        self.over(who)
        if ignored:
            return [f"! {host}: {task.name}, ignored: {first_reason(result)}"]
        self._step.failed = True
        lines = failure_lines(host, task.name, result)
        if not task.ours:
            return lines
        # The report of a procedure says it better, if there comes one.
        self._failed_step = self._failed_step or self._step.name or task.name
        # A rescue that fails in turn says why again.
        if all((each, said[1:]) != (who, lines[1:]) for each, said in self._pending):
            self._pending.append((who, lines))
        # Before the report, below which nothing is printed.
        changes = list(self._step_changes())
        self._step.changes.clear()
        return changes

    def report(self, host: str, lines: Sequence[str]) -> None:
        """A report has been printed that says why it failed, and what to do.

        :param host: whose task has printed it, which may be for another one.
        :param lines: the report. It tells of one host, though others may have failed as well.
        """
        failed = [each for each, _lines in self._pending]
        words = {word.strip(".,;:") for word in next(filter(None, lines), "").split()}
        named = next((each for each in failed if each in words), host)
        told = named if named in failed else next(iter(failed), "")
        self._pending = [each for each in self._pending if each[0] != told]
        self.reported = True

    @property
    def resumes(self) -> bool:
        """Whether it does some good to run the same again."""
        return bool(self._procedure) and not self._check

    def end(self, failed: bool, now: float) -> list[str]:
        """The run has ended.

        :param failed: whether any host has failed.
        """
        lines = self._close(now)
        if self.reported:
            lines += self._failures
            return [*lines, "The command to run again:"] if lines else []
        if not failed:
            what = f"{self._procedure or 'The playbook'}{' --check' if self._check else ''}"
            if not self._ran:
                return [*lines, f"! {what} ran no task: nothing was done or checked"]
            rescued = [
                f"! {first[2:]}, rescued: {why.strip()}"
                for _host, (first, why, *_more) in self._pending
            ]
            took = f"{lasted(now)}{self._guide}"
            return [*lines, *rescued, f"✓ {what} finished in {took}; {self._changed()}"]
        what = f"{self._procedure or 'The playbook'} failed after {lasted(now)}"
        where = f' at "{self._failed_step}"' if self._failed_step else ""
        return [*lines, f"✗ {what}{where}; {self._changed()}", *self._failures]

    def ended_early(self, now: float) -> list[str]:
        """The run ends before its end."""
        what = f"{self._procedure or 'The playbook'} ended early, after {lasted(now)}"
        step = self._step.name or self._task.name
        where = f' at "{step}"' if step else ""
        goes_on = [_GOES_ON] if self.resumes else []
        lines = [*self._step_changes(), f"✗ {what}{where}; {self._changed()}"]
        for host, name in self._begun.items():
            lines.append(f"! {host}: {name}: had begun, and may be done")
        return [*lines, *self._failures, *goes_on]

    @property
    def _failures(self) -> list[str]:
        return [line for _host, lines in self._pending for line in lines]

    @property
    def _guide(self) -> str:
        guide = "" if self._check else TIMES.get(self._procedure, "")
        return f" (guide: {guide})" if guide else ""

    @property
    def _verb(self) -> str:
        return "would change" if self._check else "changed"

    def _changed(self) -> str:
        if not self._changes:
            return "nothing else was changed" if self._begun else "nothing was changed"
        counted = ", ".join(f"{host} {count}" for host, count in sorted(self._changes.items()))
        return f"{'would change' if self._check else 'changes'}: {counted}"

    def _close(self, now: float) -> list[str]:
        """The line of the step that ends, unless a report is above, and what it has changed."""
        step, self._step = self._step, _Step("", now)
        lines = list(_changes(step, self._verb))
        over = self.reported or step.told or step.failed
        if step.name and step.hosts and step.shown and not over:
            lines.insert(0, row(now, self._named(step), now - step.began))
        return lines

    def _named(self, step: _Step) -> str:
        """The step, and its host if there is one of several in turn."""
        host = next(iter(step.hosts)) if len(step.hosts) == 1 else "localhost"
        again = self._rows.setdefault(step.name, host) != host
        alone = host == "localhost" or (step.indexed and not again)
        return step.name if alone else f"{step.name} ({host})"

    def _step_changes(self) -> Iterator[str]:
        return _changes(self._step, self._verb)

    def _stages(self, task: Task, result: Mapping[str, Any], now: float) -> Iterator[str]:
        """Lines of a wait: one for each stage, or one for all of it."""
        if not task.ours or "samples" not in result or "elapsed" not in result:
            return
        if not task.indexed:
            self._step.shown = True
            return
        self._step.told = True
        stages: Sequence[Mapping[str, Any]] = result.get("stages") or ()
        for stage in stages:
            at = now - result["elapsed"] + stage["elapsed"]
            yield row(at, stage["name"], stage["seconds"])
        if not stages:
            yield row(now, task.name, result["elapsed"])


def _said(result: Mapping[str, Any]) -> Sequence[str]:
    """The lines of stemedb_show; those of a file are no text of its own."""
    plan = result.get("plan")
    lines = (plan if isinstance(plan, Mapping) else result).get("lines")
    return [line for line in lines if isinstance(line, str)] if isinstance(lines, list) else []


def _changes(step: _Step, verb: str) -> Iterator[str]:
    for host, names in step.changes.items():
        yield f"       {verb} {host}: {'; '.join(dict.fromkeys(map(_in_short, names)))}"


def _in_short(name: str) -> str:
    """What a task changes, without what it does besides."""
    return name.partition(", and ")[0]


def row(at: float, name: str, seconds: float) -> str:
    """A step: when it ended, how long it took, and how long the guide says."""
    guide = f"  (guide: {TIMES[name]})" if name in TIMES else ""
    return f"{clock(at)}  {name.ljust(_NAME)}{lasted(seconds).rjust(_TOOK)}{guide}"


def clock(seconds: float) -> str:
    """MM:SS, hours in front if there are any."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes:02}:{rest:02}"


def lasted(seconds: float) -> str:
    """A duration as people say it."""
    whole = round(seconds)
    if whole < 120:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
