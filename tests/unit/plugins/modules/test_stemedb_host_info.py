"""The module stemedb_host_info: it changes nothing, and bad input fails it with a sentence."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.modules import stemedb_host_info as module


def run(check: bool, **options: Any) -> dict[str, Any]:
    """The module as Ansible runs it on a node, check mode included."""
    given = {"ANSIBLE_MODULE_ARGS": {**options, "_ansible_check_mode": check}}
    done = subprocess.run(
        [sys.executable, "-W", "error", module.__file__, json.dumps(given)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize("check", [False, True])
def test_the_module_reports_and_changes_nothing(check: bool, tmp_path: Path) -> None:
    result = run(check, paths=[str(tmp_path / "x")], ports=[{"host": "127.0.0.1", "port": 1}])
    assert (result["changed"], result.get("failed")) == (False, None)
    assert result["ports"][0]["state"] == "closed"
    assert list(tmp_path.iterdir()) == []


def test_bad_input_fails_the_module_with_the_sentence() -> None:
    result = run(False, timeout=-1)
    assert result["failed"] is True
    assert result["msg"] == "timeout must be more than 0 seconds"
