# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters of a removal. Each is documented in the .yml of its name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ansible_collections.stemedb.cluster.plugins.plugin_utils._filters import (
    Hosts,
    Item,
    Items,
    checked,
    item_of,
    part_of,
)


@checked
def removal_targets(
    named: Any,
    hosts: Hosts,
    nodes: Items | None = None,
    resolved: Mapping[str, Sequence[str]] | None = None,
) -> dict[str, Any]:
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._members import declared, targets

    members = declared.members(hosts, resolved)
    return targets.find_targets(declared.split_list(named), members, nodes)


@checked
def removal_survey(
    targets: Items, probes: Items, found: Item, hosts: Hosts, settings: Item
) -> dict[str, Any]:
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._members import declared
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._remove_node import plan

    least, seeds = settings.get("min_nodes"), settings.get("seeds")
    wanted = plan.Settings(
        tuple(declared.split_list(settings["gateway_urls"])),
        None if seeds is None else tuple(declared.split_list(seeds)),
        None if least in (None, "") else int(least),
        int(settings.get("max_changes", 1)),
        tuple(declared.split_list(settings.get("accept"))),
        tuple(declared.split_list(settings.get("confirm"))),
        bool(settings.get("can_drain")),
        bool(settings.get("delete_data")),
        bool(settings.get("check")),
    )
    members = declared.members(hosts, found.get("resolved"))
    by_host = {item_of(probe): probe for probe in probes}
    nodes = found["overview"]["nodes"] or ()
    return {
        **plan.survey(targets, by_host, found, members, wanted),
        "zones": declared.zones(members, nodes),
        "names": declared.host_names(members, nodes),
    }


@checked
def removal_report(
    found: Item,
    part: str,
    name: str = "",
    gateway_urls: Any = (),
    groups: Mapping[str, Sequence[str]] | None = None,
    step: str = "",
    unmet: Items = (),
) -> list[str]:
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._members.declared import (
        split_list,
    )
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._remove_node import advice

    parts: dict[str, Callable[[], list[str]]] = {
        "impact": lambda: advice.impact_lines(name, found),
        "seeds": lambda: advice.seed_lines(found),
        "inventory": lambda: advice.inventory_lines(found, split_list(gateway_urls), groups or {}),
        "next": lambda: advice.next_steps(step, found, unmet),
    }
    return part_of("removal_report", parts, part)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {
            "removal_targets": removal_targets,
            "removal_survey": removal_survey,
            "removal_report": removal_report,
        }
