"""Whatever JSON comes: the model or our protocol error, and nothing is made up."""

from __future__ import annotations

import json
from typing import Any, Callable

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import (
    Health,
    Node,
    Replica,
    Shard,
    Status,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.decode import (
    decode_error,
    decode_health,
    decode_nodes,
    decode_ranges,
    decode_shard,
    decode_status,
    load,
    parse,
    parse_shard_id,
    read_ranges,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.paths import shard_spellings
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.unit.support.examples import examples

COUNT_KEYS = ("node_count", "shard_count", "replication_factor", "meta_version")
SHARD_KEYS = (
    *("shard_id", "range_id", "id", "leader_node", "leader", "leader_id"),
    *("replicas", "replica_nodes", "nodes", "size_bytes", "size", "role", "node_id"),
)
KEYS = (
    *SHARD_KEYS,
    *COUNT_KEYS,
    *("state", "status", "addr", "address", "incarnation", "cluster_name"),
    *("ranges", "shards", "error", "message"),
)

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["Alive", "dead", "shard_1", "1", "a", "leader", ""]),
)
# Mostly with keys that mean something, so that the decoders get further than their first check.
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(st.sampled_from(KEYS), st.text(max_size=4)), inner, max_size=6),
    ),
    max_leaves=25,
)
DECODERS: list[tuple[Callable[[Any], Any], type]] = [
    (lambda body: decode_health(200, body), Health),
    (decode_status, Status),
    (lambda body: decode_shard(body, 1), Shard),
]
LISTS: list[tuple[Callable[[Any], Any], type]] = [(decode_nodes, Node), (decode_ranges, Shard)]

Draw = Callable[[st.SearchStrategy[Any]], Any]

IDS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=12)
COUNTS = st.integers(0, 2**64 - 1)
MAYBE_COUNTS = st.none() | COUNTS


def attempt(decode: Callable[[Any], Any], body: Any) -> Any:
    """The result; None for our protocol error. Anything else is raised."""
    try:
        return decode(body)
    except StemeDBError as caught:
        error = caught
    assert error.code == "protocol"
    assert error.message.isprintable()
    assert len(error.message) < 1000
    return None


def sound(item: Any) -> bool:
    """Types of a model object are what they are declared to be."""
    if isinstance(item, Node):
        texts = (item.address, item.state)
        return bool(item.node_id) and counts(item.incarnation) and all(map(texty, texts))
    if isinstance(item, Replica):
        return bool(item.node_id) and item.role in (None, "leader", "follower")
    if isinstance(item, Shard):
        named = item.replica_nodes is None or all(isinstance(n, str) for n in item.replica_nodes)
        replicas = item.replicas is None or all(map(sound, item.replicas))
        return counts(item.shard_id) and counts(item.size_bytes) and named and replicas
    if isinstance(item, Status):
        numbers = (item.node_count, item.shard_count, item.replication_factor, item.meta_version)
        listed = item.nodes is None or all(map(sound, item.nodes))
        return all(map(counts, numbers)) and texty(item.name) and texty(item.word) and listed
    return isinstance(item, Health) and texty(item.word)


def counts(value: object) -> bool:
    return value is None or (type(value) is int and value >= 0)


def texty(value: object) -> bool:
    return value is None or (type(value) is str and value.isprintable())


@examples(300)
@given(ANYTHING)
def test_any_json_is_the_model_or_a_protocol_error(body: Any) -> None:
    for decode, kind in DECODERS:
        result = attempt(decode, body)
        assert result is None or (type(result) is kind and sound(result))
    for decode, kind in LISTS:
        result = attempt(decode, body)
        assert result is None or all(type(item) is kind and sound(item) for item in result)


@examples(150)
@given(st.lists(st.dictionaries(st.sampled_from(SHARD_KEYS), ANYTHING), min_size=1, max_size=3))
def test_any_rows_of_shards(rows: list[Any]) -> None:
    for decode, _ in LISTS:
        result = attempt(decode, rows)
        assert result is None or (len(result) == len(rows) and all(map(sound, result)))


def outcome(read: Callable[[str], Any], text: str) -> tuple[Any, str]:
    """The result, or the sentence of the error."""
    try:
        return read(text), ""
    except StemeDBError as error:
        return None, error.message


@examples(300)
@given(
    ANYTHING | st.lists(st.dictionaries(st.sampled_from(SHARD_KEYS), ANYTHING), max_size=3),
    st.sampled_from([None, "ranges", "shards"]),
)
def test_rows_decoded_on_the_way_are_the_same(rows: Any, wrapper: str | None) -> None:
    text = json.dumps(rows if wrapper is None else {wrapper: rows})
    assert outcome(read_ranges, text) == outcome(lambda t: decode_ranges(parse(t)), text)


