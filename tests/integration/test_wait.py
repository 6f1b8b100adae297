"""`stemedb_wait` by the real commands: what is seen while it runs, and what is left afterwards."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible_collections.stemedb.cluster.plugins.action.stemedb_wait import _EVIDENCE

from tests.devcluster.cluster import DevCluster
from tests.integration.conftest import PLUGINS, Ansible, Run, Running, local_play

Make = Callable[..., DevCluster]

WAIT = "stemedb.cluster.stemedb_wait"
QUICK = {"stable_for": 0.5, "interval": 0.2, "timeout": 30}
PROGRESS = re.compile(r"^\[ *\d+ s\] .+$", re.MULTILINE)


def waiting(cluster: DevCluster, *conditions: dict[str, Any], **options: Any) -> dict[str, Any]:
    """The options of a wait, short unless told otherwise."""
    return {"gateway_url": cluster.urls, "conditions": list(conditions), **QUICK, **options}


def never(cluster: DevCluster) -> dict[str, Any]:
    """A condition that does not come to hold."""
    return {"node_dead": cluster.node(2).node_id}


def left_over(ansible: Ansible) -> list[str]:
    """What is in the folders that jobs and modules use on a host."""
    folders = (ansible.home / ".ansible_async", ansible.home / ".ansible" / "tmp")
    return [str(path) for folder in folders if folder.is_dir() for path in folder.iterdir()]


def processes(ansible: Ansible) -> dict[int, str]:
    """What runs of the modules of this test."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except (OSError, UnicodeDecodeError):
                continue  # it has ended
            if str(ansible.home) in line and "stemedb_wait" in line:
                found[int(entry.name)] = line
    return found


def eventually(nothing: Callable[[], Any], seconds: float = 30) -> None:
    """What has to be gone at last is gone."""
    deadline = time.monotonic() + seconds
    while nothing():
        assert time.monotonic() < deadline, nothing()
        time.sleep(0.1)


def failed(run: Run, code: str) -> dict[str, Any]:
    assert run.rc == 2, run
    assert run.tasks[0].status == "failed"
    assert run.result["failure"]["code"] == code, run
    return run.result


# --- how it ends ---------------------------------------------------------------------------------


def test_it_ends_when_all_held_for_long_enough(cluster: DevCluster, ansible: Ansible) -> None:
    ids = [node.node_id for node in cluster.nodes]
    conditions: list[dict[str, Any]] = [
        {"healthy": True},
        {"node_alive": ids[0]},
        {"node_has_shards": {"node": ids[1], "at_least": 2}},
        {"node_replicated": ids[2][:8]},
        {"leaders_elected": ["shard_0", 1]},
        {"fully_replicated": True},
        {"shards_settled": True},
        {"views_agree": True},
    ]
    run = ansible.module("stemedb_wait", options=waiting(cluster, *conditions))
    assert run.ok, run
    found = run.result
    assert (found["changed"], found["unmet"], found["notes"]) == (False, [], [])
    assert found["samples"] >= 3
    assert 0.5 <= found["elapsed"] < 30
    assert [o["url"] for o in found["observers"] if o["reachable"]] == cluster.urls
    assert {"ansible_job_id", "results_file", "finished", "started"} & set(found) == set()
    eventually(lambda: left_over(ansible))


def test_from_a_command_line(cluster: DevCluster, ansible: Ansible) -> None:
    options = (
        f"conditions=healthy=true gateway_url={','.join(cluster.urls)} stable_for=0 interval=0.1"
    )
    run = ansible.start("ansible", "localhost", "-m", "stemedb_wait", "-a", options).end()
    assert run.ok, run
    assert run.result["samples"] == 3
    assert len(run.result["observers"]) == 3


def test_out_of_time_it_says_what_is_missing(cluster: DevCluster, ansible: Ansible) -> None:
    node = cluster.node(2).node_id
    run = ansible.module("stemedb_wait", options=waiting(cluster, never(cluster), timeout=3))
    found = failed(run, "timeout")
    assert found["msg"].startswith("Timed out after ")
    assert " (timeout: 3 s): " in found["msg"]
    assert f"node_dead: {node} is Alive at {cluster.urls[0]}" in found["msg"]
    # What is long is there for whoever asks, and is not printed.
    evidence = found["invocation"]["evidence"]
    assert set(evidence) == set(_EVIDENCE)
    assert evidence.keys().isdisjoint(found)
    assert {thing["subject"] for thing in evidence["unmet"]} == {node}
    assert all(thing["since_seconds"] > 1 for thing in evidence["unmet"])
    assert sorted(evidence["unmet"][0]) == [
        "condition",
        "guide",
        "reason",
        "since",
        "since_seconds",
        "subject",
    ]
    assert evidence["history"][-1]["good"] is False
    assert run.stdout.count(found["msg"]) == 1
    assert len(run.stdout) < 1500, run
    assert found["samples"] >= 3
    assert found["elapsed"] <= 6
    assert [observer["reachable"] for observer in evidence["observers"]] == [True] * 3
    assert PROGRESS.search(run.stderr), run
    eventually(lambda: left_over(ansible))


