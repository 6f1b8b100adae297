# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters of the cluster lock. Each is documented in the .yml of its name."""

from __future__ import annotations

from typing import Any, Callable

from ansible_collections.stemedb.cluster.plugins.plugin_utils._filters import Item, Items, checked


@checked
def lock_hosts(members: Any, named: Any = None, targets: Any = None) -> dict[str, Any]:
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._lock import majority

    return majority.lock_hosts(members, named, targets)


@checked
def lock_lost(results: Items, now: float | None = None) -> str:
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._lock import majority

    return majority.lost(results, now)


@checked
def lock_operations(results: Items, cluster: str = "", named: str = "") -> list[dict[str, Any]]:
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._lock import report

    return report.history(results, cluster, named)


@checked
def lock_plan(results: Items, hosts: Item, named: str = "", **told: Any) -> dict[str, Any]:
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._lock import majority

    return majority.taking(results, hosts, named, **told)


@checked
def lock_report(results: Items, of: int) -> list[str]:
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._lock import report

    return report.lock_report(results, of)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {
            "lock_hosts": lock_hosts,
            "lock_lost": lock_lost,
            "lock_operations": lock_operations,
            "lock_plan": lock_plan,
            "lock_report": lock_report,
        }
