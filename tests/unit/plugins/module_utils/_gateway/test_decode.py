"""Paths, keys and spellings: what is read, and what is refused in which words."""

from __future__ import annotations

import json
import time
from typing import Any, Callable

import pytest
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
    parse_shard_id,
    read_ranges,
)


def refused(call: Callable[..., Any], *args: Any) -> str:
    with pytest.raises(StemeDBError) as caught:
        call(*args)
    assert caught.value.code == "protocol"
    assert "expected" in caught.value.message
    assert "got" in caught.value.message
    return caught.value.message


# --- shard ids -----------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [12, "12", "shard_12", " shard_12 ", "012"])
def test_shard_ids(value: object) -> None:
    assert parse_shard_id(value) == 12


@pytest.mark.parametrize(
    "value",
    [
        *(-1, "-1", "+1", "1_0", 1.0, "1.0", True, None, "", "x12", [12]),
        *("shard_", "shard_x", "Shard_1", "shard-1", "shard_ 1", "shard_shard_1"),
    ],
)
def test_no_shard_ids(value: object) -> None:
    with pytest.raises(ValueError, match='write 12, "12" or "shard_12"'):
        parse_shard_id(value)


@pytest.mark.parametrize("value", ["\uff11\uff12", 2**64, str(2**64), "9" * 5000])
def test_no_shard_ids_though_they_look_like_numbers(value: object) -> None:
    with pytest.raises(ValueError, match="is no shard id"):
        parse_shard_id(value)


# --- bodies --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "an empty body"),
        (b" \r\n", "an empty body"),
        (b"<!DOCTYPE html>", "an HTML page"),
        (b" \n<html>", "an HTML page"),
        (b"OK", "something else"),
        (b'{"a": ', "something else"),
        (b"{} {}", "something else"),
        (b"\xff\xfe", "no UTF-8 (at byte 0)"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 100_000, "nested too deeply"),
        (b"[NaN]", "NaN is not JSON"),
        (b"[-Infinity]", "-Infinity is not JSON"),
        (b"9" * 100_000, "something else"),
    ],
)
def test_what_is_no_json(body: bytes, words: str) -> None:
    message = refused(load, body)
    assert words in message
    assert len(message) < 250


def test_json() -> None:
    assert load(b'\xef\xbb\xbf{"a": [1, null]}\n') == {"a": [1, None]}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"error": "shard 999 not found"}', "shard 999 not found"),
        ('{"message": "no"}', "no"),
        ('{"error": null, "message": "no"}', "no"),
        ('{"error": {"code": 3}, "message": "no"}', "no"),
        ('{"error": {"code": 3}}', '{"error": {"code": 3}}'),
        ('["no"]', '["no"]'),
        ("<h1>Bad\r\n  Gateway</h1>", "<h1>Bad Gateway</h1>"),
        ("\x1b[31mred\x00", "[31mred"),
        ("", ""),
        ("x" * 5000, "x" * 200),
        ('{"error": "' + "y" * 5000 + '"}', "y" * 200),
        ("[" * 5000, "[" * 200),
        ('{"error": "\\ud800"}', ""),
    ],
)
def test_what_an_error_says(text: str, words: str) -> None:
    assert decode_error(text) == words


def test_health() -> None:
    assert decode_health(200, {"status": "healthy", "uptime": 3}) == Health(200, "healthy")
    assert decode_health(503, {"status": None}) == Health(503, None)
    assert decode_health(200, {}) == Health(200, None)


STATUS = {
    "cluster_name": "prod",
    "status": "healthy",
    "node_count": 3,
    "shard_count": 24,
    "replication_factor": 3,
    "meta_version": 41,
    "nodes": [{"node_id": "a", "addr": "10.0.0.4:18182", "state": "Alive", "incarnation": 2}],
}


def test_status() -> None:
    node = Node("a", "10.0.0.4:18182", "Alive", 2)
    assert decode_status(STATUS) == Status("prod", "healthy", 3, 24, 3, 41, (node,))


@pytest.mark.parametrize("key", list(STATUS))
def test_what_a_status_does_not_say_stays_unknown(key: str) -> None:
    field = {"cluster_name": "name", "status": "word"}.get(key, key)
    without = {name: value for name, value in STATUS.items() if name != key}
    for body in (without, {**STATUS, key: None}):
        assert decode_status(body) == decode_status(STATUS)._replace(**{field: None})


