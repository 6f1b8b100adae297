"""Results as they are documented: unknown is null, never 0, [] or healthy."""

from __future__ import annotations

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import (
    Node,
    Snapshot,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._present import results as present
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
    silent,
    view,
    without_nodes,
    without_shards,
)
from ansible_collections.stemedb.cluster.tests.unit.support.presented import MIXED, refused

# --- cluster -------------------------------------------------------------------------------------


def test_a_cluster() -> None:
    assert present.cluster(cluster()) == {
        "name": "prod",
        "status": "healthy",
        "healthy": True,
        "unhealthy_reasons": [],
        "node_count": 3,
        "shard_count": 2,
        "replication_factor": 3,
        "meta_version": 41,
        "nodes_by_state": {"Alive": 3, "Suspect": 0, "Dead": 0, "other": 0},
        "leaderless_shards": [],
        "under_replicated_shards": [],
        "views_agree": True,
    }


def test_a_cluster_with_faults_lists_them_sorted() -> None:
    found = present.cluster(MIXED)
    assert found["healthy"] is False
    assert found["leaderless_shards"] == [3, 5]
    assert found["under_replicated_shards"] == [0, 3]
    assert found["nodes_by_state"] == {"Alive": 3, "Suspect": 0, "Dead": 1, "other": 0}
    assert "shard 3 has no leader" in found["unhealthy_reasons"]


@pytest.mark.parametrize(
    ("snapshot", "null"),
    [
        (observed(without_nodes(view())), ["nodes_by_state", "leaderless_shards", "views_agree"]),
        (observed(without_nodes(view())), ["under_replicated_shards"]),
        (observed(without_shards(view())), ["leaderless_shards", "under_replicated_shards"]),
        (cluster(shard_count=24), ["leaderless_shards", "under_replicated_shards", "healthy"]),
        (cluster(shards=[], shard_count=24), ["leaderless_shards", "under_replicated_shards"]),
        (cluster(shard_count=None), ["leaderless_shards", "under_replicated_shards"]),
        (cluster(shards=[shard(0, A, None)]), ["under_replicated_shards", "views_agree"]),
        (cluster(factor=None), ["replication_factor", "under_replicated_shards", "healthy"]),
        (cluster(factor=0), ["under_replicated_shards", "healthy"]),
        (cluster(node_count=None), ["node_count", "healthy"]),
        (cluster(version=None), ["meta_version"]),
        (cluster(word=None), ["status"]),
        (cluster(health=None), ["healthy"]),
        (cluster(shards=[]), ["healthy"]),
        (observed(view(), missing=[silent()]), ["healthy", "views_agree"]),
    ],
)
def test_what_is_unknown_of_a_cluster_is_null(snapshot: Snapshot, null: list[str]) -> None:
    found = present.cluster(snapshot)
    assert {key: found[key] for key in null} == dict.fromkeys(null)


def test_an_empty_cluster_has_no_faulty_shards_but_is_not_called_healthy() -> None:
    found = present.cluster(cluster(shards=[]))
    assert (found["leaderless_shards"], found["shard_count"]) == ([], 0)
    assert found["unhealthy_reasons"] != []


def test_observers_that_differ_leave_their_facts_null() -> None:
    other = view(url=OTHER_URL, word="degraded", version=42, node_count=9, factor=2)
    found = present.cluster(observed(view(), other))
    for key in ("status", "meta_version", "node_count", "replication_factor"):
        assert found[key] is None
    assert found["name"] == "prod"
    assert found["healthy"] is False


def test_a_shard_list_that_one_observer_cuts_short_is_unknown() -> None:
    found = present.cluster(observed(view(), view(url=OTHER_URL, shard_count=3)))
    assert found["leaderless_shards"] is None


def test_reasons_are_bounded() -> None:
    many = cluster(shards=[shard(n, f"{n:08x}-gone") for n in range(500)])
    assert len(present.cluster(many)["unhealthy_reasons"]) == 100


