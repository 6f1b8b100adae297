"""The fault switches, and what is counted, on a cluster that the tests share."""

from __future__ import annotations

import email.utils
import time
import urllib.request
from collections.abc import Iterator

import pytest

from tests.devcluster.cluster import DevCluster, DevNode


@pytest.fixture
def cluster(three: DevCluster) -> Iterator[DevCluster]:
    yield three
    for node in three.nodes:
        node.clear_faults()
    three.wait_settled()


def sizes(node: DevNode, number: int) -> list[int]:
    return [replica["size_bytes"] for replica in node.shard(number)["replicas"]]


def wait_for_state(cluster: DevCluster, observer: DevNode, node: DevNode, state: str) -> None:
    cluster.wait_until(lambda: observer.states()[node.node_id] == state, state)


def wait_for_size(cluster: DevCluster, observer: DevNode, number: int, size: int) -> None:
    cluster.wait_until(lambda: observer.ranges()[number]["size_bytes"] > size, f"over {size} bytes")


def test_an_endpoint_can_be_slow(cluster: DevCluster) -> None:
    node = cluster.node(0)
    node.faults(slow={"/v1/cluster": 0.6})
    started = time.monotonic()
    node.status()
    assert time.monotonic() - started >= 0.6
    with pytest.raises(TimeoutError):
        node.request("GET", "/v1/cluster/status", timeout=0.1)


def test_an_endpoint_can_fail(cluster: DevCluster) -> None:
    node = cluster.node(0)
    node.faults(fail={"/v1/health": 500, "/metrics": 502})
    assert node.request("GET", "/v1/health")[0] == 500
    assert node.request("GET", "/metrics")[0] == 502
    assert node.request("GET", "/v1/cluster/status")[0] == 200
    node.faults(fail=None)
    assert node.request("GET", "/v1/health") == (200, {"status": "healthy"})


def test_a_view_can_be_stale(cluster: DevCluster) -> None:
    stale, fresh = cluster.node(0), cluster.node(1)
    stale.faults(stale=True)
    before = stale.ranges()
    cluster.faults(growth=500_000)
    cluster.wait_until(
        lambda: fresh.ranges()[0]["size_bytes"] > before[0]["size_bytes"], "the others move on"
    )
    assert stale.ranges() == before


def test_shards_can_grow_and_replicas_follow(cluster: DevCluster) -> None:
    node = cluster.node(0)
    before = min(sizes(node, 0))
    cluster.faults(growth=400_000)
    cluster.wait_until(lambda: min(sizes(node, 0)) > before + 200_000, "all replicas grow")
    cluster.faults(growth=None)
    cluster.wait_until(lambda: len(set(sizes(node, 0))) == 1, "and are equal when writes stop")


def test_a_shard_can_split(cluster: DevCluster) -> None:
    node = cluster.node(2)
    before = node.ranges()
    new = node.split(1)
    assert new == max(before) + 1
    cluster.wait_until(lambda: all(new in each.ranges() for each in cluster.nodes), "all know it")
    cluster.wait_settled()
    after = node.ranges()
    assert after[1]["size_bytes"] + after[new]["size_bytes"] == before[1]["size_bytes"]
    assert set(after[new]["replica_nodes"]) == set(before[1]["replica_nodes"])
    with pytest.raises(Exception, match="shard 999 not found"):
        node.split(999)


def test_a_node_can_flap(cluster: DevCluster) -> None:
    flapping, observer = cluster.node(2), cluster.node(0)
    flapping.faults(flapping={"down": 2.0, "up": 1.5})
    for state in ("Suspect", "Alive", "Suspect"):
        wait_for_state(cluster, observer, flapping, state)
    assert flapping.get("/v1/health"), "its gateway answers all the time"


def test_one_dropped_link_is_no_partition(cluster: DevCluster) -> None:
    one, other, third = cluster.nodes
    read = [(node, len(node.log())) for node in (one, third)]
    one.faults(drop_peers=[other.node_id])
    number = next(n for n, item in one.ranges().items() if item["leader_node"] == other.node_id)
    other.faults(growth=200_000)
    known = one.ranges()[number]["size_bytes"]
    for target in (known, known + 200_000, known + 400_000):
        wait_for_size(cluster, one, number, target)
        assert set(one.states().values()) == {"Alive"}, "indirect pings reach it"
    news = "".join(node.log()[start:] for node, start in read)
    assert f"{other.node_id} Alive -> Suspect" not in news


def test_requests_are_counted(cluster: DevCluster) -> None:
    node = cluster.node(1)
    node.request("DELETE", "/_dev/requests")
    node.status()
    node.status()
    node.request("POST", "/v1/admin/sync")
    seen = node.requests()
    assert seen["counts"] == {"GET /v1/cluster/status": 2, "POST /v1/admin/sync": 1}
    assert [(item["method"], item["path"]) for item in seen["mutating"]] == [
        ("POST", "/v1/admin/sync")
    ]
    node.request("DELETE", "/_dev/requests")
    assert node.requests() == {"counts": {}, "mutating": []}


@pytest.mark.parametrize(
    ("switches", "sentence"),
    [
        ({"bogus": 1}, "unknown fault 'bogus'"),
        ({"slow": 3}, "fault 'slow' takes"),
        ({"dialect": ["klingon"]}, "unknown dialect 'klingon'"),
        ([], "must be a JSON object"),
    ],
)
def test_a_wrong_switch_is_refused(cluster: DevCluster, switches: object, sentence: str) -> None:
    status, answer = cluster.node(0).request("POST", "/_dev/faults", switches)
    assert status == 400
    assert sentence in answer["error"]
    assert cluster.node(0).request("GET", "/_dev/faults") == (200, {})


def told_time(node: DevNode) -> float:
    """The clock of a gateway, as it says it."""
    with urllib.request.urlopen(f"{node.url}/v1/health", timeout=5) as answer:
        return email.utils.parsedate_to_datetime(answer.headers["Date"]).timestamp()


def test_a_clock_can_be_wrong(cluster: DevCluster) -> None:
    right, wrong = cluster.node(0), cluster.node(1)
    wrong.faults(clock=-90)
    assert abs(told_time(right) - time.time()) < 5
    assert abs(told_time(wrong) + 90 - time.time()) < 5