def test_an_empty_list_is_known() -> None:
    assert decode_status({"nodes": []}).nodes == ()
    assert decode_nodes([]) == ()
    assert decode_ranges({"ranges": []}) == ()
    assert decode_shard({"replicas": []}, 1) == Shard(1, None, (), None, ())


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ("Alive", "Alive"),
        ("alive", "Alive"),
        ("SUSPECT", "Suspect"),
        ("dEAD", "Dead"),
        ("Leaving", "Leaving"),
        ("left", "left"),
        ("", ""),
        ("Alive ", "Alive "),
        (None, None),
    ],
)
def test_states(said: str | None, state: str | None) -> None:
    assert decode_nodes([{"id": "a", "state": said}]) == (Node("a", None, state, None),)


@pytest.mark.parametrize("node_id", ["node_id", "id"])
@pytest.mark.parametrize("state", ["state", "status"])
@pytest.mark.parametrize("address", ["addr", "address"])
@pytest.mark.parametrize("wrapped", [False, True])
def test_aliases_of_a_node(node_id: str, state: str, address: str, wrapped: bool) -> None:
    rows = [{node_id: "a", state: "ALIVE", address: "[::1]:18182", "zone": "x"}]
    body = {"nodes": rows, "total": 1} if wrapped else rows
    assert decode_nodes(body) == (Node("a", "[::1]:18182", "Alive"),)


@pytest.mark.parametrize("shard_id", ["shard_id", "range_id", "id"])
@pytest.mark.parametrize("leader", ["leader_node", "leader", "leader_id"])
@pytest.mark.parametrize("replicas", ["replicas", "replica_nodes", "nodes"])
@pytest.mark.parametrize("size", ["size_bytes", "size"])
@pytest.mark.parametrize("wrapper", [None, "ranges", "shards"])
def test_aliases_of_a_shard(
    shard_id: str, leader: str, replicas: str, size: str, wrapper: str | None
) -> None:
    row = {shard_id: "shard_3", leader: "a", replicas: ["a", {"id": "b"}], size: 7}
    body = [row] if wrapper is None else {wrapper: [row]}
    assert decode_ranges(body) == (Shard(3, "a", ("a", "b"), 7),)
    assert decode_shard(row, 3) == Shard(3, "a", ("a", "b"), 7, (Replica("a"), Replica("b")))


def test_the_first_alias_that_says_something_counts() -> None:
    assert decode_nodes([{"node_id": None, "id": "a"}]) == (Node("a"),)
    assert decode_nodes([{"node_id": "b", "id": "a"}]) == (Node("b"),)


def test_replicas_of_a_shard() -> None:
    body = {
        "shard_id": 0,
        "leader_node": "a",
        "replicas": [
            {"node_id": "a", "role": "Leader", "size_bytes": 52428800},
            {"node_id": "b", "role": "follower", "size_bytes": 0},
            {"node_id": "c", "role": "witness"},
            {"node_id": "d", "role": None, "size_bytes": None},
            "e",
        ],
    }
    assert decode_shard(body, 0).replicas == (
        Replica("a", "leader", 52428800),
        Replica("b", "follower", 0),
        Replica("c"),
        Replica("d"),
        Replica("e"),
    )


def test_what_happens_in_a_rebalancing_is_no_error() -> None:
    shard = {"shard_id": 1, "leader_node": "gone", "replica_nodes": ["unlisted", "b"]}
    assert decode_ranges([shard]) == (Shard(1, "gone", ("unlisted", "b")),)


