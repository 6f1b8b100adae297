"""Operations that never were, for reports: a node is lost, its shards move, and all is well again.

Each goes through what a real one goes through: snapshots, the timeline of a wait, the recorder.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import (
    ALIVE,
    DEAD,
    SUSPECT,
    Health,
    Node,
    Shard,
    Snapshot,
    Status,
    View,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._present.heat_map import heat_map
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.loop import StageEnd
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.readings import (
    Memory,
    Numbers,
    Unmet,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.sample import Sample
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.timeline import Timeline
from ansible_collections.stemedb.cluster.plugins.plugin_utils._timeline.record import (
    Recorder,
    Task,
)

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = ROOT / "docs" / "docsite" / "timeline.schema.json"
DAWN = 1795403565.0  # 2026-11-23T03:12:45Z
SIZE = 64 * 2**20
FACTOR = 3
# Seconds after its stop: when the lost node is Suspect and Dead, and its shards are led again.
SUSPECTED, GONE, ELECTED, COPIED = 6, 14, 20, 70


class World:
    """A cluster of so many nodes and shards, of which one node is stopped at a time."""

    def __init__(self, nodes: int, shards: int, stuck: bool = False) -> None:
        self.ids = [f"{n:08x}-6d1e-4d0b-8f3c-2a9d6b7c8e90" for n in range(1, nodes + 1)]
        self.shards = shards
        self.stuck = stuck
        self.now = 0.0
        self._placed: dict[bool, tuple[Shard, ...]] = {}
        self.stopped: float | None = None
        self.names = {node_id: f"db-{n:03}" for n, node_id in enumerate(self.ids, 1)}
        self.lost = self.ids[1]

    def gone(self) -> float:
        """Seconds since the stop, -1 before."""
        return -1.0 if self.stopped is None else self.now - self.stopped

    def snapshot(self) -> Snapshot:
        """All that one gateway says now."""
        gone = self.gone()
        lost = ALIVE if gone < SUSPECTED else SUSPECT if gone < GONE else DEAD
        members = tuple(
            Node(n, f"198.51.100.{place % 250}:18182", lost if n == self.lost else ALIVE, 1)
            for place, n in enumerate(self.ids)
        )
        moved = gone > ELECTED
        if moved not in self._placed:
            self._placed[moved] = tuple(self._shard(n, gone) for n in range(self.shards))
        shards = self._placed[moved]
        status = Status("prod", "healthy", len(members), len(shards), FACTOR, 41, members)
        word = "healthy" if gone < 0 or gone > COPIED else "degraded"
        return Snapshot((View("http://db-001:18181", status, shards, Health(200, word)),))

    def _home(self, number: int) -> list[str]:
        count = len(self.ids)
        spread = (number * 7 + number // count) % count
        stride = 1 + number % min(3, count - 1)
        return [self.ids[(spread + step * stride) % count] for step in range(FACTOR)]

    def _shard(self, number: int, gone: float) -> Shard:
        home = self._home(number)
        leader = home[0]
        if gone > ELECTED and self.lost in home:
            others = [n for n in self.ids if n not in home]
            moved = [others[number % len(others)]] if others else []
            home = [n for n in home if n != self.lost] + ([] if self.stuck else moved)
            leader = home[0]
        return Shard(number, leader, tuple(home), SIZE)

    def numbers(self) -> Numbers:
        """How far the copies are that the other nodes make."""
        part = min(1.0, max(0.0, (self.gone() - ELECTED) / (COPIED - ELECTED)))
        count = max(1, self.shards * FACTOR // len(self.ids))
        return Numbers(
            "replicas_complete",
            "cluster",
            "replicas complete",
            int(count * part),
            count,
            int(count * SIZE * part),
            count * SIZE,
        )


class Step(NamedTuple):
    """A stage of a wait: what is unmet until so many seconds after the stop."""

    name: str
    until: float
    unmet: tuple[Unmet, ...]


def waited(world: World, steps: Sequence[Step], timeout: float) -> dict[str, Any]:
    """The result of a wait for these, with a sample each two seconds and one without an answer."""
    timeline, began, ends = Timeline(), world.now, []
    snapshot = world.snapshot()
    for step in steps:
        start, good, count = world.now, 0, 0
        while good < 3 and world.now - began < timeout:
            silent = world.stopped is not None and 40 < world.gone() < 43
            if not silent:
                snapshot = world.snapshot()
            bad = step.unmet if world.gone() < step.until or silent else ()
            numbers = (world.numbers(),) if step.name == "Every replica complete" else ()
            given = None if silent else snapshot
            sample = Sample(bad, numbers, (), given, Memory(), None)
            timeline.add(DAWN + world.now, world.now - began, step.name, sample)
            good, count = 0 if bad else good + 1, count + 1
            world.now += 2.0
        spent = world.now - start
        end = StageEnd(step.name, world.now - began, spent, count, 0, good >= 3)
        ends.append(end._asdict())
        if good < 3:
            break
    told: dict[str, Any] = {
        "elapsed": world.now - began,
        "stages": [end for end in ends if end["name"]],
    }
    long: dict[str, Any] = {"node_names": world.names, "timeline": timeline.entries()}
    if all(end["met"] for end in ends):
        return {**told, **long, **lists(snapshot)}
    told["invocation"] = {"evidence": {**long, "heat_map": heat_map(snapshot)}}
    name, reason = ends[-1]["name"], f"{steps[len(ends) - 1].unmet[0].reason} (for {spent:.0f} s)"
    message = f"{name}: Timed out after {spent:g} s: cluster {reason}."
    return {**told, "msg": message, "failed": True}


def lists(snapshot: Snapshot) -> dict[str, Any]:
    """Nodes and shards as a result has them, as far as reports read them."""
    return {
        "cluster": {"name": "prod"},
        "nodes": [{"node_id": n.node_id, "state": n.state} for n in snapshot.nodes.values()],
        "shards": [
            {
                "shard_id": s.shard_id,
                "replica_nodes": list(s.replica_nodes or ()),
                "leader_node": s.leader_node,
            }
            for s in snapshot.shards.values()
        ],
    }


def _recovery(world: World) -> list[Step]:
    lost = world.lost
    at = "at http://198.51.100.1:18181"
    led = f"is led by {lost}, which is Dead"
    incomplete = "has replicas that are not complete: 17825792 of 67108864 bytes"

    def step(name: str, until: float, *unmet: str) -> Step:
        return Step(name, until, (Unmet(*unmet),))

    copied = ELECTED + 10_000 if world.stuck else COPIED
    under = "has 2 live replicas of 3"
    return [
        step("Dead or gone in every view", GONE, "node_dead", lost, f"is Suspect {at}"),
        step("New leaders elected", ELECTED, "leaders_elected", "shard 3", led),
        step("Replicas reassigned", ELECTED + 4, "fully_replicated", "shard 3", under),
        step("Every replica complete", copied, "replicas_complete", "cluster", incomplete),
        step("Healthy and stable", COPIED, "healthy", "cluster", "is not healthy"),
    ]


class Operation:
    """A run of `remove_node`, task by task."""

    def __init__(self, world: World, timeout: float = 300.0) -> None:
        self.world = world
        self.recorder = Recorder("remove_node", DAWN)
        self._remove(timeout)

    def task(
        self, name: str, module: str, seconds: float, outcome: str = "ok", **more: Any
    ) -> None:
        at = self.world.now
        self.world.now += seconds
        action = module if "." in module else f"stemedb.cluster.{module}"
        self.recorder.add(Task(name, action, "localhost", at, seconds, outcome, more))

    def _wait(self, name: str, steps: Sequence[Step], timeout: float = 300.0) -> bool:
        world, began = self.world, self.world.now
        found = waited(world, steps, timeout)
        how = "failed" if "msg" in found else "ok"
        spent = world.now - began
        action = "stemedb.cluster.stemedb_wait"
        self.recorder.add(Task(name, action, "localhost", began, spent, how, found))
        return how == "ok"

    def _remove(self, timeout: float) -> None:
        world = self.world
        lock = {"held": True, "holder": {"operation": "remove_node", "target": "db-002"}}
        self.task("Take the cluster lock", "stemedb_operation_lock", 0.6, "changed", **lock)
        before = lists(world.snapshot())
        self.task("Read the cluster as it is before", "stemedb_cluster_info", 0.4, **before)
        self._wait("Wait until the cluster is healthy", [Step("", -2, ())])
        needed = [{"shard_id": 0, "required": 2}]
        self.task("Ask the guard", "stemedb_impact_info", 0.5, shards=needed)
        self.task("Stop the service of db-002", "stemedb_service", 3.1, "changed")
        world.stopped = world.now
        if self._wait("Wait until it is healthy without db-002", _recovery(world), timeout):
            self.task("Write the seed list of db-001", "ansible.builtin.template", 0.7, "changed")
            return
        text = "remove_node of db-002 did not finish: see the report above."
        self.task("Say what went wrong", "stemedb_show", 0.1, "failed", msg=text)

    def document(self, outcome: str) -> dict[str, Any]:
        return self.recorder.document(self.world.now + 1.0, outcome)


def made(name: str) -> dict[str, Any]:
    """One of the runs that reports are tried on."""
    if name == "failed":
        return Operation(World(5, 60, stuck=True), timeout=45.0).document("failed")
    nodes, shards = {"small": (3, 24), "medium": (50, 2000), "large": (300, 20000)}[name]
    return Operation(World(nodes, shards)).document("succeeded")


def outage(count: int, dead: int) -> dict[str, Any]:
    """A wait in which some nodes of a cluster turn Dead at once."""
    timeline = Timeline()
    for place in range(4):
        members = [
            Node(f"{n:08x}-6d1e", "", DEAD if place > 1 and n >= count - dead else ALIVE)
            for n in range(count)
        ]
        status = Status("prod", "degraded", count, 0, FACTOR, 41, tuple(members))
        given = Snapshot((View("http://db-001:18181", status, (), Health(200, "degraded")),))
        sample = Sample((), (), (), given, Memory(), None)
        timeline.add(DAWN + 2.0 * place, 2.0 * place, "", sample)
    recorder = Recorder("rolling_restart", DAWN)
    result = {"timeline": timeline.entries(), "elapsed": 6.0, "stages": []}
    recorder.add(Task("Wait", "stemedb_wait", "localhost", 0.0, 6.0, "failed", result))
    return recorder.document(7.0, "failed")


NAMES = ("small", "medium", "large", "failed")


def schema_errors(document: dict[str, Any]) -> list[str]:
    """What the documented schema says against a document. Only where there is jsonschema."""
    try:
        jsonschema: Any = importlib.import_module("jsonschema")
    except ImportError:  # it is in .venv only
        return []
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    found = jsonschema.Draft202012Validator(schema).iter_errors(document)
    return [f"{error.json_path}: {error.message[:200]}" for error in found]
