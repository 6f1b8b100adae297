"""The playbook `adopt`: a cluster that hands have installed becomes an inventory, untouched.

node-01 was started in a terminal, with the key on its command line. node-02 is run by commands
that the operator knows. node-03 is called stemedb-api, and nobody knows what runs it. All are on
this machine, among whatever else runs here: the cluster says which is whose. The tests follow each
other as an operator would go.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.devcluster.cluster import DevCluster
from tests.integration import module_python
from tests.integration.conftest import Ansible, Run
from tests.integration.inventories import SECRET, SETTINGS, Host, Site, changes, ended

REPORT = "Report"
GATE = "Adopt only what is certain"
WRITE = "Write the inventory"
# A directory of that name is data; evaluated anywhere, it would end the run.
TRAP = "srv{{ 1 % 0 }}"
VAULT = "vault_stemedb_node_environment"


class Loader(yaml.SafeLoader):
    """YAML as Ansible reads it."""


def _as_it_is(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> Any:
    return loader.construct_scalar(node)


Loader.add_constructor("!unsafe", _as_it_is)


def environment(host: Host) -> dict[str, str]:
    """What a node is started with, and what its operator puts into a vault afterwards."""
    return {
        "STEMEDB_DEV_LISTEN": host.address,
        "STEMEDB_DEV_TIME_SCALE": "0.02",
        "STEMEDB_API_KEY": SECRET,
    }


class Hands:
    """A cluster, the hosts that it was installed on, and an inventory that says next to nothing."""

    def __init__(self, folder: Path) -> None:
        self.cluster = DevCluster(folder / "cluster", api_key=SECRET, time_scale=0.02)
        self.site = Site(self.cluster, folder / "hosts")
        self.file = folder / "adopted.yml"

    def install(self) -> None:
        """Start all nodes and wait until they are one cluster."""
        self.cluster.start(1)
        self.hosts = [self.site.host(name) for name in ("node-02", "node-03")]
        self.ids = [str(uuid.uuid4()) for _host in self.hosts]
        self.data = [self.hosts[0].folder / "srv", self.hosts[1].folder / TRAP]
        self.start(self.hosts[0], "stemedb-node", self.ids[0], self.data[0])
        self.start(self.hosts[1], "stemedb-api", self.ids[1], self.data[1])
        self.cluster.wait_until(lambda: self.cluster.healthy(3), "three nodes")

    def start(self, host: Host, name: str, node_id: str, data: Path) -> None:
        """Install and start a node as hands do, each in another way."""
        program = host.folder / "opt" / name
        program.parent.mkdir(parents=True)
        shutil.copy(self.cluster.executable, program)
        config = host.folder / "conf" / "mine.toml"
        config.parent.mkdir()
        config.write_text(f'cluster_name = "devcluster"\napi_key = "{SECRET}"\n', encoding="utf-8")
        config.chmod(0o640)
        seeds = ",".join(self.cluster.seeds[:1])
        flags = [f"--data-dir={data}", "--node-id", node_id, "--seed-nodes", seeds]
        command = [*host.command("start").split(), "--", str(program), *flags]
        command += ["--config", str(config), "--rate", "1000000000"]
        env = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", **environment(host)}
        subprocess.run(command, check=True, capture_output=True, timeout=60, env=env)

    def inventory(self, **more: Any) -> dict[str, Any]:
        """Names and addresses, how to reach them, and one gateway."""
        first, (second, third) = self.cluster.node(0), self.hosts
        commands = {
            key: second.variables[f"stemedb_node_{key}_command"]
            for key in ("start", "stop", "status", "log")
        }
        hosts: dict[str, Any] = {
            "node-01": {"ansible_host": first.address},
            "node-02": {
                "ansible_host": "127.0.0.1",  # as through another network than the cluster's
                "stemedb_node_service_manager": "command",
                "stemedb_node_address": second.address,
                **{f"stemedb_node_{key}_command": text for key, text in commands.items()},
            },
            "node-03": {"ansible_host": third.address},
            **more,
        }
        reached = {
            "ansible_connection": "local",
            "ansible_python_interpreter": module_python.path(),
        }
        variables = {"stemedb_gateway_url": self.cluster.urls[:1], **reached}
        group = {"hosts": {name: of for name, of in hosts.items() if of}}
        return {"all": {"vars": variables, "children": {"stemedb_nodes": group}}}

    def adopt(self, ansible: Ansible, *flags: str, **more: Any) -> Run:
        return self.play(ansible, "stemedb.cluster.adopt", self.inventory(**more), *flags)

    def play(self, ansible: Ansible, plays: Any, inventory: Any, *flags: str) -> Run:
        """Run a playbook on an inventory; the key comes from the environment, as it may."""
        settings = {
            "stemedb_adopt_inventory": str(self.file),
            # RUST_LOG and the like may be in the environment of whoever runs the tests.
            "stemedb_adopt_environment_pattern": "STEMEDB_",
        }
        sources = ("-i", ansible.written(inventory), "-e", json.dumps(settings))
        command = ("ansible-playbook", ansible.written(plays), *sources, *flags)
        env = {"STEMEDB_API_KEY": SECRET, "ANSIBLE_PIPELINING": "1"}
        return ended(ansible.start(*command, env=env))

    def snapshot(self) -> dict[str, Any]:
        """All that an adoption could touch: every file but the nodes' data, every process."""
        files = {
            str(path): (path.lstat().st_mtime_ns, path.lstat().st_mode, path.lstat().st_uid)
            for host in self.hosts
            for path in sorted(host.folder.rglob("*"))
            if not {"srv", TRAP, "run"} & set(path.relative_to(host.folder).parts)
        }
        services = [host.service for host in self.hosts]
        process = self.cluster.node(0).process
        assert process
        stat = Path(f"/proc/{process.pid}/stat").read_text(encoding="utf-8")
        return {"files": files, "services": services, "first": stat.rpartition(")")[2].split()[19]}

    def close(self) -> None:
        self.site.close()
        self.cluster.stop()


