# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the lines of a report are laid out. Private to stemedb.cluster. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.stemedb.cluster.plugins.plugin_utils._screen import COLUMNS, fitted

# With the command to run again, which may take three, it is 20 rows.
_ROWS = 17


def shortened(first: list[str], middle: list[str], last: list[str]) -> list[str]:
    """Lines that leave room for a command on a small screen; of the middle as many as fit."""
    room = _ROWS - _rows([*first, *last])
    shown = []
    for line in middle:
        room -= _rows([line])
        if room < 0:
            break
        shown.append(line)
    return [*first, *shown, *last]


def indented(lines: Iterable[str]) -> list[str]:
    """The lines, each below what it belongs to."""
    return [f"  {line}" for line in lines]


def _rows(lines: Iterable[str]) -> int:
    return sum(len(fitted(line, COLUMNS)) for line in lines)
