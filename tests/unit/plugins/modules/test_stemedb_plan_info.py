"""stemedb_plan_info against a server: its options, what it asks, what it returns."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.modules import stemedb_plan_info
from ansible_collections.stemedb.cluster.tests.support.fault_server import FaultServer, reply
from ansible_collections.stemedb.cluster.tests.unit.support.served_cluster import (
    STATUS,
    A,
    B,
    C,
    run_module,
    serve,
)

DECLARED: list[dict[str, Any]] = [
    {"host": "db-1", "address": "10.0.0.1", "node_id": A},
    {"host": "db-2", "address": "10.0.0.2:18182"},
    {"host": "db-3", "address": "10.0.0.3", "node_id": C.upper()},
]
USUAL: dict[str, Any] = {
    "declared": DECLARED,
    "operations": [],
    "lock_hosts": ["db-1"],
    "min_observers": 1,
}
HOSTILE = [
    "{{ lookup('pipe', 'touch /tmp/pwned') }}",
    "$(reboot)",
    "-oProxyCommand=reboot",
    "../../etc/passwd",
    "<script>alert(1)</script>",
    "x" * 10_000,
]


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with serve() as one:
        yield one


def ask(server: FaultServer, capsys: pytest.CaptureFixture[str], **given: Any) -> dict[str, Any]:
    options = {"gateway_url": [server.url], **USUAL, **given}
    return run_module(stemedb_plan_info.main, capsys, **options)


def kinds(found: dict[str, Any]) -> list[str]:
    return [row["kind"] for row in found["refused"]]


def test_the_plan_of_a_dead_node(server: FaultServer, capsys: pytest.CaptureFixture[str]) -> None:
    found = ask(server, capsys, spares=[{"host": "db-4", "address": "10.0.0.4"}])
    assert found["changed"] is False
    assert (found["drift"], found["refused"], found["cluster"]) == (True, [], "prod")
    assert [row["host"] for row in found["matched"]] == ["db-1", "db-2"]
    assert [row["node_id"] for row in found["to_replace"]] == [C]
    (step,) = found["steps"]
    assert (step["operation"], step["host"], step["replacement"]) == (
        "replace_node",
        "db-3",
        "db-4",
    )
    assert step["shards"] == [0, 2]
    assert step["fingerprint"] == found["fingerprint"]
    assert [row["url"] for row in found["observers"]] == [server.url]


def test_it_asks_for_the_sizes_of_what_goes_only(
    server: FaultServer, capsys: pytest.CaptureFixture[str]
) -> None:
    ask(server, capsys)
    paths = [request.path for request in server.requests]
    assert sorted(path for path in paths if "/shards/" in path) == ["/v1/shards/0", "/v1/shards/2"]
    assert {request.method for request in server.requests} == {"GET"}
    server.requests.clear()
    ask(server, capsys, declared=[*DECLARED[:2], {"host": "db-9"}])
    assert len(server.requests) == 3


def test_what_it_returns_binds_a_later_run(
    server: FaultServer, capsys: pytest.CaptureFixture[str]
) -> None:
    reviewed = ask(server, capsys)
    found = ask(server, capsys, plan_file=reviewed)
    assert (found["resume_at"], found["applied"], found["refused"]) == (0, False, [])
    stale = ask(server, capsys, plan_file=reviewed, lock_hosts=["db-2"])
    assert kinds(stale) == ["stale_plan"]
    # However short the time is for which a plan is good, it is not negative.
    late = ask(server, capsys, plan_file={**reviewed, "created": "2020-01-01T00:00:00Z"})
    assert kinds(late) == ["expired_plan"]


def test_values_that_are_texts(server: FaultServer, capsys: pytest.CaptureFixture[str]) -> None:
    found = ask(
        server,
        capsys,
        max_changes="1",
        maintenance="yes",
        prune="db-7,db-8",
        accept="single_observer",
        unattended="replace",
        max_replacements="0",
        min_observers="2",
        replaces={"db-4": "", "db-5": None},
        plan_expires="60.5",
    )
    assert kinds(found) == ["maintenance", "no_spare"]
    assert [row["kind"] for row in found["accepted"]] == ["single_observer"]


def test_names_are_resolved_where_the_cluster_is_asked_from(
    capsys: pytest.CaptureFixture[str],
) -> None:
    nodes = [{**STATUS["nodes"][0], "addr": "127.0.0.1:18182"}, *STATUS["nodes"][1:]]
    named = [{"host": "db-1", "address": "localhost"}, *DECLARED[1:]]
    with serve(status=reply(200, {**STATUS, "nodes": nodes})) as one:
        found = ask(one, capsys, declared=named)
    assert found["matched"][0]["node_id"] == A
    assert found["undeclared"] == []


def test_nothing_is_planned_without_the_list_or_the_members(
    server: FaultServer, capsys: pytest.CaptureFixture[str]
) -> None:
    found = ask(server, capsys, operations=None)
    assert (kinds(found), found["steps"], found["drift"]) == (["unfinished_operation"], [], None)
    nobody = ask(server, capsys, declared=[])
    assert (kinds(nobody), nobody["steps"]) == (["nothing_declared"], [])


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_gateway_says_stays_data(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    stranger = {"node_id": text, "addr": f"{text}:18182", "state": "Alive", "incarnation": 1}
    status = {**STATUS, "nodes": [*STATUS["nodes"], stranger], "node_count": 4}
    with serve(status=reply(200, status)) as one:
        found = ask(one, capsys, prune=["x", "db-4"])
        pruned = ask(one, capsys, prune=[text], max_changes=2)
    assert [row["node_id"] for row in found["undeclared"]] == [text]
    assert [step["operation"] for step in found["steps"]] == ["replace_node"]
    assert [step["node_id"] for step in pruned["steps"]] == [C, text.strip()]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"prune": True}, "stemedb_prune is True, which would remove whatever nobody declares"),
        ({"maintenance": "soon"}, "stemedb_maintenance is 'soon', which is no time"),
        ({"declared": [*DECLARED, {"host": "db-1"}]}, "declared names db-1 twice"),
        ({"plan_file": {"steps": 1}}, "is no plan of this collection"),
        ({"max_changes": -1}, "max_changes (-1) must be 0 or more"),
        ({"max_replacements": -1}, "max_replacements (-1) must be 0 or more"),
        ({"plan_expires": -5}, "plan_expires (-5.0) must be 0 or more"),
        ({"plan_expires": float("nan")}, "plan_expires (nan) must be 0 or more"),
        ({"min_observers": 0}, "min_observers (0) must be 1 or more"),
    ],
)
def test_an_option_that_cannot_be_meant(
    server: FaultServer,
    capsys: pytest.CaptureFixture[str],
    given: dict[str, Any],
    sentence: str,
) -> None:
    found = ask(server, capsys, **given)
    assert found["failed"] is True
    assert sentence in found["msg"]
    assert found["failure"]["code"] == "config"


def test_no_gateway_that_answers_is_a_failure(capsys: pytest.CaptureFixture[str]) -> None:
    found = run_module(stemedb_plan_info.main, capsys, gateway_url=["http://127.0.0.1:9"], **USUAL)
    assert (found["failed"], found["failure"]["code"]) == (True, "transport")
    assert json.dumps(found)
    assert B not in found["msg"]


def test_the_gateways_of_another_cluster_are_refused(
    server: FaultServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its members would all be dead, and those of the other one undeclared."""
    found = ask(server, capsys, cluster_name="another")
    assert found["failure"]["code"] == "config"
    assert "stemedb_cluster_name says another" in found["msg"]
