# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The seeds of the members that stay, when nodes go or are replaced.

Private to stemedb.cluster. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ansible_collections.stemedb.cluster.plugins.module_utils._addresses import endpoint, names_of
from ansible_collections.stemedb.cluster.plugins.module_utils._declared import (
    Declared,
    Nodes,
    node_of,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._model import ALIVE
from ansible_collections.stemedb.cluster.plugins.module_utils._names import split_host


def names_that_go(
    who: Sequence[Mapping[str, Any]],
    by_host: Mapping[str, Declared],
    probes: Mapping[str, Mapping[str, Any]],
    nodes: Nodes,
) -> frozenset[str]:
    """What the targets are called, wherever one is named as a seed.

    :param who: of `_targets.identified`.
    """
    found: set[str] = set()
    for each in who:
        one = by_host.get(each["host"] or "")
        if one is not None:
            found |= one.names
            found |= names_of(endpoint(one.address).host, (probes.get(one.host) or {}).get("ports"))
        found |= {split_host(each["listed_address"]) or ""}
    # An address that another member has too, as behind one name for all, is nobody's.
    others = {
        split_host(node["address"])
        for node in nodes
        if node["node_id"] not in {each["node_id"] for each in who}
    }
    return frozenset(found - others - {""})


def seed_lists(
    members: Sequence[Declared],
    leaving: set[str],
    names: frozenset[str],
    nodes: Nodes,
    seeds: Sequence[str] | None,
    instead: Callable[[str, str], str | None] = lambda _host, _seed: None,
) -> tuple[dict[str, list[str]], set[str], list[str]]:
    """Seeds as each member is to have them, by host, "" for none; whose change; and which go.

    :param seeds: as they are for no host in particular, None if they are not set.
    :param instead: the seed that a host has in place of one that goes, None for none.
    """
    told = {"": seeds, **{one.host: one.seeds for one in members}}
    targets = {one.host for one in members if (node_of(one, nodes) or {}).get("node_id") in leaving}
    lists = {
        host: _without(host, each, names, instead)
        for host, each in told.items()
        if each is not None and host not in targets and not names & {host.lower()}
    }
    old = {seed for each in told.values() for seed in each or () if split_host(seed) in names}
    changed = {host for host in lists if any(split_host(s) in names for s in told[host] or ())}
    return lists, changed, sorted(old)


def _without(
    host: str,
    seeds: Sequence[str],
    names: frozenset[str],
    instead: Callable[[str, str], str | None],
) -> list[str]:
    found: list[str] = []
    for seed in seeds:
        new = instead(host, seed) if split_host(seed) in names else seed
        if new == seed or (new is not None and new not in (*found, *seeds)):
            found.append(new)
    return found


def stays_alive(one: Declared, leaving: set[str], nodes: Nodes) -> bool:
    """Whether a declared member is Alive and is none of those that go."""
    node = node_of(one, nodes)
    return node is not None and node["state"] == ALIVE and node["node_id"] not in leaving
