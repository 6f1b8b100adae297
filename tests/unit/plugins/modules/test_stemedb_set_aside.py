"""The module stemedb_set_aside: renamed once, and nothing of anybody else."""

from __future__ import annotations

import contextlib
import io
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


def test_an_id_in_upper_case_is_the_same(
    host: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upper = host["node_id"].upper()
    (tmp_path / "node_id").write_text(f"{upper}\n")
    mark = {"node_id": upper, "cluster_name": "prod"}
    monkeypatch.setattr(module.files, "read_mark", lambda _path: mark)
    assert names(module.planned(host, STAMP)) == ["data", "unit", "node_id"]


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


@pytest.mark.parametrize("place", ["", "/wal"])
def test_a_disk_that_is_mounted_at_the_data_or_in_it_is_refused(
    host: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """A bind mount looks like any other directory, and only the kernel's list tells."""
    mounted = host["data_dir"] + place
    table = tmp_path / "mountinfo"
    table.write_text(f"36 35 8:1 / {mounted} rw - ext4 /dev/sdb rw\n")
    real = open

    def opened(path: Any, *args: Any, **named: Any) -> Any:
        return real(table if path == "/proc/self/mountinfo" else path, *args, **named)

    monkeypatch.setattr("builtins.open", opened)
    with pytest.raises(ValueError, match=f"{mounted} is where a file system is mounted"):
        module.planned(host, STAMP)


def test_a_name_with_a_blank_is_found_among_the_mounts(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "36 35 8:1 / /srv/a\\040disk rw - ext4 /dev/sdb rw\n"
    monkeypatch.setattr("builtins.open", lambda *_a, **_n: io.StringIO(text))
    assert module.mounts("/srv/a disk") == ["/srv/a disk"]
    assert module.mounts("/srv/a") == []


# How a data directory leads to its bytes: names from the first link to the directory.
LINKS = {"one": ["data", "disk/stemedb"], "two": ["data", "current", "disk/stemedb"]}


@pytest.mark.parametrize("absolute", [True, False], ids=["absolute", "relative"])
@pytest.mark.parametrize("chain", LINKS)
@pytest.mark.parametrize("step", range(8))
def test_a_link_to_the_data_survives_a_kill_at_any_step(
    host: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    chain: str,
    absolute: bool,
    step: int,
) -> None:
    linked(tmp_path, LINKS[chain], absolute)
    calls = 0

    def killed(real: Any) -> Any:
        def call(*args: Any, **named: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls > step:
                raise KeyboardInterrupt
            return real(*args, **named)

        return call

    with monkeypatch.context() as patch:
        for name in ("rename", "mkdir", "chown", "chmod"):
            patch.setattr(os, name, killed(getattr(os, name)))
        with contextlib.suppress(KeyboardInterrupt, SystemExit):
            in_process(host, patch)
    facts = module.files.data_dir(host["data_dir"])
    assert facts["empty"] is (step > 0), "another run can tell what is left to do"
    assert run(host).get("failed") is not True
    assert os.readlink(tmp_path / "data") == str(
        (tmp_path / LINKS[chain][1]) if absolute else LINKS[chain][1]
    )
    assert os.listdir(tmp_path / "data") == []
    (aside,) = (tmp_path / "disk").glob("stemedb.replaced-*")
    assert (aside / "shard").read_text() == "bytes"
    assert not (tmp_path / "node_id").exists()
    assert run(host)["changed"] is False


def linked(tmp_path: Path, chain: list[str], absolute: bool) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "data").rename(tmp_path / chain[-1])
    for name, target in zip(chain, chain[1:]):
        (tmp_path / name).symlink_to(tmp_path / target if absolute else target)


def in_process(params: dict[str, Any], patch: pytest.MonkeyPatch) -> None:
    class Module:
        check_mode = False

        def __init__(self, **_named: Any) -> None:
            self.params = params

        def exit_json(self, **_result: Any) -> None:
            raise SystemExit

    patch.setattr(module, "AnsibleModule", Module)
    module.main()


def test_a_new_directory_behind_a_link_is_the_old_ones_like(
    host: dict[str, Any], tmp_path: Path
) -> None:
    linked(tmp_path, LINKS["one"], absolute=False)
    (tmp_path / "disk/stemedb").chmod(0o710)
    run(host)
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o710


def test_a_link_whose_disk_is_not_mounted_is_not_empty_data(
    host: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "data").rename(tmp_path / "unmounted")
    (tmp_path / "data").symlink_to("disk/stemedb")
    found = run(host)
    assert "mount the disk that it is on" in found["msg"]
    assert (tmp_path / "node_id").exists()


@pytest.mark.parametrize("name", ["node_id", "unit"])
def test_a_file_that_is_a_link_goes_and_what_it_leads_to_stays(
    host: dict[str, Any], tmp_path: Path, name: str
) -> None:
    (tmp_path / name).rename(tmp_path / "kept")
    (tmp_path / name).symlink_to("kept")
    assert run(host)["changed"] is True
    assert not os.path.lexists(tmp_path / name)
    assert OLD in (tmp_path / "kept").read_text()


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
