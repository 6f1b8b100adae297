"""What the waits of the roles ask for, at the end of each procedure and stage by stage."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.stemedb.cluster.plugins.plugin_utils._remove_node import advice
from ansible_collections.stemedb.cluster.plugins.plugin_utils._rolling_restart import report

ROLES = Path(__file__).resolve().parents[2] / "roles"
WAIT = "stemedb.cluster.stemedb_wait"


def tasks(path: str) -> Iterator[dict[str, Any]]:
    """The tasks of a file below `roles`, those in a block too."""
    waiting = list(yaml.safe_load((ROLES / path).read_text(encoding="utf-8")))
    while waiting:
        task = waiting.pop(0)
        waiting[:0] = task.get("block", [])
        yield task


def last_conditions(path: str) -> list[Any] | str:
    """What the only wait of a file asks for at its end."""
    (wait,) = (task[WAIT] for task in tasks(path) if WAIT in task)
    found: list[Any] | str = wait.get("stages", [wait])[-1]["conditions"]
    return found


FINAL_WAITS = {
    "stemedb_remove_node/tasks/recovered.yml": "replicas_complete: true",
    "stemedb_add_node/tasks/whole.yml": "add_goals",
    "stemedb_replace_node/tasks/health.yml": "add_goals",
    "stemedb_bootstrap/tasks/verify.yml": "bootstrap_goals",
    "stemedb_rolling_restart/tasks/recovered.yml": "restart_goals",
    "stemedb_heal/tasks/compare.yml": "_stemedb_heal_plan.conditions",
}


@pytest.mark.parametrize("path", FINAL_WAITS)
def test_what_ends_a_procedure_asks_for_complete_replicas_of_all_shards(path: str) -> None:
    """Rule 12. That the goals do is in the tests of each; in the same samples as health."""
    assert FINAL_WAITS[path] in yaml.safe_dump(last_conditions(path), width=1000)


def test_a_rolling_restart_ends_with_complete_replicas_too() -> None:
    """Rule 12. After the last node's own wait a hook of the user may take its time."""
    conditions = last_conditions("stemedb_rolling_restart/tasks/finish.yml")
    assert {"healthy": True} in conditions
    assert {"replicas_complete": True} in conditions


ASKED_AGAIN = {
    "stemedb_add_node": ["whole.yml", "logs.yml"],
    "stemedb_bootstrap": ["verify.yml"],
    "stemedb_replace_node": ["health.yml"],
    "stemedb_rolling_restart": ["recovered.yml"],
}


@pytest.mark.parametrize("role", ASKED_AGAIN)
def test_after_the_window_the_host_is_asked_whether_it_is_the_same_process(role: str) -> None:
    """Rule 4. One that ends and is back before it is suspected is Alive to the others."""
    found = [task for name in ASKED_AGAIN[role] for task in tasks(f"{role}/tasks/{name}")]
    waits = [at for at, task in enumerate(found) if WAIT in task]
    asked = [
        at
        for at, task in enumerate(found)
        if task.get("ansible.builtin.import_role", {}).get("tasks_from") == "lasts.yml"
        or task.get("stemedb.cluster.stemedb_service", {}).get("state") == "steady"
        or "node_startup(" in str(task.get("vars"))
    ]
    assert asked
    assert max(asked) > max(waits)


@pytest.mark.parametrize(
    ("role", "told"),
    [
        ("stemedb_remove_node", vars(advice)["_STEPS"]),
        ("stemedb_rolling_restart", vars(report)["_STEPS"]),
    ],
)
def test_each_stage_has_something_to_do_when_it_does_not_hold(
    role: str, told: dict[str, Any]
) -> None:
    """The report finds it by the name that the role gives the stage."""
    files = sorted((ROLES / role / "tasks").glob("*.yml"))
    found = [task for path in files for task in tasks(str(path.relative_to(ROLES)))]
    names = [stage["name"] for task in found for stage in task.get(WAIT, {}).get("stages", ())]
    assert len(names) > 2
    assert [name for name in names if name not in told] == []


def test_a_restart_has_to_be_of_after_the_stop() -> None:
    """Rule 4. By the clock of the host: the others may still read what was before."""
    (start,) = (
        task
        for task in tasks("stemedb_rolling_restart/tasks/recovered.yml")
        if task.get("ansible.builtin.import_role", {}).get("tasks_from") == "start.yml"
    )
    assert "stemedb_stop_stopped.clock" in start["vars"]["_stemedb_node_starts_after"]
    *_, service = tasks("stemedb_node/tasks/start.yml")
    wanted = "{{ _stemedb_node_starts_after or omit }}"
    assert service["stemedb.cluster.stemedb_service"]["after"] == wanted
