# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes out of a gateway's answers what tells whose they are. Private to stemedb.cluster. Pure.

What is kept is named here, all else is replaced: numbers, booleans, the words for states, roles and
health, the spellings of shard ids, keys that look like names of fields. Every other text gets a
replacement, the same one wherever it stands, so that a replica's id still matches its node.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import (
    FOLLOWER,
    LEADER,
    STATES,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.paths import PATHS
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.spellings import (
    FIELDS,
    GUESSES,
    LISTS,
)

# Words that are the contract's own, in whatever case: they tell nothing, whoever uses them.
_VOCABULARY = {word.lower() for word in (*STATES, LEADER, FOLLOWER)}
_VOCABULARY |= {"healthy", "degraded", "unhealthy", "ok"}

_KNOWN_KEYS = {key for fields in FIELDS.values() for keys in fields.values() for key in keys}
_KNOWN_KEYS |= {key for keys in LISTS.values() for key in keys} | {"error", "message"}
_WORD_KEYS = {*FIELDS["node"]["state"], *FIELDS["replica"]["role"]}
_NODE_KEYS = set(FIELDS["node"]["node_id"])
_ADDRESS_KEYS = set(FIELDS["node"]["addr"])
_SHARD_ID_KEYS = set(FIELDS["shard"]["shard_id"])
_LEADER_KEYS = set(FIELDS["shard"]["leader_node"])
_REPLICA_KEYS = set(FIELDS["shard"]["replicas"])

_WORD = re.compile(r"[A-Za-z][A-Za-z _-]{0,29}")
_FIELD_NAME = re.compile(r"[a-z][A-Za-z_]{0,39}")
_SECRET_NAME = re.compile(r"token|secret|passw|credential|key|auth", re.IGNORECASE)
_SHARD = re.compile(r"shard_[0-9]{1,20}")
_DIGITS = re.compile(r"[0-9]{1,20}")
_VERSION = re.compile(r"v?[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_HOST_PORT = re.compile(r"(\[[^\]\[]+\]|[0-9A-Za-z][0-9A-Za-z._-]*)(:[0-9]{1,5})?")
_IPV4 = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3}){3}")
_IPV6 = re.compile(r"(?=.*:.*:)[0-9a-fA-F:.]+(%[0-9A-Za-z]+)?")
_ANYWHERE = ("0.0.0.0", "::")  # noqa: S104 - addresses that name no host tell nothing

# A shorter text is part of too much else to be looked for in it.
_SHORTEST = 3
# So often another replacement is looked for that holds nothing of what it is to hide.
_TRIES = 1000
_STEMS = {
    "member": ("member", "peer", "unit"),
    "host": ("host", "machine", "box"),
    "cluster": ("cluster", "group", "flock"),
    "text": ("text", "word", "item"),
}
_PUBLIC = {path for table in (PATHS, GUESSES) for paths in table.values() for path in paths}


class Sanitiser:
    """Replacements that hold for all answers of one gateway.

    :param hidden: texts that are to be found nowhere, such as the API key.
    :param bodies: all that it answered, each with the call that was answered.
    """

    def __init__(self, hidden: Iterable[str], bodies: Iterable[tuple[str, Any]]) -> None:
        self._roles: dict[str, str] = {}
        for call, body in bodies:
            for text, role in _named(body, call):
                self._roles.setdefault(text, role)
        names = {text.lower() for text in (*self._roles, *hidden)}
        self._hidden = {text for text in names - _VOCABULARY if len(text) >= _SHORTEST}
        self._telling: dict[str, bool] = {}
        self._made: dict[str, str] = {}
        self._counts = dict.fromkeys((*_STEMS, "uuid", "ipv4", "ipv6"), 0)

    def body(self, call: str, body: Any) -> Any:
        """The answer to a call, of the same shape."""
        return self._clean(body, call, "")

    def path(self, path: str) -> str:
        """A path that was asked for."""
        if re.sub(r"/(shard_)?[0-9]+(?=/|$)", "/{shard}", path) in _PUBLIC:
            return path
        plain, mark, query = path.partition("?")
        parts = [
            self._new(part, "text") if part != "{shard}" and self._tells(part) else part
            for part in plain.split("/")
        ]
        return "/".join(parts) + mark + re.sub(r"[^&=]*=[^&]*", "x=x", query)

    # --- what is kept ------------------------------------------------------------------------

    def _clean(self, value: Any, place: str, key: str) -> Any:
        """`value` as it may be shown; `place` is the kind of object that `key` stands in."""
        if isinstance(value, list):
            return [self._clean(item, place, key) for item in value]
        if isinstance(value, dict):
            alike = _is_map(value)
            return {
                self._key(name, alike): self._clean(item, _inside(place, name, item), name)
                for name, item in value.items()
            }
        if isinstance(value, str):
            return self._text(value, place, key)
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        secret = key not in _KNOWN_KEYS and _SECRET_NAME.search(key)
        return 0 if number and secret else value

    def _key(self, key: str, named: bool) -> str:
        if key in _KNOWN_KEYS:
            return key
        if key not in self._roles and (_SHARD.fullmatch(key) or _DIGITS.fullmatch(key)):
            return key
        if not named and _FIELD_NAME.fullmatch(key) and not self._tells(key):
            return key
        return self._replaced(key)

    def _text(self, text: str, place: str, key: str) -> str:
        known = text in self._roles
        if text.lower() in _VOCABULARY and (key in _WORD_KEYS or not known):
            return text
        if place in ("ranges", "shard") and key in _SHARD_ID_KEYS:
            if _SHARD.fullmatch(text.strip()) or _DIGITS.fullmatch(text.strip()):
                return text
        if key in _WORD_KEYS and _WORD.fullmatch(text) and not self._tells(text):
            return text
        if not known and (_SHARD.fullmatch(text) or _is_version(key, text)):
            return text
        return self._replaced(text) if text.strip() else text

    def _tells(self, text: str) -> bool:
        """Whether anything that is to be hidden stands in this text."""
        if text not in self._telling:
            low = text.lower()
            self._telling[text] = any(
                low[start:end] in self._hidden
                for start in range(len(low) - _SHORTEST + 1)
                for end in range(start + _SHORTEST, len(low) + 1)
            )
        return self._telling[text]

    # --- what stands in its place ------------------------------------------------------------

    def _replaced(self, text: str) -> str:
        if text in self._roles:
            return self._new(text, self._roles[text])
        host, port = _split(text)
        if port or host in self._roles or _IPV4.fullmatch(host) or _IPV6.fullmatch(host):
            if host in _ANYWHERE:
                return text
            new = self._new(host, self._roles.get(host, "host"))
            return (f"[{new}]" if text.startswith("[") else new) + port
        return self._new(text, "text")

    def _new(self, text: str, role: str) -> str:
        """The replacement for a text, always the same, of the same form."""
        if text not in self._made:
            form = _form(text) or role
            stem = next((stem for stem in _STEMS.get(form, ()) if not self._tells(stem)), form)
            for _try in range(_TRIES):
                self._counts[form] += 1
                candidate = _candidate(form, stem, self._counts[form])
                if not self._tells(candidate):
                    break
            self._made[text] = candidate
        return self._made[text]


