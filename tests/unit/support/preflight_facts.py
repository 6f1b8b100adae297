"""What a preflight finds on a host and in a cluster where all is well, to be spoilt by tests."""

from __future__ import annotations

import copy
from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._findings import Finding
from ansible_collections.stemedb.cluster.plugins.plugin_utils._preflight import checks as preflight
from ansible_collections.stemedb.cluster.plugins.plugin_utils._preflight.facts import (
    Facts,
    Settings,
)

SETTINGS = Settings(
    address="node-04",
    cluster_name="prod",
    gateway_urls=("http://node-01:18181", "http://node-02:18181"),
    seed_nodes=("node-01:18183", "node-02:18183"),
)
IP = {f"node-0{n}": f"10.0.0.{n}" for n in range(1, 5)}
MEMBERS = [
    {"node_id": f"id-{n}", "address": f"10.0.0.{n}:18182", "state": "Alive", "shards": [1]}
    for n in (1, 2, 3)
]
CLUSTER = {
    "cluster": {
        "name": "prod",
        "status": "healthy",
        "healthy": True,
        "nodes_by_state": {"Alive": 3, "Suspect": 0, "Dead": 0, "other": 0},
        "leaderless_shards": [],
        "under_replicated_shards": [],
        "views_agree": True,
        "replication_factor": 3,
        "shard_count": 3,
    },
    "observers": [
        {"url": url, "node_id": url, "reachable": True, "excluded": False, "error": None}
        for url in SETTINGS.gateway_urls
    ],
}
SHARDS = [
    {"shard_id": number, "size_bytes": 10 * 10**9, "replica_nodes": ["id-1", "id-2", "id-3"]}
    for number in range(3)
]
# The gateway answered half a second late, and its clock and ours are the same.
CLOCK = {"date": 1000.0, "asked_at": 1000.2, "answered_at": 1000.7}
BINARY = {"path": "/bin/node", "exists": True, "sha256": "a" * 64, "version": "0.9", "error": None}
# A host that is new but for its binary.
HOST: dict[str, Any] = {
    "node_id_file": {"path": "/etc/stemedb/node_id", "exists": False, "node_id": None},
    "data_dir_file": {"path": "/etc/stemedb/data_dir", "exists": False, "data_dir": None},
    "data_dir": {
        "path": "/data",
        "empty": True,
        "entries": [],
        "uid": 990,
        "user": "stemedb",
        "mark": None,
    },
    "user": {"name": "stemedb", "exists": True, "uid": 990},
    "service": {"name": "n", "running": False, "node_id": None, "data_dir": None, "state": "x"},
    "sysctls": {"fs.nr_open": "1048576", "fs.file-nr": "3000 0 9223372036854775807"},
    "binary": BINARY,
}


def good() -> Facts:
    """What is found where all is well."""
    wanted = preflight.targets(SETTINGS, MEMBERS)
    ports = [
        dict(port, state="open", error=None, addresses=[IP.get(port["host"], port["host"])])
        for port in wanted["ports"]
    ]
    answer = {"reachable": True, "status": 200, "error": None, **CLOCK}
    urls = [{"url": url, **answer} for url in wanted["urls"]]
    space = {"path": "/data", "checked_path": "/", "free_bytes": 200 * 10**9}
    config = {"path": "/etc/stemedb/node.toml", "exists": False, "settings": None}
    probe = {"ports": ports, "urls": urls, "free_space": [space], "config": config, "errors": []}
    probe["addresses"] = [{"address": address, "own": False} for address in wanted["addresses"]]
    return Facts(
        probe={**probe, **copy.deepcopy(HOST)},
        cluster=copy.deepcopy(CLUSTER),
        members=copy.deepcopy(MEMBERS),
        shards=copy.deepcopy(SHARDS),
        binaries={name: {"binary": dict(BINARY), "errors": []} for name in ("node-01", "node-02")},
    )


def judged(facts: Facts, **settings: Any) -> list[Finding]:
    return preflight.findings(SETTINGS._replace(**settings), facts)


def kinds(facts: Facts, **settings: Any) -> list[tuple[str, str]]:
    return [(found.severity, found.kind) for found in judged(facts, **settings)]
