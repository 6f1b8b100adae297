"""The words about several observers, and several samples: who must answer, agreeing, settled."""

from __future__ import annotations

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster import predicates as words
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import (
    Node,
    Observer,
    Snapshot,
    View,
)
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
    silent,
    view,
    without_nodes,
    without_shards,
)


def texts(verdict: words.Verdict) -> str:
    return "; ".join(f"{reason.subject} {reason.text}" for reason in verdict.reasons)


def subjects(verdict: words.Verdict) -> list[str]:
    return [reason.subject for reason in verdict.reasons]


# --- observers -----------------------------------------------------------------------------------


def asked(answered: int, failed: int, policy: str, *more: Observer) -> Snapshot:
    urls = [f"http://gateway-{n}:18181" for n in range(answered + failed)]
    missing = [silent(url) for url in urls[answered:]]
    views = [view(url=url) for url in urls[:answered]]
    return observed(*views, missing=[*missing, *more], policy=policy)


@pytest.mark.parametrize(
    ("answered", "failed", "policy", "enough"),
    [
        (3, 0, "all", True),
        (2, 1, "all", False),
        (3, 0, "quorum", True),
        (2, 1, "quorum", True),
        (1, 1, "quorum", False),
        (2, 2, "quorum", False),
        (3, 2, "quorum", True),
        (1, 2, "quorum", False),
    ],
)
def test_all_observers_or_a_strict_majority_must_answer(
    answered: int, failed: int, policy: str, enough: bool
) -> None:
    snapshot = asked(answered, failed, policy)
    assert (words.missing_observers(snapshot) == ()) is enough
    assert words.complete_view(snapshot).holds is (True if enough else None)
    assert words.views_agree(snapshot).holds is (True if enough else None)
    assert words.healthy(snapshot).holds is (True if enough else None)


@pytest.mark.parametrize("policy", ["all", "quorum"])
def test_a_discovered_observer_that_never_answered_is_not_required(policy: str) -> None:
    snapshot = asked(1, 0, policy, silent("http://10.0.0.9:18181", required=False))
    assert words.missing_observers(snapshot) == ()
    assert words.complete_view(snapshot).holds is True


def test_one_that_answered_once_is_required_from_then_on() -> None:
    snapshot = asked(1, 0, "all", silent("http://10.0.0.9:18181"))
    assert [observer.url for observer in words.missing_observers(snapshot)] == [
        "http://10.0.0.9:18181"
    ]


def test_an_excluded_observer_is_neither_missed_nor_counted() -> None:
    excluded = Observer("http://10.0.0.9:18181", excluded=True)
    assert words.missing_observers(asked(1, 0, "all", excluded)) == ()
    # One of two answered: the excluded ones make no majority.
    assert len(words.missing_observers(asked(1, 1, "quorum", excluded, excluded))) == 1


def test_a_missing_observer_is_named_with_its_reason() -> None:
    verdict = words.complete_view(observed(view(), missing=[silent()]))
    assert texts(verdict) == f"{OTHER_URL} did not answer: No answer from {OTHER_URL}"


# --- views agree ---------------------------------------------------------------------------------


def test_views_agree_whatever_their_order_sizes_and_versions() -> None:
    shuffled = view(
        nodes(A, B, C)[::-1],
        [shard(1, B, (C, B, A), 7), shard(0, A, (B, A, C), 8)],
        OTHER_URL,
        version=42,
    )
    assert words.views_agree(observed(view(), shuffled)) == words.YES


def test_one_view_agrees_with_itself() -> None:
    assert words.views_agree(cluster()) == words.YES


@pytest.mark.parametrize(
    ("other", "text"),
    [
        (view(nodes(A, B, C, b="Suspect"), url=OTHER_URL), f"sees node {B} Suspect, {URL} Alive"),
        (view(nodes(A, B), url=OTHER_URL), f"sees node {C} not listed, {URL} Alive"),
        (view(nodes(A, B, C, D), url=OTHER_URL), f"sees node {D} Alive, {URL} not listed"),
        (
            view([*nodes(A, B, C), Node(D, None, "not listed")], url=OTHER_URL),
            f"sees node {D} not listed",
        ),
        (
            view(shards=[shard(0, B), shard(1, B)], url=OTHER_URL),
            f"sees shard 0 led by {B}, {URL} by {A}",
        ),
        (
            view(shards=[shard(0, None), shard(1, B)], url=OTHER_URL),
            f"sees shard 0 led by nobody, {URL} by {A}",
        ),
        (
            view(shards=[shard(0, A, (A, B)), shard(1, B)], url=OTHER_URL),
            f"sees other replicas of shard 0 than {URL}",
        ),
        (
            view(shards=[shard(0, A, None), shard(1, B)], url=OTHER_URL),
            f"sees other replicas of shard 0 than {URL}",
        ),
        (view(shards=[shard(0)], url=OTHER_URL), f"does not list shard 1, unlike {URL}"),
        (
            view(shards=[shard(0), shard(1, B), shard(9)], url=OTHER_URL),
            f"lists shard 9, unlike {URL}",
        ),
    ],
)
def test_views_disagree_and_say_in_what(other: View, text: str) -> None:
    verdict = words.views_agree(observed(view(), other))
    assert verdict.holds is False
    assert text in texts(verdict)
    assert verdict.reasons[0].subject == OTHER_URL
    assert verdict.reasons[0].section == words.PARTITION
    assert words.views_agree(observed(other, view())).holds is False