WRONG: list[tuple[Any, ...]] = [
    (decode_health, 200, [], "an object as health answer"),
    (decode_health, 200, {"status": 1}, "status of health answer"),
    (decode_health, 200, {"status": True}, "got true"),
    (decode_status, {}, "cluster_name, status, node_count"),
    (decode_status, {"error": "x"}, "got an object with error"),
    (decode_status, {"node_count": "3"}, "node_count"),
    (decode_status, {"node_count": -1}, "node_count of cluster status, got -1"),
    (decode_status, {"node_count": 3.0}, "got 3.0"),
    (decode_status, {"node_count": True}, "got true"),
    (decode_status, {"node_count": 2**64}, "out of range"),
    (decode_status, {"node_count": float("nan")}, "out of range"),
    (decode_status, {"cluster_name": ["x"]}, "cluster_name"),
    (decode_status, {"cluster_name": "a\x1b[31m"}, "printable text as cluster_name"),
    (decode_status, {"nodes": "a,b"}, "list of nodes"),
    (decode_status, {"nodes": 3}, "got 3"),
    (decode_nodes, None, "list of nodes, bare or under nodes, got null"),
    (decode_nodes, {"nodes": None}, "got null in an object with nodes"),
    (decode_nodes, {"members": []}, "an object with members"),
    (decode_nodes, ["a"], "an object as node 0 of the list"),
    (decode_nodes, [{"id": "a"}, {}], "node_id or id in node 1 of the list"),
    (decode_nodes, [{"id": 7}], "id of node 0 of the list, got 7"),
    (decode_nodes, [{"id": ""}], "got an empty text"),
    (decode_nodes, [{"id": "  "}], "got an empty text"),
    (decode_nodes, [{"id": "a\n"}], "printable"),
    (decode_nodes, [{"id": "\ud800"}], "printable"),
    (decode_nodes, [{"id": "a"}, {"node_id": "a"}], "got the text 'a' twice"),
    (decode_nodes, [{"id": "a", "state": 1}], "state of node 0"),
    (decode_nodes, [{"id": "a", "addr": {}}], "addr of node 0"),
    (decode_nodes, [{"id": "a", "incarnation": 0.5}], "incarnation of node 0"),
    (decode_ranges, {}, "ranges or shards"),
    (decode_ranges, {"ranges": {}}, "ranges or shards"),
    (decode_ranges, "x", "got the text 'x'"),
    (decode_ranges, [[]], "an object as shard 0 of the list"),
    (decode_ranges, [{"leader": "a"}], "shard_id or range_id or id in shard 0"),
    (decode_ranges, [{"id": 1.0}], "id of shard 0 of the list, got 1.0"),
    (decode_ranges, [{"id": True}], "got true"),
    (decode_ranges, [{"id": -1}], "got -1"),
    (decode_ranges, [{"id": "x" * 100}], "a text of 100 characters"),
    (decode_ranges, [{"id": 1}, {"id": "shard_1"}], "shard 1 twice"),
    (decode_ranges, [{"id": 1, "leader": 5}], "leader of shard 1, got 5"),
    (decode_ranges, [{"id": 1, "leader": ""}], "leader of shard 1"),
    (decode_ranges, [{"id": 1, "size": -1}], "size of shard 1, got -1"),
    (decode_ranges, [{"id": 1, "size": "52428800"}], "size of shard 1"),
    (decode_ranges, [{"id": 1, "replicas": "a,b"}], "a list as replicas of shard 1"),
    (decode_ranges, [{"id": 1, "replicas": {"a": 1}}], "a list as replicas of shard 1"),
    (decode_ranges, [{"id": 1, "nodes": [1]}], "an element of nodes of shard 1, got 1"),
    (decode_ranges, [{"id": 1, "nodes": [""]}], "of nodes of shard 1"),
    (decode_ranges, [{"id": 1, "nodes": [None]}], "got null"),
    (decode_ranges, [{"id": 1, "nodes": [{}]}], "node_id or id"),
    (decode_ranges, [{"id": 1, "nodes": ["a", {"id": "a"}]}], "the text 'a' twice"),
    # Also where all ids were seen before.
    (decode_ranges, [{"id": 1, "nodes": ["a"]}, {"id": 2, "nodes": ["a", "a"]}], "'a' twice"),
    (decode_ranges, [{"id": 1, "nodes": ["a"]}, {"id": 2, "nodes": ["a", 1]}], "of shard 2, got 1"),
    (decode_ranges, [{"id": 1, "nodes": ["a"]}, {"id": 2, "nodes": "a"}], "nodes of shard 2"),
    (decode_ranges, [{"id": 1, "nodes": ["a"]}, {"id": 2, "leader": ["a"]}], "leader of shard 2"),
    (decode_shard, {}, 1, "shard 1 with shard_id"),
    (decode_shard, [], 1, "an object as shard 1"),
    (decode_shard, {"error": "no"}, 1, "an object with error"),
    (decode_shard, {"shard_id": 2}, 1, "shard 1, got shard 2"),
    (decode_shard, {"replicas": [{"id": "a", "size": -5}]}, 1, "size of an element"),
    (decode_shard, {"replicas": [{"id": "a", "role": 1}]}, 1, "role of an element"),
]


@pytest.mark.parametrize("case", WRONG, ids=lambda case: f"{case[0].__name__}-{case[-1]}")
def test_what_cannot_mean_what_it_should(case: tuple[Any, ...]) -> None:
    call, *args, words = case
    assert words in refused(call, *args)
    if call is decode_ranges:
        assert words in refused(read_ranges, json.dumps(args[0]))


