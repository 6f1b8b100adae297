"""Filters of `replace_node.py`, around `_replace_node`, which has its own tests."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.stemedb.cluster.plugins.filter.replace_node import (
    replacement_report,
    replacement_survey,
)

from tests.unit.support.replacing import AWAY, IDS, OLD, judge, nodes, probe

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
        {"item": "spare", **probe(), "replaces_file": {"exists": True, "node_id": OLD}},
    ],
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


def test_a_host_without_a_log_command_is_found_by_its_own_variables_or_those_of_the_play() -> None:
    told = {**SETTINGS, "service_manager": "command", "log_command": ""}
    by_log = {"stemedb_node_log_command": "cat log"}
    hosts = {
        **HOSTS,
        "node-01": {**HOSTS["node-01"], "stemedb_node_service_manager": "systemd"},
        "node-02": {**HOSTS["node-02"], **by_log},
        "spare": {**HOSTS["spare"], **by_log},
    }
    (blocker,) = replacement_survey("node-04", hosts, told, nodes(), FACTS)["blockers"]
    assert (blocker["kind"], blocker["subject"]) == ("unknown_log", "node-03, node-05")
    told = {**told, "log_command": "cat log"}
    assert replacement_survey("node-04", hosts, told, nodes(), FACTS)["blockers"] == []


SHARDS = [{"shard_id": 7, "leader_node": IDS[1], "replica_nodes": [OLD], "live_replicas": 2}]
TOLD = {
    "gateway_urls": "http://10.0.0.4:18181,http://10.0.0.1:18181",
    "spares": "spare",
    "groups": {},
    "node_ids": {},
}


def test_each_part_has_its_lines() -> None:
    found = judge()
    (first, *_rest) = replacement_report(found, "affected", shards=SHARDS)[1:]
    assert first == "node-04 is still listed by 1 shard:"
    leaders = replacement_report(found, "leaders", shards=SHARDS, hosts=HOSTS, nodes=nodes())
    assert leaders == ["node-02"]
    logs = replacement_report(found, "logs", shards=SHARDS, hosts=HOSTS, nodes=nodes(), own="free")
    assert logs == ["Logs free of errors, the leaders' too"]
    lacking = replacement_report(found, "lacking", shards=SHARDS, nodes=nodes(), factor=3)
    assert lacking == ["shard 7 has 2 live replicas of 3"]
    assert any(
        "stemedb_gateway_url" in line for line in replacement_report(found, "inventory", told=TOLD)
    )
    assert replacement_report(found, "kept", moved=[{"from": "/a", "to": "/b"}])[-1] == "  /b"
    assert replacement_report(found, "next", step="confirm")[0].startswith("Nothing was changed.")


def test_another_part_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="knows affected"):
        replacement_report(judge(), "poem")


REFUSED: list[tuple[Any, ...]] = [
    *(
        (replacement_survey, "node-04", HOSTS, settings, nodes(), FACTS)
        for settings in ({}, None, {**SETTINGS, "min_observers": "many"})
    ),
    (replacement_report, {}, "affected"),
    (replacement_report, judge(), "inventory"),
]


@pytest.mark.parametrize("call", REFUSED)
def test_what_is_of_another_form_is_refused(call: tuple[Any, ...]) -> None:
    use, *given = call
    with pytest.raises(AnsibleFilterError, match=f"{use.__name__}: the input"):
        use(*given)
