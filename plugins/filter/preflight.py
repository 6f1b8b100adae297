# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters of stemedb_preflight. Each is documented in the .yml of its name."""

from __future__ import annotations

from typing import Any, Callable

from ansible_collections.stemedb.cluster.plugins.plugin_utils._filters import checked


@checked
def preflight_findings(
    probe: dict[str, Any],
    settings: dict[str, Any],
    cluster: dict[str, Any] | None = None,
    members: list[dict[str, Any]] | None = None,
    cluster_error: str | None = None,
    accept: list[str] | None = None,
    shards: list[dict[str, Any]] | None = None,
    binaries: list[dict[str, Any]] | None = None,
) -> list[dict[str, Any]]:
    from ansible_collections.stemedb.cluster.plugins.module_utils._findings import labelled
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._preflight.checks import (
        ANOTHER_CLUSTER,
        findings,
    )
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._preflight.facts import (
        Facts,
        settings_of,
    )

    asked = {str(one["item"]): one for one in binaries or ()}
    facts = Facts(probe, cluster or None, members, cluster_error or None, shards, asked)
    return labelled(findings(settings_of(settings), facts), accept or (), ANOTHER_CLUSTER)


@checked
def preflight_targets(
    members: list[dict[str, Any]] | None, settings: dict[str, Any]
) -> dict[str, Any]:
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._preflight.checks import targets
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._preflight.facts import (
        settings_of,
    )

    return targets(settings_of(settings), members)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"preflight_findings": preflight_findings, "preflight_targets": preflight_targets}