def test_nobody_answers(ansible: Ansible) -> None:
    options = {**QUICK, "gateway_url": "http://127.0.0.1:1", "retries": 0, "timeout": 2}
    run = ansible.module("stemedb_wait", options={**options, "conditions": [{"healthy": True}]})
    found = failed(run, "timeout")
    assert "Nothing listens on 127.0.0.1:1" in found["msg"]
    assert found["samples"] > 1


def test_a_cluster_that_locks_us_out_ends_it_at_once(make_cluster: Make, ansible: Ansible) -> None:
    with make_cluster(api_key="Zq7wVx2mKp9tRb4nYc6d") as locked:
        locked.start(1)
        run = ansible.module("stemedb_wait", options=waiting(locked, {"healthy": True}))
    found = failed(run, "auth")
    assert found["samples"] == 1


BAD = (
    ("conditions=[]", "could not parse"),
    ("conditions=healthy=false", "healthy takes true"),
    ("conditions=wealthy=true", "no condition 'wealthy'"),
    ("conditions=healthy=true timeout=soon", "timeout"),
    ("conditions=healthy=true timeout=inf", "must come to an end"),
    ("conditions=healthy=true timeout=-500", "less than timeout (-500 s)"),
    ("timeout=5", "missing required arguments: conditions"),
    ("conditions=healthy=true sooner=1", "sooner"),
)


def test_bad_options_end_it_before_it_begins(ansible: Ansible) -> None:
    tasks = [
        {"name": words, WAIT: f"gateway_url=http://127.0.0.1:1 {options}", "ignore_errors": True}
        for options, words in BAD
    ]
    run = ansible.tasks(*tasks)
    assert [(found.task, found.status) for found in run.tasks] == [
        (words, "failed") for _options, words in BAD
    ], run
    for found in run.tasks:
        assert found.task in found.result["msg"]
        assert "samples" not in found.result
    eventually(lambda: left_over(ansible))


def test_a_job_that_dies_is_no_success(cluster: DevCluster, ansible: Ansible) -> None:
    running = ansible.start("ansible-playbook", playbook(ansible, waiting(cluster, never(cluster))))
    running.until(lambda seen: PROGRESS.search(seen.stderr))
    (module,) = (
        pid
        for pid, line in processes(ansible).items()
        if "AnsiballZ_stemedb_wait" in line and "async_wrapper" not in line
    )
    os.kill(module, signal.SIGKILL)
    found = failed(running.end(), "transport")
    assert found["msg"].startswith("The wait ended without a result")
    eventually(lambda: left_over(ansible))


# --- what is seen while it runs ------------------------------------------------------------------


def playbook(ansible: Ansible, options: dict[str, Any], **keywords: Any) -> str:
    return ansible.written([local_play({WAIT: options, "name": "Wait", **keywords})])


def test_progress_is_seen_before_the_end(cluster: DevCluster, ansible: Ansible) -> None:
    options = waiting(cluster, never(cluster), timeout=20)
    options["node_names"] = {cluster.node(2).node_id: "node-03"}
    running = ansible.start("ansible-playbook", playbook(ansible, options))
    running.until(lambda seen: len(PROGRESS.findall(seen.stderr)) >= 2)
    assert running.tasks == []
    assert f"node-03 is Alive at {cluster.urls[0]}" in running.stderr
    assert "node-03" not in running.stdout
    running.kill()


def test_numbers_are_seen_as_they_grow(make_cluster: Make, ansible: Ansible) -> None:
    """A node joins; its replicas come at a rate that lets them be watched."""
    with make_cluster(shard_size=2 << 20) as growing:
        growing.start(3).wait_settled()
        new = growing.add()
        new.faults(rate=1 << 19)
        options = waiting(
            growing, {"node_has_shards": new.node_id}, {"node_replicated": new.node_id}, timeout=60
        )
        options["node_names"] = {new.node_id: "node-04"}
        run = ansible.playbook(playbook(ansible, options))
    assert run.ok, run
    told = re.findall(r"node-04: (\d+) of (\d+) replicas complete, ([\d.]+) of", run.stderr)
    assert len(told) > 1, run.stderr
    assert len({size for _have, _goal, size in told}) > 1
    assert "waiting for shards " in run.stderr
    assert "all conditions met, stable for " in run.stderr.splitlines()[-1]


