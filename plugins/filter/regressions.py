# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter `stemedb.cluster.regressions`."""

from __future__ import annotations

DOCUMENTATION = r"""
name: regressions
short_description: What is worse in a cluster than it was before
version_added: 0.1.0
author: stemedb.cluster contributors (@stemedb)
description:
  - Compares two readings of a cluster and says what got worse, a sentence each - a node that is no
    longer Alive, a shard that lost its leader or a live replica, views that no longer agree, health
    that is gone.
  - What was known before and is not known now counts as worse.
positional: before
options:
  _input:
    description: The later reading, a dictionary of RV(ignore:cluster), RV(ignore:nodes) and
      RV(ignore:shards) as the info modules return them.
    type: dict
    required: true
  before:
    description: The earlier reading, in the same form.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Check that the cluster is no worse than before
  ansible.builtin.assert:
    that: "after | stemedb.cluster.regressions(before) | length == 0"
"""

RETURN = r"""
_value:
  description: The sentences; an empty list if nothing is worse.
  type: list
  elements: str
"""

from collections.abc import Mapping
from typing import Any, Callable

from ansible.errors import AnsibleFilterError


def regressions(after: Mapping[str, Any], before: Mapping[str, Any]) -> list[str]:
    """See the documentation of the plugin."""
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._operation import (
        goals as operation,
    )

    try:
        return operation.regressions(before, after)
    except (KeyError, TypeError, ValueError) as error:
        raise AnsibleFilterError(
            f"stemedb.cluster.regressions: the input is not of the documented form ({error!r})."
        ) from error


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Their names."""
        return {"regressions": regressions}
