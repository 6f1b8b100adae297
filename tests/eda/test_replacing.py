"""A dead node is replaced once, though the rulebook is stopped in the middle."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import psutil

from tests.eda.conftest import declared, kinds, plans, start
from tests.integration.conftest import Ansible
from tests.integration.inventories import Site, changes, started
from tests.support.pager import pager

# Longer than a test.
HELD = 600.0


def hold(lock: Path, seconds: float) -> None:
    """Let the lock be held by a process that lives, for so long from now.

    A playbook whose rulebook is gone ends within a second, or hangs until its lease is over: for
    all that the step waits for, a quarter of an hour.
    """
    record = json.loads(lock.read_text(encoding="utf-8"))
    holder = record["holder"]
    stat = Path("/proc/self/stat").read_text(encoding="utf-8")
    started_at = int(stat.rpartition(")")[2].split()[19])
    holder["owner"] |= {"pid": os.getpid(), "process_start": started_at}
    holder["lease"] = time.time() - holder["written"]["wall"] + seconds
    draft = lock.with_suffix(".draft")
    draft.write_text(json.dumps(record), encoding="utf-8")
    draft.replace(lock)


def test_a_dead_node_is_replaced_once(site: Site, ansible: Ansible, tmp_path: Path) -> None:
    *stay, lost, spare = site.hosts
    lost_id = lost.node_id
    urls = [host.node.url for host in site.hosts[:3]]
    lock = site.lock_path("localhost")
    with pager() as taken:
        inventory = declared(site, stemedb_unattended_apply=True, stemedb_page_url=taken.url)
        first = start(ansible, inventory, tmp_path / "first", urls)
        first.until(lambda one: len(plans(one)) == 1)
        psutil.Process(lost.service["pid"]).kill()
        first.until(started)
        begun = psutil.Process(first.process.pid).children(recursive=True)
        first.process.terminate()
        first.process.wait(20)
        for process in psutil.wait_procs(begun, 5)[1]:
            process.kill()  # one that hangs
        begun_service = spare.service
        assert json.loads(lock.read_text(encoding="utf-8"))["holder"]["operation"] == "replace_node"

        for host in (*stay, spare):
            host.node.faults(age_out=1)
        site.cluster.wait_until(
            lambda: all(lost_id not in host.node.states() for host in (*stay, spare)),
            "the dead node has aged out",
        )
        hold(lock, HELD)
        again = start(ansible, inventory, tmp_path / "again", urls, stemedb_events_remind=3)
        again.until(lambda one: len(plans(one)) == 2)
        assert plans(again) == ["failed", "failed"]
        hold(lock, 0)
        again.until(lambda one: "Replaced node-03 by spare." in one.stdout)
        assert "node_left" not in kinds(again), "nothing but reminders can have started it"
        assert "may be under way now: wait until it has ended" in again.stdout
        assert spare.service == begun_service, "it was not started again"
        expected = [
            ("replace_node", "node-03, spare", outcome) for outcome in ("abandoned", "succeeded")
        ]
        assert site.operations() == expected
        # The commit that says so is not there yet, and nothing is done a second time.
        done, runs = changes(again), len(plans(again))
        again.until(lambda one: len(plans(one)) >= runs + 2)
        assert plans(again)[runs:] == ["ok", "ok"]
        assert "substituted" in again.stdout
        assert changes(again) == done
        assert site.operations() == expected
        # An operation that is under way is no cause to page, and there was no other.
        assert taken.pages == []
