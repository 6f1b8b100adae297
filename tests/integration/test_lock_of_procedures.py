"""One operator at a time: `add_node` and `bootstrap` take the lock, keep it and give it back."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._lock.file import ask, look
from ansible_collections.stemedb.cluster.plugins.module_utils._lock.record import Request

from tests.devcluster.cluster import DevCluster
from tests.integration.conftest import Ansible, Run
from tests.integration.inventories import SECRET, Site, changes, ended

OTHER = Request(
    "another-run",
    {"controller": "ctrl-02", "user": "bob", "pid": 7, "boot_id": "other"},
    600,
    cluster="devcluster",
    operation="remove_node",
    target="node-02",
    reason="its disk fails",
)
TAKEN = "Refuse while another operation holds the lock"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Three members that are no hosts of ours, and a fresh host."""
    folder = tmp_path_factory.mktemp("site")
    with DevCluster(folder / "cluster", api_key=SECRET, time_scale=0.02) as cluster:
        cluster.start(3).wait_settled()
        made = Site(cluster, folder / "hosts")
        made.host("node-04")
        yield made
        made.close()


def taken_by_another(site: Site, *names: str) -> None:
    """Somebody on another controller takes the lock on these lock hosts."""
    for name in names:
        path = str(site.lock_path(name))
        ask(path, "break", OTHER._replace(replace={_holder(site, name): "named"}))
        assert ask(path, "acquire", OTHER)[0].held


def _holder(site: Site, name: str) -> str:
    change = look(str(site.lock_path(name)), OTHER)[0]
    return str((change.document["holder"] or {"run_id": "nobody"})["run_id"])


def given_back(site: Site, *names: str) -> None:
    for name in names:
        ask(str(site.lock_path(name)), "release", OTHER)


def refusal(run: Run) -> str:
    """The sentence of whoever holds the lock, before anything was looked at any further."""
    assert run.rc == 2, run
    assert changes(run) == [], run
    assert run.of("Say what went wrong, what is now and what to do") == [], "it is no failure"
    (found,) = run.of(TAKEN)
    return str(found.result["msg"])


def test_no_node_is_added_while_another_operation_runs(site: Site, ansible: Ansible) -> None:
    taken_by_another(site, "localhost")
    run = site.add(ansible)
    assert "remove_node of node-02 by bob on ctrl-02 (its disk fails)" in refusal(run)
    assert not site.folder.exists()
    assert _holder(site, "localhost") == OTHER.run_id, "it is not given back by who has it not"

    run = site.add(ansible, "--check")
    assert run.ok, run
    assert "No lock is taken by --check. Another operation changes the cluster" in run.stdout
    assert not site.folder.exists()
    given_back(site, "localhost")


def test_a_check_takes_no_lock(site: Site, ansible: Ansible) -> None:
    path = site.lock_path("localhost")
    before = path.read_bytes()
    run = site.add(ansible, "--check")
    assert run.ok, run
    assert "No lock is taken by --check. The lock is free on 1 of 1 lock hosts." in run.stdout
    assert path.read_bytes() == before


def test_a_lock_lost_before_the_start_stops_the_run(site: Site, ansible: Ansible) -> None:
    """The run is suspended, and while it sleeps another operation has its lock."""
    running = site.start(ansible, "add_node")
    running.until(lambda seen: "Show the plan, or why" in seen.stdout)
    os.kill(running.process.pid, signal.SIGSTOP)
    try:
        taken_by_another(site, "localhost")
    finally:
        os.kill(running.process.pid, signal.SIGCONT)
    run = ended(running)
    assert run.rc == 2, run
    (stopped,) = (
        found
        for found in run.of("Stop if the lock is not this run's own any more")
        if found.status == "failed"
    )
    assert (
        "This run has lost the cluster lock and makes no further changes" in stopped.result["msg"]
    )
    assert run.of("Start the service, and wait until it listens") == []
    assert not site.hosts[0].running
    assert _holder(site, "localhost") == OTHER.run_id
    given_back(site, "localhost")


def test_a_node_is_not_started_without_the_lock_that_its_play_has_taken(
    site: Site, ansible: Ansible
) -> None:
    """As when it is lost while the binary is fetched: that is after the step was begun."""
    play = {
        "hosts": "node-04",
        "gather_facts": False,
        "vars": {"stemedb_node_locked": True},
        "roles": ["stemedb.cluster.stemedb_node"],
    }
    inventory = ansible.written(site.inventory())
    run = ansible.playbook([play], "-i", inventory)
    assert run.rc == 2, run
    assert run.tasks[-1].task == "Stop if the lock is not this run's own any more"
    assert "This run holds the lock on 0 of 1 lock hosts" in run.tasks[-1].result["msg"]
    assert not site.hosts[0].running


def test_an_operation_is_remembered_with_its_outcome(site: Site, ansible: Ansible) -> None:
    run = site.add(ansible, stemedb_min_free_disk_gb=10**9)
    assert run.rc == 2, run
    assert site.operations()[-1] == ("add_node", "node-04", "failed")


def test_no_cluster_is_started_while_another_operation_runs(
    site: Site, ansible: Ansible, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """On more than half of its hosts; one of them fails, and the lock is given back on all."""
    fresh = Site(site.cluster, tmp_path_factory.mktemp("fresh") / "hosts")
    names = ("node-07", "node-08", "node-09")
    for name in names:
        fresh.host(name)
    groups = {"stemedb_nodes": fresh.hosts}
    taken_by_another(fresh, *names[:2])
    run = fresh.play(ansible, "bootstrap", groups=groups)
    assert "remove_node of node-02 by bob on ctrl-02" in refusal(run)
    assert not fresh.folder.exists()
    given_back(fresh, *names)

    fresh.hosts[1].variables["stemedb_node_artifact"] = "/no/such/artifact"
    run = fresh.play(ansible, "bootstrap", groups=groups)
    fresh.close()
    assert run.rc == 2, run
    text = "\n".join(run.report())
    assert "✗ bootstrap of node-08 did not finish" in text
    assert "/no/such/artifact" in text
    assert fresh.state.exists()
    for name in names:
        assert fresh.operations(name)[-1][::2] == ("bootstrap", "failed")
