"""When a replica is complete: by its worst view, against its leader's size."""

from __future__ import annotations

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import (
    Replica,
    Shard,
    View,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.replication import (
    REPLICATED_FRACTION,
    complete,
    fraction_problem,
    leader_size,
    replica_size,
)
from ansible_collections.stemedb.cluster.tests.unit.support.builders import (
    OTHER_URL,
    URL,
    A,
    B,
    D,
    detail,
    observed,
    view,
)


@pytest.mark.parametrize(
    ("size", "leader_first", "expected"),
    [
        (100, 100, True),
        (95, 100, True),
        (94, 100, False),
        (120, 100, True),
        (0, 100, False),
        (0, 1, False),
        (0, 0, True),
        (7, 0, True),
        (None, 0, None),
        (None, 100, None),
        (100, None, None),
        (0, None, None),
        (None, None, None),
    ],
)
def test_a_replica_is_complete_at_a_fraction_of_its_leader(
    size: int | None, leader_first: int | None, expected: bool | None
) -> None:
    assert complete(size, leader_first, REPLICATED_FRACTION) is expected


@pytest.mark.parametrize(
    ("found", "size"),
    [
        (detail(0, A, a=100, b=7), 100),
        (Shard(0, A, None, 90, (Replica(A, None, 100), Replica(B, None, 7))), 100),
        # The lead was just handed over: what a replica still claims does not count.
        (Shard(0, B, None, None, (Replica(A, "leader", 0), Replica(B, "leader", 100))), 100),
        (Shard(0, None, None, None, (Replica(A, "leader", 100), Replica(B, "follower", 7))), 100),
        (Shard(0, None, None, 90, (Replica(A, "leader", 0), Replica(B, "leader", 9))), None),
        # The leader's own size is unknown, but the shard's is told.
        (Shard(0, A, None, 90, (Replica(A, "leader", None), Replica(B, None, 7))), 90),
        (Shard(0, A, None, 90, (Replica(B, None, 7),)), 90),
        (Shard(0, A, None, 90), 90),
        (Shard(0, A, None, None, (Replica(B, None, 7),)), None),
        # Nobody leads: nobody knows how much there should be, least of all 0.
        (Shard(0, None, None, 0, (Replica(B, None, 7),)), None),
    ],
)
def test_the_leaders_size(found: Shard, size: int | None) -> None:
    assert leader_size(found) == size


def test_the_fraction_is_the_callers() -> None:
    assert complete(95, 100, 1.0) is False
    assert complete(50, 100, 0.5) is True


@pytest.mark.parametrize(
    ("fraction", "problem"),
    [(0.95, None), (1, None), (1e-9, None), (0, "(0)"), (-1, "(-1)"), (1.5, "(1.5)")],
)
def test_a_fraction_is_more_than_nothing_and_at_most_all(
    fraction: float, problem: str | None
) -> None:
    found = fraction_problem(fraction)
    text = f"replicated_fraction {problem} must be more than 0, at most 1"
    assert found == (problem and text)
    assert fraction_problem(float("nan")) is not None


# --- one replica in all views --------------------------------------------------------------------


def told(*details: Shard, url: str = URL) -> View:
    return view(url=url, details=details)


def test_a_size_is_the_smallest_of_all_views() -> None:
    full, half = told(detail(0, A, a=100, d=100)), told(detail(0, A, a=100, d=50), url=OTHER_URL)
    for order in ((full, half), (half, full)):
        assert replica_size(observed(*order), 0, D, {}, REPLICATED_FRACTION) == (50, 100, False)


@pytest.mark.parametrize(
    "other",
    [
        told(url=OTHER_URL),
        told(detail(0, A, a=100), url=OTHER_URL),
        told(detail(0, A, a=100, d=None), url=OTHER_URL),
        told(Shard(0, A, None, 100, None), url=OTHER_URL),
    ],
)
def test_a_size_that_one_view_does_not_know_is_unknown(other: View) -> None:
    full = told(detail(0, A, a=100, d=100))
    for order in ((full, other), (other, full)):
        size = replica_size(observed(*order), 0, D, {}, REPLICATED_FRACTION)
        assert (size.have, size.complete) == (None, None)
