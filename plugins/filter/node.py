# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters of stemedb_node. Each is documented in the .yml of its name."""

from __future__ import annotations

from typing import Any, Callable

from ansible_collections.stemedb.cluster.plugins.plugin_utils._filters import checked


@checked
def node_drift(before: Any, texts: Any, wanted: Any, settings: Any) -> list[dict[str, Any]]:
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._node import drift

    return drift.drift(before, texts, wanted, settings)


@checked
def node_restart_reasons(probe: Any, files: Any, changed: Any, arguments: Any) -> list[str]:
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._node import service

    return service.restart_reasons(probe, files, changed, arguments)


@checked
def node_same_file(there: Any, text: str, what: str) -> bool:
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._node import drift

    return drift.same_file(there, text, what)


@checked
def node_seeds(probe: dict[str, Any]) -> dict[str, Any]:
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._node import service

    return service.seeds(probe)


@checked
def node_startup(probe: Any, before: Any = None) -> dict[str, str]:
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._node import service

    return service.startup(probe, before)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {
            "node_drift": node_drift,
            "node_restart_reasons": node_restart_reasons,
            "node_same_file": node_same_file,
            "node_seeds": node_seeds,
            "node_startup": node_startup,
        }
