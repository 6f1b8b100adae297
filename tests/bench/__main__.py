"""Measure the collection beside its peers: make bench, or python -m tests.bench [FIGURE ...].

Everything is measured against something of the same run, in turns: the machine may be busy, the
ratios stand. What is started is ended; a command that takes two minutes is an error.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import platform
import signal
import sys
import time
from datetime import datetime, timezone
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench import table
from tests.bench.figures import FIGURES
from tests.bench.running import ROOT, Bench, BenchError
from tests.bench.sums import Row
from tests.devcluster.cluster import DevClusterError

PAGE = ROOT / "docs" / "docsite" / "rst" / "figures.rst"


def main() -> int:
    """Exit status 1 if a bound is missed or a figure could not be measured."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("figures", nargs="*", metavar="FIGURE", help=f"of {', '.join(FIGURES)}")
    parser.add_argument("--rounds", type=int, help="instead of each figure's own number")
    parser.add_argument("--write", action="store_true", help=f"put the table into {PAGE.name}")
    given = parser.parse_args()
    unknown = sorted(set(given.figures) - set(FIGURES))
    if unknown:
        parser.error(f"there is no figure {unknown[0]!r}: there are {', '.join(FIGURES)}")
    if given.write and given.figures:
        parser.error("the page holds all figures: --write is for a run of all")
    if given.rounds is not None and given.rounds < 1:
        parser.error("--rounds must be 1 or more")
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(143))
    rows: list[Row] = []
    failed = []
    load = os.getloadavg()[0]
    with TemporaryDirectory(prefix="stemedb-bench-", ignore_cleanup_errors=True) as folder:
        bench = Bench(Path(folder), given.rounds)
        try:
            for name in given.figures or FIGURES:
                started = time.monotonic()
                try:
                    rows += FIGURES[name](bench)
                except (BenchError, DevClusterError, AssertionError, OSError) as error:
                    print(f"{name}: {error}", file=sys.stderr, flush=True)
                    failed.append(name)
                print(f"{name}: {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
        finally:
            bench.ansible.close()
    made = f"{conditions()}, load average {load:.1f} before and {os.getloadavg()[0]:.1f} after"
    print(f"\n{table.as_text(rows)}\n\n{made}")
    if failed:
        print(f"FAILED: could not be measured: {', '.join(failed)}")
        return 1
    if given.write:
        table.write(PAGE, table.as_rst(rows, f"Measured on {made}."))
    missed = [row.what for row in rows if row.met is False]
    if missed:
        print(f"FAILED: missed: {'; '.join(missed)}")
    return 1 if missed else 0


def conditions() -> str:
    """The machine and the versions, without a name or a path."""
    version = importlib.metadata.version
    return (
        f"{datetime.now(tz=timezone.utc):%Y-%m-%d}, {len(os.sched_getaffinity(0))} cores, "
        f"{platform.system()}, Python {platform.python_version()}, "
        f"ansible-core {version('ansible-core')}, requests {version('requests')}"
    )


if __name__ == "__main__":
    sys.exit(main())
