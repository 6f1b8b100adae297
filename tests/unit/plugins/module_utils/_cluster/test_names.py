"""How a node is named, and which names must never mean another one."""

from __future__ import annotations

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import Node
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.names import (
    SHORTEST_PREFIX,
    find_node,
    find_nodes,
    get_node,
    known_as,
    renamer,
    same_id,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._present.tables import short_ids
from ansible_collections.stemedb.cluster.tests.unit.support.builders import (
    A,
    B,
    C,
    nodes,
)
from hypothesis import given
from hypothesis import strategies as st


def members(*ids_and_addresses: tuple[str, str | None]) -> list[Node]:
    return [Node(node_id, address, "Alive") for node_id, address in ids_and_addresses]


@pytest.mark.parametrize(
    "name", [A, A[:4], A[:8], A[:20], "10.0.0.1", "10.0.0.1:18182", "[10.0.0.1]"]
)
def test_a_node_is_found_by_its_id_a_prefix_or_its_address(name: str) -> None:
    found = find_node(name, nodes(A, B, C))
    assert found is not None
    assert found.node_id == A


@pytest.mark.parametrize("name", ["::1", "[::1]", "[::1]:18182"])
def test_a_node_is_found_by_its_ipv6_address(name: str) -> None:
    found = find_node(name, members((A, "[::1]:18182"), (B, "[::2]:18182")))
    assert found is not None
    assert found.node_id == A


def test_names_of_hosts_do_not_regard_case() -> None:
    assert get_node("NODE-04", members((A, "node-04:18182"))).node_id == A


@pytest.mark.parametrize(
    "name",
    [
        "10.0.0.1",
        "0.0.0.12",
        "10.0.0.12:1818",
        "10.0.0.12:18183",
        "node-1",
        "ode-12",
        "2b4c",
        A[1:],
        A + "0",
    ],
)
def test_what_is_only_part_of_a_name_names_nobody(name: str) -> None:
    listed = members((A, "10.0.0.12:18182"), (B, "node-12:18182"), ("node-12", None))
    assert find_node(name, listed) is None


@pytest.mark.parametrize(
    ("name", "listed"),
    [
        ("node-1", ["node-10"]),
        ("node-1", ["node-10", "node-11"]),
        ("10.0.0.1", ["10.0.0.12"]),
        ("rack-2-node-1", ["rack-2-node-12"]),
    ],
)
def test_a_full_id_that_is_not_listed_is_not_one_with_a_longer_number(
    name: str, listed: list[str]
) -> None:
    """Else the Alive node-10 would answer for node-1, which never joined."""
    assert find_node(name, [Node(node_id) for node_id in listed]) is None
    with pytest.raises(StemeDBError, match=listed[0]) as refused:
        get_node(name, [Node(node_id) for node_id in listed])
    assert refused.value.code == "not_found"


@pytest.mark.parametrize(
    ("name", "node_id"),
    [
        ("node", "node-10"),
        ("node-", "node-10"),
        ("node-1", "node-1-a"),
        ("1234", "12345678-aaaa-4bbb-8ccc-123456789abc"),
        ("12345678-aaaa-4bbb-8ccc-1234", "12345678-aaaa-4bbb-8ccc-123456789abc"),
    ],
)
def test_a_prefix_that_cuts_no_number_names_its_node(name: str, node_id: str) -> None:
    assert find_node(name, [Node(node_id)]) == Node(node_id)


@pytest.mark.parametrize("address", ["0.0.0.0:18182", "[::]:18182"])
def test_an_address_that_says_any_names_nobody(address: str) -> None:
    for name in (address, address.rpartition(":")[0]):
        assert find_node(name, members((A, address))) is None


def test_the_full_id_wins_over_a_prefix_and_an_address() -> None:
    listed = members(("node-1-b", "x:1"), ("node-1", "y:1"), (C, "node-1:18182"))
    assert get_node("node-1", listed).node_id == "node-1"


def test_the_address_wins_over_a_prefix() -> None:
    listed = members(("node-a-1", "x:1"), (B, "node-a:18182"))
    assert get_node("node-a", listed).node_id == B


@pytest.mark.parametrize(
    ("name", "listed", "how"),
    [
        ("a3f2", members((A, "x:1"), ("a3f2ffff", "y:1")), "prefix"),
        ("10.0.0.4", members((A, "10.0.0.4:18182"), ("a3f2ffff", "10.0.0.4:28182")), "address"),
    ],
)
def test_an_ambiguous_name_lists_the_candidates(name: str, listed: list[Node], how: str) -> None:
    with pytest.raises(StemeDBError, match=how) as refused:
        find_node(name, listed)
    assert refused.value.code == "config"
    for node in listed:
        assert f"{node.node_id} ({node.address})" in refused.value.message


def test_an_address_may_mean_several_to_be_left_out() -> None:
    two = members((A, "10.0.0.4:18182"), (B, "10.0.0.4:18182"), (C, "10.0.0.5:18182"))
    assert find_nodes("10.0.0.4", two) == two[:2]
    assert find_nodes(B, two) == [two[1]]
    assert find_nodes("10.0.0.6", two) == []
    with pytest.raises(StemeDBError, match="prefix"):
        find_nodes("a3f2", members((A, "x:1"), ("a3f2ffff", "y:1")))


def test_a_port_tells_two_nodes_of_one_host_apart() -> None:
    listed = members((A, "10.0.0.4:18182"), (B, "10.0.0.4:28182"))
    assert get_node("10.0.0.4:28182", listed).node_id == B


@pytest.mark.parametrize("name", ["", "a", A[: SHORTEST_PREFIX - 1]])
def test_a_prefix_that_is_too_short_is_refused_even_if_unique(name: str) -> None:
    with pytest.raises(StemeDBError, match="too short") as refused:
        find_node(name, nodes(A))
    assert refused.value.code == "config"


def test_a_node_that_is_not_there_is_not_found() -> None:
    with pytest.raises(StemeDBError, match=r"no node 'ffff' among its 3") as refused:
        get_node("ffff", nodes(A, B, C))
    assert refused.value.code == "not_found"
    assert refused.value.message.endswith("or its address.")
    assert find_node("ffff", []) is None


ids = st.lists(st.text("ab01-.", min_size=1, max_size=14), min_size=1, unique=True)


def found_or_refused(name: str, listed: list[str]) -> str | None:
    try:
        found = find_node(name, [Node(node_id) for node_id in listed])
    except StemeDBError as refused:
        return refused.message
    return found.node_id if found else None


@given(ids, st.text("ab01-.:", max_size=8))
def test_what_a_name_means_does_not_depend_on_the_order_of_the_list(
    listed: list[str], name: str
) -> None:
    assert found_or_refused(name, listed) == found_or_refused(name, listed[::-1])


# --- in another case -----------------------------------------------------------------------------

LOWER = "a3f2b1c4-6d1e-4d0b-8f3c-2a9d6b7c8e90"


@pytest.mark.parametrize("name", [LOWER.upper(), LOWER.upper()[:8], LOWER.title()])
def test_a_uuid_is_the_same_in_upper_and_in_lower_case(name: str) -> None:
    for listed in (LOWER, LOWER.upper()):
        node = find_node(name, [Node(listed, "10.0.0.1:18182", "Alive")])
        assert node is not None
        assert node.node_id == listed
    assert same_id(LOWER, LOWER.upper())
    assert not same_id(LOWER, LOWER[:8])


def test_the_spelling_is_that_of_the_cluster() -> None:
    assert known_as(LOWER.upper(), [LOWER]) == LOWER
    assert known_as(LOWER, [LOWER.upper()]) == LOWER.upper()
    assert known_as("node-01", [LOWER]) == "node-01"


@given(ids)
def test_a_shortened_id_names_its_node(listed: list[str]) -> None:
    short = short_ids(listed, least=SHORTEST_PREFIX)
    assert len(set(short.values())) == len(listed)
    for node_id in listed:
        found = find_node(short[node_id], [Node(other) for other in listed])
        assert found is not None
        assert found.node_id == node_id


@pytest.mark.parametrize(
    ("text", "renamed"),
    [
        (f"shard 3 is led by node {A}, which is not Alive", "shard 3 is led by db-01, which is"),
        (f"{A} is Dead at http://10.0.0.1:18181", "db-01 is Dead at http://10.0.0.1:18181"),
        (f"Node {A} and node-1 differ", "db-01 and db-02 differ"),
        ("node-10, my.node-1 and node-1-a", "node-10, my.node-1 and node-1-a"),
        (f"{A[:8]} is short", f"{A[:8]} is short"),
    ],
)
def test_names_stand_in_the_place_of_full_ids(text: str, renamed: str) -> None:
    assert renamer({A: "db-01", "node-1": "db-02"})(text).startswith(renamed)
    assert renamer({})(text) == text
