"""One node: joins or founds the cluster, exchanges what is known, coordinates the shards."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import random
import socket
import time
from dataclasses import replace
from typing import Any, Optional

from . import placement
from .addresses import advertised, is_me, listening
from .config import Config
from .faults import Faults
from .placement import Meta, meta_from_json
from .replication import Replica, Replicator
from .rpc import LINE_LIMIT, RpcError, encode, open_call
from .store import Store
from .swim import ALIVE, DEAD, SUSPECT, Member, Swim, Times, member_from_wire
from .view import Report, View, report_from_wire

log = logging.getLogger("stemedb")


class Node:
    """The node's state and its loops."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.store = Store(config.data_dir, config.node_id, config.cluster_name)
        self.id = self.store.node_id
        self.times = Times(config.time_scale)
        self.faults = Faults(config.dialect)
        self.started_at = time.monotonic()
        self.rpc_calls = 0
        self.dirty = True
        state = self.store.state
        me = Member(
            self.id,
            advertised(config),
            config.rpc_port,
            config.gossip_port,
            state.get("incarnation", -1) + 1,
            born=time.time(),
            since=self.started_at,
        )
        self.swim = Swim(me, config.cluster_name, self.times, config.age_out, self.faults)
        self.swim.on_newer_meta = self._fetch_meta
        self.swim.on_change = self._mark
        self.swim.merge(member_from_wire(wire) for wire in state.get("members", ()))
        self.meta = meta_from_json(state["meta"]) if "meta" in state else Meta()
        self.swim.meta_key = self.meta.key
        self.replicas = {n: Replica(size, done) for n, size, done in state.get("replicas", ())}
        self.replicator = Replicator(self)
        self._reports: dict[str, Report] = {}
        self._reported = Report(me.born, 0, {})
        self._synced = False
        self._sent_meta = self.meta.key
        self._grown_at = time.monotonic()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._frozen: Optional[View] = None

    # --- what is known

    def _own_report(self) -> Report:
        held = {n: (replica.size, replica.complete) for n, replica in self.replicas.items()}
        if held != self._reported.held:
            # A number for each content: two nodes with the same number must know the same.
            self._reported = Report(self.swim.me.born, self._reported.sequence + 1, held)
        return self._reported

    def view(self) -> View:
        """What is known now."""
        listed = {n: r for n, r in self._reports.items() if n in self.swim.members}
        members = tuple(self.swim.members[node] for node in sorted(self.swim.members))
        return View(members, self.meta, {**listed, self.id: self._own_report()})

    def gateway_view(self) -> View:
        """What the gateway tells: the same, unless the fault ``stale`` froze it."""
        if not self.faults.on("stale"):
            self._frozen = None
            return self.view()
        self._frozen = self._frozen or self.view()
        return self._frozen

    def size_on(self, node: str, shard: int) -> Optional[int]:
        return self.view().size_on(node, shard)

    def _mark(self) -> None:
        self.dirty = True

    # --- start and stop

    async def run(self) -> None:
        """Listen and run the loops until cancelled."""
        loop = asyncio.get_running_loop()
        where = self.config.listen
        port = self.config.gossip_port
        with listening(where, port, "gossip, UDP"):
            await loop.create_datagram_endpoint(lambda: self.swim, local_addr=(where, port))
        with listening(where, port, "gossip, TCP"):
            await asyncio.start_server(lambda _reader, writer: writer.close(), where, port)
        with listening(where, self.config.rpc_port, "RPC"):
            await asyncio.start_server(self._serve, where, self.config.rpc_port, limit=LINE_LIMIT)
        loops = (
            self.swim.probe_forever,
            self.swim.expire_forever,
            self.replicator.pull_forever,
            self._join,
            self._sync_forever,
            self._flush_forever,
            self._coordinate_forever,
        )
        await asyncio.gather(*(loop() for loop in loops))

    def save(self) -> None:
        members = [member.to_wire() for member in self.swim.others()]
        replicas = [[n, replica.size, replica.complete] for n, replica in self.replicas.items()]
        state = {
            "incarnation": self.swim.me.incarnation,
            "members": members,
            "replicas": replicas,
        }
        if self.meta.version:
            state["meta"] = self.meta.to_json()
        self.store.save(state)

    # --- joining

    async def _join(self) -> None:
        """Reach a seed or a known member; the first seed founds if nobody has a cluster."""
        deadline = time.monotonic() + self.times.founding_wait
        pause = 2 * self.times.tick
        while not self._synced:
            others, founder = await self._seeds()
            others += [(member.host, member.gossip_port) for member in self.swim.others()]
            answers = [await self._sync_address(host, port) for host, port in others]
            asked_all = len(answers) >= len(self.config.seed_nodes) - 1  # names may fail to resolve
            waited = time.monotonic() > deadline or (asked_all and all(answers))
            if any(answers) and self.meta.version:
                self._synced = True
                log.info("joined cluster %s", self.config.cluster_name)
            elif founder and waited and not self.meta.version:
                self._found()
            elif self.meta.version and not others:
                self._synced = True
            else:
                if not any(answers) and waited:
                    log.warning("no seed answers; trying again in %.1f s", pause)
                await asyncio.sleep(pause)
                pause = min(pause * 1.5, max(10 * self.times.tick, 2.0))

    def _found(self) -> None:
        config = self.config
        log.info("founding cluster %s with %d shards", config.cluster_name, config.shards)
        self.replicas = {n: Replica(config.shard_size, True) for n in range(config.shards)}
        shards = placement.found(self.id, config.shards)
        self._adopt(Meta(1, self.id, config.replication_factor, shards))
        self._synced = True

    async def _seeds(self) -> tuple[list[tuple[str, int]], bool]:
        """Addresses of the seeds other than this node, and whether it is the one that founds."""
        others, founder = [], not self.config.seed_nodes
        for index, (host, port) in enumerate(self.config.seed_nodes):
            try:
                found = await asyncio.get_running_loop().getaddrinfo(
                    host, port, type=socket.SOCK_DGRAM
                )
            except OSError as error:
                log.warning("seed %s: %s", host, error.strerror)
                continue
            address = str(found[0][4][0])
            if not is_me(self.config, address, port):
                others.append((address, port))
            elif index == 0:
                founder = True
        return others, founder

    # --- exchanging what is known

    def call(
        self, member: Member, request: dict[str, Any]
    ) -> contextlib.AbstractAsyncContextManager[tuple[dict[str, Any], asyncio.StreamReader]]:
        if self.swim.blocked(member.host):
            raise RpcError(f"{member.host}: dropped by a fault switch")
        request = {"cluster": self.config.cluster_name, "from": self.swim.me.to_wire(), **request}
        return open_call(
            self.config.listen, member.host, member.rpc_port, request, self.times.rpc_timeout
        )

    async def _sync_address(self, host: str, port: int) -> bool:
        member = await self.swim.ping(host, port, None)
        return member is not None and await self._sync(member)

    async def _sync(self, member: Member) -> bool:
        """Push all that is known, pull all that the other knows."""
        try:
            async with self.call(member, {"op": "sync", "full": True, **self._known()}) as answer:
                self._learn(answer[0])
            return True
        except RpcError as error:
            log.debug("sync with %s: %s", member.node_id, error)
            return False

    async def sync_all(self) -> int:
        """Anti-entropy with every member that is not Dead; how many answered."""
        others = self.swim.others(ALIVE, SUSPECT)
        return sum(await asyncio.gather(*(self._sync(member) for member in others)))

    def _known(self) -> dict[str, Any]:
        view = self.view()
        return {
            "members": [member.to_wire() for member in view.members],
            "meta": view.meta.to_json() if view.meta.version else None,
            "reports": [report.to_wire(node) for node, report in view.reports.items()],
        }

    def _learn(self, message: dict[str, Any]) -> None:
        self.swim.merge(member_from_wire(wire) for wire in message.get("members", ()))
        if message.get("meta"):
            meta = meta_from_json(message["meta"])
            if meta.key > self.meta.key:
                self._adopt(meta)
        for node, report in map(report_from_wire, message.get("reports", ())):
            known = self._reports.get(node)
            if known is None or report.key > known.key:
                self._reports[node] = report

    def _fetch_meta(self, member: Member) -> None:
        if not self._tasks:
            self._start(self._sync(member))

    def _start(self, coroutine: Any) -> None:
        task = asyncio.ensure_future(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _sync_forever(self) -> None:
        """With one live member, and with one that seems lost: so a healed partition is noticed."""
        while True:
            await asyncio.sleep(self.times.sync_interval * random.uniform(0.8, 1.2))
            live = self.swim.others(ALIVE)
            if live:
                await self._sync(random.choice(live))
            reached = {(member.host, member.gossip_port) for member in live}
            lost = {(member.host, member.gossip_port) for member in self.swim.others(DEAD, SUSPECT)}
            lost |= set((await self._seeds())[0])
            if lost - reached:
                await self._sync_address(*random.choice(sorted(lost - reached)))

    async def _flush_forever(self) -> None:
        """Save, and tell the others, what changed here."""
        while True:
            await asyncio.sleep(self.times.flush)
            self._grow()
            if self.dirty:
                self.dirty = False
                self.save()
                await self._tell()

    async def _tell(self) -> None:
        message: dict[str, Any] = {"op": "sync", "full": False}
        if self._sent_meta != self.meta.key:
            # With all reports: a topology must not overtake the sizes that it rests on.
            message.update(self._known())
            self._sent_meta = self.meta.key
        else:
            message["reports"] = [self._own_report().to_wire(self.id)]

        async def tell(member: Member) -> None:
            try:
                async with self.call(member, message):
                    pass
            except RpcError as error:
                log.debug("telling %s: %s", member.node_id, error)

        await asyncio.gather(*(tell(member) for member in self.swim.others(ALIVE, SUSPECT)))

    def _grow(self) -> None:
        now = time.monotonic()
        grown = int((self.faults.on("growth") or 0) * (now - self._grown_at))
        self._grown_at = now
        for number, shard in self.meta.shards.items():
            if grown and shard.leader == self.id and number in self.replicas:
                self.replicas[number].size += grown
                self.dirty = True

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host = writer.get_extra_info("peername")[0]
        try:
            line = await asyncio.wait_for(reader.readline(), self.times.rpc_timeout)
            if line and not self.swim.blocked(host):
                self.rpc_calls += 1
                await self._dispatch(json.loads(line), host, writer)
                await writer.drain()
        except (ValueError, TypeError, KeyError, AttributeError):
            log.warning("RPC: a request from %s is not understood; ignored", host)
        except (OSError, asyncio.TimeoutError) as error:
            log.debug("RPC from %s: %s", host, error)
        finally:
            writer.close()

    async def _dispatch(
        self, request: dict[str, Any], host: str, writer: asyncio.StreamWriter
    ) -> None:
        if request["cluster"] != self.config.cluster_name:
            self.swim.report_foreign(host, request["cluster"])
            writer.write(encode({"error": f"this is cluster {self.config.cluster_name}"}))
        elif request["op"] == "sync":
            self.swim.hear(member_from_wire(request["from"]))
            self._learn(request)
            writer.write(encode(self._known() if request["full"] else {}))
        elif request["op"] == "fetch":
            await self.replicator.serve(request, writer)
        elif request["op"] == "split":
            writer.write(encode(await self.split(request["shard"])))

    # --- shards

    def _adopt(self, meta: Meta) -> None:
        """Take over a topology: log what it changes, start and drop replicas."""
        before, self.meta = self.meta, meta
        self.swim.meta_key = meta.key
        self._log_changes(before, meta)
        for number, shard in meta.shards.items():
            parent = self.replicas.get(-1 if shard.split_from is None else shard.split_from)
            if number not in before.shards and number not in self.replicas and parent is not None:
                self.replicas[number] = Replica(parent.size // 2, parent.complete)
                parent.size -= parent.size // 2
        mine = {number for number, shard in meta.shards.items() if self.id in shard.replicas}
        for number in set(self.replicas) - mine:
            del self.replicas[number]
        for number in mine - set(self.replicas):
            self.replicas[number] = Replica()
        self.dirty = True
        self.save()

    def _log_changes(self, before: Meta, after: Meta) -> None:
        if not before.version and after.coordinator != self.id:
            log.info("learned the topology of %d shards", len(after.shards))
            return
        for number, shard in sorted(after.shards.items()):
            old = before.shards.get(number)
            for node in shard.replicas:
                if old is None or node not in old.replicas:
                    log.info("rebalance: assign shard %d to %s", number, node)
            for node in old.replicas if old else ():
                if node not in shard.replicas:
                    log.info("rebalance: shard %d left %s", number, node)
            if old is None or shard.leader != old.leader:
                log.info("election: shard %d leader is %s", number, shard.leader)

    def _coordinator(self) -> str:
        return min(self.swim.ids(ALIVE))

    async def _coordinate_forever(self) -> None:
        while True:
            await asyncio.sleep(self.times.tick)
            # After a start, an old topology may be all that is known: ask before changing it.
            settled = self._synced or self._uptime() > self.times.coordinate_after
            if self.meta.version and settled and self._coordinator() == self.id:
                self._coordinate()

    def _uptime(self) -> float:
        return time.monotonic() - self.started_at

    def _coordinate(self) -> None:
        view, meta = self.view(), self.meta
        alive, present, listed = (
            self.swim.ids(ALIVE),
            self.swim.ids(ALIVE, SUSPECT),
            self.swim.ids(),
        )
        complete, empty = view.replicas(complete=True), view.replicas(complete=False)
        factor = meta.replication_factor or 1
        shards = dict(meta.shards)
        if not self.faults.on("stuck_election"):
            shards = placement.elect(shards, alive, present, complete, empty)
        if not self.faults.on("stuck_rebalance"):
            shards = placement.settle(shards, alive, listed, factor, complete)
            if time.monotonic() - self.swim.changed_at > self.times.rebalance_delay:
                shards = placement.assign(shards, alive, present, factor)
                shards = placement.balance_leaders(shards, alive, complete)
        if shards != meta.shards:
            self._adopt(replace(meta, version=meta.version + 1, coordinator=self.id, shards=shards))

    async def split(self, number: int) -> dict[str, Any]:
        """Split a shard, asking the coordinator if that is another node."""
        if number not in self.meta.shards:
            return {"error": f"shard {number} not found"}
        coordinator = self._coordinator()
        if coordinator != self.id:
            try:
                request = {"op": "split", "shard": number}
                async with self.call(self.swim.members[coordinator], request) as answer:
                    return answer[0]
            except RpcError as error:
                return {"error": str(error)}
        shards = placement.split(self.meta.shards, number)
        meta = self.meta
        self._adopt(replace(meta, version=meta.version + 1, coordinator=self.id, shards=shards))
        return {"shard": max(shards)}
