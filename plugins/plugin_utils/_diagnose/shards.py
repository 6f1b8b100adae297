# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings about shards: without a leader, without enough replicas, unevenly spread.

Private to stemedb.cluster. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import ALIVE
from ansible_collections.stemedb.cluster.plugins.module_utils._findings import (
    ERROR,
    NOTE,
    WARNING,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._present.tables import (
    counted,
    disk_size,
    numbers,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose.finding import (
    FEW,
    Trouble,
    first,
    more,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose.situation import (
    Row,
    Situation,
)

_ELECTION = ("election", "leader")
_REBALANCE = ("rebalance", "assign")
# A node is skewed that is so many times, and so many shards, from the mean of all.
_TIMES, _SHARDS = 1.5, 2


def shard_findings(situation: Situation) -> Iterator[Trouble]:
    """All of them."""
    if not situation.cluster:
        return
    yield from _leaderless(situation)
    yield from _rebalancing(situation)
    yield from _skew(situation)


def _unwell(situation: Situation) -> Sequence[Row]:
    """Details of the first shards that are not well."""
    return (situation.found.get("overview") or {}).get("unwell_shards") or ()


def _leaderless(situation: Situation) -> Iterator[Trouble]:
    """Guide: "Shard has no leader after node failure"."""
    ids = situation.cluster.get("leaderless_shards")
    if not ids:
        return
    rows = [row for row in _unwell(situation) if row["shard_id"] in ids]
    states = [_states(situation, row) for row in rows]
    could = sum(ALIVE in found for found in states)
    if rows and not could:
        cause = "all replicas are on nodes that are not Alive, so nobody can be elected"
        step = "start the nodes that hold the replicas; see the findings about them"
    elif could == len(rows):
        cause = "replicas are Alive and no leader is elected: the election is stuck or has just "
        cause += "begun"
        step = situation.gateway_log(*_ELECTION)
    else:
        cause = "some of the shards have no replica on an Alive node; of the others the election "
        cause += "is stuck or has just begun"
        step = f"start the nodes that hold the replicas; {situation.gateway_log(*_ELECTION)}"
    yield Trouble(
        "leaderless_shards",
        ERROR,
        _shards(ids),
        (
            *first([_leads(situation, row) for row in rows[:FEW]]),
            *more(len(ids) - FEW, "shard"),
            *situation.log_evidence("election", "election|leader"),
        ),
        cause,
        (
            step,
            situation.playbook("health"),
            "if it stays stuck, and your gateway has a call that elects a leader, use it:",
            "ansible-doc stemedb.cluster.stemedb_planned_call",
        )
        if could
        else (step, situation.playbook("health")),
    )


def _shards(ids: Sequence[int]) -> str:
    return f"shard {ids[0]}" if len(ids) == 1 else f"{len(ids)} shards ({numbers(ids)})"


def _states(situation: Situation, row: Row) -> list[str | None]:
    return [situation.by_id.get(node_id, {}).get("state") for node_id in row["replica_nodes"] or ()]


def _leads(situation: Situation, row: Row) -> str:
    leader = row["leader_node"]
    states: dict[Any, list[str]] = {}
    for node_id, state in zip(row["replica_nodes"] or (), _states(situation, row)):
        states.setdefault(state or "unknown", []).append(node_id)
    told = "; ".join(f"{state}: {situation.names(ids)}" for state, ids in sorted(states.items()))
    was = "has no leader" if leader is None else f"is led by {situation.name(leader)}, "
    if leader is not None:
        was += f"which is {situation.by_id.get(leader, {}).get('state') or 'not listed'}"
    return f"shard {row['shard_id']} {was}; replicas {told or 'unknown'}"


def _rebalancing(situation: Situation) -> Iterator[Trouble]:
    """Guide: "New node added but no shards assigned after 5+ minutes"."""
    cluster = situation.cluster
    under = cluster.get("under_replicated_shards") or []
    factor, alive = cluster.get("replication_factor"), situation.alive
    if under and factor and len(alive) < factor:
        steps = [
            "start or replace the nodes that are not Alive; stop no other node until then",
            *([situation.playbook("add_node", "--check")] if situation.new else []),
        ]
        if len(situation.sides) > 1:
            # A node of the other segment is no dead one.
            steps = ["end the partition; change no membership and stop no node before that"]
        yield Trouble(
            "too_few_replicas",
            ERROR,
            _shards(under),
            (f"{counted(len(alive), 'node')} Alive, replication factor {factor}",),
            "there are fewer Alive nodes than a shard needs replicas",
            tuple(steps),
        )
        under = []
    empty = (
        [node["node_id"] for node in alive if _held(node) == 0] if _has_shards(situation) else []
    )
    if factor and (cluster.get("shard_count") or 0) * factor < len(alive):
        # There are fewer replicas than nodes.
        empty = []
    if not under and not empty:
        return
    moves, version = _moves(situation)
    young = bool(empty) and not under and all(_is_young(situation, n) for n in empty)
    evidence = [
        *([f"{_shards(under)} with too few live replicas"] if under else []),
        *[_empty(situation, node_id) for node_id in empty[:FEW]],
        *more(len(empty) - FEW, "node"),
        version,
        *_disks(situation, empty or [node["node_id"] for node in alive]),
        *situation.log_evidence("rebalance", "rebalance|assign"),
    ]
    yield Trouble(
        "no_rebalancing",
        ERROR if moves is False and not young else WARNING,
        situation.names(empty) if empty else _shards(under),
        tuple(evidence),
        "rebalancing is under way"
        if moves
        else "the node has only just started; the guide allows 5 minutes"
        if young
        else f"whether the topology changes is unknown: {version.rpartition('; ')[2]}"
        if moves is None
        else "the topology does not change: no gateway assigns shards",
        (
            situation.gateway_log(*_REBALANCE),
            *(
                [f"ssh {situation.word(empty[0])} 'df -h /var/lib/stemedb'"]
                if empty
                else ["df -h /var/lib/stemedb, on the Alive nodes"]
            ),
            "watch it for longer:",
            situation.playbook("diagnose", "-e stemedb_diagnose_watch=60"),
        ),
    )


def _has_shards(situation: Situation) -> bool:
    return bool(situation.cluster.get("shard_count"))


def _held(node: Row) -> int | None:
    leads, follows = node["leader_shards"], node["follower_shards"]
    return None if leads is None or follows is None else int(leads) + int(follows)


def _led(node: Row) -> int | None:
    leads = node["leader_shards"]
    return None if leads is None else int(leads)


def _moves(situation: Situation) -> tuple[bool | None, str]:
    """Whether meta_version advances, None if that is unknown, and the sentence that says so."""
    watched = situation.found.get("watched") or {}
    version = watched.get("meta_version") or {}
    first_seen, last = version.get("first"), version.get("last")
    seconds = watched.get("seconds", 0)
    if first_seen is None or last is None:
        return None, "meta_version is unknown"
    if watched.get("samples", 1) < 2:
        return None, f"meta_version is {last}; it was not watched"
    if last > first_seen:
        return True, f"meta_version advanced from {first_seen} to {last} in {seconds:.0f} s"
    return False, f"meta_version stayed at {last} for {seconds:.0f} s"


def _age(situation: Situation, node_id: str) -> float | None:
    """Seconds since the service of a node was started, by the clock of its host."""
    probe = situation.probe(node_id) or {}
    started, clock = (probe.get("service") or {}).get("started_at"), probe.get("clock")
    return None if started is None or clock is None else max(0.0, float(clock) - float(started))


def _is_young(situation: Situation, node_id: str) -> bool:
    age = _age(situation, node_id)
    return age is not None and age < situation.limits.rebalance_after


def _empty(situation: Situation, node_id: str) -> str:
    age = _age(situation, node_id)
    since = "for an unknown time" if age is None else f"for {age:.0f} s"
    return f"{situation.name(node_id)} is Alive, runs {since} and has no shards"


def _disks(situation: Situation, node_ids: Sequence[str]) -> list[str]:
    free = [
        f"{situation.name(node_id)} {disk_size(space['free_bytes'])}"
        for node_id in node_ids
        for space in (situation.probe(node_id) or {}).get("free_space") or ()
        if space and space.get("free_bytes") is not None
    ]
    return [f"free disk space: {', '.join(free[:FEW])}"] if free else ["free disk space is unknown"]


def _skew(situation: Situation) -> Iterator[Trouble]:
    """Alive nodes that hold, or lead, far more or fewer shards than the mean."""
    alive = situation.alive
    if len(alive) < 2:
        return
    for what, count in (("holds", _held), ("leads", _led)):
        told = {node["node_id"]: count(node) for node in alive}
        counts = {node_id: number for node_id, number in told.items() if number is not None}
        if len(counts) < len(told):
            continue
        mean = sum(counts.values()) / len(counts)
        odd = [n for n in counts if _is_odd(counts[n], mean)]
        # A node without any shards is a finding of its own.
        if what == "holds":
            odd = [node_id for node_id in odd if counts[node_id]]
        if not odd:
            continue
        odd.sort(key=lambda node_id: -abs(counts[node_id] - mean))
        yield Trouble(
            "shard_skew",
            NOTE,
            situation.names(odd),
            first(
                f"{situation.name(n)} {what} {counted(counts[n], 'shard')}, the mean is {mean:.1f}"
                for n in odd
            ),
            "shards were not rebalanced after nodes joined or left",
            (
                situation.playbook("health"),
                situation.gateway_log(*_REBALANCE),
            ),
        )
        return


def _is_odd(count: int, mean: float) -> bool:
    far = abs(count - mean) >= _SHARDS
    return far and (count > _TIMES * mean or count * _TIMES < mean)
