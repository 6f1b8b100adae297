"""A folder of this machine that stands for a host, and the role stemedb_node on it."""

from __future__ import annotations

import getpass
import json
import os
import random
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.integration.conftest import Ansible, Run

ROOT = Path(__file__).resolve().parents[2]
SERVICE = ROOT / "tests" / "devcluster" / "service.py"
PORTS = (18181, 18182, 18183)
SECRET = 'a-"long`$secret\\of the operator'
# As where all of an inventory becomes somebody: what is done on the controller must not.
BECOME = {
    "ansible_become": True,
    "ansible_become_user": "nobody",
    "ansible_become_exe": "/bin/false",
}
FACTS = ("identity", "restart_needed", "restart_reasons", "started_at")


def loopback_address() -> str:
    """An address of this machine on which the three ports are free."""
    for _attempt in range(100):
        address = f"127.{random.randint(2, 250)}.{random.randint(0, 250)}.7"
        with socket.socket() as a, socket.socket() as b, socket.socket() as c:
            try:
                for sock, port in zip((a, b, c), PORTS):
                    sock.bind((address, port))
            except OSError:
                continue
        return address
    pytest.fail("no free loopback address")


class Host:
    """A folder that stands for a host, and the inventory that describes it."""

    def __init__(self, folder: Path, binary: Path) -> None:
        self.folder = folder
        self.address = loopback_address()
        self.binary = folder / "bin" / "stemedb-node"
        self.config = folder / "etc" / "node.toml"
        self.data = folder / "data"
        self.unit = folder / "unit" / "stemedb-node.service"
        self.variables: dict[str, Any] = {
            "ansible_connection": "local",
            "ansible_become": False,
            "stemedb_cluster_name": "demo",
            "stemedb_seed_nodes": [f"{self.address}:18183"],
            "stemedb_node_address": self.address,
            "stemedb_node_artifact": str(binary),
            "stemedb_node_binary": str(self.binary),
            "stemedb_node_user": getpass.getuser(),
            "stemedb_node_config_path": str(self.config),
            "stemedb_node_data_dir": str(self.data),
            "stemedb_node_flags": ["--listen", self.address],
            "stemedb_node_environment": {"STEMEDB_SECRET": SECRET},
            "stemedb_node_service_manager": "command",
            "stemedb_node_start_command": self.command("start") + " -- "
            "{{ stemedb_node_command_line }}",
            "stemedb_node_stop_command": self.command("stop"),
            "stemedb_node_status_command": self.command("status"),
            "stemedb_node_log_command": self.command("log") + " --since {since}",
            "stemedb_node_start_timeout": 20,
        }

    def command(self, action: str) -> str:
        return f"{sys.executable} {SERVICE} {action} --run-dir {self.folder / 'run'}"

    def status(self) -> dict[str, Any]:
        done = subprocess.run(
            self.command("status").split(), capture_output=True, text=True, check=False
        )
        return dict(json.loads(done.stdout))

    def stop(self) -> None:
        subprocess.run(self.command("stop").split(), capture_output=True, check=True, timeout=60)

    def files(self) -> list[str]:
        """All that lies on the host, but for what the service manager keeps."""
        found = (path.relative_to(self.folder) for path in self.folder.rglob("*"))
        return sorted(str(path) for path in found if path.parts[0] not in ("run", "fake"))

    def play(self, ansible: Ansible, *flags: str, env: Any = None, **variables: Any) -> Run:
        return play({"node-01": {**self.variables, **variables}}, ansible, *flags, env=env)


def play(hosts: dict[str, dict[str, Any]], ansible: Ansible, *flags: str, env: Any = None) -> Run:
    """Run the role, then show its facts in a task of the name `facts`."""
    shown = {name: f"{{{{ stemedb_node_{name} }}}}" for name in FACTS}
    content = {
        "hosts": "all",
        "gather_facts": False,
        "roles": ["stemedb.cluster.stemedb_node"],
        "tasks": [{"name": "facts", "ansible.builtin.debug": {"msg": shown}}],
    }
    inventory = ansible.written({"all": {"hosts": hosts, "vars": BECOME}})
    return ansible.playbook([content], "-i", inventory, *flags, env=env)


def of(run: Run, task: str) -> dict[str, Any]:
    """The result of a task; newer versions of Ansible put its role before its name."""
    found = [one for one in run.tasks if one.task.rpartition(" : ")[2] == task]
    assert found, run
    return found[0].result


def facts(run: Run) -> dict[str, Any]:
    assert run.ok, run
    found = dict(of(run, "facts")["msg"])
    kept = ("node_id", "source", "write_file")
    return {**found, "identity": {key: found["identity"][key] for key in kept}}


def changed(run: Run) -> list[str]:
    """The tasks that changed something."""
    return [found.task.rpartition(" : ")[2] for found in run.tasks if found.result.get("changed")]


def mark_of(data: Path) -> Any:
    """Whose data a directory says that it holds, by a plain read of its attribute."""
    try:
        return json.loads(os.getxattr(data, "user.stemedb.cluster"))
    except OSError:
        return None


def built(folder: Path) -> Path:
    """The development node, one executable file."""
    path = folder / "stemedb-node"
    script = ROOT / "tests" / "devcluster" / "build.py"
    subprocess.run([sys.executable, script, path], check=True, capture_output=True, timeout=60)
    return path


@contextmanager
def empty_host(folder: Path, binary: Path) -> Iterator[Host]:
    """A host on which nothing is."""
    host = Host(folder, binary)
    host.folder.mkdir()
    try:
        yield host
    finally:
        host.stop()


SYSTEMCTL = """#!/bin/sh
echo "$*" >> {log}
case "$*" in
  *"ExecStart"*)
    printf 'LoadState=loaded\\nActiveState={active}\\nSubState=x\\nMainPID=0\\nNRestarts=0\\n'
    printf 'NeedDaemonReload={reload}\\nUnitFileState=enabled\\n' ;;
  *is-enabled*) echo enabled ;;
  *show*) printf 'LoadState=loaded\\nActiveState={active}\\nUnitFileState=enabled\\n' ;;
esac
"""


def systemctl(host: Host, active: str, reload: str = "no") -> tuple[dict[str, str], Path]:
    """The environment with a systemctl that writes down what it is asked."""
    folder = host.folder / "fake"
    folder.mkdir(exist_ok=True)
    log = folder / "calls"
    log.write_text("")
    path = folder / "systemctl"
    path.write_text(SYSTEMCTL.format(log=log, active=active, reload=reload))
    path.chmod(0o755)
    host.unit.parent.mkdir(exist_ok=True)
    return {"PATH": f"{folder}:{os.environ['PATH']}"}, log


def asked(log: Path) -> list[str]:
    """The verbs that change something."""
    verbs = ("start", "stop", "restart", "reload", "try-restart", "kill", "daemon-reload", "enable")
    return [word for line in log.read_text().splitlines() for word in line.split() if word in verbs]


def systemd_play(
    host: Host, ansible: Ansible, env: dict[str, str], *flags: str, **variables: Any
) -> Run:
    variables = {
        "stemedb_node_service_manager": "systemd",
        "stemedb_node_unit_path": str(host.unit),
        "stemedb_node_start_ports": [],
        **variables,
    }
    return host.play(ansible, *flags, env=env, **variables)
