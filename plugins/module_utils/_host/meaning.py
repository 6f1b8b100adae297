# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether two texts of a file say the same, whatever their comments. Private to stemedb.cluster.

Pure. Standard library only, because it runs on nodes too: what a file says leaves them as a
checksum. A text that is not understood says what it says, to the byte.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator

from ansible_collections.stemedb.cluster.plugins.module_utils._host import toml

SETTINGS, UNIT, HIDDEN = "settings", "unit", "hidden"

# A variable on one line, so that no line below it belongs to its value.
_VARIABLE = re.compile(
    r"\s*(?:export\s+)?[A-Za-z_]\w*=(?:\"(?:[^\"\\]|\\.)*\"|'[^']*'|[^\s\"'\\]*)\s*"
)


def checksum(kind: str, text: str) -> str:
    """The same for texts that say the same.

    :param kind: `settings` of TOML, a systemd `unit`, or `hidden`, a file of variables.
    """
    try:
        lines = _lines(kind, text)
        whole = toml.read(text) if lines is None else list(lines)
        said = json.dumps(whole, sort_keys=True, default=repr)
    except ValueError:
        said = text
    return hashlib.sha256(said.encode("utf-8")).hexdigest()


def _lines(kind: str, text: str) -> Iterator[str] | None:
    if kind == UNIT:
        return _of_unit(text)
    return _of_variables(text) if kind == HIDDEN else None


def _of_unit(text: str) -> Iterator[str]:
    """Its lines but for comments; what stands inside a line that goes on is left alone."""
    goes_on = False
    for line in text.splitlines():
        if goes_on or not _is_comment(line, "#;"):
            yield line
            goes_on = line.endswith("\\")


def _of_variables(text: str) -> Iterator[str]:
    """Its variables in their order.

    :raises ValueError: a value may go on in the next line.
    """
    for line in text.splitlines():
        if not _is_comment(line, "#"):
            if not _VARIABLE.fullmatch(line):
                raise ValueError("not understood")
            yield line


def _is_comment(line: str, marks: str) -> bool:
    bare = line.strip()
    return not bare or bare[0] in marks
