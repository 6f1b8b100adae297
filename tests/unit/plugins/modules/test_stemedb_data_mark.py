"""The module stemedb_data_mark, on whatever file system the tests have."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.modules import stemedb_data_mark as module

WANTED = {"node_id": "a3f2b1c4", "cluster_name": "prod"}


@pytest.fixture
def attributes(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """The extended attributes of all directories, of which there are none at first."""
    kept: dict[str, bytes] = {}

    def getxattr(path: str, _name: str) -> bytes:
        if path not in kept:
            raise OSError(errno.ENODATA, "No data available")
        return kept[path]

    def setxattr(path: str, _name: str, value: bytes) -> None:
        kept[path] = value

    monkeypatch.setattr(os, "getxattr", getxattr)
    monkeypatch.setattr(os, "setxattr", setxattr)
    return kept


def test_a_mark_is_written_once(tmp_path: Path, attributes: dict[str, bytes]) -> None:
    path = str(tmp_path)
    result = module.mark(path, WANTED, check=False)
    assert (result["changed"], result["marked"]) == (True, True)
    assert json.loads(attributes[path]) == WANTED
    assert module.mark(path, WANTED, check=False) == {"changed": False, "marked": True}
    assert list(tmp_path.iterdir()) == []


def test_another_mark_is_replaced_and_shown(tmp_path: Path, attributes: dict[str, bytes]) -> None:
    before = dict(WANTED, node_id="7d8e9f0a")
    attributes[str(tmp_path)] = json.dumps(before).encode()
    result = module.mark(str(tmp_path), WANTED, check=False)
    diff = {"before": {module.MARK: before}, "after": {module.MARK: WANTED}}
    assert (result["changed"], result["diff"]) == (True, diff)
    assert json.loads(attributes[str(tmp_path)]) == WANTED


def test_check_mode_writes_nothing(tmp_path: Path, attributes: dict[str, bytes]) -> None:
    assert module.mark(str(tmp_path), WANTED, check=True)["changed"] is True
    assert module.mark(str(tmp_path / "to be made"), WANTED, check=True)["changed"] is True
    assert attributes == {}


def test_a_file_system_without_attributes_is_no_failure(
    tmp_path: Path, attributes: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsupported(*_args: Any) -> None:
        raise OSError(errno.ENOTSUP, "Operation not supported")

    monkeypatch.setattr(os, "setxattr", unsupported)
    assert module.mark(str(tmp_path), WANTED, check=False) == {"changed": False, "marked": False}
    assert attributes == {}


def test_the_records_beside_the_configuration_are_written_once(tmp_path: Path) -> None:
    file = tmp_path / "node_id"
    would = module.recorded({str(file): "a3f2b1c4"}, check=True)
    assert (would["changed"], file.exists()) == (True, False)
    assert module.recorded({str(file): "a3f2b1c4"}, check=False) == would
    assert file.read_text() == "a3f2b1c4\n"
    assert file.stat().st_mode & 0o777 == 0o644
    assert module.recorded({str(file): "7d8e9f0a"}, check=False)["changed"] is False
    assert file.read_text() == "a3f2b1c4\n"
    assert [path.name for path in tmp_path.iterdir()] == ["node_id"]


def test_a_record_is_there_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        module.record(str(tmp_path / "node_id"), "a3f2b1c4", check=False)
    assert list(tmp_path.iterdir()) == []


def run(**options: Any) -> dict[str, Any]:
    """The module as Ansible runs it on a node."""
    done = subprocess.run(
        [
            sys.executable,
            "-W",
            "error",
            module.__file__,
            json.dumps({"ANSIBLE_MODULE_ARGS": options}),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    return dict(json.loads(done.stdout))


def test_the_module_itself(tmp_path: Path) -> None:
    first = run(path=str(tmp_path), **WANTED)
    assert first["changed"] == first["marked"]
    assert run(path=str(tmp_path), **WANTED)["changed"] is False
    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_is_not_there_fails_with_a_sentence(tmp_path: Path) -> None:
    result = run(path=str(tmp_path / "gone"), **WANTED)
    assert result["failed"] is True
    assert "gone cannot be marked as the data of a node: " in result["msg"]
    assert "No such file" in result["msg"]
