#!/usr/bin/python
# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: stemedb_data_mark
short_description: Mark a data directory as that of a node
version_added: 0.1.0
description:
  - Writes into an extended attribute of a directory, C(user.stemedb.cluster), whose data it holds.
    M(stemedb.cluster.stemedb_host_info) reads it, so that a disk of another node is found out.
  - No file is written. What lies in a data directory is the node's own affair.
  - The mark stays with the directory where it is renamed, and where its file system is mounted on
    another host. A copy of the files alone lacks it, which says nothing either way.
  - A mark is replaced. Whether the data are that node's is decided before, as the role
    P(stemedb.cluster.stemedb_node#role) does.
  - Runs on nodes and needs nothing but Python 3.9 or later there.
author:
  - stemedb.cluster contributors (@stemedb)
options:
  path:
    description: The data directory. It must be there, except in check mode.
    type: path
    required: true
  node_id:
    description: The id of the node.
    type: str
    required: true
  cluster_name:
    description: The name of its cluster.
    type: str
    required: true
extends_documentation_fragment:
  - stemedb.cluster.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
seealso:
  - module: stemedb.cluster.stemedb_host_info
"""

EXAMPLES = r"""
- name: Mark the data directory before the first start
  stemedb.cluster.stemedb_data_mark:
    path: /var/lib/stemedb
    node_id: a3f2b1c4-6d1e-4d0b-8f3c-2a9d6b7c8e90
    cluster_name: prod
"""

RETURN = r"""
marked:
  description:
    - Whether the directory bears the mark, or would without check mode. V(false) on a file system
      that keeps no such attributes.
  returned: success
  type: bool
  sample: true
"""

import errno
import json
import os
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.stemedb.cluster.plugins.module_utils._host.files import MARK, read_mark

ARGUMENTS: dict[str, Any] = {
    "path": {"type": "path", "required": True},
    "node_id": {"type": "str", "required": True},
    "cluster_name": {"type": "str", "required": True},
}


def mark(path: str, wanted: dict[str, str], check: bool) -> dict[str, Any]:
    """The result of the module.

    :raises OSError: the directory is not there or may not be marked.
    :raises ValueError: it bears a mark that is not understood.
    """
    before = read_mark(path) if os.path.isdir(path) or not check else None
    marked = True
    if before != wanted and not check:
        try:
            os.setxattr(path, MARK, json.dumps(wanted).encode())
        except OSError as error:
            if error.errno != errno.ENOTSUP:
                raise
            marked = False
    changed = before != wanted and marked
    result: dict[str, Any] = {"changed": changed, "marked": marked}
    if changed:
        result["diff"] = {"before": {MARK: before}, "after": {MARK: wanted}}
    return result


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    path = module.params["path"]
    wanted = {key: module.params[key] for key in ("node_id", "cluster_name")}
    try:
        result = mark(path, wanted, module.check_mode)
    except (OSError, ValueError) as error:
        module.fail_json(msg=f"{path} cannot be marked as the data of a node: {error}")
    module.exit_json(**result)


if __name__ == "__main__":
    main()
