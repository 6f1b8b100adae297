"""The controller's side that all modules share."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure
from ansible.plugins.action import ActionBase
from ansible_collections.stemedb.cluster.plugins.plugin_utils import _action, _screen
from ansible_collections.stemedb.cluster.plugins.plugin_utils._action import (
    GatewayAction,
    HostAction,
    NamedClusterAction,
    PrintedOnceError,
    printed_once,
)

ROOT = Path(__file__).resolve().parents[4]
INVENTORY = {
    "inventory_hostname": "localhost",
    "group_names": [],
    "stemedb_gateway_url": ["http://db-01:18181"],
    "stemedb_api_key": "the-key-of-the-inventory",
    "stemedb_ca_path": "",
    "stemedb_validate_certs": False,
    "stemedb_endpoints": {},
    "stemedb_cluster_name": "prod",
}


def action(kind: type[Any], **task: Any) -> Any:
    made: Any = object.__new__(kind)
    made._task = SimpleNamespace(
        **{
            "action": "stemedb.cluster.stemedb_node_info",
            "args": {},
            "delegate_to": None,
            "async_val": 0,
            "ignore_unreachable": False,
            "any_errors_fatal": False,
            "changed_when": [],
            "failed_when": [],
            "until": [],
            "retries": None,
            **task,
        }
    )
    made._templar = SimpleNamespace(template=lambda value: value)
    return made


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The arguments with which the module ran."""
    found: list[dict[str, Any]] = []

    def run(self: Any, **_more: Any) -> dict[str, Any]:
        found.append(dict(self._task.args))
        return {"changed": False}

    monkeypatch.setattr(ActionBase, "run", lambda *_more: {})
    monkeypatch.setattr(ActionBase, "_execute_module", run)
    return found


def lose_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*_more: Any, **_options: Any) -> dict[str, Any]:
        raise AnsibleConnectionFailure("no route to host.")

    monkeypatch.setattr(ActionBase, "run", lambda *_more: {})
    monkeypatch.setattr(ActionBase, "_execute_module", run)


def test_the_inventory_says_who_is_asked(asked: list[dict[str, Any]]) -> None:
    assert action(GatewayAction).run(None, INVENTORY) == {"changed": False}
    assert asked == [
        {
            "gateway_url": ["http://db-01:18181"],
            "api_key": "the-key-of-the-inventory",
            "validate_certs": False,
        }
    ]


def test_an_option_of_the_task_goes_before(asked: list[dict[str, Any]]) -> None:
    args = {"gateway_url": "http://other:1", "validate_certs": True, "api_key": "another-key"}
    action(GatewayAction, args=dict(args)).run(None, INVENTORY)
    assert asked == [args]


@pytest.mark.parametrize(("given", "used"), [({}, "prod"), ({"cluster_name": ""}, "")])
def test_the_inventory_says_which_cluster_is_meant(
    asked: list[dict[str, Any]], given: dict[str, Any], used: str
) -> None:
    action(NamedClusterAction, args=given).run(None, INVENTORY)
    assert asked[0]["cluster_name"] == used


def test_every_module_that_takes_the_name_of_the_cluster_is_given_it() -> None:
    for path in sorted((ROOT / "plugins" / "modules").glob("stemedb_*.py")):
        takes = "gateway.cluster_name" in path.read_text(encoding="utf-8")
        text = (ROOT / "plugins" / "action" / path.name).read_text(encoding="utf-8")
        assert takes == ("NamedClusterAction" in text or "CLUSTER_NAME" in text), path


def test_what_runs_on_a_node_asks_nobody(asked: list[dict[str, Any]]) -> None:
    member = {**INVENTORY, "inventory_hostname": "db-02", "group_names": ["stemedb_nodes"]}
    action(HostAction).run(None, member)
    assert asked == [{}]


@pytest.mark.parametrize("group", ["stemedb_nodes", "stemedb_new_nodes"])
def test_a_node_does_not_ask_the_cluster_by_accident(
    asked: list[dict[str, Any]], group: str
) -> None:
    member = {**INVENTORY, "inventory_hostname": "db-02", "group_names": [group]}
    with pytest.raises(
        AnsibleActionFail, match=r"from db-02, which is a node.*run it on localhost"
    ):
        action(GatewayAction).run(None, member)
    assert asked == []
    action(GatewayAction, delegate_to="localhost").run(None, member)
    action(GatewayAction).run(None, {**member, "stemedb_control_host": "db-02"})
    assert len(asked) == 2


@pytest.mark.parametrize("kind", [HostAction, GatewayAction])
def test_a_host_that_is_lost_fails_the_task(
    monkeypatch: pytest.MonkeyPatch, kind: type[Any]
) -> None:
    lose_the_host(monkeypatch)
    with pytest.raises(AnsibleActionFail, match=r"db-03 could not be reached: no route to host\."):
        action(kind, delegate_to="db-03").run(None, INVENTORY)


class Probing(HostAction):
    """A module whose task takes a lost host for data."""

    lost_is_data = True


