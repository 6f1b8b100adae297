"""The role stemedb_node on this machine: real processes, no systemd, no root needed."""

from __future__ import annotations

import functools
import getpass
import hashlib
import http.server
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

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


@pytest.fixture(scope="module")
def binary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The development node, one executable file."""
    path = tmp_path_factory.mktemp("build") / "stemedb-node"
    script = ROOT / "tests" / "devcluster" / "build.py"
    subprocess.run([sys.executable, script, path], check=True, capture_output=True, timeout=60)
    return path


@pytest.fixture
def fresh(tmp_path: Path, binary: Path) -> Iterator[Host]:
    """A host on which nothing is."""
    host = Host(tmp_path / "host", binary)
    host.folder.mkdir()
    yield host
    host.stop()


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory, binary: Path) -> Iterator[tuple[Host, Run]]:
    """A host on which the role has started a node, and the very loud run that did it."""
    host = Host(tmp_path_factory.mktemp("host"), binary)
    ansible = Ansible(tmp_path_factory.mktemp("ansible"))
    try:
        yield host, host.play(ansible, "-vvvv", "--diff")
    finally:
        ansible.close()
        host.stop()


def test_check_mode_goes_the_whole_way_of_a_fresh_host_and_changes_nothing(
    fresh: Host, ansible: Ansible
) -> None:
    fresh.data.mkdir()  # as a file system that was just mounted, and a user that is to be made
    run = fresh.play(ansible, "--check", "--diff", stemedb_node_user="no-such-user-here")
    assert facts(run)["identity"]["source"] == "new"
    assert fresh.files() == ["data"]
    assert fresh.status() == {"running": False}
    assert "Create the user that runs the node" in changed(run)
    assert "Write the configuration" in changed(run)
    assert 'cluster_name = "demo"' in run.stdout


def test_a_fresh_host_becomes_a_node_that_runs(installed: tuple[Host, Run]) -> None:
    host, run = installed
    found = facts(run)
    node_id = found["identity"]["node_id"]
    assert str(uuid.UUID(node_id)) == node_id
    assert (found["identity"]["source"], found["restart_needed"]) == ("new", False)
    assert (host.folder / "etc" / "node_id").read_text() == f"{node_id}\n"
    assert (host.folder / "etc" / "data_dir").read_text() == f"{host.data}\n"
    marked = of(run, "Record which node this is, and mark its data, before the first start")[
        "marked"
    ]
    assert mark_of(host.data) == ({"node_id": node_id, "cluster_name": "demo"} if marked else None)
    status = host.status()
    assert found["started_at"] == pytest.approx(status["started_at"], abs=2)
    argv = Path(f"/proc/{status['pid']}/cmdline").read_text().split("\0")
    flags = ["--node-id", node_id, "--seed-nodes", f"{host.address}:18183", "--data-dir"]
    assert argv[-9:-3] == [*flags, str(host.data)]
    assert host.data.stat().st_mode & 0o777 == 0o750


def test_the_binary_lies_under_a_name_that_says_which_it_is(
    installed: tuple[Host, Run], binary: Path
) -> None:
    digest = hashlib.sha256(binary.read_bytes()).hexdigest()
    assert os.readlink(installed[0].binary) == f"stemedb-node-{digest[:12]}"
    assert installed[0].binary.read_bytes() == binary.read_bytes()


def test_the_process_has_its_secret_and_nobody_else(installed: tuple[Host, Run]) -> None:
    host, run = installed
    environment = Path(f"/proc/{host.status()['pid']}/environ").read_bytes().split(b"\0")
    assert f"STEMEDB_SECRET={SECRET}".encode() in environment
    path = host.folder / "etc" / "stemedb-node.env"
    assert path.stat().st_mode & 0o777 == 0o600
    for word in (SECRET, "of the operator"):
        assert word not in run.stdout + run.stderr


def test_an_unchanged_host_stays_unchanged(installed: tuple[Host, Run], ansible: Ansible) -> None:
    host, first = installed
    before, pid = host.files(), host.status()["pid"]
    # A comment of another host or day is no difference: nothing is written for it.
    managed = "by {{ inventory_hostname }} at {{ lookup('ansible.builtin.pipe', 'date +%s%N') }}"
    run = host.play(ansible, "--diff", ansible_managed=managed)
    assert changed(run) == []
    assert facts(run) == {
        **facts(first),
        "identity": {**facts(first)["identity"], "source": "file", "write_file": False},
        "started_at": pytest.approx(facts(first)["started_at"], abs=0.1),
    }
    assert (host.files(), host.status()["pid"]) == (before, pid)


def test_a_running_node_is_rewritten_and_never_restarted(
    installed: tuple[Host, Run], ansible: Ansible, binary: Path, tmp_path: Path
) -> None:
    host, _run = installed
    newer = tmp_path / "newer"
    newer.write_bytes(binary.read_bytes() + b"\n")
    change = {
        "stemedb_cluster_name": "renamed",
        "stemedb_node_artifact": str(newer),
        "stemedb_node_environment": {"STEMEDB_SECRET": "another-long-secret"},
        "stemedb_node_flags": ["--listen", host.address, "--rate", 1000],
    }
    reasons = ["binary", "command line", "configuration", "environment"]
    old, pid = os.readlink(host.binary), host.status()["pid"]
    kept = host.folder / "kept.toml"
    host.config.rename(kept)
    host.config.symlink_to(kept)
    before = host.files()

    check = host.play(ansible, "--check", **change)
    assert sorted(facts(check)["restart_reasons"]) == reasons
    assert host.files() == before

    run = host.play(ansible, **change)
    assert sorted(facts(run)["restart_reasons"]) == reasons
    assert facts(run)["restart_needed"] is True
    assert "needs a restart to use" in run.stdout
    assert os.readlink(host.binary) != old
    assert os.readlink(host.config) == str(kept)
    assert 'cluster_name = "renamed"' in kept.read_text()
    assert (host.binary.parent / old).is_file()
    assert host.status()["pid"] == pid

    # It goes on saying so until somebody restarts the node.
    again = host.play(ansible, **change)
    assert changed(again) == []
    assert sorted(facts(again)["restart_reasons"]) == reasons
    assert host.status()["pid"] == pid


def test_an_artifact_on_the_host_takes_the_place_of_a_plain_file_which_is_kept(
    fresh: Host, ansible: Ansible, binary: Path
) -> None:
    old = b"#!/bin/sh\nexit 1\n"
    fresh.binary.parent.mkdir()
    fresh.binary.write_bytes(old)
    fresh.binary.chmod(0o755)
    variables = {"stemedb_node_artifact": str(binary), "stemedb_node_artifact_remote": True}
    assert facts(fresh.play(ansible, "--check", **variables))
    assert fresh.binary.read_bytes() == old
    assert facts(fresh.play(ansible, **variables))["restart_needed"] is False
    kept = fresh.binary.parent / f"stemedb-node-{hashlib.sha256(old).hexdigest()[:12]}"
    assert kept.read_bytes() == old
    assert fresh.binary.is_symlink()
    assert fresh.binary.read_bytes() == binary.read_bytes()


def test_a_node_that_dies_at_once_fails_fast_with_its_log(fresh: Host, ansible: Ansible) -> None:
    run = fresh.play(ansible, stemedb_node_flags=["--no-such-flag"])
    assert not run.ok
    said = str(of(run, "Start the service, and wait until it listens")["msg"])
    # It ends while the command that starts it looks, or afterwards.
    assert said.removeprefix("stemedb-node on node-01 ").startswith(
        ("could not be started: ", "was started and is not up: it has ended")
    )
    assert "--no-such-flag" in said
    assert SECRET not in run.stdout


def test_a_node_that_does_not_listen_fails_in_time_and_says_where(
    fresh: Host, ansible: Ansible
) -> None:
    run = fresh.play(
        ansible,
        stemedb_node_start_ports=[{"port": 1, "protocol": "tcp"}],
        stemedb_node_start_timeout=4,
        stemedb_node_start_interval=2,
    )
    assert not run.ok
    said = str(of(run, "Start the service, and wait until it listens")["msg"])
    assert f"it runs, but {fresh.address}:1 is closed (ECONNREFUSED)" in said


# By name: what is wrong with the host, and words of the sentence that refuses it.
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "url": ({"stemedb_node_artifact": "http://127.0.0.1:1/x"}, "stemedb_node_checksum must be"),
    "sum": ({"stemedb_node_checksum": "sha256:" + "0" * 64}, "is not stemedb_node_checksum"),
    "md5": ({"stemedb_node_checksum": "md5:0"}, "stemedb_node_checksum must be"),
    "file": ({"stemedb_node_artifact": "/no/such/file"}, "on the controller is missing"),
    "binary": ({"stemedb_node_artifact": ""}, "names nothing to install"),
    "name": ({"stemedb_node_environment": {"A-B": "x"}}, "letters, digits and underscores"),
    "start": ({"stemedb_node_start_command": ""}, "stemedb_node_start_command is empty"),
    "status": ({"stemedb_node_status_command": "sh -c 'exit 9'"}, "says neither running"),
}


def refusals(run: Run) -> dict[str, str]:
    """By host, what the role failed with."""
    return {found.host: str(found.result["msg"]) for found in run.tasks if found.status == "failed"}


def test_what_cannot_work_is_refused_before_anything_is_started(
    tmp_path: Path, ansible: Ansible, binary: Path
) -> None:
    hosts = {name: Host(tmp_path / name, binary) for name in REFUSED}
    run = play(
        {name: {**host.variables, **REFUSED[name][0]} for name, host in hosts.items()},
        ansible,
        "--check",
        "--forks=2",
    )
    said = refusals(run)
    assert set(said) == set(REFUSED)
    assert [name for name, (_change, words) in REFUSED.items() if words not in said[name]] == []
    assert [name for name, host in hosts.items() if host.files()] == []


def test_a_variable_of_a_vault_that_is_not_loaded_is_named_with_its_host(ansible: Ansible) -> None:
    """What is loaded passes."""
    include = {"name": "stemedb.cluster.stemedb_node", "tasks_from": "defined.yml"}
    tasks = [{"ansible.builtin.include_role": include}]
    environment = {"stemedb_node_environment": "{{ vault_stemedb_node_environment }}"}
    hosts: dict[str, dict[str, Any]] = {
        "db-01": {**environment, "vault_stemedb_node_environment": {"A": "b"}},
        "db-02": {"stemedb_node_flags": ["--key={{ vault_stemedb_node_flags['--key'] }}"]},
        "db-03": environment,
    }
    hosts = {name: {"ansible_connection": "local", **known} for name, known in hosts.items()}
    run = ansible.playbook(
        [{"hosts": "all", "gather_facts": False, "tasks": tasks}],
        "-i",
        ansible.written({"all": {"hosts": hosts}}),
    )
    sentences = {
        found.host: found.result["msg"]
        for found in run.tasks
        if found.task.endswith("Name the variable and the host") and "msg" in found.result
    }
    assert set(sentences) == {"db-02", "db-03"}
    assert "of db-02 needs vault_stemedb_node_flags, which is not defined." in sentences["db-02"]
    assert "of db-03 needs vault_stemedb_node_environment, which is not" in sentences["db-03"]


def test_a_host_whose_identity_is_not_certain_is_left_as_it_is(
    tmp_path: Path, ansible: Ansible, binary: Path
) -> None:
    names = ("nobody", "lost", "both", "moved", "clone", "ok")
    hosts = {name: Host(tmp_path / name, binary) for name in names}
    variables = {name: dict(host.variables) for name, host in hosts.items()}
    for name in ("nobody", "ok"):
        hosts[name].data.mkdir(parents=True)
        (hosts[name].data / "shard_0").touch()
    variables["ok"].update(stemedb_node_id="a3f2b1c4")
    member = {"node_id": "a3f2b1c4", "address": f"{hosts['lost'].address}:18182"}
    known = [{**member, "state": "Dead", "shards": [1, 2]}]
    variables["lost"].update(stemedb_node_known_members=known)
    hosts["both"].config.parent.mkdir(parents=True)
    (hosts["both"].config.parent / "node_id").write_text("7d8e9f0a\n")
    variables["both"].update(stemedb_node_id="a3f2b1c4")
    for name in ("moved", "clone"):
        hosts[name].data.mkdir(parents=True)
        (hosts[name].data / "shard_0").touch()
        hosts[name].config.parent.mkdir(parents=True)
        (hosts[name].config.parent / "node_id").write_text("a3f2b1c4\n")
    (hosts["moved"].config.parent / "data_dir").write_text("/var/lib/elsewhere\n")
    original = [{**member, "address": "127.1.2.3:18182", "state": "Alive", "shards": [1]}]
    variables["clone"].update(stemedb_node_known_members=original)
    before = {name: host.files() for name, host in hosts.items()}

    said = refusals(play(variables, ansible, "--check", "--forks=2"))
    assert set(said) == set(names) - {"ok"}
    assert "lies in /var/lib/elsewhere" in said["moved"]
    assert "lists that id Alive at 127.1.2.3:18182" in said["clone"]
    assert "nothing says whose data it is" in said["nobody"]
    assert "use replace_node" in said["lost"]
    assert "7d8e9f0a" in said["both"]
    assert "a3f2b1c4" in said["both"]
    refused = {name: variables[name] for name in said}
    assert refusals(play(refused, ansible, "--forks=2")) == said
    assert {name: host.files() for name, host in hosts.items()} == before


def mark_of(data: Path) -> Any:
    """Whose data a directory says that it holds, by a plain read of its attribute."""
    try:
        return json.loads(os.getxattr(data, "user.stemedb.cluster"))
    except OSError:
        return None


def test_a_disk_of_another_host_is_found_by_its_mark(
    installed: tuple[Host, Run], fresh: Host, ansible: Ansible
) -> None:
    host, run = installed
    if mark_of(host.data) is None:
        pytest.skip("this file system keeps no extended attributes")
    # As the same disk in another machine: the directory itself, under the place of the other's.
    fresh.data.symlink_to(host.data)
    wrong = fresh.play(ansible, stemedb_node_id="7d8e9f0a")
    owner = facts(run)["identity"]["node_id"]
    assert f"is marked as that of node {owner} of cluster " in refusals(wrong)["node-01"]
    assert changed(wrong) == []
    # Nothing else there says whose it is, so the mark is shown to who has to decide.
    wrong = fresh.play(ansible)
    assert f"only its mark says whose data it is (node {owner}" in refusals(wrong)["node-01"]
    assert fresh.files() == ["data"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_data_of_another_user_is_refused(fresh: Host, ansible: Ansible) -> None:
    fresh.data.mkdir()
    (fresh.data / "shard_0").touch()
    os.chown(fresh.data, 65534, -1)
    run = fresh.play(ansible, stemedb_node_id="a3f2b1c4")
    assert "Set stemedb_node_user" in refusals(run)["node-01"]
    assert changed(run) == []


def test_the_identity_alone_changes_nothing_and_stays_the_same(
    fresh: Host, ansible: Ansible
) -> None:
    include = {
        "ansible.builtin.include_role": {
            "name": "stemedb.cluster.stemedb_node",
            "tasks_from": "identity.yml",
        }
    }
    show = {"name": "id", "ansible.builtin.debug": {"msg": "{{ stemedb_node_identity.node_id }}"}}
    play = {"hosts": "all", "gather_facts": False, "tasks": [include, show, include, show]}
    inventory = ansible.written({"all": {"hosts": {"node-01": fresh.variables}}})
    run = ansible.playbook([play], "-i", inventory)
    assert run.ok, run
    one, two = (found.result["msg"] for found in run.of("id"))
    assert one == two
    assert fresh.files() == []


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet."""


