"""The service manager by pid file, with a small program as the service."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

SERVICE = Path(__file__).parents[1] / "service.py"
READY = "import sys, time; print('2026-01-02T03:04:05.678Z INFO ready', flush=True); "
SLEEPER = READY + "time.sleep(60)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + SLEEPER


class Service:
    def __init__(self, run_dir: Path) -> None:
        self.run_dir = run_dir

    def run(self, action: str, *rest: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(SERVICE), action, "--run-dir", str(self.run_dir), *rest]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    def start(self, program: str) -> subprocess.CompletedProcess[str]:
        return self.run("start", "--", sys.executable, "-c", program)

    def status(self) -> tuple[int, dict[str, Any]]:
        result = self.run("status")
        return result.returncode, json.loads(result.stdout)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    one = Service(tmp_path / "run")
    yield one
    one.run("stop", "--timeout", "0")


def test_its_life(service: Service) -> None:
    assert service.status() == (3, {"running": False})
    before = time.time()
    started = service.start(SLEEPER)
    assert started.returncode == 0
    code, status = service.status()
    assert code == 0
    assert json.loads(started.stdout) == status
    assert before <= status["started_at"] <= time.time()
    assert os.getsid(status["pid"]) == status["pid"], "detached from the terminal"
    assert json.loads(service.start(SLEEPER).stdout) == status, "it runs already"

    assert service.run("stop").returncode == 0
    assert service.status() == (3, {"running": False})
    assert service.run("stop").returncode == 0, "it is stopped already"
    service.start(SLEEPER)
    assert service.status()[1]["started_at"] > status["started_at"]


def test_a_start_that_fails_shows_why(service: Service) -> None:
    result = service.start("import sys; sys.exit('no such luck')")
    assert result.returncode == 1
    assert "exit code 1" in result.stderr
    assert "no such luck" in result.stderr
    assert service.status()[0] == 3


def test_a_program_that_is_missing_is_named(service: Service) -> None:
    result = service.run("start", "--", "/missing/program")
    assert result.returncode == 1
    assert "/missing/program" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_service_that_ignores_sigterm_is_killed(service: Service) -> None:
    service.start(STUBBORN)
    pid = service.status()[1]["pid"]
    assert service.run("stop", "--timeout", "0.3").returncode == 0
    assert not Path(f"/proc/{pid}").exists() or service.status()[0] == 3


def test_a_pid_that_belongs_to_another_process_is_left_alone(service: Service) -> None:
    service.start(SLEEPER)
    record_path = service.run_dir / "service.json"
    record = json.loads(record_path.read_text())
    service.run("stop")
    bystander = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    record_path.write_text(json.dumps({**record, "pid": bystander.pid}))
    assert service.status()[0] == 3
    service.run("stop")
    assert bystander.poll() is None
    bystander.communicate(b"\n", timeout=20)
    assert bystander.returncode == 0


def test_the_log_since_a_time(service: Service) -> None:
    service.run_dir.mkdir()
    (service.run_dir / "log").write_text(
        "2026-01-01T00:00:00.000Z INFO one\n  and more of it\n"
        "2026-01-01T00:00:10.500Z ERROR two\n  and more of that\n"
    )
    two = "2026-01-01T00:00:10.500Z ERROR two\n  and more of that\n"
    assert service.run("log").stdout.splitlines()[1:2] == ["  and more of it"]
    assert service.run("log", "--since", "2026-01-01T00:00:10Z").stdout == two
    assert service.run("log", "--since", "2026-01-01T01:00:10+01:00").stdout == two
    assert service.run("log", "--since", "1767225610").stdout == two
    assert service.run("log", "--since", "1767225611").stdout == ""
    wrong = service.run("log", "--since", "yesterday")
    assert wrong.returncode == 1
    assert "'yesterday' is neither" in wrong.stderr


def test_only_start_takes_a_command(service: Service) -> None:
    assert service.run("start").returncode == 2
    assert service.run("stop", "--", "x").returncode == 2
