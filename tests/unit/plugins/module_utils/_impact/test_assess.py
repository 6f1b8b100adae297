"""What the guard before a stop says of whole clusters, of limits, and of several views."""

from __future__ import annotations

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import Node, Shard
from ansible_collections.stemedb.cluster.plugins.module_utils._impact.assess import (
    KINDS,
    Guard,
    Limits,
    ShardImpact,
    assess,
)
from ansible_collections.stemedb.cluster.tests.unit.support.builders import (
    OTHER_URL,
    THIRD_URL,
    URL,
    A,
    B,
    C,
    D,
    detail,
    nodes,
    observed,
    shard,
)
from ansible_collections.stemedb.cluster.tests.unit.support.guarding import (
    RESTART,
    SHARDS,
    ask,
    both,
    kinds,
    of_kind,
    sized,
    told,
)

# --- whole clusters ------------------------------------------------------------------------------


@pytest.mark.parametrize("node", [A, B, C, D])
@pytest.mark.parametrize("limits", [Limits(), RESTART])
def test_one_of_four_may_go(node: str, limits: Limits) -> None:
    impact = ask(node, limits=limits)
    assert impact.safe
    assert impact.blockers == ()
    assert impact.nodes == (node,)
    assert impact.alive_after == 3


def test_the_shards_that_a_node_holds_or_leads() -> None:
    assert ask(A).shards == (
        ShardImpact(0, good_now=3, good_after=2, required=2, led_by_target=True),
        ShardImpact(2, good_now=3, good_after=2, required=2, led_by_target=False),
        ShardImpact(3, good_now=3, good_after=2, required=2, led_by_target=False),
    )


def test_of_three_one_may_be_restarted_but_not_removed() -> None:
    three = [told(nodes(A, B, C), [shard(0), shard(1, B)])]
    assert ask(B, views=three, limits=RESTART).safe
    impact = ask(B, views=three)
    assert impact.alive_after == 2
    assert impact.blockers == (
        ("too_few_nodes", "cluster", "2 nodes would be left Alive, 3 must be"),
    )


def test_with_one_dead_a_second_may_not_stop() -> None:
    three = [told(nodes(A, B, C, c="Dead"), [shard(0), shard(1, B)])]
    impact = ask(B, views=three, limits=RESTART)
    assert kinds(impact) == ["too_few_replicas", "no_majority"]
    assert of_kind(impact, "too_few_replicas") == {
        f"shard {n}": (
            f"1 good replicas would be left (2 now), 2 must be; not counted: {C} (no live replica)"
        )
        for n in (0, 1)
    }
    assert of_kind(impact, "no_majority") == {
        "cluster": "1 of 3 members would be left Alive, which is no majority"
    }
    assert impact.alive_after == 1


def set_up_anew(state: str = "Dead", address: str = "10.0.0.3:18182") -> list[Node]:
    """Three that live, and what the third was before it was set up anew on its host."""
    return [*nodes(A, B, C), Node(D, address, state)]


def test_what_a_host_was_before_is_no_member() -> None:
    whole = [shard(0), shard(1, B)]
    impact = ask(B, views=[told(set_up_anew(), whole)], limits=RESTART)
    assert kinds(impact) == []


@pytest.mark.parametrize(
    ("listed", "shards"),
    [
        # It may come back, or holds what nobody else has.
        (set_up_anew("Suspect"), [shard(0), shard(1, B)]),
        (set_up_anew(address="10.0.0.4:18182"), [shard(0), shard(1, B)]),
        (set_up_anew(address="10.0.0.3:28182"), [shard(0), shard(1, B)]),
        (set_up_anew(), [shard(0), shard(1, B, (A, B, C, D))]),
        (set_up_anew(), [shard(0), shard(1, B, None)]),
    ],
)
def test_the_dead_are_members_unless_another_lives_in_their_place(
    listed: list[Node], shards: list[Shard]
) -> None:
    assert "no_majority" in kinds(ask(B, views=[told(listed, shards)], limits=RESTART))


def test_where_one_view_has_it_otherwise_it_is_a_member() -> None:
    whole = [shard(0), shard(1, B)]
    views = [told(set_up_anew(), whole), told(set_up_anew("Alive"), whole, url=OTHER_URL)]
    assert "no_majority" in kinds(ask(B, views=views, limits=RESTART))


