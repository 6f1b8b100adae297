# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tells one process, and one start of a host, from all others. Private to stemedb.cluster.

Linux has it in /proc; where it is not, nothing is known.
"""

from __future__ import annotations

import os
from pathlib import Path

# Fields of /proc/PID/stat, counted from behind the name.
_STATE = 0
_PARENT = 1
_START = 19
_ENDED = ("Z", "X", "x")


def stat_fields(pid: int) -> list[str] | None:
    """What the kernel says of a process, from its state on; None if it is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # The name in brackets may hold blanks and brackets, so count the fields from behind it.
    fields = text.rpartition(")")[2].split()
    return fields if len(fields) > _START else None


def start_ticks(pid: int) -> int | None:
    """When a process started, in clock ticks since the host did; None if it is gone."""
    fields = stat_fields(pid)
    return int(fields[_START]) if fields else None


def parent_of(pid: int) -> int | None:
    """The process that a process belongs to; None if it has ended."""
    fields = stat_fields(pid)
    return int(fields[_PARENT]) if fields and fields[_STATE] not in _ENDED else None


def is_running(pid: int, started: int) -> bool | None:
    """Whether the process that started then still runs, None where that cannot be known.

    :param started: its `start_ticks`; another process may have its number by now.
    """
    if start_ticks(os.getpid()) is None:
        return None
    fields = stat_fields(pid)
    if fields is None:
        return None if _exists(pid) else False
    return fields[_STATE] not in _ENDED and int(fields[_START]) == started


def _exists(pid: int) -> bool:
    """Whether there is such a process, be it hidden: /proc may be mounted with hidepid."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):  # another user's, or no number of a process: who knows
        return True
    return True


def boot_id() -> str | None:
    """Tells this start of the host from every other one."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip() or None
    except OSError:
        return None


def pid_namespace() -> str | None:
    """Tells the processes of a container from those of its host and of other containers."""
    try:
        return os.readlink("/proc/self/ns/pid")
    except OSError:
        return None
