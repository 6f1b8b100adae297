"""Check the contracts of imports in pyproject.toml: python -m scripts.imports [COLLECTIONS]."""

from __future__ import annotations

import sys
from pathlib import Path

from importlinter.cli import lint_imports

ROOT = Path(__file__).resolve().parent.parent


def main(arguments: list[str]) -> int:
    # A folder in which the collection has the name by which its files import each other.
    sys.path.insert(0, arguments[0] if arguments else str(ROOT / ".collections"))
    return lint_imports(str(ROOT / "pyproject.toml"), no_cache=True, no_logo=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
