"""What a report says of a stage that did not hold is found by the name that the role gives it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.stemedb.cluster.plugins.module_utils import (
    _removal_report,
    _restart_report,
)

ROOT = Path(__file__).resolve().parents[2]
WAIT = "stemedb.cluster.stemedb_wait"


def stages(role: str) -> Iterator[str]:
    """The names of the stages of all waits of a role."""
    for path in sorted((ROOT / "roles" / role / "tasks").glob("*.yml")):
        for task in yaml.safe_load(path.read_text(encoding="utf-8")):
            for stage in task.get(WAIT, {}).get("stages", ()):
                yield stage["name"]


@pytest.mark.parametrize(
    ("role", "told"),
    [
        ("stemedb_remove_node", vars(_removal_report)["_STEPS"]),
        ("stemedb_rolling_restart", vars(_restart_report)["_STEPS"]),
    ],
)
def test_each_stage_has_something_to_do_when_it_does_not_hold(
    role: str, told: dict[str, Any]
) -> None:
    names = list(stages(role))
    assert len(names) > 2
    assert [name for name in names if name not in told] == []
