"""A cluster that follows an inventory, for tests of `reconcile`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from tests.integration.conftest import Ansible, Run, Running
from tests.integration.inventories import Host, Site, bootstrapped, ended, four_members


class Repository:
    """What the inventory says at a commit."""

    def __init__(self, site: Site, folder: Path) -> None:
        self.site = site
        self.plan = folder / "plan.json"
        self.inventory = folder / "inventory.yml"
        self.declared = site.hosts[:3]
        self.spares: list[Host] = []
        self.settings: dict[str, Any] = {}

    def commit(self) -> None:
        """Write the inventory."""
        others = [host for host in self.site.hosts if host not in self.declared]
        found = self.site.inventory(stemedb_nodes=self.declared, others=others)
        spares = [host.name for host in self.spares]
        found["all"]["vars"] |= {"stemedb_spares": spares, **self.settings}
        self.inventory.write_text(yaml.safe_dump(found, sort_keys=False), encoding="utf-8")

    def start(self, ansible: Ansible, *flags: str, **variables: Any) -> Running:
        return self.site.start(ansible, "reconcile", *flags, source=self.inventory, **variables)

    def reconcile(self, ansible: Ansible, *flags: str, **variables: Any) -> Run:
        self.commit()
        return ended(self.start(ansible, *flags, **variables))

    @property
    def reviewed(self) -> dict[str, Any]:
        return dict(json.loads(self.plan.read_text(encoding="utf-8")))


@contextmanager
def followed(folder: Path) -> Iterator[Site]:
    """Three members, with a lock host that remembers nothing yet."""
    with four_members(folder, count=3, age_out=600) as made:
        made.settings.update(
            stemedb_lock_hosts=["localhost"],
            stemedb_lock_path=str(made.lock_path("localhost")),
            stemedb_seed_nodes=[host.node.seed for host in made.hosts[:2]],
            stemedb_gateway_url=[host.node.url for host in made.hosts[:2]],
            stemedb_replace_node_age_out_timeout=1,
        )
        bootstrapped(made, folder / "bootstrap")
        made.lock_path("localhost").unlink()
        yield made
