"""A repository made of `examples/gitops`, as an operator has it: bare, with a clone and two keys.

    made = Repository(folder, path="/usr/bin:/bin", hooks=True)
    made.edit("inventory/hosts.yml", "db-05", "db-08")
    made.commit("Declare db-08")
    assert made.push("HEAD:change").returncode == 0

Each command runs with a home of its own and nobody's settings of Git.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Optional

import pytest

from scripts import stages

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "gitops"
OPERATOR, STRANGER = "operator", "stranger"
GITCONFIG = """[user]
name = operator
email = operator@example.com
signingKey = {key}
[gpg]
format = ssh
[init]
defaultBranch = main
[advice]
detachedHead = false
"""


class Repository:
    """`bare` is what is pushed to, `work` is a clone of it; `environment` is that of commands.

    :param path: where commands find Ansible, git and the rest.
    :param change: changes the copy of the example before its first commit.
    :param hooks: whether `bare` has the hooks of the example.
    """

    def __init__(
        self,
        folder: Path,
        path: str,
        change: Optional[Callable[[Path], None]] = None,
        hooks: bool = False,
        environment: Optional[Mapping[str, str]] = None,
    ) -> None:
        self.folder, self.bare, self.work = folder, folder / "stemedb.git", folder / "work"
        home = folder / "home"
        home.mkdir(parents=True)
        # A short name: Ansible makes a socket below it, whose path may have 107 characters.
        self.temporary = Path(tempfile.mkdtemp(prefix="git-"))
        self.environment = {
            "STEMEDB_VAULT_PASSWORD": "replace-me",
            **(environment or {}),
            "PATH": path,
            "TMPDIR": str(self.temporary),
            "LC_ALL": "C.UTF-8",
            "HOME": str(home),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": str(home / "gitconfig"),
        }
        self.signers = folder / "allowed_signers"
        for name in (OPERATOR, STRANGER):
            key = ("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name)
            self.must(*key, "-f", str(home / name), cwd=folder)
        public = (home / f"{OPERATOR}.pub").read_text(encoding="utf-8")
        self.signers.write_text(f"{OPERATOR} {public}", encoding="utf-8")
        (home / "gitconfig").write_text(GITCONFIG.format(key=home / OPERATOR), encoding="utf-8")
        self.git("init", "--quiet", "--bare", str(self.bare), cwd=folder)
        shutil.copytree(EXAMPLE, self.work)
        if change is not None:
            change(self.work)
        self.git("init", "--quiet")
        self.git("remote", "add", "origin", str(self.bare))
        self.commit("Declare the cluster")
        self.git("push", "--quiet", "origin", "HEAD:main")
        if hooks:
            for hook in (EXAMPLE / "hooks").iterdir():
                shutil.copy2(hook, self.bare / "hooks")
            self.git("config", "gpg.ssh.allowedSignersFile", str(self.signers), cwd=self.bare)

    def run(
        self, *command: str, cwd: Optional[Path] = None, env: Optional[Mapping[str, str]] = None
    ) -> subprocess.CompletedProcess[str]:
        """The command at its end, in the clone; what it printed is in `stdout`, in its order."""
        return subprocess.run(
            command,
            cwd=cwd or self.work,
            env={**self.environment, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=300,
        )

    def must(self, *command: str, cwd: Optional[Path] = None) -> str:
        """What a command printed that has to succeed."""
        done = self.run(*command, cwd=cwd)
        assert done.returncode == 0, f"{command}\n{done.stdout}"
        return done.stdout.strip()

    def git(self, *arguments: str, cwd: Optional[Path] = None) -> str:
        """What git printed, which has to succeed."""
        return self.must("git", *arguments, cwd=cwd)

    def ci(self, name: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a script of `ci` in the clone."""
        told = {"STEMEDB_ALLOWED_SIGNERS": str(self.signers), **environment}
        return self.run(f"ci/{name}.sh", env=told)

    def edit(self, name: str, old: str, new: str) -> None:
        path = self.work / name
        text = path.read_text(encoding="utf-8")
        assert old in text, name
        path.write_text(text.replace(old, new), encoding="utf-8")

    def commit(self, message: str, by: Optional[str] = OPERATOR) -> str:
        """Commit all of the clone, signed by one of the two or, for None, not; the commit."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", f"--message={message}", *self._signed(by))
        return self.git("rev-parse", "HEAD")

    def branch(self, name: str, start: str = "origin/main") -> None:
        """Go to a new branch, which starts at main as it is now."""
        self.git("fetch", "--quiet", "origin")
        self.git("checkout", "--quiet", "-B", name, start)

    def merge(self, name: str, by: Optional[str] = OPERATOR) -> str:
        """Go to main, as it is now, with this branch merged."""
        self.branch("main")
        self.git("merge", "--quiet", "--no-ff", "--no-edit", *self._signed(by), name)
        return self.git("rev-parse", "HEAD")

    def push(self, refspec: str = "HEAD", **environment: str) -> subprocess.CompletedProcess[str]:
        return self.run("git", "push", "origin", refspec, env=environment)

    def refs(self, prefix: str) -> list[str]:
        """The names of those below a prefix that the bare repository has."""
        return self.git("for-each-ref", "--format=%(refname)", prefix, cwd=self.bare).splitlines()

    def _signed(self, by: Optional[str]) -> tuple[str, ...]:
        if by is None:
            return ("--no-gpg-sign",)
        return (f"--gpg-sign={Path(self.environment['HOME'], by)}",)


def tools_path(*first: Path) -> str:
    """These folders, then where the tests themselves find git and ssh-keygen."""
    return os.pathsep.join([*map(str, first), os.environ["PATH"]])


@functools.cache
def pipeline_tools() -> Path:
    """The folder of act, gcil, check-jsonschema and zizmor; skips a test where there is none."""
    try:
        _word, reason = stages.absence(".venv-pipelines")
    except SystemExit as error:
        reason = str(error)
    if reason:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    return stages.ROOT / ".venv-pipelines" / "bin"
