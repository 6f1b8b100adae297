"""No procedure changes anything by a permission that may have expired meanwhile."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
OURS = "stemedb.cluster."
LOCK = f"{OURS}stemedb_lock"
# adopt, diagnose, health, lock and contract_check change nothing of the cluster.
PROCEDURES = ("add_node", "bootstrap", "heal", "remove_node", "replace_node", "rolling_restart")
CHANGES = {
    f"ansible.builtin.{name}"
    for name in (
        *("command", "copy", "file", "get_url", "group", "reboot", "shell", "systemd_service"),
        *("template", "user"),
    )
} | {
    f"{OURS}stemedb_{name}"
    for name in ("data_mark", "planned_call", "service", "set_aside", "sync")
}
LASTS = {
    "ansible.builtin.get_url",
    "ansible.builtin.pause",
    "ansible.builtin.reboot",
    "ansible.builtin.wait_for",
    f"{OURS}stemedb_service",
    f"{OURS}stemedb_wait",
}


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8")) or []


def steps(tasks: list[dict[str, Any]], folder: Path, where: str) -> Iterator[tuple[str, str]]:
    """What happens in order where nothing fails: `renew`, `long` or `change`, and which task."""
    for task in tasks:
        place = f"{where}: {task.get('name')}"
        if "block" in task:
            yield from steps(task["block"], folder, where)
            continue
        role = task.get("ansible.builtin.include_role") or task.get("ansible.builtin.import_role")
        if role is not None:
            yield from of_role(role, place)
            continue
        file = task.get("ansible.builtin.include_tasks") or task.get("ansible.builtin.import_tasks")
        if file is not None:
            if "{{" in file:
                yield "long", place  # a hook of the user
            elif file == "fetch.yml":
                # One of three ways, and after each of them the lock is renewed.
                ways = list(steps(load(folder / file), folder, file))
                yield ways[0]
                yield "long", place
                yield ways[-1]
            else:
                yield from steps(load(folder / file), folder, f"{folder.parent.name}/{file}")
            continue
        yield from of_task(task, place)


def of_task(task: dict[str, Any], place: str) -> Iterator[tuple[str, str]]:
    words, service = set(task), task.get(f"{OURS}stemedb_service", {})
    if service.get("state") == "steady":
        return
    # What the lock hosts have answered just now, the change itself judges.
    if re.search("lock_lost|_stop_refusal", service.get("fail_msg", "")):
        yield "renew", place
    if words & CHANGES and task.get("delegate_to") != "localhost":
        yield "change", place
    if words & LASTS or "until" in task:
        yield "long", place


def of_role(role: dict[str, Any], place: str) -> Iterator[tuple[str, str]]:
    file = role.get("tasks_from", "main.yml")
    if role["name"] == LOCK:
        if file in ("renew.yml", "acquire.yml"):
            yield "renew", place
        return
    folder = ROOT / "roles" / role["name"].removeprefix(OURS) / "tasks"
    yield from steps(load(folder / file), folder, f"{folder.parent.name}/{file}")


def of_playbook(name: str) -> Iterator[tuple[str, str]]:
    for play in load(ROOT / "playbooks" / f"{name}.yml"):
        for role in play.get("roles", ()):
            yield from of_role({"name": role["role"]}, name)
        yield from steps(play.get("tasks", []), ROOT, name)


def stale(happens: list[tuple[str, str]]) -> list[str]:
    """The changes that something long separates from the renewal before them."""
    found, since = [], "nothing has taken the lock"
    for kind, place in happens:
        if kind == "renew":
            since = ""
        elif kind == "long":
            since = place
        elif since:
            found.append(f"{place} (after: {since})")
    return found


@pytest.mark.parametrize("name", PROCEDURES)
def test_nothing_long_lies_between_a_renewal_and_the_change_that_it_allows(name: str) -> None:
    happens = list(of_playbook(name))
    assert {kind for kind, _place in happens} == {"renew", "long", "change"}
    assert stale(happens) == []


def test_the_lock_is_renewed_after_the_hook_and_right_before_the_guard_and_the_stop() -> None:
    folder = ROOT / "roles" / "stemedb_stop" / "tasks"
    names = [task["name"] for task in load(folder / "main.yml")]
    *_before, renewal, guard, stop = names
    assert [renewal, guard, stop] == [
        "Renew the lock for the stop",
        "Ask the guard whether it may be stopped",
        "Stop the node",
    ]


@pytest.mark.parametrize("name", ["add_node", "remove_node", "rolling_restart"])
def test_the_lock_lasts_for_the_waits_that_follow_a_change(name: str) -> None:
    folder = ROOT / "roles" / f"stemedb_{name}"
    tasks = [task for path in folder.glob("tasks/*.yml") for task in load(path)]
    waits = yaml.safe_dump([task for task in tasks if f"{OURS}stemedb_wait" in task], width=1000)
    timeouts = set(re.findall(rf"stemedb_{name}_\w+_timeout", waits))
    assert len(timeouts) > 2
    (block,) = (task for task in load(folder / "tasks" / "main.yml") if "module_defaults" in task)
    assert block["vars"]["stemedb_lock_beyond"] == f"{{{{ _stemedb_{name}_waits }}}}"
    lasts = load(folder / "vars" / "main.yml")[f"_stemedb_{name}_waits"]
    # One that stands still is ended sooner; what only checks is before the first change.
    assert {one for one in timeouts if "_stall_" not in one} - set(re.findall(r"\w+", lasts)) <= {
        "stemedb_remove_node_check_timeout"
    }


def test_of_a_dead_node_that_cannot_be_stopped_the_waits_follow_the_taking_of_the_lock() -> None:
    _reset, taking, _block = load(ROOT / "roles" / "stemedb_remove_node" / "tasks" / "main.yml")
    assert taking["ansible.builtin.import_role"]["tasks_from"] == "acquire.yml"
    assert taking["vars"]["stemedb_lock_beyond"] == "{{ _stemedb_remove_node_waits }}"
