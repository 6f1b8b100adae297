# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""By what a plan knows that nothing has changed since: a hash of what it rests on.

Private to stemedb.cluster. Pure. It covers the name of the cluster, who its members are, where, and
whether each is Dead; what is declared; the lock hosts; what may be removed. It does not cover what
changes by itself: shards, leaders, the version of the topology, any order.

The ids of nodes that a plan makes are not known when it is made. So a node that a step has made
stands under the name of its host, when the fingerprint after that step is foretold as well as when
it is taken; and a node that a step has replaced or removed is left out once it is Dead, because
nobody knows when it ages out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, Callable, NamedTuple

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import DEAD, Node
from ansible_collections.stemedb.cluster.plugins.module_utils._plan.facts import REMOVE, Facts
from ansible_collections.stemedb.cluster.plugins.module_utils._plan.match import Index

# Another one where what is covered, or how it is written, changes.
FORMAT = 1

Change = Mapping[str, Any]


class Basis(NamedTuple):
    """What fingerprints are taken of."""

    facts: Facts
    listed: Index
    frame: Mapping[str, Any]


def basis(facts: Facts, listed: Index) -> Basis:
    """What is the same before each step, and the nodes."""
    settings = facts.settings
    frame = {
        "format": FORMAT,
        "cluster": facts.snapshot.fact("name"),
        "declared": sorted(map(list, facts.declared), key=str),
        "spares": sorted(map(list, settings.spares), key=str),
        "lock_hosts": sorted(set(settings.lock_hosts)),
        "prune": sorted(set(settings.prune)),
    }
    return Basis(facts, listed, frame)


def foretold(base: Basis, done: Sequence[Change]) -> str:
    """The fingerprint once these steps will have been done."""
    made, gone = _made(done), _gone(done)
    return _hashed(base, made, made, lambda node: node.node_id.lower() in gone)


def taken(base: Basis, done: Sequence[Change]) -> str:
    """The fingerprint of what is now, if it is these steps that have been done."""
    made, gone = _made(done), _gone(done)
    hosts = base.facts.hosts
    there = {name for name in made if name in hosts and base.listed.living(hosts[name])}
    return _hashed(
        base, made, there, lambda node: node.state == DEAD and node.node_id.lower() in gone
    )


def _made(done: Sequence[Change]) -> set[str]:
    """The hosts on which steps make a node."""
    return {
        str(step.get("replacement") or step["host"]) for step in done if step["operation"] != REMOVE
    }


def _gone(done: Sequence[Change]) -> set[str]:
    """The ids that steps replace, remove, or begin anew."""
    return {str(step["node_id"]).lower() for step in done if step["node_id"]}


def _hashed(base: Basis, made: set[str], there: set[str], is_over: Callable[[Node], bool]) -> str:
    hosts = base.facts.hosts
    at = (base.listed.at(hosts[name]) for name in made if name in hosts)
    new = {node.node_id for nodes in at for node in nodes if node.state != DEAD}
    members = [
        [node.node_id.lower(), (node.address or "").lower(), node.state == DEAD]
        for node in base.listed.nodes
        if node.node_id not in new and not is_over(node)
    ]
    content = {**base.frame, "members": sorted(members), "made": sorted(there)}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()
