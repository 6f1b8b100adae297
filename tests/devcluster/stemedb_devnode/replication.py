"""Copies shards from their leaders. The bytes are made up and only counted, but they travel."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .rpc import RpcError, encode
from .swim import DEAD

if TYPE_CHECKING:
    from .node import Node

log = logging.getLogger("stemedb")

_CHUNK = 64 << 10
_MIN_CHUNK = 1 << 10


@dataclass
class Replica:
    """This node's copy of a shard. Complete: it once had all that the leader had."""

    size: int = 0
    complete: bool = False


class Replicator:
    """Pulls what this node lacks, one slice after another, at the settable rate."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._free_at = 0.0
        self._retry_at: dict[int, float] = {}
        self.received = 0
        self.sent = 0

    def _rate(self) -> float:
        fault = self._node.faults.on("rate")
        return float(fault if fault is not None else self._node.config.rate or float("inf"))

    async def pull_forever(self) -> None:
        while True:
            behind = [n for n in sorted(self._node.replicas) if self._is_behind(n)]
            caught_up = [n for n in behind if self._node.replicas[n].complete]
            copying = [n for n in behind if n not in caught_up]
            # Those that only lack the last writes first, then one slice of one new copy.
            for number in caught_up + copying[:1]:
                await self._pull(number)
            if not behind or not self._rate():
                await asyncio.sleep(self._node.times.tick)

    def _is_behind(self, number: int) -> bool:
        shard = self._node.meta.shards.get(number)
        if shard is None or shard.leader == self._node.id or not self._rate():
            return False
        leader = self._node.swim.members.get(shard.leader)
        if (
            leader is None
            or leader.state == DEAD
            or self._retry_at.get(number, 0) > time.monotonic()
        ):
            return False
        replica = self._node.replicas[number]
        known = self._node.size_on(shard.leader, number)
        return not replica.complete or (known is not None and known != replica.size)

    async def _pull(self, number: int) -> None:
        node = self._node
        shard, replica = node.meta.shards.get(number), node.replicas.get(number)
        leader = node.swim.members.get(shard.leader) if shard else None
        if replica is None or leader is None:
            return
        most = int(min(max(self._rate(), _CHUNK), 16 << 20))
        request = {"op": "fetch", "shard": number, "offset": replica.size, "most": most}
        try:
            async with node.call(leader, request) as (answer, reader):
                left = answer["bytes"]
                while left and node.replicas.get(number) is replica:
                    size = int(max(min(left, _CHUNK, self._rate() / 10), _MIN_CHUNK))
                    got = await asyncio.wait_for(reader.read(size), node.times.rpc_timeout)
                    if not got:
                        raise RpcError("the stream ended early")
                    left -= len(got)
                    replica.size += len(got)
                    self.received += len(got)
                    node.dirty = True
                    await self._pace(len(got))
        except RpcError as error:
            log.warning("replication of shard %d from %s: %s", number, leader.node_id, error)
            self._retry_at[number] = time.monotonic() + 2 * node.times.tick
            return
        # More than the leader has was never acknowledged by it.
        replica.size = min(replica.size, answer["size"])
        if not replica.complete and replica.size == answer["size"]:
            replica.complete = True
            log.info(
                "replication of shard %d complete (%d bytes from %s)",
                number,
                replica.size,
                leader.node_id,
            )
        node.dirty = True
        if not answer["bytes"]:
            self._retry_at[number] = time.monotonic() + node.times.tick

    async def _pace(self, count: int) -> None:
        rate = self._rate()
        while not rate:
            await asyncio.sleep(self._node.times.tick)
            rate = self._rate()
        self._free_at = max(self._free_at, time.monotonic()) + count / rate
        await asyncio.sleep(self._free_at - time.monotonic())

    async def serve(self, request: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        """Answer a fetch: a line that says how many bytes, then the bytes."""
        replica = self._node.replicas.get(request["shard"])
        if replica is None or not replica.complete:
            writer.write(encode({"error": f"no complete copy of shard {request['shard']} here"}))
            return
        left = max(min(replica.size - request["offset"], request["most"]), 0)
        writer.write(encode({"size": replica.size, "bytes": left}))
        host = writer.get_extra_info("peername")[0]
        while left and not self._node.swim.blocked(host):
            chunk = bytes(min(left, _CHUNK))
            writer.write(chunk)
            await writer.drain()
            left -= len(chunk)
            self.sent += len(chunk)