def test_two_at_once_are_gone_together() -> None:
    assert ask(A).safe
    assert ask(B).safe
    impact = ask(A, B)
    assert impact.nodes == (A, B)
    assert impact.alive_after == 2
    assert {row.shard_id: row.good_after for row in impact.shards} == {0: 1, 1: 2, 2: 2, 3: 1}
    assert of_kind(impact, "too_few_replicas").keys() == {"shard 0", "shard 3"}
    assert kinds(impact) == ["too_few_replicas", "too_few_nodes"]


def test_all_at_once_leave_nothing() -> None:
    impact = ask(A, B, C, D, limits=RESTART)
    assert kinds(impact) == ["no_replica_left", "no_majority"]
    assert of_kind(impact, "no_replica_left")["shard 0"] == "no good replica would be left (3 now)"
    assert impact.alive_after == 0


def test_a_node_named_twice_is_one() -> None:
    assert ask(A, A[:8], "10.0.0.1") == ask(A)


def test_one_that_is_dead_already_takes_nothing_with_it() -> None:
    four = [told(nodes(A, B, C, D, d="Dead"), SHARDS[:1])]
    impact = ask(D, views=four)
    assert impact.safe
    assert (impact.shards, impact.alive_after) == ((), 3)


def test_the_worst_comes_first() -> None:
    lost = shard(5, A, (A,))
    views = [told(nodes(A, B, C), (*SHARDS[:1], lost), factor=None, node_count=9)]
    found = kinds(ask(A, views=views))
    assert found == ["no_replica_left", "too_few_nodes", "incomplete_view", "unknown_factor"]
    assert found == sorted(found, key=KINDS.index)


# --- how many replicas ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("factor", "given", "required"),
    [
        (1, None, 1),
        (2, None, 1),
        (3, None, 2),
        (4, None, 3),
        (5, None, 3),
        (6, None, 4),
        (3, 1, 1),
        (3, 3, 3),
        (2, 2, 2),
        (None, 2, 2),
        (None, None, None),
        (0, None, None),
    ],
)
def test_how_many_replicas_must_stay(
    factor: int | None, given: int | None, required: int | None
) -> None:
    impact = ask(A, views=[told(factor=factor)], limits=Limits(min_live_replicas=given))
    assert {row.required for row in impact.shards} == {required}
    assert ("too_few_replicas" in kinds(impact)) is (required is not None and required > 2)


def test_with_two_replicas_one_is_enough() -> None:
    pairs = [shard(0, A, (A, B)), shard(1, B, (B, C))]
    two = [told(nodes(A, B, C, D), pairs, factor=2)]
    impact = ask(A, views=two)
    assert impact.safe
    assert impact.shards == (ShardImpact(0, 2, 1, 1, led_by_target=True),)
    assert kinds(ask(A, views=two, limits=Limits(min_live_replicas=2))) == ["too_few_replicas"]


def test_with_one_replica_nothing_may_stop() -> None:
    one = [told(nodes(A, B, C, D), [shard(0, A, (A,))], factor=1)]
    for limits in (Limits(), RESTART):
        assert kinds(ask(A, views=one, limits=limits)) == ["no_replica_left"]
        assert ask(B, views=one, limits=limits).safe


def test_a_shard_that_is_short_elsewhere_is_told() -> None:
    """None of it is lost, but every shard has to have its minimum."""
    shards = [*SHARDS[:1], shard(7, B, (B, C))]
    members = nodes(A, B, C, D, c="Suspect")
    impact = ask(D, views=[told(members, shards)], limits=RESTART)
    assert impact.shards == ()
    assert impact.blockers == (
        (
            "already_too_few_replicas",
            "shard 7",
            "has 1 live replica and must have 2; none of these nodes holds one: let it be "
            "replicated before anything is stopped",
        ),
        ("no_majority", "cluster", "2 of 4 members would be left Alive, which is no majority"),
    )


def test_a_shard_that_has_just_enough_elsewhere_is_not() -> None:
    assert ask(A, views=[told(shards=(*SHARDS[:1], shard(7, B, (B, C))))]).safe