@pytest.fixture
def downloads(tmp_path: Path, binary: Path) -> Iterator[str]:
    folder = tmp_path / "www"
    folder.mkdir()
    shutil.copy(binary, folder / "stemedb-node")
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/stemedb-node"
        server.shutdown()
        thread.join(10)


def test_an_artifact_from_a_url_is_verified(
    fresh: Host, ansible: Ansible, binary: Path, downloads: str
) -> None:
    wrong = fresh.play(
        ansible, stemedb_node_artifact=downloads, stemedb_node_checksum="sha256:" + "0" * 64
    )
    assert not wrong.ok
    assert not fresh.binary.exists()
    digest = hashlib.sha256(binary.read_bytes()).hexdigest()
    variables = {"stemedb_node_artifact": downloads, "stemedb_node_checksum": f"sha256:{digest}"}
    assert facts(fresh.play(ansible, "--check", **variables))
    assert facts(fresh.play(ansible, **variables))
    assert fresh.binary.read_bytes() == binary.read_bytes()


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


def test_under_systemd_check_mode_gives_no_service_command(fresh: Host, ansible: Ansible) -> None:
    env, log = systemctl(fresh, "inactive")
    ours = fresh.folder.parent / "node.toml.j2"
    builtin = ROOT / "roles" / "stemedb_node" / "templates" / "node.toml.j2"
    ours.write_text(builtin.read_text() + f'token = "{SECRET}"\n')
    run = systemd_play(
        fresh,
        ansible,
        env,
        "--check",
        "--diff",
        stemedb_node_config_template=str(ours),
        stemedb_node_flags=["--api-key", SECRET],
        stemedb_node_gateway_port=28181,
        stemedb_node_rpc_port=28182,
        stemedb_node_gossip_port=28183,
    )
    assert facts(run)
    assert "ExecStart=" in run.stdout
    for line in ("gateway_port = 28181", "rpc_port = 28182", "gossip_port = 28183"):
        assert line in run.stdout
    # Of what may be secret a difference tells that it is there.
    assert "token = (hidden)" in run.stdout
    assert "--api-key (hidden)" in run.stdout
    assert SECRET not in run.stdout + run.stderr
    assert asked(log) == []
    assert not fresh.unit.exists()


