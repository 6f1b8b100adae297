# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes what an operation did, and the cluster meanwhile, beside what is printed."""

from __future__ import annotations

DOCUMENTATION = r"""
name: timeline
type: notification
short_description: Timeline of an operation as HTML and JSON, and its metrics
version_added: 1.0.0
author: stemedb.cluster contributors (@stemedb)
description:
  - Writes two files for each playbook run that waits for a cluster or takes its lock - a page of
    HTML that needs no network and no script, and the same data as JSON.
  - They have the steps, the states of the nodes, the good replicas of the worst shard, the leaders,
    the bytes copied, what was waited for, and heat maps from before and after.
  - They are written for a run that succeeds, fails or is interrupted. After each wait they are
    written too, so that there is a report if the run is killed.
  - A file that cannot be written is a warning and never a failure of the run.
  - With C(--check) it writes nothing.
requirements:
  - Enable it with C(callbacks_enabled=stemedb.cluster.timeline) in the C([defaults]) section of
    C(ansible.cfg), or with E(ANSIBLE_CALLBACKS_ENABLED).
options:
  dest:
    description:
      - The directory for the files, on the controller. It is created if it is missing.
      - A file is named by operation, time and run, such as
        C(add_node-20261123T031245Z-1f0c2a9d.html). Only its owner can read it.
    type: path
    default: stemedb-timelines
    env:
      - name: STEMEDB_TIMELINE_DEST
    ini:
      - section: stemedb_timeline
        key: dest
  metrics_dest:
    description:
      - A file for metrics of each run, for the textfile collector of node_exporter. Its name must
        end in C(.prom), and its directory must exist. Everybody can read it.
      - C({operation}) in the name is replaced, so that each operation has a file of its own.
      - By default no metrics are written.
    type: path
    env:
      - name: STEMEDB_METRICS_DEST
    ini:
      - section: stemedb_timeline
        key: metrics_dest
seealso:
  - module: stemedb.cluster.stemedb_wait
"""

EXAMPLES = r"""
ansible_cfg: |
  # Write a timeline of each operation, and metrics for node_exporter.
  [defaults]
  callbacks_enabled = stemedb.cluster.timeline

  [stemedb_timeline]
  dest = /var/log/stemedb/timelines
  metrics_dest = /var/lib/node_exporter/stemedb_{operation}.prom
"""

import atexit
import itertools
import json
import os
import re
import time
from pathlib import Path
from typing import Any

