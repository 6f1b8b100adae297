# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter `stemedb.cluster.removal_report`."""

from __future__ import annotations

DOCUMENTATION = r"""
name: removal_report
short_description: What an operator reads when a node is removed
version_added: 0.1.0
author: stemedb.cluster contributors (@stemedb)
description:
  - Makes lines for M(stemedb.cluster.stemedb_show), of which O(part) says which.
positional: part
options:
  _input:
    description:
      - For V(survey) and V(inventory), the value of P(stemedb.cluster.removal_survey#filter).
      - For V(impact), the result of M(stemedb.cluster.stemedb_impact_info).
      - For V(seeds), by host what became of its list of seeds.
      - For V(next), one of the C(targets) of P(stemedb.cluster.removal_survey#filter).
    type: dict
    required: true
  part:
    description:
      - V(survey), who goes and what speaks against it; V(impact), the shards that are touched;
        V(seeds), what was written on the members that stay; V(inventory), what to change there;
        V(next), what to do after a step has failed.
    type: str
    choices: [survey, impact, seeds, inventory, next]
    required: true
  check:
    description: For V(survey), whether nothing will be changed.
    type: bool
    default: false
  name:
    description: For V(impact), how the node is called.
    type: str
  gateway_urls:
    description: For V(inventory), C(stemedb_gateway_url) as it is.
    type: list
    elements: str
  groups:
    description: For V(inventory), the hosts of each group, as Ansible's variable of that name.
    type: dict
  step:
    description: For V(next), the step that failed.
    type: str
  unmet:
    description: For V(next), what was unmet in the wait that failed.
    type: list
    elements: dict
  gateway_service:
    description: For V(next), the service whose log tells the gateway's side.
    type: str
    default: stemedb-gateway
"""

EXAMPLES = r"""
- name: Show which shards are touched
  stemedb.cluster.stemedb_show:
    lines: "{{ impact | stemedb.cluster.removal_report('impact', name='node-04') }}"
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


def removal_report(
    found: Mapping[str, Any],
    part: str,
    check: bool = False,
    name: str = "",
    gateway_urls: Any = (),
    groups: Mapping[str, Sequence[str]] | None = None,
    step: str = "",
    unmet: Sequence[Mapping[str, Any]] = (),
    gateway_service: str = "stemedb-gateway",
) -> list[str]:
    """See the documentation of the plugin."""
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._members.declared import (
        split_list,
    )
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._remove_node import (
        advice as report,
    )

    parts: dict[str, Callable[[], list[str]]] = {
        "survey": lambda: report.survey_lines(found, check),
        "impact": lambda: report.impact_lines(name, found),
        "seeds": lambda: report.seed_lines(found),
        "inventory": lambda: report.inventory_lines(found, split_list(gateway_urls), groups or {}),
        "next": lambda: report.next_steps(step, found, unmet, gateway_service),
    }
    if part not in parts:
        raise AnsibleFilterError(
            f"stemedb.cluster.removal_report knows {', '.join(parts)}, not {part!r}."
        )
    try:
        return parts[part]()
    except (AttributeError, KeyError, TypeError) as error:
        raise AnsibleFilterError(
            f"stemedb.cluster.removal_report: the input is not of the documented form ({error!r})."
        ) from error


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Their names."""
        return {"removal_report": removal_report}
