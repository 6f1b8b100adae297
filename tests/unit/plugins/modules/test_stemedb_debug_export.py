"""`stemedb_debug_export`: the document that its action makes a file of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._debug_export.bounds import length
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.observers import Observers
from ansible_collections.stemedb.cluster.plugins.modules import stemedb_debug_export
from ansible_collections.stemedb.cluster.tests.support.certificates import (
    NOW,
    YEAR,
    make_authority,
    make_certificate,
    server_context,
)
from ansible_collections.stemedb.cluster.tests.support.fault_server import (
    FaultServer,
    reply,
    routed,
)
from ansible_collections.stemedb.cluster.tests.unit.support.served_cluster import (
    STATUS,
    C,
    routes,
    run_module,
    serve,
)

Printed = pytest.CaptureFixture[str]
SECRET = "0123456789abcdefghij"


def export(printed: Printed, *urls: str, **options: Any) -> dict[str, Any]:
    given = {"gateway_url": list(urls), "dest": "unused.json", **options}
    return run_module(stemedb_debug_export.main, printed, **given)


def test_the_views_of_all_and_what_is_not_well(capsys: Printed) -> None:
    with serve() as one, serve() as two:
        found = export(capsys, one.url, two.url)
    document = found["document"]
    assert found["changed"] is True
    assert [view["url"] for view in document["views"]] == [one.url, two.url]
    # Shard 2 is led by a Dead node, 3 by nobody.
    assert document["troubled_shards"] == [2, 3]
    for view in document["views"]:
        assert [shard["shard_id"] for shard in view["shards"]] == [2, 3, 0, 1]
        assert view["shards"][0]["replicas"][0]["node_id"] == C
        assert view["health"] == {"http_status": 503, "word": "degraded"}
    assert {thing["condition"] for thing in found["unmet"]} == {
        "healthy",
        "leaders_elected",
        "fully_replicated",
        "replicas_complete",
    }
    assert found["cluster"] == document["cluster"]
    assert {request.method for request in one.requests} == {"GET"}


def test_other_conditions(capsys: Printed) -> None:
    with serve() as server:
        found = export(capsys, server.url, conditions=[{"node_alive": C}])
    shards = found["document"]["views"][0]["shards"]
    # Sizes of replicas are asked for of those that are not well.
    assert ["replicas" in shard for shard in shards] == [True, True, False, False]
    (thing,) = found["unmet"]
    assert (thing["condition"], thing["subject"]) == ("node_alive", C)


def test_a_cluster_that_should_change_is_watched_to_the_end_of_the_time(
    capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stemedb_debug_export, "_PAUSE", 0.05)
    with serve() as server:
        found = export(capsys, server.url, watch=0.4)
        assert found["watched"]["samples"] > 2
        assert 0.4 <= found["watched"]["seconds"] < 30
        once = export(capsys, server.url)
    assert once["watched"]["samples"] == 1
    assert found["document"]["watched"] == found["watched"]


def failing_after_the_first(monkeypatch: pytest.MonkeyPatch, error: StemeDBError) -> None:
    own = Observers.sample
    samples: list[Any] = []

    def sample(self: Observers, *more: Any) -> Any:
        samples.append(self)
        if len(samples) > 1:
            raise error
        return own(self, *more)

    monkeypatch.setattr(stemedb_debug_export, "_PAUSE", 0.05)
    monkeypatch.setattr(Observers, "sample", sample)


def test_what_was_seen_is_kept_where_nobody_answers_any_more(
    capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing_after_the_first(monkeypatch, StemeDBError("transport", f"{SECRET} broke off"))
    with serve() as server:
        found = export(capsys, server.url, watch=60, api_key=SECRET)
    assert found["cluster"]["name"] == "prod"
    assert (found["watched"]["samples"], found["watched"]["error"]) == (1, "******** broke off")
    assert found["document"]["watched"] == found["watched"]


def test_another_cluster_at_the_same_address_is_no_hiccup(
    capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing_after_the_first(monkeypatch, StemeDBError("config", "another cluster"))
    with serve() as server:
        found = export(capsys, server.url, watch=60)
    assert (found["failed"], found["msg"]) == (True, "another cluster")


def test_an_expired_certificate_is_told_although_nobody_is_believed(
    capsys: Printed, tmp_path: Path
) -> None:
    authority = make_authority(tmp_path)
    end = NOW - YEAR
    pair = make_certificate(tmp_path, authority, start=end - YEAR, end=end)
    with FaultServer(routed(routes()), server_context(pair)) as server:
        found = export(capsys, server.url, ca_path=str(authority.path))
    assert found["failure"]["code"] == "tls"
    (told,) = found["certificates"]
    assert (told["subject"], told["not_after"]) == (server.url, float(int(end.timestamp())))
    assert found["document"]["certificates"] == [told]


def test_the_gateway_of_a_dead_node_is_asked_only_if_that_is_wanted(capsys: Printed) -> None:
    first, second, dead = STATUS["nodes"]
    told = {**STATUS, "nodes": [first, second, {**dead, "addr": "127.0.0.9:18182"}]}
    with serve(status=reply(200, told)) as server:
        found = export(capsys, server.url)
        assert [row["url"] for row in found["sight"]["gateways"]] == [server.url]
        assert found["sight"]["gateways"][0]["answer_ms"] > 0
        asked = export(capsys, server.url, ask_lost=True, timeout=1, retries=0)
    # It is an observer in nothing else, and does not answer.
    assert [row["lost"] for row in asked["sight"]["gateways"]] == [False, True]
    assert asked["sight"]["gateways"][1]["node_id"] == C
    assert asked["sight"]["gateways"][1]["error"]
    assert [one["url"] for one in asked["observers"]] == [server.url]


def test_the_dead_are_asked_knowing_who_is_ours(
    capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[list[str]] = []

    def lost(_self: Observers, _snapshot: Any, members: list[str]) -> list[Any]:
        told.append(members)
        return []

    monkeypatch.setattr(Observers, "lost", lost)
    with serve() as server:
        export(capsys, server.url, ask_lost=True, members=["10.0.0.3", "node-03"])
    assert told == [["10.0.0.3", "node-03"]]


def test_where_nobody_answers_it_fails_with_what_there_is(capsys: Printed) -> None:
    found = export(capsys, "http://127.0.0.1:1")
    assert found["failed"] is True
    assert found["failure"]["code"] == "transport"
    assert found["document"]["error"]["message"] == found["msg"]
    assert found["document"]["views"] == []


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"watch": -1}, "watch must be 0 seconds or more"),
        ({"max_kib": 63}, "max_kib must be 64 or more"),
        ({"conditions": []}, "conditions must be a list"),
        ({"conditions": [{"healthi": True}]}, "healthi"),
        ({"exclude_nodes": "127.0.0.1"}, "name another gateway"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_makes_no_file(
    capsys: Printed, given: Any, words: str
) -> None:
    with serve() as server:
        found = export(capsys, server.url, **given)
    assert found["failed"] is True
    assert found["failure"]["code"] == "config"
    assert words in found["msg"]
    assert "document" not in found


def test_no_secret_leaves_the_host(capsys: Printed) -> None:
    told = {**STATUS, "cluster_name": f"x{SECRET}x"}
    with serve(status=reply(200, told)) as server:
        found = export(capsys, server.url, api_key=SECRET)
    assert SECRET not in str(found)
    assert found["document"]["cluster"]["name"] == "x********x"


def test_it_is_no_longer_than_it_may_be(capsys: Printed) -> None:
    rows = [
        {"shard_id": number, "leader_node": C, "replica_nodes": [C], "size_bytes": number}
        for number in range(3000)
    ]
    with serve(ranges=reply(200, {"ranges": rows})) as server:
        found = export(capsys, server.url, max_kib=64)
    assert length(found["document"]) <= 64 * 1024
    assert found["document"]["cut"]
    assert len(found["unmet"]) == 100
