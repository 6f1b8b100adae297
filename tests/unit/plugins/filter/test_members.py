"""Filters of `members.py`, around `_members`, which has its own tests."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.stemedb.cluster.plugins.filter.members import (
    member_names,
    near_name,
    node_names,
    seeds_without,
)


def test_hosts_addresses_and_seeds_are_listed_once() -> None:
    hosts = {
        "node-01": {"ansible_host": "10.0.0.1", "stemedb_seed_nodes": ["node-02:18183"]},
        "node-02": {},
    }
    assert member_names(hosts, "a:1, node-02:18183") == [
        "a:1",
        "node-02:18183",
        "node-01",
        "10.0.0.1",
        "node-02",
    ]


NAMES = ["node-01", "node-02", "DB-east-1"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nod-01", " Did you mean node-01?"),
        ("db-east-1", " Did you mean DB-east-1?"),
        ("4e3d61ea-0b3c-4f0e-9d52-2f6a1f2b3c4d", ""),
        ("", ""),
    ],
)
def test_the_most_alike_is_proposed_or_nobody(name: str, said: str) -> None:
    assert near_name(name, NAMES) == said
    assert near_name(name, []) == ""


def test_nodes_are_named_by_their_hosts() -> None:
    hosts: dict[str, Any] = {
        "node-01": {"stemedb_node_address": "10.0.0.1"},
        "node-02": {"stemedb_node_id": "BBBB", "ansible_host": "10.0.0.9"},
        "node-03": {"ansible_host": "db3"},
        "node-04": {"ansible_host": "10.0.0.4"},
        "node-05": {"stemedb_node_id": "gone"},
    }
    nodes = [
        {"node_id": "aaaa", "address": "10.0.0.1:18182", "state": "Alive"},
        {"node_id": "bbbb", "address": "10.0.0.2:18182", "state": "Dead"},
        {"node_id": "cccc", "address": "10.0.0.3:18182", "state": "Alive"},
        {"node_id": "d1", "address": "10.0.0.4:18182", "state": "Alive"},
        {"node_id": "d2", "address": "10.0.0.4:18192", "state": "Alive"},
    ]
    names = {"aaaa": "node-01", "bbbb": "node-02", "gone": "node-05"}
    assert node_names(hosts, nodes) == names
    # What is ambiguous is left out; a name is found by what it resolves to.
    assert node_names(hosts, nodes, {"db3": ["10.0.0.3"]}) == {**names, "cccc": "node-03"}
    assert node_names(hosts) == {"BBBB": "node-02", "gone": "node-05"}


def test_a_list_that_names_the_host_by_any_of_its_names_is_not_told() -> None:
    members: dict[str, Any] = {
        "node-01": {"stemedb_seed_nodes": ["10.0.0.1:18183"]},
        "node-02": {"stemedb_seed_nodes": "10.0.0.1:18183, 10.0.0.4:18183"},
        "node-03": {"stemedb_seed_nodes": ["NODE-04:18183"]},
        "node-05": {},
        "node-04": {"ansible_host": "10.0.0.4", "stemedb_seed_nodes": []},
    }
    assert seeds_without(members, "node-04") == ["node-01", "node-05"]


def test_what_is_no_host_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="documented form"):
        member_names(["node-01"])  # type: ignore[arg-type]
    with pytest.raises(AnsibleFilterError, match="documented form"):
        seeds_without(["node-01"], "node-01")  # type: ignore[arg-type]
