# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What modules and actions support."""

from __future__ import annotations


class ModuleDocFragment:
    """`attributes` with the descriptions, and the sets that modules share."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in check mode, and changes nothing in it.
  diff_mode:
    description: Returns details on what has changed, in diff mode.
  idempotent:
    description:
      - When it is run twice with the same options, outside of check mode, the second run reports no
        change, as long as the cluster and the hosts have not changed meanwhile.
  platform:
    description: Where it runs.
    platforms: posix
    support: full
"""

    INFO_MODULE = r"""
options: {}
attributes:
  check_mode:
    support: full
    details: It never changes anything.
  diff_mode:
    support: N/A
    details: It never changes anything.
  idempotent:
    support: full
"""

    ACTION_GROUP = r"""
options: {}
attributes:
  action_group:
    description:
      - Its options can be set once for all modules that ask a gateway, in C(module_defaults) under
        C(group/stemedb.cluster.stemedb).
    support: full
    membership: [stemedb.cluster.stemedb]
"""
