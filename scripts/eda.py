"""Events with the real ansible-rulebook: python -m scripts.eda [--install] [TEST ...].

Run it with .venv-eda. The rulebooks are compared with the schema of ansible-rulebook, and then run.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from scripts import apt, guarded, home, runner

VENV = home.ROOT / ".venv-eda"
RULEBOOKS = Path("extensions", "eda", "rulebooks")
MINUTES = 15
OLDEST_JAVA = 17


def java() -> int:
    """The major version of the Java on the path, 0 without one."""
    try:
        done = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False)
    except OSError:
        return 0
    found = re.search(r'version "(\d+)', done.stderr + done.stdout)
    return int(found[1]) if found else 0


def lacking() -> list[str]:
    """The package that has to be installed, if any."""
    return [] if java() >= OLDEST_JAVA else ["default-jre-headless"]


def jobs(tests: list[str]) -> list[runner.Job]:
    """What is run, one after the other."""
    (schema,) = VENV.glob("lib/python3*/site-packages/ansible_rulebook/schema/ruleset_schema.json")
    books = sorted(str(path) for path in (home.ROOT / RULEBOOKS).glob("*.yml"))
    env = home.environment(VENV)
    check = ["check-jsonschema", "--schemafile", str(schema), *books]
    test = ["pytest", "--durations", "10", *(tests or ["tests/eda"])]
    return [
        runner.Job("rulebooks", guarded.command(MINUTES, check), env),
        runner.Job("eda", guarded.command(MINUTES, test), env),
    ]


def main() -> None:
    parser = apt.parser("eda", __doc__)
    parser.add_argument("tests", nargs="*", metavar="TEST")
    arguments = parser.parse_args()
    guarded.clean_up_when_stopped()
    apt.require("Events", lacking(), arguments.install)
    home.prepare()
    runner.exit_with(runner.run(jobs(arguments.tests), 1), "jobs")


if __name__ == "__main__":
    main()
