"""A capture says what the gateway said, tells nobody whose it is, and leads to the same report."""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._contract_check.asking import (
    EMPTY,
    NOTHING,
    OTHER,
    Reply,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._contract_check.capture import (
    VERSION,
    capture,
    expected,
    replay,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._contract_check.check import (
    check,
    lasting,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.support.examples import examples

KEY = "sk-0123456789abcdefghij"
ID = "a3f2b1c4-6d1e-4d0b-8f3c-2a9d6b7c8e90"
SECRETS = (KEY, ID, "acme", "10.1.2.3", "/hidden")
REPLIES: dict[str, Reply] = {
    "/acme/health": Reply(200, body={"status": "healthy"}, media="application/json", ms=5),
    "/v1/health": Reply(200, OTHER, None, "text/html", 512, problem="a page of acme"),
    "/v1/cluster/status": Reply(
        200,
        body={
            "cluster_name": "acme",
            "status": "healthy",
            "node_count": 1,
            "shard_count": 1,
            "nodes": [{"id": ID, "addr": "10.1.2.3:18182", "state": "Alive", "note": KEY}],
        },
        media="application/vnd.acme+json",
    ),
    "/v1/admin/cluster": Reply(404, EMPTY),
    "/v1/nodes": Reply(302, NOTHING, problem="redirects to /hidden"),
    "/v1/admin/nodes": Reply(None, NOTHING, problem="timeout"),
    "/v1/admin/ranges": Reply(
        200, body=[{"id": 0, "leader": ID, "replicas": [ID], "size": 3, "name": "acme-0"}]
    ),
    "/v1/shards/0": Reply(200, body={"id": 0, "leader": ID, "replicas": [ID]}),
    "/metrics": Reply(200, OTHER, None, "text/plain", 4096),
}
ENDPOINTS = {"health": "/acme/health"}


def made(replies: dict[str, Reply], endpoints: dict[str, str]) -> tuple[dict[str, Any], Any]:
    """The capture of these replies, and the report of the same."""
    asked: dict[str, Reply] = {}

    def ask(path: str) -> Reply:
        asked[path] = replies.get(path, Reply(404, NOTHING))
        return asked[path]

    report = check(ask, endpoints)
    return capture(asked, report, endpoints, [KEY]), report


def answer(document: dict[str, Any], path: str) -> dict[str, Any]:
    (found,) = [item for item in document["answers"] if item["path"] == path]
    return dict(found)


def test_nothing_that_tells_whose_it_is_is_in_it() -> None:
    text = json.dumps(made(REPLIES, ENDPOINTS)[0])
    assert [secret for secret in SECRETS if secret in text] == []
    assert not any(f'"{word}"' in text for word in ("ms", "problem"))


def test_every_path_is_in_it_with_status_type_and_body() -> None:
    document, _report = made(REPLIES, ENDPOINTS)
    assert document["capture"] == VERSION
    (named,) = document["endpoints"].values()
    assert named.endswith("/health")
    assert answer(document, named)["json"] == {"status": "healthy"}
    assert answer(document, "/v1/health") == {
        "path": "/v1/health",
        "status": 200,
        "headers": {"Content-Type": "text/html"},
        "kind": "other",
        "bytes": 512,
    }
    assert answer(document, "/v1/cluster/status")["headers"] == {"Content-Type": "other"}
    assert answer(document, "/v1/admin/cluster")["kind"] == "empty"
    assert answer(document, "/v1/admin/nodes")["status"] is None


def test_of_the_metrics_only_the_status_is_in_it() -> None:
    document, _report = made(REPLIES, ENDPOINTS)
    assert answer(document, "/metrics") == {"path": "/metrics", "status": 200, "kind": "nothing"}


def test_it_leads_to_the_report_that_it_was_made_with() -> None:
    document, report = made(REPLIES, ENDPOINTS)
    named = document["endpoints"]["health"]
    facts = lasting(report)
    assert facts["endpoints"] == ENDPOINTS
    assert document["expected"] == {**facts, "endpoints": {"health": named}}
    assert expected(json.loads(json.dumps(document))) == document["expected"]


def test_it_is_the_same_however_long_the_answers_took() -> None:
    slow = {path: reply._replace(ms=900) for path, reply in REPLIES.items()}
    assert made(slow, ENDPOINTS)[0] == made(REPLIES, ENDPOINTS)[0]


def test_a_path_that_was_not_asked_for_is_not_there() -> None:
    assert replay(made(REPLIES, ENDPOINTS)[0])("/v1/other").status == 404


KEYS = ("id", "node_id", "state", "status", "nodes", "shards", "size", "leader", "replicas", "zz")
ANY_JSON = st.recursive(
    st.none() | st.integers() | st.sampled_from(["Alive", "shard_3", "4", "joining", "m 7"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5)
    ),
    max_leaves=12,
)


@examples(100)
@given(st.dictionaries(st.sampled_from(sorted(REPLIES)), ANY_JSON))
def test_whatever_a_gateway_says_its_capture_works_as_it_does(bodies: dict[str, Any]) -> None:
    replies = {**REPLIES, **{path: Reply(200, body=body) for path, body in bodies.items()}}
    document, report = made(replies, {})
    wanted = lasting(report)
    assert document["expected"]["works"] == wanted["works"]
    assert document["expected"]["endpoints"] == wanted["endpoints"]
    for name in ("node_list", "shard_list", "shard_ids", "unknown_shard", "node_count"):
        assert document["expected"]["dialect"][name] == wanted["dialect"][name]
