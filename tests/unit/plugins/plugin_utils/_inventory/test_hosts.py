"""What earlier sources declare. Files beside them are tests of the plugin's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.inventory.data import InventoryData
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template
from ansible_collections.stemedb.cluster.plugins.plugin_utils._inventory.hosts import declarations


def template(value: Any, variables: Mapping[str, Any]) -> Any:
    return Templar(DataLoader(), dict(variables)).template(value)


def inventory(**variables: Any) -> InventoryData:
    made = InventoryData()
    made.add_group("g")
    made.add_host("db-01", group="g")
    for name, value in variables.items():
        made.set_variable("db-01", name, value)
    return made


def test_three_variables_are_read() -> None:
    made = inventory(stemedb_node_id=12, ansible_host="10.0.0.1", other="x", stemedb_node_zone="z")
    assert declarations(made, DataLoader(), template) == (
        {"db-01": {"stemedb_node_id": "12", "ansible_host": "10.0.0.1"}},
        [],
    )


def test_a_host_counts_more_than_its_group_and_that_more_than_all() -> None:
    made = inventory(stemedb_node_id="own")
    made.set_variable("g", "stemedb_node_id", "group")
    made.set_variable("g", "stemedb_node_address", "group")
    made.set_variable("all", "stemedb_node_address", "all")
    made.set_variable("all", "ansible_host", "all")
    assert declarations(made, DataLoader(), template)[0]["db-01"] == {
        "stemedb_node_id": "own",
        "stemedb_node_address": "group",
        "ansible_host": "all",
    }


def test_a_template_is_evaluated_if_it_was_written_by_the_operator() -> None:
    made = inventory(
        stemedb_node_id=trust_as_template("{{ x }}"), x="a", ansible_host="{{ 7 * 7 }}"
    )
    found, problems = declarations(made, DataLoader(), template)
    assert found["db-01"] == {"stemedb_node_id": "a", "ansible_host": "{{ 7 * 7 }}"}
    assert problems == []


def test_what_cannot_be_read_is_said_of_a_node_only() -> None:
    bad = trust_as_template("{{ nothing_here }}")
    made = inventory(stemedb_node_address=bad, ansible_host=bad)
    found, problems = declarations(made, DataLoader(), template)
    assert found == {"db-01": {}}
    (problem,) = problems
    assert problem.startswith("stemedb_node_address of db-01 cannot be read here: ")
    assert "nothing_here" in problem


def test_null_declares_nothing() -> None:
    assert declarations(inventory(ansible_host=None), DataLoader(), template)[0] == {"db-01": {}}
