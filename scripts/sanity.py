"""Run ansible-test sanity with this Python's ansible-core on a copy of the collection."""

from __future__ import annotations

import os
import sys

from scripts import home, in_copy

# Its rules are for what is delivered; the rest has ruff and mypy.
NOT_DELIVERED = ("/scripts/", "/tests/*", "!/tests/config.yml", "!/tests/sanity/")


def main() -> int:
    python = f"{sys.version_info[0]}.{sys.version_info[1]}"
    ansible_test = ["ansible-test", "sanity", "--venv", "--python", python, "--color", "no"]
    # In a home of its own: ansible-test keeps its environments there, for one run at a time.
    own = home.HOME.with_name(f"home-sanity-{python}")
    home.prepare(own)
    os.environ["HOME"] = str(own)
    return in_copy.run(ansible_test, NOT_DELIVERED)


if __name__ == "__main__":
    sys.exit(main())