def test_who_asks_for_silence_gets_it(cluster: DevCluster, ansible: Ansible) -> None:
    options = waiting(cluster, {"healthy": True})
    run = ansible.playbook(playbook(ansible, options, no_log=True))
    assert run.ok, run
    assert run.stderr == ""


# --- how it gets to the host ---------------------------------------------------------------------


def test_a_wait_takes_one_connection(cluster: DevCluster, ansible: Ansible, tmp_path: Path) -> None:
    counted = tmp_path / "counted"
    env = {
        "ANSIBLE_CONNECTION_PLUGINS": str(PLUGINS / "connection"),
        "COUNTED_FILE": str(counted),
    }
    options = waiting(cluster, never(cluster), timeout=6)
    inventory = ansible.written({"all": {"hosts": {"far": {"ansible_connection": "counted"}}}})
    play = {**local_play({WAIT: options}), "hosts": "far"}
    run = ansible.playbook([play], "-i", inventory, env=env)
    failed(run, "timeout")
    uses = counted.read_text(encoding="utf-8").split()
    assert uses.count("connect") == 1
    # It is polled when there is something to tell, not five times in a second.
    assert uses.count("command") < 20, uses
    assert len(PROGRESS.findall(run.stderr)) >= 2


def test_a_wait_on_another_host_is_shown_here(cluster: DevCluster, ansible: Ansible) -> None:
    hosts = {"bastion": {"ansible_connection": "local"}, "node-04": {"ansible_host": "192.0.2.4"}}
    inventory = ansible.written({"all": {"hosts": hosts}})
    options = waiting(cluster, {"healthy": True})
    plays = [
        {
            "hosts": "node-04",
            "gather_facts": False,
            "tasks": [{WAIT: options, "delegate_to": "bastion", "become": False}],
        }
    ]
    run = ansible.playbook(plays, "-i", inventory)
    assert run.ok, run
    assert run.tasks[0].host == "node-04"
    assert "all conditions met" in run.stderr


def test_in_check_mode_it_waits_as_well(cluster: DevCluster, ansible: Ansible) -> None:
    options = waiting(cluster, never(cluster), timeout=2)
    run = ansible.playbook(playbook(ansible, options), "--check")
    assert failed(run, "timeout")["samples"] > 1


def test_in_a_loop_registered_with_defaults(cluster: DevCluster, ansible: Ansible) -> None:
    run = ansible.tasks(
        {
            "name": "Wait for each",
            WAIT: {"conditions": [{"node_alive": "{{ item }}"}]},
            "loop": [node.node_id for node in cluster.nodes[:2]],
            "register": "waited",
        },
        {
            "name": "Show it",
            "ansible.builtin.debug": {
                "msg": "{{ waited.results | map(attribute='samples') | min }}"
            },
        },
        module_defaults={
            "group/stemedb.cluster.stemedb": {"gateway_url": cluster.urls},
            WAIT: QUICK,
        },
    )
    assert run.ok, run
    assert run.of("Show it")[0].result["msg"] >= 3
    assert run.stderr.count("all conditions met") >= 2


def test_the_environment_of_the_task_counts(cluster: DevCluster, ansible: Ansible) -> None:
    url = {"STEMEDB_GATEWAY_URL": ",".join(cluster.urls)}
    options = {**QUICK, "conditions": [{"healthy": True}]}
    run = ansible.playbook(playbook(ansible, options, environment=url))
    assert run.ok, run
    assert len(run.result["observers"]) == 3


def test_as_a_job_of_the_user_it_is_refused(cluster: DevCluster, ansible: Ansible) -> None:
    task = {WAIT: waiting(cluster, {"healthy": True}), "async": 60, "poll": 1}
    run = ansible.tasks(task)
    assert run.rc == 2, run
    assert "async" in run.result["msg"]


def test_requests_are_shown_to_who_asks(cluster: DevCluster, ansible: Ansible) -> None:
    run = ansible.module("stemedb_wait", "-vvv", options=waiting(cluster, {"healthy": True}))
    assert run.ok, run
    lines = run.result["requests"]
    assert len(lines) == 9 * run.result["samples"]
    assert all(re.fullmatch(r"GET http://\S+ 200 \d+ ms \d+ B", line) for line in lines)


def test_without_a_controller_the_job_ends_by_itself(cluster: DevCluster, ansible: Ansible) -> None:
    options = waiting(cluster, never(cluster), timeout=8)
    running: Running = ansible.start("ansible-playbook", playbook(ansible, options))
    running.until(lambda seen: PROGRESS.search(seen.stderr))
    running.kill()
    assert processes(ansible)
    start = time.monotonic()
    eventually(lambda: processes(ansible))
    assert time.monotonic() - start < 20
