"""Whether a cluster that should be changing does change."""

from __future__ import annotations

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import (
    DEAD,
    SUSPECT,
    Snapshot,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._debug_export.watched import (
    is_unsettled,
    note,
    watched,
)
from ansible_collections.stemedb.cluster.tests.unit.support.builders import (
    OTHER_URL,
    A,
    B,
    C,
    D,
    cluster,
    nodes,
    observed,
    shard,
    view,
)

SUSPECTED = cluster(members=nodes(A, B, C, c=SUSPECT))


@pytest.mark.parametrize(
    "snapshot",
    [
        SUSPECTED,
        cluster(shards=[shard(0, None)]),
        cluster(members=nodes(A, B, C, c=DEAD)),
        # D has no shards yet.
        cluster(members=nodes(A, B, C, D), shards=[shard(0), shard(1)]),
        cluster(members=nodes(A, B, C, D), shards=[shard(0)], factor=None),
        observed(view(), view(nodes(A, B), url=OTHER_URL)),
        # Of what is unknown nobody can say that it is settled.
        observed(view(shards=[shard(0, A, None)]), view(url=OTHER_URL)),
    ],
)
def test_what_should_change_by_itself(snapshot: Snapshot) -> None:
    assert is_unsettled(snapshot)


@pytest.mark.parametrize(
    "snapshot",
    [
        cluster(),
        observed(view(), view(url=OTHER_URL)),
        # A cluster without shards has none to assign.
        cluster(shards=[]),
        # One shard of three replicas leaves one of four nodes without any.
        cluster(members=nodes(A, B, C, D), shards=[shard(0)]),
    ],
)
def test_what_is_settled(snapshot: Snapshot) -> None:
    assert not is_unsettled(snapshot)


def test_one_sample_tells_what_is_now() -> None:
    assert watched([note(0.0, SUSPECTED)]) == {
        "seconds": 0.0,
        "samples": 1,
        "meta_version": {"first": 41, "last": 41},
        "suspect": {C: 0.0},
        "error": None,
    }


def test_a_node_is_suspect_since_it_was_so_in_every_sample() -> None:
    both = cluster(members=nodes(A, B, C, b=SUSPECT, c=SUSPECT), version=43)
    notes = [note(0.0, SUSPECTED), note(2.0, cluster()), note(4.1, SUSPECTED), note(6.25, both)]
    found = watched(notes)
    assert found["seconds"] == 6.2
    assert found["samples"] == 4
    assert found["suspect"] == {B: 0.0, C: 2.2}
    assert found["meta_version"] == {"first": 41, "last": 43}


def test_of_several_views_the_highest_meta_version_counts() -> None:
    ahead = observed(view(version=None), view(version=44, url=OTHER_URL))
    assert note(0.0, ahead).meta_version == 44
    assert note(0.0, cluster(version=None)).meta_version is None
