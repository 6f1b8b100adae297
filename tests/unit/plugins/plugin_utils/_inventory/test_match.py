"""Which declared host a node is. What else there is, tests of the plugin show with real files."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.plugin_utils._inventory.match import Matches, match
from ansible_collections.stemedb.cluster.plugins.plugin_utils._members.declared import declared
from hypothesis import given
from hypothesis import strategies as st


def node(node_id: str, address: str = "10.0.0.1:18182", state: str = "Alive") -> dict[str, Any]:
    return {"node_id": node_id, "address": address, "state": state}


def found(hosts: dict[str, dict[str, str]], *nodes: dict[str, Any]) -> Matches:
    return match([declared(name, told) for name, told in hosts.items()], nodes)


def test_by_id_then_by_address() -> None:
    hosts = {
        "db-01": {"stemedb_node_id": "a", "ansible_host": "10.0.0.2"},
        "db-02": {"stemedb_node_address": "10.0.0.2", "ansible_host": "10.0.0.9"},
        "db-03": {"ansible_host": "10.0.0.3"},
    }
    matches = found(hosts, node("a"), node("b", "10.0.0.2:1"), node("c", "10.0.0.3:1"), node("d"))
    assert matches.hosts == {"a": "db-01", "b": "db-02", "c": "db-03"}
    assert matches.by_address == {"b", "c"}
    assert matches.problems == []


def test_an_id_in_another_case_is_the_same_unless_the_cluster_has_both() -> None:
    assert found({"db": {"stemedb_node_id": "AB"}}, node("ab")).hosts == {"ab": "db"}
    assert found({"db": {"stemedb_node_id": "ab"}}, node("ab"), node("Ab")).hosts == {"ab": "db"}
    doubtful = found({"db": {"stemedb_node_id": "AB"}}, node("ab"), node("Ab"))
    assert doubtful.hosts == {}
    assert "the cluster lists ab, Ab" in doubtful.problems[0]


@pytest.mark.parametrize(
    ("address", "matches"),
    [
        ("10.0.0.1:18182", True),
        ("10.0.0.1", True),
        ("10.0.0.1:1", False),
        ("10.0.0.10", False),
        ("0.0.0.0", False),
    ],
)
def test_addresses_are_of_one_host_and_port(address: str, matches: bool) -> None:
    hosts = {"db": {"stemedb_node_address": address}}
    assert bool(found(hosts, node("a")).hosts) is matches


def test_a_node_without_an_address_is_no_host() -> None:
    assert found({"db": {}}, {"node_id": "a", "address": None, "state": None}).hosts == {}


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "::1"])
def test_the_controller_is_no_node_by_its_address(name: str) -> None:
    assert found({name: {}}, node("a", name)).hosts == {}
    by_id = found({name: {"stemedb_node_id": "a"}}, node("a", name))
    assert by_id.hosts == {"a": name}


def test_an_id_that_is_not_listed_keeps_the_address_from_counting() -> None:
    hosts = {"db": {"stemedb_node_id": "new", "ansible_host": "10.0.0.1"}}
    assert found(hosts, node("old", state="Dead")) == Matches({}, frozenset(), [])
    (problem,) = found(hosts, node("old", state="Suspect")).problems
    assert problem == (
        "db declares stemedb_node_id new, and the cluster lists the node old at its address"
    )


def test_a_sentence_stays_short() -> None:
    hosts = {f"db-{n:02}": {"ansible_host": "10.0.0.1"} for n in range(50)}
    (problem,) = found(hosts, node("x" * 10_000)).problems
    assert "db-04 and 45 more all have the address of the node xxx" in problem
    assert len(problem) < 200


NAMES = st.sampled_from(["a", "b", "c", None])
PLACES = st.sampled_from(["10.0.0.1", "10.0.0.2", "10.0.0.3:1", None])
STATES = st.sampled_from(["Alive", "Suspect", "Dead", None])


@given(
    st.lists(st.tuples(NAMES, PLACES), max_size=5),
    st.lists(st.tuples(PLACES, STATES), max_size=4),
)
def test_no_host_is_two_nodes_and_none_is_the_node_of_another_id(
    told: list[tuple[Any, Any]], listed: list[tuple[Any, Any]]
) -> None:
    hosts = {
        f"host-{number}": {"stemedb_node_id": node_id, "ansible_host": place}
        for number, (node_id, place) in enumerate(told)
    }
    nodes = [
        {"node_id": "abcd"[number], "address": place, "state": state}
        for number, (place, state) in enumerate(listed)
    ]
    matches = found(hosts, *nodes)
    assert len(set(matches.hosts.values())) == len(matches.hosts)
    for node_id, host in matches.hosts.items():
        assert hosts[host]["stemedb_node_id"] in (node_id, None)
        claims = [name for name, own in hosts.items() if own["stemedb_node_id"] == node_id]
        assert claims in ([], [host])
