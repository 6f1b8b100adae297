# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Members as the inventory declares them, and which of the cluster's nodes each of them is.

Private to stemedb.cluster. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.stemedb.cluster.plugins.module_utils._model import DEAD
from ansible_collections.stemedb.cluster.plugins.module_utils._names import split_host
from ansible_collections.stemedb.cluster.plugins.module_utils._typed import read

Nodes = Sequence[Mapping[str, Any]]


class Declared(NamedTuple):
    """A host of the inventory.

    :param address: where members reach its node.
    :param node_id: what the inventory says it is, None if it says nothing.
    :param seeds: its `stemedb_seed_nodes`, None where that is not set.
    """

    host: str
    address: str
    node_id: str | None = None
    rpc_port: int = 18182
    zone: str | None = None
    seeds: tuple[str, ...] | None = None

    @property
    def names(self) -> frozenset[str]:
        """What it is called, in lower case and without a port."""
        return frozenset(filter(None, map(split_host, (self.host, self.address))))


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
        found = [node for node in nodes if node["node_id"] == member.node_id]
    else:
        found = [node for node in nodes if split_host(node["address"]) in member.names]
        # A host that was set up anew has the address of the node that it was before.
        found = [node for node in found if node["state"] != DEAD] or found
    return found[0] if len(found) == 1 else None


def zones(members: Iterable[Declared], nodes: Nodes) -> dict[str, str]:
    """The zone of each node that has one, by its full id, for a guard; empty where none has."""
    found = {}
    for member in members:
        node = node_of(member, nodes)
        if member.zone is not None and node is not None:
            found[str(node["node_id"])] = member.zone
    return found
