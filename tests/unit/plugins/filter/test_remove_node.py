"""Filters of `remove_node.py`, around `_remove_node`, which has its own tests."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.stemedb.cluster.plugins.filter.remove_node import (
    removal_report,
    removal_survey,
    removal_targets,
)


def test_names_are_a_list_or_a_text() -> None:
    for named in ("node-04", ["node-04"], " node-04 ,"):
        found = removal_targets(named, HOSTS, [])
        assert [each["address"] for each in found["targets"]] == ["10.0.0.4"]
        assert found["refused"] is None


FOUND = {
    "cluster": {"replication_factor": 3},
    "overview": {
        "nodes": [
            {"node_id": n * 4, "address": f"10.0.0.{i}:18182", "state": "Alive"}
            for i, n in enumerate("abcd", 1)
        ]
    },
    "observers": [],
}
HOSTS = {
    f"node-0{i}": {"ansible_host": f"10.0.0.{i}", "stemedb_node_zone": "z"} for i in range(1, 5)
}
TARGETS = [{"name": "node-04", "host": "node-04", "node_id": None, "address": "10.0.0.4"}]
UNREACHABLE = {"ansible_loop_var": "host", "host": "node-04", "unreachable": True, "msg": "no"}
SETTINGS = {
    "gateway_urls": "http://10.0.0.1:18181",
    "seeds": "10.0.0.1:18183",
    "min_nodes": "",
    "max_changes": "1",
    "confirm": "node-04",
}


def test_settings_are_as_an_inventory_gives_them() -> None:
    found = removal_survey(TARGETS, [UNREACHABLE], FOUND, HOSTS, SETTINGS)
    assert [blocker["kind"] for blocker in found["blockers"]] == ["unreachable_target"]
    assert found["zones"] == dict.fromkeys(["aaaa", "bbbb", "cccc", "dddd"], "z")
    assert found["gateway_urls"] == ["http://10.0.0.1:18181"]
    asked = removal_survey(TARGETS, [UNREACHABLE], FOUND, HOSTS, {**SETTINGS, "min_nodes": "4"})
    assert "unreachable_target" in [blocker["kind"] for blocker in asked["blockers"]]


SURVEY = {
    "targets": [],
    "blockers": [],
    "accepted": [],
    "old_seeds": ["10.0.0.4:18183"],
    "gateway_urls": ["http://b:1"],
}
TARGET = {"name": "node-04", "host": None, "address": None, "node_id": "dddd"}


def test_each_part_is_made() -> None:
    assert (
        "http://a:1"
        in removal_report(SURVEY, "inventory", gateway_urls="http://a:1,http://b:1")[-1]
    )
    assert removal_report({}, "seeds") == []
    impact = {"shards": [], "alive_after": 3}
    assert removal_report(impact, "impact", name="node-04")[1].startswith("node-04 holds")
    lines = removal_report(TARGET, "next", step="New leaders elected")
    assert [line for line in lines if "stemedb.cluster.heal with -e" in line]


REFUSED: list[tuple[Any, ...]] = [
    (removal_targets, "x", None, []),
    (removal_targets, "x", {"a": 7}, []),
    (removal_targets, "x", HOSTS, [7]),
    *(
        (removal_survey, TARGETS, [UNREACHABLE], FOUND, HOSTS, settings)
        for settings in ({}, None, {**SETTINGS, "max_changes": "many"})
    ),
    (removal_report, {}, "inventory"),
]


@pytest.mark.parametrize("call", REFUSED)
def test_what_is_of_another_form_is_refused(call: tuple[Any, ...]) -> None:
    use, *given = call
    with pytest.raises(AnsibleFilterError, match=f"{use.__name__}: the input"):
        use(*given)


def test_a_part_that_no_report_has_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="knows impact, seeds, inventory, next"):
        removal_report(SURVEY, "all")
