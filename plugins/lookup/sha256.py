# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lookup `stemedb.cluster.sha256`: which file of the controller will be installed."""

from __future__ import annotations

DOCUMENTATION = r"""
name: sha256
short_description: "[INTERNAL] The SHA-256 of a file on the controller"
version_added: 1.0.0
author: stemedb.cluster contributors (@stemedb)
description:
  - Computes the checksum without a task and without a module, as the user who runs Ansible.
  - A file is looked for where M(ansible.builtin.copy) looks for its C(src).
options:
  _terms:
    description: Paths. Of a file that is not there, the checksum is empty.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Show which binary will be installed
  ansible.builtin.debug:
    msg: "{{ lookup('stemedb.cluster.sha256', stemedb_node_artifact) }}"
"""

RETURN = r"""
_list:
  description: The checksum of each file, in lower case hexadecimal digits.
  type: list
  elements: str
  sample: [0f343b0931126a20f133d67c2b018a3b5d5c3e3a4e8b6a9d1c2b3a4f5e6d7c8b]
"""

import hashlib
import os
from typing import Any

from ansible.errors import AnsibleError, AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible.utils.hashing import secure_hash


class LookupModule(LookupBase):
    """Checksums of files on the controller."""

    def run(
        self, terms: list[Any], variables: dict[str, Any] | None = None, **kwargs: Any
    ) -> list[str]:
        """The checksum of each term."""
        return [
            _checksum(self.find_file_in_search_path(variables, "files", str(term), True))
            for term in terms
        ]


def _checksum(path: str | None) -> str:
    if path is None or not os.path.isfile(path):
        return ""
    try:
        return str(secure_hash(path, hashlib.sha256))
    except AnsibleError as error:
        raise AnsibleLookupError(
            f"stemedb.cluster.sha256: {path} on the controller cannot be read: {error.__cause__}"
        ) from error
