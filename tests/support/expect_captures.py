"""Write anew what captures expect: python -m tests.support.expect_captures [FILE ...].

For when the contract has learnt something. Look at the difference before you commit it: what a
capture expects may only ever get better. Without files, all of tests/captures.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CAPTURES = ROOT / "tests" / "captures"
sys.path.insert(0, str(ROOT / ".collections"))

from ansible_collections.stemedb.cluster.plugins.module_utils._contract_check.capture import (
    expected,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._json_file import write


def refresh(paths: Iterable[Path]) -> list[Path]:
    """Those that now expect something else."""
    changed = []
    for path in paths:
        document = json.loads(path.read_text(encoding="utf-8"))
        document["expected"] = expected(document)
        if write(str(path), document):
            path.chmod(0o644)  # in the repository it is everybody's
            changed.append(path)
    return changed


def main() -> None:
    given = [Path(name) for name in sys.argv[1:]] or sorted(CAPTURES.glob("*.json"))
    for path in refresh(given):
        print(f"{path.name} expects something else now")


if __name__ == "__main__":
    main()
