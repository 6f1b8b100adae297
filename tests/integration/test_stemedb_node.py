"""The role stemedb_node on this machine: real processes, no systemd, no root needed."""

from __future__ import annotations

import functools
import hashlib
import http.server
import os
import shutil
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import Ansible, Run
from tests.integration.host_folder import (
    SECRET,
    Host,
    changed,
    facts,
    mark_of,
    of,
    play,
)


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
