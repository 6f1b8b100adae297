# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operation did and what the cluster did meanwhile, as one document.

Private to stemedb.cluster. Pure: times are handed in. The schema of the document is
`docs/docsite/timeline.schema.json`. All times in it are seconds since the run began.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ansible_collections.stemedb.cluster.plugins.module_utils._present.heat_map import drawn
from ansible_collections.stemedb.cluster.plugins.module_utils._times import iso
from ansible_collections.stemedb.cluster.plugins.plugin_utils._timeline.lanes import Lanes
from ansible_collections.stemedb.cluster.plugins.plugin_utils._timeline.steps import (
    most_telling,
    reasons,
)

FORMAT = 1
MOST_STEPS = 300
MOST_SAMPLES = 2000
# Seconds from which on a task is a step of its own, though it changed nothing.
_LONG = 2.0
_WAIT = "stemedb_wait"
_LOCK = "stemedb_operation_lock"
_GUARD = "stemedb_impact_info"
_OURS = "stemedb_"
_FAILED = ("failed", "unreachable")
# How the role that explains a failure records it.
_FAILURE = "stemedb_diagnose_result"


class Task(NamedTuple):
    """One task on one host that has ended.

    :param action: the name of its module, with or without the collection.
    :param at: when it began, in seconds since the run began.
    :param outcome: `ok`, `changed`, `failed`, `unreachable` or `unfinished`.
    """

    name: str
    action: str
    host: str
    at: float
    seconds: float
    outcome: str
    result: Mapping[str, Any]

    @property
    def module(self) -> str:
        """The name of its module without the collection."""
        return self.action.rpartition(".")[2]


class Recorder:
    """Takes one task after the other."""

    def __init__(self, playbook: str, epoch: float) -> None:
        """Begin.

        :param playbook: the name of the playbook.
        :param epoch: when the run began, in seconds since the epoch.
        """
        self._playbook = playbook
        self._epoch = epoch
        self._steps: list[dict[str, Any]] = []
        self._samples: list[dict[str, Any]] = []
        self._lanes = Lanes()
        self._names: dict[str, str] = {}
        self._maps: list[dict[str, Any]] = []
        self._failures: list[str] = []
        self._explained: str | None = None
        self._required: int | None = None
        self._lock: Mapping[str, Any] = {}
        self._cluster: str | None = None
        self.ours = False
        self.is_operation = False

    @property
    def operation(self) -> str:
        """What the lock was taken for, else what the playbook is called."""
        return str(self._lock.get("operation") or self._playbook)

    @property
    def cluster(self) -> str | None:
        """The name of the cluster, if any task saw it."""
        return self._cluster

    def add(self, task: Task) -> None:
        """Take a task that has ended."""
        self.ours = self.ours or task.module.startswith(_OURS)
        waited = task.module == _WAIT
        self.is_operation = self.is_operation or waited or task.module == _LOCK
        result = task.result
        if task.outcome in _FAILED and result.get("msg"):
            self._failures.append(str(result["msg"]))
        facts = result.get("ansible_facts") or {}
        if isinstance(facts, Mapping) and isinstance(facts.get(_FAILURE), Mapping):
            self._explained = str(facts[_FAILURE].get("msg") or "") or None
        if task.module.startswith(_OURS):
            self._read(task, _whole(result))
        elif _tells(task):
            self._steps.append(_step(task))

    def _read(self, task: Task, result: Mapping[str, Any]) -> None:
        """What a module of this collection found out."""
        if task.module == _LOCK and result.get("held") and not self._lock:
            self._lock = result.get("holder") or {}
        if task.module == _GUARD:
            needed = [s["required"] for s in result.get("shards") or () if s["required"]]
            self._required = min(needed, default=self._required)
        if isinstance(result.get("cluster"), Mapping):
            self._cluster = result["cluster"].get("name") or self._cluster
        drawing = _drawing(result)
        if drawing:
            self._maps = [*self._maps[:1], drawing]
        if task.module == _WAIT and result.get("timeline"):
            self._names.update(result.get("node_names") or {})
            self._waited(task, result)
        elif _tells(task):
            self._steps.append(_step(task))

    def _waited(self, task: Task, result: Mapping[str, Any]) -> None:
        entries = result["timeline"]
        elapsed = float(result.get("elapsed") or entries[-1]["elapsed"])
        # By the controller's clock: that of the host that asked may be another.
        began = max(0.0, task.at + task.seconds - elapsed)
        self._lanes.add(began, entries)
        stages = result.get("stages") or [
            {"name": "", "elapsed": elapsed, "seconds": elapsed, "met": task.outcome != "failed"}
        ]
        for stage in stages:
            mine = [entry for entry in entries if entry["stage"] == stage["name"]]
            at = began + stage["elapsed"] - stage["seconds"]
            self._steps.append(
                {
                    "name": stage["name"] or task.name,
                    "kind": "wait",
                    "host": task.host,
                    "at": round(at, 3),
                    "seconds": round(float(stage["seconds"]), 3),
                    "outcome": "ok" if stage["met"] else "failed",
                    "samples": stage.get("samples", len(mine)),
                    "waited_for": reasons(mine),
                    "message": None if stage["met"] else str(result.get("msg") or "") or None,
                }
            )
            self._samples += [_sample(began, entry) for entry in mine]

    def document(
        self, seconds: float, outcome: str, current: Iterable[Task] = ()
    ) -> dict[str, Any]:
        """The document as of now.

        :param seconds: since the run began.
        :param outcome: `succeeded`, `failed`, `aborted` or `running`.
        :param current: tasks that have not ended.
        """
        steps = sorted([*self._steps, *map(_step, current)], key=lambda step: step["at"])
        kept = most_telling(steps, MOST_STEPS)
        failed = outcome == "failed"
        return {
            "format": FORMAT,
            "operation": self.operation,
            "target": self._lock.get("target") or None,
            "cluster": self._cluster,
            "outcome": outcome,
            "message": (self._explained or _cause(self._failures)) if failed else None,
            "began": iso(self._epoch),
            "seconds": round(seconds, 3),
            "required_good_replicas": self._required,
            "replication_factor": self._lanes.factor,
            "observed": self._lanes.observed(),
            "nodes": [
                {**lane, "name": self._names.get(lane["node_id"])} for lane in self._lanes.nodes()
            ],
            "node_count": self._lanes.node_count,
            "unfollowed": self._lanes.unfollowed,
            "steps": kept,
            "steps_left_out": len(steps) - len(kept),
            "samples": _thinned(self._samples),
            "heat_maps": {
                "before": self._maps[0] if self._maps else None,
                "after": self._maps[1] if len(self._maps) > 1 else None,
            },
        }


