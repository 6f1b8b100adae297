# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter stemedb.cluster.node_seeds; its documentation is in node_seeds.yml."""

from __future__ import annotations

from typing import Any, Callable


def node_seeds(probe: dict[str, Any]) -> dict[str, Any]:
    """`{configuration, unit}`, each a list of seeds or null."""
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._node.service import seeds

    return seeds(probe)


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"node_seeds": node_seeds}
