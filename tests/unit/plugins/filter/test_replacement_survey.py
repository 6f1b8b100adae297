"""The filter `replacement_survey`: the plugin around `_replace_node.plan`."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.stemedb.cluster.plugins.filter.replacement_survey import FilterModule

from tests.unit.support.replacing import AWAY, OLD, nodes, probe

replacement_survey = FilterModule().filters()["replacement_survey"]
HOSTS = {
    **{f"node-0{i}": {"ansible_host": f"10.0.0.{i}"} for i in range(1, 6)},
    "spare": {"ansible_host": "10.0.0.9", "stemedb_node_gossip_port": "7946"},
}
SETTINGS = {
    "gateway_urls": "http://10.0.0.1:18181",
    "spares": "spare",
    "seeds": "10.0.0.4:18183, 10.0.0.1:18183",
    "min_observers": "0",
    "accept": "single_observer",
}
CLUSTER = {
    "cluster": {
        "views_agree": True,
        "healthy": False,
        "nodes_by_state": {"Alive": 4, "Suspect": 0, "Dead": 1, "other": 0},
        "leaderless_shards": [],
        "under_replicated_shards": [],
    },
    "overview": {"nodes": nodes()},
    "observers": [],
}
FACTS = {
    "cluster": CLUSTER,
    "probes": [
        {"ansible_loop_var": "host", "host": "node-04", **AWAY},
        {"item": "spare", **probe()},
    ],
    "records": [{"item": "spare", "node_id_file": {"exists": True, "node_id": OLD}}],
    "gateways": None,
}


def test_it_says_first_whom_to_look_at() -> None:
    found = replacement_survey(["node-04"], HOSTS, SETTINGS)
    assert found["hosts"] == ["node-04", "spare"]
    assert found["exclude"] == ["10.0.0.4"]
    assert found["urls"] == ["http://10.0.0.4:18181"]
    assert replacement_survey("", HOSTS, SETTINGS)["target"] is None


def test_settings_are_as_an_inventory_gives_them() -> None:
    found = replacement_survey("node-04", HOSTS, SETTINGS, nodes(), FACTS)
    assert found["blockers"] == []
    assert found["replacement"]["begun"] is True
    assert found["new_seeds"] == ["10.0.0.9:7946"]
    assert found["seeds"] == {}, "no host has a list of its own"
    assert found["own_seeds"] == ["10.0.0.1:18183"]


def test_a_new_id_is_made_or_is_the_one_of_before() -> None:
    made = replacement_survey("node-04", HOSTS, SETTINGS, nodes(), FACTS)["replacement"]["node_id"]
    assert str(uuid.UUID(made)) == made
    told = {**SETTINGS, "new_id": made}
    again = replacement_survey("node-04", HOSTS, told, nodes(), FACTS)
    assert again["replacement"]["node_id"] == made


@pytest.mark.parametrize("settings", [{}, None, {**SETTINGS, "min_observers": "many"}])
def test_what_is_no_setting_is_refused(settings: Any) -> None:
    with pytest.raises(AnsibleFilterError, match=r"stemedb\.cluster\.replacement_survey: the inp"):
        replacement_survey("node-04", HOSTS, settings, nodes(), FACTS)
