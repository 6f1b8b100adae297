# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All that is known of a cluster at one moment, as a document for whoever has to find a fault.

Private to stemedb.cluster. Pure. The guide's `stemedb-admin debug export --output`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import (
    Shard,
    Snapshot,
    View,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.shards import (
    leaderless,
    under_replicated,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._present.observers import observers
from ansible_collections.stemedb.cluster.plugins.module_utils._present.results import cluster
from ansible_collections.stemedb.cluster.plugins.module_utils._present.shards import replicas
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.readings import (
    Condition,
    Memory,
    Plan,
    Settings,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.replicated import wanted_details
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.sample import read

# Of the document's form, for whoever reads one in a later version.
VERSION = 1

# What is asked where nothing else is: what a cluster that is well fulfils.
CONDITIONS = (
    {"healthy": True},
    {"leaders_elected": True},
    {"fully_replicated": True},
    {"replicas_complete": True},
    {"views_agree": True},
)

# Of so many shards that are not well the sizes of the replicas are asked for.
_MOST_DETAILS = 20


def wanted(snapshot: Snapshot, conditions: Iterable[Condition]) -> frozenset[int]:
    """The shards to ask for by name: those that a condition needs, and the first not well."""
    have = {shard.shard_id for view in snapshot.views for shard in view.details}
    needed = wanted_details(conditions, snapshot, Memory(), Settings())
    return needed | (frozenset(troubled(snapshot)[:_MOST_DETAILS]) - have)


def troubled(snapshot: Snapshot) -> list[int]:
    """The shards that are not well, or that the views see differently."""
    factor = snapshot.fact("replication_factor")
    return [
        shard_id
        for shard_id, shard in sorted(snapshot.shards.items())
        if leaderless(shard, snapshot.alive)
        or under_replicated(shard, snapshot.alive, factor) is not False
        or _differs(snapshot, shard_id)
    ]


def document(
    found: Snapshot | StemeDBError,
    conditions: Iterable[Condition],
    time: str,
    seen: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The document, whatever its length.

    :param found: why there is no snapshot, if no gateway answered.
    :param time: when it was taken.
    :param seen: what else is known of the cluster, by its key in the document.
    """
    head: dict[str, Any] = {"export": VERSION, "time": time, "error": None}
    if isinstance(found, StemeDBError):
        error = {"message": found.message, **found.as_failure()}
        nothing: dict[str, Any] = {"cluster": None, "unmet": None, "observers": None, "views": []}
        return {**head, "error": error, **(seen or {}), **nothing}
    first = troubled(found)
    return {
        **head,
        "cluster": cluster(found),
        "unmet": unmet(found, conditions),
        "observers": observers(found.observers),
        **(seen or {}),
        "troubled_shards": first,
        "views": [_view(view, found, frozenset(first)) for view in found.views],
    }


def unmet(snapshot: Snapshot, conditions: Iterable[Condition]) -> list[dict[str, Any]]:
    """What keeps the conditions from holding in this one sample, and the guide's sections."""
    return [
        {
            "condition": thing.condition,
            "subject": thing.subject,
            "reason": thing.reason,
            "guide": thing.section or None,
        }
        for thing in read(Plan(tuple(conditions)), snapshot, Memory()).unmet
    ]


def _differs(snapshot: Snapshot, shard_id: int) -> bool:
    told = {_facts(view.shards_by_id.get(shard_id)) for view in snapshot.views}
    return len(told) > 1


def _facts(shard: Shard | None) -> tuple[str | None, frozenset[str] | None] | None:
    if shard is None:
        return None
    nodes = shard.replica_nodes
    return shard.leader_node, None if nodes is None else frozenset(nodes)


def _view(view: View, snapshot: Snapshot, first: frozenset[int]) -> dict[str, Any]:
    """One view, the shards that are not well before all others."""
    shards = sorted(view.shards or (), key=lambda s: (s.shard_id not in first, s.shard_id))
    health, status, nodes = view.health, view.status._asdict(), view.status.nodes
    del status["nodes"]
    return {
        "url": view.url,
        "health": None if health is None else health._asdict(),
        "status": status,
        "nodes": None if nodes is None else [node._asdict() for node in sorted(nodes)],
        "shards": None if view.shards is None else [_shard(s, view, snapshot) for s in shards],
    }


def _shard(shard: Shard, view: View, snapshot: Snapshot) -> dict[str, Any]:
    told = shard._asdict()
    detail = view.details_by_id.get(shard.shard_id)
    if detail is None:
        del told["replicas"]
    else:
        told["replicas"] = replicas(detail, snapshot)
    return told
