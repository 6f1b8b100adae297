# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host said when it was looked at, from what its play has registered.

Private to stemedb.cluster. Pure. A host that could not be looked at is data: the plan judges it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_LOST = "it could not be reached any more"
# Its command line stays where it is: it may hold a key.
_KEPT = ("running", "state", "enabled", "started_at")


def look(told: Mapping[str, Any], writes: bool) -> dict[str, Any]:
    """`{node_id, source, service, clock, booted_at, at, reasons}`, or `{problem}`.

    :param told: the variables of the host.
    :param writes: whether it was compared with what would be written there.
    """
    problem = told.get("_stemedb_rolling_restart_problem")
    identity = told.get("stemedb_node_identity") or {}
    reasons = told.get("stemedb_node_restart_reasons")
    # A host that is lost in between runs no rescue.
    if problem or not identity.get("node_id") or (writes and reasons is None):
        return {"problem": problem or _LOST}
    probe = identity["probe"]
    service = probe["service"]
    return {
        "node_id": identity["node_id"],
        "source": identity["source"],
        "service": service and {key: service[key] for key in _KEPT},
        "clock": probe["clock"],
        "booted_at": probe["booted_at"],
        "at": identity["at"],
        "reasons": list(reasons or ()),
    }
