# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the hosts of a cluster say of themselves, put together, and a diagnosis on one screen.

Private to stemedb.cluster. Pure. Hosts are data: one that cannot be reached is told, like all else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.addresses import (
    is_numeric,
    split_host,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.names import (
    check_cluster_name,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._masking.redact import without_secrets
from ansible_collections.stemedb.cluster.plugins.module_utils._present.tables import (
    disk_size,
    numbers,
    size,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose.reach import blocked
from ansible_collections.stemedb.cluster.plugins.plugin_utils._members.declared import (
    Declared,
    address_of,
    node_of,
)

# Ports of a node: its variable, where it is by default, and how it is tried.
_PORTS = (
    ("stemedb_node_gateway_port", 18181, "tcp"),
    ("stemedb_node_rpc_port", 18182, "tcp"),
    ("stemedb_node_gossip_port", 18183, "any"),
)
_FEW = 5
_SOME = 10

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


def diagnose_report(
    found: Mapping[str, Any],
    hosts: Mapping[str, Mapping[str, Any]],
    declared: Sequence[Declared] = (),
    cluster_name: str | None = None,
) -> list[str]:
    """The lines: another cluster than the one that is meant, nodes that are not Alive, what is
    unmet, then the hosts.

    :param found: the result of `stemedb_debug_export`, also one that failed.
    :param hosts: of `diagnose_hosts`.
    :param declared: the hosts of the inventory that are nodes, or are to be.
    :param cluster_name: the name of the cluster that is meant; empty for any.
    """
    lines = ["", *_foreign(found, cluster_name), *_cluster(found, declared)]
    for host, told in hosts.items():
        lines += ["", *_of_host(host, told)]
    if found.get("dest"):
        lines += ["", f"The full report is in {found['dest']} ({size(found['size_bytes'])})."]
    return lines


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


def _foreign(found: Mapping[str, Any], cluster_name: str | None) -> list[str]:
    if found.get("cluster") is None:
        return []
    asked = [o["url"] for o in found.get("observers") or () if o["reachable"]]
    try:
        check_cluster_name(cluster_name, dict.fromkeys(asked, found["cluster"]["name"]))
    except StemeDBError as error:
        return [f"✗ {error.message}"]
    return []


def _cluster(found: Mapping[str, Any], declared: Sequence[Declared]) -> list[str]:
    cluster = found.get("cluster")
    if cluster is None:
        return [f"✗ The cluster does not answer: {found.get('msg') or 'the reason is unknown'}"]
    name = f"Cluster {cluster['name'] or 'of unknown name'}"
    if cluster["healthy"] is True:
        lines = [f"✓ {name} is healthy"]
    else:
        sick = cluster["healthy"] is False
        lines = [f"✗ {name} is not healthy" if sick else f"? {name}: health is unknown"]
    lines += _nodes((found.get("overview") or {}).get("nodes") or (), declared)
    unmet = summed_up(found["unmet"])
    more = len(unmet) - _SOME
    return [*lines, *unmet[:_SOME], *([f"  and {more} more"] if more > 0 else [])]


def _nodes(nodes: Results, declared: Sequence[Declared]) -> list[str]:
    """Nodes that are not Alive, by their hosts' names; nodes without a host, and the reverse."""
    hosts = {}
    missing, unclear = [], []
    listed_as = {is_numeric(split_host(node["address"]) or "") for node in nodes}
    for one in declared if nodes else ():
        node = node_of(one, nodes)
        if node is not None:
            hosts[node["node_id"]] = one.host
        elif one.node_id is None and is_numeric(split_host(one.address) or "") not in listed_as:
            unclear.append(one.host)
        else:
            missing.append(f"  {one.host}: the cluster does not list its node")
    if unclear:
        shown = ", ".join(unclear[:_SOME]) + (" and others" if len(unclear) > _SOME else "")
        missing.append(
            f"  It is unknown which nodes {shown} are: the inventory has names and the cluster "
            "addresses, or the reverse; set stemedb_node_address or stemedb_node_id"
        )
    away = [
        f"  {_called(node, hosts)} is {node['state']}" for node in nodes if node["state"] != "Alive"
    ]
    strange = [
        f"  {_called(node, hosts)} has no host in the inventory; add it to stemedb_nodes"
        for node in nodes
        if declared and not unclear and node["state"] == "Alive" and node["node_id"] not in hosts
    ]
    lines = [*away, *missing, *strange]
    more = len(lines) - _SOME
    return [*lines[:_SOME], *([f"  and {more} more nodes"] if more > 0 else [])]


def _called(node: Mapping[str, Any], hosts: Mapping[str, str]) -> str:
    host, where = hosts.get(node["node_id"]), f" at {node['address']}" if node["address"] else ""
    return f"{host} (node {node['node_id']})" if host else f"Node {node['node_id']}{where}"


def summed_up(unmet: Results) -> list[str]:
    """What is unmet, line by line; what more than a few shards lack alike is one line."""
    shards: dict[str, list[int]] = {}
    for thing in unmet:
        number = _shard(thing)
        if number is not None:
            shards.setdefault(thing["condition"], []).append(number)
    lines = []
    for thing in unmet:
        alike = shards.get(thing["condition"], [])
        if _shard(thing) is None or len(alike) <= _FEW:
            what = f"{thing['subject']} {thing['reason']}"
        elif _shard(thing) == alike[0]:
            what = f"{len(alike)} shards ({numbers(alike)}), such as {thing['subject']}, which "
            what += thing["reason"]
        else:
            continue
        lines.append(f"  {thing['condition']}: {what}{_guide(thing)}")
    return lines


def _shard(thing: Mapping[str, Any]) -> int | None:
    kind, _space, number = str(thing["subject"]).partition(" ")
    return int(number) if kind == "shard" and number.isdigit() else None


def _guide(thing: Mapping[str, Any]) -> str:
    return f' (guide: "{thing["guide"]}")' if thing["guide"] else ""


def _of_host(host: str, told: Mapping[str, Any]) -> list[str]:
    if told["probe"] is None:
        return [host_line(host, told)]
    probe = told["probe"]
    ways = blocked({"host": host, "probe": probe})
    return [
        host_line(host, told),
        *(f"  {way}" for way in ways[:_SOME]),
        *([f"  and {len(ways) - _SOME} more ports"] if len(ways) > _SOME else []),
        *_log("node", probe),
        *(_log("gateway", told["gateway"]) if told["gateway"] else []),
        *(f"  {e['section']}: {e['message']}" for e in (probe.get("errors") or [])[:_FEW]),
    ]


def _service(name: str, probe: Mapping[str, Any]) -> str:
    running = (probe.get("service") or {}).get("running")
    return f"{name} {'in an unknown state' if running is None else _RUNS[running]}"


_RUNS = {True: "runs", False: "does not run"}


def _log(name: str, probe: Mapping[str, Any]) -> list[str]:
    """How many lines of a log match what the guide greps for, and the last errors."""
    log = probe.get("log")
    if not log:
        return []
    matches: Mapping[str, Mapping[str, Any]] = log.get("matches") or {}
    counts = ", ".join(f"{kind} {match['count']}" for kind, match in sorted(matches.items()))
    errors: Iterable[str] = (matches.get("error") or {}).get("lines") or ()
    return [
        f"  log of the {name}: {log['line_count']} lines" + (f" ({counts})" if counts else ""),
        *(f"    {line}" for line in list(errors)[-_FEW:]),
    ]
