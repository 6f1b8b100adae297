"""The demo: what of it can be tested without a cluster."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from scripts import demo

SERVICE = demo.ROOT / "tests/devcluster/service.py"


def service(action: str, folder: Path, *command: str) -> int:
    line = [sys.executable, str(SERVICE), action, "--run-dir", str(folder), *command]
    return subprocess.run(line, check=False, stdout=subprocess.DEVNULL).returncode


def test_nodes_that_were_kept_can_be_stopped(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(demo, "WORK", tmp_path)
    folder = tmp_path / "node-02" / "run"
    assert service("start", folder, "--", "sleep", "600") == 0
    try:
        monkeypatch.setattr(sys, "argv", ["demo.py", "--stop"])
        assert demo.main() == 0
        assert service("status", folder) == 3
        assert demo.main() == 0
    finally:
        service("stop", folder)


def test_a_quiet_command_shows_what_it_printed_only_if_it_fails(
    capfd: pytest.CaptureFixture[str],
) -> None:
    demo.run("sh", "-c", "echo long", quiet=True)
    assert capfd.readouterr().out == "\n$ sh -c 'echo long' > /dev/null\n"
    with pytest.raises(subprocess.CalledProcessError):
        demo.run("sh", "-c", "echo why; exit 3", quiet=True)
    assert capfd.readouterr().out.endswith("\nwhy\n")
