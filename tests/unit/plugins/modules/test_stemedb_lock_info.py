"""The module stemedb_lock_info: it says who holds the lock, and changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._lock import file as lock_file
from ansible_collections.stemedb.cluster.plugins.module_utils._lock.record import Request
from ansible_collections.stemedb.cluster.plugins.modules import stemedb_lock_info as module

OWNER = {"controller": "ctrl-01", "user": "alice", "pid": 7}


def look(file: Path, **given: Any) -> dict[str, Any]:
    defaults = {name: spec.get("default") for name, spec in lock_file.ARGUMENTS.items()}
    return module.run({**defaults, "path": str(file), "run_id": "B"} | given)


def test_it_shows_who_holds_the_lock_and_what_was_done_before(tmp_path: Path) -> None:
    path = tmp_path / "made" / "lock.json"
    nobody = {"held": False, "run_id": "B", "hosts": [], "holder": None, "operations": []}
    assert look(path) == nobody
    assert not path.parent.exists()
    for operation in ("heal", "add_node"):
        request = Request("A", OWNER, 60.0, operation, outcome="succeeded")
        lock_file.ask(str(path), "acquire", request)
        if operation == "heal":
            lock_file.ask(str(path), "release", request)
    before = path.read_bytes()
    found = look(path, hosts=["node-02", "node-01"])
    assert (found["held"], found["hosts"]) == (False, ["node-01", "node-02"])
    assert found["holder"]["operation"] == "add_node"
    assert [one["operation"] for one in found["operations"]] == ["heal"]
    assert look(path, run_id="A")["held"]
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"path": "lock.json"}, "path must be absolute"),
        ({"run_id": None}, "set by the module's action"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, given: Any, words: str) -> None:
    with pytest.raises(StemeDBError, match=words) as caught:
        look(tmp_path / "lock.json", **given)
    assert caught.value.code == "config"
