# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a gateway spells what it says: which keys, which forms, which words.

Private to stemedb.cluster. Pure. `_gateway.decode` decodes a body; this tells by which of its
spellings it did. The bodies are ones that `_gateway.decode` has understood.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import (
    ALIVE,
    STATES,
    Node,
    Status,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.decode import (
    pick,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.spellings import (
    FIELDS,
    LISTS,
)

Row = dict[str, Any]

BARE = "bare"


class Rows(NamedTuple):
    """The objects of an answer, all of one kind, and what they were wrapped in.

    :param form: `bare`, the name of the key that holds the list, or "" for a single object.
    :param beside: the keys beside that list, each with the type of its value.
    """

    rows: tuple[Row, ...]
    form: str = ""
    beside: Mapping[str, str] = {}


def rows_of(call: str, body: Any) -> Rows:
    """The objects of a list, as the calls `nodes` and `ranges` answer it."""
    if isinstance(body, list):
        return Rows(tuple(body), BARE)
    name, items = pick(body, LISTS[call])
    beside = {key: kind_of(value) for key, value in sorted(body.items()) if key != name}
    return Rows(tuple(items), name, beside)


def replicas_of(shards: Iterable[Row]) -> Rows:
    """The replicas of all these shards that are objects; the form says what the others are."""
    items = [item for shard in shards for item in pick(shard, FIELDS["shard"]["replicas"])[1] or ()]
    objects = tuple(item for item in items if isinstance(item, dict))
    if not items:
        return Rows(())
    return Rows(objects, "objects" if objects else "ids")


def describe(kind: str, rows: Iterable[Row]) -> dict[str, Any]:
    """Which fields of a kind of object were understood, missing and ignored in these.

    `understood` has the keys that each field was read from, with the number of objects; `missing`
    the fields that no object has a value for; `ignored` the keys that are read in none, with the
    types of their values.
    """
    fields = FIELDS[kind]
    understood: dict[str, dict[str, int]] = {}
    ignored: dict[str, str] = {}
    count = 0
    read: set[str] = set()
    for row in rows:
        count += 1
        for field, keys in fields.items():
            key, value = pick(row, keys)
            if value is not None:
                spelt = understood.setdefault(field, {})
                spelt[key] = spelt.get(key, 0) + 1
                read.add(key)
        for key, value in row.items():
            ignored.setdefault(key, kind_of(value))
    # A known key without a value is no field that is ignored, it is one that is missing.
    known = {key for keys in fields.values() for key in keys}
    return {
        "objects": count,
        "understood": understood,
        "missing": [field for field in fields if field not in understood] if count else [],
        "ignored": {
            key: shape
            for key, shape in sorted(ignored.items())
            if key not in read and not (key in known and shape == "null")
        },
    }


def shard_spelling(value: object) -> str:
    """How a shard's id is written, by example: `12`, `"12"` or `"shard_12"`."""
    if isinstance(value, str):
        return '"12"' if value.strip().isdigit() else '"shard_12"'
    return "12"


def shard_spellings_of(rows: Iterable[Row]) -> list[str]:
    """All spellings of ids in a list of shards."""
    ids = (pick(row, FIELDS["shard"]["shard_id"])[1] for row in rows)
    return sorted({shard_spelling(value) for value in ids if value is not None})


def state_words(rows: Iterable[Row]) -> dict[str, str]:
    """Each word for a node's state as it came, and the state that it is read as."""
    canonical = {state.lower(): state for state in STATES}
    words = (pick(row, FIELDS["node"]["state"])[1] for row in rows)
    return {
        word: canonical.get(word.lower(), "not alive")
        for word in sorted({word for word in words if word is not None})
    }


def node_count_means(status: Status, nodes: tuple[Node, ...]) -> str | None:
    """What `node_count` counts: `all`, `alive`, `either` where that is the same now, `neither`."""
    if status.node_count is None:
        return None
    alive = sum(node.state == ALIVE for node in nodes)
    fits = (status.node_count == len(nodes), status.node_count == alive)
    return {
        (True, True): "either",
        (True, False): "all",
        (False, True): "alive",
        (False, False): "neither",
    }[fits]


def aliases_in(fields: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The spellings that are not the usual ones: `nodes: id for node_id`."""
    return [
        f"{place}: {key} for {field}"
        for place, described in fields.items()
        for field, keys in described["understood"].items()
        for key in keys
        if key != field and (place, field, key) not in _USUAL
    ]


# The list of all shards names its replicas otherwise than one shard does.
_USUAL = {("ranges", "replicas", "replica_nodes")}


def kind_of(value: object) -> str:
    """The type of a JSON value, in a word."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, str):
        return "text"
    return "list" if isinstance(value, list) else "object"
