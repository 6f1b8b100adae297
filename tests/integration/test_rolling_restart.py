"""stemedb.cluster.rolling_restart on hosts that were set up by the collection itself.

One cluster of four through these tests, in their order, as one operator treats it: new settings
for two nodes, a restart of the two others on which the controller dies, and what keeps a run from
beginning.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._lock.file import ask
from ansible_collections.stemedb.cluster.plugins.module_utils._lock.record import Request

from tests.devcluster.build import build
from tests.integration.conftest import Ansible, Run, Running
from tests.integration.inventories import (
    Host,
    Site,
    bootstrapped,
    changes,
    ended,
    four_members,
    report,
)
from tests.integration.witness import Witness

ROLE = "stemedb.cluster.stemedb_rolling_restart"
PLUGINS = Path(__file__).parent / "plugins" / "connection"
# For runs that are not about readings of before the stop.
SHORT = {"stemedb_detection_time": 0.5}
TAKEN = "Judge who holds the lock where it was not free, or in a check"
STARTED = "Start the service, and wait until it listens"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Four hosts of which each runs a member."""
    folder = tmp_path_factory.mktemp("site")
    with four_members(folder) as made:
        made.settings.update(
            stemedb_lock_hosts=["localhost"], stemedb_lock_path=str(made.lock_path("localhost"))
        )
        bootstrapped(made, folder / "bootstrap")
        made.lock_path("localhost").unlink()  # what the lock remembers is of this file's runs
        yield made


def start(site: Site, ansible: Ansible, *flags: str, **more: Any) -> Running:
    groups = {"stemedb_nodes": site.hosts}
    return site.start(ansible, "rolling_restart", *flags, groups=groups, **more)


def restart(site: Site, ansible: Ansible, *flags: str, **more: Any) -> Run:
    groups = {"stemedb_nodes": site.hosts}
    return site.play(ansible, "rolling_restart", *flags, groups=groups, **more)


def pids(site: Site) -> dict[str, int]:
    """The process of each node that runs."""
    services = {host.name: host.service for host in site.hosts}
    return {name: service["pid"] for name, service in services.items() if service["running"]}


def shown(run: Run, task: str) -> str:
    """What a task has shown; of one that was refused the result does not say it again."""
    found = run.of(task)
    if any(each.status == "failed" for each in found):
        return run.stdout
    plans = [each.result.get("plan", each.result) for each in found]
    return "\n".join(line for plan in plans for line in plan.get("lines", []))


def order(output: str) -> list[str]:
    """The hosts of the plan, in its order."""
    return re.findall(r"^ +\d+  (\S+) +(?:restart|start|reboot) ", output, re.M)


def stops(run: Run) -> list[str]:
    """The hosts on which a node was stopped, in order."""
    return [
        t.host
        for t in run.tasks
        if t.task == "Stop the service, and wait for its end" and t.result.get("changed")
    ]


def setting(host: Host) -> bool:
    """Whether the process of the node has the new setting."""
    environment = Path(f"/proc/{host.service['pid']}/environ").read_bytes()
    return b"NEW_SETTING=1" in environment.split(b"\0")


# --- new settings for two nodes ------------------------------------------------------------------

NEEDED = {"stemedb_rolling_restart_mode": "needed"}


def test_check_mode_changes_nothing_and_says_what_would_be_done(
    site: Site, ansible: Ansible
) -> None:
    for host in site.hosts[2:]:
        host.variables["stemedb_node_environment"]["NEW_SETTING"] = "1"
        host.node.request("DELETE", "/_dev/requests")
    before = [host.snapshot() for host in site.hosts]
    run = restart(site, ansible, "--check", stemedb_target="node-01,node-03", **SHORT, **NEEDED)
    assert run.ok, run
    plan = shown(run, "Plan the restarts, or refuse them")
    assert "1 node to restart, 1 already done" in plan
    assert re.search(r"1  node-03  restart  \(leads \d+ shards\): environment", plan), plan
    assert "If node-03 stops, 3 nodes remain Alive" in run.stdout
    assert "Nothing was changed. 1 node would be restarted." in run.stdout
    assert "Stop the service, and wait for its end (node-03)" in changes(run)
    assert [host.snapshot() for host in site.hosts] == before
    assert not site.lock_path("localhost").exists()
    for host in site.hosts:
        assert host.node.requests()["mutating"] == []


