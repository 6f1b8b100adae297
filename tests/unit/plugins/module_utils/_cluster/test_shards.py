"""What is true of one shard, and what stays unknown of it."""

from __future__ import annotations

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster import shards as words
from ansible_collections.stemedb.cluster.tests.unit.support.builders import (
    A,
    B,
    C,
    D,
    shard,
)

ABC = frozenset({A, B, C})


@pytest.mark.parametrize(
    ("replicas", "live"),
    [((A, B, C), 3), ((A, D), 1), ((D,), 0), ((), 0), (None, None)],
)
def test_live_replicas_are_on_nodes_that_are_alive(
    replicas: tuple[str, ...] | None, live: int | None
) -> None:
    """D is listed nowhere: its replica is a fact, but not live."""
    assert words.live_replicas(shard(0, A, replicas), ABC) == live


def test_a_leader_that_is_no_replica_is_no_live_replica() -> None:
    odd = shard(0, A, (B, C))
    assert words.live_replicas(odd, ABC) == 2
    assert words.under_replicated(odd, ABC, 3) is True
    assert words.leaderless(odd, ABC) is False


@pytest.mark.parametrize(("leader", "is_leaderless"), [(A, False), (D, True), (None, True)])
def test_leaderless_is_without_a_leader_that_is_alive(
    leader: str | None, is_leaderless: bool
) -> None:
    assert words.leaderless(shard(0, leader), ABC) is is_leaderless


@pytest.mark.parametrize(
    ("replicas", "factor", "under"),
    [
        ((A, B, C), 3, False),
        ((A, B, C), 2, False),
        ((A, B), 3, True),
        ((A, B, D), 3, True),
        ((), 1, True),
        ((A, B, C), None, None),
        (None, 3, None),
        ((), 0, None),
        ((A, B, C), 0, None),
    ],
)
def test_under_replicated_is_fewer_live_replicas_than_the_factor(
    replicas: tuple[str, ...] | None, factor: int | None, under: bool | None
) -> None:
    assert words.under_replicated(shard(0, A, replicas), ABC, factor) is under
