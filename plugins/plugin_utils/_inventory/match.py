# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which host of the earlier sources each node of the cluster is.

Private to stemedb.cluster. Pure. Variables on the wrong host are worse than a host that is listed
twice: where more than one answer is possible, there is none, and a sentence that says so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.addresses import (
    endpoint,
    split_host,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import DEAD
from ansible_collections.stemedb.cluster.plugins.plugin_utils._inventory.names import RESERVED
from ansible_collections.stemedb.cluster.plugins.plugin_utils._members.declared import Declared

Row = Mapping[str, Any]

_QUOTED = 60
_MOST_NAMED = 5


class Matches(NamedTuple):
    """The host of each node by the node's ID, and a sentence for each that is not certain.

    :param by_address: the IDs of the nodes that were found by their address alone.
    """

    hosts: dict[str, str]
    by_address: frozenset[str]
    problems: list[str]


def match(members: Sequence[Declared], rows: Sequence[Row]) -> Matches:
    """Find the host of each node: by the ID that it declares, or else by its address.

    :param members: the hosts of the earlier sources.
    :param rows: the nodes, each `{node_id, address, state}`.
    """
    claims, problems = _by_id(members, rows)
    hosts, doubtful = _single(claims)
    problems += [
        f"{_listed(names)} all declare the stemedb_node_id {_quoted(node_id)} of one node"
        for node_id, names in doubtful.items()
    ]
    listed = {row["node_id"].lower() for row in rows}
    left = [row for row in rows if row["node_id"] not in claims]
    claims, more = _by_address(members, left, listed)
    found, doubtful = _single(claims)
    problems += more
    problems += [
        f"{_listed(names)} all have the address of the node {_quoted(node_id)}"
        for node_id, names in doubtful.items()
    ]
    return Matches({**hosts, **found}, frozenset(found), problems)


def _single(claims: Mapping[str, list[str]]) -> tuple[dict[str, str], dict[str, list[str]]]:
    """The nodes that one host claims, and those that several do."""
    hosts = {node_id: names[0] for node_id, names in claims.items() if len(names) == 1}
    return hosts, {node_id: names for node_id, names in claims.items() if len(names) > 1}


def _by_id(
    members: Iterable[Declared], rows: Iterable[Row]
) -> tuple[dict[str, list[str]], list[str]]:
    """The hosts that declare the ID of each node. A UUID is the same in upper and lower case."""
    ids: defaultdict[str, list[str]] = defaultdict(list)
    for row in rows:
        ids[row["node_id"].lower()].append(row["node_id"])
    claims: defaultdict[str, list[str]] = defaultdict(list)
    problems = []
    for member in members:
        alike = ids.get((member.node_id or "").lower(), [])
        if member.node_id in alike:
            alike = [member.node_id]
        if len(alike) > 1:
            problems.append(
                f"{member.host} declares stemedb_node_id {_quoted(member.node_id)}, and the "
                f"cluster lists {_listed(alike)}"
            )
        elif alike:
            claims[alike[0]].append(member.host)
    return dict(claims), problems


def _by_address(
    members: Iterable[Declared], rows: Sequence[Row], listed: Container[str]
) -> tuple[dict[str, list[str]], list[str]]:
    """The hosts at the address of each node that no host declares by ID.

    :param rows: these nodes.
    :param listed: the IDs of all nodes, in lower case.
    """
    places: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        host = split_host(row["address"])
        if host is not None:
            places[host].append(row)
    claims: defaultdict[str, list[str]] = defaultdict(list)
    problems = []
    for member in members:
        # Every address of a host's own names the controller: there may be anybody.
        if member.host in RESERVED:
            continue
        at = _at(member, places)
        if member.node_id is None and len(at) == 1:
            claims[at[0]["node_id"]].append(member.host)
        elif member.node_id is None and at:
            ids = [row["node_id"] for row in at]
            problems.append(f"{member.host} has the address of {len(at)} nodes: {_listed(ids)}")
        elif member.node_id is not None and member.node_id.lower() not in listed:
            problems += [
                f"{member.host} declares stemedb_node_id {_quoted(member.node_id)}, and the "
                f"cluster lists the node {_quoted(row['node_id'])} at its address"
                for row in at
                if row["state"] != DEAD
            ]
    return dict(claims), problems


def _at(member: Declared, places: Mapping[str, list[Row]]) -> list[Row]:
    """The nodes at a host's address. Of several, one that is Dead was there before."""
    host, port = endpoint(member.address)
    found = [
        row
        for row in places.get(host or "", ())
        if port is None or endpoint(row["address"]).port in (None, port)
    ]
    return [row for row in found if row["state"] != DEAD] or found


def _listed(names: Sequence[str]) -> str:
    shown = [_quoted(name) for name in names[:_MOST_NAMED]]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _quoted(text: str | None) -> str:
    """An ID may be as long as anybody likes."""
    shown = str(text)
    return shown if len(shown) <= _QUOTED else f"{shown[:_QUOTED]}..."
