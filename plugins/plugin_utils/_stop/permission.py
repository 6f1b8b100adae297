# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the guard has just allowed the stop of a node.

Private to stemedb.cluster. Pure. The guard may have been skipped, by a tag or by beginning later,
or its answer be old, as after a suspension. Which stops are safe is judged in
module_utils/_impact/assess.py.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

# Seconds for which the guard's answer is good: it is given at the moment of the stop.
FRESH = 30


def refusal(
    judged: Mapping[str, Any],
    host: str,
    node_id: str,
    permanent: bool,
    hosts: Collection[str],
    now: float,
) -> str:
    """Why it may not be stopped now; empty if it may.

    :param judged: `{plan, at}`, the guard's verdict as it was shown, and when.
    :param hosts: of the inventory.
    :param now: the time, as `at` is counted.
    """
    plan = judged.get("plan") or {}
    if (
        host in hosts
        and plan.get("passed") is True
        and plan.get("node_id") == node_id
        and plan.get("permanent") is permanent
        and now - float(judged.get("at", 0)) < FRESH
    ):
        return ""
    return (
        f"{host} is not stopped: it is no host of the inventory, or the guard has not allowed it "
        f"within the last {FRESH} seconds. Was a task skipped, or this run suspended? Run the "
        "playbook from its beginning, without --start-at-task and --tags."
    )
