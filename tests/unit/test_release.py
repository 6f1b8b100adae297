"""What the release is checked with and signed by, without the tools for it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from scripts import release, sign, tarball


def test_a_user_has_ansible_core_and_what_the_collection_asks_for() -> None:
    wanted = {"2.19": "ansible-core>=2.19,<2.20", "2.21": "ansible-core>=2.21,<2.22"}
    assert set(release.CORES) == set(wanted)
    for core, line in wanted.items():
        assert release.requirements(core) == f"{line}\n-r ../requirements.txt\n"


@pytest.fixture
def gpg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A gpg that prints its arguments into a file, and signs nothing."""
    folder = tmp_path / "bin"
    folder.mkdir()
    tool = folder / "gpg"
    tool.write_text(f'#!/bin/sh\necho "$@" >{tmp_path}/said\nexit $FAILS\n', encoding="utf-8")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return tmp_path / "said"


def test_the_manifest_is_signed(gpg: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = tarball.build(tmp_path)
    monkeypatch.setattr("sys.argv", ["sign.py", str(archive), "ours@example.com"])
    monkeypatch.setenv("FAILS", "0")
    sign.main()
    said = gpg.read_text(encoding="utf-8").split()
    assert said[:3] == ["--batch", "--local-user", "ours@example.com"]
    assert f"{archive}.asc" in said
    assert said[-1].endswith("/MANIFEST.json")
    monkeypatch.setenv("FAILS", "2")
    with pytest.raises(SystemExit, match="is not signed: gpg failed"):
        sign.main()
