"""Filters of `diagnose.py`, around `_diagnose`, which has its own tests."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.stemedb.cluster.plugins.filter import diagnose
from ansible_collections.stemedb.cluster.plugins.filter.diagnose import (
    diagnose_hosts,
    diagnose_order,
    diagnose_ports,
    diagnose_report,
    diagnose_targets,
    failure_report,
    health_files,
    health_report,
    hosts_around,
)


def test_results_of_loops_are_merged_by_host() -> None:
    assert diagnose_hosts([]) == {}
    down = {"item": "a", "lost": True, "msg": "no route"}
    assert diagnose_hosts([down], [down])["a"]["problem"] == "no route"


def test_ports_are_those_of_the_variables() -> None:
    found = diagnose_ports({"node-01": {"stemedb_node_gateway_port": 1}})
    assert [port["port"] for port in found] == [1, 18182, 18183]


def test_targets_are_ports_and_the_health_of_gateways() -> None:
    found = diagnose_targets({"node-01": {}}, "https://x:18181, http://y:18181")
    assert [port["port"] for port in found["ports"]] == [18181, 18182, 18183]
    assert found["urls"] == ["https://node-01:18181/v1/health"]


def test_hosts_of_nodes_that_are_not_alive_are_probed_first() -> None:
    node = {"node_id": "b" * 8, "address": "b:18182", "state": "Dead"}
    assert diagnose_order({"a": {}, "b": {}}, [node]) == ["b", "a"]


def test_a_diagnosis_says_that_the_cluster_does_not_answer() -> None:
    told = {"failed": True, "dest": "/d.json", "size_bytes": 9}
    assert diagnose_report(told, {})[1] == "✗ The cluster does not answer"


def test_a_failure_has_lines_and_a_message() -> None:
    names = {"service": "node", "gateway_service": "gateway"}
    failed = {"msg": "It ended."}
    told = failure_report({"procedure": "heal", "step": "Start", "failed": failed, **names})
    assert "  It ended." in told["lines"]
    assert told["message"] == "heal did not finish: see the report above."


COUNTS = {
    "shard_count": 24,
    "nodes_by_state": None,
    "leaderless_shards": None,
    "under_replicated_shards": None,
}
CLUSTER = {
    "name": "prod",
    "healthy": True,
    "node_count": 0,
    "shard_count": 0,
    "replication_factor": 3,
    "meta_version": 1,
    "unhealthy_reasons": [],
}


def test_the_files_of_health_are_those_that_are_asked_for() -> None:
    found = {"cluster": {**CLUSTER, **COUNTS}, "heat_map": None}
    assert health_files(found) == []
    (file,) = health_files(found, metrics_dest="/m.prom")
    assert (file["dest"], file["mode"]) == ("/m.prom", "0644")
    (file,) = health_files(found, "/h.html")
    assert (file["dest"], file["mode"]) == ("/h.html", "0600")


@pytest.mark.parametrize(
    ("color", "verdict"),
    [(False, "✓ Cluster is healthy"), (True, "\x1b[0;32m✓ Cluster is healthy\x1b[0m")],
)
def test_health_is_coloured_as_ansible_colours(
    monkeypatch: pytest.MonkeyPatch, color: bool, verdict: str
) -> None:
    monkeypatch.setattr(diagnose, "ANSIBLE_COLOR", color)
    monkeypatch.setattr("ansible.utils.color.ANSIBLE_COLOR", color)
    assert health_report({"cluster": CLUSTER, "observers": []}, [])[-1] == verdict


def test_gateways_may_be_one_text() -> None:
    found = hosts_around(["c"], {"a": {}, "b": {}}, "http://x:18181, http://b:18181")
    assert found == ["c", "b", "a"]


REFUSED: list[tuple[Any, ...]] = [
    (diagnose_hosts, [{}]),
    *((diagnose_hosts, other) for other in (None, 7, ["text"])),
    (diagnose_ports, []),
    *((diagnose_ports, other) for other in (None, {"a": 7})),
    (diagnose_ports, {"a": {"stemedb_node_rpc_port": "x"}}),
    (diagnose_report, {"cluster": {}}, {}),
    *((diagnose_report, other, {}) for other in (None, 7)),
    (diagnose_report, {"dest": "/d.json", "size_bytes": 9}, {"a": {}}),
    (diagnose_order, {"a": 7}, []),
    (diagnose_targets, {"a": 7}),
    (failure_report, {}),
    *((failure_report, other) for other in ({"procedure": "heal"}, None, "text")),
    (health_report, None, []),
    (health_report, {}, []),
    (health_report, {"cluster": {}, "observers": []}, []),
    *((hosts_around, [], other, ["http://b:18181"]) for other in (7, ["a"], {"a": None})),
]


@pytest.mark.parametrize("call", REFUSED)
def test_what_is_of_another_form_is_refused(call: tuple[Any, ...]) -> None:
    use, *given = call
    with pytest.raises(AnsibleFilterError, match=f"{use.__name__}: the input"):
        use(*given)
