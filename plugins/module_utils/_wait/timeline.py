# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a wait saw of the cluster itself, sample by sample: for a timeline of an operation.

Private to stemedb.cluster. Pure: the times are handed in. Bounded in samples and in nodes: Ansible
looks at each value of a result several times.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import ALIVE, Snapshot
from ansible_collections.stemedb.cluster.plugins.module_utils._present.shards import is_listed
from ansible_collections.stemedb.cluster.plugins.module_utils._times import iso
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.readings import (
    Numbers,
    Unmet,
    waited_for,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.sample import Sample

MOST_ENTRIES = 200
# Of a larger cluster some nodes that are Alive are followed from the beginning. The rest of the
# room is for nodes that are not.
MOST_NODES = 300
FIRST_NODES = 250
MOST_REASONS = 3

NOT_LISTED = "not listed"


class _Entry(NamedTuple):
    """One sample; `plain` if it shows nothing that the one before does not."""

    plain: bool
    told: dict[str, Any]


class Timeline:
    """The samples of one wait. States and leaders are those that changed since the entry before."""

    def __init__(self) -> None:
        self._entries: list[_Entry] = []
        self._states: dict[str, str | None] = {}
        self._leaders: dict[str, int] = {}
        self._listed: frozenset[str] = frozenset()
        self._unfollowed = 0
        self._before: object = None
        self._spacing = 0.0

    def add(self, epoch: float, elapsed: float, stage: str, sample: Sample) -> None:
        """Note one sample.

        :param epoch: when it was complete, in seconds since the epoch.
        :param elapsed: seconds since the wait began.
        """
        snapshot = sample.snapshot
        done = sample.memory.done
        states, leaders = self._changes(snapshot)
        good, shard_id = (None, None) if snapshot is None else fewest_good(snapshot, done)
        have, goal = _bytes(sample.numbers)
        told = {
            "time": iso(epoch),
            "elapsed": round(elapsed, 3),
            "stage": stage,
            "answered": snapshot is not None,
            "good": not sample.unmet,
            "unmet_count": len(sample.unmet),
            "waiting_for": [_reason(thing) for thing in waited_for(sample.unmet)[:MOST_REASONS]],
            "node_count": len(snapshot.nodes) if snapshot and is_listed(snapshot) else None,
            "states": states,
            "unfollowed": self._unfollowed,
            "leaders": leaders,
            "fewest_good_replicas": good,
            "worst_shard": shard_id,
            "replication_factor": snapshot.fact("replication_factor") if snapshot else None,
            "bytes_have": have,
            "bytes_goal": goal,
        }
        subjects = [(thing.condition, thing.subject) for thing in sample.unmet]
        shown = (stage, told["answered"], good, subjects, self._unfollowed)
        plain = not states and not leaders and shown == self._before
        self._before = shown
        self._entries.append(_Entry(plain, told))
        self._thin()

    def entries(self) -> list[dict[str, Any]]:
        """The samples, oldest first."""
        return [entry.told for entry in self._entries]

    def _changes(self, snapshot: Snapshot | None) -> tuple[dict[str, str | None], dict[str, int]]:
        """The states and the numbers of led shards that are not as they were."""
        self._unfollowed = 0
        if snapshot is None or not is_listed(snapshot):
            return {}, {}
        known = self._states
        now = {node_id: node.state for node_id, node in snapshot.nodes.items()}
        gone = (known.keys() | self._listed) - now.keys()
        self._listed = frozenset(now)
        now.update((node_id, NOT_LISTED) for node_id in gone)
        changed = [n for n, state in known.items() if now[n] != state]
        new = sorted(n for n in now if n not in known)
        bad = [n for n in new if now[n] != ALIVE]
        room = MOST_NODES - len(known)
        self._unfollowed = max(0, len(bad) - room)
        states = {n: now[n] for n in [*changed, *bad[:room]]}
        most = MOST_NODES if len(now) <= MOST_NODES else 0 if known else FIRST_NODES
        spare = max(0, most - len(known) - len(bad))
        states.update((n, ALIVE) for n in [n for n in new if now[n] == ALIVE][:spare])
        known.update(states)
        return states, self._lead_changes(snapshot)

    def _lead_changes(self, snapshot: Snapshot) -> dict[str, int]:
        if any(view.shards is None for view in snapshot.views):
            return {}
        led = Counter(shard.leader_node for shard in snapshot.shards.values())
        leaders = {n: led[n] for n in self._states if self._leaders.get(n) != led[n]}
        self._leaders.update(leaders)
        return leaders

    def _thin(self) -> None:
        """Drop what is plain where that stands close together; the last sample stays."""
        entries = self._entries
        if len(entries) > 2 and entries[-2].plain:
            if _seconds(entries[-3:-1]) < self._spacing:
                del entries[-2]
        if len(entries) <= MOST_ENTRIES:
            return
        self._spacing = max(2 * self._spacing, 2 * entries[-1].told["elapsed"] / MOST_ENTRIES)
        kept = entries[:1]
        for entry in entries[1:-1]:
            if not entry.plain or _seconds([kept[-1], entry]) >= self._spacing:
                kept.append(entry)
        kept.append(entries[-1])
        while len(kept) > MOST_ENTRIES:
            kept[:2] = [_folded(kept[0].told, kept[1].told)]
        self._entries = kept


def _seconds(entries: Iterable[_Entry]) -> float:
    first, last = entries
    return float(last.told["elapsed"] - first.told["elapsed"])


def _folded(first: Mapping[str, Any], second: Mapping[str, Any]) -> _Entry:
    """The second, with what changed in the first as well."""
    both = {key: {**first[key], **second[key]} for key in ("states", "leaders")}
    most = max(first["unfollowed"], second["unfollowed"])
    return _Entry(False, {**second, **both, "unfollowed": most})


def fewest_good(
    snapshot: Snapshot, done: frozenset[tuple[int, str]]
) -> tuple[int | None, int | None]:
    """The good replicas of the worst shard, and which one that is; None where that is unknown.

    A live replica counts unless the sample asked for its size and the wait never found it complete.
    """
    if not is_listed(snapshot) or any(view.shards is None for view in snapshot.views):
        return None, None
    alive = snapshot.alive
    asked = {shard_id for view in snapshot.views for shard_id in view.details_by_id}
    fewest: int | None = None
    worst = None
    for shard in snapshot.shards.values():
        replicas = shard.replica_nodes
        if replicas is None:
            return None, None
        shard_id = shard.shard_id
        if shard_id in asked:
            good = sum(n in alive and (shard_id, n) in done for n in replicas)
        elif alive.issuperset(replicas):
            good = len(replicas)
        else:
            good = len(alive.intersection(replicas))
        if fewest is None or good < fewest:
            fewest, worst = good, shard_id
    return fewest, worst


def _bytes(numbers: Iterable[Numbers]) -> tuple[int | None, int | None]:
    """Bytes that replicas have, and should have, of the condition that counts most of them."""
    counted = max((n for n in numbers if n.bytes_goal), key=lambda n: n.bytes_goal, default=None)
    return (counted.bytes_have, counted.bytes_goal) if counted else (None, None)


def _reason(thing: Unmet) -> dict[str, str]:
    return {"condition": thing.condition, "subject": thing.subject, "reason": thing.reason}
