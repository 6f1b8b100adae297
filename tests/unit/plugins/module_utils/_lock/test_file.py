"""The lock's file: requests one after the other, whole or not at all, and on disk."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._lock import file as lock_file
from ansible_collections.stemedb.cluster.plugins.module_utils._lock import record
from ansible_collections.stemedb.cluster.plugins.module_utils._lock.record import Change, Request

ROOT = Path(__file__).resolve().parents[5]
OWNER = {"controller": "ctrl-01", "user": "alice", "pid": 7}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "made" / "lock.json"


def ask(path: Path, action: str, run: str = "A", check_mode: bool = False, **more: Any) -> Change:
    request = Request(run, OWNER, **{"lease": 60.0, "operation": "x", **more})
    change, now, _changes = lock_file.ask(str(path), action, request, check_mode)
    assert abs(now.wall - time.time()) < 60
    return change


def look(path: Path, run: str = "A", **more: Any) -> bool:
    change, _request, now = lock_file.look(str(path), Request(run, OWNER, **more))
    assert abs(now.wall - time.time()) < 60
    return change.held


def test_it_is_its_owners_alone_and_so_is_its_folder(path: Path) -> None:
    before = os.umask(0)
    try:
        assert ask(path, "acquire").held
    finally:
        os.umask(before)
    modes = {found.name: found.stat().st_mode & 0o777 for found in path.parent.iterdir()}
    assert modes == {"lock.json": 0o600, "lock.json.guard": 0o600}
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_one_request_sees_what_the_other_did(path: Path) -> None:
    assert ask(path, "acquire").held
    assert ask(path, "renew").held
    assert not ask(path, "acquire", "B").held
    assert look(path)
    assert ask(path, "release", outcome="succeeded").document["holder"] is None
    assert ask(path, "acquire", "B").held
    document = json.loads(path.read_text(encoding="utf-8"))
    assert document["holder"]["run_id"] == "B"
    assert [operation["run_id"] for operation in document["operations"]] == ["A"]


def test_one_file_is_the_lock_of_one_cluster(path: Path) -> None:
    ask(path, "acquire", cluster="prod")
    ask(path, "release", outcome="failed", cluster="prod")
    for other, called in (("test", "of test"), ("", "of a cluster without a name")):
        refusal = f"the lock of the cluster prod.*{called}: set"
        with pytest.raises(StemeDBError, match=refusal):
            ask(path, "acquire", "B", cluster=other)
        with pytest.raises(StemeDBError, match=refusal):
            look(path, "B", cluster=other)
    assert ask(path, "acquire", "B", cluster="prod").held


def test_it_expires_by_this_hosts_time(path: Path) -> None:
    assert ask(path, "acquire", lease=0.05).held
    time.sleep(0.06)  # a lease that passes is what this is about
    assert not ask(path, "renew").held
    assert not ask(path, "acquire", "B").held
    assert ask(path, "acquire", "B", replace={"A": record.EXPIRED}).held


def test_a_look_and_a_check_write_nothing(path: Path) -> None:
    assert not look(path)
    assert ask(path, "acquire", check_mode=True).held
    assert not path.parent.exists()
    ask(path, "acquire")
    before = path.read_bytes(), path.stat().st_mtime_ns
    for action in ("renew", "release"):
        ask(path, action, check_mode=True)
    assert not ask(path, "acquire", "B", check_mode=True).held
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


def test_a_refusal_writes_nothing(path: Path) -> None:
    ask(path, "acquire")
    before = path.stat().st_ino
    assert not ask(path, "acquire", "B").held
    assert not ask(path, "renew", "B").held
    assert path.stat().st_ino == before


@pytest.mark.parametrize("text", ["", "null", "{", "[]", '{"format": 1}', '{"format": 9}'])
def test_a_damaged_file_is_no_free_lock(path: Path, text: str) -> None:
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    for action in ("look", "acquire", "renew", "release"):
        with pytest.raises(StemeDBError, match=r"lock\.json is (damaged|of a newer)") as caught:
            look(path) if action == "look" else ask(path, action)
        assert caught.value.code == "config"
    assert path.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("place", ["made", "made/lock.json", "made/lock.json.guard"])
def test_a_place_that_cannot_be_used_is_named(path: Path, tmp_path: Path, place: str) -> None:
    wrong = tmp_path / place
    wrong.parent.mkdir(exist_ok=True)
    if place == "made":
        wrong.write_text("", encoding="utf-8")
    elif place.endswith("guard"):
        wrong.symlink_to(tmp_path / "elsewhere")
    else:
        wrong.mkdir()
    with pytest.raises(StemeDBError, match="cannot be used") as caught:
        ask(path, "acquire")
    assert caught.value.code == "config"
    assert place in caught.value.message
    assert not (tmp_path / "elsewhere").exists()


def test_whoever_hangs_is_not_waited_for_forever(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(path, "acquire")
    monkeypatch.setattr(lock_file, "_PATIENCE", 0.1)
    with open(f"{path}.guard", "rb") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        with pytest.raises(StemeDBError, match="fuser") as caught:
            ask(path, "renew")
        assert caught.value.code == "timeout"
        assert look(path), "a look needs nobody's leave"
    assert ask(path, "renew").held


RACER = """
import os
import sys
from ansible_collections.stemedb.cluster.plugins.module_utils._lock import file as lock_file
from ansible_collections.stemedb.cluster.plugins.module_utils._lock.record import Request

path, run, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
request = Request(run, {"pid": 1}, 60.0, "x", outcome="succeeded")
got = 0
for _ in range(rounds):
    if lock_file.ask(path, "acquire", request)[0].held:
        got += 1
        with open(path + ".in", "x"):  # fails where another one is in
            pass
        os.unlink(path + ".in")
        lock_file.ask(path, "release", request)
print(got)
"""


def racers(path: Path, count: int, rounds: int) -> Iterator[subprocess.Popen[str]]:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / ".collections"), str(ROOT)])}
    for number in range(count):
        command = [sys.executable, "-c", RACER, str(path), f"run-{number}", str(rounds)]
        yield subprocess.Popen(
            command, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )


def test_of_many_at_once_only_one_is_in(path: Path) -> None:
    running = list(racers(path, 4, 60))
    got = 0
    for process in running:
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
        got += int(out)
    assert got > 0
    document = json.loads(path.read_text(encoding="utf-8"))
    assert document["holder"] is None
    assert len(document["operations"]) == min(got, 50)
    assert sorted(found.name for found in path.parent.iterdir()) == ["lock.json", "lock.json.guard"]
