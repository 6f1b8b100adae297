# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the modules that run on a lock host."""

from __future__ import annotations


class ModuleDocFragment:
    """`lock`: which file, of which cluster, and who asks."""

    DOCUMENTATION = r"""
options:
  path:
    description:
      - The lock file, as an absolute path. Use the same path for everybody who changes the cluster,
        and none inside the data directory of a node.
      - Only its owner can read it.
    type: path
    default: /var/lib/stemedb-cluster/lock.json
  cluster:
    description:
      - The name of the cluster. The file keeps the name of the first cluster that takes the lock,
        and is refused for any other, so that two clusters never share a history.
    type: str
  hosts:
    description:
      - All lock hosts of the run, asked or not. For another run that uses other lock hosts, more
        than half of those is not enough while this run holds the lock.
    type: list
    elements: str
    default: []
  run_id:
    description: The run that asks. The action plugin of the module sets it.
    type: str
"""
