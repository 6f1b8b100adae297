# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter stemedb.cluster.preflight_findings; see preflight_findings.yml."""

from __future__ import annotations

from typing import Any, Callable

from ansible.errors import AnsibleFilterError


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
    """`[{kind, severity, subject, detail, accepted, text}]`, errors first."""
    from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._preflight.checks import findings
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._preflight.cluster import labelled
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._preflight.facts import (
        Facts,
        settings_of,
    )

    asked = {str(one["item"]): one for one in binaries or ()}
    facts = Facts(probe, cluster or None, members, cluster_error or None, shards, asked)
    try:
        found = findings(settings_of(settings), facts)
    except StemeDBError as error:
        raise AnsibleFilterError(error.message) from error
    return labelled(found, accept or ())


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"preflight_findings": preflight_findings}
