"""The words of a gate, one by one, and what must not pass as them."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster import predicates as words
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import (
    Health,
    Snapshot,
)
from ansible_collections.stemedb.cluster.tests.unit.support.builders import (
    OTHER_URL,
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

ABC = frozenset({A, B, C})


def texts(verdict: words.Verdict) -> str:
    return "; ".join(f"{reason.subject} {reason.text}" for reason in verdict.reasons)


def subjects(verdict: words.Verdict) -> list[str]:
    return [reason.subject for reason in verdict.reasons]


# --- live, leaderless, under-replicated, complete ------------------------------------------------


# --- complete view -------------------------------------------------------------------------------


def test_a_view_is_complete() -> None:
    assert words.complete_view(cluster()) == words.YES


@pytest.mark.parametrize("count", [4, 3])
def test_node_count_counts_all_or_those_alive(count: int) -> None:
    members = nodes(A, B, C, D, d="Dead")
    assert words.complete_view(cluster(members=members, node_count=count)).holds is True


INCOMPLETE: list[tuple[Any, str]] = [
    (cluster(node_count=None), "does not say its node_count"),
    (cluster(node_count=2), "lists 3 nodes, 3 Alive, but node_count is 2"),
    (cluster(node_count=4), "lists 3 nodes, 3 Alive, but node_count is 4"),
    (cluster(members=nodes(A, B, C, c="Dead"), node_count=1), "3 nodes, 2 Alive, but node_count"),
    (cluster(members=[]), "lists no nodes"),
    (cluster(members=[], node_count=3), "lists 0 nodes, 0 Alive, but node_count is 3"),
    (observed(without_nodes(view())), "gives no node list"),
    (cluster(members=nodes(A, B, C, b=None)), f"does not say the state of node {B}"),
    (cluster(shard_count=None), "does not say its shard_count"),
    (cluster(shard_count=24), "lists 2 shards, but shard_count is 24"),
    (cluster(shard_count=0), "lists 2 shards, but shard_count is 0"),
    (cluster(shards=[], shard_count=24), "lists 0 shards, but shard_count is 24"),
    (cluster(shards=[]), "reports no shards"),
    (observed(without_shards(view())), "gives no shard list"),
    (observed(view(), view(url=OTHER_URL, shard_count=None)), "does not say its shard_count"),
]


@pytest.mark.parametrize(("snapshot", "text"), INCOMPLETE, ids=[text for _, text in INCOMPLETE])
def test_a_view_is_incomplete(snapshot: Snapshot, text: str) -> None:
    verdict = words.complete_view(snapshot)
    assert verdict.holds is None
    assert text in texts(verdict)
    assert subjects(verdict) == [snapshot.views[-1].url]
    assert words.healthy(snapshot).holds is not True


def test_an_empty_cluster_is_complete_only_where_that_was_said() -> None:
    empty = cluster(shards=[])
    assert words.complete_view(empty, expect_shards=False).holds is True
    assert words.healthy(empty, expect_shards=False).holds is True
    assert words.complete_view(empty).holds is None
    assert words.healthy(empty).holds is None


@pytest.mark.parametrize(
    "snapshot",
    [
        cluster(),
        cluster(shards=[], shard_count=None),
        cluster(shards=[], shard_count=2),
        observed(without_shards(view(shards=[]))),
        observed(view(shards=[]), view(url=OTHER_URL)),
        observed(view(shards=[]), view(shards=[], url=OTHER_URL, shard_count=None)),
        observed(view(shards=[]), missing=[silent()]),
    ],
)
def test_a_cluster_said_to_be_empty_is_so_by_every_observer(snapshot: Snapshot) -> None:
    assert words.complete_view(snapshot, expect_shards=False).holds is None
    assert words.healthy(snapshot, expect_shards=False).holds is not True


def test_an_empty_cluster_without_a_live_node_is_not_healthy() -> None:
    gone = cluster(members=nodes(A, a="Dead"), shards=[])
    assert words.healthy(gone, expect_shards=False).holds is False


# --- healthy -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("health", "says"),
    [
        (Health(200, "healthy"), True),
        (Health(200, "Healthy"), True),
        (Health(200, None), True),
        (Health(200, "degraded"), False),
        (Health(200, "unhealthy"), False),
        (Health(200, "not healthy"), False),
        (Health(200, ""), False),
        (Health(503, None), False),
        (Health(503, "unhealthy"), False),
        (Health(503, "healthy"), False),
        (None, None),
    ],
)
def test_what_the_health_call_says(health: Health | None, says: bool | None) -> None:
    assert words.says_healthy(health) is says
    verdict = words.healthy(cluster(health=health))
    assert verdict.holds is says
    assert subjects(verdict) == ([] if says else [URL])


def test_an_unhealthy_answer_is_told_in_its_own_word() -> None:
    assert "says that it is degraded" in texts(
        words.healthy(cluster(health=Health(200, "degraded")))
    )
    for health in (Health(503, None), Health(503, "healthy")):
        assert "says that it is unhealthy" in texts(words.healthy(cluster(health=health)))


@pytest.mark.parametrize(
    ("word", "holds"), [("healthy", True), (None, True), ("degraded", False), ("unknown", False)]
)
def test_the_status_must_say_healthy_too(word: str | None, holds: bool) -> None:
    assert words.healthy(cluster(word=word)).holds is holds


def test_every_observer_must_say_healthy() -> None:
    for bad in (view(url=OTHER_URL, word="degraded"), view(url=OTHER_URL, health=Health(503))):
        verdict = words.healthy(observed(view(), bad))
        assert verdict.holds is False
        assert subjects(verdict) == [OTHER_URL]
    assert words.healthy(observed(view(), view(url=OTHER_URL, health=None))).holds is None


UNHEALTHY: list[tuple[Any, str]] = [
    (cluster(shards=[shard(3, None)]), "shard 3 has no leader"),
    (cluster(shards=[shard(3, D)]), f"shard 3 is led by node {D}, which is not Alive"),
    (cluster(shards=[shard(3, A, (A, B))]), "shard 3 has 2 live replicas of 3"),
    (cluster(shards=[shard(3, A, ())]), "shard 3 has 0 live replicas of 3"),
    (cluster(members=nodes(A, B, C, c="Suspect")), "shard 0 has 2 live replicas of 3"),
    (observed(view(), view(nodes(A, B, C, c="Dead"), url=OTHER_URL)), f"sees node {C} Dead"),
    (observed(view(), view(shards=[shard(0)], url=OTHER_URL)), "does not list shard 1"),
]


@pytest.mark.parametrize(("snapshot", "text"), UNHEALTHY, ids=[text for _, text in UNHEALTHY])
def test_an_unhealthy_cluster_says_why(snapshot: Snapshot, text: str) -> None:
    verdict = words.healthy(snapshot)
    assert verdict.holds is False
    assert text in texts(verdict)


def test_a_dead_node_that_holds_no_needed_replica_is_no_fault() -> None:
    members = nodes(A, B, C, D, d="Dead")
    assert words.healthy(cluster(members=members)) == words.YES
    extra = [shard(0, A, (A, B, C, D))]
    assert words.healthy(cluster(members=members, shards=extra)) == words.YES


@pytest.mark.parametrize(
    "snapshot",
    [
        cluster(factor=None),
        cluster(factor=0),
        cluster(shards=[shard(0, A, None)]),
        observed(view(), view(url=OTHER_URL, factor=2)),
        observed(view(), view(url=OTHER_URL, factor=None)),
    ],
)
def test_unknown_is_not_healthy(snapshot: Snapshot) -> None:
    verdict = words.healthy(snapshot)
    assert verdict.holds is None
    assert verdict.reasons


def test_what_is_bad_outweighs_what_is_unknown_and_both_are_told() -> None:
    verdict = words.healthy(cluster(factor=None, shards=[shard(0, None)]))
    assert verdict.holds is False
    assert "has no leader" in texts(verdict)
    assert "replication factor is unknown" in texts(verdict)


def test_a_reason_is_given_once() -> None:
    reasons = words.healthy(observed(without_nodes(view()))).reasons
    assert len(set(reasons)) == len(reasons)


# --- leaders elected, fully replicated -----------------------------------------------------------


def test_leaders_are_elected_when_no_shard_is_leaderless() -> None:
    assert words.leaders_elected(cluster()) == words.YES
    verdict = words.leaders_elected(cluster(shards=[shard(0), shard(1, None), shard(2, D)]))
    assert verdict.holds is False
    assert subjects(verdict) == ["shard 1", "shard 2"]
    assert {reason.section for reason in verdict.reasons} == {words.ELECTION}


def test_a_leader_must_be_alive_in_every_view() -> None:
    snapshot = observed(view(), view(nodes(A, B, C, a="Suspect"), url=OTHER_URL))
    assert subjects(words.leaders_elected(snapshot)) == ["shard 0"]


def test_all_is_replicated_when_no_shard_is_under_replicated() -> None:
    assert words.fully_replicated(cluster()) == words.YES
    verdict = words.fully_replicated(cluster(shards=[shard(0), shard(7, A, (A, B, D))]))
    assert verdict.holds is False
    assert texts(verdict) == "shard 7 has 2 live replicas of 3"
    assert verdict.reasons[0].section == words.REBALANCING


@pytest.mark.parametrize("factor", [None, 0])
def test_without_a_factor_replication_is_unknown(factor: int | None) -> None:
    verdict = words.fully_replicated(cluster(factor=factor))
    assert verdict.holds is None
    assert subjects(verdict) == [words.CLUSTER]


def test_one_shard_without_known_replicas_leaves_replication_unknown() -> None:
    verdict = words.fully_replicated(cluster(shards=[shard(0), shard(5, A, None)]))
    assert verdict.holds is None
    assert subjects(verdict) == ["shard 5"]
    worse = words.fully_replicated(cluster(shards=[shard(5, A, None), shard(6, A, (A,))]))
    assert worse.holds is False
    assert subjects(worse) == ["shard 6", "shard 5"]


def test_one_view_that_sees_too_few_replicas_is_enough() -> None:
    """Also where another view sees the same shard without a leader, which is worse in its way."""
    thin = view(shards=[shard(0, A, (A,))])
    leaderless = view(shards=[shard(0, None)], url=OTHER_URL)
    for order in ((thin, leaderless), (leaderless, thin)):
        assert words.fully_replicated(observed(*order)).holds is False
        assert words.leaders_elected(observed(*order)).holds is False
