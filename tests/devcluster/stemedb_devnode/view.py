"""What a node knows of its cluster, at one moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Optional

from .placement import Meta
from .swim import ALIVE, Member


@dataclass(frozen=True)
class Report:
    """What a node said that it holds: bytes, and whether complete, by shard.

    Of two reports the one with the higher ``key`` is the newer.
    """

    born: float
    sequence: int
    held: Mapping[int, tuple[int, bool]]

    @property
    def key(self) -> tuple[float, int]:
        return self.born, self.sequence

    def to_wire(self, node: str) -> list[Any]:
        held = [[number, *value] for number, value in self.held.items()]
        return [node, self.born, self.sequence, held]


def report_from_wire(wire: list[Any]) -> tuple[str, Report]:
    node, born, sequence, held = wire
    sizes = {int(number): (int(size), bool(complete)) for number, size, complete in held}
    return node, Report(born, sequence, sizes)


@dataclass(frozen=True)
class View:
    """Members sorted by id, topology, and the newest report of each member that gave one."""

    members: tuple[Member, ...]
    meta: Meta
    reports: Mapping[str, Report]

    def size_on(self, node: str, shard: int) -> Optional[int]:
        """Bytes of a shard on a node; 0 if it reports none, None if it has not reported."""
        report = self.reports.get(node)
        return None if report is None else report.held.get(shard, (0, False))[0]

    def replicas(self, complete: bool) -> set[tuple[int, str]]:
        """Shard and node of all reported replicas that are complete, or that are not."""
        return {
            (shard, node)
            for node, report in self.reports.items()
            for shard, (_size, is_complete) in report.held.items()
            if is_complete == complete
        }

    def health(self) -> str:
        """``unhealthy`` if a shard has no live leader, ``degraded`` if replicas are missing."""
        alive = {member.node_id for member in self.members if member.state == ALIVE}
        factor, complete = self.meta.replication_factor, self.replicas(complete=True)
        shards = self.meta.shards.items()
        if any(shard.leader not in alive for _number, shard in shards):
            return "unhealthy"
        good = [
            sum(node in alive and (number, node) in complete for node in shard.replicas)
            for number, shard in shards
        ]
        return "degraded" if factor is None or any(n < factor for n in good) else "healthy"
