"""The action of `stemedb_wait`: how it polls a host, and what it makes of what it finds there.

The rest runs for real, in tests/integration/test_wait.py.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.action import stemedb_wait
from ansible_collections.stemedb.cluster.plugins.plugin_utils import _action

RUNNING = {"started": True, "finished": False, "ansible_job_id": "j1.1"}


class Host:
    """The folder of a job, and the shell that looks into it."""

    def __init__(self, folder: Path) -> None:
        self.progress = folder / "a progress file"
        self.job = folder / "j1.1"
        self.job.write_text(json.dumps(RUNNING), encoding="utf-8")

    def poll(self, seen: int = 0) -> tuple[int, str]:
        script = stemedb_wait._poll(str(self.progress), str(self.job), seen)
        done = subprocess.run(
            ["/bin/sh", "-c", script], capture_output=True, text=True, timeout=20, check=False
        )
        assert done.stderr == ""
        return done.returncode, done.stdout


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    monkeypatch.setattr(stemedb_wait, "_TRIES", 3)
    monkeypatch.setattr(stemedb_wait, "_PAUSE", "0.01")
    return Host(tmp_path)


def test_a_poll_gives_what_is_new(host: Host) -> None:
    text = "first …\n  [  5 s] \\n 'quoted' $HOME\nthird\n"
    host.progress.write_text(text, encoding="utf-8")
    assert host.poll() == (0, text)
    assert host.poll(2) == (0, "third\n")


def test_a_poll_waits_for_what_is_new(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stemedb_wait, "_TRIES", 500)
    later = threading.Timer(0.3, lambda: host.progress.write_text("late\n", encoding="utf-8"))
    later.start()
    start = time.monotonic()
    assert host.poll() == (0, "late\n")
    assert time.monotonic() - start >= 0.25
    later.join()


def test_a_line_is_shown_when_it_is_whole(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stemedb_wait, "_TRIES", 500)
    with host.progress.open("a", encoding="utf-8", buffering=1) as file:
        file.write("shown\nbegun")
        file.flush()
        later = threading.Timer(0.3, file.write, [" and ended\n"])
        later.start()
        assert host.poll(0) == (0, "shown\n")
        assert host.poll(1) == (0, "begun and ended\n")
        later.join()


def test_a_poll_starts_no_process_but_its_pauses(
    host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With others the polling of a long wait costs more than the wait."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "sleep").symlink_to(shutil.which("sleep") or "")
    monkeypatch.setenv("PATH", str(programs))
    host.progress.write_text("first\n", encoding="utf-8")
    assert host.poll() == (0, "first\n")
    assert host.poll(1) == (0, "")


def test_a_poll_comes_to_an_end(host: Host) -> None:
    host.progress.write_text("", encoding="utf-8")
    assert host.poll() == (0, "")


@pytest.mark.parametrize("result", [{"changed": False}, {"failed": True, "msg": "x \\ 'y' %s"}])
def test_a_poll_says_when_the_job_has_ended(host: Host, result: dict[str, object]) -> None:
    host.progress.write_text("last\n", encoding="utf-8")
    text = json.dumps(result)
    host.job.write_text(text, encoding="utf-8")
    assert host.poll() == (0, "last\n")
    assert host.poll(1) == (1, f"{text}\n")


def test_a_job_whose_file_is_not_there_yet_has_not_ended(host: Host) -> None:
    host.job.unlink()
    assert host.poll() == (0, "")


# --- what the job's file says --------------------------------------------------------------------


def result(said: dict[str, Any]) -> dict[str, Any]:
    """What the action makes of what the job's file says, on a terminal that adds to it."""
    return stemedb_wait._result(f"\r\n{json.dumps(said)}\r\n", "j12.345")


def test_the_result_is_the_modules_own() -> None:
    for own in ({"changed": False, "samples": 3}, {"failed": True, "msg": "missing: {conditions}"}):
        assert result({**own, "ansible_job_id": "j12.345"}) == own


def test_a_job_that_has_not_ended_is_no_success() -> None:
    found = stemedb_wait._result("", "j12.345")
    assert found["failed"]
    assert found["failure"]["code"] == "timeout"
    assert "process 345" in found["msg"]


@pytest.mark.parametrize(
    "said",
    [
        {"msg": "Traceback (most recent call last): …", "cmd": "AnsiballZ", "stderr": "Killed"},
        {"msg": "Timeout exceeded", "child_pid": 7, "stderr": "Killed"},
    ],
)
def test_what_only_the_wrapper_says_is_no_result(said: dict[str, Any]) -> None:
    found = result({"failed": True, **said})
    assert found["failed"]
    assert found["failure"]["code"] == "transport"
    assert found["module_stderr"] == "Killed"
    assert "Traceback" not in found["msg"]


@pytest.mark.parametrize("said", ["sudo: a password is required", "}{", "{half", "[]"])
def test_what_is_no_result_is_no_success(said: str) -> None:
    found = stemedb_wait._result(said, "j12.345")
    assert found["failed"]
    assert found["failure"]["code"] == "transport"
    assert found["module_stderr"] == said


@pytest.mark.parametrize("silent", [True, False])
def test_lines_are_shown_whole_and_once(monkeypatch: pytest.MonkeyPatch, silent: bool) -> None:
    answers = [
        {"stdout": "first …\n", "rc": 0},
        {"stdout": "second\nthird\n", "rc": 0},
        {"stdout": "", "rc": 0},
        {"stdout": "{}", "rc": 1},
    ]
    asked: list[str] = []
    shown: list[str] = []
    monkeypatch.setattr(
        _action._display, "display", lambda line, **more: shown.append(line), raising=False
    )
    action = object.__new__(stemedb_wait.ActionModule)
    action._task = type("Task", (), {"no_log": silent})

    def execute(script: str) -> dict[str, Any]:
        asked.append(script)
        return answers[len(asked) - 1]

    action._low_level_execute_command = execute
    assert action._show("/progress", "/job", time.monotonic() + 60) == "{}"
    assert shown == ([] if silent else ["first …", "second", "third"])
    assert asked == [stemedb_wait._poll("/progress", "/job", seen) for seen in (0, 1, 3, 3)]
