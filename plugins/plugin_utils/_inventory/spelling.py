# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
r"""JSON in which no text holds a character that cannot be printed.

Private to stemedb.cluster. Pure. Everything else refuses an answer that holds one, such as a
right-to-left mark. An inventory would lose all hosts by the name of one, so it spells the character
out instead: the text has the six characters `\u202e`.
"""

from __future__ import annotations

import json
import re

_PIECES = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # one character of two parts
    r"|\\u[0-9a-fA-F]{4}|\\.|[^\x00-\x7e]"
)


def spelled_out(text: str) -> str:
    """The same JSON, with each character that cannot be printed spelled out."""
    is_plain = text.isascii() and "\\" not in text and "\x7f" not in text
    return text if is_plain else _PIECES.sub(_spelled, text)


def _spelled(found: re.Match[str]) -> str:
    piece = found[0]
    escape = piece if piece[0] == "\\" else json.dumps(piece)[1:-1].replace("\x7f", r"\u007f")
    try:
        printable = json.loads(f'"{escape}"').isprintable()
    except ValueError:
        return piece  # no JSON, as its reader will say
    return piece if printable else escape.replace("\\", "\\\\")
