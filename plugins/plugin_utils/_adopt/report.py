# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An adoption on one screen. Private to stemedb.cluster. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from shlex import quote
from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._host.secrets import HIDDEN
from ansible_collections.stemedb.cluster.plugins.module_utils._present.tables import counted
from ansible_collections.stemedb.cluster.plugins.plugin_utils._adopt import cluster
from ansible_collections.stemedb.cluster.plugins.plugin_utils._adopt.cluster import Site

_RUNS = {True: "runs", False: "does not run", None: "state not known"}


def lines(
    site: Site, findings: Sequence[Mapping[str, Any]], path: str, has_diff: bool
) -> list[str]:
    """Hosts, what would change on them, and what was found.

    :param findings: with a `text` each.
    :param path: of the inventory.
    :param has_diff: whether to show differences.
    """
    name = cluster.cluster_name(site) or "unknown"
    count = "an unknown number of" if site.members is None else str(len(site.members))
    shown = ["", f"Cluster {name}: {count} members, {len(site.expected)} hosts"]
    for host in site.hosts:
        if host.get("node_id"):
            shown += ["", *_host(host, has_diff)]
    if any(host.get("drift") for host in site.hosts) and not has_diff:
        shown += ["", "What is different there: run again with --diff."]
    shown += ["", *(finding["text"] for finding in findings)] if findings else []
    shown += ["", f"Inventory to write: {path}. Nothing is changed on the hosts."]
    return _printable(shown)


def outcome(site: Site, path: str, has_api_key: bool) -> list[str]:
    """What is in the inventory that was written, and what is left for its operator to do.

    :param has_api_key: whether the cluster was asked with a key.
    """
    hosts = cluster.adopted(site)
    locks = cluster.lock_hosts(site)
    named = f" and stemedb_lock_hosts ({', '.join(locks)})" if locks else ""
    shown = [f"{path} holds {counted(len(hosts), 'host')} of stemedb_nodes{named}."]
    shown += ["Still to do, before the first change:", *(f"  {one}" for one in _left(site))]
    if has_api_key:
        shown.append("  put stemedb_api_key into a vault, or into the environment: STEMEDB_API_KEY")
    shown.append(f"  check the health: ansible-playbook stemedb.cluster.health -i {quote(path)}")
    return _printable(shown)


def _left(site: Site) -> Iterator[str]:
    if not cluster.lock_hosts(site):
        yield "set stemedb_lock_hosts: three hosts or more that stay, and that run no other cluster"
    elif not site.said.get("lock_hosts"):
        yield "check stemedb_lock_hosts: name other hosts there if one of these will go"
    hosts = cluster.adopted(site)
    lost = [name for name in site.expected if name not in {host["host"] for host in hosts}]
    if lost:
        yield f"add the hosts whose node is not known: {', '.join(lost)}"
    told = [host["variables"] for host in hosts]
    if any(one.get("environment") == HIDDEN for one in told):
        yield (
            "create vault_stemedb_node_environment in a vault: a value for each name in the "
            "file's comments"
        )
    if any(HIDDEN in word for one in told for word in one.get("flags") or ()):
        yield "create vault_stemedb_node_flags in a vault: a value for each flag that names it"
    unmanaged = [h["host"] for h in hosts if _is_started_by_hand(h["variables"])]
    if unmanaged:
        yield (
            f"set stemedb_node_start_command, _stop_command and _status_command, or make a unit "
            f"and adopt again: {', '.join(unmanaged)}"
        )


def _is_started_by_hand(variables: Mapping[str, Any]) -> bool:
    return variables["service_manager"] == "command" and "status_command" not in variables


def _printable(lines: Sequence[str]) -> list[str]:
    """Words of a command line may hold what a terminal would obey."""
    return ["".join(c if c.isprintable() else "?" for c in line) for line in lines]


def _host(host: Mapping[str, Any], has_diff: bool) -> Iterator[str]:
    variables = host["variables"]
    by = f"by {variables['service']}" if "service" in variables else "by nothing that is known"
    if variables["service_manager"] == "command" and "status_command" in variables:
        by = "by commands of the inventory"
    yield f"{host['host']} is node {host['node_id']}, run {by}, {_RUNS[host['running']]}"
    if host.get("refused"):
        yield f"  stemedb_node would refuse it: {host['refused']}"
        return
    if host.get("drift") is None:
        yield "  what stemedb_node would change is not known"
        return
    for one in host["drift"]:
        yield f"  stemedb_node would change: {' '.join([one['what'], one['path']]).strip()}"
        yield from (f"    {line}" for line in (one["diff"] if has_diff else ()))
    if variables.get("environment") == HIDDEN and not host["has_environment"]:
        yield "  whether stemedb_node would change the environment is not known: it has no values"
    elif not host["drift"]:
        yield "  stemedb_node would change nothing"
