"""`examples/gitops` with real Ansible: pushes to its bare repository change a development cluster.

One cluster through these tests, in their order. Three members run beside it, which are declared
only; what is added and removed is a host.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
import yaml
from ansible.parsing.vault import VaultLib, VaultSecret

from tests.devcluster.cluster import DevCluster
from tests.integration.conftest import BIN, PLUGINS, ROOT, UNWANTED, Ansible
from tests.integration.inventories import SCALE, SECRET, Site, as_text
from tests.support.gitops import EXAMPLE, Repository

HOSTS = "inventory/hosts.yml"
UNIT = EXAMPLE / "pull" / "stemedb-gitops.service"
URL = "git@git.example.com:ops/stemedb.git"
LOST = "10570000-1111-4222-8333-444455556666"
VAULT = "the password of the vault"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    with DevCluster(folder / "cluster", api_key=SECRET, time_scale=SCALE) as cluster:
        cluster.start(3).wait_settled()
        made = Site(cluster, folder / "hosts")
        made.host("node-04")
        yield made
        made.close()


@pytest.fixture(scope="module")
def repository(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Repository:
    folder = tmp_path_factory.mktemp("repository")
    environment = {
        **Ansible(folder).environment(),
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections"),
        "ANSIBLE_CALLBACK_PLUGINS": str(PLUGINS / "callback"),
        "ANSIBLE_CALLBACKS_ENABLED": "quick",
        "ANSIBLE_PIPELINING": "1",
        "STEMEDB_VAULT_PASSWORD": VAULT,
    }

    def change(work: Path) -> None:
        variables = work / "inventory" / "group_vars" / "all"
        (variables / "stemedb.yml").unlink()
        (variables / "vault.yml").write_text(vaulted(), encoding="utf-8")
        (work / HOSTS).write_text(yaml.safe_dump(inventory(site), sort_keys=False), "utf-8")

    path = os.pathsep.join([str(BIN), os.environ["PATH"]])
    made = Repository(folder / "made", path, change, hooks=True, environment=environment)
    settings = f"STEMEDB_ALLOWED_SIGNERS={made.signers}\n"
    (made.bare / "stemedb.env").write_text(settings, encoding="utf-8")
    return made


def vaulted() -> str:
    """The API key, as ansible-vault encrypt_string prints it."""
    vault = VaultLib([("default", VaultSecret(VAULT.encode()))])
    lines = vault.encrypt(SECRET).decode().splitlines()
    return "\n".join(["stemedb_api_key: !vault |", *(f"  {line}" for line in lines), ""])


def inventory(site: Site) -> dict[str, Any]:
    """The members are declared by their addresses; one of them is a spare that replaced another."""
    members = {
        f"member-{number}": {
            "stemedb_node_address": node.address,
            "stemedb_node_id": node.node_id,
            "stemedb_node_config_path": str(site.folder / f"member-{number}" / "node.toml"),
        }
        for number, node in enumerate(site.cluster.nodes[:3], 1)
    }
    spare = {"member-3": members.pop("member-3")}
    members["lost"] = {"stemedb_node_address": "lost.example.com", "stemedb_node_id": LOST}
    settings = {
        **site.settings,
        "stemedb_gateway_url": site.cluster.urls[:2],
        "stemedb_seed_nodes": site.cluster.seeds[:2],
        "stemedb_lock_hosts": ["localhost"],
        "stemedb_lock_path": str(site.lock_path("localhost")),
    }
    del settings["stemedb_api_key"]
    (host,) = site.hosts
    groups = {
        "stemedb_nodes": {"hosts": members},
        "spares": {"hosts": spare},
        "others": {"hosts": {host.name: as_text(host.variables)}},
    }
    variables = {**as_text(settings), "stemedb_spares": "{{ groups['spares'] }}"}
    return {"all": {"vars": variables, "hosts": {"localhost": {}}, "children": groups}}


def edited(repository: Repository, change: Callable[[dict[str, Any]], None]) -> None:
    path = repository.work / HOSTS
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    change(found["all"])
    path.write_text(yaml.safe_dump(found, sort_keys=False), encoding="utf-8")


def declare(everything: dict[str, Any]) -> None:
    groups = everything["children"]
    groups["stemedb_nodes"]["hosts"] |= groups["others"].pop("hosts")


def said(done: CompletedProcess[str], status: int = 0) -> str:
    """What a command printed, in which there is neither a warning nor the secret."""
    assert done.returncode == status, done.stdout
    assert [word for word in (*UNWANTED, SECRET, VAULT) if word in done.stdout] == []
    return done.stdout


def test_what_a_spare_has_replaced_is_proposed_and_merged(
    repository: Repository, site: Site
) -> None:
    replaced = site.folder / "member-3" / "replaces"
    replaced.parent.mkdir(parents=True)
    replaced.write_text(f"{LOST}\n", encoding="utf-8")
    assert "Declare member-3 in the place of lost" in said(repository.ci("propose"))
    (ref,) = repository.refs("refs/heads/propose")
    repository.git("fetch", "--quiet", "origin")
    repository.merge(ref.replace("refs/heads", "origin"))
    everything = yaml.safe_load((repository.work / HOSTS).read_text(encoding="utf-8"))["all"]
    assert list(everything["children"]["stemedb_nodes"]["hosts"]) == [
        "member-1",
        "member-2",
        "member-3",
    ]
    assert not everything["children"]["spares"]["hosts"]
    # The hook had planned the proposal, and that has no steps.
    assert "The reviewed plan is applied already" in said(repository.push("main"))


def test_a_host_that_a_request_declares_is_planned_and_added_by_the_merge(
    repository: Repository, site: Site
) -> None:
    (host,) = site.hosts
    repository.branch("add")
    edited(repository, declare)
    repository.commit("Declare node-04", by=None)
    assert "is not signed by a listed key" in said(repository.push("HEAD:main"), 1)
    planned = said(repository.push("add"))
    assert "1. Add node-04: node-04 is declared and no member" in planned
    assert "remote: Stored the plan as refs/plans/" in planned
    assert not host.folder.exists()
    assert not site.lock_path("localhost").exists()
    repository.merge("add")
    applied = said(repository.push("main"))
    assert "Added node-04." in applied
    assert host.running
    assert site.operations() == [("add_node", "node-04", "succeeded")]


def test_a_merge_in_between_makes_the_plan_of_a_revert_stale(
    repository: Repository, site: Site
) -> None:
    (host,) = site.hosts
    repository.branch("revert")
    repository.git("revert", "--no-edit", "--no-commit", "--mainline=1", "HEAD")
    edited(repository, lambda everything: everything["vars"].update(stemedb_prune=["node-04"]))
    repository.commit("Take node-04 out again")
    assert "1. Remove node-04" in said(repository.push("revert"))
    repository.branch("main")
    repository.edit("README.md", "# A StemeDB", "# Our StemeDB")
    repository.commit("Name it")
    assert "No plan was made of what main is now" in said(repository.push("main"))
    repository.merge("revert")
    assert "No plan was made of what main is now" in said(repository.push("main"))
    assert host.running


def test_drift_is_found_and_a_plan_of_main_removes_it(repository: Repository, site: Site) -> None:
    (host,) = site.hosts
    found = said(repository.ci("drift"), 2)
    assert "The cluster differs from the inventory: see above" in found
    said(repository.ci("plan", STEMEDB_HOOK="1"))
    assert "Removed node-04." in said(repository.ci("apply"))
    assert not host.running


def test_ansible_pull_follows_the_repository_twice(repository: Repository, tmp_path: Path) -> None:
    text = UNIT.read_text(encoding="utf-8").replace("\\\n", " ")
    (line,) = [line for line in text.splitlines() if line.startswith("ExecStart=")]
    assert URL in line
    line = line.replace(URL, str(repository.bare)).replace("%S", str(tmp_path))
    words = [str(BIN / "ansible-pull"), *shlex.split(line)[1:]]
    password = tmp_path / "vault-password"
    password.write_text(VAULT, encoding="utf-8")
    settings = {"ANSIBLE_VAULT_PASSWORD_FILE": str(password)}
    verifies = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "gpg.ssh.allowedSignersFile",
        "GIT_CONFIG_VALUE_0": str(repository.signers),
    }
    for _time in range(2):
        done = repository.run(*words, cwd=Path("/"), env={**settings, **verifies})
        # Ansible looks for this host in the inventory.
        done.stdout = re.sub(r"^\[WARNING\]: Could not match .*", "", done.stdout, count=1)
        assert "The cluster is as declared." in said(done)
    refused = repository.run(*words, cwd=Path("/"), env=settings)
    assert refused.returncode != 0
    assert "Failed to verify GPG signature of commit" in refused.stdout
    assert "PLAY [" not in refused.stdout
