"""The filter adopt_choice: what a probe has found, settings of an inventory, one answer."""

from __future__ import annotations

from typing import Any

from ansible_collections.stemedb.cluster.plugins.filter.adopt_choice import FilterModule
from ansible_collections.stemedb.cluster.tests.unit.support.adopting import (
    ADDRESS,
    ARGV,
    DEFAULTS,
    PROGRAMS,
    process,
    said,
)

adopt_choice = FilterModule().filters()["adopt_choice"]
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
