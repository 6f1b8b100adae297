# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter `stemedb.cluster.typed`."""

from __future__ import annotations

DOCUMENTATION = r"""
name: typed
short_description: A list or a dictionary that may be text
version_added: 0.1.0
author: stemedb.cluster contributors (@stemedb)
description:
  - Reads a value as its type, for C(-e NAME=VALUE) hands over nothing but text. Lists may be texts
    with commas, and lists and dictionaries their JSON text.
  - Fails where it cannot be read.
positional: type
options:
  _input:
    description: The value.
    type: raw
    required: true
  type:
    description: What it is to be.
    type: str
    choices: [bool, int, float, list, dict]
    required: true
"""

EXAMPLES = r"""
- name: Show each gateway
  ansible.builtin.debug:
    msg: "{{ stemedb_gateway_url | stemedb.cluster.typed('list') }}"
"""

RETURN = r"""
_value:
  description: The value as its type.
  type: raw
"""

from typing import Any, Callable

from ansible.errors import AnsibleFilterError


def typed(value: Any, type: str) -> Any:
    """See the documentation of the plugin."""
    from ansible_collections.stemedb.cluster.plugins.plugin_utils import _typed

    try:
        return _typed.read(value, type)
    except ValueError as error:
        raise AnsibleFilterError(f"stemedb.cluster.typed: wanted is {error}.") from error


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Their names."""
        return {"typed": typed}
