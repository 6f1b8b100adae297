"""What the checks of a release share: its tarball, and commands in environments of users."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from scripts import release, tarball

ROOT = Path(__file__).resolve().parents[2]
VERSION = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["version"]


def run(
    *command: str, cwd: Path, env: Mapping[str, str], seconds: float = 120
) -> subprocess.CompletedProcess[str]:
    """The command at its end."""
    return subprocess.run(
        command, cwd=cwd, env=env, capture_output=True, text=True, timeout=seconds, check=False
    )


@dataclass(frozen=True)
class User:
    """Somebody with ansible-core, and with no other collection than what is put into `home`."""

    venv: Path
    home: Path

    @property
    def collection(self) -> Path:
        return self.home / "collections" / "ansible_collections" / "stemedb" / "cluster"

    def run(self, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A command of Ansible, run in the user's home."""
        env = {
            "PATH": os.pathsep.join([str(self.venv / "bin"), "/usr/bin", "/bin"]),
            "HOME": str(self.home),
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_COLLECTIONS_PATH": str(self.home / "collections"),
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
            "ANSIBLE_PYTHON_INTERPRETER": str(self.venv / "bin" / "python"),
        }
        return run(str(self.venv / "bin" / name), *arguments, cwd=self.home, env=env)

    def must(self, name: str, *arguments: str) -> str:
        """What a command printed that has to succeed without a warning."""
        done = self.run(name, *arguments)
        # ansible-core 2.21 warns of a collection that it brings along itself.
        lines = [line for line in done.stderr.splitlines() if "/_protomatter'" not in line]
        assert (done.returncode, lines) == (0, []), done.stdout[-3000:] + done.stderr
        return done.stdout

    def install(self, archive: Path) -> None:
        self.must("ansible-galaxy", "collection", "install", "--offline", "--force", str(archive))


@pytest.fixture(scope="session")
def archive() -> Path:
    """The tarball that is published once it has passed: it stays in build/tarball."""
    return tarball.published()


@pytest.fixture(scope="module", params=release.CORES)
def user(
    request: pytest.FixtureRequest, archive: Path, tmp_path_factory: pytest.TempPathFactory
) -> User:
    """A user of each ansible-core who has installed the tarball."""
    home = tmp_path_factory.mktemp("home")
    made = User(ROOT / release.environment(request.param), home)
    made.install(archive)
    return made
