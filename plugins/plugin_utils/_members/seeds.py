# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The seeds of the members that stay, when nodes go or are replaced.

Private to stemedb.cluster. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Callable, NamedTuple

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.addresses import (
    endpoint,
    is_numeric,
    names_of,
    split_host,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import ALIVE, DEAD
from ansible_collections.stemedb.cluster.plugins.module_utils._findings import (
    Finding,
    blocker,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._members.declared import (
    Declared,
    Nodes,
    Resolved,
    meaning,
    node_of,
    reach,
)


class Going(NamedTuple):
    """What the targets are called, wherever one is named as a seed.

    :param names: those that are theirs alone.
    :param known: names of all members, and of what is listed.
    :param resolved: what names resolve to where the cluster is asked from.
    """

    names: frozenset[str]
    known: frozenset[str] = frozenset()
    resolved: Mapping[str, Sequence[str]] = {}

    def has(self, seed: str) -> bool:
        """Whether a seed is one of the targets."""
        return split_host(seed) in self.names

    def doubt(self, seed: str) -> str | None:
        """Why nobody knows whether a seed is one of them; None where that is known."""
        host = split_host(seed)
        if host is None or host in self.names:
            return None
        leads = reach(host, self.resolved)
        also = sorted(leads & self.names)
        if also:
            return f"leads to {', '.join(also)}, which goes, and to others that stay"
        if host in self.known or len(leads) > 1 or is_numeric(host):
            return None
        return "is no member's name, and does not resolve where the cluster is asked from"


def names_that_go(
    who: Sequence[Mapping[str, Any]],
    by_host: Mapping[str, Declared],
    probes: Mapping[str, Mapping[str, Any]],
    nodes: Nodes,
    resolved: Resolved | None = None,
) -> Going:
    """What the targets are called.

    :param who: of `targets.identified`.
    """
    told = resolved or {}
    leaving = {each["node_id"] for each in who}
    hosts = {each["host"] for each in who}
    found: set[str] = set()
    for each in who:
        one = by_host.get(each["host"] or "")
        if one is not None:
            found |= one.names
            found |= names_of(endpoint(one.address).host, (probes.get(one.host) or {}).get("ports"))
            found |= meaning(one.address, told)
        found |= meaning(each["listed_address"], told)
    # An address that another member has too, as behind one name for all, is nobody's.
    others: set[str] = set()
    for node in nodes:
        # The dead may be what a host was before.
        if node["node_id"] not in leaving and node["state"] != DEAD:
            others |= meaning(node["address"], told)
    staying = {name for h, one in by_host.items() if h not in hosts for name in one.names}
    return Going(frozenset(found - others), frozenset(found | others | staying), told)


def seed_lists(
    members: Sequence[Declared],
    leaving: set[str],
    going: Going,
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
        host: _without(host, each, going, instead)
        for host, each in told.items()
        if each is not None and host not in targets and not going.names & {host.lower()}
    }
    old = {seed for each in told.values() for seed in each or () if going.has(seed)}
    changed = {host for host in lists if any(map(going.has, told[host] or ()))}
    return lists, changed, sorted(old)


def doubtful_seeds(lists: Mapping[str, Sequence[str]], going: Going) -> dict[str, str]:
    """The seeds of which nobody knows whether they are one of those that go, and why.

    :param lists: of `seed_lists`.
    """
    doubts = {seed: going.doubt(seed) for each in lists.values() for seed in each}
    return {seed: why for seed, why in sorted(doubts.items()) if why is not None}


def unknown_seeds(doubts: Mapping[str, str]) -> list[Finding]:
    """What cannot be decided is for an operator to accept.

    :param doubts: of `doubtful_seeds`.
    """
    return [
        blocker(
            "unknown_seed",
            seed,
            f"{why}, so whether it is to be rewritten is not known. Name each seed by the address "
            "of one member in stemedb_seed_nodes, or accept that with -e "
            '\'{"stemedb_accept": ["unknown_seed"]}\'',
        )
        for seed, why in doubts.items()
    ]


def _without(
    host: str,
    seeds: Sequence[str],
    going: Going,
    instead: Callable[[str, str], str | None],
) -> list[str]:
    found: list[str] = []
    for seed in seeds:
        new = instead(host, seed) if going.has(seed) else seed
        if new == seed or (new is not None and new not in (*found, *seeds)):
            found.append(new)
    return found


def not_naming(host: str, members: Sequence[Declared]) -> list[str]:
    """The other members whose seed lists name the host by none of its names."""
    names = frozenset().union(*(one.names for one in members if one.host == host))
    return [
        one.host
        for one in members
        if one.host != host and not any(split_host(seed) in names for seed in one.seeds or ())
    ]


def stays_alive(one: Declared, leaving: set[str], nodes: Nodes) -> bool:
    """Whether a declared member is Alive and is none of those that go."""
    node = node_of(one, nodes)
    return node is not None and node["state"] == ALIVE and node["node_id"] not in leaving
