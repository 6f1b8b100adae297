"""What needs more of a machine than `make test`, side by side: python -m scripts.extra [--install].

Real hosts wait for most of their time; the other targets run one after the other beside them.
"""

from __future__ import annotations

import os

from scripts import apt, guarded, runner

# The longest one first: the others take the second place in turn. What installs no packages goes
# before the rest of them, since the first one installs its own at that time and leaves a core idle.
TARGETS = {
    "molecule": "MOLECULE_OPTIONS=--clean",
    "controller": "",
    "eda": "EDA_OPTIONS=",
    "release-check": "RELEASE_OPTIONS=",
    "report-test": "REPORT_OPTIONS=",
    "docs": "",
}
AT_A_TIME = 2


def job(target: str, options: str, install: bool) -> runner.Job:
    """One target; where it would say what failed is a file of its own."""
    words = [f"{options} --install" if install and options else options]
    failed = runner.OUTPUTS / f"{target}.failed"
    command = ["make", "--no-print-directory", target, *filter(None, words)]
    return runner.Job(f"make-{target}", command, {**os.environ, runner.FAILED_ENV: str(failed)})


def main() -> None:
    parser = apt.parser("extra", __doc__)
    install = parser.parse_args().install
    guarded.clean_up_when_stopped()
    jobs = [job(target, options, install) for target, options in TARGETS.items()]
    runner.exit_with(runner.run(jobs, AT_A_TIME), "targets")


if __name__ == "__main__":
    main()
