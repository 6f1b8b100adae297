"""One stage of `make test`, whose environment is there: python -m scripts.stage NAME."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from scripts import run_stage
from scripts.stages import STAGES, run


def main() -> None:
    run_stage.clean_up_when_stopped()
    (stage,) = (stage for stage in STAGES if stage.name == sys.argv[1])
    run_stage.adopt_orphans()
    print(stage.command, flush=True)
    with tempfile.TemporaryDirectory(prefix="stemedb-test-", ignore_cleanup_errors=True) as folder:
        problem = run(stage, Path(folder))
    if problem:
        sys.exit(problem)


if __name__ == "__main__":
    main()
