"""Membership by SWIM: ping, indirect ping, suspicion, refutation, gossip on every packet."""

from __future__ import annotations

import asyncio
import json
import logging
import math
import random
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Callable, Optional

from .faults import Faults

ALIVE, SUSPECT, DEAD = "Alive", "Suspect", "Dead"
_RANK = {ALIVE: 0, SUSPECT: 1, DEAD: 2}
_GOSSIP_PER_PACKET = 8

log = logging.getLogger("stemedb")


class Times:
    """The guide's times. Floors keep small scales steady on a busy machine."""

    def __init__(self, scale: float) -> None:
        self.probe_interval = max(5 * scale, 0.2)
        self.ping_timeout = max(1 * scale, 0.25)
        self.indirect_timeout = max(2 * scale, 0.4)
        self.suspicion = max(30 * scale, 1.0)
        self.tick = max(1 * scale, 0.2)
        self.flush = max(1 * scale, 0.25)
        self.sync_interval = max(10 * scale, 0.5)
        self.founding_wait = max(3 * scale, 1.0)
        self.rebalance_delay = max(30 * scale, 0.5)
        self.coordinate_after = max(60 * scale, 3.0)
        self.rpc_timeout = max(5 * scale, 2.0)


@dataclass(frozen=True)
class Member:
    """What this node knows of a node.

    ``born``: epoch of its process's start, by which a node knows rumours of its former life.
    ``since``: monotonic time of the last change of state.
    """

    node_id: str
    host: str
    rpc_port: int
    gossip_port: int
    incarnation: int
    born: float = 0.0
    state: str = ALIVE
    since: float = 0.0

    def to_wire(self) -> list[Any]:
        age = round(time.monotonic() - self.since, 3)
        return [
            self.node_id,
            self.host,
            self.rpc_port,
            self.gossip_port,
            self.incarnation,
            self.born,
            self.state,
            age,
        ]


def member_from_wire(wire: list[Any]) -> Member:
    node_id, host, rpc_port, gossip_port, incarnation, born, state, age = wire
    since = time.monotonic() - age
    return Member(node_id, host, rpc_port, gossip_port, incarnation, born, state, since)


