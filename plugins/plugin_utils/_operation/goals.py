# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operation did to a cluster: whether anything is worse than before, and how long it took.

Private to stemedb.cluster. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import ALIVE
from ansible_collections.stemedb.cluster.plugins.module_utils._present.tables import counted
from ansible_collections.stemedb.cluster.plugins.plugin_utils._operation.guide import TIMES


def add_goals(before: Mapping[str, Any], node_id: str, replaces: str = "") -> list[dict[str, Any]]:
    """What must hold, as conditions of `stemedb_wait`, when a node has been added.

    Adding is also the cure of an unhealthy cluster, and a member that stays down may keep it from
    being healthy: so healthy is asked for where it was, or where nothing stands in its way, and
    full replication where there are nodes enough for it.

    :param before: `{cluster, nodes}` as the info modules returned them before.
    :param node_id: the id of the node that is added.
    :param replaces: the id of the dead one in whose place it comes, which stands in no way.
    """
    cluster = before["cluster"]
    others = [node for node in before["nodes"] if node["node_id"] not in (node_id, replaces)]
    alive = 1 + sum(node["state"] == ALIVE for node in others)
    factor = cluster["replication_factor"]
    goals: list[dict[str, Any]] = [
        {"node_alive": node_id},
        {"node_replicated": node_id},
        {"replicas_complete": True},
        {"leaders_elected": True},
        {"views_agree": True},
        {"shards_settled": True},
    ]
    if cluster["healthy"] is True or alive == 1 + len(others):
        goals.append({"healthy": True})
    elif factor is not None and alive >= factor:
        goals.append({"fully_replicated": True})
    return goals


def bootstrap_goals(node_ids: Iterable[str]) -> list[dict[str, Any]]:
    """What must hold, as conditions of `stemedb_wait`, when a cluster has been started.

    :param node_ids: the ids of all declared members.
    """
    alive: list[dict[str, Any]] = [{"node_alive": node_id} for node_id in node_ids]
    return [*alive, {"healthy": True}, {"replicas_complete": True}, {"shards_settled": True}]


def restart_goals(nodes: Iterable[Mapping[str, Any]], node_id: str) -> list[dict[str, Any]]:
    """What must hold, as conditions of `stemedb_wait`, when a node has been restarted.

    :param nodes: as `stemedb_node_info` returned them before.
    :param node_id: the id of the node that was restarted.
    """
    # One of which nobody knew what it holds is not to come back with nothing either.
    empty = any(node["node_id"] == node_id and node["shards"] == [] for node in nodes)
    return [
        {"node_alive": node_id},
        *([] if empty else [{"node_replicated": node_id}]),
        {"replicas_complete": True},
        {"leaders_elected": True},
        {"fully_replicated": True},
        {"views_agree": True},
        {"shards_settled": True},
        {"healthy": True},
    ]


def regressions(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """What is worse after an operation than before it, a sentence each.

    What was known and is not any more counts as worse.

    :param before: `{cluster, nodes, shards}` as the info modules return them.
    :param after: the same, read later.
    """
    found = []
    was, now = before["cluster"], after["cluster"]
    for word, sentence in (
        ("views_agree", "the observers agreed before and do not now"),
        ("healthy", "the cluster was healthy before and is not now"),
    ):
        if was[word] is True and now[word] is not True:
            found.append(sentence)
    states = {node["node_id"]: node["state"] for node in after["nodes"]}
    for node in before["nodes"]:
        state = states.get(node["node_id"], "not listed")
        if node["state"] == ALIVE and state != ALIVE:
            found.append(f"node {node['node_id']} was Alive before and is {state or 'unknown'} now")
    leaderless = now["leaderless_shards"]
    if leaderless is None:
        found.append("whether shards are leaderless is not known now")
    for shard_id in sorted(set(leaderless or ()) - set(was["leaderless_shards"] or ())):
        found.append(f"shard {shard_id} is leaderless, and was not before")
    return found + _replica_losses(before, after)


def _replica_losses(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    factor = after["cluster"]["replication_factor"]
    had = {shard["shard_id"]: shard["live_replicas"] for shard in before["shards"]}
    found = []
    for shard in after["shards"]:
        live, earlier = shard["live_replicas"], had.get(shard["shard_id"])
        if live is None:
            found.append(f"how many live replicas shard {shard['shard_id']} has is not known now")
        elif earlier is not None and live < earlier and (factor is None or live < factor):
            found.append(
                f"shard {shard['shard_id']} has {counted(live, 'live replica')}, "
                f"it had {earlier} before"
            )
    return found


def timeline(steps: Sequence[Mapping[str, Any]], began: float | None = 0) -> list[str]:
    """The steps of an operation with their seconds, beside what the guide expects.

    :param steps: in order, each `{name, seconds}`, `seconds` None for one that was not needed; or
        the stages of a wait, of which the seconds since its beginning count.
    :param began: seconds before the wait that count too, None where they are not known.
    """
    rows = []
    for step in steps:
        seconds = step["seconds"]
        if "elapsed" in step:
            seconds = None if began is None else began + step["elapsed"]
        told = "-" if seconds is None else f"{float(seconds):.0f} s"
        rows.append((step["name"], told, step.get("guide") or TIMES.get(step["name"], "")))
    wide = [max((len(row[column]) for row in rows), default=0) for column in (0, 1)]
    return [_row(row, wide) for row in rows]


def _row(row: Iterable[str], wide: Sequence[int]) -> str:
    name, seconds, guide = row
    line = f"{name.ljust(wide[0])}  {seconds.rjust(wide[1])}"
    return f"{line}  (guide: {guide})" if guide else line