@pytest.fixture(scope="module")
def hands(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hands]:
    made = Hands(tmp_path_factory.mktemp("hands"))
    try:
        made.install()
        yield made
    finally:
        made.close()


def shown(run: Run) -> str:
    (found,) = run.of(REPORT)
    return "\n".join(found.result["lines"])


def kinds(run: Run) -> list[str]:
    """The findings in the report, as `severity kind: subject`."""
    return sorted(re.findall(r"^((?:ERROR|ACCEPTED|WARNING|NOTE) +\w+: [^:]+):", shown(run), re.M))


def written(hands: Hands) -> tuple[dict[str, Any], dict[str, Any], dict[str, dict[str, Any]]]:
    """Variables of all, of the group and of each host in the inventory that was written."""
    whole = yaml.load(hands.file.read_text(encoding="utf-8"), Loader)["all"]
    group = whole["children"]["stemedb"]
    return whole["vars"], group["vars"], group["children"]["stemedb_nodes"]["hosts"]


def test_check_mode_says_all_and_writes_nothing(hands: Hands, ansible: Ansible) -> None:
    before = hands.snapshot()
    run = hands.adopt(ansible, "--check", "--diff")
    assert run.ok, run
    assert changes(run) == [f"{WRITE} (localhost)"]
    assert not hands.file.exists()
    assert hands.snapshot() == before
    text = shown(run)
    config = hands.hosts[0].folder / "conf" / "mine.toml"
    for line in (
        "Cluster devcluster: 3 members, 3 hosts",
        f"node-01 is node {hands.cluster.node(0).node_id}, run by nothing that is known, runs",
        f"node-02 is node {hands.ids[0]}, run by commands of the inventory, runs",
        f"  stemedb_node would change: configuration {config}",
        "    -api_key = (hidden)",
        f'    +seed_nodes = ["{hands.cluster.seeds[0]}"]',
        f"    {config}: mode 0640, would be 0644",
        "  whether stemedb_node would change the environment is not known: it has no values",
    ):
        assert line in text.splitlines()
    (left,) = run.of("Show what is written and what is left to do")
    assert run.lines_of(left)[1] == "Still to do, before the first change:"
    assert kinds(run) == [
        "NOTE     environment: node-02, node-03",
        "NOTE     single_gateway: stemedb_gateway_url",
        "WARNING  no_service_manager: node-01, node-03",
        "WARNING  secret_flag: node-01",
    ]
    # The same for whoever asks by --diff what would be written.
    assert "+              stemedb_node_id: " in run.stdout


