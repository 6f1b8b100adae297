# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter `stemedb.cluster.health_report`."""

from __future__ import annotations

DOCUMENTATION = r"""
name: health_report
short_description: A cluster's health on one screen
version_added: 0.1.0
author: stemedb.cluster contributors (@stemedb)
description:
  - Shows the nodes, the shards that are not well, the observers and a verdict with its reasons.
positional: nodes
options:
  _input:
    description: A result of M(stemedb.cluster.stemedb_cluster_info).
    type: dict
    required: true
  nodes:
    description:
      - RV(stemedb.cluster.stemedb_node_info#module:nodes).
      - By default those of RV(stemedb.cluster.stemedb_cluster_info#module:overview), which has the
        shards that are not well, too.
    type: list
    elements: dict
"""

EXAMPLES = r"""
- name: Show the cluster
  stemedb.cluster.stemedb_show:
    lines: "{{ result_with_overview | stemedb.cluster.health_report }}"
"""

RETURN = r"""
_value:
  description: The lines.
  type: list
  elements: str
"""

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ansible.errors import AnsibleFilterError
from ansible.utils.color import ANSIBLE_COLOR, stringc


def health_report(
    found: Mapping[str, Any], nodes: Sequence[Mapping[str, Any]] | None = None
) -> list[str]:
    """See the documentation of the plugin."""
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose import health

    paint = stringc if ANSIBLE_COLOR else lambda text, _colour: text
    try:
        return health.health_report(found, nodes, paint)
    except (AttributeError, KeyError, TypeError) as error:
        raise AnsibleFilterError(
            f"stemedb.cluster.health_report: the input is not of the documented form ({error!r})."
        ) from error


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Their names."""
        return {"health_report": health_report}
