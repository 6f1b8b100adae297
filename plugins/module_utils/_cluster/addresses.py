# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses of hosts, members, seeds and gateways, taken apart.

Private to stemedb.cluster. Pure.
"""

from __future__ import annotations

import urllib.parse
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Any, NamedTuple

# Addresses that say "any", and so name no node.
_WILDCARDS = ("0.0.0.0", "::")  # noqa: S104


class Endpoint(NamedTuple):
    """A host in lower case, None where it names no host, and a port, None where none is said."""

    host: str | None
    port: int | None


def split_host(address: str | None) -> str | None:
    """The host of an address: `10.0.0.4:18182`, `[::1]:18182`, `::1` or `node-04`, lower case.

    None for no address and for the wildcards, which match nothing.
    """
    if not address:
        return None
    if address.startswith("["):
        host = address[1:].partition("]")[0]
    elif address.count(":") == 1:
        host = address.partition(":")[0]
    else:
        host = address
    host = host.lower().rstrip(".")
    return None if not host or host in _WILDCARDS else host


def endpoint(address: str | None) -> Endpoint:
    """`10.0.0.4:18182`, `[::1]:18182`, `::1`, `node-04` taken apart."""
    text = address or ""
    tail = text.rpartition("]")[2] if text.startswith("[") else text
    port = tail.partition(":")[2] if tail.count(":") == 1 else ""
    return Endpoint(split_host(text), int(port) if port.isdigit() else None)


def gateway_endpoint(url: str) -> Endpoint:
    """Host and port that a gateway's URL leads to; neither for what is no URL."""
    try:
        parts = urllib.parse.urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return Endpoint(None, None)
    return Endpoint(parts.hostname, port)


def is_numeric(host: str) -> bool:
    """Whether a host is an address and no name."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def names_of(host: str | None, ports: Iterable[dict[str, Any]] | None) -> frozenset[str]:
    """A host's name with the addresses it resolves to, as a probe found them (`ports`)."""
    if host is None:
        return frozenset()
    found = {host}
    for port in ports or ():
        if split_host(str(port["host"])) == host:
            found.update(port["addresses"])
    return frozenset(found)
