"""`stemedb_cluster_info`: what all gateways say together."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.modules import (
    stemedb_cluster_info,
    stemedb_node_info,
    stemedb_shard_info,
)
from ansible_collections.stemedb.cluster.tests.support.fault_server import reply
from ansible_collections.stemedb.cluster.tests.unit.support.served_cluster import (
    RANGES,
    STATUS,
    A,
    run_module,
    serve,
    without,
)

Printed = pytest.CaptureFixture[str]

# The same cluster as it should be.
WELL = json.loads(json.dumps(STATUS).replace('"Dead"', '"Alive"').replace("degraded", "healthy"))
WELL["node_count"] = 3
WELL_RANGES = {"ranges": [{**row, "leader_node": A} for row in RANGES["ranges"]]}
FINE = {
    "health": reply(200, {"status": "healthy"}),
    "status": reply(200, WELL),
    "ranges": reply(200, WELL_RANGES),
}


def info(printed: Printed, *urls: str, **options: Any) -> dict[str, Any]:
    given = {"gateway_url": list(urls), **options}
    return run_module(stemedb_cluster_info.main, printed, **given)


def test_what_is_wrong_with_a_cluster(capsys: Printed) -> None:
    with serve() as server:
        found = info(capsys, server.url)
    assert server.paths == ["/v1/health", "/v1/cluster/status", "/v1/admin/ranges"]
    cluster = found["cluster"]
    reasons = cluster.pop("unhealthy_reasons")
    assert cluster == {
        "name": "prod",
        "status": "degraded",
        "healthy": False,
        "node_count": 2,
        "shard_count": 4,
        "replication_factor": 2,
        "meta_version": 41,
        "nodes_by_state": {"Alive": 2, "Suspect": 0, "Dead": 1, "other": 0},
        "leaderless_shards": [2, 3],
        "under_replicated_shards": [2],
        "views_agree": True,
    }
    assert any(reason.startswith("shard 2 ") for reason in reasons)
    assert found["observers"] == [
        {
            "url": server.url,
            "node_id": None,
            "reachable": True,
            "excluded": False,
            "error": None,
            "node_count": 2,
            "meta_version": 41,
        }
    ]


def test_an_overview_takes_no_further_request(capsys: Printed) -> None:
    with serve() as server:
        assert "overview" not in info(capsys, server.url)
        found = info(capsys, server.url, overview=True)["overview"]
    assert server.paths == ["/v1/health", "/v1/cluster/status", "/v1/admin/ranges"] * 2
    assert [(node["state"], node["shards"]) for node in found["nodes"]] == [
        ("Alive", "0-1,3"),
        ("Alive", "0-3"),
        ("Dead", "0,2"),
    ]
    assert [shard["shard_id"] for shard in found["unwell_shards"]] == [2, 3]


def test_a_healthy_cluster(capsys: Printed) -> None:
    with serve(**FINE) as server:
        cluster = info(capsys, server.url)["cluster"]
    assert (cluster["healthy"], cluster["unhealthy_reasons"]) == (True, [])


@pytest.mark.parametrize(
    "key", ["node_count", "shard_count", "replication_factor"], ids=lambda key: f"without {key}"
)
def test_what_is_not_known_is_not_healthy(capsys: Printed, key: str) -> None:
    with serve(**{**FINE, "status": without(WELL, key)}) as server:
        cluster = info(capsys, server.url)["cluster"]
    assert (cluster["healthy"], cluster[key]) == (None, None)
    assert cluster["unhealthy_reasons"]


def test_a_gateway_that_does_not_answer_leaves_health_unknown(capsys: Printed) -> None:
    with serve(**FINE) as one, serve(**{**FINE, "ranges": reply(500)}) as two:
        found = info(capsys, one.url, two.url)
    assert found["cluster"]["healthy"] is None
    assert found["cluster"]["views_agree"] is None
    assert [observer["reachable"] for observer in found["observers"]] == [True, False]
    assert "500" in found["observers"][1]["error"]


def test_a_quorum_may_do(capsys: Printed) -> None:
    with serve(**FINE) as one, serve(**FINE) as two, serve(health=reply(500)) as three:
        urls = (one.url, two.url, three.url)
        assert info(capsys, *urls)["cluster"]["healthy"] is None
        assert info(capsys, *urls, observers="quorum")["cluster"]["healthy"] is True
        # One of two is no majority.
        found = info(capsys, two.url, three.url, observers="quorum")
        assert found["cluster"]["healthy"] is None


def test_views_that_differ_are_not_healthy(capsys: Printed) -> None:
    other = deepcopy(WELL)
    other["nodes"][2]["state"] = "Suspect"
    other["meta_version"] = 42
    with serve(**FINE) as one, serve(**{**FINE, "status": reply(200, other)}) as two:
        found = info(capsys, one.url, two.url)
    cluster = found["cluster"]
    assert (cluster["healthy"], cluster["views_agree"]) == (False, False)
    assert cluster["nodes_by_state"] == {"Alive": 2, "Suspect": 1, "Dead": 0, "other": 0}
    assert cluster["meta_version"] is None
    assert [observer["meta_version"] for observer in found["observers"]] == [41, 42]


def test_with_nobody_answering_it_fails_as_the_first(capsys: Printed) -> None:
    with serve(health=reply(401)) as one, serve(health=reply(500)) as two:
        found = info(capsys, one.url, two.url)
    assert found["failure"]["code"] == "auth"
    assert found["failure"]["url"] == f"{one.url}/v1/health"
    assert "cluster" not in found


def test_nobody_is_left_to_ask(capsys: Printed) -> None:
    with serve(**FINE) as server:
        found = info(capsys, server.url, exclude_nodes="127.0.0.1")
    assert found["failure"]["code"] == "config"
    assert "name another gateway" in found["msg"]
    assert server.paths == []


def test_nodes_and_shards_are_gathered_of_the_sample_that_the_cluster_is_of(
    capsys: Printed,
) -> None:
    with serve() as server:
        shown = {
            "nodes": run_module(stemedb_node_info.main, capsys, gateway_url=server.url)["nodes"],
            "shards": run_module(stemedb_shard_info.main, capsys, gateway_url=server.url)["shards"],
        }
        asked = len(server.paths)
        found = info(capsys, server.url, gather=["nodes", "shards"])
        assert server.paths[asked:] == ["/v1/health", "/v1/cluster/status", "/v1/admin/ranges"]
        assert "shards" not in info(capsys, server.url, gather=["nodes"])
    assert {name: found[name] for name in shown} == shown


def test_what_is_gathered_is_as_the_worst_view_has_it(capsys: Printed) -> None:
    worse = deepcopy(WELL)
    worse["nodes"][1]["state"] = "Suspect"
    orphan = {"ranges": [{**row, "leader_node": None} for row in WELL_RANGES["ranges"]]}
    sees = {"status": reply(200, worse), "ranges": reply(200, orphan)}
    with serve(**FINE) as one, serve(**{**FINE, **sees}) as other:
        found = info(capsys, one.url, other.url, gather=["nodes", "shards"])
    assert [node["state"] for node in found["nodes"]].count("Suspect") == 1
    assert {shard["leader_node"] for shard in found["shards"]} == {None}


def test_what_a_gateway_leaves_out_is_not_gathered(capsys: Printed) -> None:
    with serve(status=without(STATUS, "nodes")) as server:
        found = info(capsys, server.url, gather=["nodes"])
    assert found["failure"]["code"] == "protocol"


@pytest.mark.parametrize("name", ["prod", "", None])
def test_the_cluster_that_is_meant(capsys: Printed, name: str | None) -> None:
    with serve(**FINE) as server:
        given = {} if name is None else {"cluster_name": name}
        assert info(capsys, server.url, **given)["cluster"]["healthy"] is True


def test_another_cluster_is_a_failure(capsys: Printed) -> None:
    with serve(**FINE) as one, serve(**FINE) as two:
        found = info(capsys, one.url, two.url, cluster_name="demo")
    assert found["failure"]["code"] == "config"
    assert found["msg"] == (
        "The gateways belong to cluster prod, and stemedb_cluster_name says demo: correct "
        "gateway_url or the name."
    )
    assert "cluster" not in found


def test_one_gateway_of_another_cluster_is_named(capsys: Printed) -> None:
    other = {**FINE, "status": reply(200, {**WELL, "cluster_name": "dev"})}
    with serve(**FINE) as one, serve(**other) as two:
        found = info(capsys, one.url, two.url, cluster_name="prod")
    assert found["failure"]["code"] == "config"
    assert found["msg"].startswith(f"The gateway {two.url} belongs to cluster dev, and ")


def test_a_gateway_that_does_not_say_its_cluster_passes(capsys: Printed) -> None:
    with serve(**{**FINE, "status": without(WELL, "cluster_name")}) as server:
        assert info(capsys, server.url, cluster_name="demo")["cluster"]["name"] is None
