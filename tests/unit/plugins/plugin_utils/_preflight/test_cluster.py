"""Whether a cluster may take a member: what blocks, what is shown, what is unknown."""

from __future__ import annotations

from typing import Any, Optional

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._findings import Finding
from ansible_collections.stemedb.cluster.plugins.plugin_utils._preflight.cluster import (
    cluster_findings,
)

URLS = ("http://node-01:18181", "http://node-02:18181/")
MEMBERS = [
    {"node_id": "id-1", "state": "Alive"},
    {"node_id": "id-2", "state": "Alive"},
    {"node_id": "id-3", "state": "Suspect"},
    {"node_id": "id-4", "state": "Dead"},
]


def result(**more: Any) -> dict[str, Any]:
    cluster = {
        "name": "prod",
        "status": "healthy",
        "healthy": True,
        "nodes_by_state": {"Alive": 2, "Suspect": 0, "Dead": 0, "other": 0},
        "leaderless_shards": [],
        "under_replicated_shards": [],
        "views_agree": True,
    }
    observers = [
        {
            "url": url.rstrip("/"),
            "node_id": f"node of {url}",
            "reachable": True,
            "excluded": False,
            "error": None,
        }
        for url in URLS
    ]
    return {"cluster": {**cluster, **more}, "observers": observers}


def found(
    given: Optional[dict[str, Any]], members: Any = tuple(MEMBERS[:2]), least: int = 2
) -> list[Finding]:
    return list(cluster_findings(given, members, None, URLS, least))


def kinds(given: Optional[dict[str, Any]], **more: Any) -> list[tuple[str, str]]:
    return [(one.severity, one.kind) for one in found(given, **more)]


def states(**more: int) -> dict[str, int]:
    return {"Alive": 2, "Suspect": 0, "Dead": 0, "other": 0, **more}


def test_a_healthy_cluster_gives_nothing_to_say() -> None:
    assert kinds(result()) == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"views_agree": False}, ("error", "views_disagree")),
        ({"views_agree": None}, ("error", "unknown_views")),
        ({"nodes_by_state": states(Suspect=1)}, ("error", "suspect_node")),
        ({"nodes_by_state": states(other=1)}, ("error", "other_state")),
        ({"nodes_by_state": states(Dead=1)}, ("warning", "dead_node")),
        ({"nodes_by_state": states(Alive=0)}, ("error", "no_live_member")),
        ({"nodes_by_state": None}, ("error", "unknown_states")),
        ({"nodes_by_state": {"Alive": 2}}, ("error", "unknown_states")),
        ({"leaderless_shards": [3]}, ("error", "leaderless_shard")),
        ({"leaderless_shards": None}, ("error", "unknown_leaders")),
        ({"under_replicated_shards": [3]}, ("warning", "under_replicated")),
        ({"under_replicated_shards": None}, ("warning", "unknown_replication")),
        ({"healthy": False}, ("note", "not_healthy")),
        ({"healthy": None}, ("note", "not_healthy")),
    ],
)
def test_each_fault_is_a_finding_of_its_kind(
    change: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert kinds(result(**change)) == [expected]


@pytest.mark.parametrize("given", [None, {}, {"cluster": None}, {"cluster": {}}])
def test_no_answer_is_an_error(given: Any) -> None:
    assert kinds(given) == [("error", "unknown_cluster")]
    assert kinds(result(), members=None) == [("error", "unknown_cluster")]


def test_nodes_are_named() -> None:
    by_state = states(Suspect=1, Dead=1)
    subjects = {one.kind: one.subject for one in found(result(nodes_by_state=by_state), MEMBERS)}
    assert subjects == {"suspect_node": "id-3", "dead_node": "id-4"}
    details = {one.kind: one.detail for one in found(result(nodes_by_state=by_state), MEMBERS)}
    assert details["suspect_node"].startswith("1 node is Suspect. ")
    two = {one.kind: one.detail for one in found(result(nodes_by_state=states(Dead=2)), MEMBERS)}
    assert two["dead_node"].startswith("2 nodes are Dead. ")
    odd = [{"node_id": "id-5", "state": "Joining"}, {"node_id": "id-6", "state": None}]
    subjects = {one.kind: one.subject for one in found(result(), odd)}
    assert subjects == {"other_state": "id-5 (Joining), id-6 (None)"}


def test_long_lists_of_shards_are_cut() -> None:
    subject = found(result(leaderless_shards=list(range(14))))[0].subject
    assert subject == "shards 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 4 more"


def test_a_gateway_that_does_not_answer_blocks() -> None:
    given = result()
    for reachable in (False, None):
        given["observers"][1].update(reachable=reachable, error="ETIMEDOUT")
        assert kinds(given, least=1) == [("error", "observer_unreachable")]
        assert "ETIMEDOUT" in found(given, least=1)[0].detail


def test_a_gateway_that_was_discovered_or_excluded_does_not() -> None:
    given = result()
    extra = {"url": "http://node-03:18181", "reachable": False, "excluded": False, "error": "E"}
    given["observers"].append(extra)
    assert kinds(given) == [("warning", "observer_unreachable")]
    extra.update(excluded=True)
    assert kinds(given) == []


def test_too_few_observers_must_be_accepted_by_name() -> None:
    assert kinds(result(), least=3) == [("error", "single_observer")]
    given = result()
    given["observers"][1].update(reachable=False)
    assert ("error", "single_observer") in kinds(given)
    given["observers"] = None
    assert kinds(given) == [("error", "single_observer")]


def test_a_virtual_address_is_no_second_observer() -> None:
    """Whoever answers there may be the node that was asked by its own address."""
    given = result()
    given["observers"][1].update(node_id=None)
    assert kinds(given) == [("error", "single_observer")]
    assert (
        f"whose gateway {given['observers'][1]['url']} is, is not known" in found(given)[0].detail
    )
    assert kinds(given, least=1) == []
    given["observers"][0].update(node_id=None)
    assert kinds(given) == [("error", "single_observer")]
    assert kinds(given, least=1) == []


def test_two_addresses_of_one_node_are_one_observer() -> None:
    given = result()
    given["observers"][1].update(node_id=given["observers"][0]["node_id"])
    assert kinds(given) == [("error", "single_observer")]
