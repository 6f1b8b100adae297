# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All that a diagnosis judges: what the gateways, the hosts and the inventory say.

Private to stemedb.cluster. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.addresses import split_host
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import ALIVE
from ansible_collections.stemedb.cluster.plugins.module_utils._present.tables import short_ids
from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose import commands
from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose.finding import (
    FEW,
    pasted,
    short,
    some,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._members.declared import (
    Declared,
    host_names,
)

Row = Mapping[str, Any]

OPEN = "open"
# Refused because nothing runs there, so that the way is open.
STOPPED = "stopped"
STATES = {
    "open": "open",
    "closed": "refused",
    STOPPED: "refused (service stopped)",
    "silent": "no answer",
    None: "unknown",
}
# How stemedb_host_info tries gossip: no other port is tried by TCP and UDP.
GOSSIP = "any"


class Limits(NamedTuple):
    """From when on something is a finding: seconds, but for `certificate_days`."""

    suspect_after: float = 120
    rebalance_after: float = 300
    certificate_days: float = 30
    clock_skew: float = 5


@dataclass(frozen=True)
class Situation:
    """What is known.

    :param found: the result of `stemedb_debug_export`, also of one that failed.
    :param hosts: of `hosts.diagnose_hosts`.
    :param declared: the hosts of the inventory that are nodes, or are to be.
    :param variables: their variables, by host.
    :param cluster_name: the cluster that is meant; empty for any.
    :param new: those of the declared that are to be nodes, and need not be any yet.
    :param time: when it was found, in seconds since the epoch.
    :param inventory: of `commands.inventory_options`.
    """

    found: Row
    hosts: Mapping[str, Row]
    declared: Sequence[Declared] = ()
    variables: Mapping[str, Row] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    cluster_name: str = ""
    time: float = 0.0
    new: frozenset[str] = frozenset()
    inventory: str = commands.ANY_INVENTORY

    @cached_property
    def cluster(self) -> Row:
        """Empty where the cluster does not answer."""
        return self.found.get("cluster") or {}

    @cached_property
    def nodes(self) -> Sequence[Row]:
        """Of the overview; empty where no gateway lists them."""
        return (self.found.get("overview") or {}).get("nodes") or ()

    @cached_property
    def sides(self) -> Sequence[Sequence[str]]:
        """The nodes of each segment of a partition; fewer than two where none is seen."""
        return (self.found.get("sight") or {}).get("sides") or ()

    @cached_property
    def by_id(self) -> Mapping[str, Row]:
        return {node["node_id"]: node for node in self.nodes}

    @cached_property
    def alive(self) -> Sequence[Row]:
        return [node for node in self.nodes if node["state"] == ALIVE]

    @cached_property
    def host_of(self) -> Mapping[str, str]:
        """The host of each node that is a declared member's."""
        return host_names(self.declared, self.nodes)

    @cached_property
    def _addresses(self) -> Mapping[str, str]:
        return {one.host: split_host(one.address) or one.address for one in self.declared}

    @cached_property
    def _short(self) -> Mapping[str, str]:
        return short_ids(self.by_id)

    def name(self, node_id: str | None) -> str:
        """How to call a node: its host, else the beginning of its id."""
        if node_id is None:
            return "nobody"
        return short(self.host_of.get(node_id) or self._short.get(node_id) or node_id)

    def word(self, node_id: str) -> str:
        """How to call a node in a command."""
        return pasted(self.host_of.get(node_id) or self._short.get(node_id) or node_id)

    def names(self, node_ids: Sequence[str]) -> str:
        return some([self.name(node_id) for node_id in node_ids])

    def probe(self, node_id: str) -> Row | None:
        """What the host of a node says; None where it was not probed."""
        host = self.host_of.get(node_id)
        return (self.hosts.get(host or "") or {}).get("probe")

    def probes(self) -> Iterator[tuple[str, Row]]:
        """The hosts that answered, each with what it says."""
        for host, told in self.hosts.items():
            if told["probe"] is not None:
                yield host, told["probe"]

    def address(self, node_id: str) -> str:
        """Where a node is reached, for a command."""
        host = self.host_of.get(node_id)
        listed = split_host(self.by_id.get(node_id, {}).get("address"))
        return self._addresses.get(host or "") or listed or self.name(node_id)

    def told(self, node_id: str) -> Row:
        """What the inventory says of the host of a node."""
        return self.variables.get(self.host_of.get(node_id) or "") or {}

    def playbook(self, name: str, arguments: str = "") -> str:
        """The command that runs a playbook."""
        return commands.playbook(name, self.inventory, arguments)

    def gateway_log(self, *words: str) -> str:
        """How to find these words in the log of the gateway, on its host."""
        service = commands.gateway_service(self.variables)
        return f"on the gateway's host: {commands.gateway_log(service, words)}"

    def gateway(self, node_id: str) -> Row | None:
        """The row of `sight` of a node's own gateway."""
        rows = (self.found.get("sight") or {}).get("gateways") or ()
        return next((row for row in rows if row["node_id"] == node_id), None)

    def gossip(self, node_id: str) -> tuple[list[tuple[str, Any]], list[tuple[str, Any]]]:
        """The gossip port of a node as other hosts find it, and those of others as its own does.

        :returns: twice `[(host, state)]`: towards the node and away from it.
        """
        own = self.host_of.get(node_id)
        where = split_host(self.address(node_id))
        towards, away = [], []
        hosts = {address: host for host, address in self._addresses.items()}
        stopped = {
            host
            for host, probe in self.probes()
            if (probe.get("service") or {}).get("running") is False
        }
        for host, probe in self.probes():
            for port in probe.get("ports") or ():
                to = split_host(str(port["host"]))
                if port["protocol"] != GOSSIP:
                    continue
                whose = hosts.get(to or "", str(port["host"]))
                state = STOPPED if port["state"] == "closed" and whose in stopped else port["state"]
                if host != own and to == where:
                    towards.append((host, state))
                elif host == own and to != where:
                    away.append((whose, state))
        return towards, away

    def gossip_lines(self, node_id: str) -> list[str]:
        """The same for people; a line says that it was not tried."""
        towards, _away = self.gossip(node_id)
        found = _by_state(towards, "from") or "no other host tried it"
        return [f"gossip port of {self.name(node_id)}: {found}", self.gossip_away(node_id)]

    def gossip_away(self, node_id: str) -> str:
        """The gossip ports of the other nodes as the host of this one finds them."""
        _towards, away = self.gossip(node_id)
        if away:
            return f"gossip ports of others, from {self.name(node_id)}: {_by_state(away, 'at')}"
        return f"whether {self.name(node_id)} reaches the gossip ports of others is unknown"

    def port_lines(self, node_id: str) -> list[str]:
        """All ports of a node as other hosts find them; a line for those that are found alike."""
        own, where = self.host_of.get(node_id), split_host(self.address(node_id))
        found: dict[int, list[tuple[str, Any]]] = {}
        for host, probe in self.probes():
            for port in probe.get("ports") or ():
                if host != own and split_host(str(port["host"])) == where:
                    found.setdefault(int(port["port"]), []).append((host, port["state"]))
        alike: dict[str, list[int]] = {}
        for number, states in found.items():
            alike.setdefault(_reached(states), []).append(number)
        ports = f"ports of {self.name(node_id)}"
        lines = [f"{ports} ({', '.join(map(str, on))}): {how}" for how, on in alike.items()]
        return lines or [f"{ports}: no other host tried them"]

    def blocks_gossip(self, node_id: str) -> bool:
        """Whether gossip is refused, or gets no answer where others get one.

        Silence alone proves nothing: UDP need not answer.
        """
        towards, away = self.gossip(node_id)
        states = [state for _host, state in (*towards, *away)]
        anywhere = any(
            port["state"] == OPEN
            for _host, probe in self.probes()
            for port in probe.get("ports") or ()
            if port["protocol"] == GOSSIP
        )
        return "closed" in states or ("silent" in states and anywhere)

    def log_lines(self, pattern: str) -> tuple[int, list[str]]:
        """How many lines of all logs match, and the last one of each log, with its host."""
        count, lines = 0, []
        for host, told in self.hosts.items():
            for part in (told["probe"], told["gateway"]):
                match = (((part or {}).get("log") or {}).get("matches") or {}).get(pattern)
                if match:
                    count += match["count"]
                    lines += [f"{host}: {line}" for line in match["lines"][-1:]]
        return count, lines

    def log_evidence(self, pattern: str, words: str) -> list[str]:
        """The same for people.

        :param words: what the guide searches for.
        """
        if not any(
            (part or {}).get("log")
            for told in self.hosts.values()
            for part in (told["probe"], told["gateway"])
        ):
            return [f"no log was read for {words}"]
        count, lines = self.log_lines(pattern)
        return [f"{count} log lines match {words}{':' if lines else ''}", *lines[:3]]


def _reached(found: Sequence[tuple[str, Any]]) -> str:
    """From where a port is reached, in a few words if all hosts say the same."""
    states = {state for _host, state in found}
    if len(found) == 1 or len(states) > 1:
        return _by_state(found, "from")
    (state,) = states
    if state == OPEN:
        return f"open from all {len(found)} hosts"
    if state is None:
        return f"unknown from all {len(found)} hosts"
    return f"reached from none of {len(found)} hosts ({STATES.get(state, state)})"


def _by_state(found: Sequence[tuple[str, Any]], word: str) -> str:
    hosts: dict[Any, list[str]] = {}
    for host, state in found:
        hosts.setdefault(state, []).append(short(host))
    # What is wrong first.
    states = sorted(hosts, key=lambda state: state == OPEN)
    return "; ".join(
        f"{STATES.get(state, state)} {word} {some(hosts[state], FEW)}" for state in states
    )
