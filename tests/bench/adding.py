"""What `add_node.yml` adds to the time that the cluster takes anyway."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.bench.running import Bench, BenchError
from tests.bench.sums import Row, compared, ratio_row
from tests.devcluster.cluster import DevCluster
from tests.integration.conftest import Running
from tests.integration.inventories import SCALE, SECRET, SETTINGS, Host, Site

BOUND = 1.5
_STABLE_FOR = "stemedb_add_node_stable_for"
_DEFAULT_INTERVALS = "the role's own intervals"
# What the log of a new node ends with: it has what it should, and the others let go.
_CHANGE = re.compile(r"(replication of|rebalance:|election:)")


def add_node(bench: Bench) -> list[Row]:
    """One host after the other is added; after each, as many `stat` tasks on the same host."""
    rounds = bench.rounds(3)
    with TemporaryDirectory() as folder:
        site_folder = Path(folder)
        with DevCluster(site_folder / "cluster", api_key=SECRET, time_scale=SCALE) as cluster:
            cluster.start(3).wait_settled()
            site = Site(cluster, site_folder / "hosts")
            site.settings["ansible_python_interpreter"] = sys.executable
            try:
                return _measured(bench, site, rounds)
            finally:
                site.close()


def _measured(bench: Bench, site: Site, rounds: int) -> list[Row]:
    ours: list[float] = []
    peers: list[float] = []
    counts = (0, 0)
    for number in range(rounds):
        host = site.host(f"node-{number + 4:02}")
        seconds, counts = _added(bench, site, host)
        ours.append(seconds)
        peers.append(_stats(bench, site, host, counts[0]))
    what = (
        f"add_node.yml without the cluster's own time and stable_for, intervals "
        f"{SETTINGS['stemedb_add_node_shards_interval']} s"
    )
    peer = f"as many stat tasks ({counts[0]}; {counts[1]} of ours run a module)"
    found = compared(ours, peers)
    for name in [name for name in site.settings if name.endswith("_interval")]:
        del site.settings[name]
    seconds, _counts = _added(bench, site, site.host("node-99"))
    return [
        ratio_row(what, peer, found, BOUND),
        ratio_row(f"— with {_DEFAULT_INTERVALS}", "the same", compared([seconds], [found.peers])),
    ]


def _added(bench: Bench, site: Site, host: Host) -> tuple[float, tuple[int, int]]:
    """Seconds that the collection took to add the host, and its tasks: all, and with a module."""
    members = len(site.cluster.running) + len(site.hosts) - 1
    site.cluster.wait_settled(alive=members)
    target = ("-e", f"stemedb_target={host.name}")
    seconds, run = _timed(site.start(bench.ansible, "add_node", *target))
    done = [task for task in run.tasks if task.status == "ok"]
    modules = sum("invocation" in task.result for task in done)
    stable_for = float(site.settings[_STABLE_FOR])
    return seconds - own_time(host.log()) - stable_for, (len(done), modules)


def own_time(log: str) -> float:
    """Seconds from the start of a node to the last change that its joining led to."""
    lines = log.splitlines()
    changes = [line for line in lines if _CHANGE.search(line)]
    if not changes:
        raise BenchError(f"the log tells of no change:\n{log}")
    return (_moment(changes[-1]) - _moment(lines[0])).total_seconds()


def _moment(line: str) -> datetime:
    return datetime.fromisoformat(line.split()[0].replace("Z", "+00:00"))


def _stats(bench: Bench, site: Site, host: Host, count: int) -> float:
    tasks: Sequence[dict[str, Any]] = [
        {"name": f"Look, {number}", "ansible.builtin.stat": {"path": str(host.folder)}}
        for number in range(count)
    ]
    inventory = bench.ansible.written(site.inventory())
    command = ["ansible-playbook", bench.playbook(*tasks, hosts=host.name)[1], "-i", inventory]
    return _timed(bench.ansible.start(*command, env={"ANSIBLE_PIPELINING": "1"}))[0]


def _timed(running: Running) -> tuple[float, Any]:
    started = time.monotonic()
    run = running.end(300)
    if not run.ok:
        raise BenchError(str(run))
    return time.monotonic() - started, run
