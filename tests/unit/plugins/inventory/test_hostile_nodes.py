"""The inventory of nodes whose IDs, addresses and states mean harm."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible.template import Templar
from ansible.vars.plugins import get_vars_from_inventory_sources
from ansible_collections.stemedb.cluster.plugins.inventory import stemedb
from ansible_collections.stemedb.cluster.plugins.plugin_utils._inventory.spelling import spelled_out
from ansible_collections.stemedb.cluster.tests.support import hostile_nodes
from ansible_collections.stemedb.cluster.tests.support.fault_server import FaultServer, reply
from ansible_collections.stemedb.cluster.tests.unit.support.inventories import (
    Found,
    memory,
    read,
)
from ansible_collections.stemedb.cluster.tests.unit.support.served_cluster import (
    serve,
)

SAFE_HOST = re.compile(r"(?![.-])[A-Za-z0-9_.-]{1,200}")
SAFE_GROUP = re.compile(r"\w{1,200}")
HARMFUL: dict[str, dict[str, Any]] = {
    "plain": {},
    "prefix": {"hostname": "prefix"},
    "address": {"hostname": "address"},
    "expression": {"hostname": "stemedb_node_state"},
    "compose": {
        "compose": {
            "ansible_host": "stemedb_node_address",
            "copy": "stemedb_node_id ~ stemedb_node_state",
            "nested": "{'a': [stemedb_node_id]}",
        }
    },
    "groups": {"groups": {"all": "true", "stemedb_alive": "stemedb_node_id", "a": "1 == 1"}},
    "keyed": {
        "keyed_groups": [
            {"key": "stemedb_node_state", "prefix": "", "separator": ""},
            {"key": "stemedb_node_id", "prefix": "id"},
            {"key": "[stemedb_node_address, stemedb_node_state]", "separator": ""},
            {"key": "{stemedb_node_state: stemedb_node_id}"},
            {
                "key": "stemedb_node_state",
                "prefix": "",
                "separator": "",
                "parent_group": "parents",
            },
            {"key": "stemedb_node_id", "parent_group": "{{ stemedb_node_state }}"},
        ]
    },
}


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    return tmp_path / "canary"


@pytest.fixture
def harmful(canary: Path) -> Iterator[FaultServer]:
    with serve(
        status=reply(200, hostile_nodes.status(canary)),
        ranges=reply(200, hostile_nodes.ranges(canary)),
    ) as made:
        yield made


def ids(canary: Path) -> list[str]:
    """The IDs of the nodes, as they are spelled where a character cannot be printed."""
    spelled = json.loads(spelled_out(json.dumps(hostile_nodes.status(canary))))
    return sorted(node["node_id"] for node in spelled["nodes"])


@pytest.mark.parametrize("cached", [False, True])
@pytest.mark.parametrize("options", list(HARMFUL.values()), ids=list(HARMFUL))
def test_nothing_runs_and_no_host_is_lost(
    harmful: FaultServer, canary: Path, tmp_path: Path, options: dict[str, Any], cached: bool
) -> None:
    secret = {"ansible_password": "of-another-host"}
    host = {hostile_nodes.STATIC_HOST: {"ansible_host": "192.0.2.1"}}
    earlier = {hostile_nodes.STATIC_GROUP: {"hosts": host}}
    files = {f"host_vars/{hostile_nodes.STATIC_HOST}.yml": secret}
    told = {"gateway_url": harmful.url, **memory(tmp_path), "cache": cached, **options}
    for _turn in range(2 if cached else 1):
        found = read(tmp_path, told, earlier, files=files)
    assert len(harmful.paths) == 2
    own = {name: v for name, v in found.hosts.items() if name != hostile_nodes.STATIC_HOST}
    assert sorted(v["stemedb_node_id"] for v in own.values()) == ids(canary)
    assert sorted(found.groups["stemedb"]) == sorted(own)
    assert [name for name in own if not SAFE_HOST.fullmatch(name)] == []
    assert [name for name in found.groups if not SAFE_GROUP.fullmatch(name)] == []
    assert set(found.hosts) & set(found.groups) == set()
    assert from_files(found, hostile_nodes.STATIC_HOST) == secret
    declared = found.hosts[hostile_nodes.STATIC_HOST]
    assert declared["ansible_host"] == "192.0.2.1"
    assert "stemedb_node_id" not in declared
    assert [name for name in own if "ansible_password" in from_files(found, name)] == []
    for variables in own.values():
        host = variables.get("ansible_host", "x")
        assert re.fullmatch(r"(?!-)[\w.-]{1,253}|[0-9a-f:.]+", host, re.ASCII), host
    (implicit,) = found.manager.get_hosts("localhost")
    assert implicit.vars["ansible_connection"] == "local"
    _assert_texts(found, canary)


def from_files(found: Found, host: str) -> dict[str, Any]:
    """What Ansible reads of a host from `host_vars`, when a play needs it."""
    manager = found.manager
    entities = [manager.get_host(host)]
    return dict(
        get_vars_from_inventory_sources(manager._loader, manager._sources, entities, "task")
    )


def _assert_texts(found: Found, canary: Path) -> None:
    """No variable changes when it is templated, and nothing has run."""
    for variables in found.hosts.values():
        templar = Templar(found.manager._loader, variables)
        for name, value in variables.items():
            assert templar.template(value) == value, name
    assert not canary.exists()


def test_what_cannot_be_printed_is_spelled(harmful: FaultServer, tmp_path: Path) -> None:
    found = read(tmp_path, {"gateway_url": harmful.url})
    ids = {variables["stemedb_node_id"] for variables in found.hosts.values()}
    assert {r"db\u202e10-\u202d", r"esc\u001b[31m", r"lone\ud800", "\U0001f4a9"} <= ids
    assert "\u0627\u0628" in ids


def test_a_node_that_joins_changes_no_name(tmp_path: Path) -> None:
    """Whatever the new one is called, by ID or by a name that was made for another."""
    first = [{"id": text} for text in ("a b", "ok", "x" * 500)]
    with serve(status=reply(200, {"nodes": first})) as server:
        before = read(tmp_path, {"gateway_url": server.url}).hosts
    names = {v["stemedb_node_id"]: name for name, v in before.items()}
    more = [{"id": text} for text in ("a-b", "a/b", "OK", *(n for n in before if n != "ok"))]
    with serve(status=reply(200, {"nodes": more + first[1:2]})) as server:
        after = read(tmp_path, {"gateway_url": server.url}).hosts
    assert names["ok"] in after
    assert len(after) == len(more) + 1


def test_the_plugin_trusts_nothing() -> None:
    assert stemedb.InventoryModule.trusted_by_default is False
