"""Whether a service may be started or stopped, and whether it has been."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.plugin_utils._node import service_change as judge

RUNNING: dict[str, Any] = {
    "exists": True,
    "running": True,
    "state": "active/running",
    "pid": 4711,
    "started_at": 100.0,
    "restarts": 0,
    "result": "success",
    "enabled": True,
    "argv": ["stemedb-node", "--api-key", "secret"],
}
STOPPED = {**RUNNING, "running": False, "state": "inactive/dead", "pid": None, "started_at": None}
UNKNOWN = {**RUNNING, "running": None, "state": "deactivating/stop"}
WANTED = {"name": "stemedb-node", "manager": "systemd"}


def probe(service: dict[str, Any] | None, port: str = "open") -> dict[str, Any]:
    ports = [{"host": "db", "port": 18182, "protocol": "tcp", "state": port, "error": "refused"}]
    errors = [{"section": "service", "message": "systemctl failed"}]
    return {"service": service, "ports": ports, "clock": 200.0, "errors": errors, "log": None}


@pytest.mark.parametrize(
    ("service", "state", "allowed"),
    [
        (RUNNING, "stopped", True),
        (STOPPED, "stopped", True),
        (UNKNOWN, "stopped", False),
        (None, "stopped", False),
        (STOPPED, "started", True),
        (UNKNOWN, "started", True),
        (None, "started", False),
    ],
)
def test_what_is_unknown_is_not_changed(
    service: dict[str, Any] | None, state: str, allowed: bool
) -> None:
    problem = judge.why_not(probe(service), state, WANTED, "", "db-01")
    assert (problem == "") is allowed
    if not allowed:
        assert "stemedb-node on db-01 cannot be" in problem
        assert "systemctl failed" in problem or "deactivating/stop" in problem


def test_without_a_command_the_variable_is_named() -> None:
    wanted = {"name": "node", "manager": "command"}
    for state, variable in (("started", "start_command"), ("stopped", "stop_command")):
        problem = judge.why_not(probe(STOPPED), state, wanted, "", "db-01")
        assert f"stemedb_node_{variable} is empty" in problem
        assert not judge.why_not(probe(STOPPED), state, wanted, "true", "db-01")


@pytest.mark.parametrize(
    ("service", "state", "disable", "changes"),
    [
        (RUNNING, "stopped", False, True),
        (STOPPED, "stopped", False, False),
        (STOPPED, "stopped", True, True),
        ({**STOPPED, "enabled": False}, "stopped", True, False),
        ({**STOPPED, "enabled": None}, "stopped", True, False),
        (RUNNING, "started", False, False),
        (STOPPED, "started", False, True),
        (UNKNOWN, "started", False, True),
    ],
)
def test_it_changes_only_what_is_otherwise(
    service: dict[str, Any], state: str, disable: bool, changes: bool
) -> None:
    assert judge.changes(probe(service), state, disable) is changes


def test_a_command_line_stays_on_its_host() -> None:
    assert "secret" not in str(judge.facts(probe(RUNNING)))


@pytest.mark.parametrize(
    ("service", "port", "state", "reached"),
    [
        (STOPPED, "open", "stopped", True),
        (RUNNING, "open", "stopped", None),
        (UNKNOWN, "open", "stopped", None),
        (None, "open", "stopped", None),
        (RUNNING, "open", "started", True),
        (RUNNING, "closed", "started", None),
        (STOPPED, "open", "started", False),
        (None, "open", "started", None),
    ],
)
def test_only_what_is_seen_has_been_reached(
    service: dict[str, Any] | None, port: str, state: str, reached: bool | None
) -> None:
    assert judge.reached(probe(service, port), state) is reached


def test_a_failure_says_what_it_saw_and_what_to_do() -> None:
    for service, seen in ((RUNNING, "it still runs"), (None, "whether it runs is unknown")):
        text = judge.failure(probe(service), "stopped", "stemedb-node", "db-01", 5.0)
        assert f"{seen} after 5 s" in text
        assert "run the same again" in text
    with_log = {**probe(STOPPED), "log": {"lines": ["panic: no space"]}}
    text = judge.failure(with_log, "started", "stemedb-node", "db-01", 5.0)
    assert "it has ended (inactive/dead, success)" in text
    assert text.endswith("panic: no space")
    text = judge.failure(probe(RUNNING, "closed"), "started", "stemedb-node", "db-01", 5.0)
    assert "it runs, but db:18182 is closed" in text
