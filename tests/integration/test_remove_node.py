"""stemedb.cluster.remove_node on hosts that were set up by the collection itself.

One cluster of four through these tests, in their order, as an operator would shrink it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.conftest import Ansible, Run
from tests.integration.inventories import Host, Site, bootstrapped, changes, four_members
from tests.integration.witness import Witness

STOP = "Stop the service, and wait for its end"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Four hosts of which each runs a member; the last one is a seed and has a gateway we name."""
    folder = tmp_path_factory.mktemp("site")
    with four_members(folder, age_out=600) as made:
        first, last = made.hosts[0], made.hosts[-1]
        made.settings.update(
            stemedb_gateway_url=[last.node.url, first.node.url],
            stemedb_seed_nodes=[first.node.seed, last.node.seed],
            stemedb_lock_hosts=["localhost"],
            stemedb_lock_path=str(folder / "lock.json"),
        )
        bootstrapped(made, folder / "bootstrap")
        (folder / "lock.json").unlink()  # what the lock remembers is of this file's runs
        yield made


def remove(site: Site, ansible: Ansible, target: str, *flags: str, **more: Any) -> Run:
    told = {"stemedb_target": target, "stemedb_confirm": target, **more}
    return site.play(ansible, "remove_node", *flags, groups={"stemedb_nodes": site.hosts}, **told)


def shown(run: Run, task: str) -> str:
    """What a task has shown; of one that was refused the result does not say it again."""
    found = run.of(task)
    if any(each.status == "failed" for each in found):
        return run.stdout
    plans = [each.result.get("plan", each.result) for each in found]
    return "\n".join(line for plan in plans for line in plan.get("lines", []))


def whole_without(site: Site, gone: Host, stay: list[Host]) -> bool:
    """By plain HTTP: nothing is on it or led by it, and each shard has all its replicas."""
    for host in stay:
        states = host.node.states()
        assert states.get(gone.node_id, "gone") in ("Dead", "gone")
        alive = {node for node, state in states.items() if state == "Alive"}
        factor = host.node.status()["replication_factor"]
        for number, item in host.node.ranges().items():
            assert item["leader_node"] in alive
            assert len(alive & set(item["replica_nodes"])) == factor
            sizes = {r["node_id"]: r["size_bytes"] for r in host.node.shard(number)["replicas"]}
            assert {sizes[node] for node in alive & set(sizes)} == {sizes[item["leader_node"]]}
    return True


def test_all_that_speaks_against_it_is_told_at_once(site: Site, ansible: Ansible) -> None:
    before = [host.snapshot() for host in site.hosts]
    run = remove(site, ansible, "node-03,node-04", stemedb_confirm="node-04")
    assert run.rc == 2, run
    text = shown(run, "Plan the removal, or refuse it")
    assert "2 nodes would be removed (node-03, node-04)" in text
    assert "-e stemedb_max_changes=2" in text
    assert "only 2 nodes would remain Alive; at least 3 are required" in text
    assert "-e stemedb_confirm=node-03,node-04" in text
    assert changes(run) == []
    assert [host.snapshot() for host in site.hosts] == before


def test_check_mode_changes_nothing_and_says_what_would_be_done(
    site: Site, ansible: Ansible
) -> None:
    before = [host.snapshot() for host in site.hosts]
    for host in site.hosts:
        host.node.request("DELETE", "/_dev/requests")
    told = {"stemedb_confirm": "", "stemedb_remove_node_delete_data": True}
    run = remove(site, ansible, "node-04", "--check", "--diff", **told)
    assert run.ok, run
    assert any(change.startswith("Delete the data") for change in changes(run))
    assert any(site.hosts[-1].data.iterdir())
    assert "it would be stopped and disabled" in run.stdout
    assert [change for change in changes(run) if change.startswith(STOP)] == [f"{STOP} (localhost)"]
    assert (
        f'-seed_nodes = ["{site.hosts[0].node.seed}", "{site.hosts[-1].node.seed}"]' in run.stdout
    )
    assert f'+seed_nodes = ["{site.hosts[0].node.seed}"]' in run.stdout
    assert [host.snapshot() for host in site.hosts] == before
    assert not (site.folder.parent / "lock.json").exists()
    for host in site.hosts:
        assert host.node.requests()["mutating"] == []
    # A node is no witness of itself.
    asked = site.hosts[-1].node.requests()["counts"]
    assert [what for what in asked if "/v1/" in what] == []


def test_a_node_is_removed(site: Site, ansible: Ansible) -> None:
    gone, stay = site.hosts[-1], site.hosts[:-1]
    led = [n for n, item in stay[0].node.ranges().items() if item["leader_node"] == gone.node_id]
    before = [host.service for host in stay]
    with Witness(site.cluster) as witness:
        run = remove(site, ansible, "node-04")
    witness.verify()
    assert run.ok, run
    assert not gone.running
    assert whole_without(site, gone, stay)
    assert [host.service for host in stay] == before, "nobody was restarted"
    assert any(gone.data.iterdir()), "data is kept"
    for host in stay:
        assert f'seed_nodes = ["{stay[0].node.seed}"]' in host.config.read_text()
    impact = shown(run, "Refuse a stop that breaks something")
    assert f"leads    {','.join(map(str, sorted(led)))}" in impact.replace("-", ",") or led
    summary = shown(run, "Show what was and what is")
    for step in ("Dead or gone in every view", "New leaders elected", "Every replica complete"):
        assert step in summary
    assert "(guide: 2-5 minutes in all)" in summary
    told = shown(run, "Show what was written, and what to change in the inventory")
    assert "take node-04 out of the group stemedb_nodes" in told
    assert f"take {gone.node.seed} out of stemedb_seed_nodes" in told
    assert f"take {gone.node.url} out of stemedb_gateway_url" in told
    record = json.loads((site.folder.parent / "lock.json").read_text())
    assert record["holder"] is None
    assert [(o["operation"], o["outcome"]) for o in record["operations"]] == [
        ("remove_node", "succeeded")
    ]


def test_those_that_stay_may_be_restarted_while_it_is_still_listed(
    site: Site, ansible: Ansible
) -> None:
    gone, stay = site.hosts[-1], site.hosts[:-1]
    assert stay[0].node.states()[gone.node_id] == "Dead"
    asked = {**site.settings, "stemedb_gateway_url": [stay[0].node.url]}
    run = site.play(
        ansible,
        "rolling_restart",
        "--check",
        groups={"stemedb_nodes": stay},
        stemedb_target="node-02",
        **asked,
    )
    assert run.ok, run
    assert "If node-02 stops, 2 nodes remain Alive" in run.stdout


def test_a_removed_host_is_added_again_with_its_id_and_data(site: Site, ansible: Ansible) -> None:
    gone, stay = site.hosts[-1], site.hosts[:-1]
    before = gone.node_id
    told = {
        "stemedb_gateway_url": [stay[0].node.url],
        "stemedb_seed_nodes": [stay[0].node.seed],
        "stemedb_target": "node-04",
    }
    groups = {"stemedb_nodes": stay, "stemedb_new_nodes": [gone]}
    run = site.play(ansible, "add_node", groups=groups, **{**site.settings, **told})
    assert run.ok, run
    assert f"it comes back with the id {before} and the data in {gone.data}" in run.stdout
    assert gone.node.states()[before] == "Alive"
