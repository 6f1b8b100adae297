"""The guide's tables: columns, short ids, unknowns, and colour by the painter only."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._present.tables import (
    nodes_line,
    nodes_table,
    numbers,
    shards_table,
    short_ids,
    size,
    size_of,
)
from ansible_collections.stemedb.cluster.tests.unit.support.builders import (
    MIB,
    A,
    B,
    C,
)
from hypothesis import given
from hypothesis import strategies as st


def plain(text: str, _colour: str) -> str:
    return text


def painted(text: str, colour: str) -> str:
    return f"<{colour}>{text}</{colour}>"


def node(node_id: str, state: str | None = "Alive", **more: Any) -> dict[str, Any]:
    none: list[int] = []
    return {
        "node_id": node_id,
        "state": state,
        "shards": none,
        "leader_shards": none,
        "follower_shards": none,
        **more,
    }


def shard(shard_id: int, **more: Any) -> dict[str, Any]:
    return {
        "shard_id": shard_id,
        "leader_node": A,
        "replica_nodes": [A, B],
        "live_replicas": 2,
        "size_bytes": 50 * MIB,
        **more,
    }


def cells(table: str, row: int) -> list[str]:
    """The cells of a row, the head being row 0."""
    lines = [line for line in table.splitlines() if line.startswith("│")]
    return [cell.strip() for cell in lines[row].strip("│").split("│")]


def test_nodes_are_shown_as_in_the_guide() -> None:
    listed = [
        node(A, shards=[10, 15, 22], leader_shards=[10], follower_shards=[15, 22]),
        node(B, "Suspect"),
    ]
    assert nodes_table(listed, {}, plain) == "\n".join(
        [
            "NODES",
            "┌──────────┬─────────┬──────────┬────────┬──────────┐",
            "│ Node ID  │ State   │ Shards   │ Leader │ Follower │",
            "├──────────┼─────────┼──────────┼────────┼──────────┤",
            "│ a3f2b1c4 │ Alive   │ 10,15,22 │ 1      │ 2        │",
            "│ b7d8e9f0 │ Suspect │          │ -      │ -        │",
            "└──────────┴─────────┴──────────┴────────┴──────────┘",
        ]
    )


def test_shards_are_shown_alike() -> None:
    table = shards_table([shard(3), shard(12, leader_node=None, replica_nodes=[])], {}, plain)
    assert table.splitlines()[0] == "SHARDS"
    assert cells(table, 0) == ["Shard", "Leader", "Replicas", "Live", "Size"]
    assert cells(table, 1) == ["3", "a3f2b1c4", "a3f2b1c4, b7d8e9f0", "2", "50.0 MiB"]
    assert cells(table, 2) == ["12", "-", "-", "2", "50.0 MiB"]


def test_what_is_unknown_is_a_question_mark() -> None:
    unknown = node(A, None, shards=None, leader_shards=None, follower_shards=None)
    assert cells(nodes_table([unknown], {}, plain), 1) == ["a3f2b1c4", "?", "?", "?", "?"]
    lost = shard(3, replica_nodes=None, live_replicas=None, size_bytes=None)
    assert cells(shards_table([lost], {}, plain), 1) == ["3", "a3f2b1c4", "?", "?", "?"]


def test_zero_is_not_unknown() -> None:
    empty = shard(3, live_replicas=0, size_bytes=0)
    assert cells(shards_table([empty], {}, plain), 1)[3:] == ["0", "0 B"]


def test_ids_are_as_long_as_it_takes_to_tell_them_apart() -> None:
    twin = A[:-1] + "1"
    table = nodes_table([node(A), node(twin), node(B)], {}, plain)
    assert [cells(table, row)[0] for row in (1, 2, 3)] == [A, twin, "b7d8e9f0"]
    table = shards_table([shard(0, replica_nodes=[twin, C])], {}, plain)
    assert cells(table, 1)[1:3] == [A, f"{twin}, c0ffee11"]


def test_names_are_shown() -> None:
    names = {A: "node-01", B: "node-02"}
    table = nodes_table([node(A), node(C)], names, plain)
    assert [cells(table, row)[0] for row in (1, 2)] == ["a3f2b1c4 (node-01)", "c0ffee11"]
    table = shards_table([shard(0, replica_nodes=[A, C])], names, plain)
    assert cells(table, 1)[1:3] == ["node-01", "node-01, c0ffee11"]


@pytest.mark.parametrize(
    ("state", "colour"),
    [
        ("Alive", "green"),
        ("Suspect", "yellow"),
        ("Dead", "red"),
        ("Leaving", "yellow"),
        (None, "yellow"),
    ],
)
def test_states_are_coloured_by_the_painter_only(state: str | None, colour: str) -> None:
    listed = [node(A, state), node(B, "Alive")]
    table = nodes_table(listed, {}, painted)
    assert f"│ <{colour}>{(state or '?').ljust(len(state or 'State'))}" in table
    bare = table
    for name in ("green", "yellow", "red"):
        bare = bare.replace(f"<{name}>", "").replace(f"</{name}>", "")
    assert bare == nodes_table(listed, {}, plain)
    assert table.count("</") == 2
    assert "<" not in shards_table([shard(0)], {}, painted)


def test_colours_do_not_count_as_width() -> None:
    table = nodes_table([node(A), node(B, "Suspect"), node(C, "Dead")], {}, plain)
    assert len({len(line) for line in table.splitlines()[1:]}) == 1


def test_no_rows_are_a_table_too() -> None:
    table = nodes_table([], {}, plain)
    assert cells(table, 0) == ["Node ID", "State", "Shards", "Leader", "Follower"]
    assert len(table.splitlines()) == 5
    assert cells(shards_table([], {}, plain), 0)[0] == "Shard"


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([], ""),
        ([0], "0"),
        ([0, 1], "0-1"),
        ([3, 11, 19], "3,11,19"),
        ([12, 2, 1, 0, 7, 3], "0-3,7,12"),
        (range(1000), "0-999"),
        (None, "?"),
    ],
)
def test_numbers_are_as_short_as_they_read(values: Any, text: str) -> None:
    assert numbers(values) == text


def test_numbers_in_a_sentence_are_set_apart() -> None:
    assert numbers([19, 3, 11], ", ") == "3, 11, 19"


def test_many_numbers_are_shortened_and_counted() -> None:
    assert numbers(range(0, 200, 2)) == "0,2,4,6,8,10,12,14,16,18,20,… (100)"
    assert numbers([2**64 - 1, 2**63, 2**62]) == "4611686018427387904,… (3)"
    assert numbers([2**64 - 1, 2**64 - 2]) == "… (2)"


@given(st.sets(st.integers(0, 10**6)))
def test_numbers_never_get_wide_and_never_lose_count(values: set[int]) -> None:
    text = numbers(values)
    assert len(text) <= 40
    if "…" in text:
        assert text.endswith(f" ({len(values)})")
        return
    spans = [part.partition("-")[::2] for part in text.split(",") if part]
    told = {n for low, high in spans for n in range(int(low), int(high or low) + 1)}
    assert told == values


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "?"),
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (1536, "1.5 KiB"),
        (MIB - 1, "1.0 MiB"),
        (50 * MIB, "50.0 MiB"),
        (4 * 1024 * MIB, "4.0 GiB"),
        (3 * 2**40, "3.0 TiB"),
        (5000 * 2**40, "5000.0 TiB"),
    ],
)
def test_a_size_has_a_unit(value: int | None, text: str) -> None:
    assert size(value) == text


@pytest.mark.parametrize(
    ("have", "goal", "text"),
    [
        (1395864371, 4 * 2**30, "1.3 of 4.0 GiB"),
        (0, 50 * MIB, "0.0 of 50.0 MiB"),
        (5, 100, "5 of 100 B"),
        (0, 0, "0 of 0 B"),
    ],
)
def test_two_sizes_share_the_unit_of_the_goal(have: int, goal: int, text: str) -> None:
    assert size_of(have, goal) == text


def test_ids_are_shortened_to_a_unique_prefix() -> None:
    assert short_ids([A, B]) == {A: "a3f2b1c4", B: "b7d8e9f0"}
    close = [A, A[:-1] + "1", "a3f2b1c4-7"]
    assert short_ids(close) == {close[0]: close[0], close[1]: close[1], close[2]: "a3f2b1c4-7"}
    assert short_ids(["node-1", "node-10"], least=4) == {"node-1": "node-1", "node-10": "node-10"}
    assert short_ids(["rack-one-1234"]) == {"rack-one-1234": "rack-one"}
    assert short_ids(["machine-1234", "machine-2"]) == {
        "machine-1234": "machine-1234",
        "machine-2": "machine-2",
    }
    assert list(short_ids(["machine-room-ax", "machine-room-bx"]).values()) == [
        "machine-room-a",
        "machine-room-b",
    ]
    assert short_ids([]) == {}


def test_nodes_fit_in_a_line() -> None:
    nodes = [
        node(B, "Dead", shards=[1]),
        node(A, shards=[0, 1, 2], leader_shards=[2]),
        node(C, None),
    ]
    line = nodes_line(nodes, {A: "node-01", B: "node-02 (dead)"}, plain)
    assert line == (
        f"Nodes: {short_ids([A, B, C])[C]} in an unknown state no shard, "
        "node-01 3 shards (1 led), node-02 (dead) Dead 1 shard"
    )


def test_in_a_line_unknown_shards_are_not_none() -> None:
    line = nodes_line([node(A, shards=None, leader_shards=None)], {A: "n1"}, plain)
    assert line == "Nodes: n1 an unknown number of shards"


@pytest.mark.parametrize(
    ("count", "rest"),
    [
        (13, ", and 1 more node, 1 of them Alive"),
        (1000, ", and 988 more nodes, 988 of them Alive"),
    ],
)
def test_a_line_of_many_nodes_begins_with_those_to_look_at(count: int, rest: str) -> None:
    nodes = [node(f"{number:08}") for number in range(count)]
    nodes[11]["state"], nodes[10]["state"] = "Dead", None
    line = nodes_line(nodes, {}, plain)
    named = [f"{number:08} no shard" for number in range(10)]
    assert line == (
        "Nodes: 00000010 in an unknown state no shard, 00000011 Dead no shard, "
        f"{', '.join(named)}{rest}"
    )


def test_a_line_of_few_nodes_names_all_in_their_order() -> None:
    nodes = [node(f"{number:08}", "Dead" if number == 11 else "Alive") for number in range(12)]
    named = [f"{number:08} no shard" for number in range(11)]
    assert nodes_line(nodes, {}, plain) == f"Nodes: {', '.join(named)}, 00000011 Dead no shard"


def test_a_line_counts_the_others_that_are_alive() -> None:
    nodes = [node(f"{number:08}", "Suspect") for number in range(14)]
    line = nodes_line([*nodes, node(A)], {}, plain)
    assert line.endswith(", 00000011 Suspect no shard, and 3 more nodes, 1 of them Alive")
