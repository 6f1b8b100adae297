"""The scenarios on real hosts, one after the other: python -m scripts.molecule [SCENARIO ...].

Every scenario runs, also after one has failed; the summary and the last line say which failed. The
hosts, and what an earlier run left of them, are removed in any case.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from scripts import home, run_stage
from scripts.hosts import machine

ROOT = home.ROOT
VENV = ROOT / ".venv-molecule"
SCENARIOS = ROOT / "extensions" / "molecule"
FAILED = ROOT / "build" / "failed"  # for .ci/run, however this ends
MINUTES = 20.0  # for one scenario
HOSTS = [sys.executable, "-m", "scripts.hosts"]


def require(may_install: bool) -> None:
    """Have what it takes, or say in one line what is missing."""
    if os.geteuid() != 0:
        sys.exit("Real hosts need root: containers that boot systemd, in a network of their own.")
    lacking = machine.missing()
    if not lacking:
        return
    if not may_install:
        sys.exit(f"Real hosts need: apt-get install --no-install-recommends {' '.join(lacking)}")
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "--yes", "--no-install-recommends", *lacking]):
        subprocess.run(["apt-get", "-qq", *command], env=env, check=True)


def scenarios() -> list[str]:
    return sorted(path.parent.name for path in SCENARIOS.glob("*/molecule.yml"))


def run(scenario: str, temporary: Path) -> str:
    """Run one scenario; an empty string, or one line that says what is wrong."""
    work = temporary / scenario
    work.mkdir()
    env = {
        **home.environment(VENV, temporary),
        "MOLECULE_PROJECT_DIRECTORY": str(ROOT),
        "ANSIBLE_HOME": str(work),  # molecule keeps its state in there
    }
    # The logs of pretty output are no use where nobody watches.
    env.setdefault("NO_COLOR", "" if sys.stdout.isatty() else "1")
    command = ["molecule", "--base-config", str(SCENARIOS / "config.yml"), "test"]
    words = [str(VENV / "bin" / command[0]), *command[1:], "--scenario-name", scenario]
    return run_stage.run(words, ROOT, env, MINUTES * 60)


def run_all(chosen: list[str], temporary: Path) -> list[str]:
    """Run them, print the summary; the names of those that failed."""
    lines: list[str] = []
    failed: list[str] = []
    for scenario in chosen:
        waiting = [*failed, f"{scenario} (not done)"]
        FAILED.write_text(", ".join(f"molecule {name}" for name in waiting), encoding="utf-8")
        print(f"\n=== {scenario}", flush=True)
        start = time.monotonic()
        problem = run(scenario, temporary)
        subprocess.run([*HOSTS, "down"], cwd=ROOT, check=True)
        if problem:
            failed.append(scenario)
        word = "FAILED" if problem else "passed"
        lines.append(f"{scenario:18}{word:8}{time.monotonic() - start:6.0f} s  {problem}".rstrip())
        FAILED.write_text(", ".join(f"molecule {name}" for name in failed), encoding="utf-8")
    print("\n=== summary", *lines, sep="\n", flush=True)
    return failed


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m scripts.molecule", description=__doc__)
    parser.add_argument("--install", action="store_true", help="install what is missing by apt")
    parser.add_argument("--clean", action="store_true", help="remove the images too, at the end")
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", choices=[[], *scenarios()])
    arguments = parser.parse_args()
    run_stage.clean_up_when_stopped()
    require(arguments.install)
    run_stage.adopt_orphans()
    home.prepare()
    with open("/run/lock/stemedb-host", "w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit("Another run uses the hosts on this machine: their addresses are fixed.")
        try:
            with tempfile.TemporaryDirectory(prefix="stemedb-molecule-") as folder:
                failed = run_all(arguments.scenarios or scenarios(), Path(folder))
        finally:
            subprocess.run([*HOSTS, "clean" if arguments.clean else "down"], cwd=ROOT, check=True)
    if failed:
        sys.exit(f"FAILED: {', '.join(failed)} (each one's output is above)")
    print("All scenarios passed.")


if __name__ == "__main__":
    main()
