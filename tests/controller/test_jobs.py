"""Jobs in containers: two at once, of which one works, and one that is killed.

What a job of the example's templates may do is in test_configure.py.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.controller.awx import Awx
from tests.controller.conftest import CLUSTER
from tests.controller.jobs import Jobs, unavailable
from tests.devcluster.cluster import DevCluster
from tests.integration.conftest import Ansible, Run, Running
from tests.integration.inventories import SCALE, SECRET, Site, ended

PLAN, APPLY, UNATTENDED = (f"{CLUSTER}: {name}" for name in ("plan", "apply", "unattended"))
HOSTS = ("node-04", "node-05", "node-06")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Three members that are no hosts of ours, and three hosts."""
    reason = unavailable()
    if reason and os.environ.get("CI") != "true":
        pytest.skip(f"no namespaces, and so no containers: {reason}")
    folder = tmp_path_factory.mktemp("site")
    with DevCluster(folder / "cluster", api_key=SECRET, time_scale=SCALE) as cluster:
        cluster.start(3).wait_settled()
        made = Site(cluster, folder / "hosts")
        for name in HOSTS:
            made.host(name)
        yield made
        made.close()


@pytest.fixture
def jobs(ansible: Ansible, configured: Awx, tmp_path: Path) -> Jobs:
    return Jobs(ansible, configured, tmp_path)


def declared(site: Site, *hosts: str) -> dict[str, Any]:
    """The inventory of the project at a commit. The API key is none of it."""
    inventory = site.inventory(stemedb_nodes=[h for h in site.hosts if h.name in hosts])
    settings, groups = inventory["all"]["vars"], inventory["all"]["children"]
    del settings["stemedb_api_key"]
    settings |= {
        "stemedb_lock_hosts": "localhost",
        "stemedb_lock_path": str(site.lock_path("localhost")),
    }
    members = enumerate(site.cluster.nodes[:3], 1)
    groups["stemedb_nodes"]["hosts"] |= {
        f"node-0{number}": {"stemedb_node_address": node.address} for number, node in members
    }
    # It is the container of the job.
    inventory["all"]["hosts"] = {
        "localhost": {
            "ansible_connection": "local",
            "ansible_python_interpreter": "{{ ansible_playbook_python }}",
        }
    }
    return inventory


def playbook_of(running: Running) -> psutil.Process:
    """The process of ansible-playbook in a container, as it is seen from outside."""
    for process in psutil.Process(running.process.pid).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if any(part.endswith("ansible-playbook") for part in process.cmdline()):
                return process
    raise AssertionError(f"no ansible-playbook runs\n{running.stdout}")


def holds_the_lock(running: Running) -> bool:
    return "Show the plan, or why the node is not added" in running.stdout


def refused(running: Running) -> str:
    """What a job that has changed nothing tells."""
    run = ended(running)
    assert run.rc == 2, run
    assert "changed:" not in run.stdout, run
    return run.stdout


def succeeded(running: Running) -> Run:
    run = ended(running)
    assert run.ok, run
    return run


def test_the_plan_shows_what_would_be_done(site: Site, jobs: Jobs) -> None:
    text = succeeded(jobs.start(PLAN, 16, jobs.imported(declared(site, "node-04")))).stdout
    assert "1. Add node-04: node-04 is declared and no member" in text
    assert "Nothing was changed." in text
    assert not site.lock_path("localhost").exists()
    # The gateways have asked for it.
    assert SECRET not in jobs.artifacts(16)


def test_unattended_adds_nothing(site: Site, jobs: Jobs) -> None:
    inventory = jobs.imported(declared(site, "node-04"))
    run = succeeded(jobs.start(UNATTENDED, 15, inventory, stemedb_unattended_apply="false"))
    assert "node-04 - at " in run.stdout
    assert "Add node-04" not in run.stdout
    assert not site.lock_path("localhost").exists()


def test_one_job_works_and_others_are_refused_and_work_later(
    site: Site, jobs: Jobs, configured: Awx
) -> None:
    """Also one of another template, which AWX would start beside it."""
    by_hand = {"playbook": "add_node.yml", "extra_vars": json.dumps({"stemedb_target": "node-05"})}
    apply = configured.one("job_templates", APPLY)
    configured.add("job_templates", **{**apply, "name": "by hand", **by_hand})
    owner = "(controller job 17 of alice, commit 0123456789ab)"
    inventory = jobs.imported(declared(site, "node-04", "node-05"))

    working = jobs.start(APPLY, 17, jobs.imported(declared(site, "node-04")))
    working.until(holds_the_lock)
    playbook = playbook_of(working)
    playbook.suspend()
    try:
        by_lock, by_plan = jobs.start("by hand", 18, inventory), jobs.start(PLAN, 19, inventory)
        text = refused(by_lock)
        assert f"add_node of node-04 by root on automation-job-17 {owner}, since" in text
        assert "Another operation changes the cluster" in text
        assert re.search(rf"add_node of run \S+ {re.escape(owner)} did not end", refused(by_plan))
    finally:
        playbook.resume()
    assert "✓ Cluster is healthy" in succeeded(working).stdout
    assert "node-05 was added" in succeeded(jobs.start("by hand", 20, inventory)).stdout


def test_the_lock_of_a_killed_job_is_kept_until_it_is_named(site: Site, jobs: Jobs) -> None:
    """Its process is gone, and nobody who is in another container can see that."""
    inventory = jobs.imported(declared(site, *HOSTS))
    killed = jobs.start(APPLY, 21, inventory)
    killed.until(holds_the_lock)
    killed.kill()
    text = refused(jobs.start(APPLY, 22, inventory))
    owner = (
        r"add_node of run (\S+) \(controller job 21 of alice, commit \w+\) did not end \(running\)"
    )
    found = re.search(owner, text)
    assert found, text
    again = jobs.start(APPLY, 23, inventory, stemedb_lock_break=found[1])
    again.until(holds_the_lock)
    assert "did not end: add_node of node-06 by root on automation-job-21" in again.stdout
    assert "it was named in stemedb_lock_break" in again.stdout
    again.kill()