def test_settings_and_an_upgrade_are_written_and_used_and_a_dead_in_between_is_told(
    site: Site, ansible: Ansible, tmp_path: Path
) -> None:
    """One of the two gets another binary, and is away for longer than a failure stays hidden."""
    hooks = tmp_path / "hooks"
    for name in ("before", "after"):
        command = f"echo {name} {{{{ stemedb_stop_host }}}} >> {hooks}"
        task = f"- name: Hook\n  ansible.builtin.shell: {command}\n"
        (tmp_path / f"{name}.yml").write_text(task)
    slow = site.hosts[3]
    artifact = build(tmp_path / "stemedb-node", "0.0.1-dev")
    slow.variables["stemedb_node_artifact"] = str(artifact)
    command = slow.variables["stemedb_node_start_command"]
    slow.variables["stemedb_node_start_command"] = f"sleep 5; {command}"
    before = pids(site)
    with Witness(site.cluster) as witness:
        run = restart(
            site,
            ansible,
            stemedb_before_stop_tasks=str(tmp_path / "before.yml"),
            stemedb_after_start_tasks=str(tmp_path / "after.yml"),
            **NEEDED,
        )
    witness.verify()
    assert run.ok, run
    first, second = order(shown(run, "Plan the restarts, or refuse them"))
    assert {first, second} == {"node-03", "node-04"}
    after = pids(site)
    assert {name for name in before if after[name] != before[name]} == {first, second}
    assert [setting(host) for host in site.hosts] == [False, False, True, True]
    assert Path(slow.variables["stemedb_node_binary"]).read_bytes() == artifact.read_bytes()
    turns = [f"{word} {host}" for host in (first, second) for word in ("before", "after")]
    assert hooks.read_text().splitlines() == turns
    assert re.search(r"node 1 of 2, about \d+ (s|min) left", shown(run, "Show the progress"))
    summary = shown(run, "Show what was done, and what runs now")
    assert re.search(rf"{slow.name} .* rebalancing began: ", summary)
    assert re.search(r"2 nodes done, rebalancing began at [12] of them", summary)
    assert "Mixed versions (2):" in summary
    digest = hashlib.sha256(artifact.read_bytes()).hexdigest()
    assert re.search(rf"\({digest[:12]}\): {slow.name}$", summary, re.M)
    assert site.operations()[-1][::2] == ("rolling_restart (needed)", "succeeded")


def test_a_second_run_changes_nothing(site: Site, ansible: Ansible) -> None:
    before = [host.snapshot() for host in site.hosts]
    run = restart(site, ansible, **NEEDED)
    assert run.ok, run
    assert changes(run) == []
    assert [host.snapshot() for host in site.hosts] == before
    assert "0 nodes to restart, 4 already done" in run.stdout


# --- a controller that dies on it ----------------------------------------------------------------

# Their gateways are those that the inventory names.
BOTH = {"stemedb_target": "node-01,node-02", **SHORT}


def test_a_run_killed_before_the_stop_has_stopped_nothing(site: Site, ansible: Ansible) -> None:
    before = pids(site)
    running = start(site, ansible, **BOTH)
    running.until(lambda seen: "Record the order of the nodes]" in seen.stdout)
    running.kill()
    assert pids(site) == before


def test_a_run_can_be_killed_in_the_stop(site: Site, ansible: Ansible) -> None:
    for host in site.hosts[:2]:
        # The command does not come back: the node is stopped, and nobody was told.
        host.variables["stemedb_node_stop_command"] = f"{host.command('stop')}; sleep 60"
    running = start(site, ansible, **BOTH)
    running.until(lambda _seen: not all(host.running for host in site.hosts[:2]))
    running.kill()
    for host in site.hosts[:2]:
        host.variables["stemedb_node_stop_command"] = host.command("stop")
    assert "its process on this host is gone" in running.stdout
    assert STARTED not in {t.task for t in running.tasks}


def test_check_mode_waits_for_nothing_that_only_a_start_brings(
    site: Site, ansible: Ansible
) -> None:
    """The node that stands still keeps the cluster from health, and nobody starts it."""
    before = pids(site)
    run = restart(site, ansible, "--check", stemedb_rolling_restart_check_timeout=10, **BOTH)
    assert run.ok, run
    assert re.search(r"1  node-0[12]  start  .*: it does not run", run.stdout)
    assert "Nothing was changed. 2 nodes would be restarted." in run.stdout
    assert "Whether a node may stop is judged only once those that do not run" in run.stdout
    assert "Cluster is healthy" not in run.stdout
    assert pids(site) == before


