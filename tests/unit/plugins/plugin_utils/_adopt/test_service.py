"""Who runs the node, and which variables it has."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._host.secrets import HIDDEN
from ansible_collections.stemedb.cluster.plugins.plugin_utils._adopt.facts import Found, Part
from ansible_collections.stemedb.cluster.plugins.plugin_utils._adopt.service import (
    environment,
    service,
    user,
)
from ansible_collections.stemedb.cluster.tests.unit.support.adopting import (
    found,
    process,
    stopped,
    unit,
)

COMMANDS = {"start_command": "up", "stop_command": "down", "status_command": "st"}


def kinds(part: Part) -> list[str]:
    return [one.kind for one in part.findings]


def test_a_unit_of_its_own() -> None:
    part = service(found(unit(), process()))
    assert part == Part({"service": "stemedb", "service_manager": "systemd"})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"path": "/usr/lib/systemd/system/stemedb.service"}, "is /usr/lib/systemd/system/"),
        (
            {"path": "/etc/systemd/system/stemedb@.service", "name": "stemedb@a.service"},
            "stemedb@a",
        ),
        ({"drop_ins": ["/etc/x.conf"]}, "/etc/x.conf will win"),
        ({"dynamic_user": True}, "DynamicUser"),
    ],
)
def test_what_is_special_about_a_unit_is_said(changes: dict[str, Any], words: str) -> None:
    part = service(found(unit(**changes), process()))
    assert kinds(part) == ["unit"]
    assert words in part.findings[0].detail


def by_hand(**changes: Any) -> Part:
    return service(found(None, process(**changes)))


def test_by_hand_it_is_kept_from_being_started_twice() -> None:
    part = by_hand(unit=None)
    # "systemd" would find no service of that name, and start one.
    assert part.variables == {"service_manager": "command"}
    assert kinds(part) == ["no_service_manager"]
    for word in ("stemedb_node_start_command", "stemedb_node_status_command"):
        assert word in part.remarks[0]
        assert word in part.findings[0].detail
    assert "by hand or by ssh.service" in by_hand(unit="ssh.service").remarks[0]
    users = by_hand(unit="x.service", user_manager=True)
    assert "by x.service of the systemd of the user stemedb" in users.remarks[0]


def test_commands_of_the_inventory_run_it() -> None:
    said = {"manager": "command", **COMMANDS, "log_command": "log"}
    part = service(found(None, process(), **said))
    assert part == Part({"service_manager": "command", **COMMANDS, "log_command": "log"})
    assert service(found(None, None, **said)).findings == ()


def test_of_commands_the_missing_ones_are_named() -> None:
    part = service(found(None, process(), manager="command", status_command="st"))
    assert part.variables == {"service_manager": "command", "status_command": "st"}
    assert "until you set stemedb_node_start_command, stemedb_node_stop_command" in part.remarks[0]
    # Commands that nobody asks for are no manager.
    assert kinds(service(found(None, process(), **COMMANDS))) == ["no_service_manager"]


def test_a_unit_wins_over_commands_that_tell_nothing() -> None:
    part = service(found(unit(), process(), manager="command"))
    assert part.variables["service_manager"] == "systemd"


def test_the_user() -> None:
    assert user(found(unit(user="x"), process())).variables == {"user": "stemedb"}
    assert user(found(stopped(user="x"))).variables == {"user": "x"}
    assert user(found(None, None)) == Part({})
    part = user(found(None, process(user=None, uid=1234)))
    assert (part.variables, kinds(part)) == ({}, ["unknown_user"])
    assert "1234" in part.remarks[0]


def names(of: Found) -> str:
    part = environment(of)
    assert part.variables == {"environment": HIDDEN}
    assert kinds(part) == ["environment"]
    return part.remarks[0]


def test_of_an_environment_only_names_are_known() -> None:
    inside = process(environment=["HOME", "STEMEDB_API_KEY", "STEMEDB_LISTEN"])
    assert names(found(None, inside)).endswith(": STEMEDB_API_KEY, STEMEDB_LISTEN")
    of_unit = unit(environment=["RUST_LOG"], environment_files=["/etc/default/stemedb"])
    remark = names(found(of_unit, inside))
    # What the unit sets is the node's own, whatever it is called.
    assert ": RUST_LOG, STEMEDB_API_KEY, STEMEDB_LISTEN (on the host in /etc/default/stemedb)" in (
        remark
    )
    assert names(found({**of_unit, **stopped(environment=["A"])})).endswith(": A")


def test_no_variables_are_none_and_unknown_ones_are_unknown() -> None:
    assert environment(found(unit(), process())) == Part({"environment": {}})
    for of in (
        found(unit(environment=None), process()),
        found(unit(), process(environment=None)),
        found(None, process(environment=None)),
    ):
        part = environment(of)
        assert (part.variables, kinds(part)) == ({}, ["unknown_environment"])
        assert "stemedb_node_environment" in part.remarks[0]


def test_an_environment_that_the_inventory_has_is_left_to_it() -> None:
    inside = process(environment=["STEMEDB_API_KEY"])
    part = environment(found(None, inside, own_environment=True))
    assert (part.variables, part.findings) == ({}, ())
    assert "load that" in part.remarks[0]
