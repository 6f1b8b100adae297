# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a plan comes to, in words that the terminal and the review share.

Private to stemedb.cluster. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._present.tables import (
    counted,
    numbers,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._plan.text import plain

Plan = Mapping[str, Any]

DRIFT = {
    True: "The cluster differs from the inventory.",
    False: "The cluster is as declared.",
    None: "Whether the cluster is as declared is unknown.",
}
# The lists of the difference in which something is to be seen, with what they are.
LISTS = (
    ("to_replace", "declared, and Dead"),
    ("missing", "declared, a member before, and no longer listed"),
    ("to_add", "declared, and no member"),
    ("substituted", "declared, and another node has taken its place: change the inventory"),
    ("undeclared", "listed, and not declared"),
)
_NAMES = {"add_node": "Add", "replace_node": "Replace", "remove_node": "Remove"}


def counts(plan: Plan) -> str:
    """How many of which, such as `4 matched, 1 to add`."""
    parts = [f"{len(plan['matched'])} matched"]
    parts += [f"{len(plan[name])} {name.replace('_', ' ')}" for name, _what in LISTS if plan[name]]
    return ", ".join(parts)


def result(plan: Plan) -> str:
    """What may be done now."""
    if plan["applied"]:
        return "The reviewed plan is applied already: nothing is left to do."
    if plan["refused"]:
        return f"Refused ({counted(len(plan['refused']), 'reason')}): nothing is done."
    if not plan["steps"]:
        but = " but to change the inventory" if plan["substituted"] else ""
        return f"There is nothing to do{but}."
    at = plan["resume_at"]
    resumed = f", from step {at + 1} of the reviewed plan" if at else ""
    return f"{counted(len(plan['steps']), 'step')} to do{resumed}."


def change_by_hand(row: Plan) -> str:
    """What a row of `substituted` asks of whoever writes the inventory."""
    host, by = plain(row["host"]), plain(row["by"])
    if row["host"] == row["by"]:
        return f"set stemedb_node_id of {host} to {plain(row['by_node_id'])}"
    return f"declare {by} in the place of {host}, and take it out of the spares"


def change(step: Plan) -> str:
    """The verb of a step."""
    return _NAMES.get(step["operation"], str(step["operation"]))


def verdict(step: Plan) -> str:
    """What the guard says of a step, and which shards it touches."""
    said = str(step["verdict"]).replace("_", " ")
    if not step["shards"]:
        return f"guard: {said}"
    held = f"{counted(len(step['shards']), 'shard')} ({numbers(step['shards'])}), {step['led']} led"
    good = step["good_after"]
    kept = "good replicas left unknown" if good is None else f"each keeps at least {good} good"
    return f"guard: {said}; {held}; {kept}"
