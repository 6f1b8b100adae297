"""Filters of `adopt.py`: probes, settings of an inventory, one answer."""

from __future__ import annotations

from typing import Any

import yaml
from ansible_collections.stemedb.cluster.plugins.filter.adopt import (
    adopt_choice,
    adopt_host,
    adopt_inventory,
)
from ansible_collections.stemedb.cluster.tests.unit.support.adopting import (
    ADDRESS,
    ARGV,
    DEFAULTS,
    FILES,
    MEMBER,
    PROGRAMS,
    process,
    said,
    unit,
)

OTHER = process(pid=78, argv=[ARGV[0], "--node-id", "7d8e9f0a"], listens=None)


def settings(**changes: Any) -> dict[str, Any]:
    known = {
        "host": "db-01",
        "said": said(),
        "address": "db-01.example.com",
        "programs": list(PROGRAMS),
        "members": [
            {"node_id": "a3f2b1c4", "address": f"{ADDRESS}:18182"},
            {"node_id": "7d8e9f0a", "address": "10.0.0.5:18182"},
        ],
        "defaults": {f"stemedb_node_{name}": value for name, value in DEFAULTS.items()},
    }
    return {**known, **changes}


def probe(*processes: dict[str, Any]) -> dict[str, Any]:
    own = {"host": "db-01.example.com", "port": 18182, "addresses": [ADDRESS]}
    return {"node_units": [], "node_processes": list(processes), "ports": [own], "errors": []}


def test_a_name_is_compared_by_what_it_resolves_to() -> None:
    choice = adopt_choice(probe(process(listens=None), OTHER), settings())
    assert (choice["found"], choice["process"]["pid"], choice["unit"]) == (True, 77, None)
    assert choice["names"] == sorted([ADDRESS, "db-01.example.com"])
    assert choice["look"]["data_dir"] == "/srv/stemedb"
    assert choice["findings"] == []


def test_what_was_not_found_is_a_finding() -> None:
    choice = adopt_choice(probe(process(listens=None), OTHER), settings(members=None))
    assert (choice["found"], choice["look"], choice["unit"]) == (False, {}, None)
    (finding,) = choice["findings"]
    assert (finding["kind"], finding["severity"], finding["subject"]) == (
        "several_nodes",
        "error",
        "db-01",
    )


SETTINGS: dict[str, Any] = {
    "host": "db-01",
    "said": said(),
    "defaults": {f"stemedb_node_{name}": value for name, value in DEFAULTS.items()},
    "plain_address": "db-01.example.com",
    "members": [MEMBER],
    "gateway_urls": [],
    "connection": {"ansible_become": True},
    "environment_pattern": "STEMEDB_",
}
NOTE = {"kind": "other_unit", "severity": "note", "subject": "db-01", "detail": "x"}


def test_a_host_with_the_role_that_would_manage_it() -> None:
    choice = {
        "found": True,
        "unit": unit(),
        "process": process(replaced=True),
        "names": [ADDRESS, "db-01.example.com"],
        "findings": [NOTE],
    }
    host = adopt_host(choice, SETTINGS, FILES)
    assert (host["host"], host["node_id"]) == ("db-01", "a3f2b1c4")
    assert [one["kind"] for one in host["findings"]] == ["other_unit", "binary_replaced"]
    assert host["connection"] == {"ansible_become": True}
    assert host["role"]["address"] == "db-01.example.com"
    assert host["role"]["data_dir"] == "/srv/stemedb"
    assert host["role"]["status_command"] == ""
    assert "status_command" not in host["variables"]


def test_a_host_without_a_node_has_findings_and_no_more() -> None:
    choice = {"found": False, "unit": None, "process": None, "names": [], "findings": [NOTE]}
    assert adopt_host(choice, SETTINGS, {"skipped": True}) == {
        "host": "db-01",
        "node_id": None,
        "findings": [NOTE],
    }


SITE: dict[str, Any] = {
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
    result = adopt_inventory([host("a"), host("b")], SITE, CLUSTER, MEMBERS)
    assert [one["kind"] for one in result["findings"]] == ["not_healthy"]
    assert result["lines"][1] == "Cluster prod: 2 members, 2 hosts"
    assert "NOTE     not_healthy: cluster: is not known to be healthy: x." in result["lines"]
    group = yaml.safe_load(result["text"])["all"]["children"]["stemedb"]
    assert group["vars"]["stemedb_node_user"] == "db"


def test_errors_come_first_and_are_accepted_by_their_kind() -> None:
    settings = {**SITE, "accept": ["not_looked_at"]}
    result = adopt_inventory([host("a")], settings, CLUSTER, MEMBERS)
    assert [(one["kind"], one["accepted"]) for one in result["findings"]] == [
        ("not_looked_at", True),
        ("member_without_host", False),
        ("not_healthy", False),
    ]
    assert result["findings"][0]["text"].startswith("ACCEPTED not_looked_at: b: ")


def test_half_an_answer_of_the_cluster_is_none() -> None:
    result = adopt_inventory([host("a"), host("b")], SITE, CLUSTER, None, "no nodes")
    assert [one["kind"] for one in result["findings"]] == ["unknown_cluster"]
    assert "no nodes" in result["findings"][0]["detail"]
    assert "stemedb_cluster_name: prod" not in result["text"]
