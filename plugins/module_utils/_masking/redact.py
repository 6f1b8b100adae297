# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes secrets out of what hosts and logs said, and leaves the rest as it was, ready for JSON.

Private to stemedb.cluster. Pure. For whoever operates the cluster: names and addresses stay. What
may be shown to anybody is made by `sanitise`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._masking.sanitise import masked

MASK = "********"

# Names of settings whose value is a secret. `key` alone is one, `public_key` and `keys` are none.
_NAME = r"(?:x[_-])?api[_-]?key|private[_-]?key|[\w-]*(?:token|secret|passw(?:or)?d|credential)s?"
_SECRET_NAME = re.compile(rf"(?:{_NAME}|key|authorization|cookie)", re.IGNORECASE)
_FLAG = re.compile(rf"--?(?:{_NAME})", re.IGNORECASE)
_VALUE = r"""([^\s"',;&]+)"""
_IN_TEXT = (
    # name=value, "name": "value", name: value
    re.compile(rf"""((?:{_NAME})["']?\s*[:=]\s*["']?){_VALUE}""", re.IGNORECASE),
    re.compile(rf"((?<!\S)--?(?:{_NAME})\s+){_VALUE}", re.IGNORECASE),
    re.compile(rf"([?&](?:key|auth)=){_VALUE}", re.IGNORECASE),
    re.compile(r"((?<!\w)(?:bearer|basic)\s+)([A-Za-z0-9+/=._~-]{8,})", re.IGNORECASE),
    re.compile(r"(://)([^/@\s]+)(?=@)"),
)
_PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL
)


def without_secrets(value: Any, known: Iterable[str | None] = ()) -> Any:
    """The same value, with a mask in the place of each secret.

    :param known: secrets by themselves, such as the API key, to be found wherever they stand.
    """
    cleaned = _clean(value)
    for secret in known:
        cleaned = masked(cleaned, secret)
    return cleaned


def _clean(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _valued(str(key), item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return _listed(list(value))
    # What no JSON can hold, such as a date, is written as a text.
    return value if value is None or isinstance(value, (int, float)) else _text(str(value))


def _valued(key: str, value: Any) -> Any:
    secret = _SECRET_NAME.fullmatch(key) and value not in (None, "") and value is not True
    return MASK if secret and value is not False else _clean(value)


def _listed(items: list[Any]) -> list[Any]:
    """A list, which may be a command line: then what follows a flag is its value."""
    found = []
    for place, item in enumerate(items):
        before = items[place - 1] if place else None
        is_value = isinstance(before, str) and _FLAG.fullmatch(before) is not None
        found.append(MASK if is_value and isinstance(item, str) else _clean(item))
    return found


def _text(text: str) -> str:
    for pattern in _IN_TEXT:
        text = pattern.sub(lambda match: match[1] + MASK, text)
    return _PRIVATE_KEY.sub(MASK, text)
