"""The filter `table`: what it shows, and what it says to what it cannot show."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.stemedb.cluster.plugins.filter import table as plugin
from ansible_collections.stemedb.cluster.plugins.filter.table import FilterModule

NODES: list[dict[str, Any]] = [
    {
        "node_id": "a3f2b1c4-6d1e-4d0b-8f3c-2a9d6b7c8e90",
        "state": "Alive",
        "shards": [0, 1, 2, 7],
        "leader_shards": [1],
        "follower_shards": [0, 2, 7],
    },
    {
        "node_id": "7d8e9f0a-0000-4d0b-8f3c-2a9d6b7c8e91",
        "state": "Dead",
        "shards": None,
        "leader_shards": None,
        "follower_shards": [],
    },
]
SHARDS: list[dict[str, Any]] = [
    {
        "shard_id": 3,
        "leader_node": NODES[0]["node_id"],
        "replica_nodes": [node["node_id"] for node in NODES],
        "live_replicas": 1,
        "size_bytes": 52428800,
    }
]


def table(*args: Any, **more: Any) -> str:
    return str(FilterModule().filters()["table"](*args, **more))


def rows(text: str) -> list[list[str]]:
    """The cells of a table, head first."""
    return [
        [cell.strip() for cell in line.strip("│").split("│")]
        for line in text.splitlines()
        if line.startswith("│")
    ]


def test_nodes_as_the_guide_shows_them() -> None:
    shown = table(NODES, color=False)
    assert shown.splitlines()[0] == "NODES"
    assert rows(shown) == [
        ["Node ID", "State", "Shards", "Leader", "Follower"],
        ["a3f2b1c4", "Alive", "0-2,7", "1", "3"],
        ["7d8e9f0a", "Dead", "?", "?", "-"],
    ]


def test_shards_are_told_by_their_fields() -> None:
    shown = table(SHARDS, color=False)
    assert shown.splitlines()[0] == "SHARDS"
    assert rows(shown)[1] == ["3", "a3f2b1c4", "a3f2b1c4, 7d8e9f0a", "1", "50.0 MiB"]


def test_names_of_nodes() -> None:
    names = {NODES[0]["node_id"]: "node-01"}
    assert rows(table(NODES, names=names, color=False))[1][0] == "a3f2b1c4 (node-01)"
    assert rows(table(SHARDS, "shards", names, False))[1][1:3] == ["node-01", "node-01, 7d8e9f0a"]


@pytest.mark.parametrize(
    ("kind", "title"), [(None, "NODES"), ("nodes", "NODES"), ("shards", "SHARDS")]
)
def test_nothing_has_a_table_too(kind: str | None, title: str) -> None:
    shown = table([], kind, color=False)
    assert shown.splitlines()[0] == title
    assert len(rows(shown)) == 1


def test_any_iterable_will_do() -> None:
    assert table((node for node in NODES), color=False) == table(tuple(NODES), color=False)


def test_colour_is_for_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugin, "ANSIBLE_COLOR", False)
    assert "\x1b" not in table(NODES)
    coloured = table(NODES, color=True)
    assert "\x1b[0;32mAlive" in coloured
    assert "\x1b[0;31mDead" in coloured
    monkeypatch.setattr(plugin, "ANSIBLE_COLOR", True)
    assert table(NODES) == coloured


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("a string",), "not str"),
        (({"nodes": NODES},), "not dict"),
        ((None,), "not NoneType"),
        ((3,), "not int"),
        (([1, 2],), "something in this list is neither"),
        (([*NODES, "x"],), "something in this list is neither"),
        (([{"name": "x"}],), "'node_id' is missing"),
        (([{"shard_id": 3}],), "is missing"),
        ((NODES, "shards"), "no list of shards"),
        (([{**NODES[0], "shards": 5}],), "no list of nodes"),
        (([{**NODES[0], "node_id": 5}],), "no list of nodes"),
        ((NODES, "tables"), "not 'tables'"),
        ((NODES, "nodes", ["x"]), "names is a dictionary"),
    ],
)
def test_what_cannot_be_shown_gets_a_sentence(given: tuple[Any, ...], words: str) -> None:
    with pytest.raises(AnsibleFilterError) as caught:
        table(*given, color=False)
    assert words in str(caught.value)
    assert str(caught.value).startswith("stemedb.cluster.table")
