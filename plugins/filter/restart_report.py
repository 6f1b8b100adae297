# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter `stemedb.cluster.restart_report`."""

from __future__ import annotations

DOCUMENTATION = r"""
name: restart_report
short_description: What an operator reads of a rolling restart
version_added: 0.1.0
author: stemedb.cluster contributors (@stemedb)
description:
  - Makes lines for M(stemedb.cluster.stemedb_show), of which O(part) says which.
positional: part
options:
  _input:
    description:
      - For V(plan) and V(next), the value of P(stemedb.cluster.restart_plan#filter).
      - For V(versions), by host C(binary) and C(service) as M(stemedb.cluster.stemedb_host_info)
        tells them, and C(installed_at), when the binary came there.
      - For V(after), by host what became of it.
      - For V(progress), C(index), C(of) and C(seconds), what each node has taken so far.
      - For V(rebalanced), C(node_id), C(state) right before the start, C(waits) since, and
        C(before) and C(after) as M(stemedb.cluster.stemedb_shard_info) lists the shards.
    type: dict
    required: true
  part:
    description:
      - V(plan), who is restarted in which order, and what speaks against it; V(versions), which
        version runs where; V(after), times and what is left; V(progress), how far it is;
        V(rebalanced), why rebalancing must have begun, nothing if nothing says so; V(next), what
        to do after a step has failed.
    type: str
    choices: [plan, versions, after, progress, rebalanced, next]
    required: true
  check:
    description: For V(plan) and V(after), whether nothing is changed.
    type: bool
    default: false
  step:
    description: For V(next), the step that failed.
    type: str
  host:
    description: For V(next), the host whose turn it was.
    type: str
  results:
    description: For V(next), by host what became of those before.
    type: dict
"""

EXAMPLES = r"""
- name: Show the plan
  stemedb.cluster.stemedb_show:
    lines: "{{ plan | stemedb.cluster.restart_report('plan', check=ansible_check_mode) }}"
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


def restart_report(
    found: Mapping[str, Any],
    part: str,
    check: bool = False,
    step: str = "",
    host: str = "",
    results: Mapping[str, Mapping[str, Any]] | None = None,
) -> list[str]:
    """See the documentation of the plugin."""
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._rolling_restart import (
        plan as restart,
    )
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._rolling_restart import report

    parts: dict[str, Callable[[], list[str]]] = {
        "plan": lambda: report.plan_lines(found, check),
        "versions": lambda: report.versions(found),
        "after": lambda: report.after_lines(found, check),
        "progress": lambda: [restart.left(**found)],
        "rebalanced": lambda: [why for why in [restart.rebalanced(**found)] if why],
        "next": lambda: report.next_steps(step, host, found, results or {}),
    }
    if part not in parts:
        raise AnsibleFilterError(
            f"stemedb.cluster.restart_report knows {', '.join(parts)}, not {part!r}."
        )
    try:
        return parts[part]()
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise AnsibleFilterError(
            f"stemedb.cluster.restart_report: the input is not of the documented form ({error!r})."
        ) from error


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Their names."""
        return {"restart_report": restart_report}
