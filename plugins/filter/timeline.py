# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter `stemedb.cluster.timeline`."""

from __future__ import annotations

DOCUMENTATION = r"""
name: timeline
short_description: The steps of an operation with their times beside the guide's
positional: guide, began
version_added: 0.1.0
author: stemedb.cluster contributors (@stemedb)
description:
  - Turns steps with their seconds into aligned lines for a report.
options:
  _input:
    description:
      - The steps in order, each a dictionary of C(name), C(seconds) and perhaps C(guide), or the
        RV(stemedb.cluster.stemedb_wait#module:stages) of a wait.
    type: list
    elements: dict
    required: true
  began:
    description: Seconds before the wait that count too, V(none) where they are not known.
    type: float
    default: 0
  guide:
    description: What the guide expects, by the name of a step.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Show how long it took
  ansible.builtin.debug:
    msg: "{{ [{'name': 'Alive', 'seconds': 3.2, 'guide': ''}] | stemedb.cluster.timeline }}"
"""

RETURN = r"""
_value:
  description: One line for each step.
  type: list
  elements: str
"""

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ansible.errors import AnsibleFilterError


def timeline(
    steps: Sequence[Mapping[str, Any]],
    guide: Mapping[str, str] | None = None,
    began: float | None = 0,
) -> list[str]:
    """See the documentation of the plugin."""
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._operation import (
        goals as operation,
    )

    try:
        return operation.timeline(steps, guide, began)
    except (KeyError, TypeError, ValueError) as error:
        raise AnsibleFilterError(
            f"stemedb.cluster.timeline: the input is not of the documented form ({error!r})."
        ) from error


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Their names."""
        return {"timeline": timeline}
