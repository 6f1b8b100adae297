# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A configuration in TOML, by Python's own reader where there is one. Private to stemedb.cluster.

Pure. Standard library only, because it runs on nodes too. Python 3.9 and 3.10 have no reader. What
stands in for it there reads what most files hold; a file that holds more is unknown, and neither
refused as no TOML nor read in part.
"""

from __future__ import annotations

import re
from typing import Any, NoReturn

try:
    import tomllib
except ImportError:  # before Python 3.11
    READER: Any = None
else:
    READER = tomllib

_BLANK = re.compile(r"[ \t]*(?:#[^\n]*)?")
_BLANKS = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\n)*[ \t]*(?:#[^\n]*)?")
_DOT = re.compile(r"[ \t]*\.[ \t]*")
_EQUALS = re.compile(r"[ \t]*=[ \t]*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_BASIC = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
_LITERAL = re.compile(r"'([^'\n]*)'")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_DIGITS = r"[0-9](?:_?[0-9])*"
_WHOLE = r"[+-]?(?:0|[1-9](?:_?[0-9])*)"
_INTEGER = re.compile(_WHOLE)
_BASED = re.compile(
    r"0x[0-9A-Fa-f](?:_?[0-9A-Fa-f])*|0o[0-7](?:_?[0-7])*|0b[01](?:_?[01])*", re.ASCII
)
_FLOAT = re.compile(rf"{_WHOLE}(?:\.{_DIGITS}(?:[eE][+-]?{_DIGITS})?|[eE][+-]?{_DIGITS})")
_WORD = re.compile(r"[A-Za-z0-9_+.:-]+")
_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)", re.DOTALL)
_ESCAPED = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", '"': '"', "\\": "\\"}


def read(text: str) -> dict[str, Any]:
    """The whole document.

    :raises ValueError: it cannot be read here; the sentence tells why.
    """
    # A byte order mark is no part of it.
    text = text[1:] if text.startswith("\ufeff") else text
    if READER is None:
        return _Reader(text).document()
    try:
        document: dict[str, Any] = READER.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"it cannot be read as TOML 1.0: {error}") from error
    return document


def settings(text: str) -> dict[str, Any]:
    """Values by their names with a dot after each table; of another kind than these None.

    Texts, integers, truths, and lists of them. A name that has several values is unknown too, as in
    an array of tables.

    :raises ValueError: it cannot be read here.
    """
    found: dict[str, Any] = {}
    _flatten(read(text), "", found)
    return found


def _flatten(table: dict[str, Any], prefix: str, found: dict[str, Any]) -> None:
    for key, value in table.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            _flatten(value, f"{name}.", found)
        elif isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
            for one in value:
                _flatten(one, f"{name}.", found)
        else:
            known = value if _is_plain(value) else None
            found[name] = known if found.get(name, known) == known else None


def _is_plain(value: Any) -> bool:
    if isinstance(value, list):
        return all(isinstance(one, (str, int)) for one in value)
    return isinstance(value, (str, int))


class _Reader:
    """Reads what it is sure of, and takes all else for unknown."""

    def __init__(self, text: str) -> None:
        self._text = text.replace("\r\n", "\n")
        self._at = 0
        # Of each table, by its identity, how it came to be: "header", "implied" by a longer header,
        # "list", or by a dotted key in the section of that number.
        self._made: dict[int, Any] = {}
        self._section = 0

    def document(self) -> dict[str, Any]:
        found = _CONTROL.search(self._text)
        if found:
            self._at = found.start()
            self._give_up()
        whole: dict[str, Any] = {}
        table = whole
        while self._at < len(self._text):
            self._take(_BLANK)
            if self._peek() == "[":
                table = self._header(whole)
            elif self._peek() not in ("\n", ""):
                self._entry(table)
            self._take(_BLANK)
            if self._peek() not in ("\n", ""):
                self._give_up()
            self._at += 1
        return whole

    def _header(self, whole: dict[str, Any]) -> dict[str, Any]:
        """`[a.b]` or `[[a.b]]`: the table that it opens."""
        is_list = self._text.startswith("[[", self._at)
        self._at += 2 if is_list else 1
        self._take(re.compile(r"[ \t]*"))
        keys = self._key()
        self._take(re.compile(r"[ \t]*"))
        self._want("]]" if is_list else "]")
        self._section += 1
        table = whole
        for key in keys[:-1]:
            inner = table.setdefault(key, {})
            if isinstance(inner, list) and self._made.get(id(inner)) == "list":
                inner = inner[-1]
            self._check(isinstance(inner, dict))
            made = self._made.setdefault(id(inner), "implied")
            self._check(made in ("header", "implied"))
            table = inner
        last = keys[-1]
        new: dict[str, Any] = {}
        if is_list:
            if last not in table:
                table[last] = []
                self._made[id(table[last])] = "list"
            self._check(self._made.get(id(table[last])) == "list")
            table[last].append(new)
        elif last in table:
            new = table[last]
            self._check(isinstance(new, dict) and self._made.get(id(new)) == "implied")
        else:
            table[last] = new
        self._made[id(new)] = "header"
        return new

    def _entry(self, table: dict[str, Any]) -> None:
        """`a.b = value`."""
        keys = self._key()
        self._take(_EQUALS, needed=True)
        for key in keys[:-1]:
            table = table.setdefault(key, {})
            self._check(isinstance(table, dict))
            self._check(self._made.setdefault(id(table), self._section) == self._section)
        self._check(keys[-1] not in table)
        table[keys[-1]] = self._value()

    def _key(self) -> list[str]:
        keys = [self._part()]
        while _DOT.match(self._text, self._at):
            self._take(_DOT)
            keys.append(self._part())
        return keys

    def _part(self) -> str:
        if self._peek() in ('"', "'"):
            return self._string()
        return self._take(_BARE, needed=True)

    def _string(self) -> str:
        if self._text.startswith(('"""', "'''"), self._at):
            self._give_up()
        if self._peek() == "'":
            return self._take(_LITERAL, needed=True)[1:-1]
        return _ESCAPE.sub(self._unescaped, self._take(_BASIC, needed=True)[1:-1])

    def _unescaped(self, found: re.Match[str]) -> str:
        word = found[1]
        if word in _ESCAPED:
            return _ESCAPED[word]
        number = int(word[1:], 16) if len(word) > 1 else -1
        self._check(0 <= number < 0xD800 or 0xE000 <= number <= 0x10FFFF)
        return chr(number)

    def _value(self, depth: int = 0) -> Any:
        if self._peek() in ('"', "'"):
            return self._string()
        if self._peek() == "[":
            self._check(depth < 50)
            return self._list(depth)
        word = self._take(_WORD, needed=True)
        if word in ("true", "false"):
            return word == "true"
        plain = word.replace("_", "")
        if _INTEGER.fullmatch(word):
            self._check(len(plain) < 19)  # TOML's integers have 64 bits
            return int(plain)
        if _BASED.fullmatch(word):
            self._check(len(plain) < 16)
            return int(plain, 0)
        self._check(_FLOAT.fullmatch(word) is not None)
        return float(plain)

    def _list(self, depth: int) -> list[Any]:
        items = []
        self._at += 1
        while True:
            self._take(_BLANKS)
            if self._peek() == "]":
                break
            items.append(self._value(depth + 1))
            self._take(_BLANKS)
            if self._peek() != ",":
                break
            self._at += 1
        self._want("]")
        return items

    # --- the text ----------------------------------------------------------------------------

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _take(self, pattern: re.Pattern[str], needed: bool = False) -> str:
        found = pattern.match(self._text, self._at)
        if found is None:
            if needed:
                self._give_up()
            return ""
        self._at = found.end()
        return found[0]

    def _want(self, text: str) -> None:
        self._check(self._text.startswith(text, self._at))
        self._at += len(text)

    def _check(self, is_sure: bool) -> None:
        if not is_sure:
            self._give_up()

    def _give_up(self) -> NoReturn:
        line = self._text.count("\n", 0, self._at) + 1
        raise ValueError(
            f"what it says is unknown: line {line} is more than can be read here without Python's "
            "reader of TOML, which 3.11 and later have"
        )
