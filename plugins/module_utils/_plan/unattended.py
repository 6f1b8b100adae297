# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a replacement needs while nobody watches. Private to stemedb.cluster. Pure.

One node is dead, all else is as that death explains, a spare is free, and not too many were
replaced of late. Anything else is for a person.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Optional

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster import predicates as words
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import (
    ALIVE,
    DEAD,
    Snapshot,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._findings import Finding, blocker
from ansible_collections.stemedb.cluster.plugins.module_utils._plan.facts import Facts
from ansible_collections.stemedb.cluster.plugins.module_utils._plan.history import History
from ansible_collections.stemedb.cluster.plugins.module_utils._plan.match import Difference
from ansible_collections.stemedb.cluster.plugins.module_utils._plan.steps import Step
from ansible_collections.stemedb.cluster.plugins.module_utils._present.tables import counted

# Shards that are named in a sentence.
_MOST = 5


def findings(
    facts: Facts,
    snapshot: Snapshot,
    found: Difference,
    history: Optional[History],
    planned: Sequence[Step],
) -> list[Finding]:
    """What is for a person to judge."""
    return [
        *_storm(snapshot, found),
        *_no_spare(facts, found, planned),
        *_used(facts, history, planned),
    ]


def _storm(snapshot: Snapshot, found: Difference) -> Iterator[Finding]:
    gone = {row.host or row.node_id for row in found.gone}
    gone |= {n.node_id for n in snapshot.nodes.values() if n.state not in (ALIVE, DEAD)}
    listed = frozenset(row.node_id for row in found.undeclared if row.state == DEAD)
    gone |= {node_id for node_id in listed if node_id in _holders(snapshot, listed)}
    if len(gone) > 1:
        names = ", ".join(sorted(map(str, gone)))
        text = (
            f"{len(gone)} members are not Alive, which may be a partition or a failure of what "
            "they share. Find the cause; replace_node replaces one by name"
        )
        yield blocker("storm", names, text)
    if len(gone) > 1:
        return
    short = _unexplained(snapshot, len(gone))
    if short:
        text = (
            f"it lacks more live replicas than {counted(len(gone), 'dead node')} explains. Let the "
            "cluster replicate, or find the cause"
        )
        yield blocker("storm", _named(short), text)
    # After a death the replacement itself waits for the elections.
    alone = () if gone else words.leaders_elected(snapshot).reasons
    if alone:
        text = f"no dead node explains this: {alone[0].text}. See the guide, its troubleshooting"
        yield blocker("storm", alone[0].subject, text)


def _named(shards: Sequence[int]) -> str:
    more = f" and {len(shards) - _MOST} more" if len(shards) > _MOST else ""
    return ", ".join(words.shard_name(shard_id) for shard_id in shards[:_MOST]) + more


def _holders(snapshot: Snapshot, nodes: frozenset[Optional[str]]) -> set[str]:
    """Which of these any shard still names: one that was removed long ago is in none."""
    if not nodes:
        return set()
    return {
        node_id
        for view in snapshot.views
        for shard in view.shards or ()
        for node_id in (*(shard.replica_nodes or ()), shard.leader_node)
        if node_id is not None and node_id in nodes
    }


def _unexplained(snapshot: Snapshot, dead: int) -> list[int]:
    """The shards that lack more live replicas than so many dead nodes explain."""
    factor = snapshot.fact("replication_factor") or 0
    alive = snapshot.alive
    return sorted(
        {
            shard.shard_id
            for view in snapshot.views
            for shard in view.shards or ()
            if len(alive.intersection(shard.replica_nodes or ())) < factor - dead
        }
    )


def _no_spare(facts: Facts, found: Difference, planned: Sequence[Step]) -> Iterator[Finding]:
    replaced = {step.host for step in planned}
    for row in found.to_replace:
        if row.host not in replaced and not found.doubtful:
            spares = ", ".join(one.host for one in facts.settings.spares)
            which = f"none of stemedb_spares ({spares}) is free" if spares else "there are none"
            text = f"no spare can take its place: {which}. List a fresh host in stemedb_spares"
            yield blocker("no_spare", str(row.host), text)


def _used(facts: Facts, history: Optional[History], planned: Sequence[Step]) -> Iterator[Finding]:
    if history is None:
        return  # which is refused for not being known
    used, most = history.replaced_since(facts.moment), facts.settings.max_replacements
    for step in planned:
        if step.resumes is None and len(used) >= most:
            text = (
                f"{counted(len(used), 'replacement')} began within 24 hours ({', '.join(used)}), "
                f"and stemedb_max_replacements allows {most}. Find out why they die; replace_node "
                "replaces one by name"
            )
            yield blocker("replacements_used", str(step.host), text)
