# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters of diagnoses and failure reports. Each is documented in the .yml of its name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ansible.utils.color import ANSIBLE_COLOR, stringc
from ansible_collections.stemedb.cluster.plugins.plugin_utils._filters import (
    Hosts,
    Item,
    Items,
    checked,
)


@checked
def diagnose_hosts(probes: Items, gateways: Items = (), asked: Items = ()) -> dict[str, Any]:
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose import hosts

    return hosts.diagnose_hosts(probes, gateways, asked)


@checked
def diagnose_order(members: Hosts, nodes: Items) -> list[str]:
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose import hosts

    return hosts.diagnose_order(members, nodes)


@checked
def diagnose_ports(members: Hosts) -> list[dict[str, Any]]:
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose import hosts

    return hosts.diagnose_ports(members)


@checked
def diagnose_report(found: Item, hosts: Hosts) -> list[str]:
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose import report

    return report.diagnose_report(found, hosts)


@checked
def diagnose_targets(members: Hosts, gateways: str | Sequence[str] = ()) -> dict[str, Any]:
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose import hosts
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._members.declared import (
        split_list,
    )

    return hosts.diagnose_targets(members, split_list(gateways))


@checked
def failure_report(facts: Item) -> dict[str, Any]:
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose import failure

    return failure.failure_report(facts)


@checked
def health_files(
    found: Item,
    heat_map_dest: str = "",
    metrics_dest: str = "",
    names: Mapping[str, str] | None = None,
) -> list[dict[str, str]]:
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._timeline import files

    return files.health_files(found, heat_map_dest, metrics_dest, names or {})


@checked
def health_report(
    found: Item, nodes: Items | None = None, names: Mapping[str, str] | None = None
) -> list[str]:
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose import health

    paint = stringc if ANSIBLE_COLOR else lambda text, _colour: text
    return health.health_report(found, nodes, paint, names or {})


@checked
def hosts_around(named: Sequence[str], members: Hosts, gateways: str | Sequence[str]) -> list[str]:
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose import hosts
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._members.declared import (
        split_list,
    )

    return hosts.hosts_around(named, members, split_list(gateways))


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {
            "diagnose_hosts": diagnose_hosts,
            "diagnose_order": diagnose_order,
            "diagnose_ports": diagnose_ports,
            "diagnose_report": diagnose_report,
            "diagnose_targets": diagnose_targets,
            "failure_report": failure_report,
            "health_files": health_files,
            "health_report": health_report,
            "hosts_around": hosts_around,
        }
