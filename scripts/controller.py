"""The tests of examples/controller, in .venv-controller: python -m scripts.controller.

They need the collection awx.awx. PyPI has it only inside the package `ansible`, up to 12.3.0. That
is 54 MB with 92 collections: it is fetched once, and what is not awx.awx is thrown away.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from scripts import guarded, home, runner

VENV = home.ROOT / ".venv-controller"
COLLECTIONS = VENV / "collections"
AWX = "ansible_collections/awx"
PACKAGE = "ansible==12.3.0"
MINUTES = 15


def fetch_awx() -> None:
    """Put awx.awx below COLLECTIONS, unless it is there."""
    if (COLLECTIONS / AWX).exists():
        return
    print(f"Fetching awx.awx, once: 54 MB of {PACKAGE} ...", flush=True)
    pip = [str(VENV / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "--no-input"]
    download = ["download", "-qq", "--no-cache-dir", "--no-deps", "--only-binary", ":all:"]
    # Beside its place, so that it is there as a whole or not at all.
    with tempfile.TemporaryDirectory(dir=VENV) as folder:
        subprocess.run([*pip, *download, "-d", folder, PACKAGE], check=True)
        (wheel,) = Path(folder).glob("*.whl")
        unpack(wheel, Path(folder))
        (COLLECTIONS / AWX).parent.mkdir(parents=True, exist_ok=True)
        (Path(folder) / AWX).rename(COLLECTIONS / AWX)


def unpack(wheel: Path, folder: Path) -> None:
    """Unpack awx.awx and nothing else."""
    with zipfile.ZipFile(wheel) as archive:
        members = [name for name in archive.namelist() if name.startswith(f"{AWX}/awx/")]
        if not members:
            sys.exit(f"FAILED: awx.awx is not in {wheel.name}: it was in ansible 12.3.0.")
        archive.extractall(folder, members)


def main() -> None:
    guarded.clean_up_when_stopped()
    home.prepare()
    try:
        fetch_awx()
    except subprocess.CalledProcessError:
        sys.exit(f"FAILED: {PACKAGE} could not be fetched: pip failed, its message is above.")
    python = str(VENV / "bin" / "python")
    options = ["-n", "2", "--dist", "loadfile", "--durations", "5"]
    tests = [python, "-m", "pytest", *options, "tests/controller"]
    job = runner.Job("controller", guarded.command(MINUTES, tests), home.environment(VENV))
    runner.exit_with(runner.run([job], 1), "tests of the controller")


if __name__ == "__main__":
    main()
