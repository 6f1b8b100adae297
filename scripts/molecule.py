"""The scenarios on real hosts, a few at a time: python -m scripts.molecule.

Every scenario runs, also after one has failed, and prints when it is done; one alone prints as it
goes. The summary and the last line say which failed.
"""

from __future__ import annotations

import os
import subprocess
import sys

from scripts import apt, guarded, home, runner, scenario
from scripts.hosts import machine

# They wait for most of their time; the long ones first, so that none is left alone at the end, and
# before them one that needs another image, so that both are built at the same time.
AT_A_TIME = (os.cpu_count() or 1) + 1
FIRST = ("lifecycle", "oldest", "replace", "adopt")


def require(may_install: bool) -> None:
    """Have what it takes, or say in one line what is missing."""
    if os.geteuid() != 0:
        sys.exit("Real hosts need root: containers that boot systemd, in a network of their own.")
    apt.require("Real hosts", machine.missing(), may_install)


def run_all(chosen: list[str]) -> list[str]:
    """Run them and print the summary; the names of those that failed."""
    order = sorted(chosen, key=lambda name: (FIRST.index(name) if name in FIRST else 9, name))
    command = [sys.executable, "-m", "scripts.scenario"]
    return runner.run([runner.Job(name, [*command, name]) for name in order], AT_A_TIME)


def main() -> None:
    parser = apt.parser("molecule", __doc__)
    parser.add_argument("--clean", action="store_true", help="remove the images too, at the end")
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", choices=[[], *scenario.names()])
    arguments = parser.parse_args()
    guarded.clean_up_when_stopped()
    # Not each scenario for itself: what answers for names is started by the first and used by all.
    guarded.adopt_orphans()
    require(arguments.install)
    home.prepare()
    try:
        names = run_all(arguments.scenarios or scenario.names())
    finally:
        if arguments.clean:
            subprocess.run(
                [sys.executable, "-m", "scripts.hosts", "clean"], cwd=runner.ROOT, check=True
            )
        left = guarded.end_leftovers()
        for line in left:
            print(f"left running, ended now: {line}", flush=True)
    if left:
        names.append("left processes running")
        runner.note(names)
    runner.exit_with(names, "scenarios")


if __name__ == "__main__":
    main()
