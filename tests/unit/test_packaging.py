"""What is delivered, and what the tools are told, is what we say it is."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts import changelog, in_copy, tarball
from tests.support.gitops import pipeline_tools

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = {"docs", "meta", "playbooks", "plugins", "roles"}
EVENTS = "extensions/eda/"
SECTIONS = [
    "Description",
    "Requirements",
    "Installation",
    "Use Cases",
    "Testing",
    "Support",
    "Release Notes and Roadmap",
    "Related Information",
    "License",
]
FILES = {"CHANGELOG.rst", "LICENSE", "README.md", "requirements.txt"}
# What Galaxy and ansible-test look for below folders that are not delivered.
FILES |= {"changelogs/changelog.yaml", "tests/config.yml"}


def load(*parts: str) -> Any:
    return yaml.safe_load(ROOT.joinpath(*parts).read_text(encoding="utf-8"))


def without_reason(text: str) -> list[str]:
    """The entries of a sanity ignore file that do not say why they are there."""
    lines = [line for line in text.splitlines() if line.strip()]
    return [line for line in lines if len(line.partition(" # ")[2].split()) < 3]


def test_every_sanity_ignore_has_a_reason() -> None:
    for path in (ROOT / "tests" / "sanity").glob("ignore-*.txt"):
        assert without_reason(path.read_text(encoding="utf-8")) == [], path.name


def test_an_ignore_without_a_reason_is_found() -> None:
    entry = "plugins/modules/x.py validate-modules:missing-gplv3-license"
    good = f"{entry} # the licence is named by its SPDX tag"
    assert without_reason(f"{good}\n{entry}\n{entry} # no\n") == [entry, f"{entry} # no"]


def delivered(names: Iterable[str]) -> set[str]:
    """Of a checkout's files, those that are of use where the collection is installed."""
    return {
        name
        for name in names
        if name in FILES or name.partition("/")[0] in FOLDERS or name.startswith(EVENTS)
    }


def test_the_tarball_holds_what_is_delivered_and_nothing_of_the_workshop(tmp_path: Path) -> None:
    checkout = {path.as_posix() for path in in_copy.files()}
    assert checkout >= FILES
    written_by_galaxy = {"FILES.json", "MANIFEST.json"}
    found = set(tarball.files(tarball.build(tmp_path)))
    assert found == delivered(checkout) | written_by_galaxy


def test_what_is_delivered() -> None:
    kept = ["README.md", "docs/README.md", "plugins/modules/x.py", "extensions/eda/rulebooks/x.yml"]
    kept += ["changelogs/changelog.yaml", "tests/config.yml"]
    names = [*kept, "tests/unit/test_x.py", "tests/words.txt", "x.py", "extensions/molecule/x.yml"]
    assert delivered(names) == set(kept)


def test_the_collection_depends_on_no_other() -> None:
    galaxy = load("galaxy.yml")
    assert (galaxy["namespace"], galaxy["name"]) == ("stemedb", "cluster")
    assert galaxy["dependencies"] == {}


def test_a_reader_finds_where_to_report_and_what_holds() -> None:
    galaxy = load("galaxy.yml")
    for name in ("documentation", "homepage", "issues"):
        assert galaxy[name].startswith(galaxy["repository"]), name
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for name in ("CODE_OF_CONDUCT.md", "SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.rst"):
        assert f"{galaxy['repository']}/blob/main/{name}" in readme
        assert (ROOT / name).exists()


@pytest.mark.parametrize(
    ("name", "schema"), [("bug_report", "github-issue-forms"), ("config", "github-issue-config")]
)
def test_the_forge_can_read_the_forms_for_issues(name: str, schema: str) -> None:
    check = [str(pipeline_tools() / "check-jsonschema"), "--builtin-schema", f"vendor.{schema}"]
    form = str(ROOT / ".github" / "ISSUE_TEMPLATE" / f"{name}.yml")
    done = subprocess.run([*check, form], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_execution_environment_gets_the_requirements() -> None:
    named = load("meta", "execution-environment.yml")["dependencies"]["python"]
    lines = (ROOT / named).read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not line.startswith("#")] == ["requests>=2.25.1"]


