"""Reports in a headless Chromium: python -m scripts.report [--install] [TEST ...].

The pictures that it leaves in build/report are to be looked at.
"""

from __future__ import annotations

import shutil

from scripts import apt, guarded, home, runner

VENV = home.ROOT / ".venv"
MINUTES = 10
# Without a font of the system all texts would be boxes.
PACKAGES = ["chromium", "fonts-dejavu-core"]


def lacking() -> list[str]:
    """The packages that have to be installed, if any."""
    return [] if shutil.which("chromium") else PACKAGES


def job(tests: list[str]) -> runner.Job:
    """What is run."""
    command = ["pytest", *(tests or ["tests/report"])]
    return runner.Job("report", guarded.command(MINUTES, command), home.environment(VENV))


def main() -> None:
    parser = apt.parser("report", __doc__)
    parser.add_argument("tests", nargs="*", metavar="TEST")
    arguments = parser.parse_args()
    guarded.clean_up_when_stopped()
    apt.require("Reports", lacking(), arguments.install)
    home.prepare()
    runner.exit_with(runner.run([job(arguments.tests)], 1), "jobs")


if __name__ == "__main__":
    main()
