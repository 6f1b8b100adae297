"""What a guard rests on: who is meant, which sizes are asked for, and what is known of a shard."""

from __future__ import annotations

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import (
    Node,
    Shard,
    View,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._impact.evidence import (
    ShardEvidence,
    check_names,
    gather,
    wanted_sizes,
)
from ansible_collections.stemedb.cluster.tests.unit.support.builders import (
    OTHER_URL,
    THIRD_URL,
    A,
    B,
    C,
    D,
    detail,
    nodes,
    observed,
    shard,
    view,
    without_nodes,
    without_shards,
)
from ansible_collections.stemedb.cluster.tests.unit.support.guarding import (
    SHARDS,
    both,
    told,
)

FRACTION = 0.95


def meant(*names: str, views: list[View] | None = None) -> tuple[str, ...]:
    return gather(names, observed(*(views or [told()])), FRACTION).nodes


def evidence(*views: View, shard_id: int = 0, node: str = A) -> ShardEvidence:
    """What there is on one shard."""
    found = gather([node], observed(*views), FRACTION)
    return next(one for one in found.shards if one.shard_id == shard_id)


# --- who is meant --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [B, B[:4], "10.0.0.2", "10.0.0.2:18182"])
def test_a_node_by_any_of_its_names(name: str) -> None:
    assert meant(name) == (B,)
    for views in both(told(), told(nodes(A, B, C, D, "b0000000"))):
        assert meant(B, views=views) == (B,)


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ([], "nodes is empty"),
        ([""], "nodes has an empty name"),
        ([A, "  "], "nodes has an empty name"),
        (["b7d"], "too short"),
    ],
)
def test_a_name_that_is_none(names: list[str], text: str) -> None:
    for call in (lambda: gather(names, observed(told()), FRACTION), lambda: wanted(*names)):
        with pytest.raises(StemeDBError, match=text) as caught:
            call()
        assert caught.value.code == "config"


def test_names_are_checked_before_anybody_is_asked() -> None:
    check_names([A])
    with pytest.raises(StemeDBError, match="name each node that would be gone"):
        check_names([])


def test_an_address_that_is_the_beginning_of_another() -> None:
    members = [Node("one", "10.0.0.1:18182", "Alive"), Node("two", "10.0.0.12:18182", "Alive")]
    assert meant("10.0.0.1", views=[told(members)]) == ("one",)
    assert meant("10.0.0.1", views=[told(members[1:])]) == ("10.0.0.1",)


def test_a_name_of_two_nodes_is_refused() -> None:
    members = [Node("node-01", "h:1", "Alive"), Node("node-02", "h:2", "Alive")]
    for views in ([told(members)], *both(told(members[:1]), told(members))):
        with pytest.raises(StemeDBError, match=r"node-01 .*node-02") as caught:
            meant("node", views=views)
        assert caught.value.code == "config"


def test_a_name_that_each_view_takes_for_another_node_is_refused() -> None:
    one, other = [Node("node-01", "h:1", "Alive")], [Node("node-02", "h:2", "Alive")]
    for views in both(told(one), told(other)):
        for name in ("node", "h"):
            with pytest.raises(StemeDBError, match=r"not the same .*\(node-01, node-02\)"):
                meant(name, views=views)
        assert meant("node-01", views=views) == ("node-01",)


def test_a_full_id_is_no_prefix_in_the_view_that_lacks_its_node() -> None:
    one, other = [Node("node", "h:1", "Alive")], [Node("node-02", "h:2", "Alive")]
    for views in both(told(one), told(other)):
        assert meant("node", views=views) == ("node",)


def test_who_is_not_listed_and_who_is_named_twice() -> None:
    found = gather([A, "node-99", A[:6]], observed(told()), FRACTION)
    assert found.nodes == (A, "node-99")
    assert found.unlisted == {"node-99"}


# --- which sizes are asked for -------------------------------------------------------------------


def wanted(*names: str, views: list[View] | None = None) -> set[int]:
    return set(wanted_sizes(names, observed(*(views or [told(details=())]))))


