"""The collection works where it is installed, by full name, and in a checkout, by short name.

Nothing listens where these calls go: that the module says so in its own words is the proof that
all of it was found and ran.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from scripts import tarball

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
CALL = ("-a", "gateway_url=http://127.0.0.1:1 retries=0")


def run(cwd: Path, *command: str, **env: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    settings = {"ANSIBLE_LOCALHOST_WARNING": "false", "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false"}
    return subprocess.run(
        [str(BIN / command[0]) if (BIN / command[0]).exists() else command[0], *command[1:]],
        cwd=cwd,
        env={**kept, **settings, "ANSIBLE_PYTHON_INTERPRETER": sys.executable, **env},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def check_refused_connection(done: subprocess.CompletedProcess[str]) -> None:
    """Ansible found the module, and the module said what was wrong; no warning on the way."""
    assert done.stderr == ""
    assert done.returncode == 2
    head, body = done.stdout.split("=> ", 1)
    assert "FAILED" in head
    result = json.loads(body)
    assert result["failure"]["code"] == "transport"
    assert "http://127.0.0.1:1" in result["msg"]


def test_the_commands_of_the_readme_install_it(tmp_path: Path) -> None:
    tarball.build(ROOT / "build" / "tarball")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    lines = readme.partition("$ make build\n")[2].partition("```")[0].splitlines()
    script = "\n".join(line.removeprefix("$ ") for line in lines)
    path = f"{BIN}:{os.environ['PATH']}"
    done = run(ROOT, "bash", "-ec", script, HOME=str(tmp_path), PATH=path)
    assert done.returncode == 0, done.stderr
    version = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["version"]
    assert f"stemedb.cluster:{version} was installed successfully" in done.stdout
    assert (tmp_path / ".ansible/collections/ansible_collections/stemedb/cluster").is_dir()


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of collections with nothing in it but ours, installed from its tarball."""
    folder = tmp_path_factory.mktemp("collections")
    archive = tarball.build(tmp_path_factory.mktemp("tarball"))
    install = ("collection", "install", "--offline", "-p", str(folder), str(archive))
    paths = str(folder)
    done = run(folder, "ansible-galaxy", *install, ANSIBLE_COLLECTIONS_PATH=paths)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return folder


def test_an_installed_build_works_by_full_name(installed: Path, tmp_path: Path) -> None:
    module = ("ansible", "localhost", "-m", "stemedb.cluster.stemedb_node_info", *CALL)
    check_refused_connection(run(tmp_path, *module, ANSIBLE_COLLECTIONS_PATH=str(installed)))


def test_a_checkout_works_by_short_name() -> None:
    check_refused_connection(run(ROOT, "ansible", "localhost", "-m", "stemedb_node_info", *CALL))


def test_a_checkout_works_by_full_name() -> None:
    module = ("ansible", "localhost", "-m", "stemedb.cluster.stemedb_node_info", *CALL)
    check_refused_connection(run(ROOT, *module))


@pytest.mark.parametrize(
    ("kind", "place"),
    [
        ("module", "plugins/modules"),
        ("lookup", "plugins/lookup"),
        ("filter", "plugins/filter"),
        ("role", "roles"),
    ],
)
def test_ansible_doc_shows_all_of_an_installed_build(
    installed: Path, tmp_path: Path, kind: str, place: str
) -> None:
    paths = {"ANSIBLE_COLLECTIONS_PATH": str(installed)}
    folder = installed / "ansible_collections" / "stemedb" / "cluster" / place
    # A file has several filters, each with its documentation in a file of its name.
    pattern = "*.yml" if kind == "filter" else "*"
    stems = {path.stem for path in folder.glob(pattern) if path.name != "__pycache__"}
    names = sorted(f"stemedb.cluster.{stem}" for stem in stems)
    shown = run(tmp_path, "ansible-doc", "-t", kind, "--json", *names, **paths)
    # ansible-core 2.21 warns of a collection that it brings along itself, when asked for roles.
    assert [line for line in shown.stderr.splitlines() if "/_protomatter'" not in line] == []
    assert sorted(json.loads(shown.stdout)) == names
