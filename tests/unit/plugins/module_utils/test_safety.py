"""What the guard before a stop says: of whole clusters, of limits, and of each thing unknown."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._model import View
from ansible_collections.stemedb.cluster.plugins.module_utils._safety import (
    KINDS,
    Limits,
    ShardImpact,
    assess,
    groups,
)
from ansible_collections.stemedb.cluster.tests.unit.plugins.module_utils.builders import (
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
    silent,
    without_nodes,
    without_shards,
)
from ansible_collections.stemedb.cluster.tests.unit.plugins.module_utils.guarding import (
    SHARDS,
    ask,
    kinds,
    of_kind,
    on_members,
    sized,
    told,
)

RESTART = Limits(permanent=False)


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
            "has 1 live replicas and must have 2; none of these nodes holds one: let it be "
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
        (300, 100, True),
        (0, 0, True),
        (1, 0, True),
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


def both(one: View, other: View) -> list[list[View]]:
    """The two, either way round."""
    other = View(OTHER_URL, other.status, other.shards, other.health, other.details)
    return [[one, other], [other, one]]


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


# --- what is not known ---------------------------------------------------------------------------


def test_an_observer_that_is_silent() -> None:
    snapshot = observed(told(), missing=[silent()])
    assert assess([A], snapshot, Limits()).blockers == (
        ("observer_unreachable", OTHER_URL, f"did not answer: No answer from {OTHER_URL}"),
    )
    found = observed(told(), missing=[silent(required=False)])
    assert assess([A], found, Limits()).safe


def test_with_a_quorum_a_minority_may_be_silent() -> None:
    two, policy = (told(), told(url=OTHER_URL)), "quorum"
    assert assess([A], observed(*two, missing=[silent("c")], policy=policy), Limits()).safe
    lost = observed(*two, missing=[silent("c"), silent("d")], policy=policy)
    assert of_kind(assess([A], lost, Limits()), "observer_unreachable").keys() == {"c", "d"}


@pytest.mark.parametrize(
    ("on", "least", "witnesses"),
    [
        ((B, C), 2, 2),
        ((B, C), 3, 2),
        ((A, B), 1, 1),
        ((A, B), 2, 1),
        ((A, A), 1, 0),
        ((B, B), 2, 1),
        ((None, None), 1, 1),
        ((None, None), 2, 1),
        ((None, B), 2, 1),
        ((None, A), 1, 1),
    ],
)
def test_a_node_is_no_witness_of_itself(
    on: tuple[str | None, str | None], least: int, witnesses: int
) -> None:
    snapshot = on_members(observed(told(), told(url=OTHER_URL)), *on)
    impact = assess([A], snapshot, Limits(min_observers=least))
    text = (
        f"{witnesses} of {least} observers that are on none of these nodes answered: name more "
        f"gateways, or let them be found (discover_observers)"
    )
    assert of_kind(impact, "single_observer") == ({"cluster": text} if witnesses < least else {})


def test_a_node_that_is_not_listed() -> None:
    impact = ask("node-99")
    assert impact.nodes == ("node-99",)
    assert impact.alive_after == 4
    assert impact.blockers == (
        (
            "node_not_listed",
            "node-99",
            "is not listed as a member: name it by its id, 4 or more characters of it, or address",
        ),
    )
    assert of_kind(ask(A, "node-99"), "node_not_listed").keys() == {"node-99"}


def test_what_a_node_holds_that_is_gone_is_told() -> None:
    impact = ask("node-99", views=[told(shards=[shard(0, A, (A, B, "node-99"))])])
    assert kinds(impact) == ["node_not_listed"]
    assert impact.shards == (ShardImpact(0, 2, 2, 2, led_by_target=False),)


@pytest.mark.parametrize(
    ("view", "text"),
    [
        (without_nodes(told()), "gives no node list"),
        (without_shards(told()), "gives no shard list"),
        (told(node_count=9), "lists 4 nodes, 4 Alive, but node_count is 9"),
        (told(node_count=None), "does not say its node_count"),
        (told(shard_count=5), "lists 4 shards, but shard_count is 5"),
        (told(shard_count=None), "does not say its shard_count"),
        (told(nodes(A, B, C, D, d=None)), f"does not say the state of node {D}"),
        (told(shards=(), shard_count=4), "lists 0 shards, but shard_count is 4"),
    ],
)
def test_a_view_that_is_not_complete(view: View, text: str) -> None:
    assert of_kind(ask(A, views=[view]), "incomplete_view") == {URL: text}
    for views in both(told(), view):
        where = URL if views[0] is view else OTHER_URL
        assert of_kind(ask(A, views=views), "incomplete_view") == {where: text}


def test_without_shards_nothing_can_be_said() -> None:
    for limits in (Limits(), RESTART):
        assert ask(A, views=[told(shards=())], limits=limits).blockers == (
            ("no_shards", URL, "lists no shards, so nothing can be said of the data"),
        )
    assert "no_shards" not in kinds(ask(A, views=[without_shards(told())]))


@pytest.mark.parametrize("factors", [(None,), (0,), (3, 2), (3, None)])
def test_a_factor_that_is_not_known(factors: tuple[int | None, ...]) -> None:
    urls = (URL, OTHER_URL)
    impact = ask(A, views=[told(url=url, factor=f) for url, f in zip(urls, factors)])
    assert impact.blockers == (
        (
            "unknown_factor",
            "cluster",
            "the replication factor is unknown, or the observers differ on it",
        ),
    )


def test_a_factor_that_is_not_known_hides_no_loss() -> None:
    lost = [shard(0, A, (A,))]
    impact = ask(A, views=[told(nodes(A, B), lost, factor=None)])
    assert kinds(impact) == ["no_replica_left", "too_few_nodes", "unknown_factor"]


def test_a_shard_that_does_not_say_where_it_is() -> None:
    unplaced = [*SHARDS[:1], shard(1, None, None)]
    for views in ([told(shards=unplaced)], *both(told(shards=SHARDS[:2]), told(shards=unplaced))):
        found = of_kind(ask(D, views=views), "unknown_replicas")
        text = "not every observer says where its replicas are, so these nodes may hold one"
        assert found == {"shard 1": text}


def test_a_shard_that_one_view_does_not_list() -> None:
    for views in both(told(), told(shards=SHARDS[1:])):
        impact = ask(A, views=views)
        assert of_kind(impact, "unknown_replicas").keys() == {"shard 0"}
        assert impact.shards[0] == ShardImpact(0, None, None, 2, led_by_target=True)


@pytest.mark.parametrize("leader", [None, D, "node-99"])
def test_a_shard_without_a_live_leader(leader: str | None) -> None:
    members = nodes(A, B, C, D, d="Dead")
    shards = [shard(0, leader, (A, B, C))]
    impact = ask(A, views=[told(members, shards)], limits=RESTART._replace(min_live_replicas=1))
    text = "has no leader that is Alive in every view, so nobody knows what its replicas lack"
    assert of_kind(impact, "leaderless_shard") == {"shard 0": text}
    assert impact.shards == (ShardImpact(0, None, None, 1, led_by_target=False),)
    assert "unknown_size" not in kinds(impact)
    others = nodes(A, B, C, D, "e0000000", d="Dead")
    assert ask("e0000000", views=[told(others, shards)]).safe


def test_a_leader_that_is_lost_while_sizes_are_asked_for() -> None:
    members = nodes(A, B, C, D, d="Dead")
    shards = [shard(0, A, (A, B, C))]
    details = [detail(0, D, a=0, b=0, c=0)._replace(size_bytes=0)]
    impact = ask(C, views=[told(members, shards, details=details)], limits=RESTART)
    assert "leaderless_shard" in kinds(impact)


@pytest.mark.parametrize("missing", ["b", "c"])
def test_a_size_that_is_not_known(missing: str) -> None:
    shards = [shard(0, B, (A, B, C))]
    impact = ask(D, A, views=[told(shards=shards, details=sized(shards, **{missing: None}))])
    unsized = {"b": f"{B}, {C}", "c": C}[missing]
    assert of_kind(impact, "unknown_size") == {
        "shard 0": f"its replica on {unsized} or its leader's is of unknown size"
    }
    assert impact.shards == (ShardImpact(0, None, None, 2, led_by_target=False),)


def test_all_sizes_that_are_left_must_be_known_though_fewer_are_required() -> None:
    shards = [shard(0, B, (A, B, C, D))]
    impact = ask(A, views=[told(shards=shards, details=sized(shards, d=None))])
    assert kinds(impact) == ["unknown_size"]
    assert kinds(ask(D, views=[told(shards=shards, details=sized(shards, d=None))])) == []


def test_a_shard_of_which_no_details_came() -> None:
    impact = ask(A, views=[told(details=sized(SHARDS[1:]))])
    assert of_kind(impact, "unknown_size").keys() == {"shard 0"}


def test_what_is_not_known_hides_nothing_that_is() -> None:
    """With the unknown accepted by name, what is certain is still there to be refused."""
    nowhere = [detail(0, A, a=None, b=None)]
    impact = ask(A, views=[told(shards=[shard(0, A, (A, B))], details=nowhere)])
    assert kinds(impact) == ["too_few_replicas", "unknown_size"]
    empty = [detail(0, A, a=None, b=0)]
    impact = ask(A, views=[told(shards=[shard(0, A, (A, B))], details=empty)])
    assert of_kind(impact, "no_replica_left") == {
        "shard 0": f"no good replica would be left (1 now); not counted: {B} (0 of ? bytes)"
    }
    leaderless = [shard(0, None, (A, B))]
    assert kinds(ask(A, views=[told(shards=leaderless)])) == [
        "too_few_replicas",
        "leaderless_shard",
    ]
    one_tells = [told(shards=[shard(0, A, (A,))]), told(shards=[shard(0, A, None)], url=OTHER_URL)]
    assert {"no_replica_left", "unknown_replicas"} <= set(kinds(ask(A, views=one_tells)))
    no_list = [told(nodes(A, B, C)), without_nodes(told(url=OTHER_URL))]
    assert "too_few_nodes" in kinds(ask(A, views=no_list))
    assert ask(A, views=no_list).alive_after is None


def test_who_is_alive_is_not_known_from_no_list() -> None:
    impact = ask(A, views=[without_nodes(told())])
    assert kinds(impact) == ["node_not_listed", "incomplete_view", "leaderless_shard"]
    assert impact.alive_after is None
    assert {row[1:3] for row in impact.shards} == {(None, None)}


# --- zones ---------------------------------------------------------------------------------------

TWO_ZONES = {A: "east", B: "east", C: "west", D: "west"}


def test_the_last_replica_outside_of_a_zone() -> None:
    shards = [shard(0, A, (A, B, C))]
    impact = ask(C, views=[told(shards=shards)], limits=Limits(zones=TWO_ZONES))
    assert impact.blockers == (
        ("single_zone", "shard 0", "all good replicas that would be left are in zone east"),
    )
    assert ask(C, views=[told(shards=shards)]).safe
    for node in (A, B):
        assert ask(node, views=[told(shards=shards)], limits=Limits(zones=TWO_ZONES)).safe


def test_what_is_in_one_zone_already_loses_none() -> None:
    shards = [shard(0, A, (A, B, C))]
    one = dict.fromkeys((A, B, C), "east")
    assert ask(C, views=[told(shards=shards)], limits=Limits(zones={**one, D: "west"})).safe
    assert ask(C, views=[told(shards=shards)], limits=Limits(zones={**one, D: "east"})).safe


def test_zones_count_good_replicas_only() -> None:
    shards = [shard(0, A, (A, B, C, D))]
    impact = ask(
        C,
        views=[told(shards=shards, details=sized(shards, d=50))],
        limits=Limits(zones=TWO_ZONES),
    )
    assert kinds(impact) == ["single_zone"]
    assert ask(C, views=[told(shards=shards)], limits=Limits(zones=TWO_ZONES)).safe


def test_zones_do_not_matter_where_one_replica_is_enough() -> None:
    views = [told(shards=[shard(0, A, (A, C))], factor=2)]
    assert ask(C, views=views, limits=Limits(zones=TWO_ZONES)).safe
    impact = ask(C, views=views, limits=Limits(zones=TWO_ZONES, min_live_replicas=2))
    assert kinds(impact) == ["too_few_replicas", "single_zone"]


@pytest.mark.parametrize("zone", [None, ""])
def test_a_zone_that_is_not_known(zone: str | None) -> None:
    zones: dict[str, Any] = {**TWO_ZONES, D: zone}
    if zone is None:
        del zones[D]
    assert ask(A, limits=Limits(zones=zones)).blockers == (
        (
            "unknown_zone",
            D,
            "is Alive, and zones does not say where: give its zone, by its full id",
        ),
    )
    dead = told(nodes(A, B, C, D, d="Dead"), [shard(0)])
    assert "unknown_zone" not in kinds(ask(A, views=[dead], limits=Limits(zones=zones)))


# --- which may be down together ------------------------------------------------------------------


def ring(members: int, shards: int) -> View:
    """So many nodes, and shards each on three of them in a row."""
    ids = [f"{n:08x}" for n in range(members)]
    placed = [
        shard(n, ids[n % members], [ids[(n + step) % members] for step in range(3)])
        for n in range(shards)
    ]
    return told(nodes(*ids), placed)


def test_groups_of_nodes_that_may_be_down_together() -> None:
    view = ring(9, 9)
    ids = [node.node_id for node in view.status.nodes or ()]
    found = groups(ids, observed(view), RESTART)
    assert found == [[ids[0], ids[3], ids[6]], [ids[1], ids[4], ids[7]], [ids[2], ids[5], ids[8]]]
    for group in found:
        assert assess(group, observed(view), RESTART).safe
    assert groups(ids[:2], observed(view), RESTART) == [[ids[0]], [ids[1]]]
    assert groups([ids[4], ids[0]], observed(view), RESTART) == [[ids[4], ids[0]]]


def test_a_node_that_may_not_be_down_is_in_no_group() -> None:
    shards = [shard(0, A, (A, B, C)), shard(1, D, (D,))]
    views = observed(told(nodes(A, B, C, D, "e0000000"), shards))
    limits = RESTART._replace(min_live_replicas=1)
    assert groups([D, "e0000000", "node-99", A], views, limits) == [["e0000000", A]]


def test_a_group_has_a_witness_that_is_not_of_it() -> None:
    view = ring(9, 9)
    ids = [node.node_id for node in view.status.nodes or ()]
    other = View(OTHER_URL, view.status, view.shards, view.health, view.details)
    snapshot = on_members(observed(view, other), ids[0], ids[3])
    assert groups(ids[:4:3], snapshot, RESTART) == [[ids[0]], [ids[3]]]


def test_groups_of_nobody_are_refused() -> None:
    for names in ([], [""], [A, " "]):
        for call in (assess, groups):
            with pytest.raises(StemeDBError, match="name each node that would be gone") as caught:
                call(names, observed(told()), Limits())  # type: ignore[operator]
            assert caught.value.code == "config"
