"""Metrics as Prometheus reads them."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.plugin_utils._timeline.metrics import (
    health_metrics,
    operation_metrics,
)

from tests.support.timelines import made

CLUSTER: dict[str, Any] = {
    "name": "prod",
    "healthy": True,
    "shard_count": 24,
    "nodes_by_state": {"Alive": 2, "Suspect": 0, "Dead": 1, "other": 0},
    "leaderless_shards": [],
    "under_replicated_shards": [1, 2],
}


def samples(text: str) -> dict[str, float]:
    assert text.endswith("\n")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _space, value in (line.rpartition(" ") for line in lines)}


def test_an_operation() -> None:
    found = samples(operation_metrics(made("small"), 1795403665.25))
    labels = 'operation="remove_node",cluster="prod"'
    assert found[f"stemedb_operation_success{{{labels}}}"] == 1
    assert found[f"stemedb_operation_duration_seconds{{{labels}}}"] == made("small")["seconds"]
    assert found[f"stemedb_operation_end_timestamp_seconds{{{labels}}}"] == 1795403665.25
    steps = {name: value for name, value in found.items() if "step_seconds" in name}
    assert len(steps) == 6
    assert steps[f'stemedb_operation_step_seconds{{{labels},step="New leaders elected"}}'] == 6


@pytest.mark.parametrize("outcome", ["failed", "aborted", "running"])
def test_only_success_is_success(outcome: str) -> None:
    text = operation_metrics({**made("small"), "outcome": outcome}, 0.0)
    assert samples(text)['stemedb_operation_success{operation="remove_node",cluster="prod"}'] == 0


def test_every_metric_has_its_help_and_type_once() -> None:
    text = operation_metrics(made("small"), 0.0)
    lines = [line for line in text.splitlines() if line.startswith("# ")]
    assert len(lines) == len(set(lines)) == 8
    assert "# TYPE stemedb_operation_step_seconds gauge" in lines


def test_the_health_of_a_cluster() -> None:
    assert samples(health_metrics(CLUSTER)) == {
        'stemedb_cluster_healthy{cluster="prod"}': 1,
        'stemedb_cluster_nodes{cluster="prod",state="Alive"}': 2,
        'stemedb_cluster_nodes{cluster="prod",state="Suspect"}': 0,
        'stemedb_cluster_nodes{cluster="prod",state="Dead"}': 1,
        'stemedb_cluster_nodes{cluster="prod",state="other"}': 0,
        'stemedb_cluster_shards{cluster="prod"}': 24,
        'stemedb_cluster_leaderless_shards{cluster="prod"}': 0,
        'stemedb_cluster_under_replicated_shards{cluster="prod"}': 2,
    }


def test_what_is_unknown_has_no_sample() -> None:
    unknown = dict.fromkeys(CLUSTER)
    assert health_metrics(unknown) == ""
    half = {**unknown, "healthy": False}
    assert samples(health_metrics(half)) == {'stemedb_cluster_healthy{cluster=""}': 0}


def test_labels_are_escaped() -> None:
    text = health_metrics({**CLUSTER, "name": 'a "b"\\\nc'})
    assert '{cluster="a \\"b\\"\\\\\\nc"} 1' in text
    assert all(" " in line for line in text.splitlines())
