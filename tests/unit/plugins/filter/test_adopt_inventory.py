"""The filter adopt_inventory: one report and one text of all hosts."""

from __future__ import annotations

from typing import Any

import yaml
from ansible_collections.stemedb.cluster.plugins.filter.adopt_inventory import FilterModule

adopt_inventory = FilterModule().filters()["adopt_inventory"]
SETTINGS: dict[str, Any] = {
    "expected": ["a", "b"],
    "accept": [],
    "path": "/x.yml",
    "has_diff": False,
    "has_api_key": False,
    "defaults": {"stemedb_node_user": "stemedb"},
    "said": {"cluster_name": "", "gateway_url": ["http://a:1", "http://b:1"], "gateway": {}},
}
CLUSTER = {
    "cluster": {"name": "prod", "views_agree": True, "healthy": None, "unhealthy_reasons": ["x"]}
}
MEMBERS = [{"node_id": f"id-{name}", "address": name, "state": "Alive"} for name in "ab"]


def host(name: str) -> dict[str, Any]:
    return {
        "host": name,
        "node_id": f"id-{name}",
        "variables": {"id": f"id-{name}", "service_manager": "systemd", "user": "db"},
        "connection": {},
        "remarks": [],
        "findings": [],
        "seeds": ["a:1"],
        "running": True,
        "cluster_names": [],
    }


def test_all_of_it() -> None:
    result = adopt_inventory([host("a"), host("b")], SETTINGS, CLUSTER, MEMBERS)
    assert [one["kind"] for one in result["findings"]] == ["not_healthy"]
    assert result["lines"][1] == "Cluster prod: 2 members, 2 hosts"
    assert "NOTE     not_healthy: cluster: is not known to be healthy: x." in result["lines"]
    group = yaml.safe_load(result["text"])["all"]["children"]["stemedb"]
    assert group["vars"]["stemedb_node_user"] == "db"


def test_errors_come_first_and_are_accepted_by_their_kind() -> None:
    settings = {**SETTINGS, "accept": ["not_looked_at"]}
    result = adopt_inventory([host("a")], settings, CLUSTER, MEMBERS)
    assert [(one["kind"], one["accepted"]) for one in result["findings"]] == [
        ("not_looked_at", True),
        ("member_without_host", False),
        ("not_healthy", False),
    ]
    assert result["findings"][0]["text"].startswith("ACCEPTED not_looked_at: b: ")


def test_half_an_answer_of_the_cluster_is_none() -> None:
    result = adopt_inventory([host("a"), host("b")], SETTINGS, CLUSTER, None, "no nodes")
    assert [one["kind"] for one in result["findings"]] == ["unknown_cluster"]
    assert "no nodes" in result["findings"][0]["detail"]
    assert "stemedb_cluster_name: prod" not in result["text"]
