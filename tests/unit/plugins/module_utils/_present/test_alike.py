"""What several shards or gateways have in common."""

from __future__ import annotations

from ansible_collections.stemedb.cluster.plugins.module_utils._present.alike import alike


def test_what_shards_or_gateways_have_in_common_is_said_once() -> None:
    reasons = [(f"shard {number}", "has 2 live replicas of 3") for number in (0, 1, 2, 5)]
    reasons += [("shard 7", "has no leader"), ("cluster", "the views differ")]
    reasons += [(f"http://db-0{number}:18181", "says that it is unhealthy") for number in (1, 2, 3)]
    reasons += [("https://db-04:18181", "says that the cluster is degraded")]
    assert alike(reasons) == [
        "shards 0-2,5: each has 2 live replicas of 3",
        "shard 7 has no leader",
        "cluster the views differ",
        "http://db-01:18181 (and 2 more) says that it is unhealthy",
        "https://db-04:18181 says that the cluster is degraded",
    ]


def test_nodes_are_not_counted_together() -> None:
    reasons = [("db-1", "is Suspect"), ("db-2", "is Suspect"), ("db-2", "is Suspect")]
    assert alike(reasons) == ["db-1 is Suspect", "db-2 is Suspect"]
