"""The callback `timeline` by the real command: success, failure, interruption, and no place."""

from __future__ import annotations

import json
import os
import signal
import stat
from pathlib import Path
from typing import Any

import pytest

from tests.devcluster.cluster import DevCluster
from tests.integration.conftest import Ansible, Run, Running, local_play
from tests.support.timelines import schema_errors

OURS = "stemedb.cluster."
QUICK = {"stable_for": 0.5, "interval": 0.2, "timeout": 30}
LINE = "Timeline: "


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "reports" / "timelines"


def enabled(folder: Path, **more: str) -> dict[str, str]:
    return {
        "ANSIBLE_CALLBACKS_ENABLED": "record,quick,stemedb.cluster.timeline",
        "STEMEDB_TIMELINE_DEST": str(folder),
        **more,
    }


def waiting(cluster: DevCluster, *conditions: dict[str, Any], **more: Any) -> dict[str, Any]:
    names = {node.node_id: f"db-0{node.index}" for node in cluster.nodes}
    options = {"gateway_url": cluster.urls, "conditions": list(conditions), **QUICK, **more}
    return {"name": "Wait for it", f"{OURS}stemedb_wait": {**options, "node_names": names}}


def reading(cluster: DevCluster) -> dict[str, Any]:
    options = {"gateway_url": cluster.urls, "gather": ["nodes", "shards"]}
    return {"name": "Read the cluster", f"{OURS}stemedb_cluster_info": options}


def written(folder: Path) -> tuple[dict[str, Any], str]:
    """The document and the page of the only run that left any."""
    (page,) = folder.glob("*.html")
    (data,) = folder.glob("*.json")
    assert page.stem == data.stem
    for path in (page, data):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    document = json.loads(data.read_text(encoding="utf-8"))
    assert schema_errors(document) == []
    return document, page.read_text(encoding="utf-8")


