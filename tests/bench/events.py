"""What the event source costs ansible-rulebook, beside a source that is silent."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import yaml

from tests.bench.running import ROOT, Bench, BenchError, Gateways
from tests.bench.served import Size
from tests.bench.sums import Row, most_row

SIZE = Size(5, 24)
GATEWAYS = 5
VENV = ROOT / ".venv-eda"
# Samples at the beginning that do not count, and those that do: a minute of them.
WARM, COUNTED = 5, 30
SECONDS = 180.0
SILENT = {"eda.builtin.generic": {"payload": [{}], "shutdown_after": 3600}}
MIB = 2**20


class _Spent(NamedTuple):
    cpu: float
    mebibytes: float


def events(bench: Bench) -> list[Row]:
    """Both run side by side, so that what the machine does meanwhile hits both."""
    if not (VENV / "bin" / "ansible-rulebook").exists():
        raise BenchError(f"{VENV.name} is missing: run make eda once")
    with Gateways(SIZE, GATEWAYS) as gateways:
        source = {"stemedb.cluster.cluster_events": {"gateway_url": gateways.urls}}
        with _rulebook(bench.folder, "ours", source) as ours:
            with _rulebook(bench.folder, "silent", SILENT) as silent:
                _wait_for_samples(gateways, WARM, ours)
                before, since = (_spent(ours), _spent(silent)), time.monotonic()
                _wait_for_samples(gateways, WARM + COUNTED, ours)
                after, elapsed = (_spent(ours), _spent(silent)), time.monotonic() - since
    used = [one.cpu - other.cpu for one, other in zip(after, before)]
    share = 100 * (used[0] - used[1]) / elapsed
    space = after[0].mebibytes - after[1].mebibytes
    what = f"cluster_events over a silent source, {GATEWAYS} gateways each 2 s"
    return [
        most_row(f"{what}: of a core", [share], "", "", 3, "%"),
        most_row("— its memory", [space], "", "", 20, "MiB"),
    ]


@contextmanager
def _rulebook(folder: Path, name: str, source: dict[str, Any]) -> Iterator[psutil.Process]:
    """A rulebook of this source that does nothing."""
    rule = {"name": "never", "condition": "event.never is defined", "action": {"debug": {}}}
    book = [{"name": name, "hosts": "all", "sources": [{"name": name, **source}], "rules": [rule]}]
    path = folder / f"rulebook-{name}.yml"
    path.write_text(yaml.safe_dump(book), encoding="utf-8")
    env = {
        **os.environ,
        "PATH": f"{VENV / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections"),
    }
    command = [str(VENV / "bin" / "ansible-rulebook"), "--rulebook", str(path)]
    with (folder / f"rulebook-{name}.log").open("wb") as log:
        process = subprocess.Popen(command, env=env, stdout=log, stderr=log)
    try:
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(30)


def _wait_for_samples(gateways: Gateways, count: int, process: psutil.Process) -> None:
    deadline = time.monotonic() + SECONDS
    while min(gateways.counts().values(), default=0) < 3 * count:
        if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
            raise BenchError("ansible-rulebook ended at once: is there a Java 17 or later?")
        if time.monotonic() > deadline:
            raise BenchError(f"{count} samples took longer than {SECONDS:g} s")
        time.sleep(0.2)


def _spent(process: psutil.Process) -> _Spent:
    times = process.cpu_times()
    return _Spent(times.user + times.system, process.memory_full_info().uss / MIB)
