"""The guard, asked by the real command about real processes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Optional

from tests.devcluster.cluster import DevCluster, DevNode
from tests.integration.asking import DECIDES, counts
from tests.integration.conftest import Ansible

Make = Callable[..., DevCluster]
MIB = 1 << 20


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


def lost(cluster: DevCluster, gone: DevNode) -> bool:
    """Whether all see the same: it is Dead, and leads nothing."""
    views = [(node.states(), node.ranges()) for node in cluster.running]
    states, ranges = views[0]
    led = any(item["leader_node"] == gone.node_id for item in ranges.values())
    return states[gone.node_id] == "Dead" and not led and all(view == views[0] for view in views)


def copying_replica(cluster: DevCluster, fresh: DevNode) -> Optional[tuple[int, DevNode]]:
    """A shard whose third live replica this node still copies, and who else has one."""
    views = [node.ranges() for node in cluster.running]
    if any(view != views[0] for view in views):
        return None
    for number, item in views[0].items():
        live = [node_id for node_id in item["replica_nodes"] if cluster.by_id(node_id).running]
        if fresh.node_id in live and len(live) == 3:
            told = [node.shard(number)["replicas"] for node in cluster.running]
            sizes = {(r["node_id"] == fresh.node_id, r["size_bytes"]) for row in told for r in row}
            copied = {size for of_fresh, size in sizes if of_fresh}
            if None not in copied and max(copied) < MIB / 2 and sizes >= {(False, MIB)}:
                return number, next(cluster.by_id(n) for n in live if n != fresh.node_id)
    return None


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
    cluster.wait_until(lambda: lost(cluster, last), "all see it Dead, and leading nothing")
    found = ask(cluster, ansible, second, permanent=False)
    assert kinds(found) == {"no_majority", "too_few_replicas"}
    assert any(last.node_id in blocker["detail"] for blocker in found["blockers"])
    # It takes nothing more with it: what it held is short whether it comes back or not.
    assert "too_few_replicas" not in kinds(ask(cluster, ansible, last, permanent=False))

    # Another takes its place, and is Alive at once, but not worth a replica before it has the data.
    fresh = cluster.add(rate=1024)
    cluster.wait_until(
        lambda: all(n.states().get(fresh.node_id) == "Alive" for n in cluster.running), "it joins"
    )
    cluster.faults(stuck_rebalance=None)
    shard, other = cluster.wait_until(
        lambda: copying_replica(cluster, fresh), "a replica that it copies and all gateways see"
    )
    found = ask(cluster, ansible, other, permanent=False)
    short = {
        b["subject"]: b["detail"] for b in found["blockers"] if b["kind"] == "too_few_replicas"
    }
    assert re.search(rf"{fresh.node_id} \([0-9]+ of {MIB} bytes\)", short[f"shard {shard}"])
    fresh.faults(rate=32 * MIB)
    cluster.wait_settled(alive=4)
    assert "too_few_replicas" not in kinds(ask(cluster, ansible, other, permanent=False))


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
