"""A stage of `make test` leaves nothing running, however it ends."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import pytest

from scripts import runner, stages
from tests.integration.conftest import LONG

ROOT = Path(__file__).resolve().parents[2]
# In a process of its own: it becomes the parent of whatever it finds left over.
RUNNER = """
import json, sys
from scripts import guarded
guarded.GRACE = 0.5
guarded.adopt_orphans()
command, seconds = json.loads(sys.argv[1])
problem = guarded.run(command, {}, seconds)
print(json.dumps([problem, guarded.children()]))
"""
STOPS = "guarded.clean_up_when_stopped()"
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
    code = RUNNER.replace("guarded.adopt_orphans()", "guarded.adopt_orphans(); " + STOPS)
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
    found, reason = stages.absence(".venv-2.21")
    assert found == result
    assert reason.startswith("Python 2.99 with its modules venv and ensurepip not found")


def test_a_stage_runs_under_the_guard_in_its_environment() -> None:
    (stage,) = stages.chosen(["unit-2.21"])
    job = stages.job(stage)
    assert list(job.command[1:6]) == ["-m", "scripts.guarded", "--minutes", "10", "--"]
    assert job.command[6:] == stage.command.split()
    ignored = re.findall(r"--ignore=(\S+)", stage.command)
    assert ignored
    assert not [path for path in ignored if not (ROOT / path).exists()]
    assert job.env is not None
    assert job.env["PATH"].split(os.pathsep)[0] == str(ROOT / ".venv-2.21" / "bin")
    code = "import os, sys; sys.exit(os.path.basename(os.environ['TMPDIR']))"
    command = [*job.command[:6], sys.executable, "-c", code]
    done = subprocess.run(
        command, cwd=ROOT, env=job.env, capture_output=True, text=True, check=False
    )
    assert done.stderr.startswith("stemedb-test-")
    assert done.stderr.endswith("\nexit status 1\n")
    assert done.returncode == 1


@pytest.fixture
def build(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder for what is printed and for what failed."""
    monkeypatch.setattr(runner, "OUTPUTS", tmp_path / "outputs")
    monkeypatch.setattr(runner, "FAILED", tmp_path / "failed")
    return tmp_path


def python(name: str, code: str, beside: bool = True) -> runner.Job:
    return runner.Job(name, [sys.executable, "-c", code], beside=beside)


def test_side_by_side_each_output_stays_whole_and_a_failure_is_told(
    build: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    lines = "for i in range(3): print(NAME, i, flush=True)"
    ends = {"one": "", "two": "exit('FAILED: no good')", "three": ""}
    jobs = [python(name, f"NAME = {name!r}\n{lines}\n{end}") for name, end in ends.items()]
    assert runner.run(jobs, 2, lines=["2.99: skipped"]) == ["two"]
    printed = capfd.readouterr().out
    assert "=== two\ntwo 0\ntwo 1\ntwo 2\nFAILED: no good\n" in printed
    summary = printed.partition("=== summary\n")[2].splitlines()
    assert summary[0] == "2.99: skipped"
    found = sorted(line.split()[:2] for line in summary[1:4])
    assert found == [["one", "passed"], ["three", "passed"], ["two", "FAILED"]]
    assert summary[4:] == ["--- two", "FAILED: no good"]
    assert (build / "failed").read_text().splitlines() == ["two", "--- two", "FAILED: no good"]
    with pytest.raises(SystemExit, match=r"FAILED: two \(each one's output is above\)"):
        runner.exit_with(["two"], "stages")


def test_the_summary_says_what_a_job_and_its_children_used(
    build: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    burn = "import time\nwhile time.process_time() < 0.6: pass"
    child = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {burn!r}])"
    assert runner.run([python("burns", child), python("rests", "")], 2) == []
    used = dict(re.findall(r"(?m)^(\w+) .* (\d+) s of CPU$", capfd.readouterr().out))
    assert int(used["burns"]) > int(used["rests"]) == 0


def test_one_alone_prints_as_it_goes(build: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = """from signal import SIG_BLOCK, SIGUSR1, pthread_sigmask, sigtimedwait
pthread_sigmask(SIG_BLOCK, {SIGUSR1})
print("here", flush=True)
exit(sigtimedwait({SIGUSR1}, 30) is None)
"""
    show = runner.Running.show

    def watched(one: runner.Running) -> None:
        show(one)
        if one.shown:
            one.process.send_signal(signal.SIGUSR1)

    monkeypatch.setattr(runner.Running, "show", watched)
    assert runner.run([python("one", code)], 2) == []
    assert runner.run([python("first", ""), python("one", code, beside=False)], 2) == []


def test_what_failed_and_what_is_under_way_is_noted_at_once(
    build: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted: list[tuple[list[str], list[str]]] = []

    def note(names: list[str], under_way: Iterable[str] = ()) -> list[str]:
        noted.append((list(names), list(under_way)))
        return []

    monkeypatch.setattr(runner, "note", note)
    jobs = [runner.Job("bad", ["false"], beside=False), runner.Job("good", ["true"])]
    runner.run(jobs, 2, ["before"])
    assert noted == [
        (["before"], ["bad"]),
        (["before", "bad"], []),
        (["before", "bad"], ["good"]),
        (["before", "bad"], []),
        (["before", "bad"], []),
    ]


def test_those_that_run_are_ended_in_any_case(build: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(_names: list[str], under_way: list[str]) -> None:
        if len(under_way) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(runner, "note", stopped)
    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        runner.run([runner.Job(name, ["sleep", "100"]) for name in ("one", "two")], 2)
    assert time.monotonic() - start < 60


def test_what_is_under_way_is_noted_beside_what_failed(build: Path) -> None:
    (build / "outputs").mkdir()
    (build / "outputs" / "one.log").write_text("TASK [Start]\nfatal: [db-01]: refused\nPLAY RECAP")
    runner.note(["one", "lacking"], ["two"])
    noted = (build / "failed").read_text().splitlines()
    assert noted == ["one, lacking, two (not done)", "--- one", "fatal: [db-01]: refused"]


def test_where_nothing_tells_why_the_last_lines_do() -> None:
    assert runner.telling("\n".join(f"line {n}" for n in range(50)))[0] == "line 20"
    assert runner.telling("x" * 1000) == ["x" * 400]


def test_every_integration_test_runs_on_one_ansible_core_at_least() -> None:
    """pytest passes over a file that is not there without a word."""
    first, second = (set(names) for names in stages.ONLY_ON.values())
    assert first & second == set()
    there = {path.stem for path in (ROOT / "tests" / "integration").glob("test_*.py")}
    assert {f"test_{name}" for name in first | second} | set(LONG) <= there
