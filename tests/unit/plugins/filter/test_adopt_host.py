"""The filter adopt_host: a choice and its files, as variables."""

from __future__ import annotations

from typing import Any

from ansible_collections.stemedb.cluster.plugins.filter.adopt_host import FilterModule
from ansible_collections.stemedb.cluster.tests.unit.support.adopting import (
    ADDRESS,
    DEFAULTS,
    FILES,
    MEMBER,
    process,
    said,
    unit,
)

adopt_host = FilterModule().filters()["adopt_host"]
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