def rarely(odd: st.SearchStrategy[Any], usual: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.integers(0, 9).flatmap(lambda number: usual if number else odd)


NODE_IDS = st.sampled_from("abc")
USUAL_ROWS = st.fixed_dictionaries(
    {
        "shard_id": rarely(ANYTHING, st.integers(0, 99).map("shard_{}".format)),
        "leader_node": rarely(ANYTHING, NODE_IDS),
        "replica_nodes": rarely(ANYTHING, st.lists(NODE_IDS, max_size=3, unique=True)),
        "size_bytes": rarely(ANYTHING, COUNTS),
    },
    optional={name: rarely(ANYTHING, st.none()) for name in ("replicas", "id", "size")},
)


@examples(300)
@given(st.lists(USUAL_ROWS | rarely(st.just({}), USUAL_ROWS), max_size=8))
def test_usual_rows_decoded_on_the_way_are_the_same(rows: Any) -> None:
    text = json.dumps({"ranges": rows})
    assert outcome(read_ranges, text) == outcome(lambda t: decode_ranges(parse(t)), text)


@given(st.binary(max_size=200))
def test_any_bytes_are_json_or_a_protocol_error(body: bytes) -> None:
    attempt(load, body)


@given(st.text(max_size=500) | ANYTHING.map(json.dumps))
def test_any_error_text_is_one_short_printable_line(text: str) -> None:
    words = decode_error(text)
    assert len(words) <= 200
    assert words.isprintable()


@given(ANYTHING | IDS)
def test_any_value_is_a_shard_id_or_a_value_error(value: Any) -> None:
    try:
        shard_id = parse_shard_id(value)
    except ValueError as error:
        sentence = str(error)
    else:
        assert type(shard_id) is int
        assert shard_id >= 0
        sentence = f"shard {shard_id}"
    assert sentence.isprintable()


@given(COUNTS)
def test_every_spelling_is_the_same_shard(shard_id: int) -> None:
    spellings = [shard_id, *shard_spellings(shard_id)]
    assert [parse_shard_id(spelling) for spelling in spellings] == [shard_id] * 3


# --- one meaning in many spellings ---------------------------------------------------------------


@st.composite
def shards(draw: st.DrawFn) -> list[Shard]:
    ids = draw(st.lists(COUNTS, unique=True, max_size=4))
    return [
        Shard(
            shard_id,
            draw(st.none() | IDS),
            draw(st.none() | st.lists(IDS, unique=True, max_size=4).map(tuple)),
            draw(MAYBE_COUNTS),
        )
        for shard_id in ids
    ]


@st.composite
def nodes(draw: st.DrawFn) -> list[Node]:
    ids = draw(st.lists(IDS, unique=True, max_size=4))
    states = st.sampled_from([None, "Alive", "Suspect", "Dead", "Leaving"])
    return [
        Node(node_id, draw(st.none() | IDS), draw(states), draw(MAYBE_COUNTS)) for node_id in ids
    ]


def spell(draw: Draw, aliases: tuple[str, ...], value: Any) -> dict[str, Any]:
    """`value` under one of its names; unknown is a missing key or null."""
    if value is None and draw(st.booleans()):
        return {}
    return {draw(st.sampled_from(aliases)): value}


def wrap(draw: Draw, names: tuple[str, ...], rows: list[Any]) -> Any:
    name = draw(st.sampled_from([None, *names]))
    return rows if name is None else {name: rows, "took_ms": 3}


@given(st.data(), shards())
def test_shards_in_any_spelling_are_equal(data: st.DataObject, meant: list[Shard]) -> None:
    rows = []
    for shard in meant:
        elements = shard.replica_nodes and [
            data.draw(st.sampled_from([name, {"id": name}, {"node_id": name, "x": 1}]))
            for name in shard.replica_nodes
        ]
        listed = elements if elements is None else list(elements)
        spelling = data.draw(st.sampled_from([shard.shard_id, *shard_spellings(shard.shard_id)]))
        row = {
            **spell(data.draw, ("shard_id", "range_id", "id"), spelling),
            **spell(data.draw, ("leader_node", "leader", "leader_id"), shard.leader_node),
            **spell(data.draw, ("replicas", "replica_nodes", "nodes"), listed),
            **spell(data.draw, ("size_bytes", "size"), shard.size_bytes),
            "checksum": "unknown fields do not matter",
        }
        rows.append(row)
        assert decode_shard(row, shard.shard_id)._replace(replicas=None) == shard
    body = wrap(data.draw, ("ranges", "shards"), rows)
    assert decode_ranges(body) == tuple(sorted(meant))
    assert read_ranges(json.dumps(body)) == tuple(sorted(meant))


@given(st.data(), nodes())
def test_nodes_in_any_spelling_are_equal(data: st.DataObject, meant: list[Node]) -> None:
    case = data.draw(st.sampled_from([str.lower, str.upper, str.title]))
    rows = []
    for node in meant:
        state = case(node.state) if node.state in ("Alive", "Suspect", "Dead") else node.state
        rows.append(
            {
                **spell(data.draw, ("node_id", "id"), node.node_id),
                **spell(data.draw, ("state", "status"), state),
                **spell(data.draw, ("addr", "address"), node.address),
                **spell(data.draw, ("incarnation",), node.incarnation),
            }
        )
    body = wrap(data.draw, ("nodes",), rows)
    assert decode_nodes(body) == tuple(meant)
    assert decode_status({"nodes": body}).nodes == tuple(meant)


# --- unknown stays unknown -----------------------------------------------------------------------


@given(
    st.dictionaries(st.sampled_from(COUNT_KEYS), MAYBE_COUNTS, min_size=1),
    st.sampled_from([{}, {"nodes": None}]),
)
def test_no_number_is_made_up(body: dict[str, int | None], more: dict[str, Any]) -> None:
    status = decode_status({**body, **more})
    for key in COUNT_KEYS:
        assert getattr(status, key) == body.get(key)
    assert (status.name, status.word, status.nodes) == (None, None, None)


@given(shards())
def test_what_a_shard_does_not_say_is_unknown(meant: list[Shard]) -> None:
    assume(meant)
    assert decode_ranges([{"id": shard.shard_id} for shard in meant]) == tuple(
        Shard(shard.shard_id) for shard in sorted(meant)
    )
