"""Commands of the documents, as they stand there, on a cluster of four.

What only reads is run: modules, lookups, playbooks that read, and every playbook with --check. The
names of hosts become those of the cluster, and files a folder of the test's. The other commands are
parsed by tests/unit/test_commands_of_docs.py, and the tests of each procedure run it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.integration.conftest import Ansible
from tests.integration.inventories import SECRET, Site, bootstrapped, ended, four_members
from tests.support.doc_commands import OURS, Command, commands, modules, parsed

READS = {"contract_check", "diagnose", "health", "lock"}
CHANGES = {"stemedb_planned_call", "stemedb_sync"}
# The pages show how its failure reads.
FAILS = ("at_least",)
NEEDS_DEAD = ("replace_node", "stemedb_dead")
HOST = re.compile(
    r"\b(?:db-0|node-0|127\.0\.0\.1|stemedb-)(?P<number>[1-5a-e])(?:\.example\.com)?\b"
)
FILE = re.compile(r"(?<==)(?:\$PWD/|/[\w/-]+/)?(?P<name>[\w-]+\.(?:html|json|prom|yml))\b")


def runs(command: Command) -> bool:
    """Whether it changes nothing, and can run beside a development cluster."""
    words = command.words
    known = ("ansible", "ansible-inventory", "ansible-playbook")
    if not words or words[0] not in known or "--ask-vault-pass" in words:
        return False
    options = parsed(words[0], words[1:])
    if words[0] == "ansible-inventory":
        return True
    if words[0] == "ansible-playbook":
        breaks = "stemedb_lock_break" in command.text
        return options.check or (options.args[0].removeprefix(OURS) in READS and not breaks)
    name = options.module_name.removeprefix(OURS)
    return name.endswith("debug") or name in set(modules()) - CHANGES


def distinct(dead: bool) -> list[Command]:
    """Those to run, each once, however many pages have it; `dead`: those that need a dead node."""
    found: dict[str, Command] = {}
    for command in commands():
        if runs(command) and any(word in command.text for word in NEEDS_DEAD) is dead:
            found.setdefault(alike(command), command)
    return list(found.values())


def alike(command: Command) -> str:
    """What two commands have in common that differ by no more than names and what they show.

    Of the plans of a procedure one is enough: its own tests run them with all kinds of variables.
    """
    if "--check" in command.words:
        return command.words[1]
    text = re.sub(r" -i \S+", "", " ".join(command.words))
    return re.sub(r"(?<=-m )(stemedb\.cluster|ansible\.builtin)\.", "", _named(text))


def _named(text: str) -> str:
    """With node-01 for db-01.example.com, for 127.0.0.11, stemedb-a and gateway."""
    text = HOST.sub(lambda found: f"node-0{int(found['number'], 16) % 9}", text)
    return text.replace("//gateway:", "//node-01:")


def adapted(command: Command, site: Site, folder: Path) -> list[str]:
    """Its words, for this cluster."""
    words = []
    for word in command.words:
        word = FILE.sub(lambda found: str(folder / found["name"]), _named(word))
        words.append(re.sub(r"node-0\d(?=[:\"]|$| )", lambda found: _place(found, site), word))
    for number, word in enumerate(words):
        if words[number - 1] == "-i":
            words[number] = str(folder / ("inventory" if word == "inventory" else "hosts.yml"))
    return words


def _place(found: re.Match[str], site: Site) -> str:
    """The address of a host in a URL or an argument of a module, its name as a target."""
    before = found.string[: found.start()]
    named = re.search(r"stemedb_(target|confirm)=$|^$", before)
    return found[0] if named else site.hosts[int(found[0][-1]) - 1].address


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("documented")
    with four_members(folder, age_out=600) as made:
        made.settings.update(
            stemedb_lock_hosts=["localhost"],
            stemedb_lock_path=str(made.lock_path("localhost")),
            stemedb_seed_nodes=[host.node.seed for host in made.hosts[:2]],
            stemedb_gateway_url=[host.node.url for host in made.hosts[:2]],
        )
        yield bootstrapped(made, folder / "bootstrap")


@pytest.fixture(scope="module")
def site_with_a_dead_node(site: Site) -> Site:
    lost, others = site.hosts[3], site.hosts[:3]
    lost.stop()
    site.cluster.wait_until(
        lambda: all(host.node.states()[lost.node_id] == "Dead" for host in others), "detection"
    )
    return site


def run(command: Command, site: Site, ansible: Ansible, folder: Path) -> None:
    new = [] if "reconcile" in command.text else [site.host("node-05")]
    groups = {"stemedb_nodes": site.hosts[:4], "stemedb_new_nodes": new}
    inventory = site.inventory(**groups)
    del site.hosts[4:]
    (folder / "hosts.yml").write_text(yaml.safe_dump(inventory), encoding="utf-8")
    urls = [host.node.url for host in site.hosts[:2]]
    plugin = {"plugin": f"{OURS}stemedb", "gateway_url": urls, "api_key": SECRET}
    (folder / "inventory").mkdir()
    (folder / "inventory/20-stemedb.yml").write_text(yaml.safe_dump(plugin), encoding="utf-8")
    env = {"STEMEDB_GATEWAY_URL": ",".join(urls), "STEMEDB_API_KEY": SECRET}
    words = adapted(command, site, folder)
    if words[0] == "ansible-playbook" and "-i" not in words:
        words += ["-e", f"stemedb_api_key={SECRET}"]
    done = ended(ansible.start(*words, env=env))
    assert done.ok is not any(word in command.text for word in FAILS), done
    for host in site.hosts[:3]:
        assert host.node.requests()["mutating"] == []


@pytest.mark.parametrize("command", distinct(dead=False), ids=str)
def test_a_command_that_changes_nothing(
    command: Command, site: Site, ansible: Ansible, tmp_path: Path
) -> None:
    run(command, site, ansible, tmp_path)


@pytest.mark.parametrize("command", distinct(dead=True), ids=str)
def test_a_command_about_a_dead_node(
    command: Command, site_with_a_dead_node: Site, ansible: Ansible, tmp_path: Path
) -> None:
    run(command, site_with_a_dead_node, ansible, tmp_path)
