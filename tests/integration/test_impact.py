"""The guard, asked by the real command about real processes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.devcluster.cluster import DevCluster, DevNode
from tests.integration.asking import DECIDES, counts
from tests.integration.conftest import Ansible

Make = Callable[..., DevCluster]


def ask(cluster: DevCluster, ansible: Ansible, *nodes: DevNode, **options: Any) -> dict[str, Any]:
    """What the guard says of these nodes, asking whoever runs."""
    run = ansible.module(
        "stemedb_impact_info",
        options={
            "gateway_url": [node.url for node in cluster.running],
            "nodes": [node.node_id for node in nodes],
            **options,
        },
    )
    assert run.ok, run
    return run.result


def kinds(found: dict[str, Any]) -> set[str]:
    assert found["safe"] is (found["blockers"] == [])
    return {blocker["kind"] for blocker in found["blockers"]}


def test_of_three_one_may_be_restarted_but_not_removed(
    cluster: DevCluster, ansible: Ansible
) -> None:
    target = cluster.node(2)
    assert kinds(ask(cluster, ansible, target, permanent=False)) == set()
    # Its own gateway was not asked, and the others about nothing but what it holds.
    sizes = {f"GET /v1/shards/{shard}": 1 for shard in range(6)}
    first, second, own = counts(cluster)
    assert first == {**DECIDES, **sizes, "GET /v1/cluster/status": 2}
    assert second == {**DECIDES, **sizes}
    assert own == {}
    found = ask(cluster, ansible, target)
    assert kinds(found) == {"too_few_nodes"}
    assert found["alive_after"] == 2
    assert [observer["excluded"] for observer in found["observers"]] == [False, False, True]


def test_the_only_gateway_may_not_be_its_own(cluster: DevCluster, ansible: Ansible) -> None:
    target = cluster.node(2)
    run = ansible.module("stemedb_impact_info", gateway_url=target.url, nodes=[target.node_id])
    assert not run.ok
    assert run.result["failure"]["code"] == "config"
    assert "name another gateway" in run.result["msg"]


def test_four_that_lose_nodes_and_get_one_that_copies(make_cluster: Make, ansible: Ansible) -> None:
    cluster = make_cluster(age_out=600)
    cluster.start(4).wait_settled()
    last, second = cluster.node(3), cluster.node(2)

    # One of four may go, for good too, and two at once may not.
    found = ask(cluster, ansible, last, min_observers=3)
    assert kinds(found) == set()
    assert found["alive_after"] == 3
    ranges = cluster.node(0).ranges()
    held = [n for n, item in ranges.items() if last.node_id in item["replica_nodes"]]
    led = [n for n, item in ranges.items() if item["leader_node"] == last.node_id]
    assert [row["shard_id"] for row in found["shards"]] == sorted(held)
    assert [row["shard_id"] for row in found["shards"] if row["led_by_target"]] == sorted(led)
    assert {(r["good_now"], r["good_after"], r["required"]) for r in found["shards"]} == {(3, 2, 2)}
    both = ask(cluster, ansible, second, last, permanent=False)
    assert kinds(both) == {"no_majority", "too_few_replicas"}
    together = ask(cluster, ansible, *cluster.nodes, permanent=False, together=True)
    assert together["groups"] == [[node.node_id] for node in cluster.nodes]

    # One dies, and nothing replaces what it held: now a second may not stop.
    cluster.faults(stuck_rebalance=True)
    last.kill()
    cluster.wait_until(
        lambda: (
            all(node.states()[last.node_id] == "Dead" for node in cluster.running)
            and all(
                item["leader_node"] != last.node_id
                for node in cluster.running
                for item in node.ranges().values()
            )
        ),
        "it is Dead, and leads nothing",
    )
    found = ask(cluster, ansible, second, permanent=False)
    assert kinds(found) == {"no_majority", "too_few_replicas"}
    assert any(last.node_id in blocker["detail"] for blocker in found["blockers"])
    # It takes nothing more with it: what it held is short whether it comes back or not.
    assert "too_few_replicas" not in kinds(ask(cluster, ansible, last, permanent=False))

    # Another takes its place, and is Alive at once, but not worth a replica before it has the data.
    fresh = cluster.add()
    fresh.faults(rate=0)
    cluster.faults(stuck_rebalance=None)
    cluster.wait_until(
        lambda: all(
            node.states().get(fresh.node_id) == "Alive"
            and any(fresh.node_id in item["replica_nodes"] for item in node.ranges().values())
            for node in cluster.running
        ),
        "it is Alive and has shards",
    )
    cluster.wait_until(
        lambda: len({str(node.ranges()) for node in cluster.running}) == 1, "views are equal"
    )
    found = ask(cluster, ansible, second, permanent=False)
    copying = f"{fresh.node_id} (0 of 1048576 bytes)"
    short = [b for b in found["blockers"] if b["kind"] == "too_few_replicas"]
    assert any(copying in blocker["detail"] for blocker in short)
    fresh.faults(rate=None)
    cluster.wait_settled(alive=4)
    assert "too_few_replicas" not in kinds(ask(cluster, ansible, second, permanent=False))


def test_a_split_is_told_by_whoever_is_asked(make_cluster: Make, ansible: Ansible) -> None:
    cluster = make_cluster(age_out=600)
    cluster.start(3).wait_settled()
    cluster.faults(stuck_rebalance=True, stuck_election=True)
    cluster.partition([0, 1], [2])
    lost = cluster.node(2).node_id
    cluster.wait_until(lambda: cluster.node(0).states()[lost] == "Dead", "it is Dead to them")
    found = ask(cluster, ansible, cluster.node(1), permanent=False)
    assert {"views_disagree", "no_majority"} <= kinds(found)
    cluster.node(2).kill()
    quiet = ask(
        cluster, ansible, cluster.node(1), permanent=False, gateway_url=cluster.urls, retries=0
    )
    assert "observer_unreachable" in kinds(quiet)
