# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a cluster is fit to take a new member, as findings. Private to stemedb.cluster. Pure.

A new member is also the cure of an unhealthy cluster: dead nodes and missing replicas are shown and
do not block. What blocks is a view that is not certain.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import (
    ALIVE,
    DEAD,
    SUSPECT,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._findings import (
    ERROR,
    NOTE,
    WARNING,
    Finding,
)


def cluster_findings(
    result: dict[str, Any] | None,
    members: list[dict[str, Any]] | None,
    error: str | None,
    required_urls: Sequence[str],
    min_observers: int,
) -> Iterator[Finding]:
    """
    :param result: of stemedb_cluster_info.
    :param members: the nodes of stemedb_node_info.
    :param error: why one of the two failed.
    :param required_urls: the gateways that have to answer.
    """
    cluster = (result or {}).get("cluster")
    if result is None or members is None or not cluster:
        yield Finding(
            "unknown_cluster",
            ERROR,
            "cluster",
            f"the control host gets no answer: {error or 'it was not asked'}",
        )
        return
    yield from _observers(result.get("observers"), required_urls, min_observers)
    yield from _views(cluster.get("views_agree"))
    yield from _states(cluster.get("nodes_by_state"), members)
    yield from _shards(cluster)
    if cluster.get("healthy") is not True:
        word = "unhealthy" if cluster.get("healthy") is False else "of unknown health"
        detail = f"is {word} ({cluster.get('status')}). A new node may be the cure: not blocking."
        yield Finding("not_healthy", NOTE, "cluster", detail)


def _observers(
    observers: list[dict[str, Any]] | None, required_urls: Sequence[str], least: int
) -> Iterator[Finding]:
    required = {url.rstrip("/") for url in required_urls}
    asked = [one for one in observers or () if not one.get("excluded")]
    answered = [one for one in asked if one.get("reachable") is True]
    for one in asked:
        if one.get("reachable") is not True:
            yield Finding(
                "observer_unreachable",
                ERROR if one["url"].rstrip("/") in required else WARNING,
                one["url"],
                f"the control host gets no answer ({one.get('error')}). Start that gateway. If "
                "its node is gone, take it out of stemedb_gateway_url, or set "
                "stemedb_observers to quorum.",
            )
    views = _own_views(answered)
    if views < least:
        yield Finding(
            "single_observer",
            ERROR,
            "stemedb_gateway_url",
            f"{views} of {least} observers answered, so a partition would not be seen"
            f"{_nobodys(answered)}. Name more gateways, or accept this kind.",
        )


def _own_views(answered: list[dict[str, Any]]) -> int:
    """How many nodes were surely asked: what answers at a virtual address may be any of them."""
    known = {one["node_id"] for one in answered if one.get("node_id") is not None}
    return len(known) or min(1, len(answered))


def _nobodys(answered: list[dict[str, Any]]) -> str:
    urls = [one["url"] for one in answered if one.get("node_id") is None]
    return f"; whose gateway {', '.join(urls)} is, is not known" if urls else ""


def _views(agree: bool | None) -> Iterator[Finding]:
    if agree is None:
        yield Finding(
            "unknown_views",
            ERROR,
            "cluster",
            "whether all observers see the same cluster is not known. Look at the observers "
            "above, wait until the topology stands still, try again.",
        )
    elif not agree:
        yield Finding(
            "views_disagree",
            ERROR,
            "cluster",
            'observers see different clusters. See the guide, "Network Partition Scenarios".',
        )


def _states(by_state: dict[str, Any] | None, members: list[dict[str, Any]]) -> Iterator[Finding]:
    if by_state is None or any(by_state.get(state) is None for state in (ALIVE, SUSPECT, DEAD)):
        yield Finding(
            "unknown_states",
            ERROR,
            "cluster",
            "the gateway does not say the state of every node. Try: stemedb_node_info",
        )
        return
    if not by_state[ALIVE]:
        yield Finding(
            "no_live_member", ERROR, "cluster", "lists no node that is Alive: nothing to join."
        )
    other = [m for m in members if m.get("state") not in (ALIVE, SUSPECT, DEAD)]
    for kind, severity, state, count, listed, detail in (
        (
            "suspect_node",
            ERROR,
            SUSPECT,
            by_state[SUSPECT],
            _ids(members, SUSPECT),
            'Wait two minutes, then see the guide, "Node Stuck in Suspect State".',
        ),
        (
            "other_state",
            ERROR,
            "in another state",
            by_state.get("other") or len(other),
            ", ".join(f"{m['node_id']} ({m.get('state')})" for m in other),
            "Neither Alive, Suspect nor Dead: let the change that is going on end first.",
        ),
        (
            "dead_node",
            WARNING,
            DEAD,
            by_state[DEAD],
            _ids(members, DEAD),
            "Not blocking. Those that will not return are for replace_node.",
        ),
    ):
        if count:
            are = "1 node is" if count == 1 else f"{count} nodes are"
            yield Finding(kind, severity, listed or "cluster", f"{are} {state}. {detail}")


def _ids(members: list[dict[str, Any]], state: str) -> str:
    return ", ".join(m["node_id"] for m in members if m.get("state") == state)


def _shards(cluster: dict[str, Any]) -> Iterator[Finding]:
    leaderless = cluster.get("leaderless_shards")
    if leaderless is None:
        yield Finding(
            "unknown_leaders",
            ERROR,
            "shards",
            "the gateway does not say which shards have a leader. Try: stemedb_shard_info",
        )
    elif leaderless:
        yield Finding(
            "leaderless_shard",
            ERROR,
            f"shards {_listed(leaderless)}",
            'have no live leader. See the guide, "Shard Leader Election Issues".',
        )
    missing = cluster.get("under_replicated_shards")
    if missing is None:
        yield Finding(
            "unknown_replication",
            WARNING,
            "shards",
            "the gateway does not say the replication factor. Not blocking.",
        )
    elif missing:
        yield Finding(
            "under_replicated",
            WARNING,
            f"shards {_listed(missing)}",
            "have fewer live replicas than they should. Not blocking.",
        )


def _listed(shards: list[int]) -> str:
    more = f" and {len(shards) - 10} more" if len(shards) > 10 else ""
    return ", ".join(str(shard) for shard in shards[:10]) + more