def test_an_inventory_is_written_and_nothing_touched(hands: Hands, ansible: Ansible) -> None:
    before = hands.snapshot()
    run = hands.adopt(ansible)
    assert run.ok, run
    assert changes(run) == [f"{WRITE} (localhost)"]
    assert hands.snapshot() == before
    text = hands.file.read_text(encoding="utf-8")
    assert SECRET not in text
    of_all, of_group, hosts = written(hands)
    assert of_all == {
        "stemedb_cluster_name": "devcluster",
        "stemedb_gateway_url": hands.cluster.urls[:1],
        "stemedb_seed_nodes": hands.cluster.seeds[:1],
        "stemedb_lock_hosts": ["node-01", "node-02", "node-03"],
    }
    (ended,) = run.of("Show what is written and what is left to do")
    assert run.lines_of(ended)[1:] == [
        f"{hands.file} holds 3 hosts of stemedb_nodes and stemedb_lock_hosts (node-01, node-02, "
        "node-03).",
        "Still to do, before the first change:",
        "  check stemedb_lock_hosts: name other hosts there if one of these will go",
        "  create vault_stemedb_node_environment in a vault: a value for each name in the file's "
        "comments",
        "  create vault_stemedb_node_flags in a vault: a value for each flag that names it",
        "  set stemedb_node_start_command, _stop_command and _status_command, or make a unit and "
        "adopt again: node-01, node-03",
        f"  check the health: ansible-playbook stemedb.cluster.health -i {hands.file}",
    ]
    assert of_group["ansible_connection"] == "local"
    assert of_group["stemedb_node_service_manager"] == "command"
    first, second, third = hosts["node-01"], hosts["node-02"], hosts["node-03"]
    ids = [hands.cluster.node(0).node_id, *hands.ids]
    assert [one["stemedb_node_id"] for one in (first, second, third)] == ids
    flag = first["stemedb_node_flags"]
    assert flag[flag.index("--api-key") + 1] == "{{ vault_stemedb_node_flags['--api-key'] }}"
    assert first["stemedb_node_data_dir"] == str(hands.cluster.node(0).data_dir)
    assert second["stemedb_node_address"] == hands.hosts[0].address
    assert second["stemedb_node_start_command"].endswith(" -- {{ stemedb_node_command_line }}")
    assert [one["stemedb_node_data_dir"] for one in (second, third)] == list(map(str, hands.data))
    for host, one, name in zip(hands.hosts, (second, third), ("stemedb-node", "stemedb-api")):
        config = str(host.folder / "conf" / "mine.toml")
        assert one["stemedb_node_binary"] == str(host.folder / "opt" / name)
        assert one["stemedb_node_config_path"] == config
        assert one["stemedb_node_flags"] == ["--config", config, "--rate", "1000000000"]
        assert "variables of its environment: STEMEDB_API_KEY, STEMEDB_DEV_LISTEN" in text
    assert "stemedb_node_start_command" not in third
    assert text.count("# started by hand; nothing here can start or stop it") == 2

    again = hands.adopt(ansible)
    assert again.ok, again
    assert changes(again) == []
    assert hands.file.read_text(encoding="utf-8") == text


def test_what_adopt_says_would_change_is_what_the_node_role_changes(
    hands: Hands, ansible: Ansible
) -> None:
    host, data = hands.hosts[0], hands.data[0]
    vault = ansible.written({VAULT: environment(host)})
    role = {"hosts": "node-02", "gather_facts": False, "roles": ["stemedb.cluster.stemedb_node"]}

    def foreseen() -> str:
        """What is said of node-02."""
        run = hands.play(ansible, "stemedb.cluster.adopt", hands.file, "-e", f"@{vault}", "--check")
        return shown(run).partition("node-02 is")[2].partition("node-03 is")[0]

    # Not all file systems keep marks.
    told = re.findall(r"stemedb_node would change: (.*)", foreseen())
    mark = [f"mark of the data {data}"] if f"mark of the data {data}" in told else []
    assert told == [
        f"identity {host.folder / 'conf' / 'node_id'}",
        f"place of the data {host.folder / 'conf' / 'data_dir'}",
        *mark,
        f"configuration {host.folder / 'conf' / 'mine.toml'}",
        f"environment {host.folder / 'conf' / 'stemedb-node.env'}",
    ]

    started = host.service
    run = hands.play(ansible, [role], hands.file, "-e", f"@{vault}")
    assert run.ok, run
    assert changes(run) == [
        "Record which node this is, and mark its data, before the first start (node-02)",
        "Write the configuration (node-02)",
        "Write the environment of the service (node-02)",
    ]
    assert host.service == started
    # By hands in another order, and no reason for a restart.
    (said,) = run.of("Set what a restart would be for")
    reasons = said.result["ansible_facts"]["stemedb_node_restart_reasons"]
    assert reasons == ["configuration", "environment"]

    assert "stemedb_node would change nothing" in foreseen()


