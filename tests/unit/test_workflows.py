"""The workflows of this repository: what can be seen of them without a forge."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.gitops import pipeline_tools

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
SECRETS = {"STEMEDB_RELEASE_KEY", "STEMEDB_GALAXY_TOKEN"}


def load(name: str) -> Any:
    path = ROOT / ".github" / "workflows" / name
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def steps(path: Path) -> Iterator[dict[str, Any]]:
    for job in load(path.name)["jobs"].values():
        yield from job.get("steps", [])


def run(tool: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(pipeline_tools() / tool), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_fits_its_schema(path: Path, tmp_path: Path) -> None:
    check = ("check-jsonschema", "--builtin-schema", "vendor.github-workflows")
    checked = run(*check, str(path))
    assert checked.returncode == 0, checked.stdout + checked.stderr
    broken = tmp_path / path.name
    text = path.read_text(encoding="utf-8")
    broken.write_text(text.replace("runs-on:", "run-on:"), encoding="utf-8")
    assert run(*check, str(broken)).returncode != 0


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_has_no_weakness_that_zizmor_knows(path: Path, tmp_path: Path) -> None:
    zizmor = ("zizmor", "--offline", "--no-progress")
    audited = run(*zizmor, str(path))
    assert audited.returncode == 0, audited.stdout + audited.stderr
    loose = tmp_path / path.name
    text = path.read_text(encoding="utf-8")
    loose.write_text(re.sub(r"@[0-9a-f]{40} #", "@", text), encoding="utf-8")
    assert "unpinned-uses" in run(*zizmor, str(loose)).stdout


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_jobs_are_pinned_bounded_and_may_no_more_than_they_need(path: Path) -> None:
    workflow = load(path.name)
    assert workflow["permissions"] == {}
    for name, job in workflow["jobs"].items():
        write = path.stem == "release" and name == "publish"
        assert job["permissions"] == {"contents": "write" if write else "read"}, name
        assert "uses" in job or job["timeout-minutes"] <= 90, name
    for step in steps(path):
        if "uses" in step:
            assert re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40}", step["uses"])
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


def test_targets_of_make_that_are_called_exist() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    known = set(re.findall(r"^([a-z-]+(?: [a-z-]+)*):", text, re.MULTILINE))
    known = {name for names in known for name in names.split()}
    lines = [step["run"] for path in WORKFLOWS for step in steps(path) if "run" in step]
    called = {name for line in lines for name in re.findall(r"^make (.*)$", line)}
    targets = {target for names in called for target in names.split()}
    assert {"lint", "docs-lint", "integration", "release-check"} <= targets <= known


def test_units_run_on_every_core_from_the_floor_to_devel() -> None:
    matrix = load("ci.yml")["jobs"]["sanity"]["strategy"]["matrix"]["include"]
    assert [row["core"] for row in matrix] == ["2.19", "2.20", "2.21", "devel"]
    floor = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text("utf-8"))["requires_ansible"]
    assert floor == f">={matrix[0]['core']}.0"


def test_secrets_are_for_the_job_that_publishes_after_all_checks() -> None:
    jobs = load("release.yml")["jobs"]
    assert jobs["publish"]["environment"] == "galaxy"
    assert jobs["publish"]["needs"] == ["ci", "build"]
    for path in WORKFLOWS:
        for name, job in load(path.name)["jobs"].items():
            found = set(re.findall(r"secrets\.(\w+)", yaml.safe_dump(job)))
            assert found == (SECRETS if name == "publish" else set()), name


def test_the_tag_has_to_be_the_version(tmp_path: Path) -> None:
    lines = [step["run"] for step in load("release.yml")["jobs"]["build"]["steps"] if "run" in step]
    (check,) = (line for line in lines if "galaxy.yml" in line)
    (tmp_path / "galaxy.yml").write_text("name: cluster\nversion: 1.0.0\n", encoding="utf-8")
    for tag, status in (("1.0.0", 0), ("1.0.1", 1), ("1.0", 1)):
        env = {"PATH": "/usr/bin:/bin", "GITHUB_REF_NAME": tag}
        assert subprocess.run(["bash", "-ec", check], cwd=tmp_path, env=env).returncode == status
