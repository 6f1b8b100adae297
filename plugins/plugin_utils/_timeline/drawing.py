# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all drawings of a report share: escaped SVG, a time axis, names of nodes.

Private to stemedb.cluster. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any, NamedTuple

from ansible_collections.stemedb.cluster.plugins.module_utils._present.tables import short_ids

WIDTH = 1000
LEFT = 210
RIGHT = 150
PLOT = WIDTH - LEFT - RIGHT
_LABEL = 30
MOST_NOTE = 24
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)
_MOST_TICKS = 8
# What a page cannot show, or would show as something else.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]")


def text(value: object) -> str:
    """A value as HTML shows it literally."""
    return escape(_CONTROL.sub("\ufffd", str(value)))


def clock(seconds: float) -> str:
    """Seconds since the beginning: `0:07`, `12:30`, `1:02:05`."""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def took(seconds: float) -> str:
    """A length of time: `0.4 s`, `12 s`, `3 min 05 s`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def shortened(value: str, most: int = _LABEL) -> str:
    """The text, cut where it does not fit."""
    return value if len(value) <= most else f"{value[: most - 1]}…"


class Axis(NamedTuple):
    """Seconds from left to right."""

    seconds: float

    def x(self, at: float) -> float:
        """Where a time is."""
        return round(LEFT + PLOT * min(max(at, 0.0), self.seconds) / self.seconds, 1)

    def ticks(self) -> list[int]:
        """Seconds that have a label."""
        fits = (step for step in _STEPS if self.seconds / step <= _MOST_TICKS)
        step = next(fits, max(1, int(self.seconds / _MOST_TICKS)))
        return list(range(0, int(self.seconds) + 1, step))

    def grid(self, top: float, bottom: float) -> str:
        """Lines for the ticks, with labels below."""
        found = []
        for tick in self.ticks():
            x = self.x(tick)
            found.append(f'<path class="grid" d="M{x} {top}V{bottom}"/>')
            found.append(
                f'<text class="tick" x="{x}" y="{bottom + 14}" text-anchor="middle">'
                f"{clock(tick)}</text>"
            )
        return "".join(found)


def label(y: float, value: str, title: str = "") -> str:
    """The name of a row, left of the plot."""
    shown = shortened(value)
    whole = title or (value if shown != value else "")
    tip = f"<title>{text(whole)}</title>" if whole else ""
    return f'<text x="{LEFT - 8}" y="{y}" text-anchor="end">{text(shown)}{tip}</text>'


def note(y: float, value: str) -> str:
    """A remark on a row, right of the plot."""
    shown = shortened(value, MOST_NOTE)
    tip = f"<title>{text(value)}</title>" if value != shown else ""
    return f'<text class="note" x="{LEFT + PLOT + 8}" y="{y}">{text(shown)}{tip}</text>'


def svg(
    name: str, height: float, title: str, description: str, body: str, width: int = WIDTH
) -> str:
    """A drawing with a name and a description for those who do not see it."""
    return (
        f'<svg viewBox="0 0 {WIDTH} {height:g}" width="{WIDTH}" height="{height:g}" role="img" '
        f'aria-labelledby="{name}-title" aria-describedby="{name}-desc">'
        f'<title id="{name}-title">{text(title)}</title>'
        f'<desc id="{name}-desc">{text(description)}</desc>{body}</svg>'
    )


def table(
    caption: str, head: Iterable[str], rows: Iterable[Iterable[str]], numeric: Iterable[int] = ()
) -> str:
    """A table of cells that are HTML already; the first of each row names it.

    :param numeric: the columns that are numbers.
    """
    right = set(numeric)
    heads = "".join(
        f'<th scope="col"{_number(place, right)}>{text(cell)}</th>'
        for place, cell in enumerate(head)
    )
    lines = []
    for row in rows:
        first, *others = row
        cells = "".join(
            f"<td{_number(place, right)}>{cell}</td>" for place, cell in enumerate(others, 1)
        )
        lines.append(f'<tr><th scope="row"{_number(0, right)}>{first}</th>{cells}</tr>')
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{text(caption)}"><table>'
        f"<caption>{text(caption)}</caption><thead><tr>{heads}</tr></thead>"
        f"<tbody>{''.join(lines)}</tbody></table></div>"
    )


def _number(place: int, right: set[int]) -> str:
    return ' class="n"' if place in right else ""


def names(document: Mapping[str, Any]) -> dict[str, str]:
    """How to call each node of a document, by its id."""
    maps = [drawing for drawing in document["heat_maps"].values() if drawing]
    ids = {node["node_id"] for node in document["nodes"]}
    ids |= {row["node_id"] for drawing in maps for row in drawing["rows"]}
    known = {node["node_id"]: node["name"] for node in document["nodes"] if node["name"]}
    return {**short_ids(ids), **known}
