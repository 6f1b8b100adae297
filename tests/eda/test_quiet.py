"""What changes nothing: a quiet cluster, a moment's hang, two dead nodes, a silent gateway.

One ansible-rulebook through these tests, in their order; whoever is on call is a server of ours.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import psutil
import pytest

from tests.eda.conftest import INTERVAL, SETTLE, declared, kinds, plans, start
from tests.integration.conftest import Ansible, Running
from tests.integration.inventories import SECRET, Host, Site, changes
from tests.support.pager import Pager, pager

STATUS = "GET /v1/cluster/status"


class Watched(NamedTuple):
    site: Site
    running: Running
    pager: Pager

    def untouched(self) -> None:
        """Neither a run nor a gateway nor the spare shows any change, and no run had an error."""
        assert changes(self.running) == []
        for host in self.site.hosts[:3]:
            assert host.node.requests()["mutating"] == []
        assert not self.site.lock_path("localhost").exists()
        assert not self.site.hosts[3].folder.exists()
        printed = self.running.stdout + self.running.stderr
        assert SECRET not in printed
        assert "Traceback" not in printed

    def wait_for_samples(self, seconds: float) -> None:
        """Wait until the source has looked for so long, however slow the machine is."""
        node = self.site.hosts[0].node
        node.request("DELETE", "/_dev/requests")
        self.running.until(
            lambda _one: node.requests()["counts"].get(STATUS, 0) > seconds / INTERVAL + 1
        )

    def wait_until_alive(self) -> None:
        members = self.site.hosts[:3]
        self.site.cluster.wait_until(
            lambda: all(set(host.node.states().values()) == {"Alive"} for host in members),
            "all are Alive",
        )


@pytest.fixture(scope="module")
def watched(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    folder = tmp_path_factory.mktemp("watched")
    ansible = Ansible(folder)
    with pager() as taken:
        inventory = declared(site, stemedb_unattended_apply=True, stemedb_page_url=taken.url)
        # Of one that hangs each question takes its time.
        urls = [site.hosts[0].node.url]
        running = start(ansible, inventory, folder / "rulebook", urls, page_after="3 seconds")
        yield Watched(site, running, taken)
        ansible.close()


def test_a_start_in_a_quiet_cluster_changes_nothing(watched: Watched) -> None:
    running = watched.running
    running.until(lambda one: "PLAY RECAP" in one.stdout)
    assert kinds(running) == ["reminder"]
    assert plans(running) == ["ok"]
    assert "The cluster is as declared." in running.stdout
    assert watched.pager.pages == []
    watched.untouched()


def test_a_member_that_hangs_for_a_moment_starts_nothing(watched: Watched) -> None:
    first, _second, third = watched.site.hosts[:3]
    process = psutil.Process(third.service["pid"])
    process.suspend()
    try:
        watched.site.cluster.wait_until(
            lambda: first.node.states()[third.node_id] != "Alive", "it is suspected"
        )
    finally:
        process.resume()
    watched.wait_until_alive()
    watched.wait_for_samples(2 * SETTLE)
    assert kinds(watched.running) == ["reminder"]
    assert plans(watched.running) == ["ok"]
    watched.untouched()


def hang(hosts: list[Host]) -> list[psutil.Process]:
    processes = [psutil.Process(host.service["pid"]) for host in hosts]
    for process in processes:
        process.suspend()
    return processes


def test_two_dead_nodes_are_paged_once_and_nothing_is_changed(watched: Watched) -> None:
    running = watched.running
    processes = hang(watched.site.hosts[1:3])
    try:
        # Each that is Dead, and the shards: all are refused.
        running.until(lambda one: len(plans(one)) >= 4)
    finally:
        for process in processes:
            process.resume()
    assert kinds(running).count("node_state_changed") == 2
    assert plans(running)[1:4] == ["failed"] * 3
    assert "storm: node-02, node-03: 2 members are not Alive" in running.stdout
    watched.untouched()
    pages = watched.pager.pages
    # A run that came between the two deaths may have had another cause.
    assert len({page["dedup_key"] for page in pages}) == len(pages) <= 2
    assert "storm: node-02, node-03" in pages[-1]["cause"]
    watched.wait_until_alive()


def test_a_gateway_that_answers_no_more_is_paged(watched: Watched) -> None:
    """By the rule that changes nothing: no node is Dead or left."""
    running, pages = watched.running, watched.pager.pages
    # The two of before died, and are Alive again.
    running.until(lambda one: kinds(one).count("node_state_changed") == 4)
    paged = len(pages)
    first = watched.site.hosts[0].node
    first.faults(fail={"/v1/": 503})
    try:
        running.until(lambda _one: len(pages) > paged)
    finally:
        first.clear_faults()
    assert kinds(running).count("reminder") == 1
    assert kinds(running).count("node_state_changed") == 4
    assert "node_left" not in kinds(running)
    assert "gateway_unreachable" in kinds(running)
    assert first.url in "\n".join(pages[-1]["lines"])
    assert "Blocked by incomplete_view" in pages[-1]["text"]
    watched.untouched()
