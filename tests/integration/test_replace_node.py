"""stemedb.cluster.replace_node on hosts that were set up by the collection itself.

One cluster of four and a spare through these tests, in their order: a node dies and is replaced by
the spare, then the next one on its own host, with a controller that dies on the way.
"""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.conftest import Ansible, Run, Running
from tests.integration.inventories import Host, Site, bootstrapped, changes, ended, four_members
from tests.integration.witness import Witness


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Four hosts of which each runs a member, the last one a seed and named gateway; and a spare."""
    folder = tmp_path_factory.mktemp("site")
    with four_members(folder) as made:
        first, last = made.hosts[0], made.hosts[-1]
        made.settings.update(
            stemedb_gateway_url=[last.node.url, first.node.url],
            stemedb_seed_nodes=[first.node.seed, last.node.seed],
            stemedb_spares=["spare"],
            stemedb_lock_hosts=["localhost"],
            stemedb_lock_path=str(folder / "lock.json"),
        )
        bootstrapped(made, folder / "bootstrap")
        (folder / "lock.json").unlink()  # what the lock remembers is of this file's runs
        made.host("spare")
        yield made


def start(site: Site, ansible: Ansible, target: str, *flags: str, **more: Any) -> Running:
    *members, spare = site.hosts
    groups = {"stemedb_nodes": members, "others": [spare]}
    told = {"stemedb_target": target, **more}
    return site.start(ansible, "replace_node", *flags, groups=groups, **told)


def replace(site: Site, ansible: Ansible, target: str, *flags: str, **more: Any) -> Run:
    return ended(start(site, ansible, target, *flags, **more))


def killed(host: Host, stay: list[Host]) -> str:
    """The id of a node that dies, and is Dead to all others."""
    node_id = host.node_id
    import os

    os.kill(host.service["pid"], signal.SIGKILL)
    host_dead = lambda: all(one.node.states().get(node_id) == "Dead" for one in stay)  # noqa: E731
    stay[0]._site.cluster.wait_until(host_dead, "detection")
    return node_id


def test_first(site: Site, ansible: Ansible) -> None:
    *members, spare = site.hosts
    gone, stay = members[-1], members[:-1]
    killed(gone, stay)
    run = replace(site, ansible, "node-04", "--check")
    print(run)
    assert run.ok, run
    run = replace(site, ansible, "node-04")
    print(run)
    assert run.ok, run
    run = replace(site, ansible, "node-04")
    print(run)
    assert run.ok, run