def masked(value: Any, secret: str | None) -> Any:
    """`value` without a secret that a gateway has sent back."""
    if not secret or len(secret) < 4:  # shorter ones are parts of words
        return value
    if isinstance(value, str):
        return value.replace(secret, "********")
    if isinstance(value, list):
        return [masked(item, secret) for item in value]
    if isinstance(value, dict):
        return {masked(key, secret): masked(item, secret) for key, item in value.items()}
    return value


def _named(value: Any, place: str, key: str = "") -> Iterator[tuple[str, str]]:
    """Who and where somebody is, each with its role."""
    if isinstance(value, list):
        for item in value:
            yield from _named(item, place, key)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _named(item, _inside(place, name, item), name)
    elif isinstance(value, str):
        role = _role(place, key)
        text = _split(value)[0] if role == "host" else value
        if role and text.strip() and text not in _ANYWHERE:
            yield text, role


def _inside(place: str, key: str, item: Any) -> str:
    """What kind of objects there is under a key; for a plain value, in what kind it stands."""
    if not isinstance(item, (dict, list)):
        return place
    if place == "status" and key == "nodes":
        return "nodes"
    if key in LISTS.get(place, ()):
        return place
    if place in ("ranges", "shard") and key in _REPLICA_KEYS:
        return "replicas"
    return ""


def _role(place: str, key: str) -> str:
    """Whom a text under this key names, "" if nobody."""
    if key in _NODE_KEYS and (place in ("nodes", "replicas") or key not in _SHARD_ID_KEYS):
        return "member"
    if key in _LEADER_KEYS or (place == "replicas" and key in _REPLICA_KEYS):
        return "member"
    if key in _ADDRESS_KEYS:
        return "host"
    return "cluster" if key == "cluster_name" else ""


def _split(text: str) -> tuple[str, str]:
    """An address as host and port, with its colon; the whole text where it is none."""
    if _IPV6.fullmatch(text):
        return text, ""
    match = _HOST_PORT.fullmatch(text)
    return (match[1].strip("[]"), match[2] or "") if match else (text, "")


def _is_map(value: dict[str, Any]) -> bool:
    """Whether the keys are names of things rather than of fields: the things are all alike."""
    shapes = {tuple(sorted(item)) if isinstance(item, dict) else () for item in value.values()}
    return len(value) > 1 and len(shapes) == 1 and () not in shapes


def _is_version(key: str, text: str) -> bool:
    return "version" in key.lower() and _VERSION.fullmatch(text) is not None


def _form(text: str) -> str | None:
    forms = (("uuid", _UUID), ("ipv4", _IPV4), ("ipv6", _IPV6))
    return next((form for form, pattern in forms if pattern.fullmatch(text)), None)


def _candidate(form: str, stem: str, number: int) -> str:
    if form == "uuid":
        return f"{number:08x}-0000-4000-8000-{number:012x}"
    if form == "ipv4":  # kept for benchmarks: nobody's hosts
        return f"198.{18 + (number >> 16) % 2}.{number >> 8 & 255}.{number & 255}"
    if form == "ipv6":  # kept for documents
        return f"2001:db8::{number:x}"
    return f"{stem}-{number}"
