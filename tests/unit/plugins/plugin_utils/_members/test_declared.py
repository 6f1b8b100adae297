"""Members as the inventory declares them."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.plugin_utils._members.declared import (
    Declared,
    declared,
    former,
    members,
    node_of,
    split_list,
    zones,
)

A = "aaaaaaaa-6d1e-4d0b-8f3c-2a9d6b7c8e90"
B = "bbbbbbbb-6d1e-4d0b-8f3c-2a9d6b7c8e90"
C = "cccccccc-6d1e-4d0b-8f3c-2a9d6b7c8e90"


def node(node_id: str, address: str, state: str = "Alive") -> dict[str, Any]:
    return {"node_id": node_id, "address": address, "state": state}


@pytest.mark.parametrize(
    ("told", "address", "node_id"),
    [
        ({}, "node-01", None),
        ({"ansible_host": "10.0.0.1"}, "10.0.0.1", None),
        ({"stemedb_node_address": "db-1", "ansible_host": "10.0.0.1"}, "db-1", None),
        ({"stemedb_node_id": A}, "node-01", A),
        ({"stemedb_node_id": ""}, "node-01", None),
    ],
)
def test_a_host_is_known_by_its_variables(
    told: dict[str, Any], address: str, node_id: str | None
) -> None:
    one = declared("node-01", told)
    assert (one.address, one.node_id, one.rpc_port, one.zone) == (address, node_id, 18182, None)
    assert one.seeds is None


def test_seeds_are_a_list_or_a_text() -> None:
    assert declared("a", {"stemedb_seed_nodes": "x:1, y:1"}).seeds == ("x:1", "y:1")
    assert declared("a", {"stemedb_seed_nodes": ["x:1"]}).seeds == ("x:1",)
    assert declared("a", {"stemedb_seed_nodes": []}).seeds == ()
    assert split_list(None) == split_list("") == split_list(" , ") == []


def test_a_node_is_found_by_id_before_address() -> None:
    nodes = [node(A, "10.0.0.1:18182"), node(B, "10.0.0.2:18182")]
    assert node_of(Declared("x", "10.0.0.2", A), nodes) == nodes[0]
    assert node_of(Declared("x", "10.0.0.2"), nodes) == nodes[1]
    assert node_of(Declared("10.0.0.1", "elsewhere"), nodes) == nodes[0]
    assert node_of(Declared("x", "10.0.0.20"), nodes) is None
    # One that is declared by an id that is gone is not whoever has its address now.
    assert node_of(Declared("x", "10.0.0.2", "c"), nodes) is None


def test_the_dead_do_not_stand_in_the_way_of_who_came_after_them() -> None:
    old, new = node(A, "10.0.0.1:18182", "Dead"), node(B, "10.0.0.1:18182")
    assert node_of(Declared("x", "10.0.0.1"), [old, new]) == new
    assert node_of(Declared("x", "10.0.0.1"), [old]) == old
    assert node_of(Declared("x", "10.0.0.1"), [new, node("c", "10.0.0.1:1", "Suspect")]) is None


def test_a_dead_node_is_a_former_member_if_every_member_is_another() -> None:
    members = [Declared("node-01", "10.0.0.1"), Declared("node-02", "10.0.0.2", node_id=B)]
    nodes = [
        {"node_id": A, "address": "10.0.0.1:18182", "state": "Alive"},
        {"node_id": B, "address": "10.0.0.9:18182", "state": "Alive"},
        {"node_id": C, "address": "10.0.0.3:18182", "state": "Dead"},
    ]
    assert former(members, nodes) == [C]
    assert former([], nodes) == []
    # It may be the member of which nobody knows which node it is, or whose id is wrong.
    for lost in (Declared("node-03", "node-03.example"), Declared("node-03", "10.0.0.3", "other")):
        assert former([*members, lost], nodes) == []
    assert former([*members, Declared("node-03", "10.0.0.3")], nodes) == []
    # Two hosts that are one node leave another that is nobody's.
    assert former([*members, Declared("node-03", "10.0.0.1")], nodes) == []
    assert former(members, [*nodes[:2], {**nodes[2], "state": "Suspect"}]) == []


def test_zones_are_by_full_id_and_only_where_there_are_any() -> None:
    nodes = [node(A, "10.0.0.1:18182"), node(B, "10.0.0.2:18182")]
    members = [
        declared("a", {"ansible_host": "10.0.0.1", "stemedb_node_zone": "east"}),
        declared("b", {"ansible_host": "10.0.0.2"}),
        declared("c", {"ansible_host": "10.0.0.3", "stemedb_node_zone": "west"}),
    ]
    assert zones(members[:2], nodes) == {A: "east"}
    assert zones(members[1:2], nodes) == {}
    # The guard is to ask where each node is, and not to take it that zones do not matter.
    assert zones(members[1:], nodes) == {"c": "west"}


def test_names_are_members_by_what_they_resolve_to() -> None:
    nodes = [node(A, "10.0.0.1:18182"), node(B, "db-2.example.com:18182")]
    resolved = {
        "db-1": ["10.0.0.1"],
        "db-2": ["10.0.0.2"],
        "db-2.example.com": ["10.0.0.2"],
        "db-3": [],
        "any": ["10.0.0.1", "10.0.0.2"],
    }
    hosts: dict[str, Any] = {"db-1": {}, "x": {"ansible_host": "10.0.0.2"}, "db-3": {}}
    one, two, three = members(hosts, resolved)
    assert (node_of(one, nodes), node_of(two, nodes)) == tuple(nodes)
    assert node_of(three, nodes) is None
    # What leads to several is nobody's name.
    assert "any" not in one.names | two.names
    assert [node_of(each, nodes) for each in members(hosts)] == [None, None, None]


def test_two_hosts_of_one_address_are_not_told_apart_by_it() -> None:
    resolved = {"db-1": ["10.0.0.1"], "db-2": ["10.0.0.1"]}
    found = members({"db-1": {}, "db-2": {}}, resolved)
    assert [node_of(each, [node(A, "10.0.0.1:18182")]) for each in found] == [None, None]
