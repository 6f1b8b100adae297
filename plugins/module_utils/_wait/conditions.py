# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be waited for: each condition of `stemedb_wait`, read from one sample.

Private to stemedb.cluster. Pure: a condition sees a Snapshot and what the wait remembers of earlier
ones, and says what is unmet, of which subject, why, and with which numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Callable, NamedTuple

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster import predicates as words
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import (
    ALIVE,
    DEAD,
    SUSPECT,
    Snapshot,
    View,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.names import (
    known_as,
    same_id,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.shards import (
    leaderless,
    under_replicated,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.readings import (
    Condition,
    Memory,
    Numbers,
    Reading,
    Settings,
    Unmet,
    not_listed,
    subject_node,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.replicated import (
    NODE_REPLICATED,
    REPLICAS_COMPLETE,
    check_node_replicated,
    check_replicas_complete,
    held_in,
)

# Reads a shard's number in any of its spellings, else raises ValueError.
ShardId = Callable[[Any], int]


def parse_conditions(
    given: Any, shard_id: ShardId, option: str = "conditions"
) -> tuple[Condition, ...]:
    """The conditions of a list of `{name: argument}`.

    :raises StemeDBError: `config`, for an empty list, an unknown name or an unusable argument.
    """
    if not isinstance(given, (list, tuple)) or not given:
        raise StemeDBError(
            "config",
            f"{option} must be a list that is not empty: name at least one condition "
            f"({', '.join(_KINDS)}).",
        )
    found = []
    for entry in given:
        if not isinstance(entry, Mapping) or len(entry) != 1:
            raise StemeDBError(
                "config",
                f"Each entry of {option} is one name with its argument, such as "
                f"'- healthy: true'; this one is not: {entry!r}.",
            )
        ((name, argument),) = entry.items()
        if name not in _KINDS:
            raise StemeDBError(
                "config",
                f"{option} has no condition {name!r}: it knows {', '.join(_KINDS)}.",
            )
        found.append(Condition(name, _KINDS[name].parse(name, argument, shard_id)))
    return tuple(found)


def check(condition: Condition, snapshot: Snapshot, memory: Memory, settings: Settings) -> Reading:
    """What of a condition is unmet in this sample; in one that is complete the rest of it holds."""
    return _KINDS[condition.name].check(condition, snapshot, memory, settings)


def _unmet(name: str, reasons: Iterable[words.Reason]) -> tuple[Unmet, ...]:
    return tuple(Unmet(name, reason.subject, reason.text, reason.section) for reason in reasons)


def _node_alive(
    condition: Condition, snapshot: Snapshot, memory: Memory, settings: Settings
) -> Reading:
    node = subject_node(condition, snapshot, memory, settings)
    if node is None:
        return not_listed(condition, condition.argument)
    unmet = []
    for view in snapshot.views:
        seen = view.nodes_by_id.get(node.node_id)
        if seen is None or seen.state != ALIVE:
            state = seen.state if seen else "not listed"
            unmet.append(_in_state(condition, node.node_id, state, view))
    return Reading(tuple(unmet))


def _in_state(condition: Condition, node_id: str, state: str | None, view: View) -> Unmet:
    section = words.SUSPECTED if state == SUSPECT else ""
    return Unmet(condition.name, node_id, f"is {state or 'unknown'} at {view.url}", section)


def _node_dead(
    condition: Condition, snapshot: Snapshot, memory: Memory, settings: Settings
) -> Reading:
    name = known_as(condition.argument, memory.seen | settings.expect_nodes)
    node = subject_node(condition, snapshot, memory, settings)
    node_id = node.node_id if node else name
    # Gone is only what was there: a full id that this wait saw, or that the caller vouches for.
    known = node_id == name and (name in memory.seen or name in settings.expect_nodes)
    expected = settings.expect_nodes or memory.first_nodes or frozenset()
    others = [one for one in sorted(expected) if not same_id(one, node_id)]
    unmet = []
    for view in snapshot.views:
        seen = view.nodes_by_id.get(node_id)
        if seen is not None:
            if seen.state != DEAD:
                unmet.append(_in_state(condition, node_id, seen.state, view))
        elif not known:
            reason = (
                f"is not listed at {view.url} and was never seen, so it cannot count as gone: "
                f"give its full id, and name it in expect_nodes"
            )
            unmet.append(Unmet(condition.name, node_id, reason))
        elif missing := _unlisted(others, view):
            reason = f"is not listed at {view.url}, but neither are {', '.join(missing)}"
            unmet.append(Unmet(condition.name, node_id, reason, words.PARTITION))
        elif not others:
            reason = (
                f"is not listed at {view.url}, and nothing says which others should be: name them "
                f"in expect_nodes"
            )
            unmet.append(Unmet(condition.name, node_id, reason))
    return Reading(tuple(unmet))


def _unlisted(node_ids: Iterable[str], view: View) -> list[str]:
    listed = {node_id.lower() for node_id in view.nodes_by_id}
    return [node_id for node_id in node_ids if node_id.lower() not in listed]


def _node_has_shards(
    condition: Condition, snapshot: Snapshot, memory: Memory, settings: Settings
) -> Reading:
    name, at_least = condition.argument
    node = subject_node(condition, snapshot, memory, settings)
    if node is None:
        return not_listed(condition, name)
    fewest = min(len(held_in(view, node.node_id)) for view in snapshot.views)
    numbers = Numbers(condition.name, node.node_id, "replicas assigned", fewest, at_least)
    if fewest >= at_least:
        return Reading(numbers=numbers)
    reason = f"holds {fewest} replicas, at least {at_least} required"
    unmet = Unmet(condition.name, node.node_id, reason, words.REBALANCING)
    return Reading((unmet,), numbers)


def _leaders_elected(
    condition: Condition, snapshot: Snapshot, memory: Memory, settings: Settings
) -> Reading:
    named = condition.argument
    shards = snapshot.shards
    notes: tuple[str, ...] = ()
    if named is not True:
        gone = [shard_id for shard_id in named if shard_id not in shards]
        notes = tuple(f"{words.shard_name(s)} is gone from the cluster" for s in gone)
        shards = {shard_id: shards[shard_id] for shard_id in named if shard_id in shards}
    without = [s for s in shards.values() if leaderless(s, snapshot.alive)]
    unmet = tuple(
        Unmet(
            condition.name,
            words.shard_name(shard.shard_id),
            words.no_leader_text(shard),
            words.ELECTION,
        )
        for shard in without
    )
    missing = tuple(sorted(shard.shard_id for shard in without))
    numbers = Numbers(
        condition.name,
        words.CLUSTER,
        "shards led",
        len(shards) - len(without),
        len(shards),
        shards=missing,
    )
    return Reading(unmet, numbers, notes)


def _fully_replicated(
    condition: Condition, snapshot: Snapshot, memory: Memory, settings: Settings
) -> Reading:
    verdict = words.fully_replicated(snapshot)
    factor = snapshot.fact("replication_factor")
    if not factor:
        return Reading(_unmet(condition.name, verdict.reasons))
    missing = tuple(
        sorted(
            shard.shard_id
            for shard in snapshot.shards.values()
            if under_replicated(shard, snapshot.alive, factor) is not False
        )
    )
    total = len(snapshot.shards)
    numbers = Numbers(
        condition.name,
        words.CLUSTER,
        "shards fully replicated",
        total - len(missing),
        total,
        shards=missing,
    )
    return Reading(_unmet(condition.name, verdict.reasons), numbers)


def _shards_settled(
    condition: Condition, snapshot: Snapshot, memory: Memory, settings: Settings
) -> Reading:
    return Reading(_unmet(condition.name, words.settled(snapshot, memory.previous).reasons))


def _views_agree(
    condition: Condition, snapshot: Snapshot, memory: Memory, settings: Settings
) -> Reading:
    unmet = _unmet(condition.name, words.views_agree(snapshot).reasons)
    return Reading(unmet + _lagging(condition, snapshot, memory))


def _healthy(
    condition: Condition, snapshot: Snapshot, memory: Memory, settings: Settings
) -> Reading:
    unmet = _unmet(condition.name, words.healthy(snapshot, settings.expect_shards).reasons)
    return Reading(unmet + _lagging(condition, snapshot, memory))


def _lagging(condition: Condition, snapshot: Snapshot, memory: Memory) -> tuple[Unmet, ...]:
    """What keeps views from agreeing that one sample alone does not show."""
    if not memory.previous or not (
        _versions_differ(snapshot) and _versions_differ(memory.previous)
    ):
        return ()
    versions = ", ".join(f"{v.url}: {v.status.meta_version}" for v in snapshot.views)
    reason = f"meta_version differs for more than a sample ({versions})"
    return (Unmet(condition.name, words.CLUSTER, reason, words.PARTITION),)


def _versions_differ(snapshot: Snapshot) -> bool:
    return len({view.status.meta_version for view in snapshot.views}) > 1


def _bad_argument(name: str, argument: Any, wanted: str) -> StemeDBError:
    return StemeDBError("config", f"The condition {name} takes {wanted}, not {argument!r}.")


def _is_true(argument: Any) -> bool:
    return str(argument).lower() in ("true", "yes")


def _parse_true(name: str, argument: Any, _shard_id: ShardId) -> bool:
    if not _is_true(argument):
        raise _bad_argument(name, argument, "true; to not wait for it, leave it out")
    return True


def _parse_node(name: str, argument: Any, _shard_id: ShardId) -> str:
    if isinstance(argument, str) and argument.strip():
        return argument.strip()
    raise _bad_argument(name, argument, "a node: its id, a unique prefix of it, or its address")


def _parse_node_count(name: str, argument: Any, shard_id: ShardId) -> tuple[str, int]:
    if not isinstance(argument, Mapping):
        return _parse_node(name, argument, shard_id), 1
    if set(argument) - {"node", "at_least"}:
        raise _bad_argument(name, argument, "a node, or {node: NODE, at_least: NUMBER}")
    at_least = str(argument.get("at_least", 1))
    if not re.fullmatch("[1-9][0-9]{0,8}", at_least):
        raise _bad_argument(name, argument, "an at_least of 1 or more")
    return _parse_node(name, argument.get("node"), shard_id), int(at_least)


def _parse_shards(name: str, argument: Any, shard_id: ShardId) -> bool | tuple[int, ...]:
    if _is_true(argument):
        return True
    if not isinstance(argument, (list, tuple)) or not argument:
        wanted = "true, or a list of shards that is not empty; to not wait for it, leave it out"
        raise _bad_argument(name, argument, wanted)
    try:
        return tuple(sorted({shard_id(shard) for shard in argument}))
    except ValueError as error:
        raise StemeDBError("config", f"The condition {name}: {error}") from error


class _Kind(NamedTuple):
    parse: Callable[[str, Any, ShardId], Any]
    check: Callable[[Condition, Snapshot, Memory, Settings], Reading]


_KINDS: dict[str, _Kind] = {
    "healthy": _Kind(_parse_true, _healthy),
    "node_alive": _Kind(_parse_node, _node_alive),
    "node_dead": _Kind(_parse_node, _node_dead),
    "node_has_shards": _Kind(_parse_node_count, _node_has_shards),
    NODE_REPLICATED: _Kind(_parse_node, check_node_replicated),
    "leaders_elected": _Kind(_parse_shards, _leaders_elected),
    "fully_replicated": _Kind(_parse_true, _fully_replicated),
    REPLICAS_COMPLETE: _Kind(_parse_true, check_replicas_complete),
    "shards_settled": _Kind(_parse_true, _shards_settled),
    "views_agree": _Kind(_parse_true, _views_agree),
}
