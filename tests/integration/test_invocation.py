"""How a playbook was called: what is left out of a run fails it, and nothing else is done."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.integration.conftest import ROOT, Ansible, Run, Running

PLAYBOOKS = sorted(
    path.stem for path in (ROOT / "playbooks").glob("*.yml") if path.stem != "check_invocation"
)
HOST = {"ansible_connection": "local"}
INVENTORY = {
    "all": {
        "vars": {"stemedb_gateway_url": "http://127.0.0.1:9", "stemedb_lock_hosts": ["localhost"]},
        "children": {
            "stemedb_nodes": {"hosts": {"node-01": HOST, "node-02": HOST}},
            "stemedb_new_nodes": {"hosts": {"node-03": HOST}},
        },
    }
}
CHECKED = "Check the options of the command line and the variables"


def called(ansible: Ansible, playbook: str, *flags: str, **more: object) -> Run:
    """A run with these variables in its inventory."""
    inventory = ansible.written(INVENTORY | {"stemedb_new_nodes": {"vars": more}})
    return ansible.start(
        "ansible-playbook", f"stemedb.cluster.{playbook}", "-i", inventory, *flags
    ).end(60, True)


def refused(run: Run, task: str) -> str:
    assert run.rc == 2, run
    (found,) = [found for found in run.tasks if found.status == "failed"]
    assert found is run.tasks[-1] or run.tasks[-1].task == task, run
    assert found.task == task, run
    return str(found.result["msg"])


def run_by_runner(ansible: Ansible, playbook: str, limit: str, folder: Path) -> Running:
    """As controllers run a playbook: AWX, event-driven Ansible and their like."""
    paths = (str(Path(sys.executable).parent), os.environ["PATH"])
    env = {
        "PATH": os.pathsep.join(paths),
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections"),
    }
    command = ("ansible-runner", "run", str(folder), "-p", f"stemedb.cluster.{playbook}")
    inventory = ("--inventory", str(ansible.written(INVENTORY)))
    return ansible.start(*command, *inventory, "--limit", limit, env=env)


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_a_limit_that_leaves_localhost_out_is_refused(
    ansible: Ansible, playbook: str, tmp_path: Path
) -> None:
    """`all` as well: localhost is none of all as long as the inventory does not have it."""
    running = run_by_runner(ansible, playbook, "all", tmp_path / "runner")
    for limit in ("node-01", "all"):
        text = refused(called(ansible, playbook, "--limit", limit), CHECKED)
        assert f"--limit {limit} leaves out localhost" in text
        assert "Run it without --limit" in text
    run = running.end(60, True)
    assert run.rc == 2, run
    assert "--limit all leaves out localhost" in run.stdout


def test_a_limit_that_has_localhost_and_all_members_is_none(ansible: Ansible) -> None:
    """The cure that is told: the run comes to its first question."""
    run = called(ansible, "health", "--limit", "all,localhost")
    assert "127.0.0.1:9" in run.tasks[-1].result["msg"], run


def test_a_limit_that_leaves_members_out_is_refused(ansible: Ansible) -> None:
    limit, left_out = "node-01,localhost", "node-02, node-03"
    text = refused(called(ansible, "rolling_restart", "--limit", limit), CHECKED)
    assert f"--limit {limit} leaves out {left_out}" in text
    assert "stemedb_target names the hosts" in text


def test_tags_that_leave_tasks_out_are_refused(ansible: Ansible) -> None:
    task = "Fail if --tags or --skip-tags leave out tasks of the playbook"
    assert "--tags lock leaves out" in refused(called(ansible, "lock", "--tags", "lock"), task)


def test_without_an_inventory_it_says_so(ansible: Ansible, tmp_path: Path) -> None:
    empty = tmp_path / "empty.yml"
    empty.write_text("all: {}\n", encoding="utf-8")
    for flags in ((), ("--limit", "node-01")):
        run = ansible.start(
            "ansible-playbook", "stemedb.cluster.health", "-i", str(empty), *flags
        ).end(60, True)
        assert run.rc != 0, run
        assert "Name the inventory with -i" in run.stderr + run.stdout or "Name it with -i" in str(
            run
        ), run


def test_what_procedures_compute_is_not_set_by_hand(ansible: Ansible) -> None:
    run = called(ansible, "remove_node", "-e", "stemedb_stop_permanent=false")
    assert "stemedb_stop_permanent cannot be set" in refused(run, CHECKED)


def test_a_variable_that_cannot_be_read_is_refused(ansible: Ansible) -> None:
    run = called(ansible, "rolling_restart", "-e", "stemedb_stop_timeout=abc")
    text = refused(run, CHECKED)
    assert "Nothing was changed. Correct these variables: stemedb_stop_timeout is " in text


def test_a_mistyped_variable_is_refused(ansible: Ansible) -> None:
    """Nobody reads it, and the run would have the hosts of a group as its target."""
    text = refused(called(ansible, "add_node", "-e", "stemedb_targe=node-99"), CHECKED)
    assert "Did you mean stemedb_target?" in text


def test_a_mistyped_variable_of_an_inventory_is_refused(ansible: Ansible) -> None:
    text = refused(called(ansible, "remove_node", stemedb_min_node=5), CHECKED)
    assert "stemedb_min_node is read by nothing, did you mean stemedb_min_nodes? (node-03)" in text


def test_a_reviewed_plan_that_is_not_there_is_told_with_its_path(ansible: Ansible) -> None:
    run = called(ansible, "reconcile", "-e", "stemedb_plan_file=plans/none.json")
    text = refused(run, "Refuse a reviewed plan that is not there")
    assert f"stemedb_plan_file names {ROOT}/plans/none.json, which is no file" in text


def test_a_refusal_of_how_it_was_called_is_told_of_no_node(ansible: Ansible) -> None:
    run = called(ansible, "add_node", "-e", "stemedb_targe=node-99")
    assert [found.host for found in run.tasks if found.status == "failed"] == ["localhost"]
