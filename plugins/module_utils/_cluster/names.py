# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a user names a node (its id, a unique prefix of it, or its address), and the cluster.

Private to stemedb.cluster. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Callable

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.addresses import split_host
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import Node
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError

# A shorter prefix would name another node tomorrow.
SHORTEST_PREFIX = 4

# As many ids as a sentence lists.
_MOST_CANDIDATES = 10


# Ids of hex digits, as uuidgen makes them, hold no numbers that a prefix could cut.
_HEX_ID = re.compile(r"[0-9a-fA-F]{8}")


def same_id(one: object, other: object) -> bool:
    """Whether two ids are of one node: a UUID is the same in upper and in lower case."""
    return str(one).lower() == str(other).lower()


def known_as(name: str, ids: Iterable[str]) -> str:
    """The id as the cluster spells it, if that is one of these; else as it was given."""
    return next((known for known in sorted(ids) if same_id(known, name)), name)


def renamer(names: Mapping[str, str]) -> Callable[[str], str]:
    """Puts names in the place of full ids in a text: `node a3f2b1c4-… is Dead`, `node-01 is Dead`.

    :param names: how to call a node, by its id.
    """
    if not names:
        return str
    ids = "|".join(re.escape(node_id) for node_id in sorted(names, key=len, reverse=True))
    pattern = re.compile(rf"(?<![\w.-])(?:[Nn]ode )?({ids})(?![\w-])")
    return lambda text: pattern.sub(lambda found: names[found[1]], text)


def find_node(name: str, nodes: Iterable[Node]) -> Node | None:
    """The one node that `name` means, None if there is none.

    The full id wins, then the address (with its port, or the host alone), then a prefix. One that
    cuts a number is none: `node-1` is not `node-10`, `10.0.0.1` is not `10.0.0.12`.

    :raises StemeDBError: `config`, listing the candidates, when the name is ambiguous or too short.
    """
    found = find_nodes(name, nodes)
    if len(found) > 1:
        raise _ambiguous(name, found, "address")
    return found[0] if found else None


def find_nodes(name: str, nodes: Iterable[Node]) -> list[Node]:
    """As `find_node`, but an address means all that have it, as a host that was set up anew has.

    :raises StemeDBError: `config`, for a prefix that is ambiguous or too short.
    """
    nodes = list(nodes)
    exact = [node for node in nodes if node.node_id == name]
    by_id = exact or [node for node in nodes if same_id(node.node_id, name)]
    if by_id:
        return by_id[:1]
    by_address = [node for node in nodes if _is_address_of(name, node)]
    if by_address:
        return by_address
    by_prefix = [node for node in nodes if is_prefix_of(name, node.node_id)]
    if not by_prefix:
        return []
    if len(name) < SHORTEST_PREFIX:
        raise StemeDBError(
            "config",
            f"{name!r} is too short to name a node: give {SHORTEST_PREFIX} characters of its id "
            f"or more, or its address.",
        )
    if len(by_prefix) > 1:
        raise _ambiguous(name, by_prefix, "prefix")
    return by_prefix


def get_node(name: str, nodes: Iterable[Node]) -> Node:
    """As `find_node`, but a node that is not there is an error.

    :raises StemeDBError: `not_found`, or `config` when the name is ambiguous or too short.
    """
    nodes = list(nodes)
    node = find_node(name, nodes)
    if node is None:
        alike = sorted(n.node_id for n in nodes if n.node_id.startswith(name))[:_MOST_CANDIDATES]
        hint = f" Ids that begin so: {', '.join(alike)}." if alike else ""
        raise StemeDBError(
            "not_found",
            f"The cluster lists no node {name!r} among its {len(nodes)}: name it by its id, the "
            f"first {SHORTEST_PREFIX} or more characters of it, or its address.{hint}",
        )
    return node


def check_cluster_name(expected: str | None, names: Mapping[str, str | None]) -> None:
    """Fail if a gateway belongs to another cluster than the one that is meant.

    :param expected: the name of the cluster; nothing is checked without one.
    :param names: the name of its cluster that each gateway gives, by URL; None is unknown.
    :raises StemeDBError: `config`.
    """
    foreign = {
        url: name for url, name in names.items() if expected and name not in (None, expected)
    }
    if not foreign:
        return
    url, name = next(iter(foreign.items()))
    alike = set(names.values()) == {name} and len(names) > 1
    subject = "The gateways belong" if alike else f"The gateway {url} belongs"
    raise StemeDBError(
        "config",
        f"{subject} to cluster {name}, and stemedb_cluster_name says {expected}: correct "
        "gateway_url or the name.",
        url,
    )


def _is_address_of(name: str, node: Node) -> bool:
    host = split_host(node.address)
    if host is None:
        return False
    if name == node.address:
        return True
    # With a port the whole address must match; two nodes of one host differ by it.
    has_port = "]:" in name or name.count(":") == 1
    return not has_port and split_host(name) == host


def is_prefix_of(name: str, node_id: str) -> bool:
    """Whether it names the node by the beginning of its id, and cuts no number."""
    if not node_id.lower().startswith(name.lower()):
        return False
    cuts_number = name[-1:].isdigit() and node_id[len(name) : len(name) + 1].isdigit()
    return not cuts_number or _HEX_ID.match(node_id) is not None


def _ambiguous(name: str, found: list[Node], how: str) -> StemeDBError:
    candidates = sorted(f"{n.node_id} ({n.address})" for n in found)[:_MOST_CANDIDATES]
    return StemeDBError(
        "config",
        f"{name!r} is the {how} of {len(found)} nodes: {', '.join(candidates)}. "
        f"Name one by its id.",
    )
