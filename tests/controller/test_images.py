"""The images for a controller: what ansible-builder makes of their definitions.

Not whether an image can be built of it: that takes a registry of images.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts import tarball
from tests.controller.conftest import EXAMPLE
from tests.integration.conftest import BIN, ROOT

EXECUTION, DECISION = "execution-environment", "decision-environment"


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def definition(name: str) -> dict[str, Any]:
    return dict(load(EXAMPLE / f"{name}.yml"))


def builder(*command: object) -> str:
    """What ansible-builder prints; nothing goes to stderr."""
    done = subprocess.run(
        [str(BIN / "ansible-builder"), *map(str, command)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tarball.build(tmp_path_factory.mktemp("tarball"))


def context(name: str, archive: Path, folder: Path) -> Path:
    """The folder of a build, made beside the tarball."""
    shutil.copy(archive, folder)
    shutil.copy(EXAMPLE / f"{name}.yml", folder)
    builder("create", "-f", folder / f"{name}.yml", "-c", folder / "context")
    return folder / "context"


def test_what_the_collection_needs_is_found(archive: Path, tmp_path: Path) -> None:
    """As any execution environment finds it that has the collection."""
    install = [str(BIN / "ansible-galaxy"), "collection", "install", str(archive), "-p", "."]
    # Not in the checkout, whose ansible.cfg has the collection already.
    subprocess.run(install, cwd=tmp_path, check=True, capture_output=True)
    found = yaml.safe_load(builder("introspect", tmp_path))
    assert found == {
        "python": ["requests>=2.25.1  # from collection stemedb.cluster"],
        "system": [],
    }


def test_the_execution_environment(archive: Path, tmp_path: Path) -> None:
    made = context(EXECUTION, archive, tmp_path)
    text = (made / "Containerfile").read_text(encoding="utf-8")
    assert re.search(
        r'^ARG ANSIBLE_INSTALL_REFS="ansible-core==[\d.]+ ansible-runner==', text, re.M
    )
    assert "COPY _build /build\nWORKDIR /build\n" in text
    (collection,) = load(made / "_build" / "requirements.yml")["collections"]
    built = made / "_build" / collection["name"]
    assert collection["type"] == "file"
    assert built.read_bytes() == archive.read_bytes()


def test_the_decision_environment(archive: Path, tmp_path: Path) -> None:
    made = context(DECISION, archive, tmp_path)
    text = (made / "Containerfile").read_text(encoding="utf-8")
    # It has ansible-core and the collection from the other image: this one adds to it.
    assert "ansible-galaxy" not in text
    assert "ENV JAVA_HOME=/usr/lib/jvm/jre-17\n" in text
    assert (made / "_build" / "bindep.txt").read_text().startswith("java-17-openjdk-headless ")
    requirements = (made / "_build" / "requirements.txt").read_text().split()
    assert [line.partition("==")[0] for line in requirements] == ["ansible-rulebook"]


def test_the_images_have_what_is_tested_and_fit_together() -> None:
    execution, decision = definition(EXECUTION), definition(DECISION)
    core = execution["dependencies"]["ansible_core"]["package_pip"]
    release = core.removeprefix("ansible-core==2.21.")
    assert release.isdigit(), core
    newest = (ROOT / "tests" / "requirements-2.21.txt").read_text(encoding="utf-8")
    assert "ansible-core>=2.21,<2.22\n" in newest
    common = (ROOT / "tests" / "requirements-common.txt").read_text(encoding="utf-8").split()
    assert execution["dependencies"]["ansible_runner"]["package_pip"] in common
    interpreters = [one["dependencies"]["python_interpreter"] for one in (execution, decision)]
    assert interpreters[0]["python_path"] == interpreters[1]["python_path"]
    (play,) = load_playbook()
    assert decision["images"]["base_image"]["name"] == play["vars"]["image"]
    version = load(ROOT / "galaxy.yml")["version"]
    assert play["vars"]["image"].endswith(f":{version}")
    assert execution["additional_build_files"][0]["src"] == f"stemedb-cluster-{version}.tar.gz"


def load_playbook() -> Any:
    text = (EXAMPLE / "configure.yml").read_text(encoding="utf-8")
    return yaml.safe_load(text.replace("!unsafe ", ""))