class Swim(asyncio.DatagramProtocol):
    """The members as this node sees them. ``changed_at`` is when a node last came or went."""

    def __init__(
        self, me: Member, cluster: str, times: Times, age_out: float, faults: Faults
    ) -> None:
        self.members = {me.node_id: me}
        self.changed_at = time.monotonic()
        self.meta_key: tuple[int, str] = (0, "")
        self.on_newer_meta: Callable[[Member], None] = lambda member: None
        self.on_change: Callable[[], None] = lambda: None
        self._id = me.node_id
        self._cluster = cluster
        self._times = times
        self._usual_age_out = age_out
        self._faults = faults
        self._forgotten: dict[str, int] = {}
        self._gossip: dict[str, int] = {}
        self._pending: dict[int, asyncio.Future[Member]] = {}
        self._sequence = random.randrange(1 << 30)
        self._round: list[str] = []
        self._tasks: set[asyncio.Task[Any]] = set()
        self._warned: set[str] = set()
        self._transport: Optional[asyncio.DatagramTransport] = None

    # --- what is known

    @property
    def me(self) -> Member:
        return self.members[self._id]

    def ids(self, *states: str) -> set[str]:
        return {m.node_id for m in self.members.values() if m.state in (states or _RANK)}

    def others(self, *states: str) -> list[Member]:
        return [self.members[node] for node in sorted(self.ids(*states) - {self._id})]

    def blocked(self, host: str) -> bool:
        """Whether faults cut this node off from the host."""
        if self._faults.silent():
            return True
        drop = self._faults.on("drop_peers") or ()
        names = {self.members[item].host if item in self.members else item for item in drop}
        return host in names

    @property
    def _age_out(self) -> float:
        """Seconds that a Dead node stays listed."""
        told = self._faults.on("age_out")
        return self._usual_age_out if told is None else float(told)

    def merge(self, records: Iterable[Member]) -> None:
        for record in records:
            self._merge_one(record)

    def hear(self, sender: Member) -> None:
        """Who speaks is there: whom this node has forgotten it lists as Dead, to be refuted."""
        forgotten = self._forgotten.get(sender.node_id, -1) >= sender.incarnation
        if sender.node_id in self.members or not forgotten:
            self._merge_one(sender)
        else:
            log.info("membership: %s at %s is back", sender.node_id, sender.host)
            self._set(replace(sender, state=DEAD, since=time.monotonic()))

    def _merge_one(self, new: Member) -> None:
        if new.node_id == self._id:
            self._merge_self(new)
            return
        old = self.members.get(new.node_id)
        if old is None:
            known_gone = self._forgotten.get(new.node_id, -1) >= new.incarnation
            too_old = new.state == DEAD and time.monotonic() - new.since > self._age_out
            if known_gone or too_old:
                return
            log.info("membership: %s at %s is %s", new.node_id, new.host, new.state)
            self._set(new if new.state == DEAD else replace(new, since=time.monotonic()))
        elif (new.incarnation, _RANK[new.state]) > (old.incarnation, _RANK[old.state]) and (
            # Only a newer incarnation brings a node back from the dead.
            old.state != DEAD or new.incarnation > old.incarnation
        ):
            if new.state != old.state:
                log.info("membership: %s %s -> %s", new.node_id, old.state, new.state)
            self._set(replace(new, since=old.since if new.state == old.state else new.since))

    def _merge_self(self, new: Member) -> None:
        former = new.born != self.me.born
        if new.incarnation < self.me.incarnation or (
            new.incarnation == self.me.incarnation and new.state == ALIVE and not former
        ):
            return
        moved = (new.host, new.gossip_port) != (self.me.host, self.me.gossip_port)
        if moved and new.state == ALIVE and new.host not in self._warned:
            self._warned.add(new.host)
            log.warning("node id %s was, or is, also at %s", self._id, new.host)
        if new.state != ALIVE:
            log.info("membership: refuting that this node is %s", new.state)
        self._set(replace(self.me, incarnation=new.incarnation + 1))

    def _set(self, member: Member) -> None:
        old = self.members.get(member.node_id)
        self.members[member.node_id] = member
        if old is None or (old.state == DEAD) != (member.state == DEAD):
            self.changed_at = time.monotonic()
        self._spread(member.node_id)
        self.on_change()

    def _spread(self, node_id: str) -> None:
        self._gossip[node_id] = 3 * math.ceil(math.log2(len(self.members) + 1))

    def _declare(self, node_id: str, state: str) -> None:
        member = self.members[node_id]
        log.info("membership: %s %s -> %s", node_id, member.state, state)
        self._set(replace(member, state=state, since=time.monotonic()))

    # --- packets

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def _send(self, host: str, port: int, kind: str, number: int, **extra: Any) -> None:
        if self.blocked(host) or self._transport is None:
            return
        chosen = sorted(self._gossip, key=lambda node: -self._gossip[node])[:_GOSSIP_PER_PACKET]
        for node in chosen:
            self._gossip[node] -= 1
            if self._gossip[node] <= 0:
                del self._gossip[node]
        suspects = self.ids(SUSPECT, DEAD) & {extra.get("to")}  # let it hear and refute
        gossip = [self.members[n].to_wire() for n in {*chosen, *suspects} if n in self.members]
        packet = {
            "cluster": self._cluster,
            "kind": kind,
            "n": number,
            "from": self.me.to_wire(),
            "gossip": gossip,
            "meta": self.meta_key,
            **extra,
        }
        self._transport.sendto(json.dumps(packet, separators=(",", ":")).encode(), (host, port))

    def datagram_received(self, data: bytes, addr: Any) -> None:
        host, port = addr[0], addr[1]
        if self.blocked(host):
            return
        try:
            packet = json.loads(data)
            if packet["cluster"] != self._cluster:
                self.report_foreign(host, packet["cluster"])
                return
            sender = member_from_wire(packet["from"])
            gossip = [member_from_wire(wire) for wire in packet["gossip"]]
            kind, number, to = packet["kind"], packet["n"], packet.get("to")
            meta_key = tuple(packet["meta"])
            target = packet.get("target")
        except (ValueError, TypeError, KeyError, AttributeError):
            log.warning("membership: a packet from %s is not SWIM; ignored", host)
            return
        if kind == "ping" and to not in (None, self._id):
            return  # meant for the node that had this address before
        self.merge(gossip)
        self.hear(sender)
        if meta_key > self.meta_key and sender.node_id in self.members:
            self.on_newer_meta(sender)
        if kind == "ping":
            self._send(host, port, "ack", number, to=sender.node_id)
        elif kind == "ping-req" and target:
            self._start(self._relay(target, number, host, port))
        elif kind == "ack" and number in self._pending and not self._pending[number].done():
            self._pending[number].set_result(sender)

    def error_received(self, exc: Exception) -> None:
        """A refused port shows up as a ping without an answer: nothing to do."""

    def report_foreign(self, host: str, cluster: str) -> None:
        if host not in self._warned:
            self._warned.add(host)
            log.warning("%s belongs to cluster %r, not %r: ignored", host, cluster, self._cluster)

    def _start(self, coroutine: Any) -> None:
        task = asyncio.ensure_future(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _relay(self, target: list[Any], number: int, host: str, port: int) -> None:
        node_id, target_host, target_port = target
        if await self.ping(target_host, target_port, node_id):
            self._send(host, port, "ack", number)

    async def ping(
        self, host: str, port: int, node_id: Optional[str], helpers: Iterable[Member] = ()
    ) -> Optional[Member]:
        """Who answers at this address, directly or through helpers; None if nobody does."""
        self._sequence += 1
        number = self._sequence
        answer: asyncio.Future[Member] = asyncio.get_running_loop().create_future()
        self._pending[number] = answer
        try:
            self._send(host, port, "ping", number, to=node_id)
            await asyncio.wait([answer], timeout=self._times.ping_timeout)
            if not answer.done() and helpers:
                target = [node_id, host, port]
                for helper in helpers:
                    self._send(helper.host, helper.gossip_port, "ping-req", number, target=target)
                await asyncio.wait([answer], timeout=self._times.indirect_timeout)
            return answer.result() if answer.done() else None
        finally:
            del self._pending[number]

    # --- loops

    async def probe_forever(self) -> None:
        """Each round one member, in an order shuffled anew when everyone had a turn."""
        loop = asyncio.get_running_loop()
        while True:
            next_round = loop.time() + self._times.probe_interval
            member = self._next()
            if member is not None and not await self._answers(member):
                # A second try: one lost round on a busy machine is no suspicion.
                if not await self._answers(member):
                    known = self.members.get(member.node_id)
                    if known == member and known.state == ALIVE:
                        self._declare(member.node_id, SUSPECT)
            await asyncio.sleep(max(next_round - loop.time(), 0.01))

    def _next(self) -> Optional[Member]:
        probed = self.ids(ALIVE, SUSPECT) - {self._id}
        self._round = [node for node in self._round if node in probed]
        if not self._round:
            self._round = random.sample(sorted(probed), len(probed))
        return self.members[self._round.pop()] if self._round else None

    async def _answers(self, member: Member) -> bool:
        others = [m for m in self.others(ALIVE) if m.node_id != member.node_id]
        helpers = random.sample(others, min(3, len(others)))
        before = time.monotonic()
        answer = await self.ping(member.host, member.gossip_port, member.node_id, helpers)
        limit = self._times.ping_timeout + self._times.indirect_timeout + 0.5
        # If it took longer than it can, this process was held up: that says nothing on others.
        return answer is not None or time.monotonic() - before > limit

    async def expire_forever(self) -> None:
        """Suspect to Dead, and Dead to forgotten."""
        previous = time.monotonic()
        grace = 0.0
        while True:
            await asyncio.sleep(self._times.tick)
            now = time.monotonic()
            held_up = now - previous - self._times.tick
            previous = now
            if held_up > 0.5:
                grace = now  # paused or starved: give suspects their whole time again
            for member in self.others(SUSPECT):
                if now - max(member.since, grace) > self._times.suspicion:
                    self._declare(member.node_id, DEAD)
            for member in self.others(DEAD):
                if now - member.since > self._age_out:
                    log.info("membership: %s aged out", member.node_id)
                    self._forgotten[member.node_id] = member.incarnation
                    del self.members[member.node_id]
                    self._gossip.pop(member.node_id, None)
                    self.changed_at = now
                    self.on_change()