def test_the_tested_floors_are_the_promised_ones() -> None:
    assert load("meta", "runtime.yml")["requires_ansible"] == ">=2.19.0"
    assert "ansible-core>=2.19,<2.20" in (ROOT / "tests/requirements.txt").read_text("utf-8")
    assert "requests==2.25.1" in (ROOT / "tests/requirements-3.9.txt").read_text("utf-8")


def test_the_version_has_release_notes_or_fragments_to_make_them_of() -> None:
    version = load("galaxy.yml")["version"]
    released = load("changelogs", "changelog.yaml")["releases"]
    for name, release in released.items():
        assert release["changes"]["release_summary"], name
        assert f"v{name}\n" in (ROOT / "CHANGELOG.rst").read_text(encoding="utf-8")
    fragments = list((ROOT / "changelogs" / "fragments").glob("*.yml"))
    assert version in released or fragments


def test_the_readme_is_in_the_order_of_the_template_for_certification() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == SECTIONS
    links = re.findall(r"\]\(([^)]+)\)", text)
    assert links
    assert [link for link in links if not link.startswith("https://")] == []
    assert len(text.splitlines()) <= 170


def test_release_notes_list_what_users_may_use() -> None:
    entry = {"name": "one", "description": "[INTERNAL] One."}
    public = {"name": "two", "description": "Two."}
    release = {"modules": [entry, public], "plugins": {"filter": [public, entry]}, "changes": {}}
    changelog.leave_out_internal({"releases": {"1.0.0": release}})
    assert release == {"modules": [public], "plugins": {"filter": [public]}, "changes": {}}
    assert changelog.INTERNAL not in (ROOT / "CHANGELOG.rst").read_text(encoding="utf-8")


def test_nothing_is_from_a_version_that_was_never_out() -> None:
    versions = {load("galaxy.yml")["version"]}
    versions |= set(load("changelogs", "changelog.yaml")["releases"])
    for path in in_copy.files():
        if path.parts[0] in ("plugins", "roles") and path.suffix in (".py", ".yml"):
            text = (ROOT / path).read_text(encoding="utf-8")
            found = set(re.findall(r"^ *version_added: *[\"']?([\d.]+)", text, re.MULTILINE))
            assert found <= versions, path


def test_no_line_ends_in_a_blank() -> None:
    kinds = {".cfg", ".j2", ".md", ".py", ".rst", ".sh", ".toml", ".txt", ".yml"}
    for path in in_copy.files():
        if path.suffix in kinds and "captures" not in path.parts:
            lines = (ROOT / path).read_text(encoding="utf-8").splitlines()
            assert [line for line in lines if line != line.rstrip()] == [], path


def test_make_help_lists_every_target() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"\.PHONY:((?:.*\\\n)*.*)", text)
    assert phony
    targets = set(phony[1].replace("\\\n", " ").split()) - {"venv"}
    command = ["make", "--no-print-directory", "help"]
    shown = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert {line.split()[1] for line in shown.stdout.splitlines()} == targets


@pytest.mark.parametrize("version", ["3.1", "2.99"])
def test_a_python_that_is_not_there_is_named_in_one_line(version: str) -> None:
    command = ["sh", "scripts/find_python.sh", version]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.returncode == 1
    assert found.stdout == ""
    assert re.fullmatch(rf"Python {re.escape(version)} .* not found .*\n", found.stderr)


def test_a_python_that_only_pretends_is_passed_over(tmp_path: Path) -> None:
    for name, does in (("shim", "echo 'pyenv: command not found' >&2; exit 127"), ("real", "pwd")):
        program = tmp_path / name / "python2.99"
        program.parent.mkdir()
        program.write_text(f"#!/bin/sh\n{does}\n", encoding="utf-8")
        program.chmod(0o755)
    found = subprocess.run(
        ["sh", "scripts/find_python.sh", "2.99"],
        cwd=ROOT,
        env={"PATH": f"{tmp_path}/shim:{tmp_path}/real:/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout == f"{ROOT}\n"
