# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Metrics in the text format of Prometheus, for the textfile collector of node_exporter.

Private to stemedb.cluster. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple


class _Metric(NamedTuple):
    name: str
    about: str
    samples: list[tuple[Mapping[str, str], float]]


def operation_metrics(document: Mapping[str, Any], ended: float) -> str:
    """How an operation ended and how long each of its steps took.

    :param document: as `docs/docsite/timeline.schema.json` describes it.
    :param ended: when it ended, in seconds since the epoch.
    """
    labels = {"operation": document["operation"], "cluster": document["cluster"] or ""}
    # Steps of one name, such as those of several nodes, are one series.
    seconds: dict[str, float] = {}
    for step in document["steps"]:
        if step["kind"] == "wait":
            seconds[step["name"]] = seconds.get(step["name"], 0.0) + step["seconds"]
    return _text(
        [
            _Metric(
                "stemedb_operation_success",
                "1 if the last run of the operation succeeded, 0 if it failed or was aborted.",
                [(labels, float(document["outcome"] == "succeeded"))],
            ),
            _Metric(
                "stemedb_operation_duration_seconds",
                "Duration of the last run of the operation.",
                [(labels, document["seconds"])],
            ),
            _Metric(
                "stemedb_operation_end_timestamp_seconds",
                "When the last run of the operation ended, in seconds since the epoch.",
                [(labels, round(ended, 3))],
            ),
            _Metric(
                "stemedb_operation_step_seconds",
                "Duration of each wait in the last run of the operation.",
                [({**labels, "step": name}, round(took, 3)) for name, took in seconds.items()],
            ),
        ]
    )


def health_metrics(cluster: Mapping[str, Any]) -> str:
    """The state of a cluster. What is unknown has no sample.

    :param cluster: the `cluster` of `stemedb_cluster_info`.
    """
    labels = {"cluster": cluster["name"] or ""}
    healthy = cluster["healthy"]
    states = cluster["nodes_by_state"] or {}
    leaderless, under = cluster["leaderless_shards"], cluster["under_replicated_shards"]
    return _text(
        [
            _Metric(
                "stemedb_cluster_healthy",
                "1 if the cluster is healthy, 0 if it is not. No sample if that is unknown.",
                [] if healthy is None else [(labels, float(healthy))],
            ),
            _Metric(
                "stemedb_cluster_nodes",
                "Nodes by state.",
                [({**labels, "state": state}, count) for state, count in states.items()],
            ),
            _Metric(
                "stemedb_cluster_shards",
                "Shards of the cluster.",
                _known(labels, cluster["shard_count"]),
            ),
            _Metric(
                "stemedb_cluster_leaderless_shards",
                "Shards without a leader that is Alive.",
                _known(labels, None if leaderless is None else len(leaderless)),
            ),
            _Metric(
                "stemedb_cluster_under_replicated_shards",
                "Shards with fewer live replicas than the replication factor.",
                _known(labels, None if under is None else len(under)),
            ),
        ]
    )


def _known(labels: Mapping[str, str], value: float | None) -> list[tuple[Mapping[str, str], float]]:
    return [] if value is None else [(labels, value)]


def _text(metrics: Iterable[_Metric]) -> str:
    lines = []
    for metric in metrics:
        if metric.samples:
            lines += [f"# HELP {metric.name} {metric.about}", f"# TYPE {metric.name} gauge"]
        for labels, value in metric.samples:
            told = ",".join(f'{name}="{_escaped(label)}"' for name, label in labels.items())
            lines.append(f"{metric.name}{{{told}}} {value:.15g}")
    return "".join(f"{line}\n" for line in lines)


def _escaped(value: object) -> str:
    return str(value).replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
