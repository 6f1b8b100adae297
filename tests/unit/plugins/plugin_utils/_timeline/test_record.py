"""From tasks to the document of an operation, as its schema describes it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.plugin_utils._timeline.record import (
    MOST_SAMPLES,
    MOST_STEPS,
    Recorder,
    Task,
)

from tests.support.timelines import DAWN, SCHEMA, made, schema_errors

A, B = "a3f2b1c4", "b7d8e9f0"


def task(name: str = "Do it", action: str = "ansible.builtin.copy", **more: Any) -> Task:
    told = {"host": "db-01", "at": 1.0, "seconds": 0.5, "outcome": "ok", "result": {}, **more}
    return Task(name, action, **told)


def entry(elapsed: float, **more: Any) -> dict[str, Any]:
    return {
        "time": "2026-11-23T03:12:45Z",
        "elapsed": elapsed,
        "stage": "",
        "answered": True,
        "good": True,
        "unmet_count": 0,
        "waiting_for": [],
        "node_count": 2,
        "states": {},
        "unfollowed": 0,
        "leaders": {},
        "fewest_good_replicas": 2,
        "worst_shard": 0,
        "replication_factor": 2,
        "bytes_have": None,
        "bytes_goal": None,
        **more,
    }


def waited(*entries: dict[str, Any], action: str = "stemedb_wait", **more: Any) -> Task:
    result = {
        "timeline": list(entries),
        "elapsed": entries[-1]["elapsed"],
        **more.pop("result", {}),
    }
    return task("Wait", action, at=10.0, seconds=30.0, result=result, **more)


def recorded(*tasks: Task, outcome: str = "succeeded") -> dict[str, Any]:
    recorder = Recorder("site", DAWN)
    for each in tasks:
        recorder.add(each)
    return recorder.document(60.0, outcome)


@pytest.mark.parametrize("name", ["small", "failed"])
def test_every_document_is_as_the_schema_says(name: str) -> None:
    document = made(name)
    assert schema_errors(document) == []
    assert sorted(document) == sorted(json.loads(SCHEMA.read_text("utf-8"))["required"])


def test_nothing_at_all_is_a_document() -> None:
    document = recorded()
    assert schema_errors(document) == []
    assert (document["operation"], document["began"]) == ("site", "2026-11-23T03:12:45Z")
    assert (document["steps"], document["nodes"], document["cluster"]) == ([], [], None)


@pytest.mark.parametrize(
    "broken", [{"format": 2}, {"more": 1}, {"outcome": "good"}, {"seconds": -1}, {"nodes": [{}]}]
)
def test_the_schema_refuses_what_is_none(broken: dict[str, Any]) -> None:
    pytest.importorskip("jsonschema", reason="it is in .venv only")
    assert schema_errors({**recorded(), **broken}) != []


def test_a_run_that_asks_only_is_no_operation() -> None:
    recorder = Recorder("health", DAWN)
    recorder.add(task())
    assert (recorder.ours, recorder.is_operation) == (False, False)
    recorder.add(task(action="stemedb.cluster.stemedb_cluster_info"))
    assert (recorder.ours, recorder.is_operation) == (True, False)
    recorder.add(task(action="stemedb_operation_lock"))
    assert recorder.is_operation


def test_it_is_called_as_its_lock_is() -> None:
    holder = {"operation": "add_node", "target": "db-04"}
    asked = task(action="stemedb_operation_lock", result={"held": True, "holder": holder})
    document = recorded(asked)
    assert (document["operation"], document["target"]) == ("add_node", "db-04")
    refused = task(action="stemedb_operation_lock", result={"held": False, "holder": holder})
    assert recorded(refused)["operation"] == "site", "it is another run that holds it"


def test_quick_tasks_that_change_nothing_are_no_steps() -> None:
    document = recorded(
        task("quick"),
        task("long", seconds=2.5),
        task("change", outcome="changed"),
        task("bad", outcome="failed", result={"msg": "no"}),
        task("ours", action="stemedb.cluster.stemedb_sync", outcome="changed"),
    )
    assert [(s["name"], s["kind"], s["outcome"], s["message"]) for s in document["steps"]] == [
        ("long", "task", "ok", None),
        ("change", "change", "changed", None),
        ("bad", "task", "failed", "no"),
        ("ours", "change", "changed", None),
    ]


def test_a_wait_ends_when_its_task_does() -> None:
    lost = {"condition": "node_alive", "subject": B, "reason": "is Dead"}
    document = recorded(
        waited(
            entry(0.0, states={A: "Alive", B: "Alive"}, leaders={A: 3, B: 1}),
            entry(5.0, states={B: "Dead"}, good=False, waiting_for=[lost]),
            entry(12.0, leaders={A: 4, B: 0}, good=False, waiting_for=[lost]),
            entry(20.0, states={B: "Alive"}),
        )
    )
    (step,) = document["steps"]
    assert (step["name"], step["kind"], step["at"], step["seconds"]) == ("Wait", "wait", 20.0, 20.0)
    assert step["waited_for"] == [{**lost, "seconds": 15.0}]
    assert [sample["at"] for sample in document["samples"]] == [20.0, 25.0, 32.0, 40.0]
    assert document["observed"] == [[20.0, 40.0]]
    one, two = document["nodes"]
    assert one == {
        "node_id": A,
        "name": None,
        "states": [[20.0, "Alive"]],
        "leaders": [[20.0, 3], [32.0, 4]],
    }
    assert two["states"] == [[20.0, "Alive"], [25.0, "Dead"], [40.0, "Alive"]]


def test_stages_are_steps() -> None:
    stages = [
        {"name": "one", "elapsed": 8.0, "seconds": 8.0, "samples": 2, "met": True},
        {"name": "two", "elapsed": 20.0, "seconds": 12.0, "samples": 1, "met": False},
    ]
    found = {"stages": stages, "msg": "two: Timed out"}
    entries = [entry(0.0, stage="one"), entry(8.0, stage="one"), entry(20.0, stage="two")]
    document = recorded(waited(*entries, outcome="failed", result=found), outcome="failed")
    assert [(s["name"], s["at"], s["outcome"], s["message"]) for s in document["steps"]] == [
        ("one", 20.0, "ok", None),
        ("two", 28.0, "failed", "two: Timed out"),
    ]
    assert document["message"] == "two: Timed out"


def test_the_evidence_of_a_failure_counts() -> None:
    drawing = {"columns": [], "rows": [], "shard_count": 0}
    evidence = {"timeline": [entry(0.0), entry(4.0)], "heat_map": drawing}
    result = {"msg": "no", "elapsed": 4.0, "invocation": {"evidence": evidence}}
    wait = task("Wait", "stemedb_wait", seconds=5.0, outcome="failed", result=result)
    document = recorded(wait)
    assert len(document["samples"]) == 2
    assert document["heat_maps"]["before"] == drawing


def test_where_nobody_answered_nothing_was_observed() -> None:
    silent = entry(10.0, answered=False, fewest_good_replicas=None)
    document = recorded(waited(entry(0.0), entry(5.0), silent, entry(15.0), entry(30.0)))
    assert document["observed"] == [[10.0, 20.0], [25.0, 40.0]]


def test_the_report_of_a_failure_is_not_its_cause() -> None:
    report = task(
        "Say", "stemedb_show", outcome="failed", result={"msg": "x: see the report above."}
    )
    failed = task(outcome="failed", result={"msg": "the disk is full"})
    assert recorded(failed, report, outcome="failed")["message"] == "the disk is full"
    explained = {"ansible_facts": {"stemedb_diagnose_result": {"msg": "the real one"}}}
    record = task(action="ansible.builtin.set_fact", result=explained)
    later = task(outcome="failed", result={"msg": "nor could it be explained"})
    assert recorded(failed, record, later, report, outcome="failed")["message"] == "the real one"
    assert recorded(failed, record)["message"] is None, "it was rescued"


def test_the_fewest_replicas_that_the_guard_leaves_to_any_shard() -> None:
    rows = [{"shard_id": 1, "required": 2}, {"shard_id": 2, "required": None}]
    document = recorded(task(action="stemedb_impact_info", result={"shards": rows}))
    assert document["required_good_replicas"] == 2
    assert recorded(task(action="stemedb_impact_info"))["required_good_replicas"] is None


def test_the_first_map_and_the_last() -> None:
    def read(*leaders: str) -> Task:
        shards = [
            {"shard_id": n, "replica_nodes": [A, B], "leader_node": leader}
            for n, leader in enumerate(leaders)
        ]
        nodes = [{"node_id": A, "state": "Alive"}, {"node_id": B, "state": "Alive"}]
        return task(action="stemedb_cluster_info", result={"nodes": nodes, "shards": shards})

    maps = recorded(read(A, A), read(A, B), read(B, B))["heat_maps"]
    assert [row["leaders"] for row in maps["before"]["rows"]] == ["1 1", "0 0"]
    assert [row["leaders"] for row in maps["after"]["rows"]] == ["0 0", "1 1"]
    assert recorded(read(A))["heat_maps"]["after"] is None


def test_a_task_that_has_not_ended() -> None:
    recorder = Recorder("site", DAWN)
    current = [task("Wait", "stemedb_wait", seconds=40.0, outcome="unfinished")]
    (step,) = recorder.document(41.0, "aborted", current)["steps"]
    assert (step["outcome"], step["seconds"]) == ("unfinished", 40.0)


def test_a_long_run_stays_small() -> None:
    changes = [task(f"change {n}", outcome="changed", at=float(n)) for n in range(MOST_STEPS + 50)]
    bad = task("bad", outcome="failed", at=3.5)
    entries = [entry(float(n) / 100, fewest_good_replicas=n // 500) for n in range(3000)]
    document = recorded(*changes, bad, waited(*entries))
    assert len(document["steps"]) == MOST_STEPS
    assert document["steps_left_out"] == 52
    assert {"bad", "Wait"} <= {step["name"] for step in document["steps"]}
    assert [s["at"] for s in document["steps"]] == sorted(s["at"] for s in document["steps"])
    assert 500 < len(document["samples"]) <= MOST_SAMPLES
    assert {s["fewest_good_replicas"] for s in document["samples"]} == set(range(6))
    assert schema_errors(document) == []
