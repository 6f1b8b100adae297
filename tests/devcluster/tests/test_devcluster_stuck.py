"""Switches that keep a cluster from recovering, and recovery when they are cleared."""

from __future__ import annotations

from collections.abc import Callable

from tests.devcluster.cluster import DevCluster

MakeCluster = Callable[..., DevCluster]


def test_a_rebalance_can_be_stuck(make_cluster: MakeCluster) -> None:
    cluster = make_cluster(shards=3)
    cluster.start(3).wait_settled()
    old = cluster.node(0)
    cluster.faults(stuck_rebalance=True)
    new = cluster.prepare()
    new.start()
    new.faults(stuck_rebalance=True)
    cluster.wait_until(lambda: new.node_id in old.states(), "it joined")
    version = old.status()["meta_version"]
    # The delay has surely passed when a node that left meanwhile has been found Dead.
    cluster.node(1).kill()
    cluster.wait_until(lambda: old.states()[cluster.node(1).node_id] == "Dead", "detection")
    cluster.wait_until(lambda: old.status()["meta_version"] > version, "leaders are elected still")
    assert all(new.node_id not in item["replica_nodes"] for item in old.ranges().values())
    cluster.faults(stuck_rebalance=None)
    cluster.wait_settled()
    assert all(new.node_id in item["replica_nodes"] for item in old.ranges().values())


def test_an_election_can_be_stuck(make_cluster: MakeCluster) -> None:
    cluster = make_cluster(shards=3)
    cluster.start(3).wait_settled()
    observer, victim = cluster.node(0), cluster.node(2)
    cluster.faults(stuck_election=True, stuck_rebalance=True)
    victim.kill()
    cluster.wait_until(lambda: observer.states()[victim.node_id] == "Dead", "detection")
    status, health = observer.request("GET", "/v1/health")
    assert (status, health) == (503, {"status": "unhealthy"})
    leaders = {item["leader_node"] for item in observer.ranges().values()}
    assert victim.node_id in leaders
    cluster.faults(stuck_election=None)
    cluster.wait_until(lambda: observer.get("/v1/health") == {"status": "degraded"}, "elected")
    victim.start()
    cluster.faults(stuck_rebalance=None)
    cluster.wait_settled()


def test_replication_can_be_stopped_and_resumed(make_cluster: MakeCluster) -> None:
    cluster = make_cluster(shards=3)
    cluster.start(3).wait_settled()
    new = cluster.prepare()
    new.start().faults(rate=0)
    old = cluster.node(0)

    def new_sizes() -> list[int]:
        return [
            replica["size_bytes"]
            for number in old.ranges()
            for replica in old.shard(number)["replicas"]
            if replica["node_id"] == new.node_id
        ]

    cluster.wait_until(new_sizes, "replicas are assigned")
    assert set(new_sizes()) == {0}
    new.faults(rate=None)
    cluster.wait_settled()
    assert set(new_sizes()) == {1 << 20}
