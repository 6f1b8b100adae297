"""The action of `stemedb_plan_info`: what it takes from the inventory."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible.errors import AnsibleActionFail, AnsibleUndefinedVariable
from ansible.plugins.action import ActionBase
from ansible_collections.stemedb.cluster.plugins.action import stemedb_plan_info

HOSTS: dict[str, dict[str, Any]] = {
    "db-1": {"stemedb_node_id": "a1", "ansible_host": "10.0.0.1", "stemedb_node_zone": "east"},
    "db-2": {"stemedb_node_address": "10.0.0.2", "ansible_host": "192.0.2.2"},
    "db-3": {"stemedb_node_id": "", "other": "{{ boom }}"},
    "db-6": {"ansible_host": "10.0.0.6"},
    "db-9": {"ansible_host": "{{ boom }}"},
}


class HostVars(dict[str, dict[str, Any]]):
    """As Ansible has them."""

    def raw_get(self, host: str) -> dict[str, Any]:
        return self[host]


def templated(value: Any) -> Any:
    if "boom" in str(value):
        raise AnsibleUndefinedVariable("'boom' is undefined")
    return str(value).replace("{{ six }}", "6") if isinstance(value, str) else value


def variables(*members: str, **more: Any) -> dict[str, Any]:
    return {
        "inventory_hostname": "localhost",
        "group_names": [],
        "groups": {"all": list(HOSTS), "stemedb_nodes": list(members)},
        "hostvars": HostVars(HOSTS),
        **more,
    }


@pytest.fixture
def action(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The action; `args` is what its module is given."""
    monkeypatch.setattr(ActionBase, "run", lambda *_more: {})
    made: Any = object.__new__(stemedb_plan_info.ActionModule)
    made._task = SimpleNamespace(
        action="stemedb.cluster.stemedb_plan_info",
        args={},
        delegate_to=None,
        async_val=0,
        ignore_unreachable=False,
        any_errors_fatal=False,
        changed_when=[],
        failed_when=[],
        until=[],
        retries=None,
    )
    templar = SimpleNamespace(template=templated)
    templar.copy_with_new_env = lambda available_variables: templar
    made._templar = templar
    made._execute_module = lambda **_more: {"changed": False}
    return made


def test_who_is_declared(action: Any) -> None:
    assert action.run(None, variables("db-2", "db-1", "db-3")) == {"changed": False}
    assert action._task.args == {
        "declared": [
            {"host": "db-2", "address": "10.0.0.2"},
            {"host": "db-1", "address": "10.0.0.1", "node_id": "a1", "zone": "east"},
            {"host": "db-3", "address": "db-3"},
        ],
        "spares": [],
        "hosts": [],
    }


def test_what_is_allowed_also_as_text(action: Any) -> None:
    action.run(
        None,
        variables(
            "db-1",
            stemedb_spares="db-6,",
            stemedb_prune='["db-2", "gone", "a1"]',
            stemedb_lock_hosts=["db-1", "db-2"],
            stemedb_max_changes="{{ six }}",
            stemedb_maintenance=True,
            stemedb_accept="too_few_nodes, suspect_node",
            stemedb_plan_expires="60",
            stemedb_unattended="",
            stemedb_max_replacements=1,
            stemedb_min_live_replicas=None,
            stemedb_min_nodes="5",
            stemedb_min_observers="3",
            stemedb_observers="quorum",
        ),
    )
    declared = action._task.args.pop("declared")
    assert [row["host"] for row in declared] == ["db-1"]
    assert action._task.args == {
        "spares": [{"host": "db-6", "address": "10.0.0.6"}],
        "prune": ["db-2", "gone", "a1"],
        "hosts": [{"host": "db-2", "address": "10.0.0.2"}],
        "lock_hosts": ["db-1", "db-2"],
        "max_changes": 6,
        "maintenance": True,
        "accept": ["too_few_nodes", "suspect_node"],
        "plan_expires": 60.0,
        "max_replacements": 1,
        "min_nodes": 5,
        "min_observers": 3,
        "observers": "quorum",
    }


def test_hosts_that_earlier_runs_acted_on_are_known_too(action: Any) -> None:
    action._task.args = {
        "operations": [{"target": "db-1, db-6"}, {"target": None}, "odd", {}],
        "replaces": {"db-2": None},
    }
    action.run(None, variables("db-1"))
    assert [row["host"] for row in action._task.args["hosts"]] == ["db-2", "db-1", "db-6"]


def test_an_option_of_the_task_goes_before(action: Any) -> None:
    given = {"declared": [], "spares": [], "hosts": [], "max_changes": 2, "prune": ["db-1"]}
    action._task.args = dict(given)
    action.run(None, variables("db-1", stemedb_max_changes=9, stemedb_prune=["x"]))
    assert action._task.args == given


def test_without_an_inventory_nobody_is_declared(action: Any) -> None:
    action.run(None, None)
    assert action._task.args == {"declared": [], "spares": [], "hosts": []}


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"stemedb_prune": True}, "stemedb_prune is true, and wanted is a list"),
        ({"stemedb_max_changes": "many"}, 'stemedb_max_changes is "many", and wanted is a whole'),
        ({"stemedb_spares": ["db-7"]}, "stemedb_spares names db-7, which is no host"),
        ({"stemedb_spares": ["db-9"]}, "where db-9 is cannot be read from its variables"),
    ],
)
def test_what_cannot_be_read_is_refused(action: Any, more: dict[str, Any], sentence: str) -> None:
    with pytest.raises(AnsibleActionFail, match=sentence):
        action.run(None, variables("db-1", **more))


def test_which_cluster_is_meant(action: Any) -> None:
    action.run(None, variables("db-1", stemedb_cluster_name="prod"))
    assert action._task.args["cluster_name"] == "prod"
