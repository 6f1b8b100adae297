#!/usr/bin/python
# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: stemedb_set_aside
short_description: Rename the ID and data of a dead node
version_added: 1.0.0
description:
  - Renames what a node left on its host, so that a new node can replace it there.
    C(/var/lib/stemedb) becomes C(/var/lib/stemedb.replaced-20260101T000000Z).
  - Nothing is deleted, overwritten or copied. Everything is checked before the first rename. What
    belongs to another node, by the file C(node_id) or by the mark of the data directory, is
    refused.
  - The data directory is renamed first and the file C(node_id) last, so that an interrupted run can
    be distinguished from one that never started. An empty data directory is not renamed.
  - If the data directory is a link, its target is renamed, on its own disk, and replaced by an
    empty directory of the same owner. The link stays.
  - Runs on nodes and needs only Python 3.9 or later there. The caller must make sure that the node
    does not run.
author:
  - stemedb.cluster contributors (@stemedb)
options:
  node_id:
    description: The full ID of the dead node.
    type: str
    required: true
  data_dir:
    description: Its data directory.
    type: path
    required: true
  node_id_file:
    description: The file that records its identity.
    type: path
    required: true
  files:
    description: Other files that name its ID, such as its systemd unit.
    type: list
    elements: path
    default: []
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
  - module: stemedb.cluster.stemedb_data_mark
  - module: stemedb.cluster.stemedb_host_info
"""

EXAMPLES = r"""
- name: Rename what the dead node left
  stemedb.cluster.stemedb_set_aside:
    node_id: a3f2b1c4-6d1e-4d0b-8f3c-2a9d6b7c8e90
    data_dir: /var/lib/stemedb
    node_id_file: /etc/stemedb/node_id
    files: [/etc/systemd/system/stemedb-node.service]
"""

RETURN = r"""
set_aside:
  description: What was renamed, or would be in check mode, in this order.
  returned: success
  type: list
  elements: dict
  contains:
    from:
      description: Its path before.
      type: str
    to:
      description: Its path now.
      type: str
  sample:
    - from: /var/lib/stemedb
      to: /var/lib/stemedb.replaced-20260101T000000Z
"""

import glob
import os
import re
import stat
import time
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.stemedb.cluster.plugins.module_utils._host import files

ARGUMENTS: dict[str, Any] = {
    "node_id": {"type": "str", "required": True},
    "data_dir": {"type": "path", "required": True},
    "node_id_file": {"type": "path", "required": True},
    "files": {"type": "list", "elements": "path", "default": []},
}


def planned(params: dict[str, Any], stamp: str) -> list[dict[str, str]]:
    """What is to be renamed, `{from, to}` each.

    :raises OSError: something could not be looked at.
    :raises ValueError: it may not be renamed; the sentence says why.
    """
    node_id = params["node_id"]
    written = files.node_id_file(params["node_id_file"])
    if written["exists"] and not same(written["node_id"], node_id):
        raise ValueError(f"{written['path']} says {written['node_id']}, which is not {node_id}")
    data = files.data_dir(params["data_dir"])
    mark = data.get("mark")
    if not data["empty"] and mark and not same(mark["node_id"], node_id):
        raise ValueError(f"{data['path']} is marked as that of {mark['node_id']}, not of {node_id}")
    # Links are followed: what is renamed is the directory, and not a name that leads to it.
    where = os.path.realpath(params["data_dir"])
    mounted = [] if data["empty"] else mounts(where)
    if mounted:
        raise ValueError(
            f"{mounted[0]} is where a file system is mounted, and {where} cannot be renamed: mount "
            "an empty one there, or move what it holds yourself, or replace the node by another "
            "host"
        )
    paths = [] if data["empty"] else [where]
    paths += [path for path in params["files"] if os.path.lexists(path)]
    paths += [params["node_id_file"]] if written["exists"] else []
    moves = [{"from": path, "to": f"{path}{files.SET_ASIDE}{stamp}"} for path in paths]
    taken = [move["to"] for move in moves if os.path.lexists(move["to"])]
    if taken:
        raise ValueError(f"{taken[0]} is there already, and nothing is overwritten")
    return moves


def same(one: object, other: object) -> bool:
    """Whether two ids are of one node: a UUID is the same in upper and in lower case."""
    return str(one).lower() == str(other).lower()


def mounts(path: str) -> list[str]:
    """Where file systems are mounted, at a path or below it, bind mounts too."""
    found = [path] if os.path.ismount(path) else []
    try:
        with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as stream:
            places = [line.split(" ")[4] for line in stream]
    except FileNotFoundError:  # another kernel than Linux
        return found
    # A blank in a name is written as \\040.
    plain = [re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), one) for one in places]
    return found + [one for one in plain if one == path or one.startswith(f"{path}/")]


def restore(link: str) -> None:
    """Give a link that leads nowhere, as what it led to was set aside, an empty directory."""
    if not os.path.islink(link) or os.path.exists(link):
        return
    real = os.path.realpath(link)
    newest = max(glob.glob(f"{glob.escape(real)}{files.SET_ASIDE}*"), default=None)
    if newest is None:
        return
    like = os.stat(newest)
    os.mkdir(real, 0o700)
    os.chown(real, like.st_uid, like.st_gid)
    os.chmod(real, stat.S_IMODE(like.st_mode))


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    done: list[dict[str, str]] = []
    try:
        moves = planned(module.params, stamp)
        for move in moves if not module.check_mode else ():
            os.rename(move["from"], move["to"])
            done.append(move)
        if not module.check_mode:
            restore(module.params["data_dir"])
    except (OSError, ValueError) as error:
        so_far = ", ".join(move["from"] for move in done) or "nothing"
        module.fail_json(msg=f"Cannot be set aside: {error}. So far {so_far} was.", set_aside=done)
    old, new = ("".join(f"{move[key]}\n" for move in moves) for key in ("from", "to"))
    diff = {"before": old, "after": new}
    module.exit_json(changed=bool(moves), set_aside=moves, diff=diff)


if __name__ == "__main__":
    main()