def test_under_systemd_a_node_is_started_once(fresh: Host, ansible: Ansible) -> None:
    env, log = systemctl(fresh, "inactive")
    templates = {"unit": "ExecStart=of our own\n", "config": "name is {{ stemedb_cluster_name }}\n"}
    for name, text in templates.items():
        (fresh.folder / name).with_suffix(".j2").write_text(text)
    run = systemd_play(
        fresh,
        ansible,
        env,
        stemedb_node_unit_template=str(fresh.folder / "unit.j2"),
        stemedb_node_config_template=str(fresh.folder / "config.j2"),
    )
    # The stand-in says "inactive" after the start too, so this is a node that died.
    assert not run.ok
    assert asked(log) == ["daemon-reload", "start"]
    assert fresh.unit.read_text() == "ExecStart=of our own\n"
    assert fresh.config.read_text() == "name is demo\n"


def test_under_systemd_a_running_member_is_never_restarted(fresh: Host, ansible: Ansible) -> None:
    env, log = systemctl(fresh, "active")
    run = systemd_play(fresh, ansible, env, stemedb_node_id="a3f2b1c4")
    assert sorted(facts(run)["restart_reasons"]) == [
        "binary",
        "configuration",
        "environment",
        "unit",
    ]
    assert asked(log) == ["daemon-reload"]
    # Of a run that was killed between writing and reading the unit, the next one does the rest.
    env, log = systemctl(fresh, "active", reload="yes")
    run = systemd_play(fresh, ansible, env, stemedb_node_id="a3f2b1c4")
    assert changed(run) == []
    assert asked(log) == ["daemon-reload"]


