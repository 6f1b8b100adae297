# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters of a stop. Each is documented in the .yml of its name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Callable

from ansible_collections.stemedb.cluster.plugins.plugin_utils._filters import Item, checked


@checked
def impact_verdict(
    impact: Item, accept: Sequence[str] = (), who: str = "the node"
) -> dict[str, Any]:
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._stop import verdict

    # Of a string each letter would be a kind.
    kinds = [accept] if isinstance(accept, str) else list(accept)
    return verdict.verdict(impact, kinds, who)


@checked
def stop_refusal(
    judged: Item, renewed: Item, *, now: float, locked: bool = True, **told: Any
) -> str:
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._lock import majority
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._stop import permission

    refusal = permission.refusal(judged, now=now, **told)
    if refusal or not locked:
        return refusal
    return majority.lost(renewed.get("results") or (), now)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"impact_verdict": impact_verdict, "stop_refusal": stop_refusal}
