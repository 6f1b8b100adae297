"""One operator at a time: the role stemedb_lock and the playbook lock, with real controllers.

A lock host is a folder, a controller a process of ansible-playbook.
"""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path
from typing import Any, Optional

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._lock.file import ask
from ansible_collections.stemedb.cluster.plugins.module_utils._lock.record import Request

from tests.integration.conftest import Ansible, Run, Running

PLAYBOOK = "stemedb.cluster.lock"
ROLE = "stemedb.cluster.stemedb_lock"
NODES = ("node-01", "node-02", "node-03")
STEP = "Stop the node"
OUTCOME = "{{ 'succeeded' if _stemedb_test_done | default(false) else 'failed' }}"
# Nothing listens there.
CLOSED = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1}


def ours(tasks_from: str, **more: Any) -> dict[str, Any]:
    role = {"name": ROLE, "tasks_from": f"{tasks_from}.yml"}
    return {"name": f"Do {tasks_from}", "ansible.builtin.include_role": role, "vars": more}


class Operators:
    """Lock hosts, and operators that use them."""

    def __init__(self, ansible: Ansible, folder: Path) -> None:
        self.folder = folder
        self.hosts: dict[str, dict[str, Any]] = {
            name: {
                "ansible_connection": "local",
                "stemedb_lock_path": str(folder / name / "lock.json"),
            }
            for name in NODES
        }
        self._ansible = ansible

    def operate(self, *flags: str, until: str = "", **variables: Any) -> Running:
        """Start an operation: it takes the lock, goes in, waits for a file, renews, does a step."""
        inside, done = str(self.folder / "inside"), str(self.folder / "done")
        steps: list[dict[str, Any]] = [
            ours("acquire"),
            # Fails if another operation is in.
            {"name": "Go in", "ansible.builtin.command": {"argv": ["mkdir", inside]}},
            {
                "name": "Wait",
                "ansible.builtin.wait_for": {"path": until, "sleep": 1},
                "when": until != "",
            },
            ours("renew", stemedb_lock_step=STEP, stemedb_lock_leaves=["a disabled service"]),
            {"name": "Do the step", "ansible.builtin.command": {"argv": ["touch", done]}},
            {"name": "Go out", "ansible.builtin.command": {"argv": ["rmdir", inside]}},
            {
                "name": "It is done",
                "ansible.builtin.set_fact": {"_stemedb_test_done": True},
            },
        ]
        told = {
            "stemedb_lock_operation": "remove_node",
            "stemedb_lock_target": ["node-09"],
            "stemedb_lock_reason": "its disk fails",
        }
        play = {
            "hosts": "localhost",
            "gather_facts": False,
            "vars": told,
            "tasks": [
                {
                    "name": "Operate",
                    "block": steps,
                    "always": [ours("release", stemedb_lock_outcome=OUTCOME)],
                }
            ],
        }
        return self._start(self._ansible.written([play]), *flags, **variables)

    def lock(self, *flags: str, **variables: Any) -> Run:
        """The playbook."""
        return self._start(PLAYBOOK, *flags, **variables).end()

    def _start(self, playbook: str, *flags: str, **variables: Any) -> Running:
        inventory = {"all": {"children": {"stemedb_nodes": {"hosts": self.hosts}}}}
        written = self._ansible.written(inventory)
        extra = ("-e", json.dumps(variables)) if variables else ()
        command = ("ansible-playbook", playbook, "-i", written, *extra, *flags)
        return self._ansible.start(*command, env={"ANSIBLE_PIPELINING": "1"})

    def path(self, name: str) -> Path:
        return Path(self.hosts[name]["stemedb_lock_path"])

    def document(self, name: str = NODES[0]) -> dict[str, Any]:
        return dict(json.loads(self.path(name).read_text(encoding="utf-8")))

    def holder(self, name: str = NODES[0]) -> Optional[dict[str, Any]]:
        found = self.document(name)["holder"] if self.path(name).exists() else None
        return None if found is None else dict(found)

    def held_elsewhere(self, *names: str, lease: float = 600) -> str:
        """Somebody on another controller takes the lock on these hosts; the id of that run."""
        owner = {"controller": "ctrl-02", "user": "bob", "pid": 7, "boot_id": "other"}
        told: dict[str, Any] = {"operation": "add_node", "target": "node-07"}
        request = Request("another-run", owner, lease, reason="more room", step="Start it", **told)
        for name in names or NODES:
            assert ask(str(self.path(name)), "acquire", request)[0].held
        return request.run_id

    @property
    def did_the_step(self) -> bool:
        return (self.folder / "done").exists()


@pytest.fixture
def operators(ansible: Ansible, tmp_path: Path) -> Operators:
    return Operators(ansible, tmp_path)


def crashed(operators: Operators) -> str:
    """The id of a run that was killed while it was in."""
    never = str(operators.folder / "never")
    running = operators.operate(until=never)
    running.until(lambda seen: seen.has_done("Go in"))
    running.kill()
    (operators.folder / "inside").rmdir()
    holder = operators.holder()
    assert holder is not None
    return str(holder["run_id"])


