"""What a node holds of each of its shards: unknown is null, and complete only by its leader."""

from __future__ import annotations

from ansible_collections.stemedb.cluster.plugins.module_utils._present.results import (
    nodes as listed,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._present.shard_details import (
    shard_details,
)
from ansible_collections.stemedb.cluster.tests.unit.support.builders import (
    A,
    B,
    C,
    D,
    cluster,
    detail,
    nodes,
    shard,
)

SHARDS = [shard(0, A, (A, B, D)), shard(3, B, (B, C)), shard(5, A, (A, B, C))]
MIXED = cluster(members=nodes(A, B, C, D), shards=SHARDS)


def test_details_of_a_nodes_shards() -> None:
    asked = {
        0: detail(0, A, a=100, b=94, d=100),
        3: detail(3, B, b=50, c=50),
        5: detail(5, A, a=100, b=None),
    }
    (node,) = listed(MIXED, B)
    assert shard_details(node, MIXED, asked, 0.95) == [
        {
            "shard_id": 0,
            "role": "follower",
            "size_bytes": 94,
            "leader_size_bytes": 100,
            "complete": False,
        },
        {
            "shard_id": 3,
            "role": "leader",
            "size_bytes": 50,
            "leader_size_bytes": 50,
            "complete": True,
        },
        {
            "shard_id": 5,
            "role": "follower",
            "size_bytes": None,
            "leader_size_bytes": 100,
            "complete": None,
        },
    ]


def test_details_of_what_is_not_known_or_not_there() -> None:
    (node,) = listed(MIXED, B)
    assert shard_details({**node, "shards": None}, MIXED, {0: detail(0, A, a=1)}, 0.95) == []
    (absent,) = shard_details({**node, "shards": [0]}, MIXED, {0: detail(0, A, a=1)}, 0.95)
    assert (absent["size_bytes"], absent["complete"]) == (None, None)
    assert shard_details(node, MIXED, {}, 0.95) == []