def test_to_a_task_that_passes_lost_hosts_over_they_are_data(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lose_the_host(monkeypatch)
    found = action(Probing, ignore_unreachable=True, any_errors_fatal=False).run(None, INVENTORY)
    assert (found["lost"], found["changed"], bool(found["msg"])) == (True, False, True)
    assert "failed" not in found


@pytest.mark.parametrize(("kind", "fatal"), [(Probing, True), (HostAction, False)])
def test_a_hook_of_the_user_fails_for_a_lost_host(
    monkeypatch: pytest.MonkeyPatch, kind: Any, fatal: bool
) -> None:
    """Rule 6. There Ansible has to see it: what passes it over where errors are fatal fails."""
    lose_the_host(monkeypatch)
    with pytest.raises(AnsibleConnectionFailure):
        action(kind, ignore_unreachable=True, any_errors_fatal=fatal).run(None, INVENTORY)


FAILED = {
    "changed": False,
    "failed": True,
    "msg": "Timed out.",
    "failure": {"code": "timeout"},
    "history": ["long"] * 99,
    "invocation": {"module_args": {"timeout": 5}},
    "exception": "what Ansible prints the message from once more",
}


RAISED = ("failed", "msg")


def test_a_failure_is_one_line_and_its_evidence_is_kept() -> None:
    with pytest.raises(PrintedOnceError) as caught:
        printed_once(action(HostAction), dict(FAILED), ("history", "unmet"))
    assert caught.value.message == "Timed out."
    assert caught.value.omit_exception_key is True
    # Ansible 2.19 adds here, and 2.21 later, that it failed and why.
    told = {key: caught.value.result[key] for key in caught.value.result if key not in RAISED}
    assert told == {
        "changed": False,
        "failure": {"code": "timeout"},
        "invocation": {"module_args": {"timeout": 5}, "evidence": {"history": ["long"] * 99}},
    }


@pytest.mark.parametrize(
    ("task", "changes"),
    [
        ({"failed_when": ["false"]}, {}),
        ({"until": ["result is success"]}, {}),
        ({"retries": 3}, {}),
        ({}, {"failed": False}),
    ],
)
def test_a_result_that_something_else_decides_about_stays_as_it_is(
    task: dict[str, Any], changes: dict[str, Any]
) -> None:
    result = {**FAILED, **changes}
    assert printed_once(action(HostAction, **task), dict(result), ("history",)) == result


@pytest.mark.parametrize(
    ("task", "changes"), [({"changed_when": ["false"]}, {}), ({}, {"warnings": ["mind this"]})]
)
def test_what_an_exception_would_lose_is_returned_in_short(
    task: dict[str, Any], changes: dict[str, Any]
) -> None:
    result = printed_once(action(HostAction, **task), {**FAILED, **changes}, ("history",))
    assert (result["failed"], result["msg"]) == (True, "Timed out.")
    assert result["invocation"]["evidence"] == {"history": ["long"] * 99}
    assert "history" not in result


def test_a_module_that_broke_down_shows_all_that_is_known() -> None:
    result = {"failed": True, "msg": "MODULE FAILURE", "module_stderr": "Traceback"}
    assert printed_once(action(HostAction), result) is result


def test_every_module_has_the_controllers_side_that_fits_it() -> None:
    group = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text())["action_groups"]["stemedb"]
    for path in sorted((ROOT / "plugins" / "modules").glob("stemedb_*.py")):
        if path.stem in ("stemedb_show", "stemedb_variables"):  # on the controller only
            continue
        text = (ROOT / "plugins" / "action" / path.name).read_text(encoding="utf-8")
        assert (
            re.search("GatewayAction|NamedCluster", text) is not None
            or "ask_as_the_inventory_says(self" in text
        ) == (path.stem in group)
        assert re.search(
            r"GatewayAction|NamedCluster|HostAction|LockAction|with lost_is_failed\(self", text
        ), path


def test_every_option_of_the_inventory_is_one_of_the_gateway() -> None:
    from ansible_collections.stemedb.cluster.plugins.module_utils._module.options import (
        cluster_name_spec,
        gateway_spec,
    )

    assert set(_action._VARIABLES) <= set(gateway_spec())
    assert set(_action.CLUSTER_NAME) == set(cluster_name_spec())


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What reaches the screen, and where to; no screen is left behind."""
    lines: list[str] = []

    def display(text: str, log_only: bool = False, stderr: bool = False, **_more: Any) -> None:
        if not log_only:
            lines.append(f"2> {text}" if stderr else text)

    monkeypatch.setattr(_action._display, "display", display)
    yield lines
    _screen.use(None)
    _screen.remember([])


def test_lines_go_to_the_screen_of_the_callback(printed: list[str]) -> None:
    _screen.use(_screen.Screen(30, True))
    _action.say(["✓ Cluster\x1b[2J is healthy, in all of its views"])
    _action.say_now("00:01  Wait")
    assert printed == [
        f"{_screen.ERASE}✓ Cluster\\x1b[2J is healthy,",
        f"{_screen.ERASE}  in all of its views",
        "\r00:01  Wait\x1b[K\r",
    ]


def test_nothing_is_overwritten_where_there_is_no_terminal(printed: list[str]) -> None:
    _screen.use(_screen.Screen(30, False))
    _action.say_now("00:01  Wait")
    _action.say(["one", "", "two"])
    assert printed == ["one", "two"]


def test_a_plan_is_not_shown_twice(printed: list[str]) -> None:
    plan = ["To replace:", "  node-03"]
    _screen.use(_screen.Screen(30, False))
    _screen.remember(plan)
    _action.say(plan)
    assert printed == []
    _action.say(["To replace:", "  node-02"])
    assert printed == ["To replace:", "  node-02"]


def test_a_wait_tells_a_line_a_minute_where_none_can_be_overwritten(
    printed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    _screen.use(_screen.Screen(80, False))
    progress = _action.Progress()
    for second in range(0, 130, 5):
        now[0] = second
        progress.tell(f"[{second} s]")
    assert printed == ["[60 s]", "[120 s]"]


def test_a_wait_overwrites_its_line_and_is_on_standard_error_otherwise(
    printed: list[str],
) -> None:
    _action.Progress().tell("[1 s] one")
    _screen.use(_screen.Screen(80, True))
    _action.Progress().tell("[2 s] two")
    assert printed == ["2> [1 s] one", "\r[2 s] two\x1b[K\r"]
