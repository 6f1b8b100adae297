"""What a tarball has to pass before it is published: python -m scripts.release [--install].

It is built, imported as Galaxy does it, signed with a key that is thrown away, and installed into
environments that have nothing but ansible-core and what requirements.txt names.
"""

from __future__ import annotations

import shutil
import sys

from scripts import apt, guarded, home, runner, stages

MINUTES = 20
# The environments that a tarball is tried in: Python, and where its ansible-core stands.
CORES = {"2.19": ("3.11", "requirements.txt"), "2.21": ("3.13", "requirements-2.21.txt")}


def environment(core: str) -> str:
    """The name of the folder of an environment for users."""
    return f".venv-user-{core}"


def requirements(core: str) -> str:
    """What a user installs: the ansible-core of the tests and what the collection asks for."""
    lines = (home.ROOT / "tests" / CORES[core][1]).read_text(encoding="utf-8").splitlines()
    (wanted,) = (line for line in lines if line.startswith("ansible-core"))
    return f"{wanted}\n-r ../requirements.txt\n"


def make(core: str) -> None:
    path = home.ROOT / "build" / f"requirements-user-{core}.txt"
    path.parent.mkdir(exist_ok=True)
    path.write_text(requirements(core), encoding="utf-8")
    reason = stages.make(environment(core), CORES[core][0], str(path))
    if reason:
        sys.exit(reason)


def main() -> None:
    parser = apt.parser("release", __doc__)
    parser.add_argument("tests", nargs="*", metavar="TEST")
    arguments = parser.parse_args()
    guarded.clean_up_when_stopped()
    lacking = [] if shutil.which("gpg") else ["gnupg"]
    apt.require("Checks of a release", lacking, arguments.install)
    home.prepare()
    for core in CORES:
        make(core)
    test = [sys.executable, "-m", "pytest", "--durations", "0", "--durations-min", "1"]
    words = guarded.command(MINUTES, [*test, *(arguments.tests or ["tests/release"])])
    job = runner.Job("release", words, home.environment(home.ROOT / ".venv"))
    runner.exit_with(runner.run([job], 1), "checks of the release")


if __name__ == "__main__":
    main()