def test_the_next_run_begins_with_what_stands_still(site: Site, ansible: Ansible) -> None:
    """That the cluster was not well when the plan was made keeps the second one from nothing."""
    before = pids(site)
    (stopped,) = {host.name for host in site.hosts} - set(before)
    third = site.hosts[2].node
    third.faults(fail={"/v1/health": 503})
    running = start(site, ansible, **BOTH)
    running.until(lambda seen: seen.has_done(STARTED))
    third.clear_faults()
    run = ended(running)
    assert run.ok, run
    (first, second) = order(shown(run, "Plan the restarts, or refuse them"))
    assert first == stopped
    assert re.search(rf"1  {stopped}  start  .*: it does not run", run.stdout)
    assert stops(run) == [second]
    assert pids(site)[second] != before[second]


def test_a_run_can_be_killed_after_the_stop(site: Site, ansible: Ansible) -> None:
    running = start(site, ansible, **BOTH)
    running.until(lambda seen: "Reboot the host, or write" in seen.stdout)
    running.kill()
    (stopped,) = {host.name for host in site.hosts} - set(pids(site))
    assert re.search(rf"1  {stopped}  restart  ", running.stdout)


def test_a_hook_that_fails_after_a_reboot_leaves_the_rest_as_it_is(
    site: Site, ansible: Ansible, tmp_path: Path
) -> None:
    """What was stopped has its turn first. What stands for a reboot writes another boot id."""
    hook, boot, script = tmp_path / "hook.yml", tmp_path / "boot", tmp_path / "reboot"
    hook.write_text("- name: Hook\n  ansible.builtin.fail:\n    msg: the balancer is silent\n")
    boot.write_text("1\n")
    script.write_text(f"#!/bin/sh\necho 2 $1 > {boot}\n")
    script.chmod(0o755)
    (stopped,) = {host.name for host in site.hosts} - set(pids(site))
    before = pids(site)
    run = restart(
        site,
        ansible,
        env={"ANSIBLE_CONNECTION_PLUGINS": str(PLUGINS), "COUNTED_FILE": f"{boot}-count"},
        ansible_connection="counted",
        stemedb_after_start_tasks=str(hook),
        stemedb_rolling_restart_mode="reboot",
        stemedb_rolling_restart_write=False,
        stemedb_rolling_restart_since="now",
        stemedb_rolling_restart_reboot_command=f"{script} {{{{ inventory_hostname }}}}",
        stemedb_rolling_restart_boot_time_command=f"cat {boot}",
        stemedb_rolling_restart_reboot_timeout=20,
        **BOTH,
    )
    told = report(run, changed=True)
    for host in site.hosts:
        assert f" ({host.name}) │ " in told
    assert boot.read_text() == f"2 {stopped}\n"
    assert "the balancer is silent" in told
    sentence = "is restarted and healthy; the tasks of stemedb_after_start_tasks failed"
    assert f"{stopped} {sentence}" in told
    assert "The other nodes are not touched: node-0" in told
    assert stops(run) == []
    after = pids(site)
    assert {name: after[name] for name in before} == before
    assert stopped in after
    assert site.operations()[-1][::2] == ("rolling_restart (reboot)", "failed")


def test_the_next_run_finishes_what_others_began(site: Site, ansible: Ansible) -> None:
    before = pids(site)
    run = restart(site, ansible, **BOTH)
    assert run.ok, run
    after = pids(site)
    (done,) = {name for name in before if after[name] != before[name]}
    assert stops(run) == [done]
    assert "1 node to restart, 1 already done" in run.stdout
    assert "It resumes an earlier run that did not finish" in run.stdout
    assert done in {"node-01", "node-02"}
    outcomes = [one[2] for one in site.operations() if one[0] == "rolling_restart"]
    assert outcomes == ["abandoned", "abandoned", "succeeded", "abandoned", "succeeded"]


