"""What a failure report says of the host that it is about."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose.target import target_now


def log(*lines: str, errors: int = 0) -> dict[str, Any]:
    matching = [line for line in lines if "ERROR" in line]
    return {
        "line_count": len(lines),
        "lines": list(lines),
        "matches": {"error": {"count": errors, "lines": matching}},
    }


def found(probe: Any) -> dict[str, Any]:
    """A host as it was looked at."""
    return {"problem": None if probe is not None else "No route to host", "probe": probe}


def report(probe: Any = (), **facts: Any) -> str:
    given = {
        "target": "node-04",
        "service": "stemedb-node",
        "control_host": "ctrl-01",
        "hosts": {"node-04": found({} if probe == () else probe)},
    }
    return "".join(f"{line}\n" for line in target_now({**given, **facts}))


@pytest.mark.parametrize(
    ("running", "sentence"),
    [
        (True, "stemedb-node runs"),
        (False, "stemedb-node does not run"),
        (None, "it is unknown whether stemedb-node runs"),
    ],
)
def test_the_service(running: bool | None, sentence: str) -> None:
    assert f"  {sentence}\n" in report(probe={"service": {"running": running}})


def test_disk_and_ports_as_the_host_sees_them() -> None:
    ports = [
        {"host": "node-01", "port": 18181, "protocol": "tcp", "state": "open"},
        {"host": "node-01", "port": 18182, "protocol": "tcp", "state": "closed"},
        {"host": "node-01", "port": 18183, "protocol": "any", "state": None},
    ]
    text = report(
        probe={
            "ports": ports,
            "free_space": [{"path": "/var/lib/stemedb", "free_bytes": 20 * 2**30}, None],
        }
    )
    assert "21.5 GB free at /var/lib/stemedb" in text
    assert "node-04 does not reach node-01:18182 (tcp: refused)" in text
    assert "node-04 does not reach node-01:18183 (tcp or udp: not known)" in text
    assert "18181" not in text


def test_a_host_that_does_not_run_is_not_told_that_it_does_not_listen_to_itself() -> None:
    own = {"host": "192.0.2.4", "port": 18182, "protocol": "tcp", "state": "closed"}
    ports = [{"host": "192.0.2.4", "port": 18182, "protocol": "tcp"}]
    assert "does not reach" not in report(probe={"ports": [own]}, target_ports=ports)
    assert "does not reach" not in report(probe={"ports": [own]}, target_ports=ports)


def test_ports_as_members_see_them() -> None:
    shut = {"host": "192.0.2.4", "port": 18182, "protocol": "tcp", "state": "silent"}
    hosts = {"node-04": found({}), "node-01": found({"ports": [shut]}), "node-02": found(None)}
    text = report(hosts=hosts, target_ports=[{"host": "192.0.2.4", "port": 18182}])
    assert "node-01 does not reach node-04 at 192.0.2.4:18182 (tcp: no answer)" in text
    assert "whether node-02 reaches node-04 is not known" in text


def test_the_log_shows_its_errors_before_all_else() -> None:
    text = report(probe={"log": log("INFO a", "ERROR disk full", "INFO b", errors=1)})
    assert "3 lines, 1 with errors" in text
    assert "ERROR disk full" in text
    assert "INFO a" not in text


def test_a_log_without_errors_shows_its_end() -> None:
    text = report(probe={"log": log(*(f"INFO {number}" for number in range(30)))})
    assert "30 lines, 0 with errors" in text
    assert "INFO 20\n" in text
    assert "INFO 19\n" not in text


def test_a_host_that_cannot_be_reached_is_told() -> None:
    assert "The host node-04 now:\n  No route to host\n" in report(probe=None)


def test_where_no_other_host_is_there_the_control_host_tries() -> None:
    shut = {"host": "192.0.2.4", "port": 18182, "protocol": "tcp", "state": "silent"}
    text = report(outside={"ports": [shut]})
    assert "ctrl-01 does not reach node-04 at 192.0.2.4:18182 (tcp: no answer)" in text
    assert "whether ctrl-01 reaches node-04 is not known: no" in report(
        outside={"ports": None, "msg": "no"}
    )