@pytest.mark.parametrize("text", ["", " ", "<html>", "[", '[{"id": 1}', "NaN", '[{"id": NaN}]'])
def test_a_list_that_is_no_json(text: str) -> None:
    assert refused(read_ranges, text) == refused(load, text.encode())


USUAL = {"shard_id": "shard_1", "leader_node": "a", "replica_nodes": ["a", "b"], "size_bytes": 7}


@pytest.mark.parametrize(
    ("change", "read"),
    [
        ({}, Shard(2, "a", ("a", "b"), 7)),
        ({"replicas": ["b"]}, Shard(2, "a", ("b",), 7)),
        ({"replicas": None}, Shard(2, "a", ("a", "b"), 7)),
        ({"shard_id": None, "id": 2}, Shard(2, "a", ("a", "b"), 7)),
        ({"leader_node": None}, Shard(2, None, ("a", "b"), 7)),
        ({"leader_node": None, "leader": "b"}, Shard(2, "b", ("a", "b"), 7)),
        ({"leader_node": "new"}, Shard(2, "new", ("a", "b"), 7)),
        ({"replica_nodes": ["b", "new"]}, Shard(2, "a", ("b", "new"), 7)),
        ({"replica_nodes": [{"id": "b"}]}, Shard(2, "a", ("b",), 7)),
        ({"replica_nodes": None}, Shard(2, "a", None, 7)),
        ({"replica_nodes": []}, Shard(2, "a", (), 7)),
        ({"size_bytes": None}, Shard(2, "a", ("a", "b"), None)),
        ({"size_bytes": None, "size": 5}, Shard(2, "a", ("a", "b"), 5)),
        ({"replica_nodes": "ab"}, "a list as replica_nodes of shard 2"),
        ({"replica_nodes": {"a": 1}}, "a list as replica_nodes of shard 2"),
        ({"replica_nodes": ["a", "a"]}, "the text 'a' twice"),
        ({"leader_node": ["a"]}, "leader_node of shard 2"),
        ({"size_bytes": True}, "size_bytes of shard 2, got true"),
        ({"size_bytes": -1}, "size_bytes of shard 2, got -1"),
        ({"shard_id": "shard_1"}, "shard 1 twice"),
        ({"shard_id": "two"}, "shard_id of shard 1 of the list"),
    ],
)
def test_a_row_after_a_usual_one(change: dict[str, Any], read: Shard | str) -> None:
    body = {"ranges": [USUAL, {**USUAL, "shard_id": 2, **change}]}
    text = json.dumps(body)
    if isinstance(read, str):
        assert read in refused(read_ranges, text)
        assert refused(read_ranges, text) == refused(decode_ranges, body)
    else:
        assert read_ranges(text)[1] == decode_ranges(body)[1] == read


def test_an_id_of_a_node_is_kept_once() -> None:
    rows = [{"id": number, "leader": "node-01", "nodes": ["node-01"]} for number in range(2)]
    shards = read_ranges(json.dumps(rows))
    leaders = [shard.leader_node for shard in shards]
    assert leaders[0] is leaders[1]
    assert all(shard.replica_nodes and shard.replica_nodes[0] is leaders[0] for shard in shards)


def test_replicas_may_be_ids_and_objects_in_one_list() -> None:
    rows = [
        {"id": 1, "leader": "b", "nodes": ["a", "b"]},
        {"id": 2, "leader": "a", "nodes": ["b", "a"]},
        {"id": 3, "leader": "c", "nodes": [{"id": "a"}, "c"]},
        {"id": 4, "nodes": []},
    ]
    assert [(shard.leader_node, shard.replica_nodes) for shard in decode_ranges(rows)] == [
        ("b", ("a", "b")),
        ("a", ("b", "a")),
        ("c", ("a", "c")),
        (None, ()),
    ]


def test_a_hundred_thousand_shards_are_read_at_once() -> None:
    nodes = [f"{number:08x}-0000-4000-8000-000000000000" for number in range(50)]
    rows = [
        {
            "shard_id": f"shard_{number}",
            "leader_node": nodes[number % 50],
            "replica_nodes": [nodes[(number + step) % 50] for step in range(3)],
            "size_bytes": 52428800,
        }
        for number in range(100_000)
    ]
    body = load(json.dumps({"ranges": rows}).encode())
    started = time.process_time()
    shards = decode_ranges(body)
    assert time.process_time() - started < 2  # a third of a second where nothing else runs
    assert len(shards) == 100_000
    assert shards[-1].shard_id == 99_999