def message(run: Run) -> str:
    (failed,) = (found for found in run.tasks if found.status == "failed")
    return str(failed.result["msg"])


def shown(run: Run, task: str) -> str:
    return "\n".join(line for found in run.of(task) for line in found.result.get("lines", ()))


LEFT = "Refuse while another operation holds the lock"


def test_an_operation_takes_the_lock_keeps_it_and_is_remembered(operators: Operators) -> None:
    run = operators.operate().end()
    assert run.ok, run
    assert operators.did_the_step
    lock_tasks = [t for t in run.tasks if t.task.startswith("Ask each lock host")]
    assert [t.task.split()[-1] for t in lock_tasks] == ["acquire", "renew", "release"]
    assert [t.task for t in lock_tasks if t.result["changed"]] == []
    assert run.of(LEFT) == [], "nobody was in the way"
    names = [t.task for t in run.tasks]
    taking = names[names.index("Do acquire") + 1 : names.index("Go in")]
    assert len(taking) <= 4, taking
    for name in NODES:
        assert operators.holder(name) is None
        (over,) = operators.document(name)["operations"]
        assert (over["operation"], over["outcome"], over["step"]) == (
            "remove_node",
            "succeeded",
            STEP,
        )

    run = operators.lock()
    assert run.ok, run
    text = shown(run, "Show who holds it, and what was done before")
    assert text.count("node-0") == 4, "three lock hosts, and the target of one operation"
    assert "remove_node of node-09" in text
    assert "(its disk fails): succeeded" in text


def test_two_at_once_are_never_both_in(operators: Operators) -> None:
    runs = [operators.operate() for _ in range(2)]
    ended = [running.end() for running in runs]
    assert any(run.ok for run in ended), "\n".join(map(str, ended))
    for run in ended:
        # Whoever was in was in alone, and whoever was not in was told why.
        assert [t.task for t in run.of("Go in") if t.status == "failed"] == []
        if not run.ok:
            assert run.of("Go in") == []
            assert "Another operation changes the cluster" in message(run) or (
                "could not be taken" in message(run)
            )
    # More than half of the lock hosts are enough: one of them may have been the other run's.
    over = {
        o["run_id"]: o["outcome"] for name in NODES for o in operators.document(name)["operations"]
    }
    assert list(over.values()) == ["succeeded"] * sum(run.ok for run in ended)
    assert [operators.holder(name) for name in NODES] == [None] * 3


def test_the_lock_of_a_crashed_run_of_ones_own_gives_way_and_is_reported(
    operators: Operators,
) -> None:
    before = crashed(operators)
    run = operators.operate().end()
    assert run.ok, run
    text = shown(run, LEFT)
    assert "did not end: remove_node of node-09" in text
    assert "its process on this host is gone" in text
    assert before in text
    over = operators.document()["operations"]
    assert [(o["outcome"], o["why"]) for o in over] == [
        ("abandoned", "process_gone"),
        ("succeeded", None),
    ]
    assert over[0]["replaced_by"] == over[1]["run_id"]


def test_anothers_lock_is_refused_until_it_is_named(operators: Operators) -> None:
    before = operators.held_elsewhere()
    run = operators.operate().end()
    assert run.rc == 2, run
    assert run.of("Go in") == []
    told = message(run)
    assert "add_node of node-07 by bob on ctrl-02 (more room), since " in told
    assert "on 3 of 3 lock hosts" in told
    assert f"-e stemedb_lock_break={before}" in told
    for name in NODES:
        holder = operators.holder(name)
        assert holder is not None
        assert holder["run_id"] == before
    # A check takes none and says whose it is.
    run = operators.operate("--check").end()
    assert "No lock is taken by --check. Another operation changes the cluster" in run.stdout

    run = operators.operate(stemedb_lock_break=before).end()
    assert run.ok, run
    assert "it was named in stemedb_lock_break" in shown(run, LEFT)


def test_a_lock_that_has_expired_is_taken_over_and_reported(operators: Operators) -> None:
    operators.held_elsewhere(lease=0.01)
    run = operators.operate().end()
    assert run.ok, run
    text = shown(run, LEFT)
    assert "its lock has expired" in text
    assert 'its last step was "Start it"' in text


def test_a_lock_can_be_broken_by_name_for_nobody(operators: Operators) -> None:
    before = operators.held_elsewhere()
    run = operators.lock(stemedb_lock_break="no-such-run")
    assert run.rc == 2, run
    assert "No lock host that answers has a lock of run no-such-run" in message(run)
    assert operators.holder() is not None
    run = operators.lock(stemedb_lock_break=before)
    assert run.ok, run
    assert [operators.holder(name) for name in NODES] == [None] * 3
    assert "abandoned" in shown(run, "Show who holds it, and what was done before")


