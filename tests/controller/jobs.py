"""Jobs as AWX runs them: ansible-runner in a container, with what a job template says.

    jobs = Jobs(ansible, awx, tmp_path)
    run = jobs.start("StemeDB prod: plan", 17, jobs.imported(inventory)).end()

A container is a host name and a namespace of processes of its own. From inside it no process of
another one can be seen. Its image and its files are those of this machine.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from tests.controller.awx import Awx, Item
from tests.integration.conftest import BIN, ROOT, Ansible, Running

# The first process of a container.
FIRST = (
    "import os, socket, sys; socket.sethostname(sys.argv[1]); os.execv(sys.argv[2], sys.argv[2:])"
)
REVISION = "0123456789abcdef0123456789abcdef01234567"
PROJECT = {
    "reconcile.yml": "- import_playbook: stemedb.cluster.reconcile\n",
    "add_node.yml": "- import_playbook: stemedb.cluster.add_node\n",
    "ansible.cfg": "[inventory]\nany_unparsed_is_failed = true\nhost_pattern_mismatch = error\n",
}


def container(name: str) -> list[str]:
    """What a command is put behind to run in a container; its end ends all that is in it."""
    unshare = shutil.which("unshare")
    assert unshare, "unshare is of Debian's package util-linux, which every Debian has"
    user = [] if os.geteuid() == 0 else ["--map-root-user"]
    command = [unshare, *user, "--uts", "--pid", "--fork", "--kill-child", "--mount-proc"]
    return [*command, sys.executable, "-c", FIRST, name]


def unavailable() -> str:
    """Why there can be no container here, "" if there can be one."""
    done = subprocess.run(
        [*container("probe"), "/bin/true"], capture_output=True, text=True, check=False
    )
    return done.stderr.strip() if done.returncode else ""


class Jobs:
    """The jobs of one AWX."""

    def __init__(self, ansible: Ansible, awx: Awx, folder: Path) -> None:
        self._ansible, self._awx, self._folder = ansible, awx, folder

    def imported(self, inventory: dict[str, Any]) -> str:
        """An inventory as AWX gets it when it updates an inventory source."""
        command = (
            "ansible-inventory",
            "-i",
            self._ansible.written(inventory),
            "--list",
            "--export",
        )
        run = self._ansible.start(*command).end()
        assert run.ok, run
        return run.stdout

    def start(self, template: str, number: int, inventory: str, **answers: Any) -> Running:
        """Launch a job template; the job has this ID.

        :param inventory: as `imported` has it.
        :param answers: those of the survey.
        """
        item = self._awx.one("job_templates", template)
        folder = self._folder / f"job-{number}"
        for name in ("env", "inventory", "project"):
            (folder / name).mkdir(parents=True)
        for name, text in PROJECT.items():
            (folder / "project" / name).write_text(text, encoding="utf-8")
        hosts = folder / "inventory" / "hosts"
        hosts.write_text(f"#!/usr/bin/env python3\nprint({inventory!r})\n", encoding="utf-8")
        hosts.chmod(0o700)
        self._write(folder / "env" / "extravars", self._variables(item, number, answers))
        options = ["--check"] if item["job_type"] == "check" else []
        for identity in item["_credentials"]:
            injected = self._injected(identity)
            if injected:
                self._write(folder / f"credential-{identity}", injected)
                options += ["-e", f"@{folder}/credential-{identity}"]
        (folder / "env" / "cmdline").write_text(" ".join(options), encoding="utf-8")
        runner = [str(BIN / "ansible-runner"), "run", str(folder), "-p", item["playbook"]]
        environment = {
            "PATH": os.pathsep.join((str(BIN), os.environ["PATH"])),
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections"),
            "ANSIBLE_PIPELINING": "1",
        }
        return self._ansible.start(
            *container(f"automation-job-{number}"), *runner, "--ident", str(number), env=environment
        )

    def artifacts(self, number: int) -> str:
        """All that ansible-runner has kept of a job."""
        files = sorted((self._folder / f"job-{number}" / "artifacts").rglob("*"))
        return "\n".join(path.read_text(encoding="utf-8") for path in files if path.is_file())

    def _variables(self, item: Item, number: int, answers: dict[str, Any]) -> dict[str, Any]:
        """Extra variables; only what the survey asks for is taken from a launch."""
        asked = {question["variable"] for question in item.get("survey_spec", {}).get("spec", [])}
        assert set(answers) <= asked, f"AWX ignores {set(answers) - asked}"
        told = {"awx_job_id": number, "awx_user_name": "alice", "awx_project_revision": REVISION}
        return {**told, **json.loads(item["extra_vars"]), **answers}

    def _injected(self, identity: int) -> dict[str, str]:
        """The extra variables of a credential."""
        credential = self._awx.by_id("credentials", identity)
        if "credential_type" not in credential:
            return {}
        kind = self._awx.by_id("credential_types", credential["credential_type"])
        fields = {f"{{{{ {name} }}}}": value for name, value in credential["inputs"].items()}
        return {name: fields[text] for name, text in kind["injectors"]["extra_vars"].items()}

    @staticmethod
    def _write(path: Path, variables: dict[str, Any]) -> None:
        path.touch(mode=0o600)
        path.write_text(yaml.safe_dump(variables), encoding="utf-8")