# --- what keeps it from beginning ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("", "stemedb_target is empty"),
        ("node-01,nod-02", "'nod-02' names no host of the inventory. Did you mean node-02?"),
        ("node-01,!stemedb_nodes", "(node-01,!stemedb_nodes) leaves no host"),
    ],
)
def test_a_target_that_means_nothing_is_refused(
    site: Site, ansible: Ansible, target: str, sentence: str
) -> None:
    running = start(site, ansible, stemedb_target=target)
    run = running.end(warnings=True)  # Ansible itself warns of a name that matches nothing
    assert run.rc == 2, run
    assert sentence in run.stdout
    assert changes(run) == []


@pytest.mark.parametrize("task", [TAKEN, "Refuse a node that may not be restarted any more"])
def test_no_gate_is_passed_by_starting_later(site: Site, ansible: Ansible, task: str) -> None:
    before = pids(site)
    run = restart(site, ansible, "--start-at-task", task)
    assert run.rc == 2, run
    assert changes(run) == []
    assert pids(site) == before


def test_what_speaks_against_it_is_told_before_the_lock_is_taken(
    site: Site, ansible: Ansible
) -> None:
    site.hosts[1].node.faults(fail={"/v1/health": 503})
    before = len(site.operations())
    run = restart(site, ansible, stemedb_target="node-01")
    site.hosts[1].node.clear_faults()
    assert run.rc == 2, run
    assert "not_healthy: cluster: is not healthy" in shown(run, "Plan the restarts, or refuse them")
    assert changes(run) == []
    assert len(site.operations()) == before


def test_no_node_is_restarted_while_another_operation_runs(site: Site, ansible: Ansible) -> None:
    owner = {"controller": "ctrl-02", "user": "bob", "pid": 7, "boot_id": "other"}
    other = Request("another", owner, 600, "remove_node", "node-02", cluster="devcluster")
    path = str(site.lock_path("localhost"))
    assert ask(path, "acquire", other)[0].held
    before = pids(site)
    run = restart(site, ansible, stemedb_target="node-01")
    ask(path, "release", other)
    assert run.rc == 2, run
    assert "Another operation changes the cluster: remove_node of node-02 by bob" in run.stdout
    assert changes(run) == []
    assert pids(site) == before


def alone(site: Site, ansible: Ansible, tasks_from: str, name: str = ROLE, **told: Any) -> Run:
    """A part of a role on one host."""
    role = {"name": name, "tasks_from": tasks_from}
    tasks = [{"name": "Run it", "ansible.builtin.include_role": role, "vars": told}]
    play = {"hosts": "node-01", "gather_facts": False, "tasks": tasks}
    return site.play(ansible, [play], groups={"stemedb_nodes": site.hosts})


def test_the_host_has_to_prove_the_restart(site: Site, ansible: Ansible) -> None:
    """The others still read Alive whatever became of it: only its own clock can tell."""
    node, since = "stemedb.cluster.stemedb_node", site.hosts[0].service["started_at"]
    run = alone(site, ansible, "start.yml", node, _stemedb_node_starts_after=since + 1)
    assert run.rc == 2, run
    assert "node-01 was not restarted, as far as its host knows" in run.stdout
    assert alone(site, ansible, "start.yml", node, _stemedb_node_starts_after=since - 1).ok


def test_a_limit_ends_it_and_so_does_a_file(site: Site, ansible: Ansible, tmp_path: Path) -> None:
    end = tmp_path / "end"
    end.touch()
    for told, done, why in (
        ({"stemedb_rolling_restart_limit": 2}, 1, ""),
        ({"stemedb_rolling_restart_limit": 2}, 2, "stemedb_rolling_restart_limit is 2"),
        ({"stemedb_rolling_restart_stop_file": str(end)}, 1, f"{end} is there"),
    ):
        run = alone(
            site,
            ansible,
            "turn.yml",
            **told,
            _stemedb_rolling_restart_done=[{}] * done,
            _stemedb_rolling_restart_rechecked={"plan": {"found": {"targets": [{}], "done": []}}},
        )
        (kept,) = run.of("Begin with the node, unless the run has been ended")
        result = kept.result["plan"]
        assert (result["state"], result["why"]) == ("left" if why else "begun", why)
    refused = restart(site, ansible, stemedb_rolling_restart_stop_file=str(end))
    assert refused.rc == 2, refused
    assert "Remove it to begin" in refused.stdout
    elsewhere = alone(site, ansible, "targets.yml", stemedb_rolling_restart_stop_file="end")
    assert elsewhere.rc == 2, elsewhere
    assert "Give its absolute path" in elsewhere.stdout
