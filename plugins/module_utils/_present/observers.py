# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who was asked, as results show it. Private to stemedb.cluster. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import Observer


def observers(found: Iterable[Observer]) -> list[dict[str, Any]]:
    """The `observers` of a result."""
    return [
        {
            "url": observer.url,
            "node_id": observer.node_id,
            "reachable": observer.reachable,
            "excluded": observer.excluded,
            "error": observer.error,
            "node_count": observer.node_count,
            "meta_version": observer.meta_version,
        }
        for observer in found
    ]
