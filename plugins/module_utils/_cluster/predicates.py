# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words that gates are made of: live, complete, leaderless, healthy, agreeing, settled.

Private to stemedb.cluster. Pure. Each word answers True, False or None; None is *unknown* and never
passes a gate. Where it is not True it gives the reasons. The words are defined in the docs, in
"The words of a gate".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import (
    Health,
    Node,
    Observer,
    Shard,
    Snapshot,
    View,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.shards import (
    leaderless,
    live_replicas,
)

HEALTHY = "healthy"

# What a reason is about when it is about no single node or shard.
CLUSTER = "cluster"
# Why the first of several samples cannot say whether anything moves: nothing to be acted upon.
FIRST_SAMPLE = "was sampled once; what changes is known from the next sample on"


# The sections of the operators' guide that help, by their titles.
ELECTION = "Shard Leader Election Issues"
PARTITION = "Network Partition Scenarios"
REBALANCING = "Shard Rebalancing Not Occurring"
SUSPECTED = "Node Stuck in Suspect State"


class Reason(NamedTuple):
    """Why a word does not hold: of what (a URL, node id, `shard 3`, `cluster`), in words.

    `section` is the title of the section of the operators' guide that helps, "" where none does.
    """

    subject: str
    text: str
    section: str = ""


class Verdict(NamedTuple):
    """True, False or None (unknown), and why it is not True."""

    holds: bool | None
    reasons: tuple[Reason, ...] = ()


YES = Verdict(True)


def shard_name(shard_id: int) -> str:
    """How a shard is called as a subject."""
    return f"shard {shard_id}"


def missing_observers(snapshot: Snapshot) -> tuple[Observer, ...]:
    """The observers that should have answered and did not, as the policy wants it."""
    required = [o for o in snapshot.observers if o.required and not o.excluded]
    if snapshot.policy == "quorum":
        # A majority is one of those that were named, whoever else was found.
        required = [o for o in required if not o.discovered]
        if all(map(_is_majority, _told_apart(required))):
            return ()
    return tuple(o for o in required if not o.reachable)


def _told_apart(observers: Iterable[Observer]) -> Iterator[list[bool]]:
    """Whether each observer answered, in every way in which they may be told apart.

    Several gateways of one node are one observer. Where the node is unknown, two at one address may
    be one or two, and one that answers may be that of any node that is known.
    """
    observers = tuple(observers)
    known = [o for o in observers if o.node_id is not None]
    unknown = [o for o in observers if o.node_id is None]
    yield _answered((o.node_id or o.url, o) for o in observers)
    yield _answered((o.node_id or o.host or o.url, o) for o in observers)
    if known and any(o.reachable for o in unknown):
        yield _answered((o.node_id or "", o) for o in known)


def _answered(named: Iterable[tuple[str, Observer]]) -> list[bool]:
    answered: dict[str, bool] = {}
    for name, observer in named:
        answered[name] = answered.get(name, False) or observer.reachable
    return list(answered.values())


def _is_majority(answered: list[bool]) -> bool:
    return 2 * sum(answered) > len(answered)


def complete_view(snapshot: Snapshot, expect_shards: bool = True) -> Verdict:
    """Whether all observers answered, each with node and shard lists that match its counts.

    :param expect_shards: False says that the cluster is empty: every count of shards must be 0.
    """
    reasons = [
        Reason(observer.url, f"did not answer: {observer.error}")
        for observer in missing_observers(snapshot)
    ]
    for view in snapshot.views:
        reasons += [Reason(view.url, text) for text in _gaps(view, expect_shards)]
    return Verdict(None, tuple(reasons)) if reasons else YES


def _gaps(view: View, expect_shards: bool) -> list[str]:
    nodes, count, gaps = view.status.nodes, view.status.node_count, _untold(view)
    if nodes is not None:
        if count is None:
            gaps.append("does not say its node_count")
        elif count not in (len(nodes), len(view.alive)):
            gaps.append(
                f"lists {len(nodes)} nodes, {len(view.alive)} Alive, but node_count is {count}"
            )
        elif not nodes:
            gaps.append("lists no nodes")
    shard_count = view.status.shard_count
    if view.shards is not None:
        if shard_count is None:
            gaps.append("does not say its shard_count")
        elif shard_count != len(view.shards):
            gaps.append(f"lists {len(view.shards)} shards, but shard_count is {shard_count}")
        elif expect_shards and not view.shards:
            gaps.append("reports no shards, and nothing said that the cluster is empty")
        elif not expect_shards and view.shards:
            gaps.append(f"lists {len(view.shards)} shards of a cluster said to be empty")
    return gaps


def _untold(view: View) -> list[str]:
    """What a view leaves out of its lists."""
    gaps = []
    if view.status.nodes is None:
        gaps.append("gives no node list")
    gaps += [
        f"does not say the state of node {node.node_id}"
        for node in view.status.nodes or ()
        if node.state is None
    ]
    if view.shards is None:
        gaps.append("gives no shard list")
    return gaps


def unplaced(view: View) -> tuple[Reason, ...]:
    """The shards of which this view does not say where their replicas are."""
    return tuple(
        Reason(shard_name(shard.shard_id), f"does not say where its replicas are at {view.url}")
        for shard in view.shards or ()
        if shard.replica_nodes is None
    )


def _incomparable(views: Iterable[View]) -> tuple[Reason, ...]:
    """What is unknown in views that are to be the same: two unknowns are not equal."""
    found: list[Reason] = []
    for view in views:
        found += [Reason(view.url, text) for text in _untold(view)]
        found += unplaced(view)
    return tuple(found)


def says_healthy(health: Health | None) -> bool | None:
    """What the health call says: a bare 200 is healthy, a 503 is not, whatever its word."""
    if health is None:
        return None
    if health.http_status != 200:
        return False
    return health.word is None or health.word.lower() == HEALTHY


def healthy(snapshot: Snapshot, expect_shards: bool = True) -> Verdict:
    """Healthy by the gateways' words and by our own count; unknown while anything is unknown."""
    unknown = list(complete_view(snapshot, expect_shards).reasons)
    bad = []
    # Causes before what the gateways make of them, so that the first reasons are the useful ones.
    if not snapshot.alive:
        bad.append(Reason(CLUSTER, "has no node that every observer reads Alive"))
    for verdict in (views_agree(snapshot), leaders_elected(snapshot), fully_replicated(snapshot)):
        (unknown if verdict.holds is None else bad).extend(verdict.reasons)
    for view in snapshot.views:
        said = says_healthy(view.health)
        if said is None:
            unknown.append(Reason(view.url, "was not asked for its health"))
        elif not said:
            bad.append(Reason(view.url, f"says that it is {_unhealthy_word(view.health)}"))
        word = view.status.word
        if word is not None and word.lower() != HEALTHY:
            bad.append(Reason(view.url, f"says that the cluster is {word}"))
    return _verdict(bad, unknown)


def _verdict(bad: Iterable[Reason], unknown: Iterable[Reason]) -> Verdict:
    """False if anything is bad, else None if anything is unknown; each reason once."""
    bad = tuple(bad)
    reasons = tuple(dict.fromkeys((*bad, *unknown)))
    return Verdict(False if bad else None, reasons) if reasons else YES


def _unhealthy_word(health: Health | None) -> str:
    if health is None or health.word is None or health.word.lower() == HEALTHY:
        return "unhealthy"
    return health.word


def leaders_elected(snapshot: Snapshot) -> Verdict:
    """Whether no shard is leaderless."""
    reasons = tuple(
        Reason(shard_name(shard.shard_id), no_leader_text(shard), ELECTION)
        for shard in snapshot.shards.values()
        if leaderless(shard, snapshot.alive)
    )
    return Verdict(False, reasons) if reasons else YES


def no_leader_text(shard: Shard) -> str:
    """Why a leaderless shard is one."""
    if shard.leader_node is None:
        return "has no leader"
    return f"is led by node {shard.leader_node}, which is not Alive"


def fully_replicated(snapshot: Snapshot) -> Verdict:
    """Whether no shard is under-replicated."""
    factor = snapshot.fact("replication_factor")
    if not factor:
        text = "the replication factor is unknown, or the observers differ on it"
        return Verdict(None, (Reason(CLUSTER, text),))
    unknown, bad = [], []
    for shard in snapshot.shards.values():
        subject, live = shard_name(shard.shard_id), live_replicas(shard, snapshot.alive)
        if live is None:
            unknown.append(Reason(subject, "does not say where its replicas are"))
        elif live < factor:
            text = f"has {live} live replica{'' if live == 1 else 's'} of {factor}"
            bad.append(Reason(subject, text, REBALANCING))
    return _verdict(bad, unknown)


def views_agree(snapshot: Snapshot) -> Verdict:
    """Whether all asked observers see the same nodes, states, leaders and replica sets.

    `meta_version` is gossiped and may lag for a sample; it is not part of this word.
    """
    unknown = list(_incomparable(snapshot.views))
    if missing_observers(snapshot):
        names = ", ".join(observer.url for observer in missing_observers(snapshot))
        unknown.append(Reason(CLUSTER, f"not every observer answered: {names}", PARTITION))
    first = snapshot.views[0]
    bad = [
        Reason(view.url, text, PARTITION)
        for view in snapshot.views[1:]
        for text in differences(first, view)
    ]
    return _verdict(bad, unknown)


def settled(snapshot: Snapshot, before: Snapshot | None) -> Verdict:
    """Whether no view changed its nodes, leaders or replica sets since the sample before."""
    if before is None:
        return Verdict(None, (Reason(CLUSTER, FIRST_SAMPLE),))
    earlier = {view.url: view for view in before.views}
    bad = []
    for view in snapshot.views:
        if view.url not in earlier:
            bad.append(Reason(view.url, "did not answer in the sample before"))
            continue
        changes = differences(earlier[view.url], view, "the sample before")
        bad += [Reason(view.url, text, REBALANCING) for text in changes]
    return _verdict(bad, _incomparable(snapshot.views))


def differences(one: View, other: View, name: str | None = None) -> list[str]:
    """In what `other` differs from `one`, a sentence each; order and sizes do not count."""
    name = name or one.url
    found = []
    for node_id in sorted(one.nodes_by_id.keys() | other.nodes_by_id.keys()):
        a, b = (view.nodes_by_id.get(node_id) for view in (one, other))
        if (a is None) != (b is None) or (a and b and a.state != b.state):
            found.append(f"sees node {node_id} {_state_text(b)}, {name} {_state_text(a)}")
    if one.shards != other.shards:
        for shard_id in sorted(one.shards_by_id.keys() | other.shards_by_id.keys()):
            a_shard, b_shard = one.shards_by_id.get(shard_id), other.shards_by_id.get(shard_id)
            if a_shard != b_shard:
                found += _shard_differences(shard_id, a_shard, b_shard, name)
    return found


def _state_text(node: Node | None) -> str:
    return "not listed" if node is None else node.state or "in no known state"


def _shard_differences(
    shard_id: int, one: Shard | None, other: Shard | None, name: str
) -> list[str]:
    if one is None or other is None:
        return [f"{'lists' if other else 'does not list'} shard {shard_id}, unlike {name}"]
    found = []
    if one.leader_node != other.leader_node:
        found.append(
            f"sees shard {shard_id} led by {other.leader_node or 'nobody'}, "
            f"{name} by {one.leader_node or 'nobody'}"
        )
    a, b = one.replica_nodes, other.replica_nodes
    if (a is None) != (b is None) or set(a or ()) != set(b or ()):
        found.append(f"sees other replicas of shard {shard_id} than {name}")
    return found
