"""Commands side by side: each one's output is kept until it has ended, and then printed whole."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from scripts import home

OUTPUTS = home.ROOT / "build" / "outputs"
SECONDS_TO_END = 120.0


@dataclass
class Running:
    """One under way; without `output` it prints as it goes."""

    name: str
    process: subprocess.Popen[bytes]
    output: Path | None
    since: float = field(default_factory=time.monotonic)

    def report(self) -> str:
        """Print what it said; the line of the summary."""
        if self.output:
            print(f"\n=== {self.name}", flush=True)
            print(self.output.read_text(encoding="utf-8", errors="replace"), flush=True)
        word = "FAILED" if self.process.returncode else "passed"
        return f"{self.name:18}{word:8}{time.monotonic() - self.since:6.0f} s"


def run(
    commands: Mapping[str, Sequence[str]], at_a_time: int, note: Callable[[list[str]], None]
) -> tuple[list[str], list[str]]:
    """Run them in their order: the names of those that failed, and the lines of the summary.

    :param commands: by name; one alone prints as it goes.
    :param note: told what failed so far, and what is under way.
    """
    waiting = list(commands)
    running: list[Running] = []
    failed: list[str] = []
    lines: list[str] = []
    with ended_in_any_case(running):
        while waiting or running:
            while waiting and len(running) < at_a_time:
                name = waiting.pop(0)
                running.append(start(name, commands[name], alone=len(commands) == 1))
            note([*failed, *(f"{one.name} (not done)" for one in running)])
            for one in [one for one in running if one.process.poll() is not None]:
                running.remove(one)
                lines.append(one.report())
                failed += [one.name] if one.process.returncode else []
            time.sleep(0.2)
    note(failed)
    return failed, lines


def start(name: str, command: Sequence[str], alone: bool) -> Running:
    if alone:
        return Running(name, subprocess.Popen(command, cwd=home.ROOT), None)
    OUTPUTS.mkdir(parents=True, exist_ok=True)
    output = OUTPUTS / f"{name}.log"
    with output.open("wb") as stream:
        process = subprocess.Popen(command, cwd=home.ROOT, stdout=stream, stderr=stream)
    return Running(name, process, output)


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
            print(f"{one.report()} (stopped)", flush=True)
