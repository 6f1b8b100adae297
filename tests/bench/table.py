"""The rows as a table: for a terminal, and for the documentation."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from tests.bench.sums import Row

HEAD = ("What", "Ours", "Against", "Theirs", "Figure", "Rounds", "Bound", "Met")
_BEGIN = ".. The table begins: written by make bench."
_END = ".. The table ends."
_WIDTHS = "30 9 18 9 9 11 8 6"


def cells(row: Row) -> list[str]:
    """The row as texts."""
    met = {None: "", True: "yes", False: "no"}[row.met]
    return [
        row.what,
        row.ours,
        row.peer,
        row.peers,
        row.figure,
        row.spread,
        row.bound or "",
        met,
    ]


def as_text(rows: Sequence[Row]) -> str:
    """Columns of equal width."""
    lines = [list(HEAD), *(cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(line, widths)).rstrip() for line in lines
    )


def as_rst(rows: Sequence[Row], made: str) -> str:
    """A list-table, and how it was made."""
    lines = [made, "", ".. list-table::", "   :header-rows: 1", f"   :widths: {_WIDTHS}", ""]
    for line in [list(HEAD), *(cells(row) for row in rows)]:
        for place, text in enumerate(line):
            lines.append(f"   {'* -' if place == 0 else '  -'} {text}".rstrip())
    return "\n".join(lines)


def written(page: str, table: str) -> str:
    """The page with this table in the place of its own."""
    found = re.search(f"{re.escape(_BEGIN)}\n.*?{re.escape(_END)}", page, re.DOTALL)
    if not found:
        raise ValueError(f"the page has no place for a table: {_BEGIN!r} to {_END!r}")
    return f"{page[: found.start()]}{_BEGIN}\n\n{table}\n\n{_END}{page[found.end() :]}"


def write(path: Path, table: str) -> None:
    """Put the table into the page."""
    path.write_text(written(path.read_text(encoding="utf-8"), table), encoding="utf-8")