def test_sizes_are_asked_for_of_what_the_nodes_hold_or_lead() -> None:
    for name in (A, A[:4], "10.0.0.1"):
        assert wanted(name) == {0, 2, 3}
    assert wanted(A, B) == {0, 1, 2, 3}
    assert wanted("node-99") == set()
    led = [shard(0, A, (B, C)), shard(1, B, (C, D)), shard(2, None, None)]
    assert wanted(A, views=[told(shards=led, details=())]) == {0}
    gone = [shard(0, B, (B, C, "node-99"))]
    assert wanted("node-99", views=[told(shards=gone, details=())]) == {0}


def test_any_view_that_sees_it_held_is_enough() -> None:
    for other in (told(shards=SHARDS[1:], details=()), without_shards(told(details=()))):
        for views in both(told(details=()), other):
            assert wanted(A, views=views) == {0, 2, 3}


def test_what_was_answered_is_not_asked_for_again() -> None:
    assert wanted(A, views=[told()]) == set()
    one = (detail(2, C, a=100),)
    for views in both(told(details=one), told(details=())):
        assert wanted(A, views=views) == {0, 3}


# --- what is known of the cluster ----------------------------------------------------------------


def test_alive_are_those_that_every_list_has_so() -> None:
    found = gather([A], observed(*both(told(), told(nodes(A, B, C, D, d="Dead")))[0]), FRACTION)
    assert (found.alive, found.all_listed) == ({A, B, C}, True)
    found = gather([A], observed(*both(told(), without_nodes(told()))[0]), FRACTION)
    assert (found.alive, found.all_listed) == ({A, B, C, D}, False)
    found = gather([A], observed(without_nodes(told())), FRACTION)
    assert (found.alive, found.all_listed) == (None, False)


@pytest.mark.parametrize(("factors", "factor"), [((3, 3), 3), ((3, 2), None), ((0, 0), None)])
def test_the_factor(factors: tuple[int, int], factor: int | None) -> None:
    views = [told(factor=factors[0]), told(factor=factors[1], url=OTHER_URL)]
    assert gather([A], observed(*views), FRACTION).factor == factor


# --- what is known of a shard --------------------------------------------------------------------


def test_a_shard_of_which_all_is_known() -> None:
    found = evidence(told())
    assert (found.touched, found.leaders, found.live) == ({A, B, C}, {A}, {A, B, C})
    assert (found.known, found.placed, found.led) == (True, True, True)
    assert {node_id: size.complete for node_id, size in found.sizes.items()} == {
        A: True,
        B: True,
        C: True,
    }


def test_sizes_of_what_the_nodes_do_not_touch_are_nobodys_business() -> None:
    assert evidence(told(), node=D).sizes == {}
    assert evidence(told(shards=[shard(0, D, (A, B, C))]), node=D).sizes.keys() == {A, B, C}


def test_a_replica_named_twice_is_one() -> None:
    found = evidence(told(shards=[shard(0, A, (A, B, B))]))
    assert found.live == {A, B}


def test_live_replicas_are_those_on_which_the_views_agree() -> None:
    for views in both(told(), told(nodes(A, B, C, D, c="Dead"), [shard(0, B, (B, C, D))])):
        found = evidence(*views)
        assert (found.touched, found.leaders, found.live) == ({A, B, C, D}, {A, B}, {B})
        assert (found.placed, found.led) == (True, True)


def test_what_is_not_said_is_bounded_by_what_is() -> None:
    for views in both(told(), told(shards=[shard(0, A, None)])):
        found = evidence(*views)
        assert (found.live, found.known, found.placed) == ({A, B, C}, False, False)
    for views in both(told(), without_nodes(told())):
        found = evidence(*views)
        assert (found.live, found.known, found.placed) == ({A, B, C}, False, True)
    found = evidence(told(nodes(A, B, D, d="Dead"), [shard(0, A, None)]))
    assert (found.live, found.placed, found.touched) == ({A, B}, False, {A})
    found = evidence(without_nodes(told()))
    assert (found.live, found.placed, found.led) == ({A, B, C}, True, False)
    found = evidence(without_nodes(told(shards=[shard(0, A, None)])))
    assert (found.live, found.known, found.sizes) == (None, False, {})
    found = evidence(told(nodes(A), [shard(0, A, (A,))]))
    assert (found.live, found.known, found.led) == ({A}, True, True)


def test_a_shard_that_a_view_does_not_list() -> None:
    for views in both(told(), told(shards=SHARDS[1:])):
        found = evidence(*views)
        assert (found.live, found.placed, found.led) == ({A, B, C}, False, True)


