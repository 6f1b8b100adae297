"""Run jobs, whatever fails, some side by side: the output of each is printed whole.

For .ci/run, `build/failed` says at any time what failed and what is under way: its first line names
them, below stands what each one that failed said of it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Optional

ROOT = Path(__file__).resolve().parent.parent
# Where to note it instead, for one that runs beside others.
FAILED_ENV = "STEMEDB_FAILED"
FAILED = Path(os.environ.get(FAILED_ENV) or ROOT / "build" / "failed")
OUTPUTS = ROOT / "build" / "outputs"
SECONDS_TO_END = 120.0
# How pytest, Ansible, molecule and the guard begin the lines that say why.
TELLING = (
    "E   ",
    "FAILED",
    "ERROR",
    "[ERROR]",
    "CRITICAL",
    "fatal: ",
    "failed: ",
    "assertion: ",
    "msg: ",
    "left running",
    "not done after",
)
LINES, COLUMNS = 30, 400


@dataclass(frozen=True)
class Job:
    name: str
    command: Sequence[str]
    env: Optional[Mapping[str, str]] = None
    beside: bool = True  # others of that kind run at the same time

    @property
    def output(self) -> Path:
        """Where what it prints is kept."""
        return OUTPUTS / f"{self.name}.log"


@dataclass
class Running:
    job: Job
    process: subprocess.Popen[bytes]
    live: bool  # it prints as it goes
    since: float = field(default_factory=time.monotonic)
    shown: Optional[int] = None  # bytes of its output, once its name was printed
    cpu: float = 0.0  # seconds of processor, its children's too, once it has ended

    def ended(self) -> bool:
        """Whether it has; what `Popen.poll` does, which does not say what it used."""
        pid, status, used = os.wait4(self.process.pid, os.WNOHANG)
        if pid:
            self.process.returncode = os.waitstatus_to_exitcode(status)
            self.cpu = used.ru_utime + used.ru_stime
        return bool(pid)

    def show(self) -> None:
        """Print what it has said since the last time, below its name."""
        if self.shown is None:
            print(f"\n=== {self.job.name}", flush=True)
            self.shown = 0
        with self.job.output.open("rb") as stream:
            stream.seek(self.shown)
            new = stream.read()
        self.shown += len(new)
        sys.stdout.write(new.decode(errors="replace"))
        sys.stdout.flush()

    def line(self) -> str:
        """Its line of the summary, once it has ended."""
        word = "FAILED" if self.process.returncode else "passed"
        seconds = time.monotonic() - self.since
        return f"{self.job.name:19} {word:8}{seconds:6.0f} s {self.cpu:6.0f} s of CPU"


def run(
    jobs: Sequence[Job], at_a_time: int, names: Iterable[str] = (), lines: Iterable[str] = ()
) -> list[str]:
    """Run them in their order and print the summary; the names of those that failed.

    :param names: what has failed already.
    :param lines: what the summary begins with.
    """
    names, lines = list(names), list(lines)
    waiting = list(jobs)
    running: list[Running] = []
    try:
        while waiting or running:
            while waiting and has_room(waiting[0], running, at_a_time):
                running.append(start(waiting.pop(0), live=len(jobs) == 1))
                note(names, [one.job.name for one in running])
            for one in list(running):
                ended = one.ended()
                if ended or one.live:
                    one.show()
                if ended:
                    running.remove(one)
                    lines.append(one.line())
                    names += [one.job.name] if one.process.returncode else []
                    note(names, [one.job.name for one in running])
            time.sleep(0.2)
    finally:  # those that still run clean up after themselves, and show how far they came
        for one in running:
            one.process.terminate()
        for one in running:
            one.process.wait(SECONDS_TO_END)
            one.show()
            print(f"{one.line()} (stopped)", flush=True)
    print("\n=== summary", *lines, *note(names), sep="\n", flush=True)
    return names


def has_room(job: Job, running: Sequence[Running], at_a_time: int) -> bool:
    if not running:
        return True
    return len(running) < at_a_time and all(one.beside for one in [job, *(r.job for r in running)])


def start(job: Job, live: bool) -> Running:
    OUTPUTS.mkdir(parents=True, exist_ok=True)
    with job.output.open("wb") as stream:
        process = subprocess.Popen(job.command, cwd=ROOT, env=job.env, stdout=stream, stderr=stream)
    return Running(job, process, live or not job.beside)


def note(names: Sequence[str], under_way: Iterable[str] = ()) -> list[str]:
    """Write build/failed; what those that failed said, a block of lines for each."""
    said = []
    for name in names:
        output = OUTPUTS / f"{name}.log"
        if output.is_file():
            text = output.read_text(encoding="utf-8", errors="replace")
            said += [f"--- {name}", *telling(text)]
    first = ", ".join([*names, *(f"{name} (not done)" for name in under_way)])
    FAILED.write_text("\n".join([first, *said]) + "\n", encoding="utf-8")
    return said


def telling(text: str) -> list[str]:
    """The last lines that say why, without their indentation; where none does, the last lines."""
    lines = [line.lstrip() for line in text.splitlines() if line.strip()]
    found = [line for line in lines if line.startswith(TELLING)] or lines
    return [line[:COLUMNS] for line in found[-LINES:]]


def exit_with(names: Sequence[str], everything: str) -> None:
    """End with what failed as the last line, or with the word that all passed."""
    if names:
        sys.exit(f"FAILED: {', '.join(names)} (each one's output is above)")
    print(f"All {everything} passed.")