def _whole(result: Mapping[str, Any]) -> Mapping[str, Any]:
    """A result with the evidence of a failure, which is printed only with -vvv."""
    evidence = (result.get("invocation") or {}).get("evidence") or {}
    return {**result, **evidence}


def _tells(task: Task) -> bool:
    return task.outcome != "ok" or task.seconds >= _LONG


def _step(task: Task) -> dict[str, Any]:
    failed = task.outcome in _FAILED
    return {
        "name": task.name,
        "kind": "change" if task.outcome == "changed" else "task",
        "host": task.host,
        "at": round(task.at, 3),
        "seconds": round(task.seconds, 3),
        "outcome": task.outcome,
        "samples": None,
        "waited_for": [],
        "message": (str(task.result.get("msg") or "") or None) if failed else None,
    }


def _cause(failures: list[str]) -> str | None:
    """The first of what failed last: what follows refers to a report."""
    own = [text for text in failures if "see the report above" not in text]
    last = (own or failures)[-1:]
    return last[0] if last else None


def _sample(began: float, entry: Mapping[str, Any]) -> dict[str, Any]:
    told = (
        "answered",
        "good",
        "fewest_good_replicas",
        "worst_shard",
        "bytes_have",
        "bytes_goal",
    )
    return {"at": round(began + entry["elapsed"], 3), **{key: entry[key] for key in told}}


def _drawing(result: Mapping[str, Any]) -> dict[str, Any] | None:
    """The heat map of a result that has one, or the lists for one."""
    if isinstance(result.get("heat_map"), Mapping):
        return dict(result["heat_map"])
    nodes, shards = result.get("nodes"), result.get("shards")
    listed = isinstance(shards, list) and shards and "replica_nodes" in shards[0]
    if not listed or not isinstance(nodes, list):
        return None
    states = {node["node_id"]: node["state"] for node in nodes}
    return drawn(
        states, [(s["shard_id"], s["replica_nodes"], s["leader_node"]) for s in shards or ()]
    )


def _thinned(samples: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """All samples; of too many each second, fourth ... of those that are as the one before."""
    spacing = 1
    kept = samples
    while len(kept) > MOST_SAMPLES and spacing <= len(samples):
        spacing *= 2
        kept = [
            sample
            for place, sample in enumerate(samples)
            if place % spacing == 0 or (place and _differs(sample, samples[place - 1]))
        ]
    return kept[-MOST_SAMPLES:]


def _differs(sample: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    return any(sample[key] != before[key] for key in ("good", "fewest_good_replicas"))
