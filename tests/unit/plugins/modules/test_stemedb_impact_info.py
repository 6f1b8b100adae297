"""`stemedb_impact_info`: what it asks, what it answers, and what it refuses."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.stemedb.cluster.plugins.module_utils._impact.assess import (
    AT_RISK,
    NOT_KNOWN,
)
from ansible_collections.stemedb.cluster.plugins.modules import stemedb_impact_info
from ansible_collections.stemedb.cluster.tests.support.fault_server import (
    Behaviour,
    reply,
)
from ansible_collections.stemedb.cluster.tests.unit.support.served_cluster import (
    STATUS,
    A,
    B,
    C,
    run_module,
    serve,
    without,
)

Printed = pytest.CaptureFixture[str]

# The same nodes, all Alive, with two shards: A and B hold both, C the second one.
WELL = json.loads(json.dumps(STATUS).replace('"Dead"', '"Alive"').replace("degraded", "healthy"))
WELL.update(node_count=3, shard_count=2)
PLACED = {0: {A: 100, B: 95}, 1: {B: 200, A: 200, C: 190}}


def well(**more: Behaviour) -> dict[str, Behaviour]:
    """What is served of it; a keyword replaces a part."""
    rows, shards = [], {}
    for number, sizes in PLACED.items():
        row = {"shard_id": number, "leader_node": next(iter(sizes))}
        replicas = [{"node_id": node, "size_bytes": size} for node, size in sizes.items()]
        rows.append({**row, "replica_nodes": list(sizes)})
        shards[f"shard_{number}"] = reply(200, {**row, "replicas": replicas})
    served = {
        "health": reply(200, {"status": "healthy"}),
        "status": reply(200, WELL),
        "ranges": reply(200, {"ranges": rows}),
    }
    return {**served, **shards, **more}


def info(printed: Printed, *urls: str, **options: Any) -> dict[str, Any]:
    given = {"gateway_url": list(urls), "permanent": False, **options}
    return run_module(stemedb_impact_info.main, printed, **given)


def kinds(found: dict[str, Any]) -> list[str]:
    return list(dict.fromkeys(blocker["kind"] for blocker in found["blockers"]))


# --- what it answers -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", [C, "c0ff", "10.0.0.3", "10.0.0.3:18182"])
def test_a_node_that_may_be_restarted(capsys: Printed, name: str) -> None:
    with serve(**well()) as server:
        found = info(capsys, server.url, nodes=name)
    found.pop("invocation", None)  # of ansible-core 2.19
    observers = found.pop("observers")
    assert found == {
        "changed": False,
        "safe": True,
        "blockers": [],
        "notes": [],
        "shards": [
            {
                "shard_id": 1,
                "good_now": 3,
                "good_after": 2,
                "required": 1,
                "led_by_target": False,
            }
        ],
        "alive_after": 2,
        "nodes": [C],
    }
    assert [(o["url"], o["reachable"], o["excluded"]) for o in observers] == [
        (server.url, True, False)
    ]


def test_the_same_node_may_not_be_removed(capsys: Printed) -> None:
    with serve(**well()) as server:
        found = info(capsys, server.url, nodes=C, permanent=True)
        assert info(capsys, server.url, nodes=C, permanent=True, min_nodes=2)["safe"] is True
    assert found["safe"] is False
    assert found["blockers"] == [
        {
            "kind": "too_few_nodes",
            "subject": "cluster",
            "detail": "2 nodes would be left Alive, 3 must be",
        }
    ]


def test_a_cluster_in_which_much_is_wrong(capsys: Printed) -> None:
    with serve() as server:
        found = info(capsys, server.url, nodes=[B])
    assert found["safe"] is False
    assert [(b["kind"], b["subject"]) for b in found["blockers"]] == [
        ("no_replica_left", "shard 1"),
        ("no_majority", "cluster"),
        ("leaderless_shard", "shard 2"),
        ("leaderless_shard", "shard 3"),
    ]
    assert found["alive_after"] == 1
    assert [(s["shard_id"], s["good_now"], s["good_after"]) for s in found["shards"]] == [
        (0, 2, 1),
        (1, 1, 0),
        (3, None, None),
    ]
    assert [s["led_by_target"] for s in found["shards"]] == [False, True, False]


def test_its_limits(capsys: Printed) -> None:
    asked: list[tuple[dict[str, Any], list[str]]] = [
        ({}, []),
        ({"min_live_replicas": 2}, ["too_few_replicas"]),
        ({"min_nodes": 3}, ["too_few_nodes"]),
        ({"min_observers": 2}, ["single_observer"]),
        ({"replicated_fraction": 0.96, "nodes": A}, ["no_replica_left"]),
        ({"min_live_replicas": 2, "zones": {A: 1, B: 1, C: 2}}, ["too_few_replicas"]),
        ({"zones": {A: "x", B: "", C: None}}, ["unknown_zone"]),
    ]
    with serve(**well()) as server:
        for options, blockers in asked:
            assert kinds(info(capsys, server.url, **{"nodes": B, **options})) == blockers, options


def test_zones(capsys: Printed) -> None:
    zones = {A: 1, B: "1", C: 2}
    with serve(**well()) as server:
        found = info(capsys, server.url, nodes=C, zones=zones, min_live_replicas=2)
        assert info(capsys, server.url, nodes=C, zones=zones)["notes"] == []
        upper = {node.upper(): zone for node, zone in zones.items()}
        assert info(capsys, server.url, nodes=C, zones=upper)["blockers"] == []
    assert found["safe"] is True
    assert [note["kind"] for note in found["notes"]] == ["single_zone"]
    assert found["notes"][0]["detail"].endswith("in zone 1")


def test_check_mode_answers_the_same(capsys: Printed) -> None:
    with serve(**well()) as server:
        real = info(capsys, server.url, nodes=[A, B])
        checked = info(capsys, server.url, nodes=[A, B], _ansible_check_mode=True)
    assert real["safe"] is False
    assert (checked["changed"], checked["blockers"]) == (False, real["blockers"])


def test_which_may_be_down_together(capsys: Printed) -> None:
    with serve(**well()) as server:
        found = info(capsys, server.url, nodes=[A, B, C], together=True)
        assert "groups" not in info(capsys, server.url, nodes=[A])
    assert found["groups"] == [[A], [B], [C]]
    assert found["safe"] is False


# --- what it asks --------------------------------------------------------------------------------


def test_it_asks_for_the_sizes_of_what_the_nodes_hold(capsys: Printed) -> None:
    # A list of nodes says whose gateway is not to be asked, then each is asked for all.
    where = ["/v1/cluster/status"]
    all_of_it = ["/v1/health", "/v1/cluster/status", "/v1/admin/ranges", "/v1/shards/1"]
    with serve(**well()) as one, serve(**well()) as two:
        info(capsys, one.url, two.url, nodes=[C])
        assert (one.paths, two.paths) == (where + all_of_it, all_of_it)
        assert {request.method for request in one.requests + two.requests} == {"GET"}


def test_the_gateways_of_the_nodes_are_not_asked(capsys: Printed) -> None:
    with serve(**well()) as server:
        for options in ({"nodes": "127.0.0.1"}, {"nodes": C, "exclude_nodes": "127.0.0.1"}):
            found = info(capsys, server.url, **options)
            assert found["failure"]["code"] == "config"
            assert "name another gateway" in found["msg"]
    assert server.paths == []


def test_they_are_asked_where_all_are_candidates(capsys: Printed) -> None:
    with serve(**well()) as server:
        found = info(capsys, server.url, nodes=["127.0.0.1"], together=True)
    assert kinds(found) == ["node_not_listed"]
    assert found["groups"] == []


# --- what is not known ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("served", "kind"),
    [
        ({"status": without(WELL, "replication_factor")}, "unknown_factor"),
        ({"status": without(WELL, "node_count")}, "incomplete_view"),
        ({"status": without(WELL, "shard_count")}, "incomplete_view"),
        ({"ranges": reply(200, {"ranges": []})}, "no_shards"),
        ({"shard_1": reply(404, {"error": "shard 1 not found"})}, "unknown_size"),
    ],
)
def test_what_is_not_known_is_a_blocker(
    capsys: Printed, served: dict[str, Behaviour], kind: str
) -> None:
    with serve(**well(**served)) as server:
        found = info(capsys, server.url, nodes=C)
    assert found["safe"] is False
    assert kind in kinds(found)


def test_a_node_that_is_not_listed_is_a_blocker(capsys: Printed) -> None:
    with serve(**well()) as server:
        found = info(capsys, server.url, nodes=["10.0.0.33"])
    assert kinds(found) == ["node_not_listed"]
    assert found["nodes"] == ["10.0.0.33"]


@pytest.mark.parametrize("fault", ["health", "status", "ranges", "shard_1"])
@pytest.mark.parametrize("status", [401, 500])
def test_an_observer_that_gives_no_whole_answer_is_a_blocker(
    capsys: Printed, fault: str, status: int
) -> None:
    with serve(**well()) as one, serve(**well(**{fault: reply(status)})) as two:
        found = info(capsys, one.url, two.url, nodes=C)
    assert kinds(found) == ["observer_unreachable"]
    assert found["blockers"][0]["subject"] == two.url
    assert [o["reachable"] for o in found["observers"]] == [True, False]


def test_views_that_differ_are_a_blocker(capsys: Printed) -> None:
    other = deepcopy(WELL)
    other["nodes"][0]["state"] = "Suspect"
    with serve(**well()) as one, serve(**well(status=reply(200, other))) as two:
        found = info(capsys, one.url, two.url, nodes=C)
    assert "views_disagree" in kinds(found)
    assert found["alive_after"] == 1


# --- what is a failure ---------------------------------------------------------------------------


def test_with_nobody_answering_it_fails_as_the_first(capsys: Printed) -> None:
    with serve(health=reply(401)) as one, serve(health=reply(500)) as two:
        found = info(capsys, one.url, two.url, nodes=C)
    assert (found["failed"], found["failure"]["code"]) == (True, "auth")
    assert "safe" not in found


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"nodes": []}, "nodes is empty"),
        ({"nodes": ""}, "nodes has an empty name"),
        ({"nodes": [A, " "]}, "nodes has an empty name"),
        ({"min_live_replicas": 0}, "min_live_replicas (0) must be 1 or more"),
        ({"min_nodes": 0}, "min_nodes (0) must be 1 or more"),
        ({"min_observers": -1}, "min_observers (-1) must be 1 or more"),
        ({"replicated_fraction": 0}, "replicated_fraction (0) must be more than 0"),
        ({"replicated_fraction": 1.5}, "replicated_fraction (1.5) must be more than 0"),
        ({"replicated_fraction": "nan"}, "replicated_fraction (nan) must be more than 0"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anybody_is_asked(
    capsys: Printed, options: dict[str, Any], text: str
) -> None:
    with serve(**well()) as server:
        found = info(capsys, server.url, **{"nodes": C, **options})
    assert found["failure"]["code"] == "config"
    assert text in found["msg"]
    assert server.paths == []


def test_an_ambiguous_name_is_a_failure(capsys: Printed) -> None:
    twins = deepcopy(WELL)
    twins["nodes"][1]["addr"] = "10.0.0.3:28182"
    with serve(**well(status=reply(200, twins))) as server:
        for together in (True, False):
            found = info(capsys, server.url, nodes="10.0.0.3", together=together)
            assert found["failure"]["code"] == "config"
            assert B in found["msg"]
            assert C in found["msg"]


# --- what is written about it --------------------------------------------------------------------


def test_every_kind_is_documented_as_what_it_is() -> None:
    returned = yaml.safe_load(stemedb_impact_info.RETURN)["blockers"]["contains"]["kind"]
    known, unknown = returned["description"]
    guide = (Path(__file__).parents[4] / "docs/docsite/rst/impact.rst").read_text(encoding="utf-8")
    guide_known, guide_unknown = guide.split("\nNot known\n", 1)
    for kinds, text, rows in (
        (AT_RISK, known, guide_known),
        (NOT_KNOWN, unknown, guide_unknown),
    ):
        assert re.findall(r"V\((\w+)\)", text) == list(kinds)
        assert re.findall(r"(?m)^   \* - ``(\w+)``$", rows) == list(kinds)
