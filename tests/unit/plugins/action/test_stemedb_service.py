"""The action `stemedb_service`: what it runs on a host, and what becomes of one that is lost."""

from __future__ import annotations

from typing import Any
from unittest.mock import Mock

import pytest
from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure
from ansible_collections.stemedb.cluster.plugins.action import stemedb_service as plugin
from ansible_collections.stemedb.cluster.plugins.action.stemedb_service import ActionModule

BY_COMMAND = {"name": "node", "manager": "command", "status_command": "status"}
PROBE = "stemedb.cluster.stemedb_host_info"


def service(running: bool) -> dict[str, Any]:
    facts = dict.fromkeys(("exists", "state", "pid", "started_at", "result", "enabled"))
    return {**facts, "running": running, "restarts": 0}


class Host:
    """A host whose service runs or not, and what was run there."""

    def __init__(self, running: bool, **task: Any) -> None:
        self.running, self.ran = running, list[tuple[str, dict[str, Any]]]()
        self.lost_at: str | None = None
        self.stays = False
        self.started_at: float | None = None
        mock = Mock(action="stemedb_service", async_val=0, delegate_to="db-01", **task)
        mock.ignore_unreachable = False
        mock.check_mode = task.get("check_mode", False)
        self.action = ActionModule(
            task=mock,
            connection=Mock(),
            play_context=Mock(),
            loader=Mock(),
            templar=Mock(),
            shared_loader_obj=Mock(),
        )
        self.action._execute_module = self.execute

    def execute(self, module_name: str, module_args: dict[str, Any], **_: Any) -> dict[str, Any]:
        self.ran.append((module_name, module_args))
        if self.lost_at == module_name:
            raise AnsibleConnectionFailure("no route")
        if module_name == PROBE:
            log = {"lines": ["panic"]} if "log_since" in module_args else None
            found = {"ports": [], "clock": 5.0, "errors": [], "log": log}
            its = {**service(self.running), "pid": 1, "started_at": self.started_at}
            return {**found, "service": its}
        if not self.stays:
            self.running = not self.running
        return {"changed": True, "rc": 0}

    def run(self, state: str, **more: Any) -> dict[str, Any]:
        self.action._task.args = {"state": state, "service": BY_COMMAND, "interval": 0, **more}
        found: dict[str, Any] = self.action.run(task_vars={"inventory_hostname": "localhost"})
        return found

    def changed_by(self) -> list[dict[str, Any]]:
        return [options for name, options in self.ran if name != PROBE]


def test_it_stops_and_waits_for_the_end() -> None:
    host = Host(running=True)
    result = host.run("stopped", command="stop it")
    assert (result["changed"], result["service"]["running"]) == (True, False)
    assert result["clock"] == 5.0
    assert [done["_raw_params"] for done in host.changed_by()] == ["stop it"]
    again = Host(running=False).run("stopped", command="stop it")
    assert again["changed"] is False


def test_it_starts_with_the_variables_of_its_file() -> None:
    host = Host(running=False)
    assert host.run("started", command="start it", environment_file="/etc/a b.env")["changed"]
    (done,) = host.changed_by()
    assert done["_raw_params"] == "set -a\n. '/etc/a b.env'\nset +a\nstart it"


def test_systemd_is_asked_by_its_own_module() -> None:
    host = Host(running=True)
    host.run("stopped", service={"name": "node"}, disable=True)
    ((name, options),) = [one for one in host.ran if one[0] != PROBE]
    assert name == "ansible.builtin.systemd_service"
    assert options == {"name": "node", "state": "stopped", "enabled": False}


def test_check_mode_changes_nothing_and_says_what_it_would(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said: list[str] = []
    monkeypatch.setattr(plugin, "say", said.extend)
    host = Host(running=False, check_mode=True)
    assert host.run("started", command="start it", check_msg="would be started")["changed"]
    assert host.changed_by() == []
    assert said == ["would be started"]


def test_what_does_not_come_to_it_is_explained() -> None:
    host = Host(running=True)
    host.stays = True
    with pytest.raises(AnsibleActionFail, match=r"node on db-01 .* still runs after 0\.1 s"):
        host.run("stopped", command="true", timeout=0.1)
    host = Host(running=False)
    host.stays = True
    with pytest.raises(AnsibleActionFail, match=r"(?s)was started and is not up.*panic"):
        host.run("started", command="true", timeout=0.1)


def test_a_command_that_fails_is_told() -> None:
    host = Host(running=True)
    asked = host.execute

    def failing(module_name: str, module_args: dict[str, Any], **more: Any) -> dict[str, Any]:
        if module_name == PROBE:
            return asked(module_name, module_args, **more)
        return {"failed": True, "msg": "non-zero return code", "stderr": "no such service"}

    host.action._execute_module = failing
    with pytest.raises(AnsibleActionFail, match="non-zero return code no such service"):
        host.run("stopped", command="false")


def test_a_host_that_is_lost_fails_the_task_and_is_asked_once_more_after_a_change() -> None:
    host = Host(running=True)
    host.lost_at = "ansible.legacy.command"
    host.stays = True
    with pytest.raises(AnsibleActionFail, match="still runs"):
        host.run("stopped", command="stop it", timeout=0.1)
    host = Host(running=True)
    host.lost_at = PROBE
    with pytest.raises(AnsibleActionFail, match="db-01 could not be reached: no route"):
        host.run("stopped", command="stop it")


def test_what_may_not_be_done_fails_before_the_host_is_asked() -> None:
    host = Host(running=True)
    with pytest.raises(AnsibleActionFail, match="the guard has not allowed it"):
        host.run("stopped", command="stop it", fail_msg="the guard has not allowed it")
    assert host.ran == []


def test_what_was_started_before_a_moment_is_no_restart() -> None:
    host = Host(running=False)
    host.started_at = 7.0
    assert host.run("started", command="start it", after=6.5)["service"]["started_at"] == 7.0
    host = Host(running=False)
    host.started_at = 7.0
    with pytest.raises(AnsibleActionFail, match=r"db-01 was not restarted.* runs since 7\.0"):
        host.run("started", command="start it", after=7.0)


def test_only_the_process_that_was_seen_is_steady() -> None:
    host = Host(running=True)
    host.started_at = 7.0
    seen = {"service": {"pid": 1, "started_at": 7.0, "restarts": 0}}
    assert host.run("steady", since=seen)["changed"] is False
    assert host.changed_by() == []
    other = {"service": {"pid": 2, "started_at": 3.0, "restarts": 0}}
    with pytest.raises(AnsibleActionFail, match="db-01 is Alive, but its service node is not"):
        host.run("steady", since=other)
    gone = Host(running=False)
    with pytest.raises(AnsibleActionFail, match="is not steady"):
        gone.run("steady", since=seen)