def test_an_outcome_that_the_user_sets_is_refused(operators: Operators) -> None:
    """It would beat what the operation says of itself, and a failure be remembered as a success."""
    run = operators.operate("-e", "stemedb_lock_outcome=succeeded").end()
    assert run.rc == 2, run
    assert "stemedb_lock_outcome cannot be set by -e" in message(run)
    assert [operators.holder(name) for name in NODES] == [None] * 3


def test_lock_hosts_that_are_no_members_want_a_lock_that_names_its_cluster(
    operators: Operators,
) -> None:
    """Another cluster may keep its lock there too."""
    away = str(operators.folder / "away.json")
    run = operators.operate(stemedb_lock_hosts=["localhost"], stemedb_lock_path=away).end()
    assert run.rc == 2, run
    assert "Set stemedb_cluster_name: stemedb_lock_hosts names localhost" in message(run)
    assert not Path(away).exists()


def test_a_controller_that_was_suspended_wakes_up_harmless(operators: Operators) -> None:
    go = operators.folder / "go"
    sleeper = operators.operate(
        until=str(go), stemedb_lock_for=5, stemedb_lock_beyond=3, _stemedb_lock_slack=0
    )
    sleeper.until(lambda seen: seen.has_done("Go in"))
    os.kill(sleeper.process.pid, signal.SIGSTOP)
    try:
        holder = operators.holder()
        assert holder is not None
        deadline = holder["written"]["uptime"] + holder["lease"]
        while time.clock_gettime(time.CLOCK_BOOTTIME) < deadline:
            time.sleep(0.05)
        (operators.folder / "inside").rmdir()
        other = operators.operate().end()
        assert other.ok, other
        assert "its lock has expired" in shown(other, LEFT)
        (operators.folder / "done").unlink()
        go.touch()
    finally:
        os.kill(sleeper.process.pid, signal.SIGCONT)
    run = sleeper.end()
    assert run.rc == 2, run
    assert not operators.did_the_step
    told = message(run)
    assert "This run has lost the cluster lock and makes no further changes" in told
    assert "This run holds the lock on 0 of 3 lock hosts, 2 are needed" in told
    # What the other one did is what is remembered, and nobody's lock was given back.
    assert [o["outcome"] for o in operators.document()["operations"]] == ["abandoned", "succeeded"]


def test_lock_hosts_that_do_not_answer_count_against(operators: Operators) -> None:
    operators.hosts["node-02"].update(CLOSED)
    run = operators.operate().end()
    assert run.ok, run
    assert operators.did_the_step
    assert "was not released on node-02" in run.stdout

    (operators.folder / "file").touch()
    operators.hosts["node-03"]["stemedb_lock_path"] = str(operators.folder / "file" / "lock.json")
    run = operators.operate().end()
    assert run.rc == 2, run
    (told,) = run.of("Refuse while another operation holds the lock")
    said = told.result["msg"]
    assert "1 of 3 lock hosts answered, and 2 are needed" in said
    assert "node-02: " in said
    assert "node-03: " in said
    assert operators.holder() is None


def test_what_was_taken_in_vain_is_given_back_after_some_tries(operators: Operators) -> None:
    """One lock host breaks down while the lock is taken, another is somebody's."""
    operators.held_elsewhere("node-03")
    # It can be looked at, and not be changed.
    operators.path("node-02").with_name("lock.json.guard").mkdir(parents=True)
    run = operators.operate(stemedb_lock_tries=2, _stemedb_lock_longest_pause=1).end()
    assert run.rc == 2, run
    assert run.of("Go in") == []
    tries = run.of(LEFT)
    assert [t.status for t in tries] == ["ok", "failed"]
    said = tries[1].result["msg"]
    assert "It holds the lock on 1 of 3 lock hosts (node-03)" in said
    assert "2 of 3 lock hosts answered, and 2 are needed" in said
    assert "node-02: " in said
    assert operators.holder("node-01") is None
    assert operators.document("node-01")["operations"] == []
    assert operators.holder("node-03") is not None


def test_the_target_is_not_asked(operators: Operators) -> None:
    run = operators.operate(stemedb_lock_target=["node-01"]).end()
    assert run.ok, run
    assert not operators.path("node-01").exists()
    assert operators.document("node-02")["operations"][0]["target"] == "node-01"
    named = operators.lock(stemedb_lock_hosts="node-03,node-02")
    assert "The cluster lock is free (2 of 2 lock hosts answer)" in named.stdout


def test_nobody_to_ask_is_a_failure(operators: Operators) -> None:
    operators.hosts["node-02"].update(CLOSED)
    operators.hosts["node-03"].update(CLOSED)
    run = operators.lock()
    assert run.rc == 2, run
    assert "Whether the lock is held is not known: 1 of 3 lock hosts answered" in message(run)
    operators.hosts.clear()
    run = operators.lock(stemedb_gateway_url="http://127.0.0.1:9")
    assert run.rc == 2, run
    assert "there is no lock host to ask" in message(run)
    assert "No operation yet" not in run.stdout
