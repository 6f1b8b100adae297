"""What the callback stemedb.cluster.operation shows on a terminal while a cluster changes.

One cluster through these tests, in their order: a node is added, removed, another one is replaced,
all are restarted; one run fails, and one is interrupted. What is on the screen then is in the
folder `screens`; `UPDATE_SCREENS=1` writes it anew.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import psutil
import pytest

from tests.integration.conftest import BIN, Ansible
from tests.integration.inventories import SECRET, Host, Site, bootstrapped, four_members
from tests.support.on_terminal import Shown, Terminal
from tests.support.screens import SCREENS, normal, words

COLUMNS = 100


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Three hosts that run members, and a fresh one."""
    folder = tmp_path_factory.mktemp("site")
    # However slow this machine is, a node that was removed is still listed as Dead.
    with four_members(folder, count=3, age_out=600) as made:
        first, second, _third = made.hosts
        made.settings.update(
            stemedb_gateway_url=[first.node.url, second.node.url],
            stemedb_seed_nodes=[first.node.seed, second.node.seed],
            stemedb_replace_node_age_out_timeout=1,
        )
        bootstrapped(made, folder / "bootstrap")
        made.host("node-04")
        yield made


def started(
    site: Site, ansible: Ansible, playbook: str, *flags: str, new: bool = False, **variables: Any
) -> Terminal:
    """A procedure on a terminal; the last host is a member unless it is new."""
    members: dict[str, list[Host]] = {"stemedb_nodes": site.hosts}
    if new:
        members = {"stemedb_nodes": site.hosts[:3], "stemedb_new_nodes": site.hosts[3:]}
    program, *rest = site.command(ansible, playbook, *flags, groups=members, **variables)
    env = {
        **ansible.environment(),
        "ANSIBLE_PIPELINING": "1",
        "ANSIBLE_STDOUT_CALLBACK": "stemedb.cluster.operation",
        "ANSIBLE_CALLBACKS_ENABLED": "quick",
    }
    return Terminal([str(BIN / program), *rest], env, columns=4 * COLUMNS)


def ended(terminal: Terminal, screen: str, most: int, rc: int = 0) -> Shown:
    """The screen of a run that has ended, once it is as it was stored."""
    shown = terminal.end(300)
    assert shown.rc == rc, shown
    assert SECRET not in shown.raw
    assert "WARNING]" not in shown.raw, shown
    assert "\x1b[3" not in shown.raw, "a colour in spite of ANSIBLE_NOCOLOR"
    # A path and a command stay whole, to be copied.
    long = [line for line in shown.lines if len(line) > COLUMNS]
    assert all("/" in line or "-e '" in line for line in long), long
    assert rows(shown.lines) <= most, f"{rows(shown.lines)} lines\n{shown}"
    text = "\n".join(shown.lines) + "\n"
    stored = SCREENS / f"{screen}.txt"
    if os.environ.get("UPDATE_SCREENS"):
        stored.write_text(normal(text), encoding="utf-8")
    assert words(text) == words(stored.read_text(encoding="utf-8")), shown
    return shown


def rows(lines: list[str]) -> int:
    """How many rows of a terminal that is as wide as a line may be."""
    return sum(-(-len(line) // COLUMNS) or 1 for line in lines)


def report_of(shown: Shown) -> list[str]:
    """From the line that says what failed."""
    first = next(row for row, line in enumerate(shown.lines) if line.startswith("✗"))
    return shown.lines[first:]


def test_check_mode(site: Site, ansible: Ansible) -> None:
    shown = ended(started(site, ansible, "add_node", "--check", new=True), "add_check", 30)
    assert shown.lines[-1].startswith("✓ add_node --check finished")


def test_a_refusal(site: Site, ansible: Ansible) -> None:
    run = started(site, ansible, "add_node", new=True, stemedb_min_free_disk_gb=100000)
    shown = ended(run, "add_refused", 30, rc=2)
    report = report_of(shown)
    assert rows(report) <= 20
    assert "disk_space" in report[1]
    assert report[-1].lstrip().startswith(("ansible-playbook", "-"))


def test_a_node_is_added(site: Site, ansible: Ansible) -> None:
    run = started(site, ansible, "add_node", new=True)
    run.until("Shards assigned", 300)
    shown = ended(run, "add", 30)
    assert "\x1b[K\r" in shown.raw, "no line was overwritten"
    assert shown.lines[-1].startswith("✓ add_node finished in")


def test_a_removal_that_nobody_confirmed(site: Site, ansible: Ansible) -> None:
    run = started(site, ansible, "remove_node", stemedb_target="node-04")
    shown = ended(run, "remove_refused", 20, rc=2)
    assert "-e stemedb_confirm=node-04" in " ".join(shown.lines).replace("  ", "")


def test_a_node_is_removed(site: Site, ansible: Ansible) -> None:
    name = "node-04"
    run = started(site, ansible, "remove_node", stemedb_target=name, stemedb_confirm=name)
    ended(run, "remove", 30)


def test_a_node_is_replaced(site: Site, ansible: Ansible) -> None:
    site.hosts.pop().stop()
    *others, dead = site.hosts
    node_id = dead.node_id
    psutil.Process(dead.service["pid"]).kill()
    site.cluster.wait_until(
        lambda: all(one.node.states().get(node_id) == "Dead" for one in others), "detection"
    )
    ended(started(site, ansible, "replace_node", stemedb_target="node-03"), "replace", 40)


def test_three_nodes_are_restarted(site: Site, ansible: Ansible) -> None:
    ended(started(site, ansible, "rolling_restart"), "rolling_restart", 25)


def test_a_failure(site: Site, ansible: Ansible) -> None:
    run = started(
        site,
        ansible,
        "rolling_restart",
        stemedb_target="node-02",
        stemedb_node_binary="/bin/false",
        stemedb_node_artifact="",
    )
    shown = ended(run, "failed", 40, rc=2)
    report = report_of(shown)
    assert rows(report) <= 20
    assert "could not be started" in " ".join(report[1:4])
    assert "ansible-playbook stemedb.cluster.rolling_restart" in " ".join(report[-4:])
    assert any("changed node-02: Stop the service" in line for line in shown.lines)


def test_a_run_is_interrupted_and_continued(site: Site, ansible: Ansible) -> None:
    run = started(site, ansible, "rolling_restart", stemedb_target="node-02")
    run.until("Start the service", 300)
    run.interrupt()
    shown = ended(run, "interrupted", 30, rc=99)
    assert any("rolling_restart ended early" in line for line in shown.lines)
    assert "[ERROR]: User interrupted execution" in shown.lines
