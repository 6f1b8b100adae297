"""The checkout is ready to be released: notes, links and licences."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from tests.release.conftest import ROOT, VERSION, run

REPOSITORY = "https://github.com/stemedb/stemedb.cluster"


def linked(text: str) -> set[str]:
    """The files and folders of the repository that a text links to."""
    return set(re.findall(rf"{re.escape(REPOSITORY)}/(?:blob|tree)/main/([^)#>\s]*)", text))


def test_release_notes_are_made() -> None:
    changes = yaml.safe_load((ROOT / "changelogs" / "changelog.yaml").read_text(encoding="utf-8"))
    assert VERSION in changes["releases"]
    waiting = sorted(path.name for path in (ROOT / "changelogs" / "fragments").glob("*.yml"))
    assert waiting == [], "run make changelog"


def test_links_lead_to_what_is_there() -> None:
    texts = [path.read_text(encoding="utf-8") for path in ROOT.glob("*.md")]
    found = set().union(*map(linked, texts))
    assert "docs/docsite/rst/versions.rst" in found
    assert sorted(name for name in found if not (ROOT / name).exists()) == []


def test_every_file_has_a_licence(tmp_path: Path) -> None:
    reuse = str(ROOT / ".venv-release" / "bin" / "reuse")
    env = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"}
    checked = run(reuse, "lint", "--lines", cwd=ROOT, env=env)
    assert checked.returncode == 0, checked.stdout + checked.stderr
