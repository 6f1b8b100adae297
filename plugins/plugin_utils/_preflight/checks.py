# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operators' guide's "Pre-flight Checks", judged: facts in, findings out.

Private to stemedb.cluster. Pure. An error keeps the gate shut until it is gone or its kind is
accepted by name; a warning and a note are shown. What is not known is an error of a kind of its own
(`unknown_...`): it never passes for good.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.addresses import (
    Endpoint,
    endpoint,
    gateway_endpoint,
    names_of,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import ALIVE, DEAD
from ansible_collections.stemedb.cluster.plugins.module_utils._findings import (
    ERROR,
    NOTE,
    WARNING,
    Finding,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.paths import PATHS
from ansible_collections.stemedb.cluster.plugins.plugin_utils._preflight.clock import (
    clock_findings,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._preflight.cluster import (
    cluster_findings,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._preflight.facts import (
    Facts,
    Settings,
    dead_names,
    gateways_name,
    own_names,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._preflight.host import (
    SYSCTLS,
    host_findings,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._preflight.space import (
    shard_space,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._preflight.versions import (
    version_findings,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._probes import why

ORDER = (ERROR, WARNING, NOTE)


def targets(settings: Settings, members: list[dict[str, Any]] | None) -> dict[str, Any]:
    """What to ask of the host: `{ports, urls, addresses, sysctls}` for stemedb_host_info.

    It has to reach the gateways, and RPC and gossip of every member and seed, less the host itself.
    Of a cluster that lists no usable address, as in the guide, RPC and gossip of the gateways.
    Where there is no cluster yet, its own gateway.
    """
    minimums = [name for name, _least in settings.kernel_minimums]
    sysctls = list(dict.fromkeys([*SYSCTLS, *minimums]))
    own = endpoint(settings.address).host
    if not settings.cluster_exists:
        # Whether a gateway runs here already.
        gateway = {"host": own, "port": settings.gateway_port, "protocol": "tcp"}
        ports = [gateway] if own else []
        return {"ports": ports, "urls": [], "addresses": [], "sysctls": sysctls}
    wanted: list[tuple[str | None, int, str]] = []
    hosts = [gateway_endpoint(url) for url in settings.gateway_urls]
    wanted += [(gateway.host, gateway.port or settings.gateway_port, "tcp") for gateway in hosts]
    peers = [endpoint(member.get("address")) for member in members or ()]
    if not any(peer.host for peer in peers):
        peers = [Endpoint(gateway.host, None) for gateway in hosts]
    for peer in peers:
        wanted.append((peer.host, peer.port or settings.rpc_port, "tcp"))
    seeds = [endpoint(seed) for seed in settings.seed_nodes]
    seeded = {seed.host for seed in seeds}
    for seed in seeds:
        wanted.append((seed.host, seed.port or settings.gossip_port, "any"))
        if seed.host not in {peer.host for peer in peers}:
            wanted.append((seed.host, settings.rpc_port, "tcp"))
    wanted += [(p.host, settings.gossip_port, "any") for p in peers if p.host not in seeded]
    ports = [
        {"host": host, "port": port, "protocol": protocol}
        for host, port, protocol in dict.fromkeys(wanted)
        if host not in (None, own)
    ]
    path = settings.health_path or PATHS["health"][0]
    lasting = [member for member in members or () if member.get("state") != DEAD]
    return {
        "ports": ports,
        "urls": [f"{url.rstrip('/')}{path}" for url in settings.gateway_urls],
        "addresses": [member["address"] for member in lasting if member.get("address")],
        "sysctls": sysctls,
    }


# What a host or an inventory of another cluster has: no operator accepts it.
ANOTHER_CLUSTER = frozenset({"cluster_name", "data_dir_cluster"})


def findings(settings: Settings, facts: Facts) -> list[Finding]:
    """All that speaks against letting the host join, errors first."""
    if facts.cluster_error:
        # Half an answer is none.
        facts = facts._replace(cluster=None, members=None)
    found = list(host_findings(settings, facts))
    if settings.cluster_exists:
        found += [*shard_space(settings, facts), *clock_findings(settings, facts)]
        found += version_findings(settings, facts)
        found += [*_gateways(facts), *_ports(settings, facts), *_names(settings, facts)]
        found += [*_seeds(settings, facts), *_port_settings(settings, facts)]
        found += cluster_findings(
            facts.cluster,
            facts.members,
            facts.cluster_error,
            # Of a quorum, and of gateways that were discovered, some may be silent.
            settings.gateway_urls if settings.observers == "all" else (),
            settings.min_observers,
        )
    return sorted(found, key=lambda finding: ORDER.index(finding.severity))


def _gateways(facts: Facts) -> Iterator[Finding]:
    """Guide: "Network connectivity: New node can reach existing cluster nodes"."""
    urls = facts.probe.get("urls")
    if not urls:
        yield Finding(
            "unknown_gateway",
            ERROR,
            "gateway",
            f"no gateway was asked from this host: {why(facts.probe, 'urls')}. "
            "Set stemedb_gateway_url, and look at stemedb_preflight_ca_path.",
        )
    dead = dead_names(facts)
    ports = facts.probe.get("ports") or ()
    shut = {(port["host"], port["port"]) for port in ports if port["state"] != "open"}
    for answer in urls or ():
        gateway = gateway_endpoint(answer["url"])
        names = names_of(gateway.host, ports)
        severity = NOTE if names & dead else ERROR
        if answer["reachable"] is None:
            yield Finding(
                "unknown_gateway",
                severity,
                answer["url"],
                f"no answer in time ({answer['error']}). Try: curl -v {answer['url']}",
            )
        elif not answer["reachable"] and gateway not in shut:
            yield Finding(
                "gateway_unreachable",
                severity,
                answer["url"],
                f"this host gets no answer ({answer['error']}). Try: curl -v {answer['url']}",
            )
        elif answer["reachable"] and answer["status"] != 200:
            said = f"HTTP status {answer['status']}" if answer["status"] else answer["error"]
            yield Finding(
                "gateway_status",
                NOTE,
                answer["url"],
                f"answers with {said}: reachable, but look at it.",
            )


def _ports(settings: Settings, facts: Facts) -> Iterator[Finding]:
    """Guide: "Port availability: Required ports are not blocked"."""
    probed = facts.probe.get("ports")
    if not probed:
        yield Finding(
            "unknown_ports",
            ERROR,
            "ports",
            f"no port was tried from this host: {why(facts.probe, 'ports')}. "
            "Set stemedb_gateway_url and stemedb_seed_nodes.",
        )
    own = own_names(settings, facts)
    dead = dead_names(facts)
    for port in probed or ():
        names = names_of(endpoint(port["host"]).host, probed)
        if port["state"] != "open" and not names & own:
            yield _port(port, is_dead=bool(names & dead))


def _port(port: dict[str, Any], is_dead: bool) -> Finding:
    subject = f"{port['host']}:{port['port']}"
    gossip = port["protocol"] == "any"
    severity = NOTE if is_dead else ERROR
    if port["state"] is None:
        detail = f"its name does not resolve here ({port['error']}). Look at DNS or /etc/hosts."
        return Finding("unknown_port", severity, subject, detail)
    if port["state"] == "closed":
        detail = f"refused ({port['error']}). Is the node running, and is this its port?"
        return Finding("port_closed", severity, subject, detail)
    advice = f"Look at firewalls in between; try: nc -zv {port['host']} {port['port']}"
    if gossip:
        detail = f"gossip got no answer by TCP or UDP ({port['error']}), which UDP may. {advice}"
        return Finding("gossip_silent", NOTE if is_dead else WARNING, subject, detail)
    return Finding("port_silent", severity, subject, f"no answer ({port['error']}). {advice}")


def _names(settings: Settings, facts: Facts) -> Iterator[Finding]:
    """Guide: "Verify: cluster_name", of the inventory."""
    real, ours = gateways_name(facts), settings.cluster_name
    if facts.cluster is not None and real is None:
        yield Finding(
            "unknown_cluster_name",
            ERROR,
            "stemedb_cluster_name",
            "the gateway does not say its cluster's name, so nothing shows that it is the one "
            "meant. Compare by hand, then accept this kind.",
        )
    if not ours:
        known = f" The gateway's is {real}." if real else ""
        yield Finding(
            "cluster_name",
            ERROR,
            "stemedb_cluster_name",
            f"is not set.{known} Set it to the name of the cluster that this host is to join.",
        )
    elif real is not None and real != ours:
        yield Finding(
            "cluster_name",
            ERROR,
            "stemedb_cluster_name",
            f"is {ours}, but the gateway belongs to {real}. Correct the name or "
            "stemedb_gateway_url.",
        )


def _seeds(settings: Settings, facts: Facts) -> Iterator[Finding]:
    """Guide: "Verify: seed_nodes": at least one leads to a live member of this cluster."""
    ports = facts.probe.get("ports")
    own = own_names(settings, facts)
    states: dict[str, Any] = {}
    for member in facts.members or ():
        for name in names_of(endpoint(member.get("address")).host, ports):
            # Of several members at one address the live one is who answers.
            if states.get(name) != ALIVE:
                states[name] = member.get("state")
    live = False
    for seed in settings.seed_nodes:
        names = names_of(endpoint(seed).host, ports)
        found = {states[name] for name in names if name in states}
        live = live or (ALIVE in found and not names & own)
        if facts.members is None or ALIVE in found or names & own:
            continue
        state = f"is listed as {found.pop()}" if found else "is no member that the cluster lists"
        yield Finding(
            "seed_not_alive", WARNING, seed, f"{state}. Correct stemedb_seed_nodes if it is gone."
        )
    if not settings.seed_nodes or (facts.members is not None and not live):
        yield Finding(
            "no_live_seed",
            ERROR,
            "stemedb_seed_nodes",
            "names no other member that is Alive, so this host would not find the cluster. "
            "Name two or three members, as host:port of their gossip.",
        )


def _port_settings(settings: Settings, facts: Facts) -> Iterator[Finding]:
    """Guide: "Verify: port settings", against those that members, seeds and gateways use."""
    members = [endpoint(member.get("address")).port for member in facts.members or ()]
    seeds = [endpoint(seed).port for seed in settings.seed_nodes]
    gateways = [gateway_endpoint(url).port for url in settings.gateway_urls]
    for name, ours, used, whose, severity in (
        ("stemedb_node_rpc_port", settings.rpc_port, members, "members' addresses", ERROR),
        ("stemedb_node_gossip_port", settings.gossip_port, seeds, "stemedb_seed_nodes", ERROR),
        ("stemedb_node_gateway_port", settings.gateway_port, gateways, "gateways", NOTE),
    ):
        theirs = sorted({port for port in used if port is not None})
        if theirs and ours not in theirs:
            listed = ", ".join(str(port) for port in theirs)
            yield Finding(
                "port_setting", severity, name, f"is {ours}, but the {whose} use {listed}."
            )
