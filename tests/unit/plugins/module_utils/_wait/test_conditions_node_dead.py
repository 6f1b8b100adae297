"""When a node is dead, and what must not be taken for it."""

from __future__ import annotations

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster import predicates as words
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.readings import (
    Reading,
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
    view,
    without_nodes,
)
from ansible_collections.stemedb.cluster.tests.unit.support.condition_reading import (
    gaps,
    read,
    sections,
    told,
)

# --- node_dead -----------------------------------------------------------------------------------

FULL = cluster(members=nodes(A, B, C, D))
GONE = cluster(members=nodes(A, B, C))


@pytest.mark.parametrize("name", [D, D[:8], "10.0.0.4"])
def test_node_dead_is_listed_as_dead(name: str) -> None:
    assert read("node_dead", name, cluster(members=nodes(A, B, C, D, d="Dead"))) == Reading()


@pytest.mark.parametrize("state", ["Alive", "Suspect", "Leaving", None])
def test_node_dead_is_nothing_less_than_dead(state: str | None) -> None:
    """A stopped node reads Alive for up to a minute, then Suspect."""
    reading = read("node_dead", D, cluster(members=nodes(A, B, C, D, d=state)))
    assert told(reading) == [(D, f"is {state or 'unknown'} at {URL}")]


def test_node_dead_is_dead_in_every_view() -> None:
    dead = view(nodes(A, B, C, D, d="Dead"))
    suspect = view(nodes(A, B, C, D, d="Suspect"), url=OTHER_URL)
    for order in ((dead, suspect), (suspect, dead)):
        reading = read("node_dead", D, observed(*order))
        assert told(reading) == [(D, f"is Suspect at {OTHER_URL}")]
        assert sections(reading) == {words.SUSPECTED}


def test_node_dead_is_gone_once_it_was_seen() -> None:
    assert read("node_dead", D, FULL, GONE) == Reading()
    dead_here = view(nodes(A, B, C, D, d="Dead"))
    assert read("node_dead", D, observed(dead_here, view(url=OTHER_URL))) == Reading()


def test_node_dead_is_gone_where_the_caller_vouches_for_it() -> None:
    assert read("node_dead", D, GONE, expect=(A, B, C, D)) == Reading()


def test_never_seen_is_not_gone() -> None:
    (unmet,) = read("node_dead", D, GONE).unmet
    assert unmet.subject == D
    assert "never seen" in unmet.reason
    assert "expect_nodes" in unmet.reason
    assert read("node_dead", D, GONE, GONE, expect=(A, B, C)).unmet


@pytest.mark.parametrize("name", [D[:8], D[:-1], "10.0.0.4", "10.0.0.4:18182"])
def test_gone_counts_for_a_full_id_only(name: str) -> None:
    (unmet,) = read("node_dead", name, FULL, GONE, expect=(A, B, C, D)).unmet
    assert unmet.subject == name
    assert "full id" in unmet.reason


@pytest.mark.parametrize("left", [(A, B), (A,), ("someone-else", A, B)])
def test_gone_does_not_count_while_another_is_missing_too(left: tuple[str, ...]) -> None:
    """That is a partition, or a gateway that has just begun to list."""
    (unmet,) = read("node_dead", D, FULL, cluster(members=nodes(*left))).unmet
    assert unmet.subject == D
    assert C in unmet.reason
    assert unmet.section == words.PARTITION


def test_all_that_are_missing_are_named_in_order() -> None:
    everybody = cluster(members=nodes("n-e", "n-d", "n-c", "n-b", "n-a", D))
    (unmet,) = read("node_dead", D, everybody, cluster(members=nodes("n-c"))).unmet
    assert unmet.reason.endswith("but neither are n-a, n-b, n-d, n-e")


def test_the_others_are_those_of_the_caller_where_given() -> None:
    left = cluster(members=nodes(A, B))
    assert read("node_dead", D, FULL, left, expect=(A, B)) == Reading()
    assert read("node_dead", D.upper(), FULL, left, expect=(A.upper(), D.upper(), B)) == Reading()
    assert read("node_dead", D, FULL, GONE, expect=(A, B, C, "one-more")).unmet


def test_the_others_are_those_of_the_first_complete_sample() -> None:
    partial = cluster(members=nodes(A, D), node_count=4)
    assert read("node_dead", D, partial, FULL, cluster(members=nodes(A, B))).unmet
    # Whoever joined later may leave again.
    joined = cluster(members=nodes(A, B, C, D, "one-more"))
    assert read("node_dead", D, FULL, joined, GONE) == Reading()


@pytest.mark.parametrize("expect", [(), (D,)])
def test_gone_does_not_count_while_nobody_else_is_known(expect: tuple[str, ...]) -> None:
    before = cluster(members=nodes(A, B, C, D), node_count=None)
    (unmet,) = read("node_dead", D, before, cluster(members=[], node_count=0), expect=expect).unmet
    assert unmet.subject == D
    assert "expect_nodes" in unmet.reason


def test_gone_must_be_gone_from_every_view_alike() -> None:
    half = observed(view(), view(nodes(A, B), url=OTHER_URL))
    (unmet,) = read("node_dead", D, FULL, half).unmet
    assert OTHER_URL in unmet.reason
    without = observed(view(), without_nodes(view(url=OTHER_URL)))
    assert read("node_dead", D, FULL, without).unmet


def test_gone_from_a_partial_view_is_no_success_of_a_wait() -> None:
    partial = cluster(members=nodes(A, B, C), node_count=4)
    assert read("node_dead", D, FULL, partial) == Reading()
    assert gaps(partial)
