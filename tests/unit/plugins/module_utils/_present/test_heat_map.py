"""Which node holds how much of which shards: at most 200 columns and 300 rows."""

from __future__ import annotations

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import (
    ALIVE,
    Snapshot,
    View,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._present.heat_map import (
    MOST_COLUMNS,
    MOST_ROWS,
    drawn,
    heat_map,
)
from ansible_collections.stemedb.cluster.tests.unit.support.builders import (
    A,
    B,
    C,
    cluster,
    nodes,
    shard,
    view,
)


def test_each_shard_has_a_column_as_long_as_there_is_room() -> None:
    shards = [shard(2, A, (A, B)), shard(0, C, (B, C)), shard(9, None, None)]
    found = heat_map(cluster(members=nodes(A, B, C, b="Suspect"), shards=shards))
    assert found is not None
    assert (found["shard_count"], found["shards_per_column"]) == (3, 1)
    assert found["columns"] == ["0", "2", "9"]
    assert found["rows_left_out"] == 0
    assert found["rows"] == [
        {"node_id": A, "state": "Alive", "replicas": "0 1 0", "leaders": "0 1 0"},
        {"node_id": B, "state": "Suspect", "replicas": "1 1 0", "leaders": "0 0 0"},
        {"node_id": C, "state": "Alive", "replicas": "1 0 0", "leaders": "1 0 0"},
    ]


def test_a_replica_on_a_node_that_nobody_lists_is_shown() -> None:
    found = heat_map(cluster(members=nodes(A, B), shards=[shard(0, C, (A, C))]))
    assert found is not None
    assert [(row["node_id"], row["state"]) for row in found["rows"]] == [
        (A, ALIVE),
        (B, ALIVE),
        (C, None),
    ]


def test_what_is_not_told_is_not_drawn() -> None:
    whole = view()
    bare = View(whole.url, whole.status._replace(nodes=None), whole.shards, whole.health)
    assert heat_map(Snapshot((bare,))) is None
    assert heat_map(Snapshot((View(whole.url, whole.status, None, whole.health),))) is None


def test_many_shards_share_a_column() -> None:
    names = [f"n{n:03}" for n in range(300)]
    shards = [(n, [names[(n + k) % 300] for k in range(3)], names[n % 300]) for n in range(20000)]
    found = drawn(dict.fromkeys(names, ALIVE), shards)
    assert len(found["columns"]) == MOST_COLUMNS
    assert found["shards_per_column"] == 100
    assert found["columns"][:2] == ["0-99", "100-199"]
    cells = [list(map(int, row["replicas"].split())) for row in found["rows"]]
    assert {len(row) for row in cells} == {MOST_COLUMNS}
    assert sum(map(sum, cells)) == 60000
    assert sum(sum(map(int, row["leaders"].split())) for row in found["rows"]) == 20000


def test_of_too_many_nodes_the_most_telling_stay() -> None:
    names = [f"n{n:04}" for n in range(1000)]
    states = dict.fromkeys(names, ALIVE) | {"n0500": "Dead"}
    shards = [(n, [names[n % 900]], None) for n in range(9000)]
    found = drawn(states, [*shards, *((9000 + n, ["n0007"], None) for n in range(50))])
    shown = [row["node_id"] for row in found["rows"]]
    assert len(shown) == MOST_ROWS
    assert found["rows_left_out"] == 700
    assert {"n0500", "n0007", *names[900:]} <= set(shown)
    assert shown == sorted(shown)


def test_an_empty_cluster() -> None:
    found = drawn({A: ALIVE}, [])
    assert (found["columns"], found["rows"][0]["replicas"]) == ([], "")
