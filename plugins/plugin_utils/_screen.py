# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the callback `operation` prints on, and text that fits there.

Private to stemedb.cluster. Pure. Tasks run in forks of the process of the callback, so they find
the screen that it set here. There is none with any other callback, nor with -v.
"""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

# No line is longer, however wide the terminal is.
COLUMNS = 100
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_TABLE = "│┌├└"
_STATE = re.compile(r"(?<= )(?:Alive|Suspect|Dead)(?= )")
# A command with which a line ends: no sentence follows it.
_COMMAND = re.compile(
    r"(?:^ *|: |; then )((?:ansible-playbook|journalctl|systemctl|(?<=; then )/\S+) "
    r"(?:(?![.,;] ).)*)$"
)
# Its words, of which a quoted one may have blanks.
_WORDS = re.compile(r"""(?:'[^']*'|"[^"]*"|[^\s'"])+""")
# An option of one letter in a sentence, and what stands for the blank after it.
_OPTION = re.compile(r"((?<= )-[a-z]) (?=\S)")
_KEPT = "\x00"
ERASE = "\r\x1b[K"
# Begins of lines, and the word for how such a line looks.
_LOOKS = (
    ("✓", "ok"),
    ("✗", "error"),
    ("ERROR", "error"),
    ("At risk: nothing", "plain"),
    ("At risk", "error"),
    ("?", "warning"),
    ("!", "warning"),
    ("WARNING", "warning"),
    ("changed", "changed"),
    ("would change", "changed"),
)


@dataclass(frozen=True)
class Screen:
    """Where lines for people go.

    :param terminal: whether a line can be overwritten there.
    """

    columns: int
    terminal: bool


_current: list[Screen] = []
_last_plan: list[str] = []


def use(screen: Screen | None) -> None:
    """Set the screen of this process and of its later forks."""
    _current[:] = [screen] if screen else []


def current() -> Screen | None:
    """The screen of the callback, None if another one prints."""
    return _current[0] if _current else None


def remember(lines: Iterable[str]) -> None:
    """Keep the lines of a plan, which may be shown again when it is made again."""
    _last_plan[:] = lines


def was_last(lines: Sequence[str]) -> bool:
    """Whether these are several lines, and those of the last plan."""
    return len(lines) > 1 and list(lines) == _last_plan


def clean(text: str) -> str:
    """Text that cannot steer a terminal: colours are left out, all else is visible."""
    plain = _COLOUR.sub("", text).expandtabs(4)
    return "".join(one if one.isprintable() else _visible(one) for one in plain)


def _visible(one: str) -> str:
    return one.encode("unicode_escape").decode("ascii")


def cut(text: str, columns: int) -> str:
    """Text in that many columns at most."""
    if sum(map(_width, text)) <= columns:
        return text
    ends = accumulate(map(_width, text))
    return "".join(one for one, end in zip(text, ends) if end < columns) + "…"


def _width(one: str) -> int:
    """Columns that a character takes at most; terminals differ in those of far scripts."""
    near = ord(one) < 0x1100 or 0x2000 <= ord(one) < 0x2E80
    return 1 if near and unicodedata.east_asian_width(one) not in "WF" else 2


def fitted(line: str, columns: int) -> list[str]:
    """A line as lines that fit; the row of a table is cut, as its parts would not be read.

    What may be copied stays so: a long word, such as a path, is whole, an option stays with its
    value, and a command with which the line ends is continued as a shell wants it.
    """
    text = clean(line).rstrip()
    if len(text) <= columns:
        return [text] if text else []
    if text.lstrip()[0] in _TABLE:
        return [cut(text, columns)]
    begin = len(text) - len(text.lstrip())
    command = _COMMAND.search(text)
    if command:
        before = _wrapped(text[: command.start(1)].strip(), columns, begin)
        inner = begin + 2 if before else begin
        words = _WORDS.findall(command[1])
        # Without its fellow a quote would be lost.
        whole = " ".join(words) == command[1]
        return [*before, *continued(words if whole else command[1].split(), columns, inner)]
    return _wrapped(text.lstrip(), columns, begin)


def _wrapped(text: str, columns: int, begin: int) -> list[str]:
    lines = textwrap.wrap(
        _OPTION.sub(f"\\1{_KEPT}", text),
        columns,
        initial_indent=" " * begin,
        subsequent_indent=" " * (begin + 2),
        break_on_hyphens=False,
        break_long_words=False,
    )
    return [line.replace(_KEPT, " ") for line in lines]


def continued(words: Sequence[str], columns: int, begin: int = 2) -> list[str]:
    """A command in lines of which each but the last one ends as a shell wants it."""
    lines = [f"{' ' * begin}{words[0]}"]
    for word in words[1:]:
        if len(lines[-1]) + len(word) + 3 <= columns:
            lines[-1] += f" {word}"
        else:
            lines[-1] += " \\"
            lines.append(f"{' ' * (begin + 2)}{word}")
    return lines


def look(line: str) -> str:
    """The word for how a line looks: ok, changed, warning, error or plain."""
    text = line.lstrip()
    return next((word for begin, word in _LOOKS if text.startswith(begin)), "plain")


def with_states(line: str, paint: Callable[[str], str]) -> str:
    """A row of a table with the states of nodes painted; any other line as it is."""
    if not line.lstrip().startswith("│"):
        return line
    return _STATE.sub(lambda found: paint(found[0]), line)


def overwritten(line: str, columns: int) -> str:
    """What shows a line that the next output overwrites."""
    # The cursor waits at its beginning: whoever prints next need not know of it.
    return f"\r{cut(clean(line), columns - 1)}\x1b[K\r"
