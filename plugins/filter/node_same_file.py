# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter stemedb.cluster.node_same_file; its documentation is in node_same_file.yml."""

from __future__ import annotations

from typing import Any, Callable


def node_same_file(there: Any, text: str, what: str) -> bool:
    """Whether a file says what a text does, see `_node.drift.same_file`."""
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._node.drift import same_file

    return same_file(there, text, what)


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"node_same_file": node_same_file}
