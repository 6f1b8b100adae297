# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter `stemedb.cluster.near_name`."""

from __future__ import annotations

DOCUMENTATION = r"""
name: near_name
short_description: "[INTERNAL] Propose a known name in place of one that was mistyped"
version_added: 0.1.0
author: stemedb.cluster contributors (@stemedb)
description:
  - Gives a sentence for the end of a message, or nothing where no name is like it.
positional: known
options:
  _input:
    description: The name that is not known.
    type: str
    required: true
  known:
    description: The names that are.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Refuse a host that is not in the inventory
  ansible.builtin.fail:
    msg: "No such host.{{ 'nod-01' | stemedb.cluster.near_name(groups['all']) }}"
"""

RETURN = r"""
_value:
  description: Such as V( Did you mean node-01?).
  type: str
"""

from collections.abc import Iterable
from typing import Any, Callable


def near_name(name: str, known: Iterable[str]) -> str:
    """See the documentation of the plugin."""
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._members import declared

    return declared.near(name, known)


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Their names."""
        return {"near_name": near_name}
