"""Placement: the same answer everywhere, few moves, and no data lost on the way."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from tests.devcluster.stemedb_devnode import placement
from tests.devcluster.stemedb_devnode.placement import Meta, Shard, meta_from_json

NODES = ("a", "b", "c", "d", "e")


def everywhere(shards: placement.Shards) -> set[tuple[int, str]]:
    return {(number, node) for number, shard in shards.items() for node in shard.replicas}


def placed(count: int, nodes: set[str], factor: int = 3) -> dict[int, Shard]:
    """Shards of a cluster that has settled."""
    shards = placement.assign(placement.found("a", count), nodes, nodes, factor)
    for _ in range(3):
        shards = placement.settle(shards, nodes, nodes, factor, everywhere(shards))
        shards = placement.balance_leaders(shards, nodes, everywhere(shards))
    return shards


def loads(shards: placement.Shards, nodes: set[str]) -> list[int]:
    return [sum(node in shard.staying for shard in shards.values()) for node in sorted(nodes)]


def test_every_node_computes_the_same_whatever_the_order_of_its_input() -> None:
    nodes = list(NODES)
    shards = placement.found("c", 12)
    expected = placement.assign(shards, set(nodes), set(nodes), 3)
    for seed in range(10):
        shuffled = random.Random(seed).sample(nodes, len(nodes))
        items = random.Random(seed).sample(sorted(shards.items()), len(shards))
        assert placement.assign(dict(items), set(shuffled), set(shuffled), 3) == expected


def test_replicas_and_leaders_are_spread_evenly() -> None:
    nodes = set(NODES)
    shards = placed(12, nodes)
    assert max(loads(shards, nodes)) - min(loads(shards, nodes)) <= 1
    leaders = [sum(shard.leader == node for shard in shards.values()) for node in nodes]
    assert max(leaders) - min(leaders) <= 1
    assert all(len(set(shard.replicas)) == 3 for shard in shards.values())


def test_a_second_look_at_a_balanced_cluster_changes_nothing() -> None:
    nodes = set(NODES)
    shards = placed(12, nodes)
    assert placement.assign(shards, nodes, nodes, 3) == shards


def test_a_join_moves_its_share_and_nothing_else() -> None:
    before = placed(12, {"a", "b", "c"})
    nodes = {"a", "b", "c", "d"}
    after = placement.assign(before, nodes, nodes, 3)
    assert sum("d" in shard.staying for shard in after.values()) == 9
    for number, shard in after.items():
        assert set(before[number].replicas) <= set(shard.replicas), "old ones stay until complete"
        assert set(shard.staying) - set(before[number].replicas) <= {"d"}


def test_a_leaving_replica_goes_when_the_others_are_complete_and_not_before() -> None:
    shard = Shard("a", ("a", "b", "c", "d"), leaving=("a",))
    nodes = {"a", "b", "c", "d"}
    incomplete = {(0, node) for node in ("a", "b", "c")}
    assert placement.settle({0: shard}, nodes, nodes, 3, incomplete) == {0: shard}
    settled = placement.settle({0: shard}, nodes, nodes, 3, incomplete | {(0, "d")})[0]
    assert settled.replicas == ("b", "c", "d")
    assert settled.leader in settled.replicas, "leadership is handed over first"


def test_a_dead_replica_keeps_its_place_while_there_is_no_other_node() -> None:
    shards = placed(4, {"a", "b", "c"})
    after = placement.assign(shards, {"a", "b"}, {"a", "b"}, 3)
    assert after == shards
    spare = placement.assign(shards, {"a", "b", "d"}, {"a", "b", "d"}, 3)
    assert all(set(shard.staying) == {"a", "b", "d"} for shard in spare.values())
    assert all(shard.leaving == ("c",) for shard in spare.values())


def test_replicas_added_on_both_sides_of_a_partition_are_given_up_again() -> None:
    nodes = {"a", "b", "c", "d"}
    shards = placed(4, nodes)
    for side in ({"a", "b"}, {"c", "d"}):
        shards = placement.assign(shards, side, side, 3)
    assert any(len(shard.staying) == 4 for shard in shards.values())
    healed = placement.assign(shards, nodes, nodes, 3)
    assert all(len(shard.staying) == 3 for shard in healed.values())
    assert max(loads(healed, nodes)) - min(loads(healed, nodes)) <= 1


def test_a_node_that_aged_out_leaves_every_shard_that_has_a_good_replica() -> None:
    shards = {0: Shard("a", ("a", "b")), 1: Shard("b", ("b",))}
    complete = {(0, "a"), (1, "b")}
    after = placement.settle(shards, {"a"}, {"a"}, 3, complete)
    assert after[0].replicas == ("a",)
    assert after[1] == shards[1], "the only copy may come back"


def test_suspicion_alone_elects_nobody() -> None:
    shards = {0: Shard("a", ("a", "b"))}
    complete = everywhere(shards)
    assert placement.elect(shards, {"b"}, {"a", "b"}, complete, set()) == shards
    assert placement.elect(shards, {"b"}, {"b"}, complete, set())[0].leader == "b"


def test_only_live_and_complete_replicas_are_elected() -> None:
    shards = {0: Shard("a", ("a", "b", "c"))}
    complete = {(0, "a"), (0, "c"), (0, "d")}
    assert (
        placement.elect(shards, {"b", "c", "d"}, {"b", "c", "d"}, complete, set())[0].leader == "c"
    )
    # b is live but incomplete, d is complete but no replica: rather no leader than lost data.
    assert placement.elect(shards, {"b", "d"}, {"b", "d"}, complete, set()) == shards


def test_a_leader_that_lost_its_data_hands_over() -> None:
    shards = {0: Shard("a", ("a", "b"))}
    nodes = {"a", "b"}
    after = placement.elect(shards, nodes, nodes, {(0, "b")}, empty={(0, "a")})
    assert after[0].leader == "b"


def test_leaders_are_not_moved_onto_incomplete_replicas() -> None:
    shards = {n: Shard("a", ("a", "b")) for n in range(4)}
    complete = everywhere(shards) - {(0, "b")}
    assert placement.balance_leaders(shards, {"a", "b"}, complete) == shards


def test_a_split_shard_has_a_twin_on_the_same_nodes() -> None:
    shards = placement.split({0: Shard("a", ("a", "b")), 4: Shard("b", ("b",))}, 0)
    assert shards[5] == replace(shards[0], split_from=0)


@pytest.mark.parametrize("seed", range(20))
def test_through_random_changes_no_shard_loses_its_last_complete_replica(seed: int) -> None:
    chance = random.Random(seed)
    alive = {"a", "b", "c"}
    shards = placed(8, alive)
    complete = everywhere(shards)
    for _ in range(60):
        # At most one node is down at a time, and only while every shard has another good replica.
        down = set(NODES) - alive
        if chance.random() < 0.3 and len(down) > 2:
            alive.add(chance.choice(sorted(down)))
        elif chance.random() < 0.15 and len(alive) > 3:
            victim = chance.choice(sorted(alive))
            rest = alive - {victim}
            if all(any((n, x) in complete for x in rest) for n in shards):
                alive = rest
        shards = placement.elect(shards, alive, alive, complete, set())
        shards = placement.settle(shards, alive, set(NODES), 3, complete)
        if chance.random() < 0.5:
            shards = placement.assign(shards, alive, alive, 3)
            shards = placement.balance_leaders(shards, alive, complete)
        complete &= everywhere(shards)  # what left a shard is deleted
        waiting = sorted(pair for pair in everywhere(shards) - complete if pair[1] in alive)
        if waiting and chance.random() < 0.7:
            complete.add(chance.choice(waiting))
        for number, shard in shards.items():
            good = [n for n in shard.replicas if n in alive and (number, n) in complete]
            assert good, f"shard {number} lost its data: {shard}"
            assert shard.leader in good, f"shard {number} is led by {shard.leader}: {shard}"


def test_the_topology_survives_its_way_over_the_wire() -> None:
    meta = Meta(7, "b", 3, {0: Shard("a", ("a", "b"), ("b",)), 3: Shard("b", ("b",), (), 0)})
    assert meta_from_json(meta.to_json()) == meta
