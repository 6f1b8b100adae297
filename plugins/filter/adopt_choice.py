# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter stemedb.cluster.adopt_choice; its documentation is in adopt_choice.yml."""

from __future__ import annotations

from typing import Any, Callable


def adopt_choice(probe: dict[str, Any], settings: dict[str, Any]) -> dict[str, Any]:
    """`{found, unit, process, names, look, findings}`."""
    from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.addresses import (
        endpoint,
        names_of,
    )
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._adopt.find import Search, choose
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._adopt.host import bare, look_at

    said = settings["said"]
    names = names_of(endpoint(settings["address"]).host, probe.get("ports"))
    members = settings["members"] or []
    at_host = (one for one in members if endpoint(one.get("address")).host in names)
    choice = choose(
        Search(
            host=settings["host"],
            probe=probe,
            said=said,
            programs=tuple(settings["programs"]),
            names=names,
            ids=frozenset(str(member["node_id"]) for member in at_host),
        )
    )
    candidate = choice.candidate
    return {
        "found": candidate is not None,
        "unit": candidate.unit if candidate else None,
        "process": candidate.process if candidate else None,
        "names": sorted(names),
        "look": look_at(candidate, said, bare(settings["defaults"])) if candidate else {},
        "findings": [finding._asdict() for finding in choice.findings],
    }


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"adopt_choice": adopt_choice}
