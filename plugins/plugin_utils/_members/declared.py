# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Members as the inventory declares them, and which of the cluster's nodes each of them is.

Private to stemedb.cluster. Pure.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.addresses import split_host
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import DEAD
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.names import same_id
from ansible_collections.stemedb.cluster.plugins.plugin_utils._typed import read

Nodes = Sequence[Mapping[str, Any]]

# What each name resolves to where the cluster is asked from; nothing where it does not.
Resolved = Mapping[str, Sequence[str]]

# The groups of the inventory that declare nodes.
DECLARING = ("stemedb_nodes", "stemedb_new_nodes")


class Declared(NamedTuple):
    """A host of the inventory.

    :param address: where members reach its node.
    :param node_id: what the inventory says it is, None if it says nothing.
    :param seeds: its `stemedb_seed_nodes`, None where that is not set.
    :param aliases: other names and addresses that lead to it, and to no other member.
    """

    host: str
    address: str
    node_id: str | None = None
    rpc_port: int = 18182
    zone: str | None = None
    seeds: tuple[str, ...] | None = None
    aliases: frozenset[str] = frozenset()

    @property
    def names(self) -> frozenset[str]:
        """What it is called, in lower case and without a port."""
        return self.aliases.union(filter(None, map(split_host, (self.host, self.address))))


def declared(host: str, told: Mapping[str, Any]) -> Declared:
    """A host by its variables; what is not asked for is not read, for it may not be readable."""
    seeds = told.get("stemedb_seed_nodes")
    return Declared(
        host,
        address_of(host, told),
        _text(told.get("stemedb_node_id")),
        int(told.get("stemedb_node_rpc_port") or 18182),
        _text(told.get("stemedb_node_zone")),
        None if seeds is None else tuple(split_list(seeds)),
    )


def members(
    hosts: Mapping[str, Mapping[str, Any]], resolved: Resolved | None = None
) -> list[Declared]:
    """The hosts by their variables, each with the names that are its alone."""
    found = [declared(host, told) for host, told in hosts.items()]
    meant = [meaning(one.address, resolved or {}) for one in found]
    claims = Counter(name for names in meant for name in names)
    return [
        one._replace(aliases=frozenset(name for name in names if claims[name] == 1))
        for one, names in zip(found, meant)
    ]


def reach(address: str | None, resolved: Resolved) -> frozenset[str]:
    """The host of an address, and what it resolves to."""
    host = split_host(address)
    return frozenset() if host is None else frozenset({host, *resolved.get(host, ())})


def meaning(address: str | None, resolved: Resolved) -> frozenset[str]:
    """All names and addresses that lead where an address leads."""
    own = reach(address, resolved)
    return own.union(name for name in resolved if own & reach(name, resolved))


def near(name: str, known: Iterable[str]) -> str:
    """A sentence that proposes the known name that is most like a mistyped one, or nothing."""
    by_lower = {one.lower(): one for one in known}
    found = difflib.get_close_matches(name.lower(), by_lower, 1)
    return f" Did you mean {by_lower[found[0]]}?" if found else ""


def address_of(host: str, told: Mapping[str, Any]) -> str:
    """Where a host is reached, by its variables."""
    return str(told.get("stemedb_node_address") or told.get("ansible_host") or host)


def split_list(value: Any) -> list[str]:
    """What an inventory gives as a list, or as one text with commas."""
    return [str(item).strip() for item in read(value, "list") if str(item).strip()]


def _text(value: Any) -> str | None:
    return str(value) if value not in (None, "") else None


def node_of(member: Declared, nodes: Nodes) -> Mapping[str, Any] | None:
    """The node that a declared member is, None if it is not listed or that is not certain.

    :param nodes: each `{node_id, address, state}`, as results list them.
    """
    if member.node_id is not None:
        found = [node for node in nodes if same_id(node["node_id"], member.node_id)]
    else:
        names = member.names
        found = [node for node in nodes if split_host(node["address"]) in names]
        # A host that was set up anew has the address of the node that it was before.
        found = [node for node in found if node["state"] != DEAD] or found
    return found[0] if len(found) == 1 else None


def former(members: Sequence[Declared], nodes: Nodes) -> list[str]:
    """The Dead nodes that no declared member is, by full id.

    None where it is not certain of each member which node it is: the Dead one may be that.
    """
    known = [node_of(member, nodes) for member in members]
    own = {node["node_id"] for node in known if node is not None}
    if not members or len(own) < len(members):
        return []
    return sorted(n["node_id"] for n in nodes if n["state"] == DEAD and n["node_id"] not in own)


def zones(members: Iterable[Declared], nodes: Nodes) -> dict[str, str]:
    """The zone of each node that has one, by its full id, for a guard; empty where none has.

    Of a member of which nobody knows which node it is, by its host.
    """
    found = {}
    for member in members:
        node = node_of(member, nodes)
        if member.zone is not None:
            # That some zone is nobody's has to be seen: without any, zones would not matter.
            found[str(node["node_id"]) if node is not None else member.host] = member.zone
    return found


def host_names(members: Iterable[Declared], nodes: Nodes) -> dict[str, str]:
    """The host of each node that a declared member is, by full id; also of one that aged out."""
    found: dict[str, str] = {}
    for member in members:
        node = node_of(member, nodes)
        node_id = node["node_id"] if node is not None else member.node_id
        if node_id is not None:
            found.setdefault(str(node_id), member.host)
    return found


def group_lines(hosts: Sequence[str], groups: Mapping[str, Sequence[str]]) -> list[str]:
    """Which hosts to take out of which of the groups that declare nodes.

    :param groups: the hosts of each group of the inventory.
    """
    lines = []
    for group in DECLARING:
        held = [host for host in hosts if host in groups.get(group, ())]
        if held:
            lines.append(f"take {', '.join(held)} out of the group {group}")
    return lines
