# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters that several procedures share. Each is documented in the .yml of its name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Callable

from ansible.errors import AnsibleFilterError
from ansible_collections.stemedb.cluster.plugins.plugin_utils._filters import Item, Items, checked


@checked
def add_goals(before: Item, node_id: str, replaces: str = "") -> list[dict[str, Any]]:
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._operation import goals

    return goals.add_goals(before, node_id, replaces)


@checked
def bootstrap_goals(node_ids: Sequence[str]) -> list[dict[str, Any]]:
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._operation import goals

    if not isinstance(node_ids, Sequence) or isinstance(node_ids, str) or not node_ids:
        raise AnsibleFilterError(
            f"stemedb.cluster.bootstrap_goals takes a list of node ids that is not empty, not "
            f"{node_ids!r}."
        )
    return goals.bootstrap_goals(node_ids)


@checked
def restart_goals(nodes: Items, node_id: str) -> list[dict[str, Any]]:
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._operation import goals

    return goals.restart_goals(nodes, node_id)


@checked
def regressions(after: Item, before: Item) -> list[str]:
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._operation import goals

    return goals.regressions(before, after)


@checked
def timeline(steps: Items, began: float | None = 0) -> list[str]:
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._operation import goals

    return goals.timeline(steps, began)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {
            "add_goals": add_goals,
            "bootstrap_goals": bootstrap_goals,
            "restart_goals": restart_goals,
            "regressions": regressions,
            "timeline": timeline,
        }
