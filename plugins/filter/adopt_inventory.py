# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter stemedb.cluster.adopt_inventory; its documentation is in adopt_inventory.yml."""

from __future__ import annotations

from typing import Any, Callable


def adopt_inventory(
    hosts: list[dict[str, Any]],
    settings: dict[str, Any],
    cluster: dict[str, Any] | None = None,
    members: list[dict[str, Any]] | None = None,
    cluster_error: str | None = None,
) -> dict[str, Any]:
    """`{findings, lines, text}`."""
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._adopt import report
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._adopt.cluster import (
        Site,
        findings,
        together,
    )
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._adopt.host import bare
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._adopt.inventory import inventory
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._preflight.checks import ORDER
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._preflight.cluster import labelled

    known = not cluster_error
    site = Site(
        hosts=hosts,
        expected=settings["expected"],
        cluster=cluster if known else None,
        members=members if known else None,
        cluster_error=cluster_error or "",
        said=settings["said"],
    )
    found = sorted(findings(site), key=lambda finding: ORDER.index(finding.severity))
    shown = labelled(together(found), settings["accept"])
    return {
        "findings": shown,
        "lines": report.lines(site, shown, settings["path"], settings["has_diff"]),
        "text": inventory(site, bare(settings["defaults"]), settings["has_api_key"]),
    }


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"adopt_inventory": adopt_inventory}
