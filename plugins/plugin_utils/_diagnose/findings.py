# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All findings of a diagnosis. Private to stemedb.cluster. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose.configuration import (
    configuration_findings,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose.finding import shown
from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose.gateways import (
    gateway_findings,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose.nodes import node_findings
from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose.shards import (
    shard_findings,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose.situation import (
    Limits,
    Situation,
)


def findings(situation: Situation) -> list[dict[str, Any]]:
    """The findings, the most serious first; empty where nothing is wrong as far as is known."""
    return shown(
        [
            *gateway_findings(situation),
            *node_findings(situation),
            *shard_findings(situation),
            *configuration_findings(situation),
        ]
    )


def limits_of(values: Mapping[str, Any]) -> Limits:
    """Limits from what an inventory holds, numbers as text.

    :raises StemeDBError: `config`, naming the one that is wrong.
    """
    unknown = sorted(set(values) - set(Limits._fields))
    if unknown:
        known = ", ".join(Limits._fields)
        raise StemeDBError(
            "config", f"limits: there is no {', '.join(unknown)}; there are {known}."
        )
    ready = {}
    for key, value in values.items():
        try:
            ready[key] = float(value)
        except (TypeError, ValueError):
            raise StemeDBError("config", f"limits: {key} is no number: {value!r}.") from None
    return Limits(**ready)
