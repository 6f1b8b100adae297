# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values of variables as their types: `-e NAME=VALUE` hands over nothing but text.

Private to stemedb.cluster. Pure.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Optional

# The words of Ansible's own filter `bool`: what it does not know, it takes for false.
_TRUTHS = {"true": True, "yes": True, "on": True, "1": True}
_LIES = {"false": False, "no": False, "off": False, "0": False}
_BOOLS = {**_TRUTHS, **_LIES}
_WANTED = {
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
    "list": "a list, a text with commas, or the JSON text of a list",
    "dict": "a dictionary, or the JSON text of one",
}
_SCALARS = ("bool", "int", "float")
_SHOWN = 40
Option = Mapping[str, Any]


def read(value: Any, kind: str, elements: str = "raw") -> Any:
    """The value as its type; the text of a number is a number.

    :param kind: `bool`, `int`, `float`, `list` or `dict`; values of another are as they are.
    :param elements: the same for the elements of a list; `json` is a dictionary.
    :return: None stays None, but for a list or a dictionary, which is empty.
    :raises ValueError: it cannot be read as that. The message is what is wanted.
    """
    reader = _READERS.get(kind)
    if reader is None or (value is None and kind in _SCALARS):
        return value
    try:
        found = reader(value)
    except (ValueError, OverflowError):
        raise ValueError(_WANTED[kind]) from None
    return _elements(found, elements) if kind == "list" else found


def _elements(items: list[Any], kind: str) -> list[Any]:
    kind = "dict" if kind == "json" else kind
    try:
        if kind == "str" and any(item is None or isinstance(item, Mapping) for item in items):
            raise ValueError("a text")
        return [read(item, kind) for item in items]
    except ValueError as error:
        raise ValueError(f"{_WANTED['list']}, whose elements are each {error}") from None


def _bool(value: Any) -> bool:
    found = _BOOLS.get(str(value).lower())
    if found is None or not isinstance(value, (bool, int, str)):
        raise ValueError
    return found


def _float(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError
    found = float(value)
    if not math.isfinite(found):
        raise ValueError
    return found


def _int(value: Any) -> int:
    found = _float(value)
    if found != int(found):
        raise ValueError
    return int(found)


def _list(value: Any) -> list[Any]:
    if isinstance(value, str):
        return _list_of_text(value.strip())
    if isinstance(value, (bool, Mapping)):
        raise ValueError
    if value is None:
        return []
    return list(value) if isinstance(value, Sequence) else [str(value)]


def _list_of_text(text: str) -> list[Any]:
    items = [item.strip() for item in text.split(",") if item.strip()]
    if not text.startswith("["):
        return items
    try:
        return list(_json(text, list))
    except ValueError:
        # An address such as [::1]:18183 is no JSON either.
        if any(item.count("[") != item.count("]") or '"' in item or "'" in item for item in items):
            raise
        return items


def _dict(value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    return dict(value) if isinstance(value, Mapping) else _json(value, dict)


def _json(value: Any, kind: type) -> Any:
    try:
        found = json.loads(value)
    except TypeError:
        raise ValueError from None
    if not isinstance(found, kind):
        raise ValueError
    return found


_READERS: dict[str, Callable[[Any], Any]] = {
    "bool": _bool,
    "int": _int,
    "float": _float,
    "list": _list,
    "dict": _dict,
}


def refusal(name: str, value: Any, option: Option) -> Optional[str]:
    """Why a variable cannot be used as it is, None where it can.

    :param option: what its role says of it: `type`, `elements`, `choices` and `default`.
    """
    kind = str(option.get("type", "str"))
    # What is null by default may be so; elsewhere it would be 0 or false, or refused by the role.
    if value is None and kind in _WANTED and option.get("default") is not None:
        return f"{name} is null, and wanted is {_WANTED[kind]}"
    try:
        found = read(value, kind, str(option.get("elements", "raw")))
    except ValueError as error:
        return f"{name} is {_shown(value)}, and wanted is {error}"
    choices = option.get("choices") or ()
    if choices and found is not None and found not in choices:
        return f"{name} is {_shown(value)}, and wanted is one of {', '.join(map(str, choices))}"
    return None


def _shown(value: Any) -> str:
    """A value that is no list and no dictionary: those may hold a secret."""
    if isinstance(value, str):
        text = json.dumps(str(value), ensure_ascii=False)
        return text if len(text) <= _SHOWN and not set("{[=,") & set(text) else "another text"
    scalar = isinstance(value, (bool, int, float))
    return json.dumps(value) if scalar else f"a {type(value).__name__.lower().lstrip('_')}"