def telling(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The steps, less those that are in it only because the machine was slow."""
    return [step for step in document["steps"] if (step["kind"], step["outcome"]) != ("task", "ok")]


def test_a_run_that_succeeds(ansible: Ansible, cluster: DevCluster, folder: Path) -> None:
    metrics = folder.parent / "stemedb_{operation}.prom"
    folder.parent.mkdir()
    plays = [
        local_play(
            reading(cluster),
            waiting(cluster, {"healthy": True}, gather=["nodes", "shards"]),
            {
                "name": "Change something",
                "ansible.builtin.set_fact": {"x": 1},
                "changed_when": True,
            },
        )
    ]
    run = ansible.playbook(plays, env=enabled(folder, STEMEDB_METRICS_DEST=str(metrics)))
    assert run.ok, run
    document, page = written(folder)
    assert (document["outcome"], document["message"]) == ("succeeded", None)
    assert [(s["name"], s["kind"], s["outcome"]) for s in telling(document)] == [
        ("Wait for it", "wait", "ok"),
        ("Change something", "change", "changed"),
    ]
    assert len(document["samples"]) >= 3
    assert {node["name"] for node in document["nodes"]} == {"db-00", "db-01", "db-02"}
    assert document["cluster"] == cluster.node(0).status()["cluster_name"]
    for when in ("before", "after"):
        assert len(document["heat_maps"][when]["rows"]) == 3
    assert "succeeded" in page
    assert f"{LINE}{next(folder.glob('*.html'))}" in run.stderr
    (told,) = folder.parent.glob("*.prom")
    assert told.name == f"stemedb_{document['operation']}.prom"
    assert stat.S_IMODE(told.stat().st_mode) == 0o644
    text = told.read_text(encoding="utf-8")
    labels = f'operation="{document["operation"]}",cluster="{document["cluster"]}"'
    assert f"stemedb_operation_success{{{labels}}} 1\n" in text
    assert f'stemedb_operation_step_seconds{{{labels},step="Wait for it"}} ' in text


def test_a_run_that_fails(ansible: Ansible, cluster: DevCluster, folder: Path) -> None:
    never = {"node_dead": cluster.node(2).node_id}
    stages = [
        {"name": "Alive", "conditions": [{"node_alive": cluster.node(2).node_id}], "stable_for": 0},
        {"name": "Dead in every view", "conditions": [never], "timeout": 2, "stable_for": 0},
    ]
    task = waiting(cluster)
    del task[f"{OURS}stemedb_wait"]["conditions"]
    task[f"{OURS}stemedb_wait"]["stages"] = stages
    run = ansible.playbook([local_play(reading(cluster), task)], env=enabled(folder))
    assert run.rc == 2, run
    document, page = written(folder)
    assert document["outcome"] == "failed"
    assert "Dead in every view: Timed out" in document["message"]
    (good, bad) = telling(document)
    assert (good["name"], good["outcome"]) == ("Alive", "ok")
    assert (bad["name"], bad["outcome"]) == ("Dead in every view", "failed")
    assert bad["waited_for"][0]["condition"] == "node_dead"
    assert document["heat_maps"]["after"] is not None, "of the last sample"
    assert "db-02 is Alive" in page


def test_two_playbooks_of_one_command(ansible: Ansible, cluster: DevCluster, folder: Path) -> None:
    play = local_play(waiting(cluster, {"healthy": True}))
    first, second = (ansible.written([play]) for _turn in range(2))
    run = ansible.playbook(first, second, env=enabled(folder))
    assert run.ok, run
    for ending in ("html", "json"):
        names = [path.name for path in folder.glob(f"*.{ending}")]
        assert {name.partition("-")[0] for name in names} == {Path(first).stem, Path(second).stem}
    assert run.stderr.count(LINE) == 2


def test_a_failure_that_is_rescued_is_none(
    ansible: Ansible, cluster: DevCluster, folder: Path
) -> None:
    fails = {"name": "Fail", "ansible.builtin.fail": {"msg": "not so bad"}}
    block = {"block": [waiting(cluster, {"healthy": True}), fails], "rescue": [reading(cluster)]}
    assert ansible.playbook([local_play(block)], env=enabled(folder)).ok
    document, _page = written(folder)
    assert (document["outcome"], document["message"]) == ("succeeded", None)
    assert [step["outcome"] for step in telling(document)] == ["ok", "failed"]


def interrupted(
    ansible: Ansible, cluster: DevCluster, folder: Path, with_signal: signal.Signals
) -> Run:
    """Two waits, of which the second is ended by a signal to Ansible itself."""
    never = {**waiting(cluster, {"node_dead": cluster.node(2).node_id}), "name": "Wait for ever"}
    first = waiting(cluster, {"healthy": True})
    play = ansible.written([local_play(first, never)])
    running = ansible.start("ansible-playbook", play, env=enabled(folder))

    def waits(run: Running) -> bool:
        return "is Alive at" in run.stderr.partition("[   0 s]")[2]

    running.until(waits)
    os.kill(running.process.pid, with_signal)
    return running.end(warnings=True)


def test_a_run_that_is_interrupted(ansible: Ansible, cluster: DevCluster, folder: Path) -> None:
    run = interrupted(ansible, cluster, folder, signal.SIGINT)
    assert run.rc == 99, run
    document, page = written(folder)
    assert document["outcome"] == "aborted"
    assert [(s["name"], s["outcome"]) for s in telling(document)] == [
        ("Wait for it", "ok"),
        ("Wait for ever", "unfinished"),
    ]
    assert "was aborted" in page
    assert LINE in run.stderr


def test_a_run_that_is_killed(ansible: Ansible, cluster: DevCluster, folder: Path) -> None:
    run = interrupted(ansible, cluster, folder, signal.SIGTERM)
    assert not run.ok
    document, _page = written(folder)
    assert document["outcome"] in ("running", "aborted")
    assert telling(document)[0]["name"] == "Wait for it"


def test_no_place_is_a_warning(ansible: Ansible, cluster: DevCluster, folder: Path) -> None:
    folder.parent.mkdir()
    folder.write_text("a file, and no directory", encoding="utf-8")
    play = ansible.written([local_play(waiting(cluster, {"healthy": True}))])
    nowhere = str(folder.parent / "missing" / "x.prom")
    env = enabled(folder, STEMEDB_METRICS_DEST=nowhere)
    run = ansible.start("ansible-playbook", play, env=env).end(warnings=True)
    assert run.ok, run
    told = " ".join(run.stderr.split())
    assert told.count("[WARNING]") == 1, run
    assert "The timeline was not written to" in told
    assert "The run itself is not affected." in told


@pytest.mark.parametrize("flags", [["--check"], []])
def test_what_is_no_operation_leaves_nothing(
    ansible: Ansible, cluster: DevCluster, folder: Path, flags: list[str]
) -> None:
    tasks = [waiting(cluster, {"healthy": True})] if flags else [reading(cluster)]
    assert ansible.playbook([local_play(*tasks)], *flags, env=enabled(folder)).ok
    assert not folder.exists()
