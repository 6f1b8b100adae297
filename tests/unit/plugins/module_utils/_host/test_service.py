"""The service and its log, by real commands and by what systemd prints."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, Optional

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._host import service

SHOW = """LoadState=loaded
ActiveState={active}
SubState={sub}
MainPID={pid}
NRestarts=2
Result=success
NeedDaemonReload=yes
UnitFileState={enabled}
ExecStart={{ path=/usr/bin/stemedb-node ; argv[]=/usr/bin/stemedb-node --node-id {id} --x y ; \
ignore_errors=no ; start_time=[n/a] ; pid=0 ; code=(null) ; status=0/0 }}
"""


def program(tmp_path: Path, name: str, text: str) -> str:
    path = tmp_path / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def systemd(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    active: str = "active",
    sub: str = "running",
    pid: int = 0,
    node_id: str = "a3f2b1c4",
    enabled: str = "enabled",
) -> dict[str, Any]:
    """What is made of the answer of a systemctl."""
    text = SHOW.format(active=active, sub=sub, pid=pid, id=node_id, enabled=enabled)
    program(tmp_path, "systemctl", f"cat <<'END'\n{text}END")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return service.service("systemd", "stemedb-node", None, 5)


@pytest.mark.parametrize(
    ("active", "sub", "running"),
    [
        ("active", "running", True),
        ("reloading", "reload", True),
        ("inactive", "dead", False),
        ("failed", "failed", False),
        ("activating", "auto-restart", False),
        ("activating", "start", None),
        ("deactivating", "stop-sigterm", None),
        ("maintenance", "x", None),
    ],
)
def test_systemd_says_whether_it_runs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, active: str, sub: str, running: Optional[bool]
) -> None:
    facts = systemd(monkeypatch, tmp_path, active, sub)
    assert facts["running"] is running
    assert facts["state"] == f"{active}/{sub}"


def test_systemd_says_the_rest(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    facts = systemd(monkeypatch, tmp_path)
    assert facts["unit_argv"] == ["/usr/bin/stemedb-node", "--node-id", "a3f2b1c4", "--x", "y"]
    assert (facts["node_id"], facts["argv"], facts["pid"]) == ("a3f2b1c4", None, None)
    assert (facts["restarts"], facts["result"], facts["needs_reload"]) == (2, "success", True)
    assert facts["exists"] is True


@pytest.mark.parametrize(
    ("word", "enabled"),
    [("enabled", True), ("static", True), ("disabled", False), ("masked", False), ("", False)],
)
def test_systemd_says_whether_it_starts_with_the_host(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, word: str, enabled: bool
) -> None:
    assert systemd(monkeypatch, tmp_path, enabled=word)["enabled"] is enabled
    status = program(tmp_path, "status", "exit 0")
    assert service.service("command", "node", status, 5)["enabled"] is None


def test_the_process_wins_over_the_unit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    before = time.time()
    command = [sys.executable, "-c", "import time; time.sleep(60)", "--node-id=7d8e9f0a"]
    with subprocess.Popen(command) as process:
        try:
            # Until its own program is loaded, a child still shows ours.
            deadline = time.monotonic() + 10
            while service.process_argv(process.pid) != command and time.monotonic() < deadline:
                time.sleep(0.01)
            facts = systemd(monkeypatch, tmp_path, pid=process.pid)
        finally:
            process.kill()
    assert facts["node_id"] == "7d8e9f0a"
    assert facts["argv"] == command
    assert before - 1 < facts["started_at"] < time.time() + 1


def test_a_unit_that_is_not_there_does_not_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    text = "LoadState=not-found\nActiveState=inactive\nSubState=dead\nMainPID=0\n"
    program(tmp_path, "systemctl", f"printf '{text}'")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    facts = service.service("systemd", "stemedb-node", None, 5)
    assert (facts["exists"], facts["running"], facts["unit_argv"]) == (False, False, None)


def test_a_host_without_systemd_leaves_the_service_unknown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program(tmp_path, "systemctl", "echo 'System has not been booted' >&2; exit 1")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(ValueError, match="has not been booted"):
        service.service("systemd", "stemedb-node", None, 5)
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    with pytest.raises(FileNotFoundError):
        service.service("systemd", "stemedb-node", None, 5)


def test_an_id_that_only_systemd_can_expand_is_unknown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match="only the service manager can expand"):
        systemd(monkeypatch, tmp_path, node_id="${NODE_ID}")


@pytest.mark.parametrize(
    ("script", "running", "tells_pid"),
    [
        ("echo '{\"pid\": PID}'", True, True),
        ("echo running, pid PID", True, True),
        ("echo '{\"pid\": null}'", True, False),
        ("echo yes", True, False),
        ("echo '{\"pid\": PID}'; exit 3", False, False),
        ("exit 1", False, False),
    ],
)
def test_a_status_command_says_whether_it_runs(
    tmp_path: Path, script: str, running: bool, tells_pid: bool
) -> None:
    pid = os.getpid() if tells_pid else None
    script = script.replace("PID", str(os.getpid()))
    facts = service.service("command", "node", program(tmp_path, "status", script), 5)
    assert (facts["running"], facts["pid"], facts["exists"]) == (running, pid, None)
    assert (facts["argv"] is not None) == (pid is not None)
    assert (facts["started_at"] is not None) == (pid is not None)


@pytest.mark.parametrize("script", ["exit 4", "exit 127", "echo broken >&2; exit 42"])
def test_a_status_command_that_says_neither_is_unknown(tmp_path: Path, script: str) -> None:
    with pytest.raises(ValueError, match="says neither running"):
        service.service("command", "node", program(tmp_path, "status", script), 5)


def test_a_status_command_that_hangs_or_is_missing_is_unknown(tmp_path: Path) -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        service.service("command", "node", program(tmp_path, "status", "exec sleep 30"), 0.2)
    with pytest.raises(FileNotFoundError):
        service.service("command", "node", str(tmp_path / "missing"), 5)
    with pytest.raises(ValueError, match="stemedb_node_status_command"):
        service.service("command", "node", None, 5)


def test_processes_that_are_gone_are_unknown() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait(30)
    assert service.process_argv(process.pid) is None
    assert service.process_started_at(process.pid) is None


@pytest.mark.parametrize(
    ("argv", "node_id"),
    [
        (["x", "--node-id", "a"], "a"),
        (["x", "--node-id=a", "--y"], "a"),
        (["x", "--node-id"], None),
        (["x", "--node-ids", "a"], None),
        ([], None),
        (None, None),
    ],
)
def test_the_id_on_a_command_line(argv: Optional[list[str]], node_id: Optional[str]) -> None:
    assert service.flag_of("--node-id", argv) == node_id


PATTERNS = {"error": re.compile("ERROR|panic"), "success": re.compile("replicated")}


def log(command: Optional[str], keep: int = 3, timeout: float = 10) -> dict[str, Any]:
    return service.log("command", "node", command, 1700000000.7, PATTERNS, keep, timeout)


def test_a_log_is_searched_whole_and_kept_in_part(tmp_path: Path) -> None:
    script = "i=0; while [ $i -lt 100 ]; do echo ERROR $i; i=$((i+1)); done; echo replicated $1"
    result = log(program(tmp_path, "log", script) + " {since}")
    assert result["line_count"] == 101
    assert result["lines"] == ["ERROR 98", "ERROR 99", "replicated 1700000000"]
    assert result["matches"]["error"]["count"] == 100
    assert result["matches"]["error"]["lines"] == [f"ERROR {n}" for n in range(20)]
    assert result["matches"]["success"] == {"count": 1, "lines": ["replicated 1700000000"]}


def test_a_long_line_is_searched_whole_and_kept_in_part(tmp_path: Path) -> None:
    result = log(program(tmp_path, "log", "printf '%0900d panic' 0"))
    assert result["matches"]["error"]["count"] == 1
    assert [len(line) for line in result["lines"]] == [500]


def test_an_empty_log_is_empty_and_one_that_cannot_be_read_is_unknown(tmp_path: Path) -> None:
    assert log(program(tmp_path, "log", "exit 0"))["line_count"] == 0
    with pytest.raises(ValueError, match=r"exit status 2.*no such unit"):
        log(program(tmp_path, "log", "echo no such unit >&2; exit 2"))
    with pytest.raises(ValueError, match="stemedb_node_log_command"):
        log(None)


def test_a_log_command_that_follows_is_ended_with_its_children(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kill, told = os.killpg, threading.Event()

    def slowly(group: int, number: int) -> None:
        """As on a busy machine: whoever waits for its end goes on before the one that kills."""
        kill(group, number)
        told.wait(20)

    monkeypatch.setattr(os, "killpg", slowly)
    started = time.monotonic()
    with pytest.raises(ValueError, match="not read to its end in"):
        log(program(tmp_path, "log", "echo line; sleep 60"), timeout=0.3)
    told.set()
    assert time.monotonic() - started < 20


@pytest.mark.parametrize(
    "said",
    ["Hint: You are currently not seeing messages from other users", "No journal files were found"],
)
def test_a_journal_that_may_not_be_read_is_unknown_not_empty(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, said: str
) -> None:
    program(tmp_path, "journalctl", f"echo '{said}' >&2; echo '-- No entries --'")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(ValueError, match="the log cannot be read"):
        service.log("systemd", "stemedb-node", None, 5, {}, 3, 5)


def test_the_journal_is_asked_for_the_unit_since_then(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program(tmp_path, "journalctl", 'echo "-- No entries --"; for a; do echo "$a"; done')
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    result = service.log("systemd", "stemedb-node", None, 1700000000.9, {}, 9, 5)
    assert "--since=@1700000000" in result["lines"]
    assert "--unit=stemedb-node" in result["lines"]
    assert "--all" in result["lines"]
    assert result["line_count"] == 5
