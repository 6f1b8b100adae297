# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A node's service, by systemd or by commands, and its log. Private to stemedb.cluster.

Standard library only, because it runs on nodes. `running` is True, False, or None while it changes
or cannot be known. What cannot be asked at all raises OSError, ValueError or SubprocessError.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Iterable
from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._host.command_line import values
from ansible_collections.stemedb.cluster.plugins.module_utils._host.log_lines import LogLines
from ansible_collections.stemedb.cluster.plugins.module_utils._host.proc import start_ticks

PROPERTIES = (
    "LoadState",
    "ActiveState",
    "SubState",
    "MainPID",
    "NRestarts",
    "Result",
    "ExecStart",
    "NeedDaemonReload",
    "UnitFileState",
)
# What `systemctl is-enabled` calls enabled, one way or another.
ENABLED = ("enabled", "enabled-runtime", "static", "alias", "indirect", "generated")

# What a status command may say by its exit status (LSB): 0 runs, 1 to 3 does not.
STOPPED = (1, 2, 3)


def _run(argv: list[str], timeout: float) -> subprocess.CompletedProcess[str]:
    # No AnsibleModule down here, and its run_command knows no time limit.
    # pylint: disable-next=ansible-bad-function
    return subprocess.run(
        argv,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=timeout,
        check=False,
        encoding="utf-8",
        errors="replace",
        env=dict(os.environ, LC_ALL="C"),
    )


def process_argv(pid: int) -> list[str] | None:
    """The command line of a process, None if it is gone or not ours to see."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as stream:
            parts = stream.read().rstrip(b"\0").split(b"\0")
    except OSError:
        return None
    return [part.decode("utf-8", "replace") for part in parts] if parts != [b""] else None


def process_started_at(pid: int) -> float | None:
    """When a process started, in seconds since the epoch; None if it is gone."""
    ticks = start_ticks(pid)
    if ticks is None:
        return None
    age = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    return round(time.time() - age, 2)


def flag_of(name: str, argv: list[str] | None) -> str | None:
    """The value of a flag such as `--node-id` on a command line, None without one."""
    found = values(argv or (), name)
    return found[0] if found else None


def service(manager: str, name: str, status_command: str | None, timeout: float) -> dict[str, Any]:
    """State, process and command line of a service; see RETURN of stemedb_host_info."""
    if manager == "systemd":
        facts = _systemd(name, timeout)
    elif status_command:
        facts = _command(name, status_command, timeout)
    else:
        raise ValueError("no status command is given; set stemedb_node_status_command")
    pid = facts["pid"]
    facts["argv"] = process_argv(pid) if pid else None
    if facts["started_at"] is None and pid:
        facts["started_at"] = process_started_at(pid)
    argv = facts["argv"] or facts["unit_argv"]
    facts["node_id"], facts["data_dir"] = flag_of("--node-id", argv), flag_of("--data-dir", argv)
    if facts["node_id"] is not None and re.search(r"[$%]", facts["node_id"]):
        raise ValueError(
            f"--node-id of {name} is {facts['node_id']!r}, which only the service manager can "
            "expand; set stemedb_node_id to the id it stands for"
        )
    return facts


def _facts(manager: str, name: str) -> dict[str, Any]:
    facts: dict[str, Any] = {"manager": manager, "name": name, "exists": None, "running": None}
    for key in ("state", "pid", "started_at", "restarts", "result", "needs_reload", "enabled"):
        facts[key] = None
    facts["unit_argv"] = None
    return facts


def show(name: str, properties: Iterable[str], timeout: float) -> list[tuple[str, str]]:
    """What systemd says of a unit: pairs, as some properties come more than once."""
    answer = _run(
        ["systemctl", "show", "--no-pager", f"--property={','.join(properties)}", "--", name],
        timeout,
    )
    pairs = [line.partition("=")[::2] for line in answer.stdout.splitlines() if "=" in line]
    if answer.returncode != 0 or "ActiveState" not in dict(pairs):
        raise ValueError(f"systemctl show {name} failed: {answer.stderr.strip()[:200]}")
    return pairs


def is_running(active: str, sub: str) -> bool | None:
    """By systemd's words; None while it starts or stops."""
    if active in ("active", "reloading"):
        return True
    return False if active in ("inactive", "failed") or sub == "auto-restart" else None


