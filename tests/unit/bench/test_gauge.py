"""What a command took: its daemons too, and nothing that it left running."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.bench.running import ROOT

BURN = "import time; end = time.process_time() + 0.3\nwhile time.process_time() < end: pass"
DAEMON = f"""
import os
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        {BURN.splitlines()[0]}
        {BURN.splitlines()[1]}
    os._exit(0)
"""


def gauge(
    folder: Path, program: str, *flags: str, seconds: int = 20
) -> tuple[subprocess.CompletedProcess[str], dict[str, Any]]:
    out = folder / "out.json"
    command = [sys.executable, "-m", "tests.bench.gauge", str(out), str(seconds), *flags]
    done = subprocess.run(
        [*command, "--", sys.executable, "-c", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done, json.loads(out.read_text(encoding="utf-8")) if out.exists() else {}


def test_the_cpu_of_a_daemon_counts(tmp_path: Path) -> None:
    done, found = gauge(tmp_path, DAEMON)
    assert done.returncode == 0, done.stderr
    assert 0.3 <= found["cpu"] < 3
    assert found["pss"] == 0, "nobody asked"


def test_memory_is_that_of_all_processes_together(tmp_path: Path) -> None:
    # Written to, so that the pages are really there; two processes with pages of their own.
    program = "import os, time; os.fork(); a = bytearray(b'x') * (40 << 20); time.sleep(0.5)"
    done, found = gauge(tmp_path, program, "--pss")
    assert done.returncode == 0, done.stderr
    assert 80 << 20 < found["pss"] < 160 << 20
    assert found["module"] == 0
    assert found["seconds"] >= 0.5


def test_what_modules_have_of_it_is_told_apart(tmp_path: Path) -> None:
    child = "import time; a = bytearray(b'x') * (40 << 20); time.sleep(0.5)"
    program = (
        "import subprocess, sys; b = bytearray(b'x') * (60 << 20);"
        f" subprocess.run([sys.executable, '-c', {child!r}, 'Ansiball' + 'Z_ping.py'])"
    )
    done, found = gauge(tmp_path, program, "--pss")
    assert done.returncode == 0, done.stderr
    assert 100 << 20 < found["pss"] < 180 << 20
    assert 40 << 20 < found["module"] < 60 << 20


def test_the_exit_status_is_the_commands(tmp_path: Path) -> None:
    done, _found = gauge(tmp_path, "raise SystemExit(3)")
    assert done.returncode == 3


def test_what_takes_too_long_is_ended(tmp_path: Path) -> None:
    done, found = gauge(tmp_path, "import time; time.sleep(600)", seconds=1)
    assert (done.returncode, found) == (124, {})
