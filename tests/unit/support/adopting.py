"""What the tests of an adoption start from: one host, one node, as a probe would see them."""

from __future__ import annotations

from typing import Any, Optional

import yaml
from ansible_collections.stemedb.cluster.plugins.plugin_utils._adopt.facts import Found
from ansible_collections.stemedb.cluster.plugins.plugin_utils._adopt.find import Candidate, Search


class Loader(yaml.SafeLoader):
    """YAML with the tag by which Ansible keeps its hands off a text."""


def _as_it_is(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> Any:
    return loader.construct_scalar(node)


Loader.add_constructor("!unsafe", _as_it_is)


def load(text: str) -> Any:
    """An inventory as Ansible reads it."""
    return yaml.load(text, Loader)


PROGRAMS = ("stemedb-node", "stemedb-api")
ADDRESS = "10.0.0.4"
ARGV = [
    "/opt/stemedb/stemedb-node",
    "--node-id",
    "a3f2b1c4",
    "--seed-nodes",
    "10.0.0.4:18183,10.0.0.5:18183",
    "--data-dir",
    "/srv/stemedb",
]
LISTENS = [
    {"protocol": "tcp", "address": "0.0.0.0", "port": 18181},
    {"protocol": "tcp", "address": "0.0.0.0", "port": 18182},
    {"protocol": "tcp", "address": "0.0.0.0", "port": 18183},
    {"protocol": "udp", "address": "0.0.0.0", "port": 18183},
]
DEFAULTS: dict[str, Any] = {
    "address": ADDRESS,
    "binary": "/usr/local/bin/stemedb-node",
    "user": "stemedb",
    "config_path": "/etc/stemedb/node.toml",
    "data_dir": "/var/lib/stemedb",
    "gateway_port": 18181,
    "rpc_port": 18182,
    "gossip_port": 18183,
    "flags": [],
    "environment": {},
    "service": "stemedb-node",
    "service_manager": "systemd",
    "status_command": "",
}
SAID = (
    "node_id",
    "address",
    "service",
    "manager",
    "config_path",
    "data_dir",
    "gateway_port",
    "rpc_port",
    "gossip_port",
    "start_command",
    "stop_command",
    "status_command",
    "log_command",
)
MEMBER = {"node_id": "a3f2b1c4", "address": f"{ADDRESS}:18182", "state": "Alive", "shards": [1]}


def process(**changes: Any) -> dict[str, Any]:
    """A node that runs as a service does."""
    return {
        "pid": 77,
        "parent": 1,
        "parent_is_shell": False,
        "argv": ARGV,
        "certain": True,
        "program": ARGV[0],
        "replaced": False,
        "cwd": "/",
        "uid": 990,
        "user": "stemedb",
        "unit": "stemedb.service",
        "user_manager": False,
        "contained": False,
        "started_at": 1767225600.0,
        "environment": ["HOME", "PATH"],
        "listens": LISTENS,
        **changes,
    }


def unit(**changes: Any) -> dict[str, Any]:
    """The unit that runs it, written by hand."""
    return {
        "name": "stemedb.service",
        "mentions": True,
        "state": "active/running",
        "running": True,
        "enabled": "enabled",
        "user": "stemedb",
        "dynamic_user": False,
        "path": "/etc/systemd/system/stemedb.service",
        "drop_ins": [],
        "main_pid": 77,
        "process": process(),
        "argv": ARGV,
        "literal": True,
        "environment": [],
        "environment_files": [],
        **changes,
    }


def stopped(**changes: Any) -> dict[str, Any]:
    """The unit of a node that does not run."""
    still = {"state": "inactive/dead", "running": False, "main_pid": None, "process": None}
    return unit(**{**still, **changes})


def said(**changes: Any) -> dict[str, Any]:
    """An inventory that says nothing of the host."""
    nothing = dict.fromkeys(SAID, "")
    return {**nothing, "gateway_service": "stemedb-gateway", "own_environment": False, **changes}


def search(
    units: Optional[list[dict[str, Any]]] = None,
    processes: Optional[list[dict[str, Any]]] = None,
    ids: tuple[str, ...] = (),
    **more: Any,
) -> Search:
    """A search; what is left is what the inventory says, `probe` is more of the probe."""
    probe = {"node_units": units, "node_processes": processes, "errors": [], "service": None}
    probe.update(more.pop("probe", {}))
    names = frozenset({ADDRESS})
    return Search("db-01", probe, said(**more), PROGRAMS, names, frozenset(ids))


FILES: dict[str, Any] = {
    "config": {"path": "/etc/stemedb/node.toml", "exists": False, "settings": None},
    "data_dir": {
        "path": "/srv/stemedb",
        "exists": True,
        "empty": False,
        "uid": 990,
        "user": "stemedb",
        "entries": ["shard_1"],
        "mark": None,
        "markable": True,
    },
    "node_id_file": {"path": "/etc/stemedb/node_id", "exists": False, "node_id": None},
    "data_dir_file": {"path": "/etc/stemedb/data_dir", "exists": False, "data_dir": None},
    "addresses": None,
    "errors": [],
}


def found(
    of_unit: Optional[dict[str, Any]] = None,
    of_process: Optional[dict[str, Any]] = None,
    **more: Any,
) -> Found:
    """A node that was found; `members`, `files` and `urls`, the rest is what the inventory says."""
    return Found(
        host="db-01",
        candidate=Candidate(of_unit, of_process),
        probe={**FILES, **more.pop("files", {})},
        members=more.pop("members", [MEMBER]),
        gateway_urls=more.pop("urls", [f"http://{ADDRESS}:18181"]),
        defaults=DEFAULTS,
        names=frozenset({ADDRESS, "db-01"}),
        environment_pattern="STEMEDB_",
        said=said(**more),
    )
