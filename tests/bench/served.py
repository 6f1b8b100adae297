"""A cluster of any size as a gateway would tell of it: generated, the same each time."""

from __future__ import annotations

import json
import random
import uuid
from typing import NamedTuple

FACTOR = 3
STATUS = "/v1/cluster/status"
HEALTH = "/v1/health"
NODES = "/v1/nodes"
RANGES = "/v1/admin/ranges"

# Of 127.0.0.0/8, where no development cluster is.
_BLOCK = 77


class Size(NamedTuple):
    """How many nodes and shards."""

    nodes: int
    shards: int

    def __str__(self) -> str:
        return f"{self.nodes:,} nodes, {self.shards:,} shards"


def node_ids(count: int) -> list[str]:
    """As uuidgen makes them, sorted."""
    chance = random.Random(count)
    return sorted(str(uuid.UUID(int=chance.getrandbits(128), version=4)) for _ in range(count))


def address(place: int) -> str:
    """The loopback address of a node, by its place among the sorted ids."""
    return f"127.{_BLOCK}.{place // 250}.{place % 250 + 1}"


def answers(
    size: Size, gateway: int, nodes_apart: bool = False
) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """What a gateway answers by path: where all is well, and where the cluster is degraded.

    :param gateway: its place among the nodes; each lists the shards in an order of its own.
    :param nodes_apart: the node list has a path of its own and is not in the status.
    """
    ids = node_ids(size.nodes)
    nodes = [
        {
            "node_id": node_id,
            "addr": f"{address(place)}:18182",
            "state": "Alive",
            "incarnation": 1,
        }
        for place, node_id in enumerate(ids)
    ]
    ranges = [
        {
            "shard_id": f"shard_{shard}",
            "leader_node": ids[shard % size.nodes],
            "replica_nodes": [ids[(shard + step) % size.nodes] for step in range(FACTOR)],
            "size_bytes": 52428800,
        }
        for shard in range(size.shards)
    ]
    if gateway:
        random.Random(gateway).shuffle(ranges)
    lists = {RANGES: _json({"ranges": ranges})}
    if nodes_apart:
        lists[NODES] = _json({"nodes": nodes})

    def told(word: str) -> dict[str, bytes]:
        status = {
            "cluster_name": "bench",
            "status": word,
            "node_count": size.nodes,
            "shard_count": size.shards,
            "replication_factor": FACTOR,
            "meta_version": 41,
            **({} if nodes_apart else {"nodes": nodes}),
        }
        return {**lists, STATUS: _json(status), HEALTH: _json({"status": word})}

    return told("healthy"), told("degraded")


def _json(body: object) -> bytes:
    return json.dumps(body).encode()
