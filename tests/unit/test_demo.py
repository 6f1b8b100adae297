"""The demo: what of it can be tested without a cluster."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from scripts import demo, demo_gitops

SERVICE = demo.ROOT / "tests/devcluster/service.py"


def service(action: str, folder: Path, *command: str) -> int:
    line = [sys.executable, str(SERVICE), action, "--run-dir", str(folder), *command]
    return subprocess.run(line, check=False, stdout=subprocess.DEVNULL).returncode


def test_nodes_that_were_kept_can_be_stopped(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(demo, "WORK", tmp_path)
    folder = tmp_path / "node-02" / "run"
    assert service("start", folder, "--", "sleep", "600") == 0
    try:
        monkeypatch.setattr(sys, "argv", ["demo.py", "--stop"])
        assert demo.main() == 0
        assert capsys.readouterr().out == "Stopped: node-02.\n"
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


def test_the_demo_of_git_has_an_inventory_of_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With the variables of the other demo, whose paths are those of its own folder."""
    monkeypatch.setattr(demo_gitops, "WORK", tmp_path)
    (tmp_path / "inventory" / "group_vars" / "all").mkdir(parents=True)
    demo_gitops.write_inventory()
    folder = tmp_path / "inventory"
    groups = yaml.safe_load((folder / "hosts.yml").read_text())["all"]["children"]["demo"]
    hosts = {name: list(group["hosts"]) for name, group in groups["children"].items()}
    assert hosts == {"stemedb_nodes": ["node-01", "node-02", "node-03"], "spares": ["node-05"]}
    own = (folder / "group_vars" / "demo.yml").read_text()
    assert "inventory_dir" not in own
    assert str(demo.ROOT) in own
    assert yaml.safe_load((folder / "group_vars" / "all.yml").read_text())["stemedb_lock_hosts"]


def test_it_says_what_is_not_installed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(demo_gitops.shutil, "which", lambda name: None if name == "java" else name)
    assert demo_gitops.main() == 1
    assert capsys.readouterr().out.startswith("demo-gitops: not in PATH: java. By apt: ")
