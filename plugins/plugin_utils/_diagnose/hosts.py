# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the hosts of a cluster say of themselves, put together.

Private to stemedb.cluster. Pure. Hosts are data: one that cannot be reached is told, like all else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.addresses import (
    endpoint,
    split_host,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import ALIVE
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.paths import PATHS
from ansible_collections.stemedb.cluster.plugins.module_utils._masking.redact import without_secrets
from ansible_collections.stemedb.cluster.plugins.module_utils._present.alike import alike
from ansible_collections.stemedb.cluster.plugins.module_utils._present.tables import (
    disk_size,
    numbers,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._members.declared import (
    address_of,
    node_of,
    split_list,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._members.declared import (
    members as declared_members,
)

_GOSSIP_PORT = 18183
# Ports of a node: its variable, where it is by default, and how it is tried.
_PORTS = (
    ("stemedb_node_gateway_port", 18181, "tcp"),
    ("stemedb_node_rpc_port", 18182, "tcp"),
    ("stemedb_node_gossip_port", _GOSSIP_PORT, "any"),
)
_FEW = 5
_SHARD = re.compile(r"shard \d+")
_SEEDS = 20

Results = Sequence[Mapping[str, Any]]


def diagnose_ports(hosts: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The ports of all hosts, for each of them to be tried from each.

    :param hosts: variables by host, of which those of its address and ports count.
    """
    return [
        {
            "host": address_of(host, told),
            "port": int(told.get(name) or usual),
            "protocol": protocol,
        }
        for host, told in hosts.items()
        for name, usual, protocol in _PORTS
    ]


def diagnose_targets(
    hosts: Mapping[str, Mapping[str, Any]], gateways: Sequence[str] = ()
) -> dict[str, Any]:
    """`{ports, urls}` to be tried from each host: those of all, and seeds that are none of them.

    The URLs are the health of the hosts' gateways, whose answers tell their clocks.

    :param gateways: URLs, of which the first says whether gateways speak TLS.
    """
    ports = diagnose_ports(hosts)
    known = {split_host(port["host"]) for port in ports}
    told = [variables.get("stemedb_seed_nodes") for variables in hosts.values()]
    seeds = [endpoint(seed) for one in told if one is not None for seed in split_list(one)]
    others = [seed for seed in dict.fromkeys(seeds) if seed.host not in (None, *known)]
    ports += [
        {"host": seed.host, "port": seed.port or _GOSSIP_PORT, "protocol": "any"}
        for seed in others[:_SEEDS]
    ]
    scheme = urlsplit(gateways[0].strip()).scheme if gateways else "http"
    name, usual, _protocol = _PORTS[0]
    urls = [
        f"{scheme}://{_in_url(address_of(host, variables))}:{variables.get(name) or usual}"
        f"{PATHS['health'][0]}"
        for host, variables in hosts.items()
    ]
    return {"ports": ports, "urls": urls}


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def diagnose_hosts(probes: Results, gateways: Results, asked: Results = ()) -> dict[str, Any]:
    """By host `{problem, probe, gateway}`, each None where it is not known.

    :param probes: of a loop of `stemedb_host_info` over hosts, with the node's service.
    :param gateways: the same with the gateway's service, where that is another one.
    :param asked: the same of those that did not answer, by a task that keeps nothing from the log.
    """
    found: dict[str, Any] = {}
    for probe in probes:
        found[_host(probe)] = {
            "problem": _problem(probe),
            "probe": None if _problem(probe) else _told(probe),
            "gateway": None,
        }
    for gateway in gateways:
        # Of a host without such a service nothing is missing: its node serves the gateway.
        there = (gateway.get("service") or {}).get("exists") is not False
        if _host(gateway) in found and not _problem(gateway) and there:
            found[_host(gateway)]["gateway"] = {
                key: gateway.get(key) for key in ("service", "log", "errors")
            }
    for result in asked:
        if result.get("lost") and _host(result) in found:
            found[_host(result)]["problem"] = _problem(result)
    # Command lines and logs may hold what nobody is to read.
    return dict(without_secrets(found))


def diagnose_order(members: Mapping[str, Mapping[str, Any]], nodes: Results) -> list[str]:
    """The hosts of members, those that somebody has to look at first: not Alive, without shards.

    :param members: variables by host.
    :param nodes: of the overview of the cluster.
    """
    known = {one.host: node_of(one, nodes) for one in declared_members(members)}
    return sorted(members, key=lambda host: _urgency(known[host]))


def _urgency(node: Mapping[str, Any] | None) -> int:
    if node is None:
        return 2
    if node["state"] != ALIVE:
        return 0
    return 1 if node["leader_shards"] == node["follower_shards"] == 0 else 3


def hosts_around(
    named: Sequence[str], members: Mapping[str, Mapping[str, Any]], gateways: Sequence[str]
) -> list[str]:
    """The hosts to look at after a failure: those named, the gateways', then other members.

    :param members: variables by host, of which that of its address counts.
    :param gateways: URLs.
    """
    asked = {urlsplit(url.strip()).hostname for url in gateways}

    def is_gateway(host: str) -> bool:
        return address_of(host, members[host]).lower() in asked

    others = sorted(members, key=lambda host: not is_gateway(host))
    return list(dict.fromkeys([*named, *others]))


def host_line(host: str, told: Mapping[str, Any]) -> str:
    """A host in one line: what runs, disk, load; or why it was not probed."""
    probe = told["probe"]
    if probe is None:
        return f"{host}: {told['problem']}"
    facts = [
        _service("node", probe),
        *([_service("gateway", told["gateway"])] if told["gateway"] else []),
        *(
            f"{disk_size(space['free_bytes'])} free at {space['path']}"
            for space in probe.get("free_space") or ()
        ),
        *load(probe),
    ]
    return f"{host}: {', '.join(facts)}"


def load(probe: Mapping[str, Any]) -> list[str]:
    """How busy its host is, as words of a line; none where it is not known."""
    return [] if probe.get("load") is None else [f"load {probe['load']:.1f}"]


def _host(result: Mapping[str, Any]) -> str:
    return str(result[result.get("ansible_loop_var", "item")])


def _problem(result: Mapping[str, Any]) -> str | None:
    if result.get("lost") or result.get("failed"):
        return str(result.get("msg") or "it gave no answer")
    return "it was not probed" if result.get("skipped") else None


def _told(result: Mapping[str, Any]) -> dict[str, Any]:
    """A result without what Ansible adds to it."""
    ours = ("item", "invocation", "changed", "failed", "ansible_loop_var")
    loop = result.get("ansible_loop_var")
    return {key: value for key, value in result.items() if key not in ours and key != loop}


def summed_up(unmet: Results) -> list[str]:
    """What is unmet, line by line; what several lack alike is one line."""
    groups: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for thing in unmet:
        said = groups.setdefault((thing["condition"], thing["guide"] or ""), [])
        said.append((thing["subject"], thing["reason"]))
    lines = []
    for (condition, guide), said in groups.items():
        helps = f' (guide: "{guide}")' if guide else ""
        lines += [f"  {condition}: {what}{helps}" for what in _few(said)]
    return lines


def _few(said: Sequence[tuple[str, str]]) -> list[str]:
    """The sentences; where many shards lack the same, but not as much of it, one stands for all."""
    shards = {subject: reason for subject, reason in said if _SHARD.fullmatch(subject)}
    if len(set(shards.values())) <= _FEW:
        return alike(said)
    first, reason = next(iter(shards.items()))
    found = numbers(int(subject.partition(" ")[2]) for subject in shards)
    rest = alike(each for each in said if each[0] not in shards)
    return [f"{len(shards)} shards ({found}), such as {first}, which {reason}", *rest]


def _service(name: str, probe: Mapping[str, Any]) -> str:
    running = (probe.get("service") or {}).get("running")
    return f"{name} {'in an unknown state' if running is None else _RUNS[running]}"


_RUNS = {True: "runs", False: "does not run"}
