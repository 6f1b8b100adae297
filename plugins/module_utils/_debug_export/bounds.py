# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cuts a document until it is no longer than it may be, and says where it was cut.

Private to stemedb.cluster. Pure. What matters most stands first in its list.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

# Under this key the document says what it lacks.
CUT = "cut"

_MOST_NOTES = 100
_DEEPEST = 12
_LEAST_ITEMS = 4
_LEAST_TEXT = 80


def length(document: Any) -> int:
    """Bytes of a document as `_json_file` writes it."""
    return len(json.dumps(document, indent=1).encode()) + 1


def bounded(document: dict[str, Any], limit: int) -> dict[str, Any]:
    """The document with `cut`, `[{place, kept, of}]`: lists, objects and texts that were cut.

    :param limit: bytes. A document whose every list is short already may stay longer.
    """
    before = document.get(CUT, [])
    found = {**document, CUT: before}
    for items, characters in _limits():
        if length(found) <= limit:
            break
        cut = list(before)
        found = {
            key: _cut(value, key, items, characters, cut)
            for key, value in document.items()
            if key != CUT
        }
        found[CUT] = cut[:_MOST_NOTES]
    return found


def _limits() -> Iterator[tuple[int, int]]:
    """How many items of a list and how many characters of a text may stay, ever fewer."""
    items, characters = 1 << 15, 1 << 15
    while items > _LEAST_ITEMS:
        items, characters = items // 2, max(_LEAST_TEXT, characters // 2)
        yield items, characters


def _cut(value: Any, place: str, items: int, characters: int, cut: list[dict[str, Any]]) -> Any:
    if isinstance(value, str):
        if len(value) <= characters:
            return value
        cut.append({"place": place, "kept": characters, "of": len(value)})
        return value[:characters]
    if not isinstance(value, (list, dict)):
        return value
    if place.count("/") >= _DEEPEST:
        cut.append({"place": place, "kept": 0, "of": len(value)})
        return type(value)()
    # An object's fields are its form; only one that is a list in disguise is cut.
    most = items if isinstance(value, list) else max(items, 64)
    pairs = list(enumerate(value)) if isinstance(value, list) else list(value.items())
    if len(pairs) > most:
        cut.append({"place": place, "kept": most, "of": len(pairs)})
    kept = [
        (key, _cut(item, f"{place}/{key}", items, characters, cut)) for key, item in pairs[:most]
    ]
    return dict(kept) if isinstance(value, dict) else [item for _key, item in kept]
