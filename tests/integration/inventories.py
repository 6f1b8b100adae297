"""Inventories whose hosts are loopback addresses beside a development cluster.

    site = Site(cluster, folder)                # a cluster that runs: its nodes are no hosts
    host = site.host("node-04")                 # the next free address of its block
    run = site.add(ansible, "-e", "stemedb_target=node-04")
    assert host.node.states()[host.node_id] == "Alive"

A host is a folder and an address; its node is run by `tests/devcluster/service.py`, as in
`scripts/demo/inventory.yml`, and outlives the playbook. `site.close()` ends what was started.
"""

from __future__ import annotations

import getpass
import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Optional, Union

from tests.devcluster.cluster import HERE, PORTS, DevCluster, DevNode, port_is_free
from tests.integration import module_python
from tests.integration.conftest import Ansible, Run, Running

SECRET = "a-secret-of-the-operator-0123456789"
SCALE = 0.02  # as short as the nodes' own floors allow
SETTINGS: dict[str, Any] = {
    # Kill to Dead takes a node of this scale about two seconds.
    "stemedb_detection_time": 3,
    "stemedb_min_free_disk_gb": 0.001,
    "stemedb_bootstrap_interval": 0.3,
    "stemedb_bootstrap_stable_for": 1,
    "stemedb_bootstrap_timeout": 60,
    "stemedb_add_node_join_interval": 0.3,
    "stemedb_add_node_join_timeout": 30,
    "stemedb_add_node_shards_interval": 0.3,
    "stemedb_add_node_shards_timeout": 30,
    "stemedb_add_node_replication_interval": 0.3,
    "stemedb_add_node_health_interval": 0.3,
    "stemedb_add_node_health_timeout": 40,
    "stemedb_add_node_stable_for": 1,
    "stemedb_stop_interval": 0.1,
    "stemedb_remove_node_check_timeout": 40,
    "stemedb_remove_node_dead_timeout": 30,
    "stemedb_remove_node_leaders_timeout": 30,
    "stemedb_remove_node_replication_timeout": 30,
    "stemedb_remove_node_health_timeout": 40,
    "stemedb_remove_node_drain_timeout": 20,
    "stemedb_remove_node_seeds_timeout": 30,
    "stemedb_remove_node_interval": 0.2,
    "stemedb_remove_node_stable_for": 1,
    "stemedb_replace_confirm_dead_for": 2,
    "stemedb_replace_node_check_timeout": 30,
    "stemedb_replace_node_leaders_timeout": 30,
    "stemedb_replace_node_health_timeout": 40,
    "stemedb_replace_node_age_out_timeout": 20,
    "stemedb_replace_node_seeds_timeout": 30,
    "stemedb_replace_node_interval": 0.3,
    "stemedb_replace_node_stable_for": 1,
    "stemedb_rolling_restart_check_timeout": 40,
    "stemedb_rolling_restart_alive_timeout": 30,
    "stemedb_rolling_restart_well_timeout": 40,
    "stemedb_rolling_restart_stall_timeout": 30,
    "stemedb_rolling_restart_write_timeout": 60,
    "stemedb_rolling_restart_hook_timeout": 30,
    "stemedb_rolling_restart_resume_within": 3600,
    "stemedb_rolling_restart_interval": 0.2,
    "stemedb_rolling_restart_stable_for": 1,
}
PLAYBOOKS = "stemedb.cluster."


def as_text(variables: Mapping[str, Any]) -> dict[str, Any]:
    """Variables of the roles as `-e NAME=VALUE` hands them over: whatever they are, as text."""
    return {
        name: value if isinstance(value, str) or not name.startswith("stemedb_") else _text(value)
        for name, value in variables.items()
    }


def _text(value: Any) -> str:
    """A list of words with commas, and the rest as JSON, where numbers are themselves."""
    plain = isinstance(value, list) and value and all(isinstance(one, str) for one in value)
    return ",".join(value) if plain else json.dumps(value)


