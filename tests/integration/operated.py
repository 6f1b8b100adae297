"""Nodes of a development cluster as hosts of an inventory, for an operator's playbooks.

    operator = Operator(cluster, folder)
    run = operator.play(ansible, "remove_node", "--check", stemedb_target="node-3")
    assert operator.sent() == []

A node is `node-N`, N its index. It is stopped by a signal and known by its process; nothing of it
is installed or configured here.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Optional

from tests.devcluster.cluster import DevCluster, DevNode
from tests.integration import module_python
from tests.integration.conftest import Ansible, Run, Running
from tests.integration.inventories import PLAYBOOKS, SECRET, SETTINGS, as_text, ended

# Nobody listens there: as a host that lost its power.
UNREACHABLE = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 9}


class Operator:
    """Runs playbooks of the collection on a cluster whose nodes are hosts.

    :param lost: ids of nodes that the test kills itself, as its witness wants them.
    """

    def __init__(self, cluster: DevCluster, folder: Path, lost: Optional[set[str]] = None) -> None:
        self.cluster = cluster
        self.lost = set() if lost is None else lost
        self.lock = folder / "lock.json"
        self.folder = folder
        # More variables of a host, by its name.
        self.told: dict[str, dict[str, Any]] = {}
        self.settings: dict[str, Any] = {
            **SETTINGS,
            "ansible_connection": "local",
            "ansible_python_interpreter": module_python.path(),
            "stemedb_cluster_name": cluster.options["cluster_name"],
            "stemedb_api_key": SECRET,
            "stemedb_gateway_url": cluster.urls[:2],
            "stemedb_seed_nodes": cluster.seeds,
            "stemedb_node_service_manager": "command",
            "stemedb_lock_hosts": ["localhost"],
            "stemedb_lock_path": str(self.lock),
            "stemedb_diagnose_dest": str(folder / "state.json"),
        }

    def host(self, node: DevNode) -> dict[str, Any]:
        """The variables of the host on which a node runs."""
        folder = self.folder / f"node-{node.index}"
        pid = node.process.pid if node.process else 0
        return {
            "stemedb_node_id": node.node_id,
            "stemedb_node_address": node.address,
            "stemedb_node_config_path": str(folder / "node.toml"),
            "stemedb_node_data_dir": str(node.data_dir),
            "stemedb_node_stop_command": f"kill {pid}",
            # 1 and 2 say that it does not run: it is a zombie, or there is no such process.
            "stemedb_node_status_command": f"grep -q ^State:.[RSDTt] /proc/{pid}/status",
            **self.told.get(f"node-{node.index}", {}),
        }

    def start(self, ansible: Ansible, playbook: str, *flags: str, **variables: Any) -> Running:
        """Start a playbook, of the collection or a path; variables are extra variables."""
        hosts = {f"node-{node.index}": as_text(self.host(node)) for node in self.cluster.nodes}
        children = {"stemedb_nodes": {"hosts": hosts}}
        inventory = ansible.written({"all": {"vars": as_text(self.settings), "children": children}})
        extra = ("-e", json.dumps(as_text(variables))) if variables else ()
        name = playbook if "/" in playbook else PLAYBOOKS + playbook
        command = ("ansible-playbook", name, "-i", inventory, *extra, *flags)
        return ansible.start(*command, env={"ANSIBLE_PIPELINING": "1"})

    def play(self, ansible: Ansible, playbook: str, *flags: str, **variables: Any) -> Run:
        """Run a playbook; neither a warning nor the secret may be in its output."""
        return ended(self.start(ansible, playbook, *flags, **variables))

    def operations(self) -> list[tuple[str, str]]:
        """What the lock remembers, the first one first, and how each ended."""
        found = json.loads(self.lock.read_text(encoding="utf-8"))["operations"]
        return [(one["operation"], one["outcome"]) for one in found]

    def sent(self) -> list[str]:
        """What any gateway was asked to change."""
        found = [item for node in self.cluster.running for item in node.requests()["mutating"]]
        return [f"{item['method']} {item['path']}" for item in found]