@pytest.mark.parametrize(
    ("leader", "asked_later", "led"),
    [(A, A, True), (A, B, True), (A, None, True), (None, A, False), (D, A, False), (A, D, False)],
)
def test_a_leader_is_alive_in_every_view_and_whenever_it_was_asked_for(
    leader: str | None, asked_later: str | None, led: bool
) -> None:
    later = [detail(0, asked_later, a=1, b=1)]
    good = view(nodes(A, B, C), [shard(0, A, (A, B))], details=[detail(0, A, a=1, b=1)])
    bad = view(nodes(A, B, C), [shard(0, leader, (A, B))], details=later)
    for views in ([bad], *both(good, bad)):
        assert evidence(*views).led is led


# --- what need not be looked into -----------------------------------------------------------------

# A is asked about, and holds neither of these.
ELSEWHERE = (shard(0, B, (B, C, D)), shard(1, B, (B, C)))


def kept(*views: View, enough: int | None) -> list[int]:
    return [one.shard_id for one in gather([A], observed(*views), FRACTION, enough).shards]


@pytest.mark.parametrize(("enough", "left"), [(None, [0, 1]), (4, [0, 1]), (3, [1]), (2, [])])
def test_a_shard_that_has_enough_elsewhere_is_left_out(enough: int | None, left: list[int]) -> None:
    for views in both(told(shards=ELSEWHERE, details=()), told(shards=ELSEWHERE, details=())):
        assert kept(*views, enough=enough) == left


@pytest.mark.parametrize(
    "doubtful",
    [
        shard(0, B, (B, C, A)),
        shard(0, A, (B, C, D)),
        shard(0, None, (B, C, D)),
        shard(0, "e0000000", (B, C, D)),
        shard(0, B, None),
        shard(0, C, (B, C, D)),
    ],
)
def test_one_of_which_a_view_says_anything_else_is_kept(doubtful: Shard) -> None:
    usual, other = (
        told(shards=shards, details=()) for shards in (ELSEWHERE, (doubtful, *ELSEWHERE[1:]))
    )
    for views in both(usual, other):
        assert kept(*views, enough=1) == [0]
    # One of three is enough.
    third = View(THIRD_URL, usual.status, usual.shards)
    assert kept(third, *both(usual, other)[0], enough=1) == [0]
    assert kept(third, *both(other, usual)[0], enough=1) == [0]


@pytest.mark.parametrize(
    ("doubtful", "left"),
    [
        (shard(0, B, (B, C, A)), [0]),
        (shard(0, A, (B, C, D)), [0]),
        (shard(0, None, (B, C, D)), [0]),
        (shard(0, "e0000000", (B, C, D)), [0]),
        (shard(0, B, None), [0]),
        (shard(0, B, (B, C)), []),
    ],
)
def test_one_that_lacks_something_is_kept_though_all_views_say_so(
    doubtful: Shard, left: list[int]
) -> None:
    one = told(shards=(doubtful, *ELSEWHERE[1:]), details=())
    for views in both(one, one):
        assert kept(*views, enough=1) == left


def test_what_may_hold_more_than_its_leader_is_not_live() -> None:
    three = told(nodes(A, B, C, D, d="Dead"), details=(detail(0, A, a=5, b=None, c=5, d=9),))
    assert evidence(three).larger == frozenset({D})
    assert evidence(told(details=(detail(0, A, a=5, b=None, c=5),))).larger == frozenset()


def test_one_that_a_view_does_not_list_or_was_asked_for_is_kept() -> None:
    for views in both(told(shards=ELSEWHERE, details=()), told(shards=ELSEWHERE[1:], details=())):
        assert kept(*views, enough=1) == [0]
    asked = detail(1, B, b=5, c=5)
    for views in both(told(shards=ELSEWHERE, details=(asked,)), told(shards=ELSEWHERE, details=())):
        assert kept(*views, enough=1) == [1]


def test_none_is_left_out_while_a_view_gives_no_node_list() -> None:
    for views in both(
        told(shards=ELSEWHERE, details=()), without_nodes(told(shards=ELSEWHERE, details=()))
    ):
        assert kept(*views, enough=1) == [0, 1]
