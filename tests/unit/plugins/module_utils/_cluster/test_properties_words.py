"""What holds of the words whatever the observers say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster import predicates as words
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster import shards as of_one
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import (
    Health,
    Node,
    Shard,
    Snapshot,
    View,
)
from ansible_collections.stemedb.cluster.tests.unit.support.builders import (
    A,
    B,
    C,
    D,
    cluster,
    nodes,
    observed,
    shard,
    silent,
    view,
    without_nodes,
    without_shards,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.support.examples import examples

if TYPE_CHECKING:
    from collections.abc import Sequence

IDS = (A, B, C, D)
# Mostly what a healthy cluster says, so that words are true often enough to be tried.
STATES = st.sampled_from(["Alive"] * 12 + ["Suspect", "Dead", "Leaving", None])
LEADERS = st.sampled_from([A, B, C] * 4 + [D, "unlisted", None])
REPLICAS = st.sampled_from([(A, B, C)] * 6 + [(A, B), (B, C, D), (D,), (), None, (A, "unlisted")])
HEALTHS = st.sampled_from(
    [Health(200, "healthy")] * 8 + [Health(200), Health(200, "degraded"), Health(503), None]
)


@st.composite
def some_view(draw: Callable[[Any], Any], place: int = 0) -> View:
    members = [Node(node_id, None, draw(STATES)) for node_id in IDS]
    if draw(st.integers(0, 5)) == 0:
        members.pop(draw(st.integers(0, 3)))
    shards = [shard(n, draw(LEADERS), draw(REPLICAS)) for n in range(draw(st.integers(0, 3)))]
    return view(
        members,
        shards,
        f"http://gateway-{place}:18181",
        node_count=draw(st.sampled_from([len(members)] * 6 + [3, None])),
        shard_count=draw(st.sampled_from([len(shards)] * 6 + [3, None])),
        factor=draw(st.sampled_from([3] * 6 + [2, 0, None])),
        word=draw(st.sampled_from(["healthy"] * 6 + ["degraded", None])),
        health=draw(HEALTHS),
    )


@st.composite
def similar_views(draw: Callable[[Any], Any]) -> list[View]:
    """Observers that mostly see the same, for words that need views to agree."""
    first = draw(some_view())
    others = [draw(st.just(first) | some_view()) for _ in range(draw(st.integers(0, 2)))]
    return [
        View(f"http://gateway-{place}:18181", one.status, one.shards, one.health)
        for place, one in enumerate([first, *others])
    ]


def leaderless(snapshot: Snapshot) -> set[int]:
    shards = snapshot.shards.values()
    return {one.shard_id for one in shards if of_one.leaderless(one, snapshot.alive)}


def live(snapshot: Snapshot) -> dict[int, int | None]:
    shards = snapshot.shards.values()
    return {one.shard_id: of_one.live_replicas(one, snapshot.alive) for one in shards}


def verdicts(snapshot: Snapshot) -> dict[str, bool | None]:
    """Each word of one sample, for a cluster with shards and for an empty one."""
    return {
        "complete": words.complete_view(snapshot).holds,
        "empty": words.complete_view(snapshot, expect_shards=False).holds,
        "leaders": words.leaders_elected(snapshot).holds,
        "replicated": words.fully_replicated(snapshot).holds,
        "agree": words.views_agree(snapshot).holds,
        "healthy": words.healthy(snapshot).holds,
        "healthy and empty": words.healthy(snapshot, expect_shards=False).holds,
        "settled": words.settled(snapshot, snapshot).holds,
    }


@given(similar_views())
@examples(300)
def test_views_together_never_look_better_than_the_worst_of_them(views: list[View]) -> None:
    together = observed(*views)
    counted = live(together)
    for one in views:
        alone = observed(one)
        assert together.alive <= alone.alive
        assert leaderless(together) >= leaderless(alone)
        for shard_id, count in live(alone).items():
            merged = counted[shard_id]
            assert merged is None or (count is not None and merged <= count)
        for word, holds in verdicts(together).items():
            assert holds is not True or verdicts(alone)[word] is True, word


@given(similar_views(), st.randoms(use_true_random=False))
@examples(300)
def test_the_order_of_views_does_not_matter(views: list[View], chance: Any) -> None:
    shuffled = list(views)
    chance.shuffle(shuffled)
    one, other = observed(*views), observed(*shuffled)
    assert one.alive == other.alive
    assert leaderless(one) == leaderless(other)
    assert live(one) == live(other)
    assert verdicts(one) == verdicts(other)
    assert {n.node_id: n.state for n in one.nodes.values()} == {
        n.node_id: n.state for n in other.nodes.values()
    }


@given(similar_views())
@examples(300)
def test_healthy_is_all_that_it_stands_for(views: list[View]) -> None:
    snapshot = observed(*views)
    word = verdicts(snapshot)
    if word["healthy"] is True:
        assert word["complete"] is word["leaders"] is word["replicated"] is word["agree"] is True
        assert leaderless(snapshot) == set()
        assert snapshot.shards != {}
        assert all(words.says_healthy(one.health) for one in views)
        assert all(one.status.word in ("healthy", None) for one in views)
    assert not (word["complete"] is True and word["empty"] is True)


@given(similar_views())
@examples(200)
def test_what_is_not_true_says_why(views: list[View]) -> None:
    snapshot = observed(*views)
    for verdict in (
        words.complete_view(snapshot),
        words.leaders_elected(snapshot),
        words.fully_replicated(snapshot),
        words.views_agree(snapshot),
        words.healthy(snapshot),
        words.settled(snapshot, snapshot),
    ):
        assert (verdict.holds is True) == (verdict.reasons == ())
        assert all(reason.subject and reason.text for reason in verdict.reasons)


@given(similar_views(), st.sampled_from(["all", "quorum"]))
@examples(200)
def test_a_silent_observer_makes_nothing_better(views: list[View], policy: str) -> None:
    with_all = verdicts(observed(*views, policy=policy))
    lacking = verdicts(observed(*views, missing=[silent()], policy=policy))
    for word, holds in lacking.items():
        assert holds is not True or with_all[word] is True, word
    if policy == "all" or len(views) == 1:
        assert not {"complete", "agree", "healthy"} & {w for w, h in lacking.items() if h is True}


def spoilt(good: View) -> Sequence[View]:
    """The view with one thing unknown, or worse, at a time."""
    status, url = good.status, good.url
    shards: tuple[Shard, ...] = good.shards or ()

    def again(**changed: Any) -> View:
        return View(url, status._replace(**changed), shards, good.health)

    def with_shard(changed: Shard) -> View:
        return View(url, status, (*shards[:-1], changed), good.health)

    last = shards[-1]
    return [
        without_nodes(good),
        without_shards(good),
        again(node_count=None),
        again(node_count=9),
        again(shard_count=None),
        again(shard_count=len(shards) + 1),
        again(replication_factor=None),
        again(replication_factor=0),
        again(replication_factor=4),
        again(word="degraded"),
        again(nodes=nodes(A, B, C, a=None)),
        again(nodes=nodes(A, B, C, a="Suspect")),
        again(nodes=nodes(A, B), node_count=2),
        View(url, status, (), good.health),
        View(url, status, shards, None),
        View(url, status, shards, Health(503)),
        View(url, status, shards, Health(200, "degraded")),
        with_shard(last._replace(leader_node=None)),
        with_shard(last._replace(leader_node="unlisted")),
        with_shard(last._replace(replica_nodes=None)),
        with_shard(last._replace(replica_nodes=(A, B))),
        with_shard(last._replace(replica_nodes=(A, B, "unlisted"))),
        with_shard(last._replace(replica_nodes=())),
    ]


@given(st.integers(1, 4), st.integers(1, 3), st.integers(0, 22), st.integers(0, 2))
def test_one_thing_spoilt_in_one_view_is_enough(
    shards: int, observers: int, fault: int, where: int
) -> None:
    views = [
        view(nodes(A, B, C), [shard(n, IDS[n % 3]) for n in range(shards)], f"http://g{place}:1")
        for place in range(observers)
    ]
    assert words.healthy(observed(*views)) == words.YES
    where %= observers
    views[where] = spoilt(views[where])[fault]
    assert words.healthy(observed(*views)).holds is not True


def test_all_faults_are_tried() -> None:
    assert len(spoilt(cluster().views[0])) == 23
