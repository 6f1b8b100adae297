# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter stemedb.cluster.node_startup; its documentation is in node_startup.yml."""

from __future__ import annotations

from typing import Any, Callable


def node_startup(probe: Any, before: Any = None) -> dict[str, str]:
    """How a start went, see `_node.service.startup`."""
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._node.service import startup

    return startup(probe, before)


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"node_startup": node_startup}
