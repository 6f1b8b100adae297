"""Settings of the kernel, and what a binary says of itself."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._host import kernel as host

ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become nobody")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for a binary, which is run as whoever runs the tests: nobody may not enter it."""
    monkeypatch.setattr(host, "_as_nobody", dict)
    return tmp_path


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that everybody may enter."""
    with TemporaryDirectory(dir="/tmp") as name:
        os.chmod(name, 0o755)
        yield Path(name)


def program(folder: Path, text: str) -> str:
    path = folder / "stemedb-node"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def test_settings_of_the_kernel_are_read_with_blanks_made_one() -> None:
    assert int(host.sysctl("fs.nr_open")) > 0
    assert len(host.sysctl("fs.file-nr").split(" ")) == 3
    with pytest.raises(OSError, match="no_such_setting"):
        host.sysctl("fs.no_such_setting")


@pytest.mark.parametrize("name", ["fs.nr_open", "fs.file-nr", "net.ipv4.conf.eth0.forwarding"])
def test_names_of_settings(name: str) -> None:
    assert host.SYSCTL.fullmatch(name)


@pytest.mark.parametrize("name", ["nr_open", "../x.y", "fs/nr_open", "fs..nr_open", "", ".fs"])
def test_what_is_no_name_of_a_setting(name: str) -> None:
    assert not host.SYSCTL.fullmatch(name)


def test_a_binary_says_its_version_and_nothing_else(folder: Path) -> None:
    path = program(folder, 'echo "  stemedb-node 0.9.0 ($1) "; echo more; echo noise >&2')
    found = host.binary(path, 5)
    assert found["version"] == "stemedb-node 0.9.0 (--version)"
    assert found["error"] is None
    assert found["sha256"] == hashlib.sha256(Path(path).read_bytes()).hexdigest()


def test_it_gets_no_input_no_secret_and_no_folder_of_ours(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STEMEDB_API_KEY", "a-long-secret-of-the-operator")
    path = program(folder, 'echo "in $(pwd) key <$STEMEDB_API_KEY> input <$(cat)>"')
    assert host.binary(path, 5)["version"] == "in / key <> input <>"


@ROOT_ONLY
def test_root_runs_it_as_nobody(public: Path) -> None:
    found = host.binary(program(public, 'echo "$(id -un) $(id -G)"'), 5)
    name, *groups = str(found["version"]).split()
    assert (name, len(groups)) == ("nobody", 1)
    assert groups != ["0"]
    (public / "closed").mkdir(mode=0o700)
    hidden = program(public / "closed", "echo 0.9.0")
    found = host.binary(hidden, 5)
    assert (found["version"], bool(found["sha256"])) == (None, True)
    assert "Permission denied" in found["error"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("exit 2", "ended with 2 and printed ''"),
        ("echo usage; exit 64", "ended with 64 and printed 'usage'"),
        ("true", "ended with 0 and printed ''"),
        ("exec sleep 30", "came to no end in 0.3 s"),
        ("exec >&-; exec sleep 30", "came to no end in 0.3 s"),
        ("echo 0.9.0; exec sleep 30", "came to no end in 0.3 s"),
        ("echo 0.9.0; setsid sleep 3 &", "came to no end in 0.3 s"),
    ],
)
def test_a_binary_that_does_not_answer_leaves_its_version_unknown(
    folder: Path, text: str, words: str
) -> None:
    started = time.monotonic()
    found = host.binary(program(folder, text), 0.3)
    assert time.monotonic() - started < 2.5
    assert found["version"] is None
    assert words in found["error"]
    assert found["sha256"]


def test_one_that_prints_without_end_is_cut_off(folder: Path) -> None:
    found = host.binary(program(folder, "while :; do echo 0123456789; done"), 5)
    assert found["version"] is None
    assert "0123456789" in found["error"]


def test_what_cannot_be_run_is_unknown(folder: Path) -> None:
    path = Path(program(folder, "echo 0.9.0"))
    path.chmod(0o644)
    assert "Permission denied" in host.binary(str(path), 5)["error"]
    path.write_bytes(b"\x7fELFof another machine")
    path.chmod(0o755)
    assert "Exec format error" in host.binary(str(path), 5)["error"]


def test_a_binary_that_is_missing_is_no_error_and_a_folder_is_one(folder: Path) -> None:
    missing = str(folder / "gone")
    expected: dict[str, Any] = {"path": missing, "exists": False, "sha256": None}
    assert host.binary(missing, 5) == {
        **expected,
        "executable": False,
        "version": None,
        "error": None,
    }
    with pytest.raises(ValueError, match="is not a file"):
        host.binary(str(folder), 5)


def test_who_is_not_root_stays_who_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert host._as_nobody() == {}
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(host, "NOBODY", "no-such-user-here")
    wanted: dict[str, Any] = {"user": host.NOBODYS_ID, "group": host.NOBODYS_ID}
    assert host._as_nobody() == {**wanted, "extra_groups": []}
