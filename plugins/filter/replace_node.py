# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters of a replacement. Each is documented in the .yml of its name."""

from __future__ import annotations

import uuid
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
def replacement_survey(
    named: Any,
    hosts: Hosts,
    settings: Item,
    nodes: Items | None = None,
    facts: Item | None = None,
) -> dict[str, Any]:
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._members import declared
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._probes import prints_log
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._replace_node import (
        plan,
        substitute,
    )

    seeds = settings.get("seeds")
    ports = {host: each.get("stemedb_node_gossip_port") for host, each in hosts.items()}
    logless = [
        host
        for host, each in hosts.items()
        if not prints_log(
            each.get("stemedb_node_service_manager", settings.get("service_manager")),
            each.get("stemedb_node_log_command", settings.get("log_command")),
        )
    ]
    wanted = substitute.Settings(
        tuple(declared.split_list(settings["gateway_urls"])),
        str(settings.get("with") or ""),
        tuple(declared.split_list(settings.get("spares"))),
        None if seeds is None else tuple(declared.split_list(seeds)),
        int(settings.get("min_observers", 2)),
        str(settings.get("observers") or "all"),
        tuple(declared.split_list(settings.get("accept"))),
        str(settings.get("new_id") or uuid.uuid4()),
        {host: int(port) for host, port in ports.items() if port},
        settings.get("seen") or {},
        bool(settings.get("check")),
        tuple(logless),
    )
    members = declared.members(hosts, settings.get("resolved"))
    looked = plan.look_at(declared.split_list(named), members, wanted, nodes)
    if facts is None:
        return looked
    probes = {item_of(probe): probe for probe in facts["probes"]}
    gateways = facts["gateways"] or ()
    cluster = facts["cluster"]
    return {
        **plan.survey(looked, probes, gateways, cluster, members, wanted),
        "names": declared.host_names(members, cluster["overview"]["nodes"] or ()),
    }


@checked
def replacement_report(
    survey: Item,
    part: str,
    shards: Items = (),
    nodes: Items = (),
    hosts: Hosts | None = None,
    factor: int | None = None,
    told: Item | None = None,
    moved: Items = (),
    step: str = "",
    found: Item | None = None,
    own: str = "",
    logs: Items = (),
) -> list[str]:
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._members import declared
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._replace_node import advice

    def inventory() -> list[str]:
        given = told or {}
        lists = {key: declared.split_list(given[key]) for key in ("gateway_urls", "spares")}
        return advice.inventory_lines(survey, {**given, **lists})

    def members() -> list[declared.Declared]:
        return declared.members(hosts or {}, (found or {}).get("resolved"))

    parts: dict[str, Callable[[], list[str]]] = {
        "affected": lambda: advice.affected_lines(
            survey["target"]["name"], advice.affected(shards, survey["target"]["node_id"])
        ),
        "leaders": lambda: advice.leader_hosts(shards, members(), nodes),
        "logs": lambda: advice.logs_lines(survey, shards, members(), nodes, own),
        "complaints": lambda: advice.complaints(survey, logs),
        "lacking": lambda: advice.lacking(shards, nodes, factor),
        "inventory": inventory,
        "kept": lambda: advice.kept_lines(moved),
        "next": lambda: advice.next_steps(step, survey, found or {}),
    }
    return part_of("replacement_report", parts, part)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"replacement_survey": replacement_survey, "replacement_report": replacement_report}
