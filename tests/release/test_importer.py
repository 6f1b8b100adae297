"""Galaxy imports the tarball, and has nothing to say about it."""

from __future__ import annotations

import io
import json
import os
import shutil
import tarfile
from pathlib import Path

from tests.release.conftest import ROOT, VERSION, run

VENV = ROOT / ".venv-release"
# It lints too, and gives up after 180 seconds, which a busy machine needs: here that is a test.
SETTINGS = {
    "REQUIRE_V1_OR_GREATER": "true",
    "CHECK_REQUIRED_TAGS": "true",
    "RUN_ANSIBLE_LINT": "false",
}
# As the importer calls it.
LINT = (
    "ansible-lint --profile production --format=pep8 --nocolor --offline"
    " -x yaml,var-naming,avoid-dot-notation,import-task-no-when,single-entry-point,use-loop"
)


def environment(folder: Path, **more: str) -> dict[str, str]:
    path = os.pathsep.join([str(VENV / "bin"), "/usr/bin", "/bin"])
    return {"PATH": path, "HOME": str(folder), "LC_ALL": "C.UTF-8", **more}


def imported(archive: Path, folder: Path, **more: str) -> list[str]:
    """What the importer printed, which leaves its result in the folder."""
    settings = {f"GALAXY_IMPORTER_{name}": value for name, value in {**SETTINGS, **more}.items()}
    command = (str(VENV / "bin" / "python"), "-m", "galaxy_importer.main", str(archive))
    done = run(*command, cwd=folder, env=environment(folder, **settings), seconds=600)
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
    found = {content["name"] for content in result["contents"]}
    for kind, pattern in (("modules", "*.py"), ("filter", "*.yml"), ("lookup", "*.py")):
        for path in (ROOT / "plugins" / kind).glob(pattern):
            assert path.stem in found, path
    described = (item for item in result["docs_blob"]["contents"] if item["doc_strings"])
    documented = {item["content_name"] for item in described}
    assert documented >= {path.stem for path in (ROOT / "plugins" / "modules").glob("*.py")}


def test_it_has_nothing_to_lint(archive: Path, tmp_path: Path) -> None:
    folder = tmp_path / "ansible_collections" / "stemedb" / "cluster"
    shutil.unpack_archive(archive, folder)
    env = environment(tmp_path, ANSIBLE_COLLECTIONS_PATH=str(tmp_path))
    done = run(*LINT.split(), cwd=folder, env=env, seconds=900)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr
    (folder / "playbooks" / "health.yml").write_text("---\n- hosts: all\n  tasks: []\n")
    done = run(*LINT.split(), "playbooks/health.yml", cwd=folder, env=env, seconds=300)
    assert "name[play]" in done.stdout


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
    lines = imported(early, tmp_path, RUN_ANSIBLE_DOC="false")
    assert any("1.0.0 or greater" in line for line in complaints(lines)), lines
