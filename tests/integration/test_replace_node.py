"""stemedb.cluster.replace_node on hosts that were set up by the collection itself.

One cluster of three and a spare through these tests, in their order, as one operator meets it: a
node dies and is replaced by the spare, after all that can go wrong; then another one dies and is
replaced on its own host, by controllers that die as well.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pytest

from tests.integration.conftest import Ansible, Run, Running
from tests.integration.inventories import (
    Host,
    Site,
    bootstrapped,
    changes,
    ended,
    four_members,
    report,
    started,
)
from tests.integration.witness import Witness

# The node of the lowest id coordinates, and must be one of those that are stuck.
SPARE_ID = "ffffffff-ffff-4fff-bfff-ffffffffffff"
SEEDS = "Write the seeds in "


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Three members, the last one a seed with a gateway that is named; the Dead stay listed."""
    folder = tmp_path_factory.mktemp("site")
    with four_members(folder, count=3, age_out=600) as made:
        first, _second, last = made.hosts
        made.settings.update(
            stemedb_gateway_url=[last.node.url, first.node.url],
            stemedb_seed_nodes=[first.node.seed, last.node.seed],
            stemedb_spares=["spare"],
            stemedb_lock_hosts=["localhost"],
            stemedb_lock_path=str(made.lock_path("localhost")),
            stemedb_replace_node_age_out_timeout=1,
        )
        bootstrapped(made, folder / "bootstrap")
        made.lock_path("localhost").unlink()  # what it remembers is of this file's runs
        made.host("spare", stemedb_node_id=SPARE_ID)
        yield made


@pytest.fixture(scope="module")
def witness(site: Site) -> Iterator[Witness]:
    with Witness(site.cluster) as made:
        yield made


@pytest.fixture(scope="module")
def died() -> dict[str, Any]:
    """What one test keeps of a node for the next."""
    return {}


def start(site: Site, ansible: Ansible, target: str, *flags: str, **more: Any) -> Running:
    spares = site.settings["stemedb_spares"]
    groups = {
        "stemedb_nodes": [host for host in site.hosts if host.name not in spares],
        "others": [host for host in site.hosts if host.name in spares],
    }
    return site.start(ansible, "replace_node", *flags, groups=groups, stemedb_target=target, **more)


def replace(site: Site, ansible: Ansible, target: str, *flags: str, **more: Any) -> Run:
    return ended(start(site, ansible, target, *flags, **more))


def kill(site: Site, host: Host, *stay: Host) -> tuple[list[str], dict[str, str]]:
    """End a node at once, until all others hold it for Dead; how it was started."""
    node_id, process = host.node_id, psutil.Process(host.service["pid"])
    how = process.cmdline(), process.environ()
    process.kill()
    site.cluster.wait_until(
        lambda: all(one.node.states().get(node_id) == "Dead" for one in stay), "detection"
    )
    return how


def revive(host: Host, command: list[str], environment: dict[str, str]) -> None:
    start_it = [*host.command("start").split(), "--", *command]
    subprocess.run(start_it, env=environment, check=True, stdout=subprocess.DEVNULL)


def shown(run: Run, task: str) -> str:
    return "\n".join(line for found in run.of(task) for line in found.result.get("lines", []))


def whole_without(gone: str, *members: Host) -> None:
    """By plain HTTP: each shard is led by one that lives and has all its replicas, complete."""
    for host in members:
        states = host.node.states()
        assert states.get(gone, "gone") in ("Dead", "gone")
        alive = {node for node, state in states.items() if state == "Alive"}
        factor = host.node.status()["replication_factor"]
        for number, item in host.node.ranges().items():
            assert item["leader_node"] in alive
            assert len(alive & set(item["replica_nodes"])) == factor
            sizes = {r["node_id"]: r["size_bytes"] for r in host.node.shard(number)["replicas"]}
            assert {sizes[node] for node in alive & set(sizes)} == {sizes[item["leader_node"]]}


def test_without_an_election_nothing_is_provisioned(
    site: Site, ansible: Ansible, witness: Witness, died: dict[str, Any]
) -> None:
    first, second, lost, spare = site.hosts
    for host in (first, second):
        host.node.faults(stuck_election=True)
    witness.lost.add(lost.node_id)
    died["node-03"] = kill(site, lost, first, second)
    run = replace(site, ansible, "node-03", stemedb_replace_node_leaders_timeout=3)
    for host in (first, second):
        host.node.faults(stuck_election=None)
    text = report(run, changed=False)
    assert "replace_node of node-03 did not finish; the cluster sees it Dead" in text
    assert "Shard Leader Election Issues" in text
    for host in (first, second, lost):
        assert f" ({host.name}) │ " in text
    assert "Log lines about elections:" in text
    assert "stemedb.cluster.heal with -e stemedb_heal_force=true" in text
    assert not spare.folder.exists()
    assert site.operations()[-1] == ("replace_node", "node-03, spare", "failed")


