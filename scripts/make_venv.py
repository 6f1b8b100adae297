"""Make or refresh a virtual environment: make_venv.py FOLDER REQUIREMENTS.

Run by the Python that the environment is to have. Does nothing, quickly, when the stamp
inside the folder says that this Python and these requirements are in it already.

uv installs in a third of the time that pip takes. Where it cannot, because there is another index
for example, pip does, and says why if it fails too.
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


def uv(tools: Path) -> list[str]:
    """The command, in an environment of its own; empty where it cannot be had."""
    program = tools / "bin" / "uv"
    if not runs(program, "--version"):
        shutil.rmtree(tools, ignore_errors=True)
        venv.create(tools, with_pip=True)
        if not runs(tools / "bin" / "python", "-m", "pip", "install", "-qq", "uv"):
            return []
    # Its cache is on the file system of the environments: what is in both is there once.
    return [str(program), "--quiet", "--cache-dir", str(tools / "cache")]


def install(folder: Path, requirements: Path, tools: Path) -> None:
    """Fill an environment, which is made first if there is none that works."""
    python = folder / "bin" / "python"
    works = runs(python, "-m", "pip", "--version")
    if command := uv(tools):
        new = [*command, "venv", "--seed", "--clear", "--python", sys.executable, folder]
        added = [*command, "pip", "install", "--compile-bytecode", "--python", python]
        if (works or runs(*new)) and runs(*added, "-r", requirements):
            return
    if not works:
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, with_pip=True)
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "--no-input", "install"]
    subprocess.run([*pip, "-qq", "-r", str(requirements)], check=True)


def make(folder: Path, requirements: Path, tools: Path) -> None:
    """Have what is required, and the stamp that says so.

    :param tools: the folder of uv.
    """
    # The path belongs to the stamp: the scripts of a moved environment point at the old place.
    base = {"python": sys.version, "base": sys.base_prefix, "path": str(folder)}
    wanted = {
        **base,
        "requirements": hashlib.sha256(requirement_text(requirements).encode()).hexdigest(),
    }
    stamp = folder / "stamp.json"
    found = json.loads(stamp.read_text(encoding="utf-8")) if stamp.exists() else None
    if found == wanted and runs(folder / "bin" / "python", "-c", ""):
        return
    print(f"Setting up {folder.name} from {requirements.name}, once ...", flush=True)
    if found is not None and any(found.get(key) != value for key, value in base.items()):
        shutil.rmtree(folder)
    stamp.unlink(missing_ok=True)
    install(folder, requirements, tools)
    stamp.write_text(json.dumps(wanted), encoding="utf-8")


def main() -> None:
    folder, requirements = (Path(argument).absolute() for argument in sys.argv[1:])
    build = folder.parent / "build"
    build.mkdir(exist_ok=True)
    # One at a time: they share uv.
    with open(build / "venv.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # ensurepip forgets to remove a copy of its certificates.
        with tempfile.TemporaryDirectory() as temporary:
            os.environ["TMPDIR"] = temporary
            try:
                make(folder, requirements, build / "uv")
            except subprocess.CalledProcessError:
                sys.exit(f"{folder.name} could not be set up: pip failed, its message is above.")


if __name__ == "__main__":
    main()