def failure(run: Run, task: str) -> str:
    assert run.rc == 2, run
    (found,) = (one for one in run.of(task) if one.status == "failed")
    return str(found.result["msg"])


def test_what_is_not_certain_is_refused_in_one_report(hands: Hands, ansible: Ansible) -> None:
    kept = "# of somebody else\n"
    other = hands.file.with_name("kept.yml")
    other.write_text(kept, encoding="utf-8")
    strangers = {
        "node-01": None,
        "node-03": None,
        # Nothing tells the nodes of this machine apart for it.
        "node-08": {"ansible_host": "127.99.99.98"},
        "node-09": {"ansible_host": "127.99.99.99", "ansible_python_interpreter": "/no/python"},
    }
    flags = ("-e", f"stemedb_adopt_inventory={other}")
    run = hands.adopt(ansible, *flags, **strangers)
    message = failure(run, GATE)
    assert "several_nodes, not_looked_at. Nothing was written." in message
    found = kinds(run)
    for kind in (
        "ERROR    several_nodes: node-08",
        "ERROR    not_looked_at: node-09",
        f"WARNING  member_without_host: {hands.ids[1]}",
    ):
        assert kind in found
    assert changes(run) == []
    assert other.read_text(encoding="utf-8") == kept

    accept = json.dumps({"stemedb_accept": ["several_nodes", "not_looked_at"]})
    run = hands.adopt(ansible, *flags, "-e", accept, **strangers)
    assert "stemedb_adopt_overwrite=true" in failure(run, "Refuse to replace what somebody wrote")
    assert other.read_text(encoding="utf-8") == kept

    run = hands.adopt(
        ansible, *flags, "-e", accept, "-e", "stemedb_adopt_overwrite=true", **strangers
    )
    # A host that failed is one to Ansible, whatever was accepted.
    assert [(one.task, one.host) for one in run.tasks if one.status == "failed"] == [
        ("Look for a node on the host", "node-09")
    ]
    assert "ACCEPTED several_nodes: node-08" in kinds(run)
    text = other.read_text(encoding="utf-8")
    assert "# node-08 is left out" in text
    assert f"# a member without a host here: {hands.ids[1]} at {hands.hosts[1].address}" in text
    (backup,) = other.parent.glob("kept.yml.*~")
    assert backup.read_text(encoding="utf-8") == kept


def test_a_limit_that_leaves_out_localhost_is_refused(hands: Hands, ansible: Ansible) -> None:
    run = hands.adopt(ansible, "--limit", "node-02")
    told = failure(run, "Check the options of the command line and the variables")
    assert "--limit 'node-02,localhost'" in told
    run = hands.adopt(ansible, "--check", "--limit", "node-02,localhost")
    assert "ERROR    not_looked_at: node-01, node-03" in kinds(run)
    assert f"node-02 is node {hands.ids[0]}" in shown(run)


def test_a_cluster_that_does_not_answer_is_a_finding(hands: Hands, ansible: Ansible) -> None:
    url = "-e", '{"stemedb_gateway_url": "http://127.99.99.97:18181"}'
    run = hands.adopt(ansible, *url, **{"node-02": None, "node-03": None})
    assert "unknown_cluster" in failure(run, GATE)
    # Which node of this machine is whose was the cluster's to say.
    assert "ERROR    unknown_cluster: cluster" in kinds(run)


def test_no_host_is_refused(hands: Hands, ansible: Ansible) -> None:
    run = hands.play(ansible, "stemedb.cluster.adopt", {"all": {"hosts": {"a": {}}}})
    assert "The group stemedb_nodes of the inventory is empty" in failure(
        run, "Demand at least one host"
    )


def test_a_node_is_added_to_what_was_adopted(hands: Hands, ansible: Ansible) -> None:
    """With what only the new host has of its own; the rest it has in common with the others."""
    host = hands.site.host("node-04")
    own = {**host.variables, "stemedb_node_artifact": str(hands.cluster.executable)}
    joining = {"all": {"children": {"stemedb_new_nodes": {"hosts": {"node-04": own}}}}}
    more = ("-i", ansible.written(joining), "-e", json.dumps(SETTINGS))
    run = hands.play(ansible, "stemedb.cluster.add_node", hands.file, *more)
    assert run.ok, run
    assert "node-04 was added." in run.stdout
    assert hands.cluster.node(0).states()[host.node_id] == "Alive"
