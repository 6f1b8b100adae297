"""The guide's "Add Node Procedure", from a fresh host to a member, and what must keep it from it.

One cluster grows through these tests, in their order, as an operator would grow it.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._lock.file import ask
from ansible_collections.stemedb.cluster.plugins.module_utils._lock.record import Request

from tests.devcluster.cluster import DevCluster
from tests.integration.conftest import Ansible, Run
from tests.integration.inventories import SECRET, Site, changes
from tests.integration.witness import Witness

NO_TAGS = "Fail if --tags or --skip-tags leave out tasks of the playbook"
JUDGED = (
    "Fail unless the node has run since its start with no errors in its log, and nothing is worse "
    "than before"
)
REPLICATED = r"replication of shard \d+ complete"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Three members that are no hosts of ours, and two fresh hosts."""
    folder = tmp_path_factory.mktemp("site")
    # However slow this machine is, a node that stood still is listed when its host is looked at.
    with DevCluster(folder / "cluster", api_key=SECRET, time_scale=0.02, age_out=600) as cluster:
        cluster.start(3).wait_settled()
        made = Site(cluster, folder / "hosts")
        for name in ("node-04", "node-05"):
            made.host(name)
        yield made
        made.close()


def said(run: Run, task: str = "Fail unless each name of the target is a host") -> str:
    """The sentence that a gate failed with."""
    assert run.rc == 2, run
    (found,) = (result for result in run.of(task) if result.status == "failed")
    return str(found.result["msg"])


def untouched(site: Site) -> bool:
    return not site.folder.exists()


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (("-e", "stemedb_target="), "stemedb_target is empty"),
        (("-e", '{"stemedb_target": []}'), "stemedb_target is empty"),
        ((), "the group stemedb_new_nodes of the inventory is empty"),
    ],
)
def test_an_empty_target_is_refused(
    site: Site, ansible: Ansible, flags: tuple[str, ...], sentence: str
) -> None:
    run = site.add(ansible, *flags, groups={"stemedb_nodes": site.hosts})
    assert sentence in said(run)
    assert "-e stemedb_target=HOST" in said(run)
    assert untouched(site)


def test_a_target_with_an_unknown_name_is_refused_whole(site: Site, ansible: Ansible) -> None:
    run = site.start(ansible, "add_node", "-e", "stemedb_target=node-04,nod-05").end(warnings=True)
    warnings = [line for line in (run.stdout + run.stderr).splitlines() if "WARNING" in line]
    # What Ansible itself must say of such a pattern, and nothing else.
    assert warnings == ["[WARNING]: Could not match supplied host pattern, ignoring: nod-05"]
    assert "'nod-05' names no host of the inventory. Did you mean node-05?" in said(run)
    assert untouched(site)


def test_a_target_that_leaves_nobody_is_refused(site: Site, ansible: Ansible) -> None:
    """Nothing done is no success."""
    running = site.start(ansible, "add_node", "-e", "stemedb_target=node-04,!node-04")
    run = running.end(warnings=True)  # Ansible itself warns of it
    assert "(node-04,!node-04) leaves no host" in said(run)
    assert untouched(site)


def test_a_pattern_that_is_none_is_refused_before_anything_changes(
    site: Site, ansible: Ansible
) -> None:
    run = site.add(ansible, "-e", "stemedb_target=node-04", stemedb_log_error_pattern="(")
    sentence = said(run, "Determine which node the host is")
    assert "error is no regular expression" in sentence
    assert untouched(site)


def test_more_than_is_allowed_is_refused_whole(site: Site, ansible: Ansible) -> None:
    run = site.add(ansible)
    sentence = said(run, "Fail if more nodes would be added than stemedb_max_changes allows")
    assert "2 nodes would be added (node-04, node-05)" in sentence
    assert "-e stemedb_max_changes=2" in sentence
    assert changes(run) == []
    assert untouched(site)


@pytest.mark.parametrize(
    "task",
    [
        # The survey, which sees that there are too many, is passed over.
        "Read the cluster as it is before",
        # And so is all.
        "Fail unless nodes to add were selected",
    ],
)
def test_no_gate_is_passed_by_starting_later(site: Site, ansible: Ansible, task: str) -> None:
    run = site.add(ansible, "--start-at-task", task)
    assert run.rc == 2, run
    assert changes(run) == []
    assert untouched(site)


def test_no_gate_is_passed_by_tags(site: Site, ansible: Ansible) -> None:
    run = site.add(ansible, "--tags", "start,install")
    assert run.rc == 2, run
    assert [(found.task, found.status) for found in run.tasks] == [(NO_TAGS, "failed")]
    assert untouched(site)


