# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which host takes the place of a dead node, and how far a run before has come there.

Private to stemedb.cluster. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.addresses import (
    endpoint,
    split_host,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import DEAD
from ansible_collections.stemedb.cluster.plugins.module_utils._findings import (
    Finding,
    blocker,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._members.declared import (
    Declared,
    Nodes,
    node_of,
)

_THREE_WAYS = (
    "There are three ways: list a fresh host in stemedb_spares; name one of the inventory with -e "
    "stemedb_replace_node_with=HOST; or make the host of the dead node reachable, whose old id and "
    "data are then set aside"
)


class Settings(NamedTuple):
    """What the run was told.

    :param gateway_urls: those that are configured.
    :param instead: `stemedb_replace_node_with`, "" to choose.
    :param spares: `stemedb_spares`, in order.
    :param seeds: `stemedb_seed_nodes` as it is for no host in particular, None if it is not set.
    :param new_id: for a replacement that has no id yet.
    :param seen: the target as this run has found it before, which may have aged out since.
    :param gossip_ports: by host, where that is not the usual one.
    :param logless: hosts whose log nothing prints.
    """

    gateway_urls: tuple[str, ...]
    instead: str = ""
    spares: tuple[str, ...] = ()
    seeds: tuple[str, ...] | None = None
    min_observers: int = 2
    observers: str = "all"
    accept: tuple[str, ...] = ()
    new_id: str = ""
    gossip_ports: Mapping[str, int] = {}
    seen: Mapping[str, Any] = {}
    check: bool = False
    logless: tuple[str, ...] = ()


class Choice(NamedTuple):
    """The host of the replacement, and how far a run before has come there.

    :param node_id: the new id.
    :param begun: whether a run before has begun on it.
    :param member: whether its node is listed.
    """

    host: str
    node_id: str
    same_host: bool = False
    begun: bool = False
    member: bool = False


class Facts(NamedTuple):
    """All that was found.

    :param target: of `_members.targets.identified`.
    :param probes: by host, of `stemedb_host_info`.
    :param records: by host, what its file `replaces` says.
    :param nodes: the cluster's.
    :param resolved: what names resolve to where the cluster is asked from.
    """

    target: Mapping[str, Any]
    by_host: Mapping[str, Declared]
    probes: Mapping[str, Mapping[str, Any]]
    records: Mapping[str, str]
    nodes: Nodes
    settings: Settings
    resolved: Mapping[str, Sequence[str]] = {}


def listed(nodes: Nodes, node_id: str | None) -> Mapping[str, Any] | None:
    """The node of an id, None if it is not listed."""
    return next((node for node in nodes if node["node_id"] == node_id), None)


def written_id(probe: Mapping[str, Any] | None, file: str = "node_id_file") -> str | None:
    """The id in the file node_id of a host, or in its file replaces."""
    return ((probe or {}).get(file) or {}).get("node_id")


def choose(facts: Facts) -> tuple[Choice | None, list[Finding]]:
    """The host of the replacement, or why there is none."""
    target, settings = facts.target, facts.settings
    begun = [h for h, node_id in facts.records.items() if node_id == target["node_id"]]
    if settings.instead:
        others = [host for host in begun if host != settings.instead and _member(facts, host)]
        if others:
            text = f"{others[0]} replaces it already: leave out stemedb_replace_node_with"
            return None, [blocker("replaced_already", target["name"], text)]
        wanted = [settings.instead]
    else:
        # What was begun is gone on with; and a member that was made comes before all else.
        begun.sort(key=lambda host: not _member(facts, host))
        wanted = list(dict.fromkeys([*begun, *settings.spares]))
        wanted += [target["host"]] if target["host"] and target["reachable"] else []
        doubt = [] if begun else _doubtful(facts)
        if doubt:
            return None, doubt
    reasons = []
    for host in wanted:
        why = _unfit(host, facts)
        if why is None:
            return _choice(host, facts), []
        reasons.append(f"{host}: {why}")
    told = f" ({'; '.join(reasons)})" if reasons else ""
    text = f"there is no host for its replacement{told}. {_THREE_WAYS}"
    return None, [blocker("no_replacement", target["name"], text)]


def _doubtful(facts: Facts) -> list[Finding]:
    """A spare that cannot be asked and runs a node may be the replacement that a run has made."""
    found = []
    for host in facts.settings.spares:
        one, probe = facts.by_host.get(host), facts.probes.get(host) or {}
        node = None if one is None or "clock" in probe else node_of(one, facts.nodes)
        if node is not None and node["state"] != DEAD:
            text = (
                f"cannot be reached and is {node['state']} as {node['node_id']}: whether it "
                f"replaces {facts.target['name']} already is not known. Make it reachable, or take "
                f"it out of stemedb_spares"
            )
            found.append(blocker("unknown_spare", host, text))
    return found


def _choice(host: str, facts: Facts) -> Choice:
    one, written = facts.by_host[host], written_id(facts.probes.get(host))
    begun = facts.records.get(host) == facts.target["node_id"]
    # The old id may still be written on the host itself, or in its variables.
    old = (facts.target["node_id"], None)
    new = next((i for i in (written, one.node_id) if i not in old), facts.settings.new_id)
    same = host == facts.target["host"] or split_host(facts.target["listed_address"]) in one.names
    return Choice(host, str(new), same, begun, listed(facts.nodes, new) is not None)


def _member(facts: Facts, host: str) -> bool:
    node = listed(facts.nodes, written_id(facts.probes.get(host)))
    return node is not None and node["state"] != DEAD


def _unfit(host: str, facts: Facts) -> str | None:
    """Why a host cannot take its place, None if it can."""
    one, probe = facts.by_host.get(host), facts.probes.get(host)
    if one is None:
        return "no host of the inventory"
    if probe is None or "clock" not in probe:
        return f"cannot be reached ({(probe or {}).get('msg') or 'not asked'})"
    written = written_id(probe)
    begun = facts.records.get(host) == facts.target["node_id"]
    if begun and written != facts.target["node_id"]:
        node = listed(facts.nodes, written)
        died = node is not None and node["state"] == DEAD
        return f"it has begun to replace it and is Dead itself, as {written}" if died else None
    if host == facts.target["host"]:
        known = probe.get("data_dir") is not None and probe.get("service") is not None
        return None if known else "its data or its service cannot be looked at"
    return _not_fresh(one, written, probe, facts)


def _not_fresh(
    one: Declared, written: str | None, probe: Mapping[str, Any], facts: Facts
) -> str | None:
    name = endpoint(one.address).host
    for node in facts.nodes:
        if split_host(node["address"]) in (name, one.host.lower()) and node["state"] != DEAD:
            return f"node {node['node_id']} is {node['state']} at its address"
    if written is not None:
        return f"it is node {written}, or was: its file node_id says so"
    if one.node_id == facts.target["node_id"]:
        return "its stemedb_node_id is that of the dead node"
    if (probe.get("service") or {}).get("running") is not False:
        return "its service runs, or that is not known"
    if not (probe.get("data_dir") or {}).get("empty"):
        return "its data directory holds something, or cannot be read"
    return None
