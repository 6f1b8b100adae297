"""The module stemedb_operation_lock: bad input is a sentence, the rest goes to the lock's file."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.modules import stemedb_operation_lock as module

ROOT = Path(__file__).resolve().parents[4]
OWNER = {"controller": "ctrl-01", "user": "alice", "pid": 7}


def params(file: Path, **given: Any) -> dict[str, Any]:
    defaults = {name: spec.get("default") for name, spec in module.ARGUMENTS.items()}
    told = {
        "path": str(file),
        "action": "renew",
        "run_id": "A",
        "owner": OWNER,
        "operation": "x",
        "lease": 60.0,
    }
    return {**defaults, **told, **given}


def run(path: Path, check_mode: bool = False, **given: Any) -> dict[str, Any]:
    return module.run(params(path, **given), check_mode)


def test_a_lock_is_taken_kept_seen_and_given_back(tmp_path: Path) -> None:
    path = tmp_path / "lock.json"
    taken = run(path, action="acquire", target="node-03", leaves=["x"])
    assert (taken["changed"], taken["held"], taken["run_id"]) == (True, True, "A")
    assert taken["holder"]["target"] == "node-03"
    assert taken["holder"]["leaves"] == ["x"]
    assert taken["replaced"] is None
    other = run(path, action="acquire", run_id="B")
    assert (other["changed"], other["held"]) == (False, False)
    assert other["holder"]["run_id"] == "A"
    assert run(path, action="renew", lease=600.0)["holder"]["expires_seconds"] > 500
    assert "operations" not in run(path, action="renew")
    given = run(path, action="release", outcome="succeeded")
    assert (given["changed"], given["held"], given["holder"]) == (True, False, None)
    assert run(path, action="acquire")["operations"][0]["outcome"] == "succeeded"


@pytest.mark.parametrize("action", ["acquire", "break"])
def test_a_lock_that_is_named_gives_way(tmp_path: Path, action: str) -> None:
    path = tmp_path / "lock.json"
    run(path, action="acquire")
    replace = [{"run_id": "A", "why": "named"}]
    found = run(path, action=action, run_id="B", replace=replace)
    assert found["changed"]
    assert found["held"] is (action == "acquire")
    assert (found["replaced"]["run_id"], found["replaced"]["why"]) == ("A", "named")


def test_check_mode_says_what_would_be(tmp_path: Path) -> None:
    path = tmp_path / "made" / "lock.json"
    found = run(path, check_mode=True, action="acquire")
    assert (found["changed"], found["held"]) == (True, True)
    assert not path.parent.exists()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"path": "lock.json"}, "path must be absolute"),
        ({"run_id": None}, "set by the module's action"),
        ({"owner": None}, "set by the action plugin"),
        ({"action": "acquire", "operation": None}, "acquire needs operation"),
        ({"action": "acquire", "lease": None}, "acquire needs lease"),
        ({"action": "renew", "lease": None}, "renew needs lease"),
        ({"action": "renew", "lease": 0.0}, "more than 0"),
        ({"action": "renew", "lease": float("nan")}, "more than 0"),
        ({"action": "renew", "lease": float("inf")}, "a week at most"),
        ({"action": "acquire", "lease": 700000.0}, "a week at most"),
        ({"action": "break"}, "break needs replace"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, given: Any, words: str) -> None:
    with pytest.raises(StemeDBError, match=words) as caught:
        module.run(params(tmp_path / "lock.json", **given), False)
    assert caught.value.code == "config"
    assert list(tmp_path.iterdir()) == []


def test_as_a_module_it_fails_with_a_sentence_and_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    told = {"path": str(tmp_path / "file" / "lock.json"), "run_id": "A", "owner": OWNER}
    script = (
        "import sys, runpy; sys.path[:0] = sys.argv[1:3]; "
        "from ansible.module_utils import basic; "
        "basic._ANSIBLE_ARGS = sys.argv[3].encode(); basic._ANSIBLE_PROFILE = 'legacy'; "
        "runpy.run_module('ansible_collections.stemedb.cluster.plugins.modules."
        "stemedb_operation_lock', run_name='__main__')"
    )
    asked = json.dumps({"ANSIBLE_MODULE_ARGS": {**told, "action": "acquire", "lease": 60}})
    done = subprocess.run(
        [sys.executable, "-c", script, str(ROOT / ".collections"), str(ROOT), asked],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    result = json.loads(done.stdout)
    assert result["failure"]["code"] == "config"
    assert result["msg"].startswith("acquire needs operation")
