"""Whether what will be moved to a host fits there."""

from __future__ import annotations

from typing import Any, Optional

import pytest
from ansible_collections.stemedb.cluster.tests.unit.support.preflight_facts import (
    SHARDS,
    good,
    judged,
    kinds,
)


def wanted(
    free: float, shards: Any = tuple(SHARDS), factor: Optional[int] = 3, **settings: Any
) -> list[tuple[str, str]]:
    """The findings with this many GB free, and these shards in the cluster."""
    facts = good()._replace(shards=None if shards is None else list(shards))
    assert facts.cluster is not None
    facts.cluster["cluster"].update(replication_factor=factor)
    facts.probe["free_space"][0]["free_bytes"] = round(free * 10**9)
    return kinds(facts, **{"min_free_disk_gb": 0, **settings})


TOO_LITTLE, UNKNOWN = [("error", "shard_space")], [("error", "unknown_shard_space")]


def test_a_share_of_all_replicas_and_headroom_have_to_fit() -> None:
    # 30 GB in three replicas on four nodes are 22.5 GB on each.
    assert wanted(22.5, disk_headroom=0) == []
    assert wanted(22.4, disk_headroom=0) == TOO_LITTLE
    assert wanted(33.8) == []
    assert wanted(33.7) == TOO_LITTLE
    assert wanted(45.1, disk_headroom=1) == []
    assert wanted(44.9, disk_headroom=1) == TOO_LITTLE


def test_the_sentence_says_how_it_is_computed() -> None:
    facts = good()
    facts.probe["free_space"][0].update(free_bytes=33 * 10**9, checked_path="/mnt")
    (found,) = judged(facts, min_free_disk_gb=1)
    assert found.subject == "/data"
    for words in (
        "33.0 GB free at /mnt, 33.8 GB required",
        "of 30.0 GB in 3 shards, 3 replicas each, about 22.5 GB will lie here",
        "as one of 4 nodes, and 50% more",
    ):
        assert words in found.detail


def test_more_replicas_than_nodes_are_all_shards_once() -> None:
    assert wanted(30, factor=9, disk_headroom=0) == []
    assert wanted(29.9, factor=9, disk_headroom=0) == TOO_LITTLE


def test_a_shard_is_not_divided() -> None:
    sizes = (25, 1, 1)
    shards = [dict(shard, size_bytes=size * 10**9) for shard, size in zip(SHARDS, sizes)]
    assert wanted(25, shards, factor=1, disk_headroom=0) == []
    assert wanted(24.9, shards, factor=1, disk_headroom=0) == TOO_LITTLE


def test_dead_members_hold_nothing_and_the_host_counts_once() -> None:
    facts = good()
    assert facts.members is not None
    facts.probe["free_space"][0]["free_bytes"] = 29 * 10**9
    facts.members[1]["state"] = "Dead"
    settings = {"min_free_disk_gb": 0, "disk_headroom": 0}
    assert ("error", "shard_space") in kinds(facts, **settings)
    facts.members.append({"node_id": "id-5", "address": "10.0.0.5:1", "state": "Alive"})
    assert ("error", "shard_space") not in kinds(facts, **settings)
    # The same as a member that comes back, by its id or by its address: three nodes as before.
    facts.members[-1].update(node_id="id-4", address="10.0.0.4:18182")
    assert ("error", "shard_space") not in kinds(facts, **settings, node_id="id-9")
    facts.probe["ports"].append({**facts.probe["ports"][0], "host": "node-04"})
    facts.probe["ports"][-1]["addresses"] = ["10.0.0.4"]
    assert ("error", "shard_space") in kinds(facts, **settings)
    facts.members[-1].update(address=None)
    assert ("error", "shard_space") in kinds(facts, **settings, node_id="id-4")


def test_what_a_member_that_comes_back_holds_needs_no_more_space() -> None:
    facts = good()
    assert facts.shards is not None
    facts.probe["free_space"][0]["free_bytes"] = 14 * 10**9
    facts.probe["node_id_file"].update(exists=True, node_id="id-4")
    for shard in facts.shards[:2]:
        shard["replica_nodes"].append("id-4")
    settings: dict[str, Any] = {"min_free_disk_gb": 0}
    # With an empty disk it holds nothing, whatever the cluster thinks.
    assert TOO_LITTLE[0] in kinds(facts, **settings)
    facts.probe["data_dir"].update(empty=False)
    assert kinds(facts, **settings) == []


@pytest.mark.parametrize("free", [0, 10**6])
def test_what_is_not_known_is_an_error_however_much_is_free(free: float) -> None:
    one = [dict(SHARDS[0], size_bytes=None), *SHARDS[1:]]
    assert wanted(free, None) == UNKNOWN
    assert wanted(free, one) == UNKNOWN
    assert wanted(free, factor=None) == UNKNOWN
    # A list that is cut off, or empty where the gateway counts some, is not the list.
    assert wanted(free, SHARDS[:2]) == UNKNOWN
    assert wanted(free, []) == UNKNOWN


@pytest.mark.parametrize(
    ("shards", "count", "words"),
    [
        (None, 3, "does not list the shards"),
        (SHARDS[:2], 3, "lists 2 shards and counts 3"),
        (SHARDS, None, "lists 3 shards and counts ?"),
        ([dict(SHARDS[0], size_bytes=None), *SHARDS[1:]], 3, "size of 1 shards, such as 0"),
    ],
)
def test_it_is_said_what_is_missing(shards: Any, count: Optional[int], words: str) -> None:
    facts = good()._replace(shards=shards)
    assert facts.cluster is not None
    facts.cluster["cluster"]["shard_count"] = count
    (found,) = judged(facts)
    assert words in found.detail


def test_a_cluster_that_says_it_has_no_shards_needs_no_space() -> None:
    facts = good()._replace(shards=[])
    assert facts.cluster is not None
    facts.cluster["cluster"]["shard_count"] = 0
    assert judged(facts) == []


def test_an_unknown_disk_or_cluster_is_a_finding_of_another_kind() -> None:
    facts = good()
    facts.probe["free_space"] = None
    assert kinds(facts) == [("error", "unknown_disk_space")]
    assert kinds(good()._replace(cluster=None, shards=None)) == [("error", "unknown_cluster")]