# --- how many nodes ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("factor", "given", "least"),
    [(3, None, 3), (2, None, 3), (2, 2, 2), (3, 2, 3), (4, None, 4), (3, 4, 4), (None, 1, 1)],
)
@pytest.mark.parametrize("alive", [2, 3, 4])
def test_how_many_nodes_a_permanent_loss_leaves(
    factor: int | None, given: int | None, least: int, alive: int
) -> None:
    members = nodes(*(f"node-{n:02}" for n in range(alive + 1)))
    views = [told(members, [shard(0, members[1].node_id, [])], factor=factor)]
    impact = ask(members[0].node_id, views=views, limits=Limits(min_nodes=given))
    assert impact.alive_after == alive
    found = of_kind(impact, "too_few_nodes")
    text = f"{alive} nodes would be left Alive, {least} must be"
    assert found == ({"cluster": text} if alive < least else {})
    assert "no_majority" not in kinds(impact)


@pytest.mark.parametrize(
    ("members", "alive", "enough"),
    [
        (1, 0, False),
        (2, 1, False),
        (3, 1, False),
        (3, 2, True),
        (4, 2, False),
        (4, 3, True),
        (5, 2, False),
        (5, 3, True),
        (6, 3, False),
        (6, 4, True),
    ],
)
def test_a_temporary_stop_leaves_a_majority_of_the_members(
    members: int, alive: int, enough: bool
) -> None:
    ids = [f"node-{n:02}" for n in range(members)]
    listed = [
        node._replace(state="Alive" if place <= alive else "Dead")
        for place, node in enumerate(nodes(*ids))
    ]
    impact = ask(ids[0], views=[told(listed, factor=1)], limits=RESTART)
    assert impact.alive_after == alive
    assert ("no_majority" in kinds(impact)) is not enough
    assert "too_few_nodes" not in kinds(impact)


def test_a_temporary_stop_leaves_min_nodes_too_and_never_less_than_a_majority() -> None:
    assert ask(A, limits=RESTART._replace(min_nodes=3)).safe
    assert of_kind(ask(A, limits=RESTART._replace(min_nodes=4)), "too_few_nodes") == {
        "cluster": "3 nodes would be left Alive, 4 must be"
    }
    impact = ask(A, B, limits=RESTART._replace(min_nodes=1, min_live_replicas=1))
    assert kinds(impact) == ["no_majority"]


@pytest.mark.parametrize("state", ["Suspect", "Dead", "Joining", "Leaving", "alive?", None])
def test_only_alive_is_alive(state: str | None) -> None:
    members = nodes(A, B, C, D, b=state)
    impact = ask(A, views=[told(members)])
    assert impact.alive_after == 2
    assert {"too_few_replicas", "too_few_nodes"} <= set(kinds(impact))


# --- which replicas are good ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "leader", "good"),
    [
        (100, 100, True),
        (95, 100, True),
        (94, 100, False),
        (0, 100, False),
        (105, 100, True),
        (0, 0, True),
        (0, 1, False),
    ],
)
def test_a_replica_that_is_not_complete_is_not_one(size: int, leader: int, good: bool) -> None:
    shards = [shard(0, A, (A, B, C))]
    views = [told(shards=shards, details=sized(shards, a=leader, b=size, c=leader))]
    impact = ask(C, views=views)
    assert impact.shards[0][1:3] == ((3, 2) if good else (2, 1))
    assert impact.safe is good
    if not good:
        assert of_kind(impact, "too_few_replicas") == {
            "shard 0": f"1 good replicas would be left (2 now), 2 must be; not counted: {B} "
            f"({size} of {leader} bytes)"
        }


def test_the_fraction_is_that_of_the_limits() -> None:
    shards = [shard(0, A, (A, B, C))]
    views = [told(shards=shards, details=sized(shards, b=50))]
    assert not ask(C, views=views).safe
    assert ask(C, views=views, limits=Limits(fraction=0.5)).safe
    assert not ask(C, views=views, limits=Limits(fraction=0.51)).safe


def test_what_is_gone_need_not_be_complete() -> None:
    shards = [shard(0, A, (A, B, C))]
    impact = ask(C, views=[told(shards=shards, details=sized(shards, c=7))])
    assert impact.safe
    assert impact.shards == (ShardImpact(0, 2, 2, 2, led_by_target=False),)


def test_the_last_good_replica_is_more_than_one_too_few() -> None:
    shards = [shard(0, A, (A, B, C))]
    views = [told(shards=shards, details=sized(shards, b=0, c=50))]
    for limits in (Limits(), Limits(min_live_replicas=1)):
        assert ask(A, views=views, limits=limits).blockers == (
            (
                "no_replica_left",
                "shard 0",
                f"no good replica would be left (1 now); not counted: {B} (0 of 100 bytes), {C} "
                f"(50 of 100 bytes)",
            ),
        )


