# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Strings of gateways and inventories as plain text, in a terminal and in Markdown.

Private to stemedb.cluster. Pure. Whatever such a string holds, it moves no cursor, begins no line
and is no markup.
"""

from __future__ import annotations

from typing import Any

LONGEST = 200
# An escape sequence, a new line and a change of direction are not printable; these end a code span,
# or a cell of a table.
_MARKUP = "`|"
_NOTHING = "-"


def plain(value: Any, longest: int = LONGEST) -> str:
    """A string on one line: what cannot be printed is written as `\\x1b`, and the end is cut."""
    text = "" if value is None else str(value)
    shown = "".join(one if one.isprintable() else _escaped(one) for one in text[:longest])
    return (shown + ("…" if len(text) > longest else "")) or _NOTHING


def code(value: Any, longest: int = LONGEST) -> str:
    """A string as a code span of Markdown, in which nothing is markup, a link or a mention."""
    text = "".join(_escaped(one) if one in _MARKUP else one for one in plain(value, longest))
    # A span of spaces alone, or none at all, is none.
    return f"`{text.strip() or _NOTHING}`"


def _escaped(one: str) -> str:
    number = ord(one)
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"
