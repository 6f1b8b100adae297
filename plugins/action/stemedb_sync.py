# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's side of `stemedb_sync`."""

from __future__ import annotations

from ansible_collections.stemedb.cluster.plugins.plugin_utils._action import NamedClusterAction


class ActionModule(NamedClusterAction):
    """All that it does is shared."""
