# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An adoption on one screen. Private to stemedb.cluster. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._host.secrets import HIDDEN
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
    # Words of a command line may hold what a terminal would obey.
    return ["".join(c if c.isprintable() else "?" for c in line) for line in shown]


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
