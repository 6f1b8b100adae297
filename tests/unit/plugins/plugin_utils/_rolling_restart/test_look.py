"""What a host said when it was looked at."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.plugin_utils._rolling_restart.look import look

SERVICE = {"running": True, "state": "active", "enabled": True, "started_at": 5.0, "argv": ["-k"]}
IDENTITY: dict[str, Any] = {
    "node_id": "a3f2b1c4",
    "source": "file",
    "at": 100.0,
    "probe": {"service": SERVICE, "clock": 99.0, "booted_at": 1.0, "binary": {}},
}
TOLD = {
    "stemedb_node_identity": IDENTITY,
    "stemedb_node_restart_reasons": None,
    "_stemedb_rolling_restart_problem": "",
}


def test_its_command_line_stays_where_it_is() -> None:
    found = look(TOLD, writes=False)
    assert (found["node_id"], found["at"], found["reasons"]) == ("a3f2b1c4", 100.0, [])
    assert found["service"] == {key: SERVICE[key] for key in SERVICE if key != "argv"}


def test_what_it_needs_is_known_only_where_it_was_compared() -> None:
    told = {**TOLD, "stemedb_node_restart_reasons": ["binary"]}
    assert look(told, writes=True)["reasons"] == ["binary"]
    assert look(TOLD, writes=True) == {"problem": "it could not be reached any more"}


@pytest.mark.parametrize(
    ("told", "problem"),
    [
        ({}, "it could not be reached any more"),
        ({**TOLD, "_stemedb_rolling_restart_problem": "no python"}, "no python"),
        ({**TOLD, "stemedb_node_identity": {"failed": True}}, "it could not be reached any more"),
    ],
)
def test_one_that_did_not_answer_is_data(told: dict[str, Any], problem: str) -> None:
    assert look(told, writes=False) == {"problem": problem}


def test_a_service_of_which_nothing_is_known_stays_unknown() -> None:
    identity = {**IDENTITY, "probe": {**IDENTITY["probe"], "service": None}}
    assert look({**TOLD, "stemedb_node_identity": identity}, writes=False)["service"] is None
