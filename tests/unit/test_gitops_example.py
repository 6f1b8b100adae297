"""`examples/gitops` as it is in the checkout: what can be seen of it without running it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.stemedb.cluster.plugins.plugin_utils._plan.patch import inventory_patch
from ansible_collections.stemedb.cluster.plugins.plugin_utils._plan.sources import sources

from tests.support.gitops import EXAMPLE, pipeline_tools

ROOT = Path(__file__).resolve().parents[2]
WORKFLOW = EXAMPLE / ".github" / "workflows" / "stemedb.yml"
HOSTS = EXAMPLE / "inventory" / "hosts.yml"
GITLAB = EXAMPLE / ".gitlab-ci.yml"
JOBS = {"check", "plan", "apply", "drift", "propose"}
# What is no job in a file of GitLab.
NO_JOBS = {"workflow", "default", "variables"}


class Tagged(yaml.SafeLoader):
    """Reads what Ansible marks as encrypted as its text."""


def _text(loader: Tagged, node: Any) -> str:
    return str(loader.construct_scalar(node))


Tagged.add_constructor("!vault", _text)


def load(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), Tagged)


def run(*command: str, cwd: Path = EXAMPLE) -> subprocess.CompletedProcess[str]:
    bin_folder = Path(sys.executable).parent
    env = {
        **os.environ,
        "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}",
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections"),
    }
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)


def github_steps() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, job in load(WORKFLOW)["jobs"].items():
        yield from ((name, step) for step in job["steps"])


def commands() -> Iterator[tuple[str, str]]:
    """What the jobs of both files run."""
    yield from ((name, step["run"]) for name, step in github_steps() if "run" in step)
    for name, job in load(GITLAB).items():
        if name not in NO_JOBS:
            yield from ((name, line) for line in job["script"])


@pytest.mark.parametrize(
    ("path", "options"),
    [
        (WORKFLOW, ["vendor.github-workflows"]),
        (GITLAB, ["vendor.gitlab-ci", "--data-transform", "gitlab-ci"]),
    ],
    ids=["github", "gitlab"],
)
def test_a_pipeline_file_fits_its_schema(path: Path, options: list[str], tmp_path: Path) -> None:
    command = [str(pipeline_tools() / "check-jsonschema"), "--builtin-schema", *options]
    checked = run(*command, str(path))
    assert checked.returncode == 0, checked.stdout + checked.stderr
    broken = tmp_path / path.name
    broken.write_text(path.read_text(encoding="utf-8") + "\npermissions: 7\n", encoding="utf-8")
    assert run(*command, str(broken)).returncode != 0


def test_the_workflow_has_no_weakness_that_zizmor_knows(tmp_path: Path) -> None:
    zizmor = [str(pipeline_tools() / "zizmor"), "--offline", "--no-progress"]
    audited = run(*zizmor, str(WORKFLOW))
    assert audited.returncode == 0, audited.stdout + audited.stderr
    loose = tmp_path / WORKFLOW.name
    text = WORKFLOW.read_text(encoding="utf-8")
    loose.write_text(re.sub(r"@[0-9a-f]{40} #", "@", text), encoding="utf-8")
    assert "unpinned-uses" in run(*zizmor, str(loose)).stdout


def test_pipelines_only_call_the_scripts() -> None:
    found = list(commands())
    assert all(command == f"ci/{name}.sh" for name, command in found)
    assert sorted(found) == sorted([(name, f"ci/{name}.sh") for name in JOBS] * 2)


def test_actions_are_pinned_and_keep_no_credentials() -> None:
    uses = [step for _name, step in github_steps() if "uses" in step]
    assert len(uses) == len(JOBS)
    for step in uses:
        assert re.fullmatch(r"actions/checkout@[0-9a-f]{40}", step["uses"])
        assert step["with"]["persist-credentials"] is False


def test_jobs_have_the_permissions_that_they_need() -> None:
    workflow = load(WORKFLOW)
    assert workflow["permissions"] == {}
    writes = {"plan", "propose"}
    assert {name: job["permissions"] for name, job in workflow["jobs"].items()} == {
        name: {"contents": "write" if name in writes else "read"} for name in JOBS
    }


def test_a_run_that_applies_is_alone_and_is_not_cancelled() -> None:
    job = load(WORKFLOW)["jobs"]["apply"]
    assert job["concurrency"] == {"group": "stemedb-apply", "cancel-in-progress": False}
    gitlab = load(GITLAB)
    assert gitlab["apply"]["resource_group"] == "stemedb-apply"
    assert gitlab["default"]["interruptible"] is False


@pytest.mark.parametrize("name", ["check", "plan", "apply", "drift", "propose"])
def test_a_script_can_be_run_and_says_what_it_does(name: str) -> None:
    path = EXAMPLE / "ci" / f"{name}.sh"
    assert os.access(path, os.X_OK)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "#!/usr/bin/env bash"
    assert lines[1].startswith("# ")
    assert f"`{path.name}`" in (EXAMPLE / "README.md").read_text(encoding="utf-8")


def test_shell_can_be_read() -> None:
    paths = [*EXAMPLE.glob("ci/*.sh"), *EXAMPLE.glob("hooks/*")]
    assert len(paths) == 8
    for path in paths:
        checked = run("bash", "-n", str(path))
        assert checked.returncode == 0, checked.stderr


def test_settings_are_listed_and_pipelines_set_no_others() -> None:
    library = (EXAMPLE / "ci" / "lib.sh").read_text(encoding="utf-8")
    readme = (EXAMPLE / "README.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^#   (STEMEDB_\w+)", library, re.MULTILINE))
    listed |= {"STEMEDB_GIT_USER", "STEMEDB_APPLY_UNREVIEWED"}
    used = set(re.findall(r"STEMEDB_[A-Z_]+", WORKFLOW.read_text(encoding="utf-8")))
    assert used <= listed
    secrets = {"STEMEDB_VAULT_PASSWORD", "STEMEDB_SSH_KEY", "STEMEDB_KNOWN_HOSTS"}
    for name in secrets | {"STEMEDB_ALLOWED_SIGNERS", "STEMEDB_APPLY_UNREVIEWED"}:
        assert name in listed
        assert name in readme


def test_the_inventory_declares_what_the_plan_needs() -> None:
    shown = run("ansible-inventory", "--graph")
    assert shown.returncode == 0, shown.stderr
    assert shown.stderr == ""
    assert "--localhost" in shown.stdout
    groups = load(HOSTS)["all"]["children"]["stemedb"]["children"]
    assert set(groups) == {"stemedb_nodes", "spares"}
    settings = load(EXAMPLE / "inventory" / "group_vars" / "all" / "stemedb.yml")
    assert set(settings["stemedb_lock_hosts"]) < set(groups["stemedb_nodes"]["hosts"])
    key = load(EXAMPLE / "inventory" / "group_vars" / "all" / "vault.yml")["stemedb_api_key"]
    assert key.startswith("$ANSIBLE_VAULT;")


def test_the_patch_of_a_plan_fits_the_inventory(tmp_path: Path) -> None:
    copy = shutil.copytree(EXAMPLE, tmp_path / "copy")
    assert run("git", "init", "--quiet", cwd=copy).returncode == 0
    row = {"host": "db-02.example.com", "by": "db-07.example.com"}
    patch = tmp_path / "plan.patch"
    patch.write_text(inventory_patch(sources([str(copy / "inventory")]), [row]), encoding="utf-8")
    done = run("git", "apply", str(patch), cwd=copy)
    assert done.returncode == 0, done.stderr
    wanted = load(HOSTS)
    groups = wanted["all"]["children"]["stemedb"]["children"]
    members, spares = (groups[name]["hosts"] for name in ("stemedb_nodes", "spares"))
    del members[row["host"]]
    members[row["by"]] = spares.pop(row["by"])
    assert load(copy / "inventory" / "hosts.yml") == wanted


def test_an_inventory_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    copy = shutil.copytree(EXAMPLE, tmp_path / "copy")
    (copy / "inventory" / "hosts.yml").write_text("all: [\n", encoding="utf-8")
    assert run("ansible-inventory", "--graph", cwd=copy).returncode != 0


def test_the_playbook_is_found() -> None:
    checked = run("ansible-playbook", "--syntax-check", "reconcile.yml")
    assert checked.returncode == 0, checked.stderr
    assert "WARNING" not in checked.stderr


def test_the_readme_is_short() -> None:
    assert len((EXAMPLE / "README.md").read_text(encoding="utf-8").splitlines()) <= 60
