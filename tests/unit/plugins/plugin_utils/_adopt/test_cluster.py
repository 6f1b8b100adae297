"""What is to be said of all hosts together, and of members without one."""

from __future__ import annotations

from typing import Any, Optional

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._findings import Finding
from ansible_collections.stemedb.cluster.plugins.plugin_utils._adopt.cluster import (
    Site,
    adopted,
    cluster_name,
    findings,
    strangers,
    together,
)

URLS = ["http://a:18181", "http://b:18181"]
MEMBERS = [
    {"node_id": f"id-{name}", "address": f"{name}:18182", "state": "Alive"} for name in "abc"
]


def host(name: str, node_id: Optional[str] = "", **changes: Any) -> dict[str, Any]:
    known = {"seeds": ["a:18183"], "findings": [], "cluster_names": []}
    return {"host": name, "node_id": f"id-{name}" if node_id == "" else node_id, **known, **changes}


def cluster(**changes: Any) -> dict[str, Any]:
    known = {"name": "prod", "views_agree": True, "healthy": True, "unhealthy_reasons": []}
    return {"cluster": {**known, **changes}}


def site(*hosts: dict[str, Any], **changes: Any) -> Site:
    known = Site(
        hosts=hosts or tuple(map(host, "abc")),
        expected=[one["host"] for one in hosts] or list("abc"),
        cluster=cluster(),
        members=MEMBERS,
        cluster_error="",
        said={"cluster_name": "", "gateway_url": URLS},
    )
    return known._replace(**changes)


def kinds(of: Site) -> list[tuple[str, str, str]]:
    return [(one.severity, one.kind, one.subject) for one in findings(of)]


def test_nothing_is_to_be_said_of_a_cluster_that_is_whole() -> None:
    assert findings(site()) == []
    assert cluster_name(site()) == "prod"
    assert [one["host"] for one in adopted(site())] == ["a", "b", "c"]


def test_what_was_found_of_a_host_is_kept() -> None:
    own = Finding("kind", "note", "a", "detail")
    assert findings(site(host("a", findings=[own._asdict()]), members=MEMBERS[:1])) == [own]


def test_a_cluster_that_does_not_answer_is_an_error() -> None:
    of = site(cluster=None, members=None, cluster_error="refused")
    assert kinds(of) == [("error", "unknown_cluster", "cluster")]
    assert "refused" in findings(of)[0].detail
    assert kinds(site(members=None))[0][1] == "unknown_cluster"
    assert strangers(of) == []


@pytest.mark.parametrize(
    ("changes", "severity", "kind"),
    [
        ({"views_agree": False}, "error", "views_disagree"),
        ({"views_agree": None}, "warning", "unknown_views"),
        ({"healthy": False, "unhealthy_reasons": ["why"]}, "note", "not_healthy"),
        ({"healthy": None}, "note", "not_healthy"),
        ({"name": None}, "warning", "unknown_cluster_name"),
    ],
)
def test_what_the_cluster_says(changes: dict[str, Any], severity: str, kind: str) -> None:
    assert [(one[0], one[1]) for one in kinds(site(cluster=cluster(**changes)))] == [
        (severity, kind)
    ]


def test_a_gateway_of_the_inventory_that_does_not_answer_is_named() -> None:
    answers = [
        {"url": "http://a:18181", "reachable": True, "error": None},
        {"url": "http://b:18181/", "reachable": False, "error": "refused"},
        # Discovered, and not in the inventory.
        {"url": "http://c:18181", "reachable": False, "error": "refused"},
    ]
    of = site(cluster={**cluster(), "observers": answers})
    assert kinds(of) == [("warning", "silent_gateway", "http://b:18181/")]
    assert "gives no answer (refused)" in findings(of)[0].detail


def test_a_name_of_the_inventory_is_second_to_the_gateways() -> None:
    said = {"cluster_name": "test", "gateway_url": URLS}
    assert kinds(site(said=said)) == [("error", "cluster_name", "stemedb_cluster_name")]
    silent = site(said=said, cluster=cluster(name=None))
    assert cluster_name(silent) == "test"
    assert kinds(silent) == [("note", "unknown_cluster_name", "stemedb_cluster_name")]
    assert cluster_name(site(cluster=None)) is None


def test_one_gateway_is_few() -> None:
    of = site(said={"cluster_name": "", "gateway_url": URLS[:1]})
    assert kinds(of) == [("note", "single_gateway", "stemedb_gateway_url")]


def test_a_member_without_a_host_is_named_with_its_address() -> None:
    of = site(host("a"), host("b"))
    assert kinds(of) == [("warning", "member_without_host", "id-c")]
    assert "at c:18182" in findings(of)[0].detail
    assert strangers(of) == [MEMBERS[2]]


def test_a_host_that_was_not_looked_at_is_an_error() -> None:
    of = site(host("a"), host("b"), expected=["a", "b", "c"], members=MEMBERS[:2])
    assert kinds(of) == [("error", "not_looked_at", "c")]


def test_two_hosts_are_not_one_node() -> None:
    of = site(host("a"), host("b", "id-a"), host("c"), members=[MEMBERS[0], MEMBERS[2]])
    assert kinds(of) == [("error", "same_node", "a, b")]
    assert [one["host"] for one in adopted(of)] == ["c"]


def test_a_host_without_an_identity_is_not_adopted() -> None:
    problem = Finding("identity", "error", "b", "why")._asdict()
    of = site(host("a"), {"host": "b", "node_id": None, "findings": [problem]}, members=MEMBERS[:1])
    assert kinds(of) == [("error", "identity", "b")]
    assert [one["host"] for one in adopted(of)] == ["a"]
    assert adopted(site(host("b"), host("a"), expected=["a", "b"]))[0]["host"] == "a"


def test_seeds_that_differ_are_listed() -> None:
    of = site(host("a", seeds=["b:1"]), host("b", seeds=["a:1"]), host("c", seeds=[]))
    assert kinds(of) == [("warning", "seeds_differ", "stemedb_seed_nodes")]
    assert "a: b:1; b: a:1; c: none" in findings(of)[0].detail
    # Another order is no other set, and what is not known is not compared.
    assert findings(site(host("a", seeds=["x", "y"]), host("b", seeds=["y", "x"]), host("c"))) != []
    same = (host("a", seeds=["x", "y"]), host("b", seeds=["y", "x"]), host("c", seeds=None))
    assert findings(site(*same)) == []


def test_a_configuration_of_another_cluster_is_said() -> None:
    of = site(host("a", cluster_names=["prod", None, "test"]), host("b"), host("c"))
    assert kinds(of) == [("warning", "config_cluster_name", "a")]
    assert "'test', the cluster is prod" in findings(of)[0].detail


def test_the_same_of_several_hosts_is_said_once() -> None:
    same = [Finding("k", "note", name, "detail") for name in "abc"]
    other = Finding("k", "note", "d", "another")
    assert together([*same[:2], other, same[2]]) == [
        Finding("k", "note", "a, b, c", "detail"),
        other,
    ]
