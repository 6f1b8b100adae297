# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which gateways are asked by whatever decides."""

from __future__ import annotations


class ModuleDocFragment:
    """`observers`: for modules that ask all gateways."""

    DOCUMENTATION = r"""
options:
  observers:
    description:
      - Which of the gateways in O(gateway_url) must answer - V(all) of them, or V(quorum), a strict
        majority.
    type: str
    choices: [all, quorum]
    default: all
  exclude_nodes:
    description:
      - Nodes whose gateways are not asked, because a node's own gateway is not asked about it. Each
        is named by its ID, a unique prefix of it, or its address, which means each node at that
        address. A node's gateways are those at its address; name that too if the cluster may no
        longer list the node.
      - It is a failure if no gateway is left to ask.
    type: list
    elements: str
    default: []
  discover_observers:
    description:
      - Also ask the gateways of nodes that are Alive, at most seven in total, at the port of the
        first gateway. A discovered gateway that never answered is listed but not required.
    type: bool
    default: false
"""
