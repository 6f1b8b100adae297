"""A stage of `make test` leaves nothing running, however it ends."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scripts import side_by_side, stages

ROOT = Path(__file__).resolve().parents[2]
# In a process of its own: it becomes the parent of whatever it finds left over.
RUNNER = """
import json, sys, pathlib
from scripts import run_stage
run_stage.GRACE = 0.5
run_stage.adopt_orphans()
command, seconds = json.loads(sys.argv[1])
problem = run_stage.run(command, pathlib.Path("."), {}, seconds)
print(json.dumps([problem, run_stage.children()]))
"""
STOPS = "run_stage.clean_up_when_stopped()"
# Starts a process that leaves its session, as a daemon does, and says which one it is.
LEAVES_A_DAEMON = """
import subprocess, sys
sleeper = [sys.executable, "-c", "import time; time.sleep(60)"]
print(subprocess.Popen(sleeper, start_new_session=True).pid, flush=True)
"""


def run_in_stage(code: str, seconds: float) -> list[str]:
    """What the stage printed, line by line, then its problem and its children as JSON."""
    command = [sys.executable, "-c", RUNNER, json.dumps([[sys.executable, "-c", code], seconds])]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    ("code", "problem"), [("", ""), ("import sys; sys.exit(3)", "exit status 3")]
)
def test_a_stage_ends_with_its_problem(code: str, problem: str) -> None:
    assert json.loads(run_in_stage(code, 30)[-1]) == [problem, {}]


def test_a_stage_that_takes_too_long_is_ended() -> None:
    lines = run_in_stage("import time; time.sleep(60)", 0.5)
    assert json.loads(lines[-1]) == ["not done after 0.5 s", {}]


def test_a_daemon_that_a_stage_leaves_is_ended_and_fails_it() -> None:
    pid, told, last = run_in_stage(LEAVES_A_DAEMON, 30)
    assert told.startswith(f"left running, ended now: {pid} {sys.executable}")
    assert json.loads(last) == ["left processes running", {}]
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)


def test_a_second_signal_does_not_keep_the_first_from_cleaning_up() -> None:
    """`timeout`, make and a terminal each send one of their own."""
    code = RUNNER.replace("run_stage.adopt_orphans()", "run_stage.adopt_orphans(); " + STOPS)
    leaves = LEAVES_A_DAEMON + "import time; time.sleep(60)"
    command = [sys.executable, "-c", code, json.dumps([[sys.executable, "-c", leaves], 30])]
    running = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert running.stdout is not None
    daemon = int(running.stdout.readline())
    running.terminate()
    for _again in range(20):
        with contextlib.suppress(subprocess.TimeoutExpired):
            running.wait(0.1)
        running.terminate()
    running.communicate(timeout=60)
    assert running.returncode == 1
    with pytest.raises(ProcessLookupError):
        os.kill(daemon, 0)


def test_a_stage_is_found_by_its_name_and_by_its_group() -> None:
    assert [stage.name for stage in stages.chosen(["unit-3.9"])] == ["unit-3.9"]
    assert {stage.group for stage in stages.chosen(["lint"])} == {"lint"}
    assert stages.chosen([]) == list(stages.STAGES)
    with pytest.raises(SystemExit, match="Unknown stage 'nit'"):
        stages.chosen(["nit"])


@pytest.mark.parametrize(("ci", "result"), [("true", "FAILED"), ("", "skipped")])
def test_a_missing_python_fails_the_project_and_skips_for_a_developer(
    monkeypatch: pytest.MonkeyPatch, ci: str, result: str
) -> None:
    monkeypatch.setenv("CI", ci)
    monkeypatch.setitem(stages.VENVS, ".venv-2.21", ("2.99", "requirements-2.21.txt"))
    (stage,) = stages.chosen(["unit-2.21"])
    found, reason = stages.absent(stage)
    assert found == result
    assert reason.startswith("Python 2.99 with its modules venv and ensurepip not found")


def test_side_by_side_each_output_stays_whole_and_a_failure_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(side_by_side, "OUTPUTS", tmp_path)
    lines = "for i in range(3): print(NAME, i, flush=True)"
    commands = {
        name: [sys.executable, "-c", f"NAME = {name!r}\n{lines}\n{end}"]
        for name, end in (("one", ""), ("two", "exit('no good')"), ("three", ""))
    }
    noted: list[list[str]] = []
    failed, told = side_by_side.run(commands, 2, noted.append)
    assert failed == noted[-1] == ["two"]
    assert ["one (not done)", "two (not done)"] in noted
    assert sorted(line.split()[:2] for line in told) == [
        ["one", "passed"],
        ["three", "passed"],
        ["two", "FAILED"],
    ]
    printed = capfd.readouterr().out
    assert "=== two\ntwo 0\ntwo 1\ntwo 2\nno good\n" in printed


def test_those_that_run_are_ended_in_any_case(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(side_by_side, "OUTPUTS", tmp_path)
    commands = {name: ["sleep", "100"] for name in ("one", "two")}

    def stopped(_names: list[str]) -> None:
        raise KeyboardInterrupt

    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        side_by_side.run(commands, 2, stopped)
    assert time.monotonic() - start < 60


def test_every_integration_test_runs_on_one_ansible_core_at_least() -> None:
    """pytest passes over a file that is not there without a word."""
    first, second = (set(names) for names in stages.ONLY_ON.values())
    assert first & second == set()
    there = {path.stem for path in (ROOT / "tests" / "integration").glob("test_*.py")}
    assert {f"test_{name}" for name in first | second} <= there
