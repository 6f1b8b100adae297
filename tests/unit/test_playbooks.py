"""How playbooks and roles are put together: nobody is passed over, nothing is left over."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.stemedb.cluster.plugins.plugin_utils._invocation import COMPUTED

ROOT = Path(__file__).resolve().parents[2]
CHECK = "check_invocation.yml"
VARIABLES = "stemedb.cluster.stemedb_variables"
PLAYBOOKS = sorted(path for path in (ROOT / "playbooks").glob("*.yml") if path.name != CHECK)
ROLE_FILES = sorted((ROOT / "roles").glob("*/tasks/*.yml"))
STATIC = ("ansible.builtin.import_role", "ansible.builtin.import_tasks")
INCLUDES = ("ansible.builtin.include_role", "ansible.builtin.include_tasks", *STATIC)
# What adopt hands over is what it has found on the host, to show what would differ. How the
# report of a failure looks, everybody may say.
MAY_BE_OVERRIDDEN = re.compile(
    r"stemedb_cluster_name|stemedb_node_(address|binary|config_path|data_dir|environment|flags"
    r"|gateway_port|gossip_port|rpc_port|service|service_manager|status_command|user)"
    r"|stemedb_diagnose_(exclude_nodes|hosts|ports|procedure)"
)


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def tasks(node: Any) -> Iterator[dict[str, Any]]:
    """All tasks and blocks below a list of tasks."""
    for task in node or []:
        yield task
        for part in ("block", "rescue", "always"):
            yield from tasks(task.get(part))


def strings(value: Any) -> Iterator[str]:
    """All texts in a document."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for each in value.values() if isinstance(value, dict) else value:
            yield from strings(each)


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", PLAYBOOKS, ids=name)
def test_every_playbook_first_checks_how_it_was_called(path: Path) -> None:
    first, *plays = load(path)
    assert first["ansible.builtin.import_playbook"] == CHECK
    # Either localhost alone, or a procedure that reconcile may leave out.
    here = ("localhost", "{{ ['localhost'] + _stemedb_nobody | default([]) }}")
    elsewhere = [play for play in plays if play.get("hosts") not in here]
    # adopt tells of hosts that were left out
    needed = bool(elsewhere) and path.stem != "adopt"
    assert first["vars"] == {"_stemedb_needs_members": needed}


def test_variables_that_cannot_be_read_end_a_run_before_anything_is_asked_or_changed() -> None:
    """Whatever the play is about: there is no condition at which it is left out.

    Where a tag leaves it out, the only other task fails, which no tag leaves out but `always`.
    """
    (check,) = load(ROOT / "playbooks" / CHECK)
    first, last = check["tasks"]
    assert {key: first[key] for key in first if key != "name"} == {
        VARIABLES: {"needs_members": "{{ _stemedb_needs_members }}"},
        "run_once": True,
        "register": "_stemedb_invocation",
    }
    assert last["ansible.builtin.assert"]["that"] == "_stemedb_invocation is defined"
    assert (last["tags"], last["run_once"]) == ("always", True)
    assert not {"when", "vars"} & set(last)
    assert not {"pre_tasks", "roles", "tags", "when"} & set(check)


@pytest.mark.parametrize("path", [ROOT / "playbooks" / CHECK, *PLAYBOOKS], ids=name)
def test_no_play_leaves_the_strategy_to_the_configuration(path: Path) -> None:
    """By `free`, a host that is refused does not end the run for the others."""
    plays = [play for play in load(path) if "hosts" in play]
    assert {play.get("strategy") for play in plays} == {"ansible.builtin.linear"}


@pytest.mark.parametrize("path", ROLE_FILES, ids=name)
def test_no_procedure_makes_groups_that_the_next_one_would_find(path: Path) -> None:
    assert [task for task in tasks(load(path)) if "ansible.builtin.add_host" in task] == []


