# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter stemedb.cluster.node_restart_reasons; see node_restart_reasons.yml."""

from __future__ import annotations

from typing import Any, Callable


def node_restart_reasons(probe: Any, files: Any, changed: Any, arguments: Any) -> list[str]:
    """What a running service does not use yet, see `_node.service.restart_reasons`."""
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._node.service import (
        restart_reasons,
    )

    return restart_reasons(probe, files, changed, arguments)


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"node_restart_reasons": node_restart_reasons}
