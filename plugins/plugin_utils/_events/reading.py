# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one sample of all gateways says, by subject. Private to stemedb.cluster. Pure.

Only complete views count: a list that is torn says of nobody that it left. Of several views that
differ, what more than half of them say counts; where there is no such half, the sample is unsure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import (
    Snapshot,
    View,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.predicates import (
    complete_view,
    differences,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.shards import (
    leaderless,
    under_replicated,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._events import texts

NODE = "node"
LEADERLESS = "leaderless"
UNDER_REPLICATED = "under_replicated"
VIEWS = "views"
GATEWAY = "gateway"

ABSENT = "absent"
AMISS = "amiss"
FINE = "fine"

# How a subject is if a sample does not mention it.
USUAL = {NODE: ABSENT, LEADERLESS: FINE, UNDER_REPLICATED: FINE, VIEWS: FINE, GATEWAY: FINE}

# What is wrong with a gateway that answers, and whose lists do not match its own counts.
INCOMPLETE = "incomplete"

# A kind, and which one of it: the ID of a node, the number of a shard, the URL of a gateway.
Subject = tuple[str, Any]


class Reading(NamedTuple):
    """One sample.

    :param values: how each subject is that is not as usual.
    :param known: the kinds that this sample tells of.
    :param unsure: the subjects on which no more than half of the views agree.
    :param views: the complete views.
    :param errors: by URL, what is wrong with a gateway.
    """

    values: Mapping[Subject, str]
    known: frozenset[str]
    unsure: frozenset[Subject] = frozenset()
    views: tuple[View, ...] = ()
    errors: Mapping[str, str] = {}


def silence(urls: Iterable[str], code: str) -> Reading:
    """The sample in which no gateway answered.

    :param code: why, as `failure.code` names it.
    """
    return _reading({}, (), (), dict.fromkeys(urls, code))


def read(snapshot: Snapshot) -> Reading:
    """What a sample says in which a gateway answered."""
    errors = {
        observer.url: observer.error_code or "protocol"
        for observer in snapshot.observers
        if not observer.reachable
    }
    views, told = [], []
    for view, said in zip(snapshot.views, _said(snapshot.views)):
        if said is None:
            errors[view.url] = INCOMPLETE
        else:
            views.append(view)
            told.append(said)
    if not views:
        return _reading({}, (), (), errors)
    known = {VIEWS, NODE, LEADERLESS, UNDER_REPLICATED}
    if any(said.under_replicated is None for said in told):
        known.remove(UNDER_REPLICATED)
    values: dict[Subject, str] = {}
    unsure: set[Subject] = set()
    for kind, words in (
        (NODE, [said.states for said in told]),
        (LEADERLESS, [said.leaderless for said in told]),
        (UNDER_REPLICATED, [said.under_replicated or {} for said in told]),
    ):
        if kind in known:
            agreed, doubtful = _agreed(words)
            values.update({(kind, name): word for name, word in agreed.items()})
            unsure.update((kind, name) for name in doubtful)
    # Of views that are equal one was judged for all.
    others = [view for view, said in zip(views, told) if said is not told[0]]
    if any(differences(views[0], view) for view in others):
        values[(VIEWS, "")] = AMISS
    return _reading(values, known, unsure, errors)._replace(views=tuple(views))


def _reading(
    values: Mapping[Subject, str],
    known: Iterable[str],
    unsure: Iterable[Subject],
    errors: Mapping[str, str],
) -> Reading:
    silent = {(GATEWAY, url): AMISS for url in errors}
    return Reading(
        {**values, **silent}, frozenset((*known, GATEWAY)), frozenset(unsure), (), dict(errors)
    )


class _Said(NamedTuple):
    """What one complete view says, by the ID of the node or the number of the shard."""

    states: Mapping[Any, str]
    leaderless: Mapping[Any, str]
    under_replicated: Mapping[Any, str] | None


def _said(views: Iterable[View]) -> list[_Said | None]:
    """What each view says, None for one that is incomplete; one object for views that are equal."""
    judged: list[tuple[View, _Said | None]] = []
    found: list[_Said | None] = []
    for view in views:
        equal = [said for other, said in judged if _are_equal(other, view)]
        if not equal:
            equal = [_judge(view) if _is_complete(view) else None]
            judged.append((view, equal[0]))
        found.append(equal[0])
    return found


def _are_equal(one: View, other: View) -> bool:
    return one.status == other.status and one.shards == other.shards


def _is_complete(view: View) -> bool:
    """Whether its lists match its counts. An empty cluster that says so is one."""
    is_empty = not view.shards and view.status.shard_count == 0
    return complete_view(Snapshot((view,)), expect_shards=not is_empty).holds is True


def _judge(view: View) -> _Said:
    under = under_replicated_in(view)
    return _Said(
        {node.node_id: texts.state(node.state) for node in view.status.nodes or ()},
        dict.fromkeys(leaderless_in(view), AMISS),
        None if under is None else dict.fromkeys(under, AMISS),
    )


def leaderless_in(view: View) -> list[int]:
    """The shards that have no leader, or one that this view does not read Alive."""
    return [shard.shard_id for shard in view.shards or () if leaderless(shard, view.alive)]


def under_replicated_in(view: View) -> list[int] | None:
    """The shards with too few replicas that this view reads Alive; None if that is unknown."""
    alive, factor = view.alive, view.status.replication_factor
    judged = [(one.shard_id, under_replicated(one, alive, factor)) for one in view.shards or ()]
    if any(amiss is None for _shard_id, amiss in judged):
        return None
    return [shard_id for shard_id, amiss in judged if amiss]


def _agreed(told: Sequence[Mapping[Any, str]]) -> tuple[Mapping[Any, str], set[Any]]:
    """What more than half say of each, where that is anything, and those without such a half."""
    first = told[0]
    if all(other is first or other == first for other in told):
        return first, set()
    agreed: dict[Any, str] = {}
    unsure: set[Any] = set()
    for name in {name for one in told for name in one}:
        word, count = Counter(one.get(name, "") for one in told).most_common(1)[0]
        if 2 * count <= len(told):
            unsure.add(name)
        elif word:
            agreed[name] = word
    return agreed, unsure
