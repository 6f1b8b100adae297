# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which node each declared host is, and what that comes to: the difference of Git and cluster.

Private to stemedb.cluster. Pure. Nodes are looked up by an index: 1,000 hosts of 1,000 nodes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Optional

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.addresses import (
    endpoint,
    split_host,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import DEAD, Node
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.names import same_id
from ansible_collections.stemedb.cluster.plugins.module_utils._plan.facts import (
    ADD,
    REMOVE,
    Facts,
    Host,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._plan.history import (
    BOOTSTRAP,
    History,
    is_any,
)


class Index:
    """The listed nodes by id and by where they are."""

    def __init__(self, nodes: Iterable[Node], resolved: Mapping[str, Sequence[str]]) -> None:
        self.nodes = sorted(nodes)
        self._resolved = resolved
        self._by_id = {node.node_id.lower(): node for node in self.nodes}
        self._by_name: dict[str, list[Node]] = {}
        for node in self.nodes:
            for name in self._reach([split_host(node.address)]):
                self._by_name.setdefault(name, []).append(node)

    def _reach(self, names: Iterable[Optional[str]]) -> set[str]:
        known = {name for name in names if name}
        return known.union(*(self._resolved.get(name, ()) for name in known))

    def named(self, node_id: Optional[str]) -> Optional[Node]:
        """The node of an id, however it is spelled."""
        return self._by_id.get((node_id or "").lower())

    def at(self, host: Host) -> list[Node]:
        """The nodes at a host's address, those that are Dead only if there is no other."""
        found = {node for name in self._reach(host.names) for node in self._by_name.get(name, ())}
        port = endpoint(host.address).port
        if port is not None:
            found = {node for node in found if endpoint(node.address).port in (port, None)}
        living = sorted(node for node in found if node.state != DEAD)
        return living or sorted(found)

    def of(self, host: Host) -> Optional[Node]:
        """The node that a host is, None if it is not listed or that is not certain."""
        if host.node_id is not None:
            return self.named(host.node_id)
        found = self.at(host)
        return found[0] if len(found) == 1 else None

    def living(self, host: Host) -> Optional[Node]:
        """The one node at a host's address that is not Dead, whatever its id."""
        found = [node for node in self.at(host) if node.state != DEAD]
        return found[0] if len(found) == 1 else None


def unresolved(hosts: Iterable[Host], nodes: Sequence[Node]) -> list[str]:
    """The addresses to resolve: of hosts and nodes that do not find each other without."""
    index = Index(nodes, {})
    hosts = tuple(hosts)
    alone = [one for one in hosts if index.of(one) is None and not index.at(one)]
    known = {node.node_id for one in hosts for node in (index.of(one), *index.at(one)) if node}
    left = [node.address for node in index.nodes if node.node_id not in known and node.address]
    return sorted({*(one.address for one in alone), *left}) if alone and left else []


class Member(NamedTuple):
    """A declared host, or a node that nobody declares.

    :param host: None for a node at no host of the inventory.
    :param node_id: of the listed node, else as it is declared; None if neither is known.
    :param by: the host whose node has taken its place, or is to.
    :param by_node_id: the id of that node, None if it is not listed.
    :param prune: whether it is named in `stemedb_prune`.
    """

    host: Optional[str]
    node_id: Optional[str]
    address: Optional[str]
    state: Optional[str]
    by: Optional[str] = None
    by_node_id: Optional[str] = None
    prune: bool = False


class Difference(NamedTuple):
    """Each declared host and each listed node in one of these, sorted by host, then id.

    :param doubtful: spares whose node may have taken the place of any node that is gone.
    """

    matched: tuple[Member, ...] = ()
    to_add: tuple[Member, ...] = ()
    to_replace: tuple[Member, ...] = ()
    missing: tuple[Member, ...] = ()
    substituted: tuple[Member, ...] = ()
    undeclared: tuple[Member, ...] = ()
    doubtful: tuple[str, ...] = ()

    @property
    def gone(self) -> tuple[Member, ...]:
        """Those whose node died, listed or not."""
        return (*self.to_replace, *self.missing)


def difference(facts: Facts, index: Index, history: Optional[History]) -> Difference:
    """What the declared hosts are in the cluster, and what else is there.

    :param history: None if the lock hosts were not asked.
    """
    matching = _Matching(facts, index, history)
    sorted_hosts = sorted(facts.declared)
    found: dict[str, list[Member]] = {name: [] for name in Difference._fields}
    for one in sorted_hosts:
        kind, member = matching.of(one)
        found[kind].append(member)
    rows = [row for kind in ("matched", "substituted") for row in found[kind]]
    taken = {i for row in rows for i in (row.node_id, row.by_node_id) if i}
    gone = [row for kind in ("to_replace", "missing") for row in found[kind]]
    taken |= {i for row in gone for i in (row.node_id, row.by_node_id) if i}
    where = {node.node_id: one.host for one in facts.hosts.values() for node in index.at(one)}
    found["undeclared"] = [
        _undeclared(node, where.get(node.node_id), facts.settings.prune)
        for node in index.nodes
        if node.node_id not in taken
    ]
    known = {row.by for kind in found for row in found[kind]} | {one.host for one in sorted_hosts}
    doubtful = [
        one.host
        for one in facts.settings.spares
        if one.host not in known and matching.is_doubtful(one)
    ]
    return Difference(
        **{name: tuple(rows) for name, rows in found.items() if name != "doubtful"},
        doubtful=tuple(sorted(doubtful)),
    )


def _undeclared(node: Node, host: Optional[str], prune: Sequence[str]) -> Member:
    names = [node.node_id, host, node.address, split_host(node.address)]
    named = any(is_any(name, names) for name in prune)
    return Member(host, node.node_id, node.address, node.state, prune=named)


class _Matching:
    def __init__(self, facts: Facts, index: Index, history: Optional[History]) -> None:
        self._facts = facts
        self._index = index
        self._history = history
        self._hosts = facts.hosts
        self._claimed = {one.node_id.lower() for one in facts.declared if one.node_id}

    def of(self, one: Host) -> tuple[str, Member]:
        """In which list of the difference a declared host is, and as what."""
        node = self._index.of(one)
        if node is not None and node.state != DEAD:
            return "matched", Member(one.host, node.node_id, one.address, node.state)
        node_id = node.node_id if node is not None else one.node_id
        gone = Member(one.host, node_id, one.address, node.state if node is not None else None)
        last = self._history.last_of(one.host, node_id) if self._history else None
        by, finished = self._substitute(one, node_id)
        its = self._living(by) if by is not None else self._index.living(one)
        if finished and its is not None and (by or its.node_id.lower() not in self._claimed):
            return "substituted", gone._replace(by=by or one.host, by_node_id=its.node_id)
        if finished and by is not None and by not in self._hosts:
            # Where its node is, nobody says: it may live, and is no reason to make another one.
            return "substituted", gone._replace(by=by)
        if by is None and last is not None and last.kind == REMOVE and last.succeeded:
            # It was taken out on purpose, and is declared again.
            return "to_add", gone._replace(node_id=one.node_id, state=None)
        gone = gone._replace(by=by, by_node_id=its.node_id if by and its is not None else None)
        if node is not None:
            return "to_replace", gone
        joined = last is not None and (last.kind not in (ADD, BOOTSTRAP) or last.succeeded)
        begun = last is not None and not joined
        return ("missing" if joined or (one.node_id and not begun) else "to_add"), gone

    def _substitute(self, one: Host, node_id: Optional[str]) -> tuple[Optional[str], bool]:
        """The host that takes its place, None if none was begun, and whether that is done.

        Without one, a node that is where its own was has taken its place: whoever set the host up
        anew did not tell Git.
        """
        did = self._history.replacement_of(one.host, node_id) if self._history else None
        recorded = [
            host
            for host, old in self._facts.replaces.items()
            if old is not None and node_id is not None and same_id(old, node_id)
        ]
        # A member that was made comes before one that was only begun.
        recorded.sort(key=lambda host: (self._living(host) is None, host))
        by = did.targets[-1] if did is not None else next(iter(recorded), None)
        if by is None or self._died(by, did is not None and did.succeeded):
            return None, True
        return by, did is None or did.succeeded

    def _died(self, host: str, was_done: bool) -> bool:
        """Whether the replacement has died as well: then another one is needed."""
        known = self._hosts.get(host)
        if known is None or self._index.living(known) is not None:
            return False
        return was_done or bool(self._index.at(known))

    def _living(self, host: str) -> Optional[Node]:
        known = self._hosts.get(host)
        return None if known is None else self._index.living(known)

    def is_doubtful(self, spare: Host) -> bool:
        """Whether a spare runs a node of which nobody knows for what."""
        if self._index.living(spare) is None or spare.host in self._facts.replaces:
            return False
        last = self._history.last_of(spare.host) if self._history else None
        return last is None or last.kind == REMOVE
