"""Run ansible-test sanity with this Python's ansible-core on a copy of the collection."""

from __future__ import annotations

import fcntl
import sys

from scripts import in_copy

# Its rules are for what is delivered; the rest has ruff and mypy.
NOT_DELIVERED = ("/scripts/", "/tests/*", "!/tests/config.yml", "!/tests/sanity/")


def main() -> int:
    python = f"{sys.version_info[0]}.{sys.version_info[1]}"
    ansible_test = ["ansible-test", "sanity", "--venv", "--python", python, "--color", "no"]
    # ansible-test keeps its own environments in the home folder: one run at a time makes them.
    with open(in_copy.ROOT / "build" / "sanity.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return in_copy.run(ansible_test, NOT_DELIVERED)


if __name__ == "__main__":
    sys.exit(main())
