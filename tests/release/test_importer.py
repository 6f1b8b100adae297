"""Galaxy imports the tarball, and has nothing to say about it."""

from __future__ import annotations

import io
import json
import os
import tarfile
from pathlib import Path

from tests.release.conftest import ROOT, VERSION, run

VENV = ROOT / ".venv-release"
SETTINGS = {"REQUIRE_V1_OR_GREATER": "true", "CHECK_REQUIRED_TAGS": "true"}
QUICK = {"RUN_ANSIBLE_DOC": "false", "RUN_ANSIBLE_LINT": "false"}


def imported(archive: Path, folder: Path, **more: str) -> list[str]:
    """What the importer printed, which leaves its result in the folder."""
    env = {
        "PATH": os.pathsep.join([str(VENV / "bin"), "/usr/bin", "/bin"]),
        "HOME": str(folder),
        "LC_ALL": "C.UTF-8",
        **{f"GALAXY_IMPORTER_{name}": value for name, value in {**SETTINGS, **more}.items()},
    }
    command = (str(VENV / "bin" / "python"), "-m", "galaxy_importer.main", str(archive))
    done = run(*command, cwd=folder, env=env, seconds=900)
    return (done.stdout + done.stderr).splitlines()


def complaints(lines: list[str]) -> list[str]:
    return [line for line in lines if line.startswith(("WARNING", "ERROR", "CRITICAL"))]


def test_it_is_imported_without_a_warning(archive: Path, tmp_path: Path) -> None:
    lines = imported(archive, tmp_path)
    assert complaints(lines) == []
    assert lines[-1] == "Importer processing completed successfully"
    result = json.loads((tmp_path / "importer_result.json").read_text(encoding="utf-8"))
    assert result["metadata"]["version"] == VERSION
    assert result["requires_ansible"] == ">=2.19.0"
    found = {content["content_name"] for content in result["contents"]}
    for kind, pattern in (("modules", "*.py"), ("filter", "*.yml"), ("lookup", "*.py")):
        for path in (ROOT / "plugins" / kind).glob(pattern):
            assert path.stem in found, path
    documented = {item["content_name"] for item in result["docs_blob"]["contents"]}
    assert documented >= {path.stem for path in (ROOT / "plugins" / "modules").glob("*.py")}


def test_a_version_before_1_is_refused(archive: Path, tmp_path: Path) -> None:
    early = tmp_path / "stemedb-cluster-0.9.0.tar.gz"
    with tarfile.open(archive) as old, tarfile.open(early, "w:gz") as new:
        for member in old:
            content = old.extractfile(member)
            data = content.read() if content else b""
            if member.name == "MANIFEST.json":
                data = data.replace(f'"version": "{VERSION}"'.encode(), b'"version": "0.9.0"')
                member.size = len(data)
            new.addfile(member, io.BytesIO(data) if content else None)
    lines = imported(early, tmp_path, **QUICK)
    assert any("1.0.0 or greater" in line for line in complaints(lines)), lines