def test_a_leader_may_be_no_replica_for_a_while() -> None:
    shards = [shard(0, D, (A, B, C))]
    details = [detail(0, D, a=100, b=100, c=100)._replace(size_bytes=100)]
    impact = ask(D, views=[told(shards=shards, details=details)])
    assert impact.safe
    assert impact.shards == (ShardImpact(0, 3, 3, 2, led_by_target=True),)


# --- several views -------------------------------------------------------------------------------


def test_a_node_is_alive_where_every_view_says_so() -> None:
    for views in both(told(), told(nodes(A, B, C, D, b="Suspect"))):
        impact = ask(A, views=views)
        assert impact.alive_after == 2
        assert {"too_few_replicas", "too_few_nodes", "views_disagree"} <= set(kinds(impact))


def test_a_replica_is_where_every_view_sees_it() -> None:
    moved = [shard(0, A, (A, B, D)), *SHARDS[1:]]
    for views in both(told(), told(shards=moved)):
        impact = ask(A, views=views)
        assert impact.shards[0] == ShardImpact(0, 2, 1, 2, led_by_target=True)
        assert set(kinds(impact)) == {"too_few_replicas", "views_disagree"}


def test_a_replica_is_as_large_as_in_the_view_that_sees_it_smallest() -> None:
    for views in both(told(), told(details=sized(SHARDS, b=50))):
        assert of_kind(ask(A, views=views), "too_few_replicas").keys() == {"shard 0", "shard 3"}


def test_a_shard_is_held_where_any_view_sees_it() -> None:
    for views in both(told(), told(shards=[shard(0, B, (B, C, D)), *SHARDS[1:]])):
        impact = ask(A, views=views)
        assert [row.shard_id for row in impact.shards] == [0, 2, 3]
        assert impact.shards[0].led_by_target


def test_views_that_differ_are_told_each() -> None:
    differing = told(nodes(A, B, C, D, d="Dead"), url=OTHER_URL, version=7)
    third = told(nodes(A, B, C), url=THIRD_URL)
    impact = ask(A, views=[told(), differing, third])
    assert [b[1:] for b in impact.blockers if b.kind == "views_disagree"] == [
        (OTHER_URL, f"sees node {D} Dead, {URL} Alive"),
        (THIRD_URL, f"sees node {D} not listed, {URL} Alive"),
    ]
    assert ask(A, views=[told(), told(url=OTHER_URL, version=7)]).safe


# --- one reading, several questions ---------------------------------------------------------------


def test_a_guard_says_of_each_what_would_be_said_of_it_alone() -> None:
    snapshot = observed(told())
    guard = Guard([A, B], snapshot, Limits())
    for names in ([A], [B], [A, B]):
        found = guard.without(names)
        alone = assess(names, snapshot, Limits())
        assert (found.blockers, found.alive_after) == (alone.blockers, alone.alive_after)
        assert found.shards == alone.shards


def test_who_is_alive_by_then_counts_and_who_holds_what_now() -> None:
    guard = Guard([A], observed(told()), Limits(min_nodes=4))
    now = guard.without([A])
    assert (now.alive_after, kinds(now)) == (3, ["too_few_nodes"])
    then = guard.without([A], frozenset({A, B, C, D, "new"}))
    assert (then.alive_after, then.blockers) == (4, ())
    assert then.shards == now.shards
    fewer = guard.without([A], frozenset({A, B}))
    assert (fewer.alive_after, kinds(fewer)) == (1, ["too_few_nodes"])


def test_only_what_goes_is_said_to_hold_more_than_its_leader() -> None:
    members = nodes(A, B, C, D, c="Dead", d="Dead")
    held = [shard(0, A, (A, B, C, D))]
    sizes = [detail(0, A, a=5, b=5, c=5, d=9)]
    found = ask(D, views=[told(members, held, details=sizes)])
    (text,) = of_kind(found, "unknown_size").values()
    assert D in text
    assert C not in text
    found = ask(B, D, views=[told(nodes(A, B, C, D, d="Dead"), held, details=sizes)])
    (text,) = of_kind(found, "unknown_size").values()
    assert text.startswith(f"its replica on {D}, which is not live")
