# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which member a gateway's URL belongs to, by name or by the addresses that the name resolves to.

Private to stemedb.cluster.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Collection, Iterable
from ipaddress import ip_address
from urllib.parse import urlsplit

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.addresses import split_host
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import DEAD, Node

# A name service that hangs must not hang the question; an unresolved name just matches nothing.
_PATIENCE = 3.0

# Beyond this many members with names, only numeric addresses are compared: no storm of look-ups.
_MOST_NAMES = 32

_NONE: frozenset[str] = frozenset()

# What each host is known to resolve to, for the life of this process.
_known: dict[str, frozenset[str]] = {}


def url_host(url: str) -> str | None:
    """The host of a gateway's URL."""
    return split_host(urlsplit(url).hostname)


def same_host(one: str | None, other: str | None) -> bool:
    """Whether two hosts are one: the same name or address, or names that share an address."""
    if one is None or other is None:
        return False
    if one == other:
        return True
    found = _resolved({one, other})
    return bool(found[one] & found[other])


def member_at(url: str, nodes: Iterable[Node]) -> Node | None:
    """The one member at the host of `url`; None where none or several are, as behind a proxy."""
    host = url_host(url)
    hosts = [(node, split_host(node.address)) for node in nodes]
    found = [node for node, other in hosts if other is not None and other == host]
    if not found and host is not None:
        others = {other for _node, other in hosts if other is not None}
        names = {other for other in others if _numeric(other) is None}
        known = _resolved({host, *(others - names if len(names) > _MOST_NAMES else others)})
        found = [node for node, other in hosts if known[host] & known.get(other or "", _NONE)]
    # What a host was before it was set up anew stays listed there until it ages out.
    found = [node for node in found if node.state != DEAD] or found
    return found[0] if len(found) == 1 else None


def resolved(hosts: Iterable[str | None]) -> dict[str, list[str]]:
    """The addresses that each host resolves to here; none for one that does not."""
    found = _resolved({host for host in map(split_host, hosts) if host is not None})
    return {host: sorted(addresses) for host, addresses in sorted(found.items())}


def _numeric(host: str) -> str | None:
    """An address in its one spelling; one of IPv4 dressed as IPv6 is the one of IPv4."""
    try:
        address = ip_address(host)
    except ValueError:
        return None
    return str(getattr(address, "ipv4_mapped", None) or address)


def _resolved(hosts: Collection[str]) -> dict[str, frozenset[str]]:
    """The addresses of each; names that nobody asked for yet are looked up all at once."""
    waiting = []
    for host in hosts:
        if host not in _known:
            numeric = _numeric(host)
            # Remembered as nothing until it is known, so that a name costs its patience once.
            _known[host] = frozenset({numeric}) if numeric else _NONE
            if not numeric:
                waiting.append(threading.Thread(target=_look_up, args=(host,), daemon=True))
                waiting[-1].start()
    end = time.monotonic() + _PATIENCE
    for thread in waiting:
        thread.join(max(0.0, end - time.monotonic()))
    return {host: _known[host] for host in hosts}


def _look_up(host: str) -> None:
    try:
        found = {_numeric(str(info[4][0])) for info in socket.getaddrinfo(host, None)}
    except (OSError, UnicodeError):
        return
    _known[host] = frozenset(address for address in found if address and split_host(address))
