"""Build the collection's tarball in build/ and compare what is in it with the kept list.

tarball                 compare with tests/tarball-files.txt, fail where they differ
tarball --update-list   write that list anew; read the difference before you commit it
"""

from __future__ import annotations

import subprocess
import sys
import tarfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / "tests" / "tarball-files.txt"
UPDATE = ".venv/bin/python -m scripts.tarball --update-list"


def build(folder: Path) -> Path:
    """Build into the folder with this Python's ansible-core; the tarball."""
    galaxy = [str(Path(sys.executable).parent / "ansible-galaxy"), "collection", "build"]
    command = [*galaxy, "--force", "--output-path", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode or done.stderr:
        sys.exit(f"ansible-galaxy could not build: {done.stderr or done.stdout}")
    return next(folder.glob("stemedb-cluster-*.tar.gz"))


def files(tarball: Path) -> list[str]:
    with tarfile.open(tarball) as archive:
        return sorted(member.name for member in archive if member.isfile())


def differences(found: list[str]) -> list[str]:
    kept = KEPT.read_text(encoding="utf-8").split()
    return [
        *(f"+ {name} is in the tarball, not in the list" for name in found if name not in kept),
        *(f"- {name} is in the list, not in the tarball" for name in kept if name not in found),
    ]


def main() -> None:
    folder = ROOT / "build" / "tarball"
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("stemedb-cluster-*.tar.gz"):
        old.unlink()
    tarball = build(folder)
    found = files(tarball)
    if sys.argv[1:] == ["--update-list"]:
        KEPT.write_text("".join(f"{name}\n" for name in found), encoding="utf-8")
    changed = differences(found)
    if changed:
        sys.exit("\n".join([*changed, f"If that is meant: {UPDATE}"]))
    print(f"{tarball.relative_to(ROOT)}: {len(found)} files")


if __name__ == "__main__":
    main()