def test_a_log_that_nobody_can_search_is_told_before_anything_is_touched(
    site: Site, ansible: Ansible
) -> None:
    """The log of each that may come to lead a shard is searched at the end."""
    before = site.operations()
    run = replace(site, ansible, "node-03", "--check", stemedb_node_log_command="")
    assert run.rc == 2, run
    assert changes(run) == []
    assert "Blocked by unknown_log: see above. Nothing was changed." in run.stdout
    assert "  unknown_log: node-01, node-02, spare: the log is searched for errors" in run.stdout
    assert site.operations() == before


def test_a_node_that_comes_and_goes_is_not_replaced(
    site: Site, ansible: Ansible, died: dict[str, Any]
) -> None:
    """One gateway does not notice that it was back, so that the wait goes on and is fulfilled."""
    first, second, lost, spare = site.hosts
    running = start(site, ansible, "node-03", stemedb_replace_confirm_dead_for=10)
    running.until(lambda seen: "Watch that every other view shows the state Dead" in seen.stdout)
    first.node.faults(stale=True)
    revive(lost, *died["node-03"])
    running.until(lambda _seen: second.node.states().get(lost.node_id) == "Alive")
    second.node.request("DELETE", "/_dev/requests")
    # The second question after the first one belongs to a sample that has begun since.
    running.until(lambda _seen: max(second.node.requests()["counts"].values(), default=0) > 1)
    kill(site, lost, second)
    first.node.faults(stale=None)
    text = report(ended(running), changed=False)
    assert "node-03 was not Dead all the time while it was watched: node_dead: " in text
    assert "add a node and remove this one" in text
    assert not spare.folder.exists()


def test_who_comes_back_meanwhile_ends_it(
    site: Site, ansible: Ansible, died: dict[str, Any]
) -> None:
    """The spare was started by then, and stays: the next run resumes with it.

    By its id, under which it is listed no more when the watch ends: it is still known who it was.
    What `stemedb_add_node_step_of` carries ends the wait, and `stemedb_diagnose_replaces` tells of
    whom.
    """
    first, second, lost, spare = site.hosts
    for host in (first, second):
        host.node.faults(stuck_rebalance=True)
    running = start(site, ansible, lost.node_id)
    running.until(lambda seen: "Watch that every other view shows the state Dead" in seen.stdout)
    for host in (first, second):
        host.node.faults(age_out=0.1)
    site.cluster.wait_until(
        lambda: not any(lost.node_id in one.node.states() for one in (first, second)), "aged out"
    )
    running.until(started)
    for host in (first, second):
        host.node.faults(age_out=None)
    revive(lost, *died["node-03"])
    run = ended(running)
    text = report(run, changed=True)
    assert "Gave up early: node_alive holds for" in text
    told = f"replace_node of {lost.node_id} did not finish; the cluster sees its replacement spare"
    assert told in text
    assert spare.running
    assert site.operations()[-1] == ("replace_node", "node-03, spare", "failed")
    for host in (first, second):
        host.node.faults(stuck_rebalance=None)


def test_the_next_run_finishes_it(site: Site, ansible: Ansible, witness: Witness) -> None:
    """With a call that the guide only plans: each gateway takes it, and does nothing.

    The log of the spare nobody can search, which is accepted, and told again at the end.
    """
    first, second, lost, spare = site.hosts
    kill(site, lost, first, second, spare)
    services = [host.service for host in (first, second, spare)]
    for host in (first, second, spare):
        host.node.faults(fail={"/v1/members/": 200})
        host.node.request("DELETE", "/_dev/requests")
    # What a leader complained of before says nothing of the replacement.
    for host in (first, second, spare):
        log = host.folder / "run" / "log"
        log.write_text(f"2026-01-01T00:00:00Z ERROR the disk was full\n{log.read_text()}")
    endpoints = {"remove": "/v1/members/{node}/remove"}
    command = spare.variables.pop("stemedb_node_log_command")
    accept = ["unknown_log"]
    run = replace(site, ansible, "node-03", stemedb_endpoints=endpoints, stemedb_accept=accept)
    spare.variables["stemedb_node_log_command"] = command
    assert run.ok, run
    asked = [one for host in (first, second, spare) for one in host.node.requests()["mutating"]]
    calls = [(one["method"], one["path"]) for one in asked]
    assert calls == [("POST", f"/v1/members/{lost.node_id}/remove")]
    for host in (first, second, spare):
        host.node.clear_faults()
    assert [host.service for host in (first, second, spare)] == services, "nobody was restarted"
    # Only seeds were left to write, and the dead node to remove.
    called, *written = changes(run)
    assert called.startswith("Ask the gateway to remove the dead node")
    assert len(written) == 2, written
    assert all(change.startswith(SEEDS) for change in written)
    for host in (first, second):
        seeds = f'seed_nodes = ["{first.node.seed}", "{spare.node.seed}"]'
        assert seeds in host.config.read_text()
    assert spare.node_id == SPARE_ID
    assert f'seed_nodes = ["{first.node.seed}"]' in spare.config.read_text()
    whole_without(lost.node_id, first, second, spare)
    summary = shown(run, "Show the summary")
    assert "node-03 was replaced already by spare" in summary
    assert "still listed as Dead: it ages out" in summary
    assert "Logs free of errors; not known: spare" in summary
    assert "! Whether the logs of these are free of errors is not known: spare" in summary
    assert "(guide: 5-10 minutes in all)" in summary
    told = shown(run, "Show what was written, and what to change in the inventory")
    for line in (
        "take node-03 out of the group stemedb_nodes",
        "put spare into the group stemedb_nodes",
        "take spare out of stemedb_spares",
        f"put {spare.node.seed} in the place of {lost.node.seed} in stemedb_seed_nodes",
        f"put the gateway of spare in the place of {lost.node.url} in stemedb_gateway_url",
    ):
        assert line in told
    assert site.operations()[-1] == ("replace_node", "node-03, spare", "succeeded")
    witness.verify()


