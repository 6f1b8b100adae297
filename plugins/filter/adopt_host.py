# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter stemedb.cluster.adopt_host; its documentation is in adopt_host.yml."""

from __future__ import annotations

from typing import Any, Callable


def adopt_host(
    choice: dict[str, Any], settings: dict[str, Any], probe: dict[str, Any] | None = None
) -> dict[str, Any]:
    """What `_adopt.host.describe` gives, and the findings of the choice before its own."""
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._adopt.facts import Found
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._adopt.find import Candidate
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._adopt.host import bare, describe

    if not choice["found"]:
        return {"host": settings["host"], "node_id": None, "findings": choice["findings"]}
    defaults = dict(bare(settings["defaults"]), address=settings["plain_address"])
    described = describe(
        Found(
            host=settings["host"],
            candidate=Candidate(choice["unit"], choice["process"]),
            probe=probe or {},
            said=settings["said"],
            defaults=defaults,
            names=frozenset(choice["names"]),
            members=settings["members"],
            gateway_urls=settings["gateway_urls"],
            environment_pattern=settings["environment_pattern"],
        )
    )
    return {
        **described,
        "findings": [*choice["findings"], *described["findings"]],
        "connection": settings["connection"],
        # All that the node role wants to know, for a look at what it would do.
        "role": {**defaults, **described["variables"]},
    }


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"adopt_host": adopt_host}
