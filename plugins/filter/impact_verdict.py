# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter `stemedb.cluster.impact_verdict`."""

from __future__ import annotations

DOCUMENTATION = r"""
name: impact_verdict
short_description: Whether a node may be stopped, given what is accepted by name
version_added: 0.1.0
author: stemedb.cluster contributors (@stemedb)
description:
  - Judges a result of M(stemedb.cluster.stemedb_impact_info). Each blocker keeps the gate shut
    until it is gone, or its kind is accepted by name.
positional: accept, who
options:
  _input:
    description: The result.
    type: dict
    required: true
  accept:
    description: Kinds of blockers that are accepted.
    type: list
    elements: str
    default: []
  who:
    description: The node, for people.
    type: str
    default: the node
"""

EXAMPLES = r"""
- name: Ask what would break without node-03
  stemedb.cluster.stemedb_impact_info:
    gateway_url: http://gateway:18181
    nodes: [a3f2b1c4]
    permanent: false
  register: impact

- name: Demand that nothing would
  ansible.builtin.assert:
    that: verdict.passed
    fail_msg: "{{ verdict.sentence }}"
  vars:
    verdict: "{{ impact | stemedb.cluster.impact_verdict(['single_observer'], 'node-03') }}"
"""

RETURN = r"""
_value:
  description:
    - C(passed); C(lines), for the operator, with what was accepted; C(refused) and C(accepted), the
      blockers; C(sentence), why not and what to do, empty if passed.
  type: dict
  sample:
    passed: true
    lines:
      - >-
        Without node-03 4 nodes stay Alive. It holds 8 shards and leads 2 of them, each keeps 2 good
        replicas or more.
    accepted: []
    refused: []
    sentence: ""
"""

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ansible.errors import AnsibleFilterError


def impact_verdict(
    impact: Mapping[str, Any], accept: Sequence[str] = (), who: str = "the node"
) -> dict[str, Any]:
    """See the documentation of the plugin."""
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._stop import verdict

    try:
        # Of a string each letter would be a kind.
        kinds = [accept] if isinstance(accept, str) else list(accept)
        return verdict.verdict(impact, kinds, who)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise AnsibleFilterError(
            f"stemedb.cluster.impact_verdict: the input is not of the documented form ({error!r})."
        ) from error


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Their names."""
        return {"impact_verdict": impact_verdict}
