"""The action `stemedb_variables`, with each variable of each role as text, and as nonsense."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template
from ansible_collections.stemedb.cluster.plugins.action.stemedb_variables import (
    ActionModule,
    variables,
)

VARIABLES = variables()
TYPED = sorted(
    name
    for name, option in VARIABLES.items()
    if option.get("type", "str") not in ("str", "path", "raw") or option.get("choices")
)
EXAMPLES: dict[str, Any] = {"bool": "yes", "int": "3", "float": "0.5", "list": "[]", "dict": "{}"}
NONSENSE: dict[str, Any] = {"list": {"a": 1}, "str": "nonsense"}


class Hosts(dict[str, Any]):
    """What Ansible gives as `hostvars`."""

    def raw_get(self, host: str) -> dict[str, Any]:
        return dict(self.get(host, {}))


def check(here: Mapping[str, Any], defined_on: Any = None, **others: Any) -> dict[str, Any]:
    """The result on a host that has these variables, beside other hosts.

    :param defined_on: the option, if it is given.
    """
    args = {} if defined_on is None else {"defined_on": defined_on}
    action = ActionModule(
        task=Mock(args=args, action="stemedb.cluster.stemedb_variables", async_val=0),
        connection=Mock(),
        play_context=Mock(),
        loader=DataLoader(),
        templar=Templar(loader=DataLoader()),
        shared_loader_obj=Mock(),
    )
    told = {**here, "hostvars": Hosts(others), "inventory_hostname": "db-01", "groups": {}}
    found: dict[str, Any] = action.run(task_vars=told)
    return found


@pytest.mark.parametrize("name", ["stemedb_before_stop_tasks", "stemedb_after_start_tasks"])
def test_a_hook_that_cannot_be_loaded_is_refused_before_anything_is_changed(
    name: str, tmp_path: Path
) -> None:
    good, bad, other = (tmp_path / file for file in ("good.yml", "bad.yml", "other.yml"))
    good.write_text("- ansible.builtin.debug:\n", encoding="utf-8")
    bad.write_text("- ansible.builtin.debug: [\n", encoding="utf-8")
    other.write_text("tasks: []\n", encoding="utf-8")
    assert check({name: str(good)}) == {"changed": False}
    assert check({name: ""}) == {"changed": False}
    # It may be another for each node.
    assert check({name: trust_as_template("/hooks/{{ stemedb_stop_host }}.yml")}) == {
        "changed": False
    }
    for path, why in (
        ("good.yml", "wanted is an absolute path"),
        (str(tmp_path / "none.yml"), "cannot be read"),
        (str(bad), "cannot be read"),
        (str(other), "is no list of tasks"),
    ):
        told = check({}, **{"db-02": {name: path}})["msg"]
        assert f"Nothing was changed. Correct these variables: {name} " in told
        assert path in told
        assert why in told


def test_a_lock_host_is_a_host_of_the_inventory() -> None:
    """Of one that nobody asks the majority is smaller than it looks."""
    assert check({}, **{"db-02": {"stemedb_lock_hosts": "localhost, db-01,db-02"}}) == {
        "changed": False
    }
    told = check({"stemedb_lock_hosts": ["db-02", "db-22"]}, **{"db-02": {}})["msg"]
    said = "stemedb_lock_hosts names db-22, which is no host of the inventory. Did you mean db-02?"
    assert said in told


@pytest.mark.parametrize("value", ["", None])
def test_nobody_to_ask_from_is_refused(value: Any) -> None:
    told = check({"stemedb_control_host": value})["msg"]
    assert "stemedb_control_host is empty, and wanted is the name of a host" in told


@pytest.mark.parametrize("kind", ["list", "dict"])
def test_nothing_is_no_list_where_the_role_would_refuse_it(kind: str) -> None:
    names = [name for name in TYPED if VARIABLES[name].get("type") == kind]
    said = {name: check({name: None}).get("msg", "") for name in names}
    null = {name for name in names if VARIABLES[name].get("default") is not None}
    assert {name for name, told in said.items() if f"{name} is null, and wanted is" in told} == null
    assert null


def as_text(name: str) -> str:
    """The default of a variable as `-e NAME=VALUE` gives it, or an example of its type."""
    option = VARIABLES[name]
    default = option.get("default")
    if default is None or "{{" in str(default):
        return str(EXAMPLES[option["type"]])
    return default if isinstance(default, str) else json.dumps(default)


def test_every_variable_of_every_role_may_be_text() -> None:
    assert len(TYPED) > 100
    assert check({name: as_text(name) for name in TYPED}) == {"changed": False}


def test_every_default_of_every_role_can_be_read() -> None:
    defaults = {
        name: option["default"] for name, option in VARIABLES.items() if "default" in option
    }
    plain = {name: value for name, value in defaults.items() if "{{" not in str(value)}
    assert check({}, **{"db-02": plain}) == {"changed": False}


@pytest.mark.parametrize("name", TYPED)
def test_nonsense_is_refused_by_name(name: str) -> None:
    nonsense = NONSENSE.get(VARIABLES[name].get("type", "str"), "nonsense")
    result = check({}, **{"db-02": {name: nonsense}})
    assert result["failed"]
    assert f"Nothing was changed. Correct these variables: {name} is " in result["msg"]
    assert ", and wanted is " in result["msg"]
    assert result["msg"].endswith(" (db-02).")


def test_hosts_of_one_fault_are_named_together() -> None:
    bad = {"stemedb_stop_timeout": "abc"}
    msg = check(bad, **{f"db-0{number}": bad for number in range(2, 7)})["msg"]
    assert msg.count("abc") == 1
    assert "(db-01, db-02, db-03 and 3 more)" in msg


def test_a_value_may_be_made_of_others_and_of_the_defaults_of_roles() -> None:
    told = {
        "stemedb_stop_timeout": trust_as_template("{{ seconds }}"),
        "stemedb_node_start_ports": [{"port": trust_as_template("{{ stemedb_node_rpc_port }}")}],
        "seconds": "3",
    }
    assert check(told) == {"changed": False}
    assert "stemedb_stop_timeout" in check({**told, "seconds": "abc"})["msg"]


def test_a_value_that_names_what_is_not_defined_is_refused() -> None:
    msg = check({"stemedb_stop_timeout": trust_as_template("{{ nowhere }}")})["msg"]
    assert "stemedb_stop_timeout has no value: " in msg
    assert "nowhere" in msg


def test_a_vault_that_is_not_loaded_is_a_matter_of_those_who_need_it() -> None:
    told = {"stemedb_node_environment": {"KEY": trust_as_template("{{ vault.key }}")}}
    assert check(told) == {"changed": False}


UNLOADED = {"stemedb_node_environment": {"KEY": trust_as_template("{{ vault_key }}")}}


def test_a_vault_that_is_not_loaded_is_told_of_those_hosts_that_are_named() -> None:
    flags = {"stemedb_node_flags": ["--key", trust_as_template("{{ vault.key }}")]}
    template = {"stemedb_node_config_template": trust_as_template("{{ folder }}/node.toml.j2")}
    loaded = {**UNLOADED, "vault_key": "x"}
    others = {"db-02": UNLOADED, "db-03": flags, "db-04": template, "db-05": loaded}
    msg = check({}, ["db-05", "db-02", "db-03", "db-04"], **others, **{"db-06": UNLOADED})["msg"]
    for sentence in (
        "stemedb_node_environment needs vault_key, which is not defined (db-02)",
        "stemedb_node_flags needs vault, which is not defined (db-03)",
        "stemedb_node_config_template needs folder, which is not defined (db-04)",
        "load that (-e @vault.yml, or a file of group_vars beside the inventory)",
    ):
        assert sentence in msg
    assert "db-05" not in msg
    assert "db-06" not in msg
    assert check({}, ["db-05"], **others) == {"changed": False}
    assert check({}, [], **others) == {"changed": False}


def test_what_is_made_of_defaults_of_roles_or_known_later_is_not_missed() -> None:
    told = {
        "stemedb_node_flags": ["--log", trust_as_template("{{ stemedb_node_data_dir }}/log")],
        "stemedb_node_start_command": trust_as_template("{{ stemedb_node_command_line }} &"),
    }
    assert check({}, ["db-02"], **{"db-02": told}) == {"changed": False}


def test_a_mistyped_name_of_an_inventory_is_refused_with_the_one_that_was_meant() -> None:
    """Ansible ignores it, and a brake that was set would be none."""
    hosts = {f"db-0{number}": {"stemedb_min_node": 5} for number in range(2, 7)}
    msg = check({"stemedb_stop_timeot": 3}, **hosts)["msg"]
    assert "stemedb_min_node is read by nothing, did you mean stemedb_min_nodes? (db-02, " in msg
    assert (
        "stemedb_stop_timeot is read by nothing, did you mean stemedb_stop_timeout? (db-01)" in msg
    )
    assert check({"stemedb_min_node": 5, "stemedb_min_nodes": 4}) == {"changed": False}
    assert check({"stemedb_rolling_restart_order": []}) == {"changed": False}


def test_what_is_no_variable_of_a_role_is_not_looked_at() -> None:
    told = {"somewhat": trust_as_template("{{ nowhere }}"), "stemedb_unknown": object()}
    assert check(told) == {"changed": False}
