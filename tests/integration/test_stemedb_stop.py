"""The role stemedb_stop: what must keep a node from being stopped, and a stop.

One cluster of four through these tests, in their order: each but the last leaves it as it was.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.conftest import Ansible, Run, local_play
from tests.integration.inventories import Host, Site, bootstrapped, changes, four_members

ROLE = "stemedb.cluster.stemedb_stop"
LOCK = "stemedb.cluster.stemedb_lock"
STOP = "Stop the service on node-04"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Four hosts of which each runs a member."""
    folder = tmp_path_factory.mktemp("site")
    with four_members(folder) as made:
        yield bootstrapped(made, folder / "bootstrap")


def play(
    site: Site,
    ansible: Ansible,
    *flags: str,
    do: str = "main",
    locked: bool = True,
    **more: Any,
) -> Run:
    """Run a task file of the role for node-04, holding the lock."""
    target = site.hosts[-1]
    told = {
        "stemedb_stop_host": target.name,
        "stemedb_stop_node_id": target.node_id,
        "stemedb_stop_interval": 0.1,
        "stemedb_lock_target": [target.name],
        "stemedb_lock_hosts": ["localhost"],
        "stemedb_lock_path": str(site.folder / "lock.json"),
    }

    def role(name: str, file: str, **told: Any) -> dict[str, Any]:
        included = {"name": name, "tasks_from": f"{file}.yml"}
        return {"name": f"Do {file}", "ansible.builtin.include_role": included, **told}

    content = local_play(
        {
            "name": "Operate",
            "block": [*([role(LOCK, "acquire")] if locked else []), role(ROLE, do)],
            "always": [role(LOCK, "release")],
        },
        module_defaults={
            "group/stemedb.cluster.stemedb": {
                "gateway_url": "{{ stemedb_gateway_url }}",
                "api_key": "{{ stemedb_api_key }}",
            }
        },
        vars=told,
    )
    return site.play(ansible, [content], *flags, groups={"stemedb_nodes": site.hosts}, **more)


def refusal(run: Run, host: Host) -> str:
    """Why nothing was done."""
    assert run.rc == 2, run
    assert changes(run) == [], run
    assert host.running
    return "\n".join(str(found.result["msg"]) for found in run.tasks if found.status == "failed")


def test_what_would_break_keeps_it_running_until_it_is_accepted(
    site: Site, ansible: Ansible
) -> None:
    told = refusal(play(site, ansible, stemedb_min_nodes=4), site.hosts[-1])
    assert "node-04 is not stopped, 1 things speak against it" in told
    assert "too_few_nodes: cluster 3 nodes would be left Alive, 4 must be" in told
    assert """-e '{"stemedb_accept": ["too_few_nodes"]}'""" in told
    # Another kind than is accepted, and the guard alone.
    refusal(
        play(site, ansible, stemedb_min_live_replicas=9, stemedb_accept=["too_few_nodes"]),
        site.hosts[-1],
    )
    refusal(play(site, ansible, do="guard", stemedb_min_observers=9), site.hosts[-1])
    zones = {host.node_id: "b" if host.name == "node-04" else "a" for host in site.hosts}
    # For the time of a stop this is a note.
    # Who is said to be a former member and lives counts all the same.
    former = [site.hosts[0].node_id]
    run = play(site, ansible, do="guard", stemedb_stop_zones=zones, stemedb_stop_former=former)
    assert run.ok, run
    assert "all good replicas that would be left are in zone a" in run.stdout


@pytest.mark.parametrize(
    "judged",
    [
        {},
        {"passed": False},
        {"node_id": "11111111-2222-4333-8444-555555555555"},
        {"permanent": False},
        {"at": 0},
        {"lock": 0},
    ],
    ids=["none", "refused", "another node", "another stop", "old", "lock renewed long ago"],
)
def test_a_stop_wants_the_guards_answer_of_now(
    site: Site, ansible: Ansible, judged: dict[str, Any]
) -> None:
    target = site.hosts[-1]
    good = {"passed": True, "node_id": target.node_id, "permanent": True, **judged}
    at = judged.get("at", time.time() + 600)
    given: dict[str, Any] = {"stemedb_stop_judged": {"plan": good, "at": at}} if judged else {}
    given["_stemedb_stop_allowed_at"] = judged.get("lock", time.time() + 600)
    told = refusal(play(site, ansible, do="stop", **given), target)
    assert "the guard has not allowed it within the last 30 seconds" in told


