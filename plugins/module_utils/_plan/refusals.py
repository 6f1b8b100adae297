# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why nothing may be done, whatever the plan says. Private to stemedb.cluster. Pure.

Two sorts: of some it is not known what the difference is, so that there is no step at all; the
others are brakes, and the steps are shown beside them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import urlsplit

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster import predicates as words
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.addresses import (
    endpoint,
    split_host,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import (
    ALIVE,
    DEAD,
    Observer,
    Snapshot,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._findings import Finding, blocker
from ansible_collections.stemedb.cluster.plugins.module_utils._plan.facts import Facts, Host
from ansible_collections.stemedb.cluster.plugins.module_utils._plan.match import (
    Difference,
    Index,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._times import iso

# What the procedures accept by name too.
ACCEPTABLE = ("single_observer", "suspect_node")

MOVING = (
    "Replicas may be on their way, as after a node has died: plan again in a minute, and run "
    "diagnose if this stays"
)

# Reasons of one kind that are shown; there may be one for each of 100,000 shards.
MOST = 10


def explained(facts: Facts, index: Index) -> Snapshot:
    """The snapshot without the silence that is no surprise: nobody asks a dead node about itself.

    Nor can the gateway of a declared host answer at whose address no node is listed.
    """
    snapshot = facts.snapshot
    empty = {
        name for one in facts.declared if index.of(one) is None and not index.at(one)
        for name in one.names
    }  # fmt: skip
    observers = tuple(
        one._replace(required=False)
        if not one.reachable and _is_gone(one, snapshot, empty)
        else one
        for one in snapshot.observers
    )
    return Snapshot(snapshot.views, observers, snapshot.policy)


def _is_gone(observer: Observer, snapshot: Snapshot, empty: set[str]) -> bool:
    if observer.node_id is not None:
        return not snapshot.may_be_live(observer.node_id)
    return split_host(urlsplit(observer.url).hostname) in empty


# --- what is not known ---------------------------------------------------------------------------


def unknown(facts: Facts, index: Index, snapshot: Snapshot, found: Difference) -> list[Finding]:
    """Why nobody knows what the difference is."""
    rows = [*_declared(facts, index, found)]
    rows += _few("incomplete_view", words.complete_view(snapshot, _has_shards(snapshot)).reasons)
    agree = words.views_agree(snapshot)
    if agree.holds is False:
        rows += _few("views_differ", agree.reasons, MOVING)
    elif agree.holds is None and not any(row.kind == "incomplete_view" for row in rows):
        rows += _few("incomplete_view", agree.reasons)
    return rows


def _has_shards(snapshot: Snapshot) -> bool:
    """Whether any view lists a shard; that a cluster is empty is nothing that a plan minds."""
    return any(view.shards for view in snapshot.views)


def _few(kind: str, reasons: Sequence[words.Reason], more_of_first: str = "") -> list[Finding]:
    rows = [blocker(kind, reason.subject, reason.text) for reason in reasons[:MOST]]
    if rows and more_of_first:
        rows[0] = rows[0]._replace(detail=f"{rows[0].detail}. {more_of_first}")
    more = len(reasons) - len(rows)
    if more > 0:
        rows.append(blocker(kind, words.CLUSTER, f"and {more} more"))
    return rows


def _declared(facts: Facts, index: Index, found: Difference) -> Iterator[Finding]:
    """What is wrong with the list in Git."""
    if not facts.declared:
        text = (
            "no host is declared: the group stemedb_nodes is empty, or its inventory could not be "
            "read. An empty list never means to remove all"
        )
        yield blocker("nothing_declared", "stemedb_nodes", text)
    spares = [one for one in facts.settings.spares if one.host not in _names(facts.declared)]
    known = (*facts.declared, *spares)
    yield from _same_ids(known, found)
    yield from _same_addresses(known)
    for one in sorted(facts.declared):
        at = [node for node in index.at(one) if node.state != DEAD]
        if one.node_id is None and len(at) > 1:
            ids = ", ".join(node.node_id for node in at)
            text = f"nodes {ids} are listed at its address {one.address}: set its stemedb_node_id"
            yield blocker("duplicate_address", one.host, text)


def _names(known: Iterable[Host]) -> set[str]:
    return {one.host for one in known}


def _same_ids(known: Sequence[Host], found: Difference) -> Iterator[Finding]:
    ids = Counter(one.node_id.lower() for one in known if one.node_id)
    for node_id in sorted(node_id for node_id, count in ids.items() if count > 1):
        hosts = ", ".join(sorted(o.host for o in known if (o.node_id or "").lower() == node_id))
        text = f"{hosts} have the same stemedb_node_id {node_id}: each node has its own"
        yield blocker("duplicate_node_id", hosts, text)
    claims = Counter(row.node_id for row in found.matched)
    for claimed in sorted(str(node_id) for node_id, count in claims.items() if count > 1):
        hosts = ", ".join(str(row.host) for row in found.matched if row.node_id == claimed)
        if ids[claimed.lower()] <= 1:
            text = f"{hosts} are the same node {claimed}, by id or address: correct one of them"
            yield blocker("duplicate_node_id", hosts, text)


def _same_addresses(known: Sequence[Host]) -> Iterator[Finding]:
    at: dict[str, list[Host]] = {}
    for one in known:
        at.setdefault(endpoint(one.address).host or one.host.lower(), []).append(one)
    for address, hosts in sorted(at.items()):
        ports = Counter(endpoint(one.address).port for one in hosts)
        if len(hosts) > 1 and (None in ports or max(ports.values()) > 1):
            names = ", ".join(sorted(one.host for one in hosts))
            text = f"{names} have the same address {address}: each node has its own"
            yield blocker("duplicate_address", names, text)


# --- brakes --------------------------------------------------------------------------------------


def brakes(facts: Facts, snapshot: Snapshot, changes: int) -> list[Finding]:
    """What holds back a plan that is known.

    :param changes: how many steps it has.
    """
    return [
        *_states(snapshot),
        *_observers(facts, snapshot),
        *_lock(facts),
        *_maintenance(facts),
        *_changes(facts, changes),
    ]


def _states(snapshot: Snapshot) -> Iterator[Finding]:
    for node in sorted(snapshot.nodes.values()):
        if node.state not in (ALIVE, DEAD, None):
            text = (
                f"is {node.state}, and whether it stays a member is not known. Wait until it is "
                'Alive or Dead; see the guide, "Node Stuck in Suspect State"'
            )
            yield blocker("suspect_node", node.node_id, text)


def _observers(facts: Facts, snapshot: Snapshot) -> Iterator[Finding]:
    answered = {one.node_id for one in snapshot.observers if one.reachable}
    # What answers at an address of no member may be any of them.
    count = len(answered - {None}) or len(answered)
    least = facts.settings.limits.min_observers
    if count < least:
        text = (
            f"{count} of {least} observers answered, so a partition would not be seen. Name more "
            "gateways in stemedb_gateway_url, or accept this kind by name"
        )
        yield blocker("single_observer", words.CLUSTER, text)


def _lock(facts: Facts) -> Iterator[Finding]:
    if not facts.settings.lock_hosts:
        text = (
            "it is not set, so the lock hosts would be the first declared members, which is what a "
            "merge edits: two runs on two commits could both hold the lock. Name the hosts"
        )
        yield blocker("derived_lock_hosts", "stemedb_lock_hosts", text)


def _maintenance(facts: Facts) -> Iterator[Finding]:
    until = facts.settings.maintenance
    if until is False or (until is not True and until <= facts.moment):
        return
    when = "until somebody unsets it" if until is True else f"until {iso(until)}"
    text = f"maintenance is declared {when}, and nothing is changed meanwhile. Unset it when done"
    yield blocker("maintenance", "stemedb_maintenance", text)


def _changes(facts: Facts, changes: int) -> Iterator[Finding]:
    most = facts.settings.max_changes
    if changes > most:
        text = (
            f"the plan has {changes} steps, and stemedb_max_changes allows {most}: nothing is done "
            f"at all. Declare less in one commit, or allow more with stemedb_max_changes={changes}"
        )
        yield blocker("too_many_changes", "stemedb_max_changes", text)
