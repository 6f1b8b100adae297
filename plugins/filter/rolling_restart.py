# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters of a rolling restart. Each is documented in the .yml of its name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Callable

from ansible.errors import AnsibleFilterError
from ansible_collections.stemedb.cluster.plugins.plugin_utils._filters import (
    Hosts,
    Item,
    checked,
    part_of,
)


@checked
def restart_plan(
    targets: Sequence[str], found: Item, hosts: Hosts, settings: Item
) -> dict[str, Any]:
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._members import declared
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._rolling_restart import look, plan

    mode = settings.get("mode")
    if mode not in plan.MODES:
        raise AnsibleFilterError(
            f"stemedb.cluster.restart_plan: the mode is one of {', '.join(plan.MODES)}, not "
            f"{mode!r}."
        )
    began = settings.get("began") or plan.beginning(
        settings["operations"],
        mode,
        str(settings.get("since") or ""),
        float(settings["now"]),
        float(settings["within"]),
    )
    wanted = plan.Settings(
        mode,
        began,
        tuple(declared.split_list(settings["gateway_urls"])),
        int(settings["min_observers"]),
        tuple(declared.split_list(settings.get("accept"))),
        bool(settings.get("check")),
    )
    looks = {host: look.look(hosts[host], bool(settings.get("writes"))) for host in targets}
    members = declared.members(hosts, found.get("resolved"))
    return {
        **plan.plan(looks, found, members, wanted),
        "names": declared.host_names(members, found["overview"]["nodes"] or ()),
    }


@checked
def restart_turn(ended: str, rechecked: Item, check: bool) -> dict[str, Any]:
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._rolling_restart import turn

    return turn.turn(ended, rechecked.get("plan"), check)


@checked
def restart_report(
    found: Item,
    part: str,
    check: bool = False,
    step: str = "",
    host: str = "",
    results: Hosts | None = None,
) -> list[str]:
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._rolling_restart import (
        plan,
        report,
    )

    parts: dict[str, Callable[[], list[str]]] = {
        "versions": lambda: report.versions(found),
        "after": lambda: report.after_lines(found, check),
        "progress": lambda: [plan.left(**found)],
        "rebalanced": lambda: [why for why in [plan.rebalanced(**found)] if why],
        "next": lambda: report.next_steps(step, host, found, results or {}),
    }
    return part_of("restart_report", parts, part)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {
            "restart_plan": restart_plan,
            "restart_report": restart_report,
            "restart_turn": restart_turn,
        }
