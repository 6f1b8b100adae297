"""What the guard before a stop says of each thing that is not known."""

from __future__ import annotations

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import (
    Observer,
    Snapshot,
    View,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._impact.assess import (
    AT_RISK,
    Limits,
    ShardImpact,
    assess,
)
from ansible_collections.stemedb.cluster.tests.unit.support.builders import (
    OTHER_URL,
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
from ansible_collections.stemedb.cluster.tests.unit.support.guarding import (
    RESTART,
    SHARDS,
    ask,
    both,
    kinds,
    of_kind,
    on_members,
    sized,
    told,
)


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


def test_who_did_not_answer_is_no_witness() -> None:
    one = on_members(observed(told()), B)
    for policy in ("all", "quorum"):
        lost = Observer(OTHER_URL, C, required=False, error="no answer")
        snapshot = Snapshot(one.views, (*one.observers, lost), policy)
        assert kinds(assess([A], snapshot, Limits(min_observers=2))) == ["single_observer"]
        assert assess([A], snapshot, Limits()).safe


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
    for details in (sized(SHARDS), sized(SHARDS[1:])):
        for views in both(told(), told(shards=SHARDS[1:], details=details)):
            impact = ask(A, views=views)
            assert of_kind(impact, "unknown_replicas").keys() == {"shard 0"}
            assert impact.shards[0] == ShardImpact(0, None, None, 2, led_by_target=True)
            assert "unknown_size" not in kinds(impact)


@pytest.mark.parametrize("leader", [None, D, "node-99"])
def test_a_shard_without_a_live_leader(leader: str | None) -> None:
    members = nodes(A, B, C, D, d="Dead")
    shards = [shard(0, leader, (A, B, C))]
    impact = ask(A, views=[told(members, shards)], limits=RESTART._replace(min_live_replicas=1))
    text = "has no leader that is Alive in every view, so nobody knows what its replicas lack"
    assert of_kind(impact, "leaderless_shard") == {"shard 0": text}
    assert impact.shards == (ShardImpact(0, None, None, 1, led_by_target=False),)
    assert "unknown_size" not in kinds(impact)
    # Whoever holds it: without a leader that is known, any node may lead it.
    others = nodes(A, B, C, D, "e0000000", d="Dead")
    assert ask("e0000000", views=[told(others, shards)]).blockers == (
        ("leaderless_shard", "shard 0", text),
    )


def test_how_much_a_dead_leader_had_is_no_measure() -> None:
    members = nodes(A, B, C, D, d="Dead")
    views = [told(members, [shard(0, D, (A, B, C, D))])]
    impact = ask(A, views=views, limits=RESTART)
    assert "leaderless_shard" in kinds(impact)
    assert impact.shards == (ShardImpact(0, None, None, 2, led_by_target=False),)


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
    unsized = {"b": f"{A}, {B}, {C}", "c": C}[missing]
    assert of_kind(impact, "unknown_size") == {
        "shard 0": f"its replica on {unsized} or its leader's is of unknown size"
    }
    assert impact.shards == (ShardImpact(0, None, None, 2, led_by_target=False),)


def test_all_sizes_must_be_known_though_fewer_are_required() -> None:
    """Also that of the one that goes: it may hold what the leader has lost."""
    shards = [shard(0, B, (A, B, C, D))]
    impact = ask(A, views=[told(shards=shards, details=sized(shards, d=None))])
    assert kinds(impact) == ["unknown_size"]
    assert kinds(ask(D, views=[told(shards=shards, details=sized(shards, d=None))])) == [
        "unknown_size"
    ]


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
    for placed in (SHARDS, [shard(0, A, None)], [shard(0, B, None)]):
        impact = ask(A, views=[without_nodes(told(shards=placed))])
        assert not set(kinds(impact)) & set(AT_RISK)
        assert "incomplete_view" in kinds(impact)
    impact = ask(A, views=[without_nodes(told())])
    assert kinds(impact) == ["node_not_listed", "incomplete_view", "leaderless_shard"]
    assert impact.alive_after is None
    assert {row[1:3] for row in impact.shards} == {(None, None)}


# --- a leader that is no measure -----------------------------------------------------------------


@pytest.mark.parametrize("limits", [Limits(min_nodes=2), Limits(min_nodes=2, min_live_replicas=1)])
@pytest.mark.parametrize("leader", [0, 10])
def test_a_follower_that_alone_has_the_data_may_not_go(leader: int, limits: Limits) -> None:
    """Its disk wiped, a node leads again: all are complete beside an empty leader."""
    shards = [shard(0, A, (A, B, C))]
    views = [told(shards=shards, details=sized(shards, a=leader, b=leader, c=100))]
    for node in (A, B, C):
        impact = ask(node, views=views, limits=limits)
        assert of_kind(impact, "unknown_size") == {
            "shard 0": f"its leader has {leader} bytes and its replica on {C} 100, so what its "
            "replicas lack is not known"
        }
        assert impact.shards[0].good_now is None


def test_a_dead_node_that_has_more_than_the_leader_may_not_be_removed() -> None:
    members = nodes(A, B, C, D, d="Dead")
    shards = [shard(0, A, (A, B, C, D))]
    views = [told(members, shards, details=sized(shards, a=50, b=50, c=50))]
    impact = ask(D, views=views)
    assert of_kind(impact, "unknown_size") == {
        "shard 0": f"its replica on {D}, which is not live, may hold more than its leader does"
    }
    unknown = [told(members, shards, details=sized(shards, d=None))]
    assert "unknown_size" in kinds(ask(D, views=unknown))
    # Another one may be restarted: what the dead one has may be of before a compaction.
    assert "unknown_size" not in kinds(ask(A, views=views, limits=RESTART))
    empty = [told(members, shards, details=sized(shards, a=0, b=0, c=0))]
    assert "unknown_size" in kinds(ask(A, views=empty, limits=RESTART))
