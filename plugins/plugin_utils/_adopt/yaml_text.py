# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""YAML as a person writes it, with comments, the same text for the same values.

Private to stemedb.cluster. Pure. What comes from a managed host is text and never a template: where
it could be taken for one, it is marked `!unsafe`, so that nothing of it runs on the controller.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Union

_PLAIN = re.compile(r"[A-Za-z_/][A-Za-z0-9_/.@%+-]*(?::[0-9]+)?")
# Plain words that YAML, of whatever version, takes for something else than text.
_OTHER = re.compile(r"(?:y|n|yes|no|on|off|true|false|null|none|nan|inf)", re.IGNORECASE)
_TEMPLATE = re.compile(r"\{[{%#]")
# What YAML wants escaped and JSON does not.
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")


class Template(NamedTuple):
    """A text that Ansible is meant to evaluate."""

    text: str


class Comment(NamedTuple):
    """Lines of a mapping that hold no value."""

    text: str


# What a mapping is written from: pairs of key and value, and comments between them.
Item = Union[Comment, "tuple[str, Any]"]


def scalar(value: Any) -> str:
    """One value on one line."""
    if isinstance(value, Template):
        return _quoted(value.text)
    if value is None or isinstance(value, (bool, int, float)):
        return json.dumps(value)
    text = str(value)
    if _TEMPLATE.search(text):
        return f"!unsafe {_quoted(text)}"
    return text if _PLAIN.fullmatch(text) and not _OTHER.fullmatch(text) else _quoted(text)


def _quoted(text: str) -> str:
    return _ESCAPED.sub(lambda c: f"\\u{ord(c[0]):04x}", json.dumps(text, ensure_ascii=False))


def lines(items: Sequence[Item], indent: int = 0) -> list[str]:
    """A mapping in block style. A value is a scalar, a list or a mapping of these, or items."""
    pad = " " * indent
    written = []
    for item in items:
        if isinstance(item, Comment):
            written.append(f"{pad}# {_UNPRINTABLE.sub('?', ' '.join(item.text.split()))}")
            continue
        key, value = item
        if isinstance(value, Mapping):
            value = list(value.items())
            inner = lines(value, indent + 2)
            written += [f"{pad}{scalar(key)}:", *inner] if inner else [f"{pad}{scalar(key)}: {{}}"]
        elif _is_items(value):
            written += [f"{pad}{scalar(key)}:", *lines(value, indent + 2)]
        elif isinstance(value, (list, tuple)) and not isinstance(value, Template):
            written += _list(f"{pad}{scalar(key)}:", value, indent + 2)
        else:
            written.append(f"{pad}{scalar(key)}: {scalar(value)}")
    return written


def _is_items(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(one, tuple) and not isinstance(one, Template) for one in value)
    )


def _list(head: str, values: Any, indent: int) -> list[str]:
    if not values:
        return [f"{head} []"]
    return [head, *(f"{' ' * indent}- {scalar(value)}" for value in values)]
