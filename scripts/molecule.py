"""The scenarios on real hosts, as many at a time as there are cores: python -m scripts.molecule.

Every scenario runs, also after one has failed, and prints when it is done; one alone prints as it
goes. The summary and the last line say which failed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from scripts import home, run_stage, scenario
from scripts.hosts import machine

ROOT = home.ROOT
FAILED = ROOT / "build" / "failed"  # for .ci/run, however this ends
OUTPUTS = ROOT / "build" / "molecule"
# They wait for most of their time; the long ones first, so that none is left alone at the end, and
# before them one that needs another image, so that both are built at the same time.
AT_A_TIME = os.cpu_count() or 1
FIRST = ("lifecycle", "oldest", "replace", "adopt")
SECONDS_TO_END = 120.0


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


@dataclass
class Running:
    """A scenario under way; its output is kept until it has ended, unless it is the only one."""

    name: str
    process: subprocess.Popen[bytes]
    output: Path | None
    since: float = field(default_factory=time.monotonic)

    def report(self) -> str:
        """Print what it said; the line of the summary."""
        if self.output:
            print(f"\n=== {self.name}", flush=True)
            print(self.output.read_text(encoding="utf-8", errors="replace"), flush=True)
        word = "FAILED" if self.process.returncode else "passed"
        return f"{self.name:18}{word:8}{time.monotonic() - self.since:6.0f} s"


def start(name: str, alone: bool) -> Running:
    command = [sys.executable, "-m", "scripts.scenario", name]
    if alone:
        return Running(name, subprocess.Popen(command, cwd=ROOT), None)
    output = OUTPUTS / f"{name}.log"
    with output.open("wb") as stream:
        process = subprocess.Popen(command, cwd=ROOT, stdout=stream, stderr=subprocess.STDOUT)
    return Running(name, process, output)


@contextmanager
def ended_in_any_case(running: list[Running]) -> Iterator[None]:
    """Have those that still run clean up after themselves, and show how far they came."""
    try:
        yield
    finally:
        for one in running:
            one.process.terminate()
        for one in running:
            one.process.wait(SECONDS_TO_END)
            print(f"{one.report()} (stopped)", flush=True)


def run_all(chosen: list[str]) -> list[str]:
    """Run them, print the summary; the names of those that failed."""
    waiting = sorted(chosen, key=lambda name: (FIRST.index(name) if name in FIRST else 9, name))
    running: list[Running] = []
    failed: list[str] = []
    lines: list[str] = []
    with ended_in_any_case(running):
        while waiting or running:
            while waiting and len(running) < AT_A_TIME:
                running.append(start(waiting.pop(0), alone=len(chosen) == 1))
            note([*failed, *(f"{one.name} (not done)" for one in running)])
            for one in [one for one in running if one.process.poll() is not None]:
                running.remove(one)
                lines.append(one.report())
                failed += [one.name] if one.process.returncode else []
            time.sleep(0.2)
    note(failed)
    print("\n=== summary", *lines, sep="\n", flush=True)
    return failed


def note(names: list[str]) -> None:
    FAILED.write_text(", ".join(f"molecule {name}" for name in names), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m scripts.molecule", description=__doc__)
    parser.add_argument("--install", action="store_true", help="install what is missing by apt")
    parser.add_argument("--clean", action="store_true", help="remove the images too, at the end")
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", choices=[[], *scenario.names()])
    arguments = parser.parse_args()
    run_stage.clean_up_when_stopped()
    # Not each scenario for itself: what answers for names is started by the first and used by all.
    run_stage.adopt_orphans()
    require(arguments.install)
    home.prepare()
    OUTPUTS.mkdir(parents=True, exist_ok=True)
    try:
        failed = run_all(arguments.scenarios or scenario.names())
    finally:
        if arguments.clean:
            subprocess.run([sys.executable, "-m", "scripts.hosts", "clean"], cwd=ROOT, check=True)
        left = run_stage.end_leftovers()
        for line in left:
            print(f"left running, ended now: {line}", flush=True)
    failed += ["left processes running"] if left else []
    if failed:
        sys.exit(f"FAILED: {', '.join(failed)} (each one's output is above)")
    print("All scenarios passed.")


if __name__ == "__main__":
    main()
