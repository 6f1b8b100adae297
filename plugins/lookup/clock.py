# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lookup `stemedb.cluster.clock`: the only clock of the roles."""

from __future__ import annotations

DOCUMENTATION = r"""
name: clock
short_description: The controller's clock, in seconds
version_added: 1.0.0
author: stemedb.cluster contributors (@stemedb)
description:
  - Returns the time in seconds. Ansible's own C(now) has no time zone, so its seconds are off by
    the offset of the controller.
options:
  _terms:
    description:
      - V(wall) is the time since the epoch, to compare with times of hosts and of other runs.
      - V(passed) measures durations within a run. It cannot be set, and continues while the
        controller is suspended, if the system has such a clock.
    type: list
    elements: str
    choices: [wall, passed]
    required: true
"""

EXAMPLES = r"""
- name: Show the seconds since the epoch
  ansible.builtin.debug:
    msg: "{{ lookup('stemedb.cluster.clock', 'wall') }}"
"""

RETURN = r"""
_list:
  description: The time of each term.
  type: list
  elements: float
  sample: [1767225600.0]
"""

import time
from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible_collections.stemedb.cluster.plugins.plugin_utils._clock import passed


class LookupModule(LookupBase):
    """Seconds by the controller's clocks."""

    def run(
        self, terms: list[Any], variables: dict[str, Any] | None = None, **kwargs: Any
    ) -> list[float]:
        """The time of each term."""
        return [_seconds(str(term)) for term in terms]


def _seconds(term: str) -> float:
    if term == "wall":
        return time.time()
    if term == "passed":
        return passed()
    raise AnsibleLookupError(f"stemedb.cluster.clock: the terms are wall and passed, not {term!r}.")
