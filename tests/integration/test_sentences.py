"""What roles tell with their own variables, and what of a user's file of tasks they notice.

Without a cluster: what the roles know of one is given.
"""

from __future__ import annotations

from typing import Any

from tests.integration.conftest import Ansible, Run

NODE = "11111111-1111-4111-8111-111111111111"
MEMBERS = ("node-01", "node-02", "node-03")
GONE = "node-03"
SEEDS = [f"{name}:18183" for name in MEMBERS]


def play(ansible: Ansible, *tasks: dict[str, Any], **told: dict[str, Any]) -> Run:
    """Tasks on a member that was removed, whose inventory has three; more variables by host."""
    hosts = {
        name: {
            "ansible_connection": "local",
            "stemedb_seed_nodes": SEEDS,
            **told.get(name.replace("-", "_"), {}),
        }
        for name in MEMBERS
    }
    inventory = ansible.written({"all": {"children": {"stemedb_nodes": {"hosts": hosts}}}})
    plays = [{"hosts": GONE, "gather_facts": False, "tasks": list(tasks)}]
    return ansible.playbook(plays, "-i", inventory)


def role(name: str, file: str, **told: Any) -> dict[str, Any]:
    included = {"name": f"stemedb.cluster.{name}", "tasks_from": f"{file}.yml"}
    return {"ansible.builtin.include_role": included, "vars": told}


def lines(run: Run, task: str) -> list[str]:
    return ["\n".join(found.result["lines"]) for found in run.of(task)]


def plan(source: str, empty: bool, member: bool = False) -> dict[str, Any]:
    """What add_node tells before it starts a node."""
    data = {"data_dir": {"path": "/data", "empty": empty}}
    identity = {"node_id": NODE, "source": source, "probe": data}
    return role(
        "stemedb_add_node",
        "plan",
        stemedb_node_identity=identity,
        stemedb_add_node_is_member=member,
        _stemedb_add_node_survey={"plan": {"changes": [GONE]}},
    )


def test_a_host_that_was_a_node_before_is_told_with_what_it_brings(ansible: Ansible) -> None:
    others = {"stemedb_seed_nodes": SEEDS[:2]}
    run = play(
        ansible,
        plan("file", empty=False),
        plan("file", empty=True),
        plan("new", empty=False),
        plan("file", empty=False, member=True),
        node_02=others,
    )
    assert run.ok, run
    back, *none = lines(run, "Show the plan, or why the node is not added")
    assert f"node-03 was a node before: it comes back with the id {NODE} and the data in" in back
    assert "the data in /data, which the others bring up to date." in back
    assert "These members do not have it in their seed lists, as after a removal: node-02." in back
    assert "run rolling_restart with -e stemedb_rolling_restart_mode=needed." in back
    assert len(none) == 3
    assert not any("was a node before" in text for text in none)


def test_what_was_set_aside_is_told_at_the_end(ansible: Ansible) -> None:
    """As each run that sets something aside keeps it, on the host of the replacement."""
    aside = [{"from": "/data", "to": "/data.replaced-20260101T000000Z"}]
    target = {
        "name": GONE,
        "host": GONE,
        "node_id": NODE,
        "address": GONE,
        "listed_address": f"{GONE}:18182",
    }
    new = {"host": GONE, "node_id": NODE[::-1], "same_host": True, "begun": True, "member": True}
    survey = {
        "target": target,
        "replacement": new,
        "gateway_urls": ["http://node-01:18181"],
        "seeds": {},
        "own_seeds": [],
        "old_seeds": [],
        "new_seeds": [],
    }
    fact = {"stemedb_replace_node_set_aside": {"set_aside": aside}}
    finish = role(
        "stemedb_replace_node",
        "finish",
        stemedb_replace_node_members=[],
        stemedb_gateway_url=["http://node-01:18181"],
        _stemedb_replace_node_survey=survey,
        _stemedb_replace_node_acts=False,
        stemedb_lock_hosts=["localhost"],
        stemedb_lock_path=str(ansible.home / "lock.json"),
    )
    run = play(ansible, {"ansible.builtin.set_fact": fact}, finish)
    assert run.ok, run
    (told,) = lines(run, "Show what was written, and what to change in the inventory")
    assert "Renamed, not deleted" in told
    assert f"\n  {aside[0]['to']}\n" in told