def test_check_mode_changes_nothing_and_says_what_would_be_done(
    site: Site, ansible: Ansible
) -> None:
    for node in site.cluster.running:
        node.request("DELETE", "/_dev/requests")
    run = site.add(ansible, "--check", "--diff", "-vvv", "-e", "stemedb_target=node-04")
    assert run.ok, run
    assert "Plan: install and start node-04" in run.stdout
    assert f'+cluster_name = "{site.settings["stemedb_cluster_name"]}"' in run.stdout
    assert "Start the service, and wait until it listens (node-04)" in changes(run)
    assert untouched(site)
    # The baseline has them: nobody asks twice.
    (asked_again,) = run.of("Read the cluster as all gateways see it")
    assert asked_again.status == "skipped"
    for node in site.cluster.running:
        asked = node.requests()
        assert asked["counts"], "every gateway was asked"
        assert asked["mutating"] == []


def test_a_log_that_nobody_can_search_is_told_before_anything_changes(
    site: Site, ansible: Ansible
) -> None:
    run = site.add(ansible, stemedb_target="node-04", stemedb_node_log_command="")
    sentence = said(run, "Pass the pre-flight checks")
    assert "node-04 stays out of the cluster: unknown_log." in sentence
    assert "unknown_log: node-04: the log is searched for errors at the end" in run.stdout
    assert changes(run) == []
    assert untouched(site)


def test_nodes_are_added_one_after_the_other(site: Site, ansible: Ansible, tmp_path: Path) -> None:
    """A lock host that cannot be reached ends nothing, neither with an error nor in silence.

    The log of the second node nobody can search, which is accepted.
    """
    ssh = tmp_path / "ssh"
    ssh.write_text("#!/bin/sh\nexit 255\n")
    ssh.chmod(0o755)
    away = site.host("away", ansible_connection="ssh", ansible_ssh_executable=str(ssh))
    site.hosts.remove(away)
    command = site.hosts[1].variables.pop("stemedb_node_log_command")
    with Witness(site.cluster) as witness:
        run = site.add(
            ansible,
            seconds=300,
            groups={"stemedb_new_nodes": site.hosts, "others": [away]},
            stemedb_max_changes=2,
            stemedb_log_success_pattern=REPLICATED,
            stemedb_add_node_log_window=600,
            stemedb_add_node_replication_timeout=120,
            stemedb_gateway_service="stemedb-gateway",
            stemedb_lock_hosts=["localhost", "node-05", "away"],
            stemedb_accept=["unknown_log"],
        )
    site.hosts[1].variables["stemedb_node_log_command"] = command
    assert run.ok, run
    searched, silent = (found.result["lines"] for found in run.of("Show the summary"))
    assert any(line.startswith("Log free of errors") for line in searched)
    assert not any("Log free of errors" in line for line in silent)
    assert "! Whether the log of node-05 is free of errors is not known." in silent
    witness.verify()
    # One lock for both, which is given back once.
    succeeded = [told for told in site.operations() if told[2] == "succeeded"]
    assert succeeded == [("add_node", "node-04, node-05", "succeeded")]
    steps = ("Start the service, and wait until it listens", "Show the summary")
    order = [(found.host, found.task) for found in run.tasks if found.task in steps]
    assert order == [(host.name, step) for host in site.hosts for step in steps]
    judged = run.of(JUDGED)
    assert [found.status for found in judged] == ["ok", "ok"]
    for host in site.hosts:
        for node in site.cluster.running:
            assert node.states()[host.node_id] == "Alive"
        replicas = host.replicas()
        assert replicas
        assert all(own == led > 0 for own, led in replicas.values())
    # A node is no witness of itself: of the last one's own gateway nothing was asked.
    asked = site.hosts[-1].node.requests()["counts"]
    assert [what for what in asked if "/v1/" in what] == []


