"""Real processes: founding, joining, failing, returning, partitions. See the README for what
each claims to show of StemeDB's documented behaviour.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.devcluster.cluster import DevCluster, DevNode

MakeCluster = Callable[..., DevCluster]
MIB = 1 << 20


def metric(node: DevNode, name: str) -> int:
    text = node.request("GET", "/metrics")[1]
    match = re.search(rf"^{name} (\d+)$", text, re.MULTILINE)
    assert match, text
    return int(match.group(1))


def held_by(observer: DevNode, node: DevNode) -> set[int]:
    return {n for n, item in observer.ranges().items() if node.node_id in item["replica_nodes"]}


def led_by(observer: DevNode, node: DevNode) -> set[int]:
    return {n for n, item in observer.ranges().items() if node.node_id == item["leader_node"]}


def incarnation(observer: DevNode, node: DevNode) -> int:
    found = {item["node_id"]: item["incarnation"] for item in observer.status()["nodes"]}
    return int(found[node.node_id])


def test_nodes_started_at_once_found_one_cluster(make_cluster: MakeCluster) -> None:
    cluster = make_cluster()
    cluster.start(4).wait_settled()
    founders = [node for node in cluster.nodes if "founding cluster" in node.log()]
    assert founders == [cluster.node(0)], "the first seed, and nobody else"
    views = [node.status() for node in cluster.nodes]
    assert all(view["node_count"] == 4 and view["shard_count"] == 6 for view in views)


@pytest.mark.parametrize("version", ["3.9", "3.13"])
def test_it_runs_on_old_and_new_pythons(make_cluster: MakeCluster, version: str) -> None:
    finder = Path(__file__).parents[3] / "scripts" / "find_python.sh"
    found = subprocess.run(
        ["sh", str(finder), version], capture_output=True, text=True, check=False
    )
    if found.returncode:
        pytest.skip(found.stderr.strip())
    cluster = make_cluster(python=found.stdout.strip())
    cluster.start(2, replication_factor=2).wait_settled()
    for node in cluster.nodes:
        started = time.monotonic()
        node.stop()
        assert time.monotonic() - started < 5
        assert node.process is not None
        assert node.process.returncode == 0
        assert node.log().endswith(" INFO stopped\n")
        assert " ERROR " not in node.log()
        assert "Traceback" not in node.log()


def test_nodes_without_their_founder_wait_for_it(make_cluster: MakeCluster) -> None:
    cluster = make_cluster()
    founder, other, third = (cluster.prepare() for _ in range(3))
    other.start()
    third.start()
    cluster.wait_until(lambda: other.status()["node_count"] == 2, "the two find each other")
    cluster.wait_until(lambda: other.status()["status"] == "degraded", "no cluster yet")
    assert (other.status()["shard_count"], other.status()["meta_version"]) == (0, 0)
    founder.start()
    cluster.wait_settled()


def test_a_founder_that_starts_anew_joins_what_is_there(make_cluster: MakeCluster) -> None:
    cluster = make_cluster()
    cluster.start(3).wait_settled()
    founder, other = cluster.node(0), cluster.node(1)
    before = other.status()["meta_version"]
    founder.kill()
    shutil.rmtree(founder.data_dir)
    founder.node_id = "11111111-0000-4000-8000-000000000000"
    founder.start()
    cluster.wait_until(lambda: founder.status()["meta_version"] >= before, "it joined")
    assert founder.log().count("founding cluster") == 1
    cluster.wait_until(lambda: len(held_by(other, founder)) == 6, "the new node has the replicas")


def test_a_node_of_another_cluster_is_ignored(make_cluster: MakeCluster) -> None:
    cluster = make_cluster()
    cluster.start(1)
    stranger = cluster.add(cluster_name="other")
    cluster.wait_until(lambda: "belongs to cluster" in cluster.node(0).log(), "it was noticed")
    assert cluster.node(0).status()["node_count"] == 1
    assert stranger.status()["shard_count"] == 0


def test_a_new_node_gets_its_share_by_streamed_bytes(make_cluster: MakeCluster) -> None:
    cluster = make_cluster(shard_size=2 * MIB)
    cluster.start(3).wait_settled()
    old = cluster.node(0)
    version = old.status()["meta_version"]
    new = cluster.add(rate=3 * MIB)
    cluster.wait_until(lambda: new.node_id in old.states(), "it joined")
    assert old.states()[new.node_id] == "Alive"
    assert not held_by(old, new), "shards come after a delay"

    sizes: list[int] = []

    def copied() -> bool:
        shards = [old.shard(number) for number in held_by(old, new)]
        sizes.append(
            sum(
                replica["size_bytes"] or 0
                for shard in shards
                for replica in shard["replicas"]
                if replica["node_id"] == new.node_id
            )
        )
        for shard in shards:
            whole = [r for r in shard["replicas"] if r["size_bytes"] == shard["size_bytes"]]
            assert len(whole) >= 3, f"the old one stays until the new one is complete: {shard}"
        assert old.status()["status"] == "healthy"
        return len(shards) >= 4 and sizes[-1] >= 8 * MIB

    cluster.wait_until(copied, "four replicas are complete")
    assert sizes == sorted(sizes)
    assert len({size for size in sizes if 0 < size < 8 * MIB}) >= 4, "it grows bit by bit"
    cluster.wait_settled()
    assert metric(new, "stemedb_replication_received_bytes_total") == 2 * MIB * len(
        held_by(old, new)
    )
    sent = sum(metric(n, "stemedb_replication_sent_bytes_total") for n in cluster.nodes)
    received = sum(metric(n, "stemedb_replication_received_bytes_total") for n in cluster.nodes)
    assert sent == received
    assert old.status()["meta_version"] > version
    cluster.wait_until(lambda: led_by(old, new), "leaders are spread, too")
    assert re.search(rf"INFO rebalance: assign shard \d+ to {new.node_id}", old.log())
    assert re.search(
        r"INFO replication of shard \d+ complete \(2097152 bytes from [\w-]+\)", new.log()
    )


def test_a_stopped_node_is_found_dead_and_its_shards_recover(make_cluster: MakeCluster) -> None:
    cluster = make_cluster(age_out=4)
    cluster.start(4).wait_settled()
    # The coordinator is the lowest id: take it away, another one has to do the work.
    victim = min(cluster.nodes, key=lambda node: node.node_id)
    observer = next(node for node in cluster.nodes if node is not victim)
    before = observer.ranges()
    led = led_by(observer, victim)
    assert led
    victim.stop()
    assert observer.states()[victim.node_id] == "Alive", "a stop is not announced"
    assert observer.status()["node_count"] == 4

    seen = ["Alive"]

    def dead() -> bool:
        state = observer.states()[victim.node_id]
        seen.extend([state] if state != seen[-1] else [])
        return state == "Dead"

    cluster.wait_until(dead, "the stopped node is Dead")
    assert seen == ["Alive", "Suspect", "Dead"]
    cluster.wait_until(lambda: not led_by(observer, victim), "every shard has a live leader")
    for number in led:
        candidates = set(before[number]["replica_nodes"]) - {victim.node_id}
        assert re.search(
            rf"election: shard {number} leader is ({'|'.join(candidates)})\n", observer.log()
        )
    cluster.wait_until(lambda: not held_by(observer, victim), "its replicas are replaced")
    cluster.wait_until(lambda: victim.node_id not in observer.states(), "the dead node ages out")
    cluster.wait_settled()


def test_a_hanging_node_is_suspected_and_refutes(make_cluster: MakeCluster) -> None:
    cluster = make_cluster(time_scale=0.05)
    cluster.start(3).wait_settled()
    sleeper, observer = cluster.node(2), cluster.node(0)
    before = incarnation(observer, sleeper)
    sleeper.pause()
    cluster.wait_until(lambda: observer.states()[sleeper.node_id] == "Suspect", "Suspect")
    sleeper.resume()
    cluster.wait_until(lambda: observer.states()[sleeper.node_id] == "Alive", "Alive again")
    assert incarnation(observer, sleeper) > before
    assert f"{sleeper.node_id} Suspect -> Dead" not in observer.log()
    sleeper.pause()
    cluster.wait_until(lambda: observer.states()[sleeper.node_id] == "Dead", "Dead")
    sleeper.resume()
    cluster.wait_settled()
    assert f"{sleeper.node_id} Dead -> Alive" in observer.log()


def test_a_restart_keeps_identity_and_data(make_cluster: MakeCluster) -> None:
    cluster = make_cluster()
    cluster.start(3).wait_settled()
    node, observer = cluster.node(1), cluster.node(0)
    sizes = {number: item["size_bytes"] for number, item in observer.ranges().items()}
    before = incarnation(observer, node)
    node.restart()
    cluster.wait_until(lambda: incarnation(observer, node) > before, "its new life is seen")
    cluster.wait_settled()
    assert metric(node, "stemedb_replication_received_bytes_total") == 0, "nothing is copied again"
    assert {number: item["size_bytes"] for number, item in node.ranges().items()} == sizes
    assert f"{node.node_id} Suspect -> Dead" not in observer.log()

    for each in cluster.nodes:
        each.kill()
    for each in cluster.nodes:
        each.start()
    cluster.wait_settled()
    assert sum(each.log().count("founding cluster") for each in cluster.nodes) == 1


def test_a_node_that_lost_its_data_leads_nothing_until_it_has_copied(
    make_cluster: MakeCluster,
) -> None:
    cluster = make_cluster()
    cluster.start(3).wait_settled()
    node, observer = cluster.node(2), cluster.node(0)
    assert led_by(observer, node)
    before = incarnation(observer, node)
    node.stop()
    shutil.rmtree(node.data_dir)
    node.options["rate"] = MIB // 2
    node.start()
    cluster.wait_until(lambda: not led_by(observer, node), "others lead")
    assert incarnation(observer, node) > before
    assert observer.status()["status"] == "degraded"
    node.faults(rate=64 * MIB)
    cluster.wait_settled()
    assert metric(node, "stemedb_replication_received_bytes_total") == 6 * MIB


def test_a_partition_splits_the_views_and_heals(make_cluster: MakeCluster) -> None:
    cluster = make_cluster()
    cluster.start(4).wait_settled()
    left, right = cluster.nodes[:2], cluster.nodes[2:]
    cluster.partition([0, 1], [2, 3])

    def split() -> bool:
        return all(
            node.states() == {n.node_id: "Alive" if n in side else "Dead" for n in cluster.nodes}
            for side in (left, right)
            for node in side
        )

    cluster.wait_until(split, "each side sees the other as Dead")
    assert {node.status()["node_count"] for node in cluster.nodes} == {2}

    def led_on(side: list[DevNode]) -> bool:
        ids = {node.node_id for node in side}
        return all(item["leader_node"] in ids for item in side[0].ranges().values())

    cluster.wait_until(lambda: led_on(left) and led_on(right), "both sides elect leaders")
    versions = [node.status()["meta_version"] for node in cluster.nodes]
    cluster.heal()
    cluster.wait_settled(4)
    assert cluster.node(0).status()["meta_version"] >= max(versions)


def test_a_partition_heals_also_after_each_side_has_forgotten_the_other(
    make_cluster: MakeCluster,
) -> None:
    cluster = make_cluster(age_out=0.5)
    cluster.start(4).wait_settled()
    cluster.partition([0, 1], [2, 3])
    cluster.wait_until(
        lambda: all(len(node.states()) == 2 for node in cluster.nodes), "each side is alone"
    )
    cluster.heal()
    cluster.wait_settled(4)


def test_nodes_end_with_the_process_that_started_them(tmp_path: Path) -> None:
    script = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from tests.devcluster.cluster import DevCluster\n"
        "cluster = DevCluster(Path(sys.argv[1])).start(2)\n"
        "cluster.node(1).pause()\n"
        "print(*[node.process.pid for node in cluster.nodes], flush=True)\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    )
    assert parent.stdout is not None
    pids = [int(word) for word in parent.stdout.readline().split()]
    assert len(pids) == 2
    parent.kill()
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 15
    while any(map(runs, pids)) and time.monotonic() < deadline:
        time.sleep(0.05)
    left = [pid for pid in pids if runs(pid)]
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert not left, "the paused one as well"


def runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def test_two_clusters_run_side_by_side(make_cluster: MakeCluster) -> None:
    one, other = make_cluster(shards=2).start(1), make_cluster(shards=3).start(1)
    assert one.base != other.base
    one.wait_until(lambda: one.node(0).status()["shard_count"] == 2, "founded")
    other.wait_until(lambda: other.node(0).status()["shard_count"] == 3, "founded")
