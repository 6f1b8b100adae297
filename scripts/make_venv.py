"""Make or refresh a virtual environment: make_venv.py FOLDER REQUIREMENTS.

Run by the Python that the environment is to have. Does nothing, quickly, when the stamp
inside the folder says that this Python and these requirements are in it already.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path


def requirement_text(path: Path) -> str:
    """The file and those it includes with -r."""
    text = path.read_text(encoding="utf-8")
    included = [line[3:].strip() for line in text.splitlines() if line.startswith("-r ")]
    return text + "".join(requirement_text(path.parent / name) for name in included)


def runs(*command: object) -> bool:
    try:
        done = subprocess.run([str(part) for part in command], capture_output=True, check=False)
    except OSError:
        return False
    return done.returncode == 0


def make(folder: Path, requirements: Path) -> None:
    # The path belongs to the stamp: the scripts of a moved environment point at the old place.
    base = {"python": sys.version, "base": sys.base_prefix, "path": str(folder)}
    wanted = {
        **base,
        "requirements": hashlib.sha256(requirement_text(requirements).encode()).hexdigest(),
    }
    stamp = folder / "stamp.json"
    python = folder / "bin" / "python"
    found = json.loads(stamp.read_text(encoding="utf-8")) if stamp.exists() else None
    if found == wanted and runs(python, "-c", ""):
        return
    print(
        f"Setting up {folder.name} from {requirements.name}, once: about a minute ...", flush=True
    )
    moved = found is not None and any(found.get(key) != value for key, value in base.items())
    if moved or not runs(python, "-m", "pip", "--version"):
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, with_pip=True)
    stamp.unlink(missing_ok=True)
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "--no-input", "install"]
    subprocess.run([*pip, "-qq", "-r", str(requirements)], check=True)
    stamp.write_text(json.dumps(wanted), encoding="utf-8")


def main() -> None:
    folder, requirements = (Path(argument).absolute() for argument in sys.argv[1:])
    locks = folder.parent / "build"
    locks.mkdir(exist_ok=True)
    with open(locks / f"{folder.name}.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # ensurepip forgets to remove a copy of its certificates.
        with tempfile.TemporaryDirectory() as temporary:
            os.environ["TMPDIR"] = temporary
            try:
                make(folder, requirements)
            except subprocess.CalledProcessError:
                sys.exit(f"{folder.name} could not be set up: pip failed, its message is above.")


if __name__ == "__main__":
    main()
