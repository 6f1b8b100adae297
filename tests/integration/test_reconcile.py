"""stemedb.cluster.reconcile, with the role stemedb_reconcile: a cluster follows its inventory.

One cluster of three and two more hosts through these tests, in their order: a host is declared and
added by a reviewed plan, a node dies and a spare takes its place, the inventory is corrected, and a
node that is declared no more is removed once it is named.
"""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.integration.conftest import ROOT, Ansible, Run
from tests.integration.inventories import (
    Host,
    Site,
    changes,
    ended,
    report,
    started,
)
from tests.integration.repository import Repository, followed
from tests.integration.witness import Witness
from tests.support.pager import pager

SHOWN = "Show the plan, or refuse it"
LEFT = "Show what was done, and fail if steps are left"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with followed(tmp_path_factory.mktemp("site")) as made:
        made.host("node-04")
        made.host("spare")
        yield made


@pytest.fixture(scope="module")
def repository(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Repository:
    return Repository(site, tmp_path_factory.mktemp("plan"))


@pytest.fixture(scope="module")
def witness(site: Site) -> Iterator[Witness]:
    with Witness(site.cluster) as made:
        yield made


def remembers(folder: Path) -> dict[str, str]:
    """The environment of runs that know of each other whom they paged."""
    return {"ANSIBLE_HOME": str(folder)}


def untouched(site: Site, run: Run) -> None:
    """Neither the run nor a gateway tells of any change."""
    assert changes(run) == []
    for host in site.hosts[:3]:
        assert host.node.requests()["mutating"] == []


def test_where_nothing_differs_nothing_is_done(repository: Repository, ansible: Ansible) -> None:
    run = repository.reconcile(ansible, stemedb_fail_on_drift=True)
    assert run.ok, run
    assert "The cluster is as declared." in run.stdout
    # Below the plan, and again below all plays that had nothing to do.
    assert run.stdout.count("There is nothing to do.") == 2
    untouched(repository.site, run)
    assert not repository.site.lock_path("localhost").exists()


def test_a_target_and_lock_hosts_that_are_not_named_are_refused(
    repository: Repository, ansible: Ansible
) -> None:
    run = repository.reconcile(ansible, stemedb_target="node-01")
    assert run.rc == 2, run
    assert "what reconcile does is computed" in run.stdout
    run = repository.reconcile(ansible, "--start-at-task", "*Show the result*")
    assert run.rc != 0, run
    run = repository.reconcile(ansible, stemedb_lock_hosts=[])
    assert run.rc == 2, run
    assert "derived_lock_hosts: stemedb_lock_hosts: it is not set" in run.stdout
    untouched(repository.site, run)


def test_what_too_few_lock_hosts_tell_of_earlier_runs_is_unknown(
    repository: Repository, ansible: Ansible, tmp_path: Path
) -> None:
    """To take no answer for no operation would begin a replacement twice."""
    no_folder = tmp_path / "file"
    no_folder.write_text("", encoding="utf-8")
    run = repository.reconcile(ansible, stemedb_lock_path=str(no_folder / "lock.json"))
    assert run.rc == 2, run
    assert "unfinished_operation: operations: what earlier runs left unfinished" in run.stdout
    untouched(repository.site, run)


def test_a_check_prints_the_plan_and_writes_it_for_a_review(
    repository: Repository, ansible: Ansible
) -> None:
    site, node = repository.site, repository.site.hosts[3]
    repository.declared = site.hosts[:4]
    # As it is typed: from the folder where Ansible is started.
    dest = os.path.relpath(repository.plan, ROOT)
    run = repository.reconcile(ansible, "--check", stemedb_plan_dest=dest)
    assert run.ok, run
    assert "1. Add node-04: node-04 is declared and no member" in run.stdout
    untouched(site, run)
    assert not site.lock_path("localhost").exists()
    assert not node.folder.exists()
    (step,) = repository.reviewed["steps"]
    assert (step["operation"], step["host"]) == ("add_node", "node-04")
    assert "node-04" in repository.plan.with_suffix(".md").read_text(encoding="utf-8")
    written = repository.plan.read_bytes()
    both = {"stemedb_plan_dest": dest, "stemedb_plan_file": str(repository.plan)}
    run = repository.reconcile(ansible, "--check", **both)
    assert run.rc == 2, run
    assert "stemedb_plan_dest and stemedb_plan_file are the same file" in run.stdout
    assert repository.plan.read_bytes() == written
    run = repository.reconcile(ansible, "--check", stemedb_fail_on_drift=True)
    assert run.rc == 2, run
    assert "The cluster differs from the inventory: see above" in run.stdout


def test_of_two_controllers_on_two_commits_one_wins(
    repository: Repository, ansible: Ansible
) -> None:
    """Both begin at the same time, and both would add a node; the one that wins is then killed."""
    told = {"stemedb_plan_file": str(repository.plan)}
    other = Repository(repository.site, repository.plan.parent / "other")
    other.declared, other.spares = repository.declared[::-1], repository.site.hosts[4:]
    other.inventory.parent.mkdir()
    other.commit()
    runs = [repository.start(ansible, **told), other.start(ansible)]
    while not any(map(started, runs)) and any(run.process.poll() is None for run in runs):
        time.sleep(0.1)
    (winner,) = [run for run in runs if started(run)]
    (loser,) = [ended(run) for run in runs if run is not winner]
    winner.kill()
    assert loser.rc == 2, loser
    assert changes(loser) == []
    assert re.search("add_node of node-04 .* since|may be under way now", loser.stdout), loser


def test_the_reviewed_plan_is_applied_once(
    repository: Repository, ansible: Ansible, witness: Witness
) -> None:
    site = repository.site
    told = {"stemedb_plan_file": str(repository.plan)}
    begun = site.hosts[3].service
    run = repository.reconcile(ansible, **told)
    assert run.ok, run
    assert "Added node-04." in run.stdout
    assert site.hosts[3].service == begun, "what the run that was killed started runs on"
    assert site.operations() == [
        ("add_node", "node-04", "abandoned"),
        ("add_node", "node-04", "succeeded"),
    ]
    again = repository.reconcile(ansible, **told)
    assert again.ok, again
    assert "The reviewed plan is applied already: nothing is left to do." in again.stdout
    assert changes(again) == []
    witness.verify()


def test_a_plan_that_something_else_came_before_is_stale(
    repository: Repository, ansible: Ansible
) -> None:
    repository.spares = [repository.site.hosts[4]]
    run = repository.reconcile(ansible, stemedb_plan_file=os.path.relpath(repository.plan, ROOT))
    assert run.rc == 2, run
    assert "stale_plan" in run.stdout
    assert changes(run) == []


def test_unattended_whoever_is_on_call_is_paged_once(
    repository: Repository, ansible: Ansible, tmp_path: Path
) -> None:
    with pager() as taken:
        told = {"stemedb_unattended": "replace", "stemedb_page_url": taken.url}
        for said in ("Paged 127.0.0.1.", ""):
            run = repository.reconcile(
                ansible, env=remembers(tmp_path), stemedb_maintenance=True, **told
            )
            assert run.rc == 2, run
            assert said in run.stdout
            assert "SECRET" not in run.stdout + run.stderr
        (page,) = taken.pages
        assert page["cluster"] == repository.site.settings["stemedb_cluster_name"]
        assert page["cause"] == ["maintenance: stemedb_maintenance"]
        # What is not known is paged too.
        run = repository.reconcile(
            ansible, env=remembers(tmp_path), stemedb_gateway_url="http://127.0.0.1:1", **told
        )
        assert run.rc == 2, run
        assert "Nothing listens on 127.0.0.1:1" in taken.pages[-1]["text"]
        assert len(taken.pages) == 2


def test_unattended_it_only_plans_unless_it_is_told_to_act(
    repository: Repository, ansible: Ansible, witness: Witness
) -> None:
    site = repository.site
    lost = site.hosts[2]
    witness.lost.add(lost.node_id)
    psutil.Process(lost.service["pid"]).kill()
    stay = [host for host in site.hosts[:4] if host is not lost]
    site.cluster.wait_until(
        lambda: all(one.node.states().get(lost.node_id) == "Dead" for one in stay), "detection"
    )
    run = repository.reconcile(ansible, stemedb_unattended="replace")
    assert run.ok, run
    assert "1. Replace node-03: node-03 is Dead: it is replaced into spare" in run.stdout
    assert "Nothing was changed (stemedb_unattended_apply is not true)." in run.stdout
    assert changes(run) == []
    assert not site.hosts[4].folder.exists()


def test_a_dead_node_is_replaced_by_a_spare_once(
    repository: Repository, ansible: Ansible, witness: Witness
) -> None:
    """The first controller dies in the middle, and the next run finishes what it began."""
    site, spare = repository.site, repository.site.hosts[4]
    told = {"stemedb_unattended": "replace", "stemedb_unattended_apply": True}
    repository.commit()
    running = repository.start(ansible, **told)
    running.until(started)
    running.kill()
    begun = spare.service
    run = repository.reconcile(ansible, **told)
    assert run.ok, run
    assert ", as an earlier run began to" in run.stdout
    assert "Replaced node-03 by spare." in run.stdout
    assert spare.service == begun, "it was not started again"
    assert site.operations()[-2:] == [
        ("replace_node", "node-03, spare", "abandoned"),
        ("replace_node", "node-03, spare", "succeeded"),
    ]
    # The commit that says so is not there yet: node-03 is not replaced again, nor added.
    again = repository.reconcile(ansible, **told, stemedb_plan_dest=str(repository.plan))
    assert again.ok, again
    assert "substituted" in again.stdout
    assert changes(again) == []
    patch = repository.plan.with_suffix(".patch")
    assert f"The inventory is to be changed by {patch}: git apply it" in again.stdout
    # Once that is merged, nothing is left to do.
    subprocess.run(["git", "apply", str(patch)], cwd=repository.inventory.parent, check=True)
    merged = ended(repository.start(ansible, stemedb_fail_on_drift=True))
    assert merged.ok, merged
    assert "The cluster is as declared." in merged.stdout
    witness.verify()


def test_what_is_declared_no_more_stays_until_it_is_named(
    repository: Repository, ansible: Ansible, witness: Witness
) -> None:
    site = repository.site
    first, second, _lost, fourth, spare = site.hosts
    repository.declared, repository.spares = [first, second, spare], []
    run = repository.reconcile(ansible)
    assert run.ok, run
    assert "undeclared" in run.stdout
    assert fourth.running
    assert changes(run) == []


def test_two_steps_are_refused_whole_or_done_in_order(
    repository: Repository, ansible: Ansible, witness: Witness
) -> None:
    """Added first, then removed; between the two it is planned again."""
    site = repository.site
    fourth, new = site.hosts[3], site.host("node-05")
    repository.declared = [*repository.declared, new]
    repository.settings = {"stemedb_prune": ["node-04"]}
    run = repository.reconcile(ansible)
    assert run.rc == 2, run
    assert "too_many_changes: stemedb_max_changes: the plan has 2 steps" in run.stdout
    assert changes(run) == []
    told = {"stemedb_max_changes": 2, "stemedb_fail_on_drift": True}
    running = repository.start(ansible, **told)
    running.until(lambda seen: "Stop the service, and wait for its end]" in seen.stdout)
    running.kill()
    tasks = [found.task for found in running.tasks]
    assert "Refuse to go on with another plan" in tasks
    run = repository.reconcile(ansible, **told)
    assert run.ok, run
    assert "Removed node-04." in run.stdout
    assert (new.running, fourth.running) == (True, False)
    assert site.operations()[-3:] == [
        ("add_node", "node-05", "succeeded"),
        ("remove_node", "node-04", "abandoned"),
        ("remove_node", "node-04", "succeeded"),
    ]
    witness.verify()


COMPLAINT = "2036-01-01T00:00:00Z ERROR the disk was full\n"


def complain(site: Site, stops: bool = False) -> None:
    """Put a line of an error into the logs of two leaders, or take it out."""
    for host in site.hosts[:2]:
        log = host.folder / "run" / "log"
        text = log.read_text().replace(COMPLAINT, "")
        log.write_text(text if stops else COMPLAINT + text)


def replaced_and_not_verified(
    repository: Repository, ansible: Ansible, witness: Witness, lost: Host, new: Host
) -> None:
    """A node is dead and another one in its place, but the logs of leaders show errors."""
    site = repository.site
    stay = [host for host in repository.declared if host is not lost]
    witness.lost.add(lost.node_id)
    psutil.Process(lost.service["pid"]).kill()
    site.cluster.wait_until(
        lambda: all(one.node.states().get(lost.node_id) == "Dead" for one in stay), "detection"
    )
    complain(site)
    run = repository.reconcile(ansible)
    text = report(run, changed=True)
    assert "1 line of its log matches stemedb_log_error_pattern: 2036" in text
    assert f"The new node on {new.name} has replaced that of {lost.name}, which is not " in text
    assert "Fix the problem named at the top, then run the same command again" in text
    assert new.running
    assert site.operations()[-1][2] == "failed"


def verified(repository: Repository, ansible: Ansible, witness: Witness) -> None:
    """The same command again, and once more: nothing is started, and nothing is left of it."""
    site = repository.site
    services = [host.service for host in repository.declared]
    complain(site)
    # It is verified indeed: as long as a leader complains, it fails.
    assert ", which is not verified to its end" in report(repository.reconcile(ansible), True)
    complain(site, stops=True)
    run = repository.reconcile(ansible)
    assert run.ok, run
    assert run.of("Fail if the logs of the leaders show errors")
    assert "unfinished (by an earlier run)" in run.stdout
    assert [host.service for host in repository.declared] == services, "nobody was restarted"
    assert site.operations()[-1][2] == "succeeded"
    again = repository.reconcile(ansible)
    assert again.ok, again
    assert "There is nothing to do." in again.stdout
    assert "unfinished (by an earlier run)" not in again.stdout
    assert changes(again) == []
    witness.verify()


def test_a_replacement_that_failed_at_its_verification_is_verified_by_the_next_run(
    repository: Repository, ansible: Ansible, witness: Witness
) -> None:
    """On the same host: by its address it is a member by then."""
    repository.settings = {}
    lost = repository.declared[-1]
    replaced_and_not_verified(repository, ansible, witness, lost, lost)
    verified(repository, ansible, witness)


def test_it_is_verified_also_where_git_has_the_replacement_by_then(
    repository: Repository, ansible: Ansible, witness: Witness
) -> None:
    """Who was replaced is in no group any more, and is named by its id."""
    site = repository.site
    lost, new = repository.declared[2], site.host("node-06")
    repository.spares = [new]
    replaced_and_not_verified(repository, ansible, witness, lost, new)
    site.hosts.remove(lost)
    repository.declared = [new if host is lost else host for host in repository.declared]
    repository.spares = []
    verified(repository, ansible, witness)
    lost.stop()
