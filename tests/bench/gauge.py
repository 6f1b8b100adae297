"""Runs one command and writes what it took: gauge.py OUT SECONDS [--pss] -- COMMAND.

OUT gets JSON: `seconds` until the command ended, `cpu` seconds of the whole tree, daemons included,
and with --pss the most memory that the tree had at one time, in bytes, each shared page counted by
its share, and `module`, the most that the processes of modules had. Whatever still runs 10 s after
the command is ended, and is an error.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from scripts import guarded

_EVERY = 0.02


def main() -> int:
    """Exit status 0 if the command had that."""
    split = sys.argv.index("--")
    out, seconds, *flags = sys.argv[1:split]
    command = sys.argv[split + 1 :]
    guarded.adopt_orphans()
    for number in (signal.SIGALRM, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _give_up)
    signal.alarm(int(float(seconds)))
    ended = threading.Event()
    memory = _Memory(ended)
    started = time.monotonic()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    if "--pss" in flags:
        memory.start()
    status = os.waitstatus_to_exitcode(os.waitpid(process.pid, 0)[1])
    took = time.monotonic() - started
    ended.set()
    left = guarded.end_leftovers()
    signal.alarm(0)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    found = {"seconds": took, "cpu": used.ru_utime + used.ru_stime, "pss": memory.most}
    found["module"] = memory.of_modules
    Path(out).write_text(json.dumps(found), encoding="utf-8")
    for line in left:
        print(f"left running, ended now: {line}", file=sys.stderr)
    return 1 if left else status


def _give_up(number: int, _frame: object) -> None:
    for pid in guarded.children():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    guarded.end_leftovers()
    os._exit(124 if number == signal.SIGALRM else 128 + number)


class _Memory(threading.Thread):
    """Looks at the tree below this process again and again, until `ended`."""

    def __init__(self, ended: threading.Event) -> None:
        super().__init__(daemon=True)
        self.most = self.of_modules = 0
        self._ended = ended

    def run(self) -> None:
        while not self._ended.wait(_EVERY):
            found = {pid: _pss(pid) for pid in _below(os.getpid())}
            modules = sum(bytes_ for pid, bytes_ in found.items() if _is_module(pid))
            self.most = max(self.most, sum(found.values()))
            self.of_modules = max(self.of_modules, modules)


def _below(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in map(int, task.read_text().split()):
                found += [child, *_below(child)]
    return found


def _is_module(pid: int) -> bool:
    """Whether Ansible runs a module in it, the shells around it included, which are small."""
    with contextlib.suppress(OSError):
        return b"AnsiballZ_" in Path(f"/proc/{pid}/cmdline").read_bytes()
    return False


def _pss(pid: int) -> int:
    """Bytes; 0 for a process that has ended meanwhile."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


if __name__ == "__main__":
    sys.exit(main())
