# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter `stemedb.cluster.diagnose_report`."""

from __future__ import annotations

DOCUMENTATION = r"""
name: diagnose_report
short_description: A diagnosis of a cluster on one screen
version_added: 0.1.0
author: stemedb.cluster contributors (@stemedb)
description:
  - Shows what is unmet in the cluster with the sections of the operators' guide that help, and of
    each host service, disk, load, ports that it does not reach, and its log.
positional: hosts, declared
options:
  _input:
    description:
      - A result of M(stemedb.cluster.stemedb_debug_export), also of one that failed.
    type: dict
    required: true
  hosts:
    description: What P(stemedb.cluster.diagnose_hosts#filter) gives.
    type: dict
    required: true
  declared:
    description:
      - By host of the inventory its variables, to name nodes by their hosts. Of them its id and its
        address count.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Show the diagnosis
  stemedb.cluster.stemedb_show:
    lines: "{{ exported | stemedb.cluster.diagnose_report(hosts) }}"
"""

RETURN = r"""
_value:
  description: The lines.
  type: list
  elements: str
"""

from collections.abc import Mapping
from typing import Any, Callable

from ansible.errors import AnsibleFilterError


def diagnose_report(
    found: Mapping[str, Any],
    hosts: Mapping[str, Mapping[str, Any]],
    declared: Mapping[str, Mapping[str, Any]] | None = None,
) -> list[str]:
    """See the documentation of the plugin."""
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose import hosts as diagnose
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._members import (
        declared as inventory,
    )

    try:
        return diagnose.diagnose_report(found, hosts, inventory.members(declared or {}))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise AnsibleFilterError(
            f"stemedb.cluster.diagnose_report: the input is not of the documented form ({error!r})."
        ) from error


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Their names."""
        return {"diagnose_report": diagnose_report}
