"""What tells processes, and starts of a host, apart."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._host import proc


def sleeper() -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])


def test_a_process_runs_until_it_has_ended_reaped_or_not() -> None:
    process = sleeper()
    started = proc.start_ticks(process.pid)
    assert started is not None
    assert proc.is_running(process.pid, started) is True
    os.kill(process.pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while proc.is_running(process.pid, started):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert proc.start_ticks(process.pid) == started, "it is a zombie, and still listed"
    process.wait()
    assert proc.is_running(process.pid, started) is False
    assert proc.start_ticks(process.pid) is None


def test_the_parent_is_that_of_a_process_that_has_not_ended() -> None:
    process = sleeper()
    assert proc.parent_of(process.pid) == os.getpid()
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert proc.parent_of(process.pid) is None, "it is a zombie, and still listed"
    process.wait()
    assert proc.parent_of(process.pid) is None


def test_another_process_of_the_same_number_is_another_process() -> None:
    started = proc.start_ticks(os.getpid())
    assert started is not None
    assert proc.is_running(os.getpid(), started) is True
    assert proc.is_running(os.getpid(), started - 1) is False


def test_a_name_may_hold_blanks_and_brackets(tmp_path: Path) -> None:
    program = tmp_path / "a ) b (c"
    program.symlink_to("/bin/sleep")
    process = subprocess.Popen([str(program), "60"])
    try:
        started = proc.start_ticks(process.pid)
        own = proc.start_ticks(os.getpid())
        assert started is not None
        assert own is not None
        assert started >= own
    finally:
        process.kill()
        process.wait()


def test_where_there_is_no_proc_nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_more: object, **_named: object) -> str:
        raise FileNotFoundError

    monkeypatch.setattr(Path, "read_text", gone)
    monkeypatch.setattr(os, "readlink", gone)
    assert proc.is_running(1, 1) is None
    assert proc.boot_id() is None
    assert proc.pid_namespace() is None


@pytest.mark.parametrize("error", [FileNotFoundError, PermissionError], ids=["2", "1"])
def test_a_process_that_hidepid_hides_is_not_gone(
    monkeypatch: pytest.MonkeyPatch, error: type[OSError]
) -> None:
    """/proc of another user's process, as hidepid=2 and hidepid=1 show it."""
    process = sleeper()
    started = proc.start_ticks(process.pid)
    assert started is not None
    real = Path.read_text

    def hidden(path: Path, *args: Any, **named: Any) -> str:
        if str(path) == f"/proc/{process.pid}/stat":
            raise error
        return real(path, *args, **named)

    monkeypatch.setattr(Path, "read_text", hidden)
    assert proc.is_running(process.pid, started) is None
    with monkeypatch.context() as patch:
        patch.setattr(os, "kill", another_users)
        assert proc.is_running(process.pid, started) is None
    process.kill()
    process.wait()
    assert proc.is_running(process.pid, started) is False


def another_users(_pid: int, _signal: int) -> None:
    raise PermissionError(1, "Operation not permitted")


def test_the_start_of_a_host_has_an_id() -> None:
    assert proc.boot_id() == proc.boot_id() != ""
    assert (proc.pid_namespace() or "").startswith("pid:[")
