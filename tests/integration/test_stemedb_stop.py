"""The role stemedb_stop: what must keep a node from being stopped, and a stop.

One cluster of four through these tests, in their order: each but the last leaves it as it was.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from tests.devcluster.cluster import DevCluster, DevNode
from tests.integration.conftest import Ansible, Run, local_play
from tests.integration.inventories import SCALE, SECRET, changes
from tests.integration.operated import Operator

ROLE = "stemedb.cluster.stemedb_stop"
LOCK = "stemedb.cluster.stemedb_lock"
STOP = "Stop the service, and wait for its end"


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    """Four members."""
    folder = tmp_path_factory.mktemp("stop")
    with DevCluster(folder / "cluster", api_key=SECRET, time_scale=SCALE) as cluster:
        cluster.start(4).wait_settled()
        yield Operator(cluster, folder)


def target(operator: Operator) -> DevNode:
    return operator.cluster.node(3)


def role(name: str, file: str, **told: Any) -> dict[str, Any]:
    included = {"name": name, "tasks_from": f"{file}.yml"}
    return {"name": f"Do {file}", "ansible.builtin.include_role": included, **told}


def play(
    operator: Operator,
    ansible: Ansible,
    *flags: str,
    do: str = "main",
    locked: bool = True,
    tried: Sequence[dict[str, Any]] = (),
    **more: Any,
) -> Run:
    """Run a task file of the role for node-3, holding the lock.

    :param tried: variables of several tries, each of which may be refused.
    """
    told = {
        "stemedb_stop_host": "node-3",
        "stemedb_stop_node_id": target(operator).node_id,
        "stemedb_stop_interval": 0.1,
        "stemedb_lock_target": ["node-3"],
    }
    go_on = {"name": "Go on", "ansible.builtin.debug": {"msg": "refused"}}
    tries = [{"block": [role(ROLE, do, vars=given)], "rescue": [go_on]} for given in tried]
    content = local_play(
        {
            "name": "Operate",
            "block": [
                *([role(LOCK, "acquire")] if locked else []),
                *(tries or [role(ROLE, do)]),
            ],
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
    return operator.play(ansible, ansible.written([content]), *flags, **more)


HELD = {"item": "localhost", "held": True, "holder": None, "hosts": ["a"], "asked_at": 0}


def refusal(run: Run, node: DevNode) -> str:
    """Why nothing was done."""
    assert run.rc == 2, run
    assert changes(run) == [], run
    assert node.running
    return "\n".join(str(found.result["msg"]) for found in run.tasks if found.status == "failed")


def test_what_would_break_keeps_it_running_until_it_is_accepted(
    operator: Operator, ansible: Ansible
) -> None:
    told = refusal(play(operator, ansible, stemedb_min_nodes=4), target(operator))
    assert "node-3 is not stopped: 1 blocker." in told
    assert "too_few_nodes: cluster 3 nodes would be left Alive, 4 must be" in told
    assert """-e '{"stemedb_accept": ["too_few_nodes"]}'""" in told
    # Another kind than is accepted, and the guard alone.
    refusal(
        play(operator, ansible, stemedb_min_live_replicas=9, stemedb_accept=["too_few_nodes"]),
        target(operator),
    )
    refusal(play(operator, ansible, do="guard", stemedb_min_observers=9), target(operator))
    zones = {node.node_id: "b" if node.index == 3 else "a" for node in operator.cluster.nodes}
    # For the time of a stop this is a note.
    # Who is said to be a former member and lives counts all the same.
    former = [operator.cluster.node(0).node_id]
    run = play(operator, ansible, do="guard", stemedb_stop_zones=zones, stemedb_stop_former=former)
    assert run.ok, run
    assert "all good replicas that would be left are in zone a" in run.stdout


def test_a_stop_wants_the_guards_answer_of_now(operator: Operator, ansible: Ansible) -> None:
    good = {"passed": True, "node_id": target(operator).node_id, "permanent": True}

    def answer(at: float = time.time() + 600, **wrong: Any) -> dict[str, Any]:
        return {"plan": {**good, **wrong}, "at": at}

    wrong: tuple[dict[str, Any], ...] = (
        {"passed": False},
        {"node_id": "11111111-2222-4333-8444-555555555555"},
        {"permanent": False},
        {"at": 0},
    )
    tried = [
        {"stemedb_stop_judged": {"plan": {}}},  # no answer at all
        *({"stemedb_stop_judged": answer(**one)} for one in wrong),
        # A lock that was renewed long ago.
        {"stemedb_stop_judged": answer(), "stemedb_lock_answers": {"results": [HELD]}},
    ]
    run = play(operator, ansible, do="stop", tried=tried)
    assert run.ok, run
    assert changes(run) == [], run
    assert target(operator).running
    refused = run.of(STOP)
    assert [found.status for found in refused] == ["failed"] * len(tried), run
    *guarded, renewed = (found.result["msg"] for found in refused)
    for sentence in guarded:
        assert "the guard has not allowed it within the last 30 seconds" in sentence
    assert "It was not renewed within the last 60 seconds" in renewed


def test_without_the_lock_nothing_is_stopped(operator: Operator, ansible: Ansible) -> None:
    told = refusal(play(operator, ansible, locked=False), target(operator))
    assert "This run has lost the cluster lock" in told


def test_a_hook_that_outlives_the_lock_keeps_the_node_running(
    operator: Operator, ansible: Ansible
) -> None:
    """Its lock has expired meanwhile, and another operator has taken it."""
    path = operator.lock
    hook = ansible.written(
        [
            {
                "name": "Drain the load balancer for longer than the lock lasts",
                "stemedb.cluster.stemedb_operation_lock": {
                    "action": "acquire",
                    "path": str(path),
                    "operation": "add_node",
                    "cluster": operator.settings["stemedb_cluster_name"],
                    "lease": 600,
                    "replace": [{"run_id": "{{ stemedb_lock_answers.results[0].run_id }}"}],
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
    told = refusal(play(operator, ansible, stemedb_before_stop_tasks=hook), target(operator))
    assert "This run has lost the cluster lock" in told
    assert "add_node" in told
    path.unlink()


def test_check_mode_asks_and_stops_nothing(operator: Operator, ansible: Ansible) -> None:
    run = play(operator, ansible, "--check")
    assert run.ok, run
    assert [found.task for found in run.tasks if found.result.get("changed")] == [STOP]
    assert target(operator).running
    assert "If node-3 stops, 3 nodes remain Alive" in run.stdout
    # What says whether it may be stopped is asked as without it: all but the lock.
    nobody: dict[str, Any] = {"stemedb_stop_judged": {"plan": {}}}
    run = play(operator, ansible, "--check", do="stop", tried=[nobody])
    (refused,) = run.of(STOP)
    assert "the guard has not allowed it" in refused.result["msg"]


def test_nobody_is_not_stopped(operator: Operator, ansible: Ansible) -> None:
    for name, value, why in (
        ("stemedb_stop_node_id", "", "name each node that would be gone"),
        ("stemedb_stop_host", "node-99", "it is no host of the inventory"),
    ):
        wrong: dict[str, Any] = {name: value}
        told = refusal(play(operator, ansible, **wrong), target(operator))
        assert why in told


def test_what_cannot_be_stopped_is_told(operator: Operator, ansible: Ansible) -> None:
    told = refusal(play(operator, ansible, stemedb_node_stop_command=""), target(operator))
    assert "stemedb_node_stop_command is empty" in told
    told = refusal(
        play(operator, ansible, stemedb_node_status_command="sh -c 'exit 9'"), target(operator)
    )
    assert "whether it runs is unknown" in told
    run = play(operator, ansible, stemedb_node_stop_command="true", stemedb_stop_timeout=0.5)
    assert run.rc == 2, run
    assert target(operator).running
    assert "was stopped, but it still runs after 0.5 s" in run.stdout


def test_a_stop_comes_after_the_hook_and_the_guard(operator: Operator, ansible: Ansible) -> None:
    node = target(operator)
    seen = operator.folder / "seen"
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
    run = play(operator, ansible, stemedb_before_stop_tasks=hook, **choices)
    assert run.ok, run
    (judged,) = run.of("Refuse a stop that breaks something")
    assert judged.result["plan"]["permanent"] is False
    assert not node.running
    assert seen.read_text() == f"node-3 {node.node_id}"
    # Before the hook it is renewed too.
    last = {found.task: at for at, found in enumerate(run.tasks)}
    order = [
        "Take it out of the load balancer",
        "Ask each lock host to renew",
        "Check the impact of the stop",
        "Refuse a stop that breaks something",
        STOP,
    ]
    places = [last[name] for name in order]
    assert places == sorted(places)
    (kept,) = run.of(order[-1])
    assert before < kept.result["clock"] < time.time()
    # Again: nothing to stop. It is not Alive any more, so it is for the one who asks to say so.
    again = play(operator, ansible, do="service")
    assert again.ok, again
    assert changes(again) == []
