# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter stemedb.cluster.node_same_file; its documentation is in node_same_file.yml."""

from __future__ import annotations

from typing import Any, Callable

from ansible_collections.stemedb.cluster.plugins.module_utils._node_drift import same_file


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"node_same_file": same_file}
