# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which run of Ansible this is, and whether another one of this host still runs.

Private to stemedb.cluster. On the controller only. A run is its main process: that one is there
from the first task to the last, while each task has a process of its own.
"""

from __future__ import annotations

import getpass
import multiprocessing
import os
import socket
import uuid
from collections.abc import Mapping
from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._host import proc

# Where a run's id comes from, so that every task of it finds the same one.
_RUNS = uuid.UUID("0f6a2a52-6d58-4cf4-9d0e-6f8a0f0d4a37")
# What must be equal for the numbers of processes to mean the same.
_SAME = ("controller", "boot_id", "pid_namespace")


def owner() -> dict[str, Any]:
    """Who runs this: see `_lock.record.OWNER`."""
    main = multiprocessing.parent_process()
    pid = main.pid if main is not None and main.pid is not None else os.getpid()
    return {
        "controller": socket.gethostname(),
        "boot_id": proc.boot_id(),
        "pid_namespace": proc.pid_namespace(),
        "pid": pid,
        "process_start": proc.start_ticks(pid),
        "user": _user(),
    }


def run_id(who: Mapping[str, Any]) -> str:
    """The id of a run, a UUID: the same in all its tasks, another in every other run."""
    parts = [str(who[key]) for key in (*_SAME, "pid", "process_start")]
    return str(uuid.uuid5(_RUNS, "\n".join(parts)))


def is_running(other: Mapping[str, Any], me: Mapping[str, Any]) -> bool | None:
    """Whether the run of another owner goes on, None where that cannot be known from here."""
    if any(me[key] is None or me[key] != other.get(key) for key in _SAME):
        return None
    pid, started = other.get("pid"), other.get("process_start")
    if not isinstance(pid, int) or not isinstance(started, int):
        return None
    return proc.is_running(pid, started)


def _user() -> str:
    """The person, where sudo knows it."""
    try:
        return os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):  # no entry for this user
        return f"uid {os.getuid()}"
