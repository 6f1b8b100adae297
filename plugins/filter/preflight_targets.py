# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter stemedb.cluster.preflight_targets; its documentation is in preflight_targets.yml."""

from __future__ import annotations

from typing import Any, Callable

from ansible.errors import AnsibleFilterError


def preflight_targets(
    members: list[dict[str, Any]] | None, settings: dict[str, Any]
) -> dict[str, Any]:
    """`{ports, urls, addresses, sysctls}` for stemedb_host_info."""
    from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._preflight.checks import targets
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._preflight.facts import (
        settings_of,
    )

    try:
        return targets(settings_of(settings), members)
    except StemeDBError as error:
        raise AnsibleFilterError(error.message) from error


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"preflight_targets": preflight_targets}
