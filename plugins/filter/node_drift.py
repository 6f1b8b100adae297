# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter stemedb.cluster.node_drift; its documentation is in node_drift.yml."""

from __future__ import annotations

from typing import Any, Callable


def node_drift(before: Any, texts: Any, wanted: Any, settings: Any) -> list[dict[str, Any]]:
    """What would be changed, see `_node.drift.drift`."""
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._node.drift import drift

    return drift(before, texts, wanted, settings)


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"node_drift": node_drift}
