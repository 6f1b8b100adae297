#!/usr/bin/python
# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: stemedb_data_mark
short_description: Mark a data directory as that of a node, and record which node it is
version_added: 1.0.0
description:
  - Records the owner of the data in an extended attribute of the directory,
    C(user.stemedb.cluster). M(stemedb.cluster.stemedb_host_info) reads it to detect a disk of
    another node.
  - Writes no file into the directory, because the files there belong to the node.
  - The mark stays with the directory when it is renamed, and when its file system is mounted on
    another host. A copy of the files has no mark, which proves nothing.
  - An existing mark is replaced. First check that the data belongs to the node, as the role
    P(stemedb.cluster.stemedb_node#role) does.
  - Runs on nodes and needs only Python 3.9 or later there.
author:
  - stemedb.cluster contributors (@stemedb)
options:
  path:
    description: The data directory. It must exist, except in check mode.
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
  node_id_file:
    description:
      - A file to record O(node_id) in, before the directory is marked. One that is there stays.
    type: path
  data_dir_file:
    description:
      - A file to record O(path) in, before the directory is marked. One that is there stays.
    type: path
extends_documentation_fragment:
  - stemedb.cluster.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
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
    node_id_file: /etc/stemedb/node_id
    data_dir_file: /etc/stemedb/data_dir
"""

RETURN = r"""
marked:
  description:
    - Whether the directory has the mark, or would have it without check mode. V(false) on a file
      system that does not support such attributes.
  returned: success
  type: bool
  sample: true
recorded:
  description: The files that were written, or would be without check mode.
  returned: success
  type: list
  elements: str
  sample: [/etc/stemedb/node_id, /etc/stemedb/data_dir]
"""

import errno
import json
import os
import tempfile
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.stemedb.cluster.plugins.module_utils._host.files import MARK, read_mark

ARGUMENTS: dict[str, Any] = {
    "path": {"type": "path", "required": True},
    "node_id": {"type": "str", "required": True},
    "cluster_name": {"type": "str", "required": True},
    "node_id_file": {"type": "path"},
    "data_dir_file": {"type": "path"},
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


def record(path: str, line: str, check: bool) -> bool:
    """Write a file of one line unless it is there; whether it was, or would be.

    It is there whole or not at all, even if this is killed.

    :raises OSError: its folder is not there or may not be written.
    """
    if os.path.lexists(path):
        return False
    if not check:
        number, temporary = tempfile.mkstemp(dir=os.path.dirname(path), prefix=".record-")
        try:
            with os.fdopen(number, "w", encoding="utf-8") as stream:
                stream.write(f"{line}\n")
                stream.flush()
                os.fchmod(number, 0o644)
                os.fsync(number)
            os.replace(temporary, path)
        except OSError:
            os.unlink(temporary)
            raise
    return True


def recorded(files: dict[str, str], check: bool) -> dict[str, Any]:
    """The result for these files, `{path: its line}`: what was written, and the difference."""
    written = [path for path, line in files.items() if record(path, line, check)]
    result: dict[str, Any] = {"changed": bool(written), "recorded": written}
    if written:
        after = {path: files[path] for path in written}
        result["diff"] = {"before": dict.fromkeys(written), "after": after}
    return result


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    path = module.params["path"]
    wanted = {key: module.params[key] for key in ("node_id", "cluster_name")}
    lines = {"node_id_file": wanted["node_id"], "data_dir_file": path}
    files = {module.params[name]: line for name, line in lines.items() if module.params[name]}
    try:
        result = recorded(files, module.check_mode)
    except OSError as error:
        module.fail_json(msg=f"Which node this is cannot be recorded: {error}")
    try:
        marked = mark(path, wanted, module.check_mode)
    except (OSError, ValueError) as error:
        module.fail_json(msg=f"{path} cannot be marked as the data of a node: {error}")
    for side in ("before", "after"):
        if "diff" in marked and "diff" in result:
            marked["diff"][side].update(result["diff"][side])
    changed = result["changed"] or marked["changed"]
    module.exit_json(**{**result, **marked, "changed": changed})


if __name__ == "__main__":
    main()
