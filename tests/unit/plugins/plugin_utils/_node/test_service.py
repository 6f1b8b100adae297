"""A service that was started, and what it does not use yet."""

from __future__ import annotations

from typing import Any, Optional

import pytest
from ansible_collections.stemedb.cluster.plugins.plugin_utils._node.service import (
    restart_reasons,
    seeds,
    startup,
)

ARGUMENTS = ["--node-id", "a", "--data-dir", "/data"]


def service(**more: Any) -> dict[str, Any]:
    facts = {
        "running": True,
        "state": "active/running",
        "result": None,
        "restarts": 0,
        "started_at": 1000.0,
        "argv": ["python3", "/usr/local/bin/stemedb-node", *ARGUMENTS],
    }
    return {**facts, **more}


def port(state: Optional[str], protocol: str = "tcp") -> dict[str, Any]:
    return {"host": "node-04", "port": 18181, "protocol": protocol, "state": state, "error": "E"}


@pytest.mark.parametrize(
    ("facts", "ports", "state"),
    [
        (service(), [port("open"), port("open", "any")], "up"),
        (service(), [port("open"), port("silent", "any")], "up"),
        (service(), [port("closed")], "starting"),
        (service(), [port("silent")], "starting"),
        (service(), [port(None)], "starting"),
        (service(), [port("closed", "any")], "starting"),
        (service(running=None), [port("open")], "starting"),
        (service(running=False), [port("open")], "died"),
        (service(restarts=1), [port("open")], "died"),
        (service(restarts=None), [port("open")], "up"),
        (None, [port("open")], "starting"),
    ],
)
def test_a_node_is_up_when_it_runs_and_listens(facts: Any, ports: Any, state: str) -> None:
    assert startup({"service": facts, "ports": ports, "errors": []})["state"] == state


def test_why_it_is_not_up_is_said() -> None:
    def detail(facts: Any, *ports: Any) -> str:
        errors = [{"section": "service", "message": "no status"}]
        return startup({"service": facts, "ports": ports, "errors": errors})["detail"]

    assert "node-04:18181 is closed (E)" in detail(service(), port("closed"))
    assert "failed/failed, exit-code" in detail(
        service(running=False, state="failed/failed", result="exit-code")
    )
    assert "restarted 3 times" in detail(service(restarts=3))
    assert "no status" in detail(None)


def ran(**more: Any) -> dict[str, Any]:
    return {"service": service(**{"pid": 7, **more}), "errors": []}


@pytest.mark.parametrize("manager", ["systemd", "command"])
@pytest.mark.parametrize(
    ("now", "state", "said"),
    [
        ({}, "up", "runs since it was started"),
        ({"started_at": 1000.4}, "up", "runs since it was started"),
        ({"pid": 8, "started_at": 1012.0, "restarts": 5}, "died", "restarted 3 times"),
        # A container gives its process the same number each time.
        ({"started_at": 1012.0}, "died", "restarted at least once"),
        ({"pid": 8}, "died", "restarted at least once"),
        # A manager that counts anew, as after a start by hand.
        ({"pid": 8, "started_at": 1012.0, "restarts": 0}, "died", "restarted at least once"),
        ({"restarts": 3}, "died", "restarted 1 times"),
        ({"running": False}, "died", "has ended"),
        ({"running": None, "state": "activating/auto"}, "starting", "activating/auto"),
        ({"pid": None}, "starting", "not known"),
        ({"started_at": None}, "starting", "not known"),
    ],
)
def test_only_the_process_that_was_seen_after_the_start_is_up(
    manager: str, now: dict[str, Any], state: str, said: str
) -> None:
    """Whoever ends and is back before the others notice is Alive all the time."""
    before = ran(restarts=2)
    after = ran(**{"restarts": 2, **now})
    if manager == "command":
        before["service"]["restarts"] = after["service"]["restarts"] = None
        if now == {"restarts": 3}:
            return
        said = said.replace("3 times", "at least once")
    found = startup(after, before)
    assert (found["state"], said in found["detail"]) == (state, True), found
    if state == "died":
        assert "log" in found["detail"]


@pytest.mark.parametrize("lost", [None, {"lost": True, "msg": "gone"}, {"service": None}])
def test_of_a_process_that_was_not_seen_nothing_is_up(lost: Any) -> None:
    assert startup(ran(), lost or {})["state"] == "starting"
    assert startup(lost or {}, ran())["state"] == "starting"


def reasons(facts: Any, mtimes: dict[str, Any], **changed: bool) -> list[str]:
    probe = {
        "service": facts,
        "files": [{"path": f"/{name}", "mtime": mtime} for name, mtime in mtimes.items()],
        "errors": [],
    }
    return restart_reasons(probe, {name: f"/{name}" for name in mtimes}, changed, ARGUMENTS)


def test_what_is_younger_than_the_start_wants_a_restart() -> None:
    assert reasons(service(), {"unit": 999.0, "binary": 1001.0, "gone": None}) == ["binary"]
    assert reasons(service(), {"unit": 999.0}) == []


def test_what_this_run_changed_wants_a_restart_also_in_check_mode() -> None:
    assert reasons(service(), {"unit": 999.0}, unit=True, binary=False) == ["unit"]
    assert reasons(service(), {"unit": 1001.0}, unit=True) == ["unit"]


def test_another_command_line_wants_a_restart() -> None:
    assert reasons(service(argv=["stemedb-node", "--node-id", "b"]), {}) == ["command line"]
    assert reasons(service(argv=None), {}) == []


def test_the_guides_flags_in_another_order_want_none() -> None:
    words = [f"{flag}={value}" for flag, value in zip(ARGUMENTS[::2], ARGUMENTS[1::2])]
    assert words
    assert reasons(service(argv=["stemedb-node", *reversed(words)]), {}) == []
    assert reasons(service(argv=["stemedb-node", *reversed(words), "--x"]), {}) == ["command line"]


def test_a_service_that_does_not_run_wants_none() -> None:
    assert reasons(service(running=False), {"unit": 1001.0}, unit=True) == []


def test_an_unknown_service_is_not_passed_over() -> None:
    assert len(reasons(None, {})) == 1
    assert reasons(service(started_at=None), {"unit": 5.0}, unit=True) == ["unit"]


@pytest.mark.parametrize(
    ("settings", "argv", "found"),
    [
        ({"seed_nodes": ["a:1", "b:1"]}, ["n", "--seed-nodes", "a:1,b:1"], (["a:1", "b:1"],) * 2),
        ({"seed_nodes": "a:1, b:1"}, ["n", "--seed-nodes=a:1"], (["a:1", "b:1"], ["a:1"])),
        ({"seed_nodes": None}, ["n", "--seed-nodes"], (None, None)),
        ({}, ["n", "--data-dir", "/d"], (None, None)),
        (None, None, (None, None)),
    ],
)
def test_seeds_are_read_where_they_are_named(settings: Any, argv: Any, found: Any) -> None:
    probe = {"config": {"settings": settings}, "service": {"unit_argv": argv}}
    assert tuple(seeds(probe).values()) == found
    assert tuple(seeds({"config": None, "service": None}).values()) == (None, None)