def argv_of(exec_start: str) -> list[str] | None:
    """The command line in `ExecStart`, cut at blanks: systemd tells no more of it."""
    command = re.search(r"argv\[\]=(.*?) ; ignore_errors=", exec_start)
    return command.group(1).split() if command else None


def _systemd(name: str, timeout: float) -> dict[str, Any]:
    pairs = dict(show(name, PROPERTIES, timeout))
    facts = _facts("systemd", name)
    active, sub = pairs["ActiveState"], pairs.get("SubState", "")
    facts["exists"] = pairs.get("LoadState") != "not-found"
    facts["state"] = f"{active}/{sub}"
    facts["running"] = is_running(active, sub)
    facts["pid"] = _number(pairs.get("MainPID")) or None
    facts["restarts"] = _number(pairs.get("NRestarts"))
    facts["needs_reload"] = pairs.get("NeedDaemonReload") == "yes"
    facts["enabled"] = pairs.get("UnitFileState") in ENABLED
    facts["result"] = pairs.get("Result") or None
    facts["unit_argv"] = argv_of(pairs.get("ExecStart", ""))
    return facts


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdigit() else None


def _command(name: str, status_command: str, timeout: float) -> dict[str, Any]:
    answer = _run(shlex.split(status_command), timeout)
    facts = _facts("command", name)
    facts["state"] = f"exit status {answer.returncode}"
    if answer.returncode == 0:
        facts["running"] = True
    elif answer.returncode in STOPPED:
        facts["running"] = False
    else:
        said = (answer.stderr.strip() or answer.stdout.strip())[:200]
        raise ValueError(
            f"the status command of {name} ended with {answer.returncode}, which says neither "
            f"running (0) nor stopped (1 to 3): {said}"
        )
    facts["pid"] = _pid_in(answer.stdout) if facts["running"] else None
    return facts


def _pid_in(text: str) -> int | None:
    """`pid` of a JSON object, or the one number after the word pid; None if neither is there."""
    try:
        said = json.loads(text)
    except ValueError:
        found = re.search(r"\bpid\b\D{0,3}(\d+)", text, re.IGNORECASE)
        return int(found.group(1)) if found else None
    pid = said.get("pid") if isinstance(said, dict) else None
    return pid if isinstance(pid, int) and pid > 0 else None


def log(
    manager: str,
    name: str,
    log_command: str | None,
    since: float,
    patterns: dict[str, re.Pattern[str]],
    keep: int,
    timeout: float,
) -> dict[str, Any]:
    """Lines of the service's log since a time: `{since, line_count, lines, matches}`.

    All lines are compared with the patterns while they pass; only the last `keep` are held.
    """
    if manager == "systemd":
        # --all: otherwise a line with colours is "[58B blob data]" to many a journalctl.
        argv = ["journalctl", "--no-pager", "--all", "--output=short-iso"]
        argv += [f"--since=@{int(since)}", f"--unit={name}"]
    elif log_command:
        argv = shlex.split(log_command.replace("{since}", str(int(since))))
    else:
        raise ValueError("no log command is given; set stemedb_node_log_command")
    filtered = manager == "systemd" or "{since}" in (log_command or "")
    lines = LogLines(since, time.time(), patterns, keep, filtered)
    _follow(argv, lines, timeout)
    return lines.result()


def _follow(argv: list[str], lines: LogLines, timeout: float) -> None:
    complaints: deque[str] = deque(maxlen=5)
    late = threading.Event()

    def end() -> None:
        # Before the kill: what is read ends with it, and this thread may end after that.
        late.set()
        # The whole group: a child that holds the pipe open would keep the loop below waiting.
        os.killpg(process.pid, signal.SIGKILL)

    # pylint: disable-next=ansible-bad-function
    with subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        env=dict(os.environ, LC_ALL="C"),
        start_new_session=True,
    ) as process:
        timer = threading.Timer(timeout, end)
        timer.start()
        reader = threading.Thread(target=lambda: complaints.extend(process.stderr or ()))
        reader.start()
        for line in process.stdout or ():
            lines.add(line)
        code = process.wait()
        reader.join()
        timer.cancel()
    said = " ".join(complaints).strip()
    if late.is_set():
        raise ValueError(f"the log was not read to its end in {timeout:g} s")
    # journalctl succeeds with nothing to show where it may not, or cannot, read a journal.
    if code != 0 or "not seeing messages" in said or "No journal files" in said:
        raise ValueError(f"the log cannot be read (exit status {code}): {said[:300]}")
