"""Commands side by side: each one's output is kept, and printed whole when it has ended."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from scripts import failed, home

SECONDS_TO_END = 120.0


@dataclass
class Running:
    name: str
    process: subprocess.Popen[bytes]
    since: float = field(default_factory=time.monotonic)
    shown: int | None = None  # bytes of its output, once its name was printed

    def show(self) -> None:
        """Print what it has said since the last time, below its name."""
        if self.shown is None:
            print(f"\n=== {self.name}", flush=True)
            self.shown = 0
        with failed.output(self.name).open("rb") as stream:
            stream.seek(self.shown)
            new = stream.read()
        self.shown += len(new)
        sys.stdout.write(new.decode(errors="replace"))
        sys.stdout.flush()

    def line(self) -> str:
        """Its line of the summary, once it has ended."""
        word = "FAILED" if self.process.returncode else "passed"
        return f"{self.name:18}{word:8}{time.monotonic() - self.since:6.0f} s"


def run(
    commands: Mapping[str, Sequence[str]], at_a_time: int, before: Sequence[str] = ()
) -> tuple[list[str], list[str]]:
    """Run them in their order: the names of those that failed, and the lines of the summary.

    :param commands: by name; one alone prints as it goes.
    :param before: what has failed already.
    """
    alone = len(commands) == 1
    waiting = list(commands)
    running: list[Running] = []
    found: list[str] = []
    lines: list[str] = []
    with ended_in_any_case(running):
        while waiting or running:
            while waiting and len(running) < at_a_time:
                name = waiting.pop(0)
                running.append(start(name, commands[name]))
                failed.note([*before, *found], [one.name for one in running])
            for one in list(running):
                ended = one.process.poll() is not None
                if ended or alone:
                    one.show()
                if ended:
                    running.remove(one)
                    lines.append(one.line())
                    found += [one.name] if one.process.returncode else []
                    failed.note([*before, *found], [one.name for one in running])
            time.sleep(0.2)
    return found, lines


def start(name: str, command: Sequence[str]) -> Running:
    output = failed.output(name)
    output.parent.mkdir(parents=True, exist_ok=True)
    with output.open("wb") as stream:
        process = subprocess.Popen(command, cwd=home.ROOT, stdout=stream, stderr=stream)
    return Running(name, process)


@contextmanager
def ended_in_any_case(running: list[Running]) -> Iterator[None]:
    """Have those that still run clean up after themselves, and show how far they came."""
    try:
        yield
    finally:
        for one in running:
            one.process.terminate()
        for one in running:
            one.process.wait(SECONDS_TO_END)
            one.show()
            print(f"{one.line()} (stopped)", flush=True)
