"""The inventory, read by the real commands from served clusters."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integration.asking import show
from tests.integration.conftest import Ansible, Run
from tests.support import hostile_nodes
from tests.support.fault_server import FaultServer, reply, routed

PLUGIN = "stemedb.cluster.stemedb"
IDS = ("a3f2b1c4-6d1e", "7d8e9f0a-1b2c", "c0ffee00-5a5a")
STRICT = {"ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true"}
OURS_FIRST = {"ANSIBLE_INVENTORY_ENABLED": f"{PLUGIN},host_list,yaml"}
EXPRESSIONS = {
    "compose": {"copy": "stemedb_node_id ~ stemedb_node_state", "many": "[stemedb_node_address]"},
    "groups": {"odd": "stemedb_node_id | length is odd"},
    "keyed_groups": [
        {"key": "stemedb_node_state", "prefix": "", "separator": "", "parent_group": "parents"},
        {"key": "stemedb_node_id", "prefix": "id"},
    ],
}

Writes = Callable[..., str]


@pytest.fixture
def server() -> Iterator[FaultServer]:
    nodes = [
        {"node_id": node_id, "addr": f"192.0.2.{number}:18182", "state": "Alive"}
        for number, node_id in enumerate(IDS, 1)
    ]
    shards = [{"shard_id": 1, "leader_node": IDS[0], "replica_nodes": list(IDS[:2])}]
    routes = {
        "/v1/cluster/status": reply(200, {"nodes": nodes, "node_count": len(nodes)}),
        "/v1/admin/ranges": reply(200, {"ranges": shards}),
    }
    with FaultServer(routed(routes)) as made:
        yield made


@pytest.fixture
def writes(tmp_path: Path) -> Writes:
    """Writes a file of the plugin, and gives its path."""

    def write(url: str, name: str = "stemedb.yml", **options: Any) -> str:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        content = {"plugin": PLUGIN, "gateway_url": url, "retries": 0, **options}
        path.write_text(yaml.safe_dump(content), encoding="utf-8")
        return str(path)

    return write


def listed(run: Run) -> dict[str, Any]:
    """The inventory that `ansible-inventory --list` printed."""
    assert run.ok, run
    return dict(json.loads(run.stdout, object_hook=lambda row: row.get("__ansible_unsafe", row)))


def test_hosts_and_groups(ansible: Ansible, server: FaultServer, writes: Writes) -> None:
    found = listed(ansible.start("ansible-inventory", "-i", writes(server.url), "--list").end())
    assert found["_meta"]["hostvars"][IDS[0]] == {
        "ansible_host": "192.0.2.1",
        "stemedb_node_address": "192.0.2.1:18182",
        "stemedb_node_id": IDS[0],
        "stemedb_node_shards": [1],
        "stemedb_node_state": "Alive",
    }
    assert found["stemedb_alive"]["hosts"] == sorted(IDS)
    assert found["stemedb_leaders"]["hosts"] == [IDS[0]]
    assert len(server.paths) == 2


def test_options_of_the_environment_and_of_the_command_line(
    ansible: Ansible, server: FaultServer, tmp_path: Path
) -> None:
    path = tmp_path / "stemedb.yml"
    path.write_text(f"plugin: {PLUGIN}\n", encoding="utf-8")
    command = ("ansible-inventory", "-i", str(path), "--list")
    by_environment = ansible.start(*command, env={"STEMEDB_GATEWAY_URL": server.url}).end()
    by_variable = ansible.start(*command, "-e", f"stemedb_gateway_url={server.url}").end()
    assert listed(by_environment)["stemedb"] == listed(by_variable)["stemedb"]
    assert len(server.paths) == 4


def test_a_folder_with_a_static_file_and_variables(
    ansible: Ansible, server: FaultServer, writes: Writes, tmp_path: Path
) -> None:
    writes(server.url, "inventory/20-stemedb.yml")
    folder = tmp_path / "inventory"
    hosts = {"db-01": {"ansible_host": "192.0.2.1"}, "db-02": {}}
    static = {"stemedb_nodes": {"hosts": hosts}}
    (folder / "10-static.yml").write_text(yaml.safe_dump(static), encoding="utf-8")
    (folder / "host_vars").mkdir()
    own = f"stemedb_node_id: {IDS[1]}\n"
    (folder / "host_vars" / "db-02.yml").write_text(own, encoding="utf-8")
    found = listed(ansible.start("ansible-inventory", "-i", str(folder), "--list").end())
    assert set(found["_meta"]["hostvars"]) == {"db-01", "db-02", IDS[2]}
    assert found["_meta"]["hostvars"]["db-01"]["stemedb_node_id"] == IDS[0]
    assert found["_meta"]["hostvars"]["db-02"]["stemedb_node_state"] == "Alive"
    assert sorted(found["stemedb_alive"]["hosts"]) == [IDS[2], "db-01", "db-02"]


@pytest.mark.parametrize(
    "command",
    [("ansible-inventory", "--list"), ("ansible", "all", "-m", "ansible.builtin.debug")],
    ids=lambda command: command[0],
)
def test_an_unreachable_gateway_ends_the_run_with_one_sentence(
    ansible: Ansible, writes: Writes, command: tuple[str, ...]
) -> None:
    path = writes("http://127.0.0.1:1")
    run = ansible.start(*command, "-i", path, env={**STRICT, **OURS_FIRST}).end(warnings=True)
    assert run.rc != 0, run
    first = run.stderr.partition("Failed to parse inventory with")[2].partition("\n")[0]
    assert f"plugin: {PLUGIN}: Nothing listens on 127.0.0.1:1 for" in first
    assert f"Completely failed to parse inventory source {path}" in run.stderr
    assert "Traceback" not in run.stderr


def test_without_that_setting_the_run_goes_on_without_hosts(
    ansible: Ansible, writes: Writes
) -> None:
    """Which is why the guide asks for the setting."""
    command = ("ansible-inventory", "-i", writes("http://127.0.0.1:1"), "--list")
    run = ansible.start(*command, env=OURS_FIRST).end(warnings=True)
    assert run.ok, run
    assert "Nothing listens on" in run.stderr


def test_the_cache_answers_until_it_is_flushed(
    ansible: Ansible, server: FaultServer, writes: Writes, tmp_path: Path
) -> None:
    keeps = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile"}
    path = writes(server.url, **keeps, cache_connection=str(tmp_path / "cache"))
    command = ("ansible-inventory", "-i", path, "--list")
    asked = listed(ansible.start(*command).end())
    assert listed(ansible.start(*command).end()) == asked
    assert len(server.paths) == 2
    assert listed(ansible.start(*command, "--flush-cache").end()) == asked
    assert len(server.paths) == 4


# --- texts that mean harm ------------------------------------------------------------------------


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    return tmp_path / "canary"


@pytest.fixture
def harmful(canary: Path) -> Iterator[FaultServer]:
    routes = {
        "/v1/cluster/status": reply(200, hostile_nodes.status(canary)),
        "/v1/admin/ranges": reply(200, hostile_nodes.ranges(canary)),
    }
    with FaultServer(routed(routes)) as made:
        yield made


@pytest.mark.parametrize("options", [{}, EXPRESSIONS], ids=["plain", "expressions"])
def test_nothing_runs_and_no_host_is_lost(
    ansible: Ansible,
    harmful: FaultServer,
    canary: Path,
    tmp_path: Path,
    writes: Writes,
    options: dict[str, Any],
) -> None:
    """Asked for, and out of the cache: what a play shows of the variables is what they are."""
    keeps: dict[str, Any] = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile"}
    keeps["cache_connection"] = str(tmp_path / "cache")
    path = writes(harmful.url, **keeps, **options)
    # After a source in TOML, Ansible trusts what a later one sets in the ordinary way.
    earlier = tmp_path / "10-static.toml"
    earlier.write_text('[webservers.hosts.db-01]\nansible_host = "192.0.2.1"\n', encoding="utf-8")
    every = "groups.stemedb | map('extract', hostvars)"
    expressions = (
        f"{every} | map(attribute='stemedb_node_id')",
        f"{every} | map(attribute='stemedb_node_address')",
        f"{every} | selectattr('copy', 'defined') | map(attribute='copy')",
    )
    lists = [show(f"{expression} | list") for expression in expressions]
    keep = {"ansible.builtin.set_fact": {"kept": "{{ " + every + " | list }}"}}
    again = show("kept | to_json ~ groups | to_json")
    play = {"hosts": "localhost", "gather_facts": False, "tasks": [*lists, keep, again]}
    nodes = hostile_nodes.status(canary)["nodes"]
    for _turn in range(2):
        sources = ("-i", str(earlier), "-i", path)
        command = ("ansible-playbook", *sources, ansible.written([play]))
        run = ansible.start(*command).end(warnings=True)
        assert run.ok, run
        warnings = re.findall(r"^\[WARNING\]: (.*)", run.stderr, re.MULTILINE)
        assert [text for text in warnings if "cannot be below" not in text] == []
        ids, addresses, composed = (task.result["msg"] for task in run.tasks[:3])
        assert len(set(ids)) == len(nodes)
        assert {"{{ 7 * 7 }}", "../../../etc/passwd", "*", r"db\u202e10-\u202d"} <= set(ids)
        assert "-F/dev/null:18182" in addresses or "-F/dev/null" in addresses
        assert len(composed) == (len(nodes) if options else 0)
        assert not canary.exists()
    assert len(harmful.paths) == 2


def test_a_play_reaches_each_host_by_its_own_name(
    ansible: Ansible, harmful: FaultServer, canary: Path, writes: Writes
) -> None:
    path = writes(harmful.url)
    module = ("-m", "ansible.builtin.debug", "-a", "var=stemedb_node_id")
    run = ansible.start("ansible", "stemedb:!stemedb_alive", "-i", path, *module).end()
    assert run.ok, run
    assert len({task.host for task in run.tasks}) == len(hostile_nodes.texts(canary))
    assert not canary.exists()


def test_json_keeps_the_mark_of_unsafe_text_and_yaml_does_not(
    ansible: Ansible, harmful: FaultServer, canary: Path, writes: Writes
) -> None:
    """Which is why the guide warns of YAML."""
    command = ("ansible-inventory", "-i", writes(harmful.url), "--list")
    run = ansible.start(*command).end()
    assert '"__ansible_unsafe": "{{ 7 * 7 }}"' in run.stdout
    dropped = ansible.start(*command, "--yaml").end().stdout
    assert "stemedb_node_id: '{{ 7 * 7 }}'" in dropped
    assert not canary.exists()
