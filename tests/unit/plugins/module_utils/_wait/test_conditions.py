"""Each condition of a wait: met, unmet with subject, reason and section, unknown."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster import predicates as words
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import (
    Health,
    Node,
    Snapshot,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.readings import (
    Reading,
    Settings,
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
from ansible_collections.stemedb.cluster.tests.unit.support.condition_reading import (
    gaps,
    read,
    remembered,
    sections,
    told,
)

# --- the view ------------------------------------------------------------------------------------


def test_an_incomplete_view_is_unmet_as_complete_view() -> None:
    assert gaps(cluster()) == ()
    (unmet,) = gaps(cluster(node_count=None))
    assert unmet == ("complete_view", URL, "does not say its node_count", "")
    assert gaps(cluster(shards=[]))
    assert not gaps(cluster(shards=[]), Settings(expect_shards=False))
    assert gaps(cluster(), Settings(expect_shards=False))


# --- node_alive ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [B, B[:4], "10.0.0.2", "10.0.0.2:18182"])
def test_node_alive_is_alive_in_every_view(name: str) -> None:
    assert read("node_alive", name, observed(view(), view(url=OTHER_URL))) == Reading()


@pytest.mark.parametrize("state", ["Suspect", "Dead", "Leaving", "alive"])
def test_node_alive_in_one_view_only_names_the_other(state: str) -> None:
    other = view(nodes(A, B, C, b=state), url=OTHER_URL)
    for order in ((view(), other), (other, view())):
        reading = read("node_alive", B, observed(*order))
        assert told(reading) == [(B, f"is {state} at {OTHER_URL}")]
        assert sections(reading) == {words.SUSPECTED if state == "Suspect" else ""}


def test_node_alive_of_an_unknown_state() -> None:
    assert told(read("node_alive", B, cluster(members=nodes(A, B, C, b=None)))) == [
        (B, f"is unknown at {URL}")
    ]


def test_node_alive_must_be_listed_by_every_view() -> None:
    views = observed(view(), view(nodes(A, C), url=OTHER_URL))
    assert told(read("node_alive", B, views)) == [(B, f"is not listed at {OTHER_URL}")]
    without = observed(view(), without_nodes(view(url=OTHER_URL)))
    assert told(read("node_alive", B, without)) == [(B, f"is not listed at {OTHER_URL}")]


def test_node_alive_of_nobody() -> None:
    """Others that join or leave do not make up for it: nodes are named, not counted."""
    reading = read("node_alive", D, cluster(members=nodes(A, B, C, "another-id")))
    assert told(reading) == [(D, "is not listed as a member")]
    assert read("node_alive", "10.0.0.1", cluster(members=[Node(A, "10.0.0.12:1", "Alive")])).unmet
    assert read("node_alive", "node-1", cluster(members=[Node("node-10", None, "Alive")])).unmet


def test_an_ambiguous_node_is_an_error() -> None:
    twins = cluster(members=nodes("a3f2-one", "a3f2-two"))
    with pytest.raises(StemeDBError, match="a3f2-two") as refused:
        read("node_alive", "a3f2", twins)
    assert refused.value.code == "config"


def test_a_full_id_that_is_gone_does_not_become_a_prefix() -> None:
    before = cluster(members=nodes("east", "west"))
    now = cluster(members=nodes("east-2", "west"))
    assert told(read("node_alive", "east", before, now)) == [("east", "is not listed as a member")]
    reading = read("node_alive", "east", now, expect=("east",))
    assert told(reading) == [("east", "is not listed as a member")]
    dead = cluster(members=nodes("east-2", "west", e="Dead"))
    assert "was never seen" in told(read("node_dead", "east-", dead, before))[0][1]


# --- node_has_shards -----------------------------------------------------------------------------


@pytest.mark.parametrize(("least", "met"), [(1, True), (2, True), (3, False)])
def test_node_has_shards_counts_its_replicas(least: int, met: bool) -> None:
    reading = read("node_has_shards", (A, least), cluster(shards=[shard(0), shard(1, B)]))
    assert told(reading) == ([] if met else [(A, "holds 2 replicas, at least 3 required")])
    assert reading.numbers is not None
    assert reading.numbers[:5] == ("node_has_shards", A, "replicas assigned", 2, least)
    assert sections(reading) <= {words.REBALANCING}


def test_node_has_shards_by_the_view_that_sees_fewest() -> None:
    fewer = view(shards=[shard(0), shard(1, B, (B, C))], url=OTHER_URL)
    for order in ((view(), fewer), (fewer, view())):
        assert read("node_has_shards", (A, 2), observed(*order)).unmet
        assert not read("node_has_shards", (A, 1), observed(*order)).unmet


@pytest.mark.parametrize(
    "snapshot",
    [
        cluster(members=nodes(A, B, C, D)),
        cluster(members=nodes(A, B, C, D), shards=[]),
        cluster(members=nodes(A, B, C, D), shards=[shard(0, D, None)]),
        cluster(members=nodes(A, B, C, D), shards=[shard(0, D, (A, B))]),
        observed(without_shards(view(nodes(A, B, C, D)))),
    ],
)
@pytest.mark.parametrize("expect_shards", [True, False])
def test_node_has_no_shards(snapshot: Snapshot, expect_shards: bool) -> None:
    """Leading a shard without a replica of it is none, and none is none in an empty cluster too."""
    reading = read("node_has_shards", (D, 1), snapshot, expect_shards=expect_shards)
    assert told(reading) == [(D, "holds 0 replicas, at least 1 required")]


def test_node_has_shards_of_nobody() -> None:
    assert told(read("node_has_shards", (D, 1), cluster())) == [(D, "is not listed as a member")]


# --- leaders_elected -----------------------------------------------------------------------------

LEADERLESS = cluster(shards=[shard(0), shard(5, None), shard(3, D), shard(7)])


def test_leaders_elected() -> None:
    reading = read("leaders_elected", True, cluster())
    assert reading.unmet == ()
    assert reading.numbers is not None
    assert (reading.numbers.have, reading.numbers.goal, reading.numbers.shards) == (2, 2, ())


def test_leaders_elected_names_each_leaderless_shard() -> None:
    reading = read("leaders_elected", True, LEADERLESS)
    assert told(reading) == [
        ("shard 5", "has no leader"),
        ("shard 3", f"is led by node {D}, which is not Alive"),
    ]
    assert sections(reading) == {words.ELECTION}
    assert reading.numbers is not None
    assert (reading.numbers.have, reading.numbers.goal, reading.numbers.shards) == (2, 4, (3, 5))


@pytest.mark.parametrize(
    ("named", "unmet"), [((0, 7), []), ((0, 5), ["shard 5"]), ((3,), ["shard 3"])]
)
def test_leaders_elected_of_named_shards(named: tuple[int, ...], unmet: list[str]) -> None:
    reading = read("leaders_elected", named, LEADERLESS)
    assert [thing.subject for thing in reading.unmet] == unmet
    assert reading.notes == ()


def test_a_named_shard_that_is_gone_is_reported_and_not_waited_for() -> None:
    reading = read("leaders_elected", (0, 99), cluster())
    assert reading.unmet == ()
    assert reading.notes == ("shard 99 is gone from the cluster",)


def test_a_partial_view_says_of_no_shard_that_it_is_gone() -> None:
    partial = cluster(shard_count=24)
    assert read("leaders_elected", (99,), partial).notes == ()
    assert gaps(partial)


def test_a_shard_that_one_view_still_lists_is_not_gone() -> None:
    views = observed(view(), view(shards=[shard(0), shard(9, None)], url=OTHER_URL))
    reading = read("leaders_elected", (9,), views)
    assert told(reading) == [("shard 9", "has no leader")]
    assert reading.notes == ()


# --- fully_replicated ----------------------------------------------------------------------------


def test_fully_replicated() -> None:
    reading = read("fully_replicated", True, cluster())
    assert reading.unmet == ()
    assert reading.numbers is not None
    assert reading.numbers[:5] == (
        "fully_replicated",
        words.CLUSTER,
        "shards fully replicated",
        2,
        2,
    )


def test_fully_replicated_names_each_shard_that_is_not() -> None:
    thin = cluster(shards=[shard(0), shard(4, A, (A, B)), shard(2, A, None)])
    reading = read("fully_replicated", True, thin)
    assert told(reading) == [
        ("shard 4", "has 2 live replicas of 3"),
        ("shard 2", "does not say where its replicas are"),
    ]
    assert reading.numbers is not None
    assert (reading.numbers.have, reading.numbers.goal, reading.numbers.shards) == (1, 3, (2, 4))


@pytest.mark.parametrize("factor", [None, 0])
def test_fully_replicated_without_a_factor_is_unknown_and_not_counted(factor: int | None) -> None:
    reading = read("fully_replicated", True, cluster(factor=factor))
    assert [thing.subject for thing in reading.unmet] == [words.CLUSTER]
    assert reading.numbers is None


# --- shards_settled, views_agree, healthy --------------------------------------------------------


def test_shards_settled_needs_a_sample_before() -> None:
    assert read("shards_settled", True, cluster()).unmet
    assert read("shards_settled", True, cluster(), cluster()) == Reading()


def test_shards_settled_names_what_changed() -> None:
    reading = read("shards_settled", True, cluster(), cluster(shards=[shard(0, B), shard(1, B)]))
    assert told(reading) == [(URL, f"sees shard 0 led by {B}, the sample before by {A}")]
    assert sections(reading) == {words.REBALANCING}


def test_views_agree() -> None:
    assert read("views_agree", True, observed(view(), view(url=OTHER_URL))) == Reading()
    reading = read("views_agree", True, observed(view(), view(nodes(A, B), url=OTHER_URL)))
    assert told(reading) == [(OTHER_URL, f"sees node {C} not listed, {URL} Alive")]
    assert sections(reading) == {words.PARTITION}
    assert read("views_agree", True, observed(view(), missing=[silent()])).unmet


@pytest.mark.parametrize("name", ["views_agree", "healthy"])
def test_versions_may_differ_for_one_sample(name: str) -> None:
    same = observed(view(), view(url=OTHER_URL))
    apart = observed(view(), view(url=OTHER_URL, version=42))
    unknown = observed(view(), view(url=OTHER_URL, version=None))
    assert read(name, True, apart) == Reading()
    assert read(name, True, same, apart) == Reading()
    assert read(name, True, apart, same) == Reading()
    for lasting in ((apart, apart), (apart, unknown), (same, unknown, apart)):
        (unmet,) = read(name, True, *lasting).unmet
        assert unmet.condition == name
        assert unmet.subject == words.CLUSTER
        assert f"{OTHER_URL}: " in unmet.reason
        assert unmet.section == words.PARTITION


def test_healthy() -> None:
    assert read("healthy", True, cluster()) == Reading()
    reading = read("healthy", True, cluster(health=Health(503, "degraded")))
    assert told(reading) == [(URL, "says that it is degraded")]
    assert read("healthy", True, cluster(shards=[], factor=3)).unmet
    assert read("healthy", True, cluster(shards=[]), expect_shards=False) == Reading()
    assert read("healthy", True, cluster(), expect_shards=False).unmet


# --- what is unknown passes nowhere --------------------------------------------------------------

UNKNOWN = {
    "no node list": without_nodes(view()),
    "no node_count": view(node_count=None),
    "a null state": view(nodes(A, B, C, b=None)),
    "no shard list": without_shards(view()),
    "no shard_count": view(shard_count=None),
    "no shards": view(shards=[]),
    "fewer shards than counted": view(shard_count=3),
    "fewer nodes than counted": view(node_count=7),
}

ALL: list[tuple[str, Any]] = [
    ("healthy", True),
    ("node_alive", A),
    ("node_dead", A),
    ("node_has_shards", (A, 1)),
    ("node_replicated", A),
    ("leaders_elected", True),
    ("leaders_elected", (0,)),
    ("fully_replicated", True),
    ("shards_settled", True),
    ("views_agree", True),
]


@pytest.mark.parametrize("lacking", UNKNOWN)
@pytest.mark.parametrize(("name", "argument"), ALL)
def test_nothing_holds_in_an_incomplete_sample(name: str, argument: Any, lacking: str) -> None:
    """Alone or beside a complete one, as a wait reads it: view and condition together."""
    one = UNKNOWN[lacking]
    for snapshot in (observed(one), observed(view(url=OTHER_URL), one)):
        unmet = gaps(snapshot) + read(name, argument, snapshot).unmet
        assert URL in {thing.subject for thing in unmet}


# --- memory --------------------------------------------------------------------------------------


def test_all_ids_ever_listed_are_remembered() -> None:
    memory = remembered(cluster(members=nodes(A, B)), cluster(members=nodes(C), node_count=9))
    assert memory.seen == {A, B, C}
    assert memory.first_nodes == {A, B}


def test_the_first_complete_sample_stays_the_first() -> None:
    assert remembered(cluster(node_count=9)).first_nodes is None
    memory = remembered(cluster(node_count=9), cluster(members=nodes(A, B)), cluster())
    assert memory.first_nodes == {A, B}
    assert remembered(cluster(shards=[])).first_nodes is None
    empty = Settings(expect_shards=False)
    assert remembered(cluster(shards=[]), settings=empty).first_nodes == {A, B, C}


def test_the_sample_before_is_the_last_one() -> None:
    last = cluster(members=nodes(A))
    assert remembered(cluster(), last).previous is last
