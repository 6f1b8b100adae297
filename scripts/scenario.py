"""One scenario on real hosts: python -m scripts.scenario NAME.

The hosts, and what an earlier run left of them, are removed in any case.
"""

from __future__ import annotations

import fcntl
import subprocess
import sys
import tempfile
from pathlib import Path

from scripts import guarded, home

ROOT = home.ROOT
VENV = ROOT / ".venv-molecule"
SCENARIOS = ROOT / "extensions" / "molecule"
MINUTES = 45.0


def names() -> list[str]:
    return sorted(path.parent.name for path in SCENARIOS.glob("*/molecule.yml"))


def run(scenario: str, work: Path) -> str:
    """Run the scenario; an empty string, or one line that says what is wrong."""
    env = {
        **home.environment(VENV),
        "TMPDIR": str(work),
        "MOLECULE_PROJECT_DIRECTORY": str(ROOT),
        "ANSIBLE_HOME": str(work),  # molecule keeps its state in there
        "ANSIBLE_CALLBACK_PLUGINS": str(ROOT / "tests" / "integration" / "plugins" / "callback"),
        "ANSIBLE_CALLBACKS_ENABLED": "quick",
    }
    # The logs of pretty output are no use where nobody watches.
    env.setdefault("NO_COLOR", "" if sys.stdout.isatty() else "1")
    command = ["molecule", "--base-config", str(SCENARIOS / "config.yml"), "test"]
    words = [str(VENV / "bin" / command[0]), *command[1:], "--scenario-name", scenario]
    return guarded.run(words, env, MINUTES * 60)


def main() -> None:
    if sys.argv[1:] not in [[name] for name in names()]:
        sys.exit(f"One scenario, please: {' '.join(names())}")
    scenario = sys.argv[1]
    guarded.clean_up_when_stopped()
    down = [sys.executable, "-m", "scripts.hosts", "--set", scenario, "down"]
    with open(f"/run/lock/stemedb-host-{scenario}", "w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit("Another run uses these hosts on this machine: their addresses are fixed.")
        try:
            with tempfile.TemporaryDirectory(prefix="stemedb-molecule-") as folder:
                problem = run(scenario, Path(folder))
        finally:
            subprocess.run(down, cwd=ROOT, check=True)
    if problem:
        sys.exit(problem)


if __name__ == "__main__":
    main()
