"""The inventory behind a static one: one host is one host."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.stemedb.cluster.tests.support.fault_server import reply
from ansible_collections.stemedb.cluster.tests.unit.support.inventories import (
    Reads,
    read,
    set_on,
    static,
)
from ansible_collections.stemedb.cluster.tests.unit.support.served_cluster import (
    A,
    B,
    C,
    serve,
)


def test_a_declared_host_is_the_node_of_its_id(reads: Reads) -> None:
    found = reads(static(db_01={"stemedb_node_id": A.upper(), "x": 1}))
    assert list(found.hosts) == ["db-01", B, C]
    assert set_on(found, "db-01") == {
        "stemedb_node_id": A.upper(),
        "stemedb_node_address": "10.0.0.1:18182",
        "stemedb_node_state": "Alive",
        "stemedb_node_shards": [0, 1, 2, 3],
    }
    assert "db-01" in found.groups["stemedb_alive"]
    assert "db-01" in found.groups["stemedb_leaders"]
    assert found.warnings == []


@pytest.mark.parametrize(
    "own",
    [
        {"ansible_host": "10.0.0.1"},
        {"stemedb_node_address": "10.0.0.1:18182"},
        {"stemedb_node_address": "10.0.0.1", "ansible_host": "192.0.2.9"},
        {"ansible_host": "{{ '10.0.0.' ~ last }}", "last": 1},
    ],
)
def test_a_declared_host_is_the_node_at_its_address(reads: Reads, own: dict[str, Any]) -> None:
    found = reads(static(db_01=own))
    assert list(found.hosts) == ["db-01", B, C]
    assert found.hosts["db-01"]["stemedb_node_id"] == A
    for name, value in own.items():
        assert found.hosts["db-01"][name] == value
    assert found.warnings == []


def test_the_name_of_a_host_is_an_address_too(reads: Reads) -> None:
    found = reads({"all": {"hosts": {"10.0.0.1": {}}}})
    assert list(found.hosts) == ["10.0.0.1", B, C]


@pytest.mark.parametrize("file", ["host_vars/db-01.yml", "group_vars/all.yml", "group_vars/g.yml"])
def test_variables_in_files_count(reads: Reads, file: str) -> None:
    earlier: dict[str, Any] = {"g": {"hosts": {"db-01": {}}}}
    found = reads(earlier, files={file: {"stemedb_node_id": A}})
    assert list(found.hosts) == ["db-01", B, C]
    assert found.hosts["db-01"]["stemedb_node_state"] == "Alive"


def test_variables_in_files_count_more_than_those_beside_the_host(reads: Reads) -> None:
    earlier = static(db_01={"stemedb_node_id": B})
    found = reads(earlier, files={"host_vars/db-01.yml": {"stemedb_node_id": A}})
    assert list(found.hosts) == ["db-01", B, C]
    assert found.hosts["db-01"]["stemedb_node_shards"] == [0, 1, 2, 3]


def test_the_id_counts_more_than_the_address(reads: Reads) -> None:
    found = reads(static(db_01={"stemedb_node_id": A, "ansible_host": "10.0.0.2"}))
    assert found.hosts["db-01"]["stemedb_node_shards"] == [0, 1, 2, 3]
    assert list(found.hosts) == ["db-01", B, C]


def test_expressions_see_the_variables_of_a_declared_host(reads: Reads) -> None:
    found = reads(static(db_01={"stemedb_node_id": A, "rack": "r1"}), compose={"in_rack": "rack"})
    assert found.hosts["db-01"]["in_rack"] == "r1"
    assert "in_rack" not in found.hosts[B]


AMBIGUOUS = [
    (
        static(db_01={"stemedb_node_id": A}, db_02={"stemedb_node_id": A}),
        f"db-01, db-02 all declare the stemedb_node_id {A}",
    ),
    (
        static(db_01={"ansible_host": "10.0.0.1"}, db_02={"ansible_host": "10.0.0.1"}),
        f"db-01, db-02 all have the address of the node {A}",
    ),
    (
        static(db_01={"stemedb_node_id": "other", "ansible_host": "10.0.0.1"}),
        f"db-01 declares stemedb_node_id other, and the cluster lists the node {A}",
    ),
]


@pytest.mark.parametrize(("earlier", "words"), AMBIGUOUS)
def test_an_ambiguous_host_is_said_and_left_alone(reads: Reads, earlier: Any, words: str) -> None:
    found = reads(earlier)
    assert {A, B, C} < set(found.hosts)
    assert "stemedb_node_state" not in found.hosts["db-01"]
    (warning,) = found.warnings
    assert words in warning


def test_an_address_of_two_nodes_is_ambiguous(tmp_path: Path) -> None:
    nodes = [{"id": name, "addr": f"10.0.0.1:1818{name}", "state": "Alive"} for name in "12"]
    with serve(status=reply(200, {"nodes": nodes})) as server:
        options = {"gateway_url": server.url}
        found = read(tmp_path, options, static(db_01={"ansible_host": "10.0.0.1"}))
        by_port = read(tmp_path, options, static(db_01={"stemedb_node_address": "10.0.0.1:18182"}))
    assert list(found.hosts) == ["db-01", "1", "2"]
    assert "db-01 has the address of 2 nodes: 1, 2" in found.warnings[0]
    assert list(by_port.hosts) == ["db-01", "1"]


def test_of_two_nodes_at_an_address_the_dead_one_was_there_before(tmp_path: Path) -> None:
    states = {"1": "Dead", "2": "Alive"}
    nodes = [{"id": i, "addr": "10.0.0.1:1", "state": state} for i, state in states.items()]
    with serve(status=reply(200, {"nodes": nodes})) as server:
        found = read(
            tmp_path, {"gateway_url": server.url}, static(db_01={"ansible_host": "10.0.0.1"})
        )
    assert list(found.hosts) == ["db-01", "1"]
    assert found.hosts["db-01"]["stemedb_node_id"] == "2"
    assert found.warnings == []


def test_the_id_of_a_dead_node_is_not_given_to_the_host_at_its_address(reads: Reads) -> None:
    """A host that is set up anew has another ID, in a file that no inventory reads."""
    found = reads(static(db_03={"ansible_host": "10.0.0.3"}))
    assert "stemedb_node_id" not in found.hosts["db-03"]
    assert found.hosts["db-03"]["stemedb_node_state"] == "Dead"
    assert C not in found.hosts


def test_an_id_that_cannot_be_read_is_said(reads: Reads) -> None:
    found = reads(static(db_01={"stemedb_node_id": "{{ nothing_here }}"}))
    assert "stemedb_node_id of db-01 cannot be read" in found.warnings[0]
    assert len(found.hosts) == 4


def test_the_controller_is_no_node(tmp_path: Path) -> None:
    nodes = [{"id": "a", "addr": "localhost:1"}, {"id": "b", "addr": "127.0.0.1:1"}]
    earlier = static(localhost={"ansible_connection": "local", "ansible_host": "127.0.0.1"})
    with serve(status=reply(200, {"nodes": nodes})) as server:
        found = read(tmp_path, {"gateway_url": server.url}, earlier)
    assert list(found.hosts) == ["localhost", "a", "b"]
    assert "stemedb_node_id" not in found.hosts["localhost"]