CLUSTER = {"stemedb_cluster_name": "demo", "stemedb_seed_nodes": ["node-01:18183"]}


def rendered(tmp_path: Path, ansible: Ansible, **variables: Any) -> str:
    """The unit that the role's template gives."""
    unit = tmp_path / "stemedb-node.service"
    role = ROOT / "roles" / "stemedb_node"
    run = ansible.tasks(
        {
            "ansible.builtin.template": {
                "src": str(role / "templates" / "stemedb-node.service.j2"),
                "dest": str(unit),
                "mode": "0644",
            }
        },
        vars_files=[str(role / "defaults" / "main.yml"), str(role / "vars" / "main.yml")],
        flags=("-e", json.dumps({**CLUSTER, **variables})),
    )
    assert run.ok, run
    return unit.read_text()


def test_the_unit_says_what_it_runs_and_what_it_may_do(tmp_path: Path, ansible: Ansible) -> None:
    text = rendered(
        tmp_path,
        ansible,
        stemedb_node_identity={"node_id": "a3f2b1c4"},
        stemedb_node_flags=["--label", 'a "b" 100% $HOME', "--plain=x"],
        stemedb_node_limit_nofile=4096,
        stemedb_node_binary="/bin/true",
    )
    lines = text.splitlines()
    assert (
        "ExecStart=/bin/true --node-id a3f2b1c4 --seed-nodes node-01:18183 "
        '--data-dir /var/lib/stemedb --label "a \\"b\\" 100%% $$HOME" --plain=x'
    ) in lines
    for line in (
        "User=stemedb",
        "EnvironmentFile=/etc/stemedb/stemedb-node.env",
        "LimitNOFILE=4096",
        "NoNewPrivileges=true",
        "PrivateTmp=true",
        "ProtectSystem=strict",
        'ReadWritePaths="/var/lib/stemedb"',
        "WantedBy=multi-user.target",
    ):
        assert line in lines


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_understands_the_unit(tmp_path: Path, ansible: Ansible) -> None:
    rendered(tmp_path, ansible, stemedb_node_user="root", stemedb_node_binary="/bin/true")
    done = subprocess.run(
        ["systemd-analyze", "verify", str(tmp_path / "stemedb-node.service")],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    about_it = [line for line in done.stderr.splitlines() if "stemedb-node.service" in line]
    assert about_it == []