def test_what_shards_have_in_common_is_one_reason() -> None:
    many = cluster(shards=[shard(n, None) for n in range(500)])
    assert "shards 0-499: each has no leader" in present.cluster(many)["unhealthy_reasons"]


@pytest.mark.parametrize("word", ["Leaving", "alive", "", None])
def test_other_words_and_unknown_states_are_counted_as_other(word: str | None) -> None:
    count = present.nodes_by_state([Node(A, None, "Alive"), Node(B, None, word)])
    assert count == {"Alive": 1, "Suspect": 0, "Dead": 0, "other": 1}


def test_each_node_counts_in_its_worst_view() -> None:
    both = observed(view(), view(nodes(A, B, C, b="Dead"), url=OTHER_URL))
    assert present.cluster(both)["nodes_by_state"]["Dead"] == 1


# --- nodes ---------------------------------------------------------------------------------------


def test_nodes_are_sorted_with_what_they_hold_and_lead() -> None:
    found = present.nodes(MIXED)
    assert [node["node_id"] for node in found] == [A, B, C, D]
    assert found[1] == {
        "node_id": B,
        "address": "10.0.0.3:18182",
        "state": "Alive",
        "incarnation": 1,
        "shards": [0, 3, 5, 7],
        "leader_shards": [7],
        "follower_shards": [0, 3, 5],
    }
    # A leader that is no replica leads, but holds nothing.
    assert (found[3]["shards"], found[3]["leader_shards"]) == ([0], [5])


@pytest.mark.parametrize(
    ("role", "listed"), [("any", [0, 3, 5, 7]), ("leader", [7]), ("follower", [0, 3, 5])]
)
def test_a_role_chooses_which_replicas_are_listed(role: str, listed: list[int]) -> None:
    (found,) = present.nodes(MIXED, B, role=role)
    assert found["shards"] == listed
    assert found["leader_shards"] == [7]


def test_states_choose_nodes_without_regard_to_case() -> None:
    assert [n["node_id"] for n in present.nodes(MIXED, states=["dead"])] == [D]
    assert len(present.nodes(MIXED, states=["Dead", "ALIVE"])) == 4
    assert present.nodes(MIXED, states=["Suspect"]) == []
    unknown = cluster(members=nodes(A, a=None))
    assert present.nodes(unknown, states=["none"]) == []
    assert present.nodes(unknown)[0]["state"] is None


@pytest.mark.parametrize("name", [B, B[:6], "10.0.0.3", "10.0.0.3:18182"])
def test_a_node_is_chosen_by_its_name(name: str) -> None:
    assert [node["node_id"] for node in present.nodes(MIXED, name)] == [B]


def test_a_node_that_is_not_there_is_not_found() -> None:
    assert "ffffffff" in refused("not_found", present.nodes, MIXED, "ffffffff")
    assert present.nodes(MIXED, B, states=["Dead"]) == []


def test_shards_that_are_not_told_are_null() -> None:
    half_lost = observed(view(), without_shards(view(url=OTHER_URL)))
    assert present.nodes(half_lost, A)[0]["shards"] is None
    (lost,) = present.nodes(observed(without_shards(view())), A)
    assert (lost["shards"], lost["leader_shards"], lost["follower_shards"]) == (None, None, None)
    unplaced = cluster(shards=[shard(0), shard(1, A, None), shard(2, B)])
    (half,) = present.nodes(unplaced, A)
    assert (half["shards"], half["leader_shards"], half["follower_shards"]) == (None, [0, 1], None)
    (idle,) = present.nodes(cluster(shards=[]), A)
    assert (idle["shards"], idle["leader_shards"], idle["follower_shards"]) == ([], [], [])


def test_without_a_node_list_there_is_no_empty_success() -> None:
    lost = observed(without_nodes(view()))
    for options in ({}, {"name": A}, {"states": ["Alive"]}):
        assert "no node list" in refused("protocol", present.nodes, lost, **options)
