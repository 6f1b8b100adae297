"""By which spellings a body was understood: what is said is what `_gateway.decode` reads."""

from __future__ import annotations

from typing import Any, Callable

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import Node, Status
from ansible_collections.stemedb.cluster.plugins.module_utils._contract_check.dialect import (
    aliases_in,
    describe,
    kind_of,
    node_count_means,
    replicas_of,
    rows_of,
    shard_spellings_of,
    state_words,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.decode import (
    decode_health,
    decode_nodes,
    decode_ranges,
    decode_shard,
    decode_status,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.spellings import (
    FIELDS,
)
from hypothesis import given
from hypothesis import strategies as st

# One object of each kind, and how the contract decodes one such object.
DECODERS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "health": lambda row: decode_health(200, row),
    "status": decode_status,
    "node": lambda row: decode_nodes([row]),
    "shard": lambda row: decode_ranges([row]),
    "replica": lambda row: decode_shard({"shard_id": 1, "replicas": [row]}, 1),
}
VALUES: dict[str, Any] = {
    "status": "x",
    "cluster_name": "x",
    "nodes": [{"id": "x"}],
    "node_id": "x",
    "addr": "x",
    "state": "x",
    "shard_id": 7,
    "leader_node": "x",
    "replicas": ["x"],
    "role": "leader",
}
NEEDED = {"node": "node_id", "shard": "shard_id", "replica": "node_id"}
EVERY_KEY = [
    (kind, field, key)
    for kind, fields in FIELDS.items()
    for field, keys in fields.items()
    for key in keys
]


def row_of(kind: str, field: str, key: str) -> dict[str, Any]:
    """An object with this field, spelt so, and what it cannot do without."""
    needed = NEEDED.get(kind)
    row = {needed: VALUES[needed]} if needed and needed != field else {}
    if kind == "status":  # which has to say something
        row["meta_version" if field == "node_count" else "node_count"] = 3
    return {**row, key: VALUES.get(field, 5)}


@pytest.mark.parametrize(("kind", "field", "key"), EVERY_KEY)
def test_a_key_that_is_said_to_be_understood_is_read(kind: str, field: str, key: str) -> None:
    row = row_of(kind, field, key)
    assert describe(kind, [row])["understood"][field] == {key: 1}
    assert describe(kind, [row])["ignored"] == {}
    without = {name: value for name, value in row.items() if name != key}
    if field == NEEDED.get(kind):
        return  # without it there is no object at all
    assert DECODERS[kind](row) != DECODERS[kind](without)


@given(
    st.sampled_from(sorted(FIELDS)),
    st.dictionaries(
        st.sampled_from([*sorted({key for _kind, _field, key in EVERY_KEY}), "zone", "epoch"]),
        st.sampled_from([None, 1, "x"]),
    ),
)
def test_what_is_said_to_be_ignored_changes_nothing(kind: str, given_row: dict[str, Any]) -> None:
    fields = FIELDS[kind]
    fitting = {
        key: VALUES.get(field, 5) if given_row[key] is not None else None
        for field, keys in fields.items()
        for key in keys
        if key in given_row
    }
    needed = NEEDED.get(kind)
    row = {**given_row, **fitting, **({needed: VALUES[needed]} if needed else {})}
    if kind == "status":
        row["node_count"] = 3
    found = describe(kind, [row])
    less = {key: value for key, value in row.items() if key not in found["ignored"]}
    assert DECODERS[kind](row) == DECODERS[kind](less)
    assert set(found["missing"]) == set(fields) - set(found["understood"])


def test_fields_are_counted_over_all_objects() -> None:
    found = describe(
        "node",
        [
            {"node_id": "a", "state": "Alive", "zone": "z", "tags": []},
            {"id": "b", "state": None, "zone": 3},
        ],
    )
    assert found == {
        "objects": 2,
        "understood": {"node_id": {"node_id": 1, "id": 1}, "state": {"state": 1}},
        "missing": ["addr", "incarnation"],
        "ignored": {"tags": "list", "zone": "text"},
    }


def test_a_spelling_that_another_one_hides_is_ignored() -> None:
    found = describe("node", [{"node_id": "a", "id": "b"}])
    assert found["ignored"] == {"id": "text"}


def test_nothing_is_missing_where_nothing_was_looked_at() -> None:
    assert describe("replica", []) == {
        "objects": 0,
        "understood": {},
        "missing": [],
        "ignored": {},
    }


@pytest.mark.parametrize(
    ("call", "body", "form", "beside"),
    [
        ("nodes", [{"id": "a"}], "bare", {}),
        ("nodes", {"nodes": [{"id": "a"}]}, "nodes", {}),
        ("ranges", {"shards": [{"id": 1}], "next": "x"}, "shards", {"next": "text"}),
        ("ranges", {"ranges": [], "total": 0}, "ranges", {"total": "number"}),
    ],
)
def test_the_form_of_a_list(call: str, body: Any, form: str, beside: dict[str, str]) -> None:
    found = rows_of(call, body)
    assert (found.form, found.beside) == (form, beside)
    assert len(found.rows) == len(body if form == "bare" else body[form])


@pytest.mark.parametrize(
    ("shards", "form", "count"),
    [
        ([{"replica_nodes": ["a", "b"]}], "ids", 0),
        ([{"replicas": [{"id": "a"}, {"id": "b"}]}], "objects", 2),
        ([{"nodes": [{"id": "a"}, "b"]}], "objects", 1),
        ([{"shard_id": 1}], "", 0),
    ],
)
def test_the_form_of_replicas(shards: list[dict[str, Any]], form: str, count: int) -> None:
    found = replicas_of(shards)
    assert (found.form, len(found.rows)) == (form, count)


def test_the_spellings_of_shard_ids() -> None:
    rows: list[dict[str, Any]] = [
        {"shard_id": "shard_1"},
        {"range_id": 2},
        {"id": " 3 "},
        {"size": 1},
    ]
    assert shard_spellings_of(rows) == ['"12"', '"shard_12"', "12"]


def test_words_for_states_are_kept_with_what_they_are_read_as() -> None:
    rows: list[dict[str, Any]] = [
        {"state": "ALIVE"},
        {"status": "Alive"},
        {"state": "Leaving"},
        {"state": None},
    ]
    assert state_words(rows) == {"ALIVE": "Alive", "Alive": "Alive", "Leaving": "not alive"}


@pytest.mark.parametrize(
    ("count", "states", "meaning"),
    [
        (2, ("Alive", "Alive"), "either"),
        (2, ("Alive", "Dead"), "all"),
        (1, ("Alive", "Dead"), "alive"),
        (3, ("Alive", "Dead"), "neither"),
        (None, ("Alive", "Dead"), None),
    ],
)
def test_what_node_count_counts(count: int, states: tuple[str, ...], meaning: str) -> None:
    nodes = tuple(Node(f"n{place}", state=state) for place, state in enumerate(states))
    assert node_count_means(Status(node_count=count), nodes) == meaning


def test_only_unusual_spellings_are_listed_as_aliases() -> None:
    fields = {
        "nodes": describe("node", [{"id": "a", "state": "Alive"}]),
        "ranges": describe("shard", [{"shard_id": 1, "replica_nodes": []}]),
        "shard": describe("shard", [{"shard_id": 1, "replica_nodes": []}]),
    }
    assert aliases_in(fields) == ["nodes: id for node_id", "shard: replica_nodes for replicas"]


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (None, "null"),
        (True, "boolean"),
        (1, "number"),
        (0.5, "number"),
        ("", "text"),
        ([], "list"),
        ({}, "object"),
    ],
)
def test_types_have_the_names_of_json(value: object, kind: str) -> None:
    assert kind_of(value) == kind
