# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What speaks against removing nodes, before anything is touched, and what stays without them.

Private to stemedb.cluster. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.addresses import (
    gateway_endpoint,
    split_host,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import ALIVE
from ansible_collections.stemedb.cluster.plugins.module_utils._findings import (
    Finding,
    blocker,
    judged,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._present.tables import counted
from ansible_collections.stemedb.cluster.plugins.plugin_utils._members.declared import (
    Declared,
    Nodes,
    meaning,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._members.seeds import (
    Going,
    doubtful_seeds,
    names_that_go,
    seed_lists,
    stays_alive,
    unknown_seeds,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._members.targets import identified
from ansible_collections.stemedb.cluster.plugins.plugin_utils._remove_node.advice import (
    survey_lines,
)

# What an operator may accept by name; the guard's own kinds are accepted before the stop.
ACCEPTABLE = ("single_copy", "last_seed", "too_few_nodes", "unguarded_data", "unknown_seed")

# The guide's smallest cluster.
LEAST_NODES = 3


class Settings(NamedTuple):
    """What the run was told.

    :param gateway_urls: those that are configured.
    :param seeds: `stemedb_seed_nodes` as it is for no host in particular, None if it is not set.
    :param min_nodes: Alive nodes that must stay, None for 3; the replication factor must anyhow.
    :param confirm: the names that an operator has repeated.
    :param can_drain: whether the gateway has a call that empties a node.
    :param check: whether nothing will be changed.
    """

    gateway_urls: tuple[str, ...]
    seeds: tuple[str, ...] | None = None
    min_nodes: int | None = None
    max_changes: int = 1
    accept: tuple[str, ...] = ()
    confirm: tuple[str, ...] = ()
    can_drain: bool = False
    delete_data: bool = False
    check: bool = False


def survey(
    targets: Sequence[Mapping[str, Any]],
    probes: Mapping[str, Mapping[str, Any]],
    found: Mapping[str, Any],
    members: Sequence[Declared],
    settings: Settings,
) -> dict[str, Any]:
    """Who the targets are, and all that speaks against removing them.

    :param targets: of `_members.targets.find_targets`.
    :param probes: by host, of `stemedb_host_info`; one not reached says `lost`.
    :param found: a result of `stemedb_cluster_info` with its overview, that asked none of them.
    :returns: `targets`, each with `node_id, state, running, reachable, stop`; `blockers` and
        `accepted`; `gateway_urls` of others; `seeds`, what the remaining members that are Alive are
        to have by host, less those that have none; `old_seeds`, those that go.
    """
    nodes = found["overview"]["nodes"]
    if nodes is None:
        text = "not every gateway lists the nodes, so nothing can be said of their states"
        blockers = [blocker("incomplete_view", "cluster", text)]
        return _result([], blockers, settings, {}, [], list(settings.gateway_urls))
    by_host = {one.host: one for one in members}
    who = [identified(each, by_host.get(each["host"] or ""), probes, nodes) for each in targets]
    leaving = {each["node_id"] for each in who if each["node_id"]}
    resolved = found.get("resolved") or {}
    going = names_that_go(who, by_host, probes, nodes, resolved)
    lists, changed, old = seed_lists(members, leaving, going, nodes, settings.seeds)
    blockers = [
        *(
            blocker("unknown_target", each["name"], each["refused"])
            for each in who
            if each["refused"]
        ),
        *_too_many(who, settings),
        *_unstoppable(who, settings),
        *_unguarded(who, probes, settings),
        *_copies(who, found["cluster"]["replication_factor"], settings),
        *_left(who, leaving, nodes, found["cluster"]["replication_factor"], settings),
        *_last_seed(lists, changed, members, leaving, nodes, going),
        *unknown_seeds(doubtful_seeds(lists, going)),
        *_unconfirmed(targets, settings),
    ]
    alive = {one.host for one in members if stays_alive(one, leaving, nodes)}
    seeds = {host: new for host, new in lists.items() if host in alive}
    gone = {gateway_endpoint(one["url"]) for one in found["observers"] if one["excluded"]}
    urls = [url for url in settings.gateway_urls if gateway_endpoint(url) not in gone]
    return _result(who, blockers, settings, seeds, old, urls)


def _result(
    who: list[dict[str, Any]],
    blockers: Sequence[Finding],
    settings: Settings,
    seeds: Mapping[str, Sequence[str]],
    old_seeds: Sequence[str],
    gateway_urls: Sequence[str],
) -> dict[str, Any]:
    found = {
        "targets": who,
        **judged(blockers, ACCEPTABLE, settings.accept),
        "seeds": {host: list(new) for host, new in seeds.items()},
        "old_seeds": list(old_seeds),
        "gateway_urls": list(gateway_urls),
    }
    return {**found, "lines": survey_lines(found, settings.check)}


# --- what speaks against it ----------------------------------------------------------------------


def _too_many(who: Sequence[Mapping[str, Any]], settings: Settings) -> list[Finding]:
    changes = [each["name"] for each in who if each["stop"] or not each["is_gone"]]
    same = len({each["node_id"] for each in who if each["node_id"]}) < sum(
        1 for each in who if each["node_id"]
    )
    found = []
    if same:
        text = "two of them are the same node: name each once"
        found.append(blocker("unknown_target", ", ".join(each["name"] for each in who), text))
    if len(changes) > settings.max_changes:
        text = (
            f"{counted(len(changes), 'node')} would be removed ({', '.join(changes)}), and "
            f"stemedb_max_changes allows {settings.max_changes}. Name fewer with -e "
            f"stemedb_target=, or allow more with -e stemedb_max_changes={len(changes)}; they are "
            f"removed one after the other"
        )
        found.append(blocker("too_many_changes", "stemedb_max_changes", text))
    return found


def _unstoppable(who: Sequence[Mapping[str, Any]], settings: Settings) -> list[Finding]:
    """A node that lives where nobody can stop it, and data that nobody can delete."""
    found = []
    for each in who:
        where = (
            f"{each['host']} cannot be reached"
            if each["host"]
            else "no host of the inventory is it"
        )
        if each["refused"] is None and not each["reachable"] and not each["is_gone"]:
            text = (
                f"is {each['state']}, and {where}, so it cannot be stopped from here. Make its "
                f"host reachable, or stop and disable its service there yourself. If it died just "
                f"now, run this again once it is listed as Dead"
            )
            found.append(blocker("unreachable_target", each["name"], text))
        if settings.delete_data and not each["reachable"]:
            text = (
                f"{where}, so its data cannot be deleted: leave out stemedb_remove_node_delete_data"
            )
            found.append(blocker("unreachable_data", each["name"], text))
    return found


def _unguarded(
    who: Sequence[Mapping[str, Any]], probes: Mapping[str, Mapping[str, Any]], settings: Settings
) -> list[Finding]:
    """Data to be deleted of a node for whose stop this run asks no guard.

    Once it is out of the replica sets, nobody knows whether it held what all others lack.
    """
    found = []
    for each in who:
        data = (probes.get(each["host"] or "") or {}).get("data_dir") or {}
        asked = each["stop"] or each["refused"] is not None
        if settings.delete_data and each["reachable"] and not asked and not data.get("empty"):
            text = (
                "its service does not run, so this run asks no guard before a stop, and whether "
                "the others hold all that its data has is not known. Leave out "
                "stemedb_remove_node_delete_data; or, if you know that they do, accept that with "
                '-e \'{"stemedb_accept": ["unguarded_data"]}\''
            )
            found.append(blocker("unguarded_data", each["name"], text))
    return found


def _copies(
    who: Sequence[Mapping[str, Any]], factor: int | None, settings: Settings
) -> list[Finding]:
    """What a replication factor below 3 means for the time in between."""
    stopped = [each["name"] for each in who if each["stop"]]
    if not stopped or factor is None or factor > 2 or settings.can_drain:
        return []
    if factor == 2:
        text = (
            "the replication factor is 2: until the shards of a removed node are copied again, "
            "each has one copy, and a fault of its node loses it. Raise the factor, or accept "
            'that with -e \'{"stemedb_accept": ["single_copy"]}\''
        )
        return [blocker("single_copy", "cluster", text)]
    text = (
        "the replication factor is 1: what a node holds is nowhere else, and is lost with it. "
        "Raise the replication factor to 3 and wait until all shards are replicated; or, where the "
        "gateway can drain a node, name that call in stemedb_endpoints"
    )
    return [blocker("no_other_copy", "cluster", text)]


def _left(
    who: Sequence[Mapping[str, Any]],
    leaving: set[str],
    nodes: Nodes,
    factor: int | None,
    settings: Settings,
) -> list[Finding]:
    """Whether as many nodes stay as must, after all of them; the guard counts one at a time."""
    least = max(settings.min_nodes or LEAST_NODES, factor or 0)
    left = sum(n["state"] == ALIVE and n["node_id"] not in leaving for n in nodes)
    if not any(each["stop"] for each in who):
        return _never_replicated(left, factor)
    if left >= least:
        return []
    text = (
        f"only {counted(left, 'node')} would remain Alive; at least {least} are required "
        "(stemedb_min_nodes, replication factor). Add a node first, then remove this one"
    )
    return [blocker("too_few_nodes", "cluster", text)]


def _never_replicated(left: int, factor: int | None) -> list[Finding]:
    """Of nodes that are gone already, whether the others can ever take over what they had."""
    if factor is None or left >= factor:
        return []
    text = (
        f"only {counted(left, 'node')} would remain Alive, and the replication factor is {factor}: "
        "the shards can never be fully replicated again. Replace the node (replace_node), or add "
        "a node first"
    )
    return [blocker("too_few_nodes", "cluster", text)]


def _unconfirmed(targets: Sequence[Mapping[str, Any]], settings: Settings) -> list[Finding]:
    names = [each["name"] for each in targets]
    said_again = {name.lower() for name in settings.confirm}
    if settings.check or said_again == {name.lower() for name in names}:
        return []
    said = f"says {', '.join(settings.confirm)}" if settings.confirm else "is not set"
    text = f"it {said}. To go on, repeat the target: -e stemedb_confirm={','.join(names)}"
    return [blocker("not_confirmed", "stemedb_confirm", text)]


# --- the way back --------------------------------------------------------------------------------


def _last_seed(
    lists: Mapping[str, Sequence[str]],
    changed: set[str],
    members: Sequence[Declared],
    leaving: set[str],
    nodes: Nodes,
    going: Going,
) -> list[Finding]:
    """Whether each list that loses a seed still names a member that lives."""
    if not lists:
        text = (
            "which seeds the members have is not known (stemedb_seed_nodes is not set), so this "
            'may be the last: set it, or accept that with -e \'{"stemedb_accept": ["last_seed"]}\''
        )
        return [blocker("last_seed", "stemedb_seed_nodes", text)]
    alive: set[str] = set()
    for node in nodes:
        if node["state"] == ALIVE and node["node_id"] not in leaving:
            alive |= meaning(node["address"], going.resolved)
    for one in members:
        if stays_alive(one, leaving, nodes):
            alive |= one.names
    without = sorted(h for h in changed if not alive & set(map(split_host, lists[h])))
    if not without:
        return []
    whose = ", ".join(host or "the cluster" for host in without)
    text = (
        f"no seed of {whose} would be a member that is known to live, and a node that starts would "
        "find nobody. Name another Alive member in stemedb_seed_nodes, or accept that with -e "
        '\'{"stemedb_accept": ["last_seed"]}\''
    )
    return [blocker("last_seed", "stemedb_seed_nodes", text)]