@pytest.fixture(scope="module")
def updated(site: Site) -> Site:
    """The inventory as the operator was told to change it; node-03 stays listed as Dead."""
    first, _second, _lost, spare = site.hosts
    site.settings.update(
        stemedb_gateway_url=[spare.node.url, first.node.url],
        stemedb_seed_nodes=[first.node.seed, spare.node.seed],
        stemedb_spares=[],
        stemedb_accept=["other_dead"],
    )
    del site.hosts[2]
    return site


def test_check_mode_changes_nothing_and_tells_what_would_be_set_aside(
    updated: Site, ansible: Ansible, witness: Witness
) -> None:
    first, second, spare = updated.hosts
    witness.lost.add(second.node_id)
    kill(updated, second, first, spare)
    before = [host.snapshot() for host in updated.hosts]
    locks = updated.lock_path("localhost").read_text()
    for host in (first, spare):
        host.node.request("DELETE", "/_dev/requests")
    run = replace(updated, ansible, "node-02", "--check", "--diff")
    assert run.ok, run
    assert "the same host; its old ID and data would be renamed" in run.stdout
    assert f"+{second.data}.replaced-" in run.stdout
    assert " identity: " not in run.stdout, "it is set aside before the others are asked"
    assert [host.snapshot() for host in updated.hosts] == before
    assert updated.lock_path("localhost").read_text() == locks
    assert [node.requests()["mutating"] for node in (first.node, spare.node)] == [[], []]


def killed(site: Site, ansible: Ansible, when: Callable[[Running], bool]) -> None:
    """A run that replaces node-02 on its own host, and of which the controller dies by then."""
    running = start(site, ansible, "node-02")
    running.until(when)
    running.kill()


def test_a_run_can_be_killed_when_it_has_set_aside_what_was_there(
    updated: Site, ansible: Ansible, died: dict[str, Any]
) -> None:
    second = updated.hosts[1]
    died["node-02"] = second.node_id
    held = sorted(path.name for path in second.data.iterdir())
    killed(updated, ansible, lambda seen: seen.has_done("Rename its data, its unit and its id"))
    (aside,) = second.folder.glob("data.replaced-*")
    assert sorted(path.name for path in aside.iterdir()) == held
    (record,) = second.config.parent.glob("node_id.replaced-*")
    assert record.read_text().strip() == died["node-02"]
    assert not second.running


def test_a_run_can_be_killed_when_the_same_host_was_started(
    updated: Site, ansible: Ansible, died: dict[str, Any]
) -> None:
    second = updated.hosts[1]
    killed(updated, ansible, started)
    assert len(list(second.folder.glob("data.replaced-*"))) == 1, "it was set aside once"
    assert second.node_id != died["node-02"]
    assert second.running


def test_the_next_run_changes_nothing_and_says_that_it_is_replaced(
    updated: Site, ansible: Ansible, witness: Witness, died: dict[str, Any]
) -> None:
    """Its dead node is listed at the same address."""
    first, second, spare = updated.hosts
    before = [host.snapshot() for host in updated.hosts]
    run = replace(updated, ansible, "node-02")
    witness.verify()
    assert run.ok, run
    assert changes(run) == []
    assert [host.snapshot() for host in updated.hosts] == before
    for host in updated.hosts:
        assert host.node.states()[second.node_id] == "Alive"
    whole_without(died["node-02"], first, second, spare)
    assert "node-02 (dead) was replaced already by node-02" in shown(run, "Show the summary")
    assert "Nothing is left to change in your inventory" in run.stdout
    assert updated.operations()[-1] == ("replace_node", "node-02", "succeeded")


def test_who_has_aged_out_before_the_run_is_found_by_its_host(
    updated: Site, ansible: Ansible, died: dict[str, Any]
) -> None:
    """Only its host still knows which node it was; last of all, since its end is not waited for."""
    first, second, spare = updated.hosts
    gone = second.node_id
    kill(updated, second, first, spare)
    for host in (first, spare):
        host.node.faults(age_out=0.1)
    updated.cluster.wait_until(
        lambda: not any(gone in one.node.states() for one in (first, spare)), "aged out"
    )
    run = replace(updated, ansible, "node-02", "--check")
    assert run.ok, run
    assert gone in run.stdout
    assert "the same host; its old ID and data would be renamed" in run.stdout
