"""Inventories that Ansible itself reads, in this process, from files and from a served cluster.

found = read(tmp_path, {"gateway_url": [server.url]}, earlier={"all": {"hosts": {"db-01": {}}}})
assert found.hosts["db-01"]["stemedb_node_state"] == "Alive"
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, NamedTuple, Optional

import yaml
from ansible import constants
from ansible.inventory.data import InventoryData
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.doc_fragments.constructed import ModuleDocFragment as Constructed
from ansible.plugins.doc_fragments.inventory_cache import ModuleDocFragment as InventoryCache
from ansible.plugins.loader import inventory_loader
from ansible.utils.display import Display
from ansible_collections.stemedb.cluster.plugins.doc_fragments.gateway import (
    ModuleDocFragment as GatewayFragment,
)
from ansible_collections.stemedb.cluster.plugins.inventory import stemedb

FRAGMENTS = (
    GatewayFragment.DOCUMENTATION,
    GatewayFragment.TIMEOUT,
    GatewayFragment.PLUGIN,
    Constructed.DOCUMENTATION,
    InventoryCache.DOCUMENTATION,
    stemedb.DOCUMENTATION,
)


OWN = ("stemedb_node_id", "stemedb_node_address", "stemedb_node_state", "stemedb_node_shards")


class Shown:
    """Ansible's display, which remembers the warnings."""

    def __init__(self, warnings: list[str]) -> None:
        self._warnings = warnings

    def __getattr__(self, name: str) -> Any:
        return getattr(Display(), name)

    def warning(self, text: str) -> None:
        self._warnings.append(text)


class Found(NamedTuple):
    """What was read: variables by host, hosts by group, warnings of the plugin."""

    hosts: dict[str, dict[str, Any]]
    groups: dict[str, list[str]]
    warnings: list[str]
    manager: Any


Reads = Callable[..., Found]


def plugin(warnings: Optional[list[str]] = None) -> stemedb.InventoryModule:
    """The plugin as Ansible loads it, with its documented options."""
    options: dict[str, Any] = {}
    for text in FRAGMENTS:
        for name, option in yaml.safe_load(text)["options"].items():
            options[name] = {**options.get(name, {}), **option}
    constants.config.initialize_plugin_configuration_definitions("inventory", stemedb.NAME, options)
    made = stemedb.InventoryModule()
    made._load_name = made.ansible_name = stemedb.NAME
    made._redirected_names = [stemedb.NAME]
    made.ansible_aliases = [stemedb.NAME]
    made.display = Shown([] if warnings is None else warnings)
    return made


def written(folder: Path, options: dict[str, Any]) -> Path:
    """The file of the plugin, read after `10-static.yml` and before others."""
    path = folder / "inventory" / "20-stemedb.yml"
    path.parent.mkdir(exist_ok=True)
    content = {"plugin": stemedb.NAME, "retries": 0, **options}
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


def read(
    folder: Path,
    options: dict[str, Any],
    earlier: Optional[dict[str, Any]] = None,
    cache: bool = True,
    files: Optional[dict[str, Any]] = None,
) -> Found:
    """Read the plugin's file.

    :param earlier: a static inventory that is read first.
    :param files: further files beside it, such as `host_vars/db-01.yml`.
    """
    path = written(folder, options)
    beside = {**({"10-static.yml": earlier} if earlier else {}), **(files or {})}
    for name, content in beside.items():
        place = path.parent / name
        place.parent.mkdir(exist_ok=True)
        place.write_text(yaml.safe_dump(content), encoding="utf-8")
    warnings: list[str] = []

    # As the plugin for TOML: Ansible then trusts what a later source has set by the inventory.
    static = inventory_loader.get("yaml")
    static.trusted_by_default = True

    class Manager(InventoryManager):
        def _fetch_inventory_plugins(self) -> list[Any]:
            return [plugin(warnings), static]

    sources = [str(path.parent / "10-static.yml")] if earlier else []
    loader = DataLoader()
    loader.set_vault_secrets([])
    manager = Manager(loader, [*sources, str(path)], cache=cache)
    data = manager._inventory
    hosts = {name: host.vars for name, host in data.hosts.items()}
    groups = {name: [host.name for host in g.get_hosts()] for name, g in data.groups.items()}
    return Found(hosts, groups, warnings, manager)


def parse(folder: Path, options: dict[str, Any]) -> None:
    """Only the plugin, so that its error is raised."""
    path = str(written(folder, options))
    plugin().parse(InventoryData(), DataLoader(), path)


def set_on(found: Found, host: str) -> dict[str, Any]:
    """The variables of a host that this inventory knows."""
    known = (*OWN, "ansible_host")
    return {key: found.hosts[host][key] for key in known if key in found.hosts[host]}


def static(**hosts: Any) -> dict[str, Any]:
    """An inventory of these hosts; `_` in a name is a `-`."""
    return {"all": {"hosts": {name.replace("_", "-"): own for name, own in hosts.items()}}}


def memory(folder: Path) -> dict[str, Any]:
    """Options of a cache that outlives a run."""
    return {"cache_plugin": "jsonfile", "cache_connection": str(folder / "cache")}