class Host:
    """A folder and an address that stand for a host."""

    def __init__(self, name: str, site: Site) -> None:
        self.name = name
        self.folder = site.folder / name
        self.node = _free_node(site.cluster)
        self.address = self.node.address
        self.data = self.folder / "data"
        self.config = self.folder / "etc" / "node.toml"
        self._site = site
        self.variables: dict[str, Any] = {
            "stemedb_node_address": self.address,
            # Beside the hosts: what a lock host keeps is no change of the node's own host.
            "stemedb_lock_path": str(site.lock_path(name)),
            "stemedb_node_binary": str(self.folder / "bin" / "stemedb-node"),
            "stemedb_node_config_path": str(self.config),
            "stemedb_node_data_dir": str(self.data),
            "stemedb_node_environment": {
                "STEMEDB_DEV_LISTEN": self.address,
                "STEMEDB_API_KEY": SECRET,
                **{f"STEMEDB_DEV_{k.upper()}": str(v) for k, v in site.cluster.options.items()},
            },
            "stemedb_node_start_command": f"{self.command('start')} -- "
            "{{ stemedb_node_command_line }}",
            "stemedb_node_stop_command": self.command("stop"),
            "stemedb_node_status_command": self.command("status"),
            "stemedb_node_log_command": f"{self.command('log')} --since {{since}}",
        }

    def command(self, action: str) -> str:
        service = HERE / "service.py"
        return f"{module_python.path()} {service} {action} --run-dir {self.folder / 'run'}"

    @property
    def node_id(self) -> str:
        """The id that the role wrote down."""
        return (self.config.parent / "node_id").read_text(encoding="utf-8").strip()

    @property
    def service(self) -> dict[str, Any]:
        """`running`, and if so `pid` and `started_at`."""
        done = self._run("status")
        return dict(json.loads(done.stdout))

    @property
    def running(self) -> bool:
        return bool(self.service["running"])

    def log(self) -> str:
        return self._run("log").stdout

    def stop(self) -> None:
        if (self.folder / "run").exists():
            done = self._run("stop")
            assert done.returncode == 0, done.stderr

    def replicas(self) -> dict[int, tuple[int, int]]:
        """Bytes of each shard on this host's node, and on its leader, by a plain GET elsewhere."""
        seen = self._site.cluster.running[0]
        found = {}
        for number, item in seen.ranges().items():
            if self.node_id in item["replica_nodes"]:
                sizes = {r["node_id"]: r["size_bytes"] for r in seen.shard(number)["replicas"]}
                found[number] = sizes[self.node_id], sizes[item["leader_node"]]
        return found

    def snapshot(self) -> dict[str, Any]:
        """All that a run could change here: each file's content and time, and the process."""
        kept = [self.data, self.folder / "run"]  # the node's own, which it writes as it likes
        files = {
            str(path.relative_to(self.folder)): (path.lstat().st_mtime_ns, _content(path))
            for path in sorted(self.folder.rglob("*"))
            if not any(own in (path, *path.parents) for own in kept)
        }
        return {"files": files, "service": self.service}

    def _run(self, action: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(action).split(), capture_output=True, text=True, check=False, timeout=60
        )


def _free_node(cluster: DevCluster) -> DevNode:
    """The next address of the block that no host of a run that crashed has kept."""
    for _attempt in range(20):
        node = cluster.prepare()
        if all(port_is_free(node.address, port) for port in PORTS.values()):
            return node
    raise AssertionError(f"no free address beside {cluster.base}")


def _content(path: Path) -> Optional[bytes]:
    return path.read_bytes() if path.is_file() else None


