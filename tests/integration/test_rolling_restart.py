"""stemedb.cluster.rolling_restart on hosts that were set up by the collection itself.

One cluster of four through these tests, in their order, as an operator would treat it.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.conftest import Ansible, Run
from tests.integration.inventories import Site, bootstrapped, four_members
from tests.integration.witness import Witness


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Four hosts of which each runs a member."""
    folder = tmp_path_factory.mktemp("site")
    with four_members(folder) as made:
        yield bootstrapped(made, folder / "bootstrap")


def restart(site: Site, ansible: Ansible, *flags: str, **more: object) -> Run:
    return site.play(
        ansible, "rolling_restart", *flags, groups={"stemedb_nodes": site.hosts}, **more
    )


def test_each_node_is_restarted_once(site: Site, ansible: Ansible) -> None:
    before = {host.name: host.service["pid"] for host in site.hosts}
    with Witness(site.cluster) as witness:
        run = restart(site, ansible)
    witness.verify()
    assert run.ok, run
    assert all(host.running and host.service["pid"] != before[host.name] for host in site.hosts)
