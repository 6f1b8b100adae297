# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which ports a node uses, from all that tells. Private to stemedb.cluster. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.addresses import (
    endpoint,
    gateway_endpoint,
)

PORTS = ("rpc_port", "gossip_port", "gateway_port")

_PROTOCOLS = {"rpc_port": ("tcp",), "gossip_port": ("udp", "tcp"), "gateway_port": ("tcp",)}


class Known(NamedTuple):
    """What is known of a node's ports.

    :param said: what the inventory says, by name.
    :param settings: of its configuration.
    :param defaults: the node role's.
    :param names: the host's names and addresses.
    :param member_address: what the cluster lists it with.
    :param seeds: gossip addresses that hosts are started with.
    :param gateway_urls: of the inventory.
    :param listens: its sockets, None if they are not known.
    """

    said: Mapping[str, Any]
    settings: Mapping[str, Any]
    defaults: Mapping[str, Any]
    names: frozenset[str]
    member_address: str | None
    seeds: Sequence[str]
    gateway_urls: Sequence[str]
    listens: Sequence[Mapping[str, Any]] | None


def ports(known: Known) -> tuple[dict[str, int], list[str]]:
    """The three ports by name, and a sentence for each at which nothing listens."""
    found: dict[str, int] = {}
    doubts = []
    for name in PORTS:
        told = _told(name, known)
        default = int(known.defaults[name])
        port = told or (default if _open(default, name, known) else _left(name, found, known))
        found[name] = port or default
        if known.listens is not None and not _open(found[name], name, known):
            doubts.append(
                f"nothing of the node listens at {found[name]} ({name.replace('_', ' ')}); "
                f"set stemedb_node_{name}"
            )
    return found, doubts


def _told(name: str, known: Known) -> int | None:
    """Inventory, cluster, configuration, in this order."""
    if known.said.get(name):
        return int(known.said[name])
    if name == "rpc_port":
        by_cluster = endpoint(known.member_address).port
    elif name == "gossip_port":
        by_cluster = _own(map(endpoint, known.seeds), known)
    else:
        by_cluster = _own(map(gateway_endpoint, known.gateway_urls), known)
    if by_cluster:
        return by_cluster
    value = known.settings.get(name)
    # What a file says and the process does not do is not used.
    return value if isinstance(value, int) and _open(value, name, known) else None


def _own(endpoints: Iterable[Any], known: Known) -> int | None:
    return next((one.port for one in endpoints if one.host in known.names and one.port), None)


def _open(port: int, name: str, known: Known) -> bool:
    """Whether the node listens there, or may."""
    return known.listens is None or any(
        socket["port"] == port and socket["protocol"] in _PROTOCOLS[name]
        for socket in known.listens
    )


def _left(name: str, found: Mapping[str, int], known: Known) -> int | None:
    """The one port that is left, if only one is."""
    protocol = _PROTOCOLS[name][0]
    other = {"tcp": "udp", "udp": "tcp"}[protocol]
    mine = {s["port"] for s in known.listens or () if s["protocol"] == protocol}
    if name == "gossip_port":
        # Any program has sockets of UDP; the one that answers by TCP too is gossip's.
        both = mine & {s["port"] for s in known.listens or () if s["protocol"] == other}
        mine = both or mine
    left = mine - set(found.values())
    return left.pop() if len(left) == 1 else None
