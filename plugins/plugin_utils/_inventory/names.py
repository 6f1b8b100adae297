# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of hosts and groups, made of what a gateway says.

Private to stemedb.cluster. Pure. Any member chooses its own ID, address and state. Ansible makes
file names, patterns and arguments of ssh from the names of hosts.
"""

from __future__ import annotations

import hashlib
import itertools
import re
from collections import Counter
from collections.abc import Container, Iterable, Mapping

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.addresses import (
    is_numeric,
    split_host,
)

# The names that Ansible itself gives a meaning.
RESERVED = ("all", "ungrouped", "localhost", "127.0.0.1", "::1")
# What a host may be called after without an expression.
KINDS = ("id", "prefix", "address")
PREFIX = 8

# A name becomes a file name, of which most file systems allow 255 bytes.
_LONGEST = 200
_CUT = 120
_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]")
# `host_vars/db-01.yml` belongs to db-01, and would be read for a host of that name as well.
_FILE_SUFFIXES = (".yml", ".yaml", ".json")
_HOST = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(\.(?!-)[A-Za-z0-9_-]{1,63})*")
_NUMERIC = re.compile(r"[0-9A-Fa-f:.]+(%[A-Za-z0-9_.]+)?")


def wanted_name(kind: str, node_id: str, address: str | None) -> str:
    """The name that a node should have.

    :param kind: `id`, `prefix` or `address`, which is the ID for a node without one.
    """
    if kind == "prefix":
        return node_id[:PREFIX]
    host = split_host(address) if kind == "address" else None
    if host is None:
        return node_id
    return host.replace(":", "-") if is_numeric(host) else host


def host_names(wanted: Mapping[str, str], taken: Iterable[str]) -> dict[str, str]:
    """The name of each node by its ID: no two are the same, and none is taken.

    A name that is safe, and that nothing else has, is as it is wanted. Any other gets a suffix made
    of the node's ID, so that no node that joins can change the name of another by its ID.

    :param wanted: the name that each node should have, by its ID.
    :param taken: the names of hosts and groups that are there.
    """
    used = {name.lower() for name in (*taken, *RESERVED)}
    shared = Counter(wanted.values())
    names = {
        node_id: text
        for node_id, text in wanted.items()
        if shared[text] == 1 and _is_safe(text) and text.lower() not in used
    }
    used.update(name.lower() for name in names.values())
    for node_id, text in wanted.items():
        if node_id not in names:
            names[node_id] = next(name for name in _spellings(text, node_id) if name not in used)
            used.add(names[node_id])
    return names


def _is_safe(text: str) -> bool:
    clean = bool(text) and len(text) <= _LONGEST and not _UNSAFE.search(text)
    return clean and text[0] not in "-." and not text.lower().endswith(_FILE_SUFFIXES)


def _spellings(text: str, node_id: str) -> Iterable[str]:
    """Safe names for a text, in lower case; anybody may have given one of them to a node."""
    base = _UNSAFE.sub("-", text[:_CUT]).lstrip("-.").lower() or "node"
    name = f"{base}-{_digest(node_id)}"
    return itertools.chain([name], (f"{name}-{number}" for number in itertools.count(2)))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def group_name(name: str, *taken: Container[str]) -> str:
    """The name of a group that Ansible has made safe: not too long, and none that is taken.

    Ansible takes a host for the group of its name, and reads no inventory with a group above `all`.
    """
    raw = name.encode("utf-8", "replace")
    if len(raw) > _LONGEST:
        name = f"{raw[:_CUT].decode('utf-8', 'ignore')}_{_digest(name)}"
    while any(name in names for names in (RESERVED, *taken)):
        name += "_"
    return name


def connection_host(address: str | None) -> str | None:
    """Where Ansible can connect to: the host of an address; None if it is no address or name.

    `-oProxyCommand=...` would be an option of ssh, and what follows the % of an IPv6 address may
    be anything.
    """
    host = split_host(address)
    if host is None or len(host) > 253:
        return None
    if _NUMERIC.fullmatch(host) and is_numeric(host):
        return host
    return host if _HOST.fullmatch(host) else None
