"""A playbook for the scripts of `examples/gitops` that only notes how it was run."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from tests.support.gitops import Repository

# Notes how it is run, and leaves the plan that it is given.
PLAYBOOK = """#!{python}
import json, os, pathlib, shutil, sys, time
if {{"--graph", "--syntax-check"}} & set(sys.argv):
    sys.exit()
folder = pathlib.Path({folder!r})
told = dict(one.split("=", 1) for one in sys.argv if one.startswith("stemedb_"))
read = lambda path: pathlib.Path(path).read_text() if path else None
secret = os.environ.get("ANSIBLE_VAULT_PASSWORD_FILE")
run = {{
    "arguments": [one for one in sys.argv[1:] if not one.startswith("stemedb_plan")],
    "hosts": read("inventory/hosts.yml"),
    "files": sorted(path.name for path in pathlib.Path("inventory").iterdir()),
    "plan": read(told.get("stemedb_plan_file")),
    "secret": read(secret),
    "mode": oct(os.stat(secret).st_mode)[-3:] if secret else None,
    "environment": {{k: v for k, v in os.environ.items() if k.startswith(("STEMEDB", "BUILD"))}},
}}
with open(folder / "runs", "a") as runs:
    print(json.dumps(run), file=runs)
print("PLAY RECAP", flush=True)
if "stemedb_plan_dest" in told:
    for path in (folder / "plan").iterdir():
        shutil.copy(path, pathlib.Path(told["stemedb_plan_dest"]).parent)
deadline = time.monotonic() + 60
while (folder / "wait").exists() and time.monotonic() < deadline:
    time.sleep(0.02)
status = folder / "status"
sys.exit(int(status.read_text()) if status.exists() else 0)
"""
PLAN: dict[str, Any] = {"refused": [], "substituted": [], "steps": []}
INVENTORY = "inventory/hosts.yml"
SECRET = "the-password-of-the-vault"


class Fake:
    """The playbook of this folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bin = folder / "bin"
        self.bin.mkdir(parents=True)
        (folder / "plan").mkdir()
        for name in ("ansible-playbook", "ansible-inventory"):
            path = self.bin / name
            path.write_text(
                PLAYBOOK.format(python=sys.executable, folder=str(folder)), encoding="utf-8"
            )
            path.chmod(0o755)
        self.plans()

    def plans(self, patch: str = "", status: int = 0, **changed: Any) -> None:
        """What a run with --check leaves, and its exit status."""
        plan = self.folder / "plan"
        (plan / "plan.json").write_text(json.dumps({**PLAN, **changed}), encoding="utf-8")
        (plan / "plan.md").write_text("# Plan\n", encoding="utf-8")
        (plan / "plan.patch").write_text(patch, encoding="utf-8")
        (self.folder / "status").write_text(str(status), encoding="utf-8")

    @property
    def runs(self) -> list[dict[str, Any]]:
        path = self.folder / "runs"
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        return [json.loads(line) for line in lines]


def declared(made: Repository, branch: str, old: str, new: str) -> None:
    """A branch that declares one host in the place of another."""
    made.branch(branch)
    made.edit(INVENTORY, old, new)
    made.commit(f"Declare {new}")
