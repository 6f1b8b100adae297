# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter `stemedb.cluster.replacement_report`."""

from __future__ import annotations

DOCUMENTATION = r"""
name: replacement_report
short_description: What an operator reads when a node is replaced
version_added: 0.1.0
author: stemedb.cluster contributors (@stemedb)
description:
  - Makes lines for M(stemedb.cluster.stemedb_show), of which O(part) says which.
positional: part
options:
  _input:
    description: The value of P(stemedb.cluster.replacement_survey#filter).
    type: dict
    required: true
  part:
    description:
      - V(survey), who is replaced by whom and what speaks against it; V(affected), the shards that
        the dead node is named by; V(leaders), the hosts whose nodes lead them; V(lacking),
        sentences on shards without all their replicas; V(inventory), what to change there; V(kept),
        what was set aside; V(next), what to do after a step has failed.
    type: str
    choices: [survey, affected, leaders, lacking, inventory, kept, next]
    required: true
  check:
    description: For V(survey), whether nothing will be changed.
    type: bool
    default: false
  shards:
    description:
      - For V(affected), V(leaders) and V(lacking),
        RV(stemedb.cluster.stemedb_shard_info#module:shards).
    type: list
    elements: dict
  nodes:
    description: For V(leaders) and V(lacking), RV(stemedb.cluster.stemedb_node_info#module:nodes).
    type: list
    elements: dict
  hosts:
    description: For V(leaders), the variables of the declared members, by host.
    type: dict
  factor:
    description: For V(lacking), the replication factor.
    type: int
  told:
    description:
      - For V(inventory), C(gateway_urls), C(spares), C(groups) and C(node_ids) (by host) as they
        are in the inventory.
    type: dict
  moved:
    description: For V(kept), RV(stemedb.cluster.stemedb_set_aside#module:set_aside).
    type: list
    elements: dict
  step:
    description: For V(next), the step that failed.
    type: str
  found:
    description:
      - For V(next), the hosts as P(stemedb.cluster.diagnose_hosts#filter) gives them, with what
        their logs say.
    type: dict
  gateway_service:
    description: For V(next), the service whose log tells the gateway's side.
    type: str
    default: stemedb-gateway
"""

EXAMPLES = r"""
- name: Show which shards are named by the dead node
  stemedb.cluster.stemedb_show:
    lines: "{{ survey | stemedb.cluster.replacement_report('affected', shards=before.shards) }}"
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

Items = Sequence[Mapping[str, Any]]


def replacement_report(
    survey: Mapping[str, Any],
    part: str,
    check: bool = False,
    shards: Items = (),
    nodes: Items = (),
    hosts: Mapping[str, Mapping[str, Any]] | None = None,
    factor: int | None = None,
    told: Mapping[str, Any] | None = None,
    moved: Items = (),
    step: str = "",
    found: Mapping[str, Any] | None = None,
    gateway_service: str = "stemedb-gateway",
) -> list[str]:
    """See the documentation of the plugin."""
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._members.declared import members
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._replace_node import (
        advice as report,
    )

    parts: dict[str, Callable[[], list[str]]] = {
        "survey": lambda: report.survey_lines(survey, check),
        "affected": lambda: report.affected_lines(
            survey["target"]["name"], report.affected(shards, survey["target"]["node_id"])
        ),
        "leaders": lambda: report.leader_hosts(
            shards, members(hosts or {}, (found or {}).get("resolved")), nodes
        ),
        "lacking": lambda: report.lacking(shards, nodes, factor),
        "inventory": lambda: report.inventory_lines(survey, _told(told or {})),
        "kept": lambda: report.kept_lines(moved),
        "next": lambda: report.next_steps(step, survey, found or {}, gateway_service),
    }
    if part not in parts:
        raise AnsibleFilterError(
            f"stemedb.cluster.replacement_report knows {', '.join(parts)}, not {part!r}."
        )
    try:
        return parts[part]()
    except (AttributeError, KeyError, TypeError) as error:
        raise AnsibleFilterError(
            f"stemedb.cluster.replacement_report: the input is not of the documented form "
            f"({error!r})."
        ) from error


def _told(told: Mapping[str, Any]) -> dict[str, Any]:
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._members.declared import (
        split_list,
    )

    return {
        **told,
        "gateway_urls": split_list(told["gateway_urls"]),
        "spares": split_list(told["spares"]),
    }


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Their names."""
        return {"replacement_report": replacement_report}
