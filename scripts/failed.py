"""What failed, for the end of a run and for .ci/run: build/failed, however a run ends.

Its first line names what failed or was under way; below stands what each one said of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from scripts import home

FILE = home.ROOT / "build" / "failed"
OUTPUTS = home.ROOT / "build" / "outputs"
# How pytest, Ansible, molecule and the stages themselves begin the lines that say why.
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


def output(name: str) -> Path:
    """Where what it prints is kept."""
    return OUTPUTS / f"{name}.log"


def telling(text: str) -> list[str]:
    """The last lines that say why, without their indentation; where none does, the last lines."""
    lines = [line.lstrip() for line in text.splitlines() if line.strip()]
    found = [line for line in lines if line.startswith(TELLING)] or lines
    return [line[:COLUMNS] for line in found[-LINES:]]


def note(names: Sequence[str], under_way: Iterable[str] = ()) -> list[str]:
    """Write the file; what those that failed said, a block of lines for each."""
    said = []
    for name in names:
        if output(name).is_file():
            text = output(name).read_text(encoding="utf-8", errors="replace")
            said += [f"--- {name}", *telling(text)]
    first = ", ".join([*names, *(f"{name} (not done)" for name in under_way)])
    FILE.write_text("\n".join([first, *said]) + "\n", encoding="utf-8")
    return said
