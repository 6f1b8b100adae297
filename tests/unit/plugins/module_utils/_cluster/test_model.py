"""Several views put together: never better than the worst of them."""

from __future__ import annotations

import itertools
from dataclasses import FrozenInstanceError

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import Node
from ansible_collections.stemedb.cluster.tests.unit.support.builders import (
    OTHER_URL,
    THIRD_URL,
    URL,
    A,
    B,
    C,
    D,
    cluster,
    nodes,
    observed,
    shard,
    view,
    without_nodes,
)


def test_one_view_is_the_cluster() -> None:
    snapshot = cluster(members=nodes(A, B, C, b="Suspect"))
    assert snapshot.alive == {A, C}
    assert [node.state for node in snapshot.nodes.values()] == ["Alive", "Suspect", "Alive"]
    assert list(snapshot.shards) == [0, 1]


@pytest.mark.parametrize("state", ["Suspect", "Dead", "Leaving", "alive", "ALIVE ", "", None])
def test_only_alive_is_live(state: str | None) -> None:
    assert cluster(members=nodes(A, B, C, b=state)).alive == {A, C}


@pytest.mark.parametrize(
    ("one", "other", "worst"),
    [
        ("Alive", "Alive", "Alive"),
        ("Alive", "Leaving", "Leaving"),
        ("Alive", "Suspect", "Suspect"),
        ("Alive", "Dead", "Dead"),
        ("Alive", None, None),
        ("Suspect", "Dead", "Dead"),
        ("Leaving", "Suspect", "Suspect"),
        ("Suspect", None, "Suspect"),
        ("Alive", "Absent", "Absent"),
        ("Leaving", None, None),
        ("Joining", "Leaving", "Leaving"),
    ],
)
def test_a_node_is_in_its_worst_state(one: str, other: str | None, worst: str | None) -> None:
    views = [view(nodes(A, B, C, b=one)), view(nodes(A, B, C, b=other), url=OTHER_URL)]
    for order in itertools.permutations(views):
        snapshot = observed(*order)
        assert snapshot.nodes[B].state == worst
        assert (B in snapshot.alive) == (worst == "Alive")


def test_a_node_that_one_view_omits_is_in_no_known_state() -> None:
    snapshot = observed(view(nodes(A, B, C)), view(nodes(A, B), url=OTHER_URL))
    assert snapshot.nodes[C].state is None
    assert snapshot.nodes[C].address == "10.0.0.3:18182"
    assert snapshot.alive == {A, B}


def test_an_observer_without_a_node_list_reads_nobody_alive() -> None:
    snapshot = observed(view(), without_nodes(view(url=OTHER_URL)))
    assert snapshot.alive == frozenset()
    assert {node.state for node in snapshot.nodes.values()} == {None}


def test_a_shard_has_its_worst_leader_and_its_worst_replicas() -> None:
    """The two need not come from the same view: neither view's fault may hide the other's."""
    leaderless = view(shards=[shard(0, None, (A, B, C))])
    thin = view(shards=[shard(0, A, (A,))], url=OTHER_URL)
    for order in itertools.permutations([leaderless, thin]):
        merged = observed(*order).shards[0]
        assert merged.leader_node is None
        assert merged.replica_nodes == (A,)


def test_a_dead_leader_in_one_view_is_the_leader() -> None:
    views = [view(shards=[shard(0, A)]), view(shards=[shard(0, D)], url=OTHER_URL)]
    for order in itertools.permutations(views):
        assert observed(*order).shards[0].leader_node == D


def test_unknown_replicas_in_one_view_are_unknown() -> None:
    views = [
        view(shards=[shard(0, A, None)]),
        view(shards=[shard(0, A, ())], url=OTHER_URL),
        view(shards=[shard(0, A, (A, B, C))], url="http://gateway-3:18181"),
    ]
    for order in itertools.permutations(views):
        assert observed(*order).shards[0].replica_nodes is None


def test_many_views_that_agree_do_not_outvote_one() -> None:
    agreeing = [view(url=URL), view(url=OTHER_URL)]
    worse = view(nodes(c="Dead"), [shard(0, None), shard(1, B, (B,))], url=THIRD_URL)
    for order in itertools.permutations([*agreeing, worse]):
        merged = observed(*order)
        assert merged.nodes[C].state == "Dead"
        assert merged.shards[0].leader_node is None
        assert merged.shards[1].replica_nodes == (B,)


def test_live_replicas_are_counted_by_all_views() -> None:
    """Two replicas of which one is Dead elsewhere are worse than one live one and an unknown."""
    one = view(nodes(A, B, C), [shard(0, A, (A, B))])
    other = view(nodes(A, B, C, b="Dead"), [shard(0, A, (A, C))], url=OTHER_URL)
    for order in itertools.permutations([one, other]):
        assert observed(*order).shards[0].replica_nodes == (A, B)


def test_a_shard_of_one_view_only_is_listed() -> None:
    snapshot = observed(view(shards=[shard(0)]), view(shards=[shard(7)], url=OTHER_URL))
    assert sorted(snapshot.shards) == [0, 7]


@pytest.mark.parametrize(("one", "other", "fact"), [(3, 3, 3), (3, 2, None), (3, None, None)])
def test_a_fact_is_what_all_views_say(one: int, other: int | None, fact: int | None) -> None:
    snapshot = observed(view(factor=one), view(url=OTHER_URL, factor=other))
    assert snapshot.fact("replication_factor") == fact


def test_sizes_asked_for_by_name_are_found_by_shard() -> None:
    one = view(details=[shard(3), shard(5)])
    assert sorted(one.details_by_id) == [3, 5]
    assert view().details_by_id == {}


@pytest.mark.parametrize(
    ("one", "other", "worst"), [(None, D, None), (C, D, D), (A, B, B), (A, C, C), (A, None, None)]
)
def test_a_shard_has_the_same_leader_whoever_is_asked_first(
    one: str | None, other: str | None, worst: str | None
) -> None:
    members = nodes(A, B, C, c="Dead")
    views = [view(members, [shard(0, leader)], str(leader)) for leader in (one, other)]
    for order in itertools.permutations(views):
        assert observed(*order).shards[0].leader_node == worst


@pytest.mark.parametrize(
    ("one", "other", "least"), [(50, 60, 50), (50, None, 50), (0, 9, 0), (None, None, None)]
)
def test_a_shard_is_as_small_as_in_any_view(
    one: int | None, other: int | None, least: int | None
) -> None:
    views = [view(shards=[shard(0, size=size)], url=str(size)) for size in (one, other)]
    for order in itertools.permutations(views):
        assert observed(*order).shards[0].size_bytes == least


def test_a_snapshot_does_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        cluster().policy = "quorum"  # type: ignore[misc]
    with pytest.raises(AttributeError):
        Node(A).state = "Alive"  # type: ignore[misc]


def test_addresses_come_from_whichever_view_has_one() -> None:
    bare = view([Node(A, None, "Alive")], url=OTHER_URL)
    assert observed(bare, view(nodes(A), url=URL)).nodes[A].address == "10.0.0.1:18182"


def test_an_address_is_that_of_the_worst_view() -> None:
    dead, other = view([Node(A, "old:1", "Dead")]), view([Node(A, "new:1", "Alive")], url=OTHER_URL)
    for order in itertools.permutations([dead, other]):
        assert observed(*order).nodes[A].address == "old:1"
