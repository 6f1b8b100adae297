# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters of the plan. Each is documented in the .yml of its name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Callable

from ansible_collections.stemedb.cluster.plugins.plugin_utils._filters import Item, Items, checked


@checked
def plan_begun(operations: Items) -> list[str]:
    from ansible_collections.stemedb.cluster.plugins.module_utils._plan import history, unfinished

    return unfinished.begun(history.History(operations))


@checked
def plan_document(plan: Item) -> str:
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._plan import document

    return document.plan_document(plan)


@checked
def plan_due(plan: Item, settings: Item) -> dict[str, Any]:
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._plan import due

    return due.plan_due(plan, due.Settings(**settings))


@checked
def plan_left(plan: Item, done: Item, settings: Item) -> dict[str, Any]:
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._plan import due

    return due.plan_left(plan, dict(done), due.Settings(**settings))


@checked
def plan_lines(plan: Item) -> list[str]:
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._plan import lines

    return lines.plan_lines(plan)


@checked
def plan_markdown(plan: Item) -> str:
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._plan import markdown

    return markdown.plan_markdown(plan)


@checked
def plan_patch(plan: Item, inventory: Iterable[str]) -> str:
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._plan import patch, sources

    found = plan["substituted"]
    # Mostly there is nothing to change, and an inventory may have a thousand files.
    return patch.inventory_patch(sources.sources(inventory) if found else [], found)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {
            "plan_begun": plan_begun,
            "plan_document": plan_document,
            "plan_due": plan_due,
            "plan_left": plan_left,
            "plan_lines": plan_lines,
            "plan_markdown": plan_markdown,
            "plan_patch": plan_patch,
        }
