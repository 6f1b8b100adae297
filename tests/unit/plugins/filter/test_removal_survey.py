"""The filter `removal_survey`: the plugin around `_remove_node.plan.survey`."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.stemedb.cluster.plugins.filter.removal_survey import FilterModule

removal_survey = FilterModule().filters()["removal_survey"]
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


@pytest.mark.parametrize("settings", [{}, None, {**SETTINGS, "max_changes": "many"}])
def test_what_is_no_setting_is_refused(settings: Any) -> None:
    with pytest.raises(AnsibleFilterError, match=r"stemedb\.cluster\.removal_survey: the input"):
        removal_survey(TARGETS, [UNREACHABLE], FOUND, HOSTS, settings)