class Site:
    """Hosts and the development cluster that they belong to, or that they form."""

    def __init__(self, cluster: DevCluster, folder: Path) -> None:
        self.cluster = cluster
        self.folder = folder
        self.hosts: list[Host] = []
        # What a run that failed keeps of the cluster; beside the hosts, which it is no change of.
        self.state = folder.parent / f"{folder.name}-state.json"
        self.settings: dict[str, Any] = {
            **SETTINGS,
            "ansible_connection": "local",
            "ansible_python_interpreter": module_python.path(),
            "stemedb_cluster_name": cluster.options["cluster_name"],
            "stemedb_api_key": SECRET,
            "stemedb_node_user": getpass.getuser(),
            "stemedb_node_artifact": str(cluster.executable),
            "stemedb_node_service_manager": "command",
            "stemedb_diagnose_dest": str(self.state),
        }

    @property
    def _lock_elsewhere(self) -> dict[str, Any]:
        """Members that are no hosts of ours can keep no lock."""
        path = str(self.lock_path("localhost"))
        return {"stemedb_lock_hosts": ["localhost"], "stemedb_lock_path": path}

    def host(self, name: str, **variables: Any) -> Host:
        """One more host."""
        made = Host(name, self)
        made.variables.update(variables)
        self.hosts.append(made)
        return made

    def lock_path(self, name: str) -> Path:
        """Where a lock host keeps its part of the lock."""
        return self.folder.parent / f"{self.folder.name}-locks" / f"{name}.json"

    def operations(self, name: str = "localhost") -> list[tuple[str, str, str]]:
        """What a lock host remembers: operation, target and outcome, the oldest first."""
        found = json.loads(self.lock_path(name).read_text(encoding="utf-8"))
        assert found["holder"] is None, "the lock was not given back"
        return [(one["operation"], one["target"], one["outcome"]) for one in found["operations"]]

    def inventory(self, **groups: list[Host]) -> dict[str, Any]:
        """An inventory as data; without groups, all hosts are in `stemedb_new_nodes`."""
        members = [node for node in self.cluster.nodes if node.running] or self.cluster.nodes
        settings = {
            "stemedb_gateway_url": [node.url for node in members[:2]],
            "stemedb_seed_nodes": [node.seed for node in members[:2]],
            **({} if groups.get("stemedb_nodes") else self._lock_elsewhere),
            **self.settings,
        }
        named = groups or {"stemedb_new_nodes": self.hosts}
        children = {
            group: {"hosts": {host.name: as_text(host.variables) for host in hosts}}
            for group, hosts in named.items()
        }
        return {"all": {"vars": as_text(settings), "children": children}}

    def start(
        self,
        ansible: Ansible,
        playbook: Union[str, list[dict[str, Any]]],
        *flags: str,
        groups: Optional[Mapping[str, list[Host]]] = None,
        source: Optional[Path] = None,
        env: Optional[Mapping[str, str]] = None,
        **variables: Any,
    ) -> Running:
        """Start a playbook of the collection, or plays given as data; variables are extra ones.

        :param source: an inventory of its own, instead of the groups.
        """
        command = self.command(ansible, playbook, *flags, groups=groups, source=source, **variables)
        return ansible.start(*command, env={"ANSIBLE_PIPELINING": "1", **(env or {})})

    def command(
        self,
        ansible: Ansible,
        playbook: Union[str, list[dict[str, Any]]],
        *flags: str,
        groups: Optional[Mapping[str, list[Host]]] = None,
        source: Optional[Path] = None,
        **variables: Any,
    ) -> tuple[str, ...]:
        """What `start` runs."""
        inventory = str(source or ansible.written(self.inventory(**(groups or {}))))
        extra = ("-e", json.dumps(as_text(variables))) if variables else ()
        name = PLAYBOOKS + playbook if isinstance(playbook, str) else ansible.written(playbook)
        return ("ansible-playbook", name, "-i", inventory, *extra, *flags)

    def play(
        self,
        ansible: Ansible,
        playbook: Union[str, list[dict[str, Any]]],
        *flags: str,
        seconds: float = 300,
        **more: Any,
    ) -> Run:
        """Run a playbook; neither a warning nor the secret may be in its output."""
        return ended(self.start(ansible, playbook, *flags, **more), seconds)

    def add(self, ansible: Ansible, *flags: str, **more: Any) -> Run:
        return self.play(ansible, "add_node", *flags, **more)

    def close(self) -> None:
        """End the nodes of all hosts."""
        for host in self.hosts:
            host.stop()


@contextmanager
def four_members(folder: Path, count: int = 4, **options: Any) -> Iterator[Site]:
    """Four hosts, or so many, of which each is to run a member, once `bootstrapped`."""
    with DevCluster(folder / "cluster", api_key=SECRET, time_scale=SCALE, **options) as cluster:
        site = Site(cluster, folder / "hosts")
        for number in range(1, count + 1):
            site.host(f"node-0{number}")
        try:
            yield site
        finally:
            site.close()


def bootstrapped(site: Site, folder: Path) -> Site:
    """The site, once its hosts form a cluster; what Ansible prints of it goes to the folder."""
    folder.mkdir()
    ansible = Ansible(folder)
    try:
        run = site.play(ansible, "bootstrap", groups={"stemedb_nodes": site.hosts})
    finally:
        ansible.close()
    assert run.ok, run
    return site


def ended(running: Running, seconds: float = 300, warnings: bool = False) -> Run:
    """The run at its end, in whose output the secret is not."""
    run = running.end(seconds, warnings)
    assert SECRET not in run.stdout + run.stderr, run
    return run


def changes(run: Union[Run, Running]) -> list[str]:
    """The tasks that changed something, of one that runs so far."""
    return [f"{found.task} ({found.host})" for found in run.tasks if found.result.get("changed")]


def report(run: Run, changed: bool) -> str:
    """What a run that failed told its operator.

    :param changed: whether it may have changed something before it failed.
    """
    assert run.rc == 2, run
    lines = run.report()
    assert len(lines) < 60, "more than a screen or two\n" + "\n".join(lines)
    if not changed:
        assert changes(run) == [], run
    return "\n".join(lines)


def started(running: Running) -> bool:
    """Whether the node was started, and nothing of the cluster was waited for yet."""
    return running.has_done("Start the service, and wait until it listens")
