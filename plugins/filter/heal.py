# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter heal_plan. It is documented in the .yml of its name."""

from __future__ import annotations

from typing import Any, Callable

from ansible_collections.stemedb.cluster.plugins.plugin_utils._filters import (
    Hosts,
    Item,
    Items,
    checked,
    item_of,
)


@checked
def heal_plan(
    found: Item, views: Items, declared: Hosts | None = None, operations: Items = ()
) -> dict[str, Any]:
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._heal import plan
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._members.declared import (
        host_names,
        members,
    )

    known = members(declared or {}, found.get("resolved"))
    seen = [{"url": item_of(view), "nodes": view["nodes"]} for view in views]
    listed = {node["node_id"]: node for view in seen for node in view["nodes"]}
    return {
        **plan.heal_plan(found, seen, known, operations),
        "names": host_names(known, list(listed.values())),
    }


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"heal_plan": heal_plan}
