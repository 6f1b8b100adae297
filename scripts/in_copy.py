"""Run a command in a copy of the collection: python -m scripts.in_copy COMMAND [ARGUMENT ...].

Some tools insist on real files at .../ansible_collections/stemedb/cluster and trip over
virtual environments and the link that makes a checkout usable. The copy has what .gitignore
lets through, less that link, and is gone when the command has ended.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pathspec

ROOT = Path(__file__).resolve().parent.parent
LEFT_OUT = ("/.git", "/.collections/")


def files(left_out: tuple[str, ...] = ()) -> Iterator[Path]:
    """What .gitignore and these patterns let through, as in a clone."""
    rules = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    ignored = pathspec.GitIgnoreSpec.from_lines([*rules, *LEFT_OUT, *left_out])
    for folder, subfolders, names in os.walk(ROOT):
        here = Path(folder).relative_to(ROOT)
        subfolders[:] = [name for name in subfolders if not ignored.match_file(f"{here / name}/")]
        yield from (here / name for name in names if not ignored.match_file(str(here / name)))


@contextlib.contextmanager
def copied(left_out: tuple[str, ...] = ()) -> Iterator[Path]:
    """A copy, at its place below a folder of collections; `left_out` are as in .gitignore."""
    with tempfile.TemporaryDirectory(prefix="stemedb-copy-") as folder:
        copy = Path(folder, "ansible_collections", "stemedb", "cluster")
        for path in files(left_out):
            (copy / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / path, copy / path, follow_symlinks=False)
        yield copy


def run(command: list[str], left_out: tuple[str, ...] = ()) -> int:
    """The exit status of the command, run in a copy."""
    with copied(left_out) as copy:
        env = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(copy.parents[2])}
        return subprocess.run(command, cwd=copy, env=env, check=False).returncode


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
