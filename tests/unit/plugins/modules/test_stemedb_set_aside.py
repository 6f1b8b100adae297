"""The module stemedb_set_aside: renamed once, and nothing of anybody else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.modules import stemedb_set_aside as module

OLD, STAMP = "a3f2b1c4", "20260101T000000Z"


@pytest.fixture
def host(tmp_path: Path) -> dict[str, Any]:
    """What a dead node has left."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "shard").write_text("bytes")
    (tmp_path / "node_id").write_text(f"{OLD}\n")
    (tmp_path / "unit").write_text(f"--node-id {OLD}")
    names = {"data_dir": "data", "node_id_file": "node_id"}
    paths = {key: str(tmp_path / name) for key, name in names.items()}
    return {"node_id": OLD, "files": [str(tmp_path / "unit")], **paths}


def names(moves: list[dict[str, str]]) -> list[str]:
    return [Path(move["from"]).name for move in moves]


def test_data_first_and_the_id_last(host: dict[str, Any]) -> None:
    moves = module.planned(host, STAMP)
    assert names(moves) == ["data", "unit", "node_id"]
    assert all(move["to"] == f"{move['from']}.replaced-{STAMP}" for move in moves)


def test_what_is_gone_already_is_left_out(host: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "data").rename(tmp_path / "elsewhere")
    assert names(module.planned(host, STAMP)) == ["unit", "node_id"]
    (tmp_path / "data").mkdir()
    assert names(module.planned(host, STAMP)) == ["unit", "node_id"], "empty data stays"
    for name in ("unit", "node_id"):
        (tmp_path / name).unlink()
    assert module.planned(host, STAMP) == []


def test_what_is_anothers_is_refused(
    host: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = {"node_id": "another", "cluster_name": "prod"}
    monkeypatch.setattr(module.files, "read_mark", lambda _path: mark)
    with pytest.raises(ValueError, match="is marked as that of another, not of a3f2b1c4"):
        module.planned(host, STAMP)
    (tmp_path / "node_id").write_text("another\n")
    with pytest.raises(ValueError, match="says another, which is not a3f2b1c4"):
        module.planned(host, STAMP)


def test_a_disk_that_is_mounted_is_refused(
    host: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os.path, "ismount", lambda path: path == host["data_dir"])
    with pytest.raises(ValueError, match="is where a file system is mounted"):
        module.planned(host, STAMP)


def test_nothing_is_overwritten(host: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / f"unit.replaced-{STAMP}").write_text("an earlier one")
    with pytest.raises(ValueError, match="is there already, and nothing is overwritten"):
        module.planned(host, STAMP)


def test_a_link_to_the_data_is_followed(host: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "data").rename(tmp_path / "disk")
    (tmp_path / "data").symlink_to(tmp_path / "disk")
    assert names(module.planned(host, STAMP))[0] == "disk"


def run(params: dict[str, Any], check: bool = False) -> dict[str, Any]:
    args = {"ANSIBLE_MODULE_ARGS": {**params, "_ansible_check_mode": check}}
    done = subprocess.run(
        [sys.executable, "-m", module.__name__],
        input=json.dumps(args),
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def test_the_module_renames_once_and_only_tells_in_check_mode(
    host: dict[str, Any], tmp_path: Path
) -> None:
    before = sorted(path.name for path in tmp_path.iterdir())
    told = run(host, check=True)
    assert (told["changed"], names(told["set_aside"])) == (True, ["data", "unit", "node_id"])
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    done = run(host)
    assert done["changed"] is True
    assert done["diff"]["before"].splitlines()[0] == host["data_dir"]
    (aside,) = tmp_path.glob("data.replaced-*")
    assert (aside / "shard").read_text() == "bytes"
    assert run(host) == {**run(host), "changed": False, "set_aside": []}


def test_a_refusal_is_a_sentence(host: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "node_id").write_text("another\n")
    found = run(host)
    assert found["failed"] is True
    assert found["msg"].startswith("Cannot be set aside: ")
    assert found["msg"].endswith("So far nothing was.")
    assert (tmp_path / "data").is_dir()