def test_a_third_view_is_compared_too() -> None:
    third = view(nodes(A, B, C, c="Dead"), url=THIRD_URL)
    verdict = words.views_agree(observed(view(), view(url=OTHER_URL), third))
    assert subjects(verdict) == [THIRD_URL]


@pytest.mark.parametrize(
    "unknown",
    [
        without_nodes(view(url=OTHER_URL)),
        without_shards(view(url=OTHER_URL)),
        view(nodes(A, B, C, b=None), url=OTHER_URL),
        view(shards=[shard(0, A, None)], url=OTHER_URL),
    ],
)
def test_two_unknowns_do_not_agree(unknown: View) -> None:
    same = View(URL, unknown.status, unknown.shards, unknown.health)
    verdict = words.views_agree(observed(same, unknown))
    assert verdict.holds is None
    assert verdict.reasons
    assert words.settled(observed(unknown), observed(unknown)).holds is None


def test_a_view_that_is_missing_does_not_agree_but_a_difference_weighs_more() -> None:
    missing = [silent(THIRD_URL)]
    agreeing = observed(view(), view(url=OTHER_URL), missing=missing)
    verdict = words.views_agree(agreeing)
    assert verdict.holds is None
    assert THIRD_URL in texts(verdict)
    differing = observed(view(), view(nodes(A, B), url=OTHER_URL), missing=missing)
    assert words.views_agree(differing).holds is False


# --- settled -------------------------------------------------------------------------------------


def test_settled_is_unchanged_since_the_sample_before() -> None:
    before = observed(view(), view(url=OTHER_URL))
    grown = view(shards=[shard(0, size=1), shard(1, B, size=2)], url=OTHER_URL, version=42)
    assert words.settled(observed(view(), grown), before) == words.YES


def test_the_first_sample_is_not_settled() -> None:
    verdict = words.settled(cluster(), None)
    assert verdict.holds is None
    assert verdict.reasons == (words.Reason(words.CLUSTER, words.FIRST_SAMPLE),)


@pytest.mark.parametrize(
    "now",
    [
        view(nodes(A, B)),
        view(nodes(A, B, C, c="Suspect")),
        view(shards=[shard(0, B), shard(1, B)]),
        view(shards=[shard(0, A, (A, B, D)), shard(1, B)]),
        view(shards=[shard(0), shard(1, B), shard(2)]),
    ],
)
def test_a_change_in_any_view_is_not_settled(now: View) -> None:
    for before, after in (
        (observed(view()), observed(now)),
        (observed(now), observed(view())),
        (
            observed(view(url=OTHER_URL), view()),
            observed(view(url=OTHER_URL), now),
        ),
    ):
        verdict = words.settled(after, before)
        assert verdict.holds is False
        assert subjects(verdict)[0] == URL
        assert verdict.reasons[0].section == words.REBALANCING


def test_views_are_compared_with_their_own_past() -> None:
    """Two observers that always differ are settled, though they do not agree."""
    both = observed(view(), view(nodes(A, B), url=OTHER_URL))
    assert words.settled(both, both) == words.YES
    assert words.views_agree(both).holds is False


def test_an_observer_that_was_silent_before_has_nothing_to_be_compared_with() -> None:
    verdict = words.settled(observed(view(), view(url=OTHER_URL)), observed(view()))
    assert verdict.holds is False
    assert subjects(verdict) == [OTHER_URL]


# --- who is who ----------------------------------------------------------------------------------


def quorum(*asked_of: tuple[str | None, str | None, bool]) -> bool:
    """Whether these are a quorum: node and host of each gateway, and whether it answered."""
    observers = tuple(
        Observer(f"http://gateway-{n}:1", node, reachable=answered, host=host)
        for n, (node, host, answered) in enumerate(asked_of)
    )
    return words.missing_observers(Snapshot((view(),), observers, "quorum")) == ()


@pytest.mark.parametrize("times", [2, 3, 5])
def test_a_node_that_is_named_more_than_once_is_one_of_a_quorum(times: int) -> None:
    twins = [(A, "a", True)] * times
    assert not quorum(*twins, (B, "b", False))
    assert not quorum(*twins, (B, "b", False), (C, "c", False))
    assert quorum(*twins, (B, "b", True), (C, "c", False))
    # And one that is silent by all its names is one that is silent.
    assert quorum(*[(A, "a", False)] * times, (B, "b", True), (C, "c", True))
    # One that answers by one of its names has answered.
    assert quorum((A, "a", True), *[(A, "a", False)] * times)


def test_gateways_of_unknown_nodes_at_one_address_may_be_one_or_two() -> None:
    assert not quorum((None, "a", True), (None, "a", True), (None, "b", False))
    assert not quorum((None, "a", True), (None, "a", False), (None, "a", False))
    assert quorum((None, "a", True), (None, "b", True), (None, "c", False))


def test_a_gateway_of_an_unknown_node_may_be_that_of_any_that_is_known() -> None:
    assert not quorum((None, "virtual", True), (A, "a", True), (B, "b", False))
    assert quorum((None, "virtual", True), (A, "a", True), (B, "b", True), (C, "c", False))
    assert not quorum((None, "virtual", False), (A, "a", True))
