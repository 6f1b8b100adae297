# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters of stemedb_adopt. Each is documented in the .yml of its name."""

from __future__ import annotations

from typing import Any, Callable

from ansible_collections.stemedb.cluster.plugins.plugin_utils._filters import checked


@checked
def adopt_choice(probe: dict[str, Any], settings: dict[str, Any]) -> dict[str, Any]:
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


@checked
def adopt_host(
    choice: dict[str, Any], settings: dict[str, Any], probe: dict[str, Any] | None = None
) -> dict[str, Any]:
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


@checked
def adopt_inventory(
    hosts: list[dict[str, Any]],
    settings: dict[str, Any],
    cluster: dict[str, Any] | None = None,
    members: list[dict[str, Any]] | None = None,
    cluster_error: str | None = None,
) -> dict[str, Any]:
    from ansible_collections.stemedb.cluster.plugins.module_utils._findings import labelled
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._adopt import report
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._adopt.cluster import (
        Site,
        findings,
        together,
    )
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._adopt.host import bare
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._adopt.inventory import inventory
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._preflight.checks import ORDER

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
        "outcome": report.outcome(site, settings["path"], settings["has_api_key"]),
        "text": inventory(site, bare(settings["defaults"]), settings["has_api_key"]),
    }


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {
            "adopt_choice": adopt_choice,
            "adopt_host": adopt_host,
            "adopt_inventory": adopt_inventory,
        }
