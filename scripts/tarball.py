"""Build the collection's tarball in build/."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


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


def published() -> Path:
    """The tarball that is published, in build/tarball, built now."""
    folder = ROOT / "build" / "tarball"
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("stemedb-cluster-*.tar.gz"):
        old.unlink()
    return build(folder)


def main() -> None:
    tarball = published()
    print(f"{tarball.relative_to(ROOT)}: {len(files(tarball))} files")


if __name__ == "__main__":
    main()