def test_without_the_lock_nothing_is_stopped(site: Site, ansible: Ansible) -> None:
    told = refusal(play(site, ansible, locked=False), site.hosts[-1])
    assert "The lock of the cluster is not this run's own any more" in told


def test_a_hook_that_outlives_the_lock_keeps_the_node_running(site: Site, ansible: Ansible) -> None:
    """Its lock has expired meanwhile, and another operator has taken it."""
    path = site.folder / "lock.json"
    hook = ansible.written(
        [
            {
                "name": "Drain the load balancer for longer than the lock lasts",
                "stemedb.cluster.stemedb_operation_lock": {
                    "action": "acquire",
                    "path": str(path),
                    "operation": "add_node",
                    "cluster": site.settings["stemedb_cluster_name"],
                    "lease": 600,
                    "replace": [{"run_id": "{{ _stemedb_lock_answers.results[0].run_id }}"}],
                },
                "register": "_stemedb_test_hook",
                "changed_when": False,
            },
            {
                "name": "Let it be another run's",
                "ansible.builtin.replace": {
                    "path": str(path),
                    "regexp": "{{ _stemedb_test_hook.run_id }}",
                    "replace": "run-of-bob",
                },
                "delegate_to": "localhost",
                "changed_when": False,
            },
        ]
    )
    told = refusal(play(site, ansible, stemedb_before_stop_tasks=hook), site.hosts[-1])
    assert "The lock of the cluster is not this run's own any more" in told
    assert "add_node" in told
    path.unlink()


def test_check_mode_asks_and_stops_nothing(site: Site, ansible: Ansible) -> None:
    run = play(site, ansible, "--check")
    assert run.ok, run
    assert changes(run) == []
    assert site.hosts[-1].running
    assert "Without node-04 3 nodes stay Alive" in run.stdout


def test_nobody_is_not_stopped(site: Site, ansible: Ansible) -> None:
    for name, value, why in (
        ("stemedb_stop_node_id", "", "names no node"),
        ("stemedb_stop_host", "node-99", "it is no host of the inventory"),
    ):
        wrong: dict[str, Any] = {name: value}
        told = refusal(play(site, ansible, **wrong), site.hosts[-1])
        assert why in told


def test_what_cannot_be_stopped_is_told(site: Site, ansible: Ansible) -> None:
    told = refusal(play(site, ansible, stemedb_node_stop_command=""), site.hosts[-1])
    assert "stemedb_node_stop_command is empty" in told
    told = refusal(
        play(site, ansible, stemedb_node_status_command="sh -c 'exit 9'"), site.hosts[-1]
    )
    assert "whether it runs is unknown" in told
    run = play(site, ansible, stemedb_node_stop_command="true", stemedb_stop_timeout=0.5)
    assert run.rc == 2, run
    assert site.hosts[-1].running
    assert "was stopped, but it still runs after 0.5 s" in run.stdout


def test_a_stop_comes_after_the_hook_and_the_guard(site: Site, ansible: Ansible) -> None:
    target = site.hosts[-1]
    seen = site.folder / "seen"
    hook = ansible.written(
        [
            {
                "name": "Take it out of the load balancer",
                "ansible.builtin.copy": {
                    "content": "{{ stemedb_stop_host }} {{ stemedb_stop_node_id }}",
                    "dest": str(seen),
                },
            }
        ]
    )
    before = time.time()
    choices: dict[str, Any] = {"stemedb_stop_disable": True, "stemedb_stop_permanent": False}
    run = play(site, ansible, stemedb_before_stop_tasks=hook, **choices)
    assert run.ok, run
    (judged,) = run.of("Refuse a stop of node-04 that breaks something")
    assert judged.result["plan"]["permanent"] is False
    assert not target.running
    assert seen.read_text() == f"node-04 {target.node_id}"
    names = [found.task for found in run.tasks]
    order = [
        "Take it out of the load balancer",
        "Record when the lock is asked for",
        "Check the impact of stopping node-04",
        "Refuse a stop of node-04 that breaks something",
        STOP,
    ]
    places = [names.index(name) for name in order]
    assert places == sorted(places)
    (kept,) = run.of(order[-1])
    assert before < kept.result["clock"] < time.time()
    # Again: nothing to stop. It is not Alive any more, so it is for the one who asks to say so.
    again = play(site, ansible, do="service")
    assert again.ok, again
    assert changes(again) == []