def test_a_clone_of_a_member_is_refused_by_name(site: Site, ansible: Ansible) -> None:
    """Its machine was copied while it ran: the same id, the same data, another address."""
    first, clone = site.hosts[0], site.host("node-06")
    shutil.copytree(first.folder, clone.folder, symlinks=True, ignore=shutil.ignore_patterns("run"))
    (clone.config.parent / "data_dir").write_text(f"{clone.data}\n")
    before = clone.snapshot()
    run = site.add(ansible, "-e", "stemedb_target=node-06")
    site.hosts.remove(clone)
    sentence = said(run, "Determine which node the host is")
    assert f"lists that id Alive at {first.address}:18182" in sentence
    assert "cloned" in sentence
    assert changes(run) == []
    assert clone.snapshot() == before


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        (
            {"stemedb_log_error_pattern": "INFO replication"},
            r"lines of the log of stemedb-node match stemedb_log_error_pattern",
        ),
        (
            {"stemedb_log_success_pattern": "all is well"},
            "No line of the log of stemedb-node matches stemedb_log_success_pattern (all is well)",
        ),
        (
            {"stemedb_node_log_command": "/nonexistent/log"},
            "Whether the log of stemedb-node is free of errors is not known",
        ),
        # What is accepted is that nothing prints it, not that this cannot be run.
        (
            {"stemedb_node_log_command": "/nonexistent/log", "stemedb_accept": "unknown_log"},
            "Whether the log of stemedb-node is free of errors is not known",
        ),
        (
            {"stemedb_node_log_command": ""},
            "set stemedb_node_log_command, or accept the kind unknown_log in stemedb_accept",
        ),
    ],
)
def test_the_log_is_judged(
    site: Site, ansible: Ansible, variables: dict[str, str], sentence: str
) -> None:
    """The last step alone, of a node that was started in this run."""
    service = site.hosts[0].service
    words = dict.fromkeys(("views_agree", "healthy", "replication_factor"))
    nothing = {"nodes": [], "shards": [], "cluster": {**words, "leaderless_shards": []}}
    step = {"name": "stemedb.cluster.stemedb_add_node", "tasks_from": "logs.yml"}
    play = {
        "hosts": "node-04",
        "gather_facts": False,
        "vars": {
            "stemedb_add_node_is_member": False,
            "stemedb_node_identity": {
                "probe": {"clock": service["started_at"] - 1, "service": service}
            },
            "stemedb_add_node_before": nothing,
            "stemedb_add_node_after": nothing,
        },
        "tasks": [{"name": "Check the log", "ansible.builtin.include_role": step}],
    }
    inventory = ansible.written(site.inventory())
    run = ansible.playbook([play], "-i", inventory, "-e", json.dumps(variables))
    assert sentence in said(run, JUDGED)


def test_a_node_that_was_listed_is_believed_only_when_time_has_told(
    site: Site, ansible: Ansible
) -> None:
    """Until it is detected, a node that stood still reads Alive, whether or not it came back.

    The second run only looks at it, so that it changes nothing and takes no lock.
    """
    host = site.hosts[0]
    well = "Wait until the cluster is healthy with the complete node-04"
    node_id, others = host.node_id, site.cluster.nodes[:3]
    for node in others:
        node.faults(age_out=600)
    host.stop()
    site.cluster.wait_until(
        lambda: all(
            node.states().get(node_id) == "Dead" and node.status()["status"] == "healthy"
            for node in others
        ),
        "the others to be whole without it",
    )
    run = site.add(ansible, "-e", "stemedb_target=node-04")
    assert run.ok, run
    (waited,) = run.of(well)
    assert waited.result["stages"][-1]["seconds"] > site.settings["stemedb_detection_time"]
    # The next run finds a member that runs, and that was started a moment ago.
    detection = time.time() - host.service["started_at"] + 25
    before = [one.snapshot() for one in site.hosts]
    added = [one for one in site.operations() if one[0] == "add_node"]
    owner = {"controller": "ctrl-02", "user": "bob", "pid": 7, "boot_id": "other"}
    other = Request("another", owner, 600, "remove_node", "node-02", cluster="devcluster")
    path = str(site.lock_path("localhost"))
    assert ask(path, "acquire", other)[0].held
    run = site.add(
        ansible,
        "-vvv",
        stemedb_target="node-04",
        stemedb_detection_time=detection,
        stemedb_log_success_pattern=REPLICATED,
    )
    ask(path, "release", other)
    assert run.ok, run
    assert "node-04 was a member already; nothing was changed" in run.stdout
    assert changes(run) == []
    assert [one.snapshot() for one in site.hosts] == before
    assert {found.status for found in run.of("Ask each lock host to acquire")} == {"skipped"}
    looked = [found.result for found in run.of("Determine which node the host is")]
    age = looked[-1]["probe"]["clock"] - host.service["started_at"]
    (waited,) = run.of(well)
    assert waited.result["stages"][-1]["seconds"] > detection - age > 0
    assert [one for one in site.operations() if one[0] == "add_node"] == added