from ansible import context
from ansible.plugins.callback import CallbackBase
from ansible_collections.stemedb.cluster.plugins.module_utils import _json_file
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.plugin_utils import _run
from ansible_collections.stemedb.cluster.plugins.plugin_utils._clock import passed
from ansible_collections.stemedb.cluster.plugins.plugin_utils._terminal.place import plain_name
from ansible_collections.stemedb.cluster.plugins.plugin_utils._timeline.metrics import (
    operation_metrics,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._timeline.page import page
from ansible_collections.stemedb.cluster.plugins.plugin_utils._timeline.record import (
    Recorder,
    Task,
)

# Writing in between takes no more than this part of the time.
_SHARE = 0.05


class CallbackModule(CallbackBase):
    """Records tasks as they end."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "stemedb.cluster.timeline"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._recorder: Recorder | None = None
        self._begin()

    # --- what Ansible calls -----------------------------------------------------------------------

    def v2_playbook_on_start(self, playbook: Any) -> None:
        if context.CLIARGS.get("check"):
            return
        # A command may have several playbooks, each with a report of its own.
        self._begin()
        self._epoch, self._began = time.time(), passed()
        self._recorder = Recorder(Path(playbook._file_name).stem, self._epoch)
        self._pid = os.getpid()
        # Of an interrupted run nobody tells, but Python ends in an orderly way.
        atexit.register(self._finish, "aborted")

    def v2_runner_on_start(self, host: Any, task: Any) -> None:
        if self._recorder is not None:
            name = plain_name(task.get_name())
            began = Task(name, task.action, host.get_name(), self._now(), 0.0, "unfinished", {})
            self._current[host.get_name(), task._uuid] = began

    def v2_runner_on_ok(self, result: Any) -> None:
        self._ended(result, "changed" if result.result.get("changed") else "ok")

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._ended(result, "failed")

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._ended(result, "unreachable")

    def v2_runner_on_skipped(self, result: Any) -> None:
        self._current.pop(_key(result), None)

    def v2_runner_item_on_ok(self, result: Any) -> None:
        self._item(result, "changed" if result.result.get("changed") else "ok")

    def v2_runner_item_on_failed(self, result: Any) -> None:
        self._item(result, "failed")

    def v2_playbook_on_stats(self, stats: Any) -> None:
        self._finish("failed" if stats.failures or stats.dark else "succeeded")

    # --- what it does -----------------------------------------------------------------------------

    def _begin(self) -> None:
        self._path: Path | None = None
        self._current: dict[tuple[str, str], Task] = {}
        self._next_write = 0.0
        self._warned = False

    def _now(self) -> float:
        return passed() - self._began

    def _item(self, result: Any, outcome: str) -> None:
        """One turn of a loop has ended, and the next one begins."""
        key = _key(result)
        begun = self._current.get(key)
        self._add(result, outcome, begun)
        if begun is not None:
            self._current[key] = begun._replace(at=self._now())

    def _ended(self, result: Any, outcome: str) -> None:
        begun = self._current.pop(_key(result), None)
        # Each turn of a loop was told of when it ended.
        if "results" not in result.result or result.task.loop is None:
            self._add(result, outcome, begun)

    def _add(self, result: Any, outcome: str, begun: Task | None) -> None:
        if self._recorder is None:
            return
        now = self._now()
        at = now if begun is None else begun.at
        name, host = plain_name(result.task_name), result.host.get_name()
        action = result.task.action
        self._recorder.add(Task(name, action, host, at, now - at, outcome, result.result))
        if "timeline" in result.result and now >= self._next_write:
            self._write("running")
            self._next_write = self._now() + (self._now() - now) / _SHARE

    def _finish(self, outcome: str) -> None:
        recorder = self._recorder
        # A worker that ends has a copy of all this.
        if recorder is None or os.getpid() != self._pid:
            return
        path = self._write(outcome)
        self._write_metrics(outcome)
        self._recorder = None
        atexit.unregister(self._finish)
        if path is not None:
            self._display.display(f"Timeline: {path}", stderr=True)

    def _write(self, outcome: str) -> Path | None:
        """Write both files. The path of the page, None if there is nothing to tell or no place."""
        recorder = self._recorder
        if recorder is None or not recorder.is_operation:
            return None
        document = recorder.document(self._now(), outcome, self._unfinished(outcome))
        text = json.dumps(document, indent=1) + "\n"
        try:
            path = self._path or self._named(recorder.operation)
            _json_file.place(str(path.with_suffix(".json")), text)
            _json_file.place(str(path), page(document))
        except (OSError, StemeDBError) as error:
            self._warn(f"The timeline was not written to {self.get_option('dest')}: {error}")
            return None
        self._path = path
        return path

    def _unfinished(self, outcome: str) -> list[Task]:
        if outcome not in ("aborted", "running"):
            return []
        now = self._now()
        return [task._replace(seconds=now - task.at) for task in self._current.values()]

    def _named(self, operation: str) -> Path:
        folder = Path(self.get_option("dest"))
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        when = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(self._epoch))
        run = _run.run_id(_run.owner())[:8]
        name = f"{_safe(operation)}-{when}-{run}"
        names = itertools.chain([name], (f"{name}-{turn}" for turn in itertools.count(2)))
        return next(path for path in (folder / f"{n}.html" for n in names) if not path.exists())

    def _write_metrics(self, outcome: str) -> None:
        told, recorder = self.get_option("metrics_dest"), self._recorder
        if not told or recorder is None or not recorder.ours:
            return
        path = str(told).replace("{operation}", _safe(recorder.operation))
        document = recorder.document(self._now(), outcome)
        try:
            _json_file.place(path, operation_metrics(document, time.time()), mode=0o644)
        except OSError as error:
            self._warn(f"The metrics were not written to {path}: {error.strerror}")

    def _warn(self, text: str) -> None:
        if not self._warned:
            self._display.warning(f"{text}. The run itself is not affected.")
        self._warned = True


def _key(result: Any) -> tuple[str, str]:
    return result.host.get_name(), result.task._uuid


def _safe(operation: str) -> str:
    return re.sub(r"[^\w.-]", "_", operation)
