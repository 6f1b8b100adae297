"""Packages of the system that a target needs: installed if that was asked for, else named."""

from __future__ import annotations

import argparse
import fcntl
import os
import subprocess
import sys
from collections.abc import Sequence


def parser(name: str, description: str | None) -> argparse.ArgumentParser:
    """What reads the command line of a script that may install packages."""
    made = argparse.ArgumentParser(prog=f"python -m scripts.{name}", description=description)
    made.add_argument("--install", action="store_true", help="install what is missing by apt")
    return made


def require(what: str, lacking: Sequence[str], may_install: bool) -> None:
    """Have these packages, or say in one line what is missing.

    :param what: what needs them, at the beginning of the sentence.
    """
    if not lacking:
        return
    if not may_install:
        sys.exit(f"{what} need: apt-get install --no-install-recommends {' '.join(lacking)}")
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    # Targets that run beside each other install one after the other.
    with open("/run/lock/stemedb-apt", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for command in (["update"], ["install", "--yes", "--no-install-recommends", *lacking]):
            subprocess.run(["apt-get", "-qq", *command], env=env, check=True)