def test_what_procedures_hand_over_cannot_be_overridden() -> None:
    """With -e a variable beats what a task hands to a role under the same name."""
    handed = {
        key
        for path in ROLE_FILES
        for task in tasks(load(path))
        for key in task.get("vars", {})
        if key.startswith("stemedb_")
        and ("block" in task or any(word in task for word in INCLUDES))
    }
    assert {
        key
        for key in handed
        if not COMPUTED.fullmatch(key) and not MAY_BE_OVERRIDDEN.fullmatch(key)
    } == set()


def test_who_mistypes_a_host_is_told_of_one_that_is_there() -> None:
    """In every sentence of a task that a name is no host; what modules say of it, they test."""
    said = [
        text
        for path in (*PLAYBOOKS, *ROLE_FILES)
        for text in strings(load(path))
        if "names no host of the inventory" in text
    ]
    assert len(said) == 2  # add_node and rolling_restart
    assert all("{{ item | stemedb.cluster.near_name(groups['all']) }}" in text for text in said)


@pytest.mark.parametrize("path", ROLE_FILES, ids=name)
def test_a_lost_host_does_not_take_the_play_with_it(path: Path) -> None:
    """The host of the play counts as lost where one that a task is delegated to is.

    Modules of this collection fail then instead; what is not of it is asked about afterwards.
    """
    for task in tasks(load(path)):
        if task.get("delegate_to", "localhost") == "localhost" or "block" in task:
            continue
        if any(word.startswith("stemedb.cluster.") for word in task):
            continue
        assert task.get("ignore_unreachable") is True, task["name"]


@pytest.mark.parametrize("path", ROLE_FILES, ids=name)
def test_nothing_static_runs_once(path: Path) -> None:
    """Its tasks would run once too, and then a lost host that they pass over fails them all.

    To the modules of the lock a lost host is one that gave no answer, and is not passed over.
    """
    once = [task for task in tasks(load(path)) if "run_once" in task]
    roles = [(task, task.get("ansible.builtin.import_role", {})) for task in once]
    asks = [task for task, role in roles if role.get("tasks_from") in ("ask.yml", "renew.yml")]
    found = [task for task in once if any(word in task for word in STATIC) and task not in asks]
    assert [task["name"] for task in found] == []


def test_tasks_of_the_user_are_run_where_a_lost_host_fails_them_and_is_rescued() -> None:
    """They may delegate to any host: passed over where all errors are fatal, it has failed."""
    found = [
        (path.name, block)
        for path in ROLE_FILES
        for block in tasks(load(path))
        for task in block.get("block", ())
        if "{{" in task.get("ansible.builtin.include_tasks", "")
    ]
    assert [where for where, _block in found] == ["hook.yml"]
    ((_where, block),) = found
    assert (block["ignore_unreachable"], block["any_errors_fatal"]) == (True, True)
    assert "ansible.builtin.fail" in block["rescue"][-1]
    includes = [
        task
        for path in ROLE_FILES
        for task in tasks(load(path))
        if any(word in task for word in INCLUDES)
    ]
    hooks = [task["vars"]["hook_file"] for task in includes if "hook_file" in task.get("vars", {})]
    assert sorted(hooks) == ["{{ stemedb_after_start_tasks }}", "{{ stemedb_before_stop_tasks }}"]


@pytest.mark.parametrize("role", ["remove_node/tasks/survey", "replace_node/tasks/survey"])
def test_whose_seeds_are_written_at_the_end_needs_no_vault_that_is_not_loaded(role: str) -> None:
    """What is written last is asked for before the lock is taken, of the same hosts."""
    found = tasks(load(ROOT / "roles" / f"stemedb_{role}.yml"))
    (hosts,) = (task[VARIABLES]["defined_on"] for task in found if VARIABLES in task)
    (procedure, _file) = role.split("/tasks/")
    members = load(ROOT / "roles" / f"stemedb_{procedure}" / "tasks" / "members.yml")
    (named,) = (
        task["ansible.builtin.set_fact"][f"stemedb_{procedure}_members"]
        for task in members
        if "ansible.builtin.set_fact" in task
    )
    seeds = rf"stemedb_{procedure}_(survey|plan\.plan)\.seeds\.keys\(\)\s*\| reject\('eq', ''"
    assert re.search(seeds, named)
    assert re.search(seeds, hosts)
