#!/usr/bin/python
# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: stemedb_node_identity
short_description: "[INTERNAL] Decide which node of the cluster a host is"
version_added: 1.0.0
author: stemedb.cluster contributors (@stemedb)
description:
  - Asks the host by M(stemedb.cluster.stemedb_host_info) and decides its id, in this order. The
    variable C(stemedb_node_id). The file C(node_id) beside the configuration. The C(--node-id) of
    the running service or of its unit. The one node that the cluster lists at the host's address.
  - A new id is made only for a host with none of these, with an empty data directory and with no
    service running.
  - Sources that contradict each other are refused, and so is a host whose data directory or
    C(node_id) file could not be read. An id that the cluster knows with shards is refused on a
    host whose data directory is empty. It has lost its data and must be replaced.
  - An id that the cluster lists at another address, and not as Dead, is refused. So is a data
    directory that is not the one that was recorded, that is marked as another node's, or whose
    data another user owns.
options:
  probe:
    description:
      - The options of M(stemedb.cluster.stemedb_host_info). Its sections C(node_id_file),
        C(data_dir_file), C(data_dir), C(user), C(service), C(addresses) of the members and, so that
        names are compared by their addresses, C(ports) with the host's own address decide.
    type: dict
    required: true
  node_id:
    description: The id that the inventory gives the host.
    type: str
  members:
    description: The cluster's nodes as M(stemedb.cluster.stemedb_node_info) returns them.
    type: list
    elements: dict
    default: []
  address:
    description: The address at which the cluster reaches the host.
    type: str
  rpc_port:
    description: The port that the cluster lists with this address.
    type: int
    default: 18182
  new_id:
    description:
      - The id for a host that has none and may be given one, such as one made for it earlier in the
        same run. A random one is made without it.
    type: str
  leaves:
    description:
      - Whether only the id is asked for, of a host on which nothing is started. Its data may be
        anywhere, no id is made, and RV(node_id) is V(null) where nothing says that the host is or
        was a node. RV(source) is V(null).
    type: bool
    default: false
extends_documentation_fragment:
  - stemedb.cluster.attributes
  - stemedb.cluster.attributes.info_module
seealso:
  - module: stemedb.cluster.stemedb_host_info
"""

EXAMPLES = r"""
- name: Determine which node the host is
  stemedb.cluster.stemedb_node_identity:
    probe:
      node_id_file: /etc/stemedb/node_id
      data_dir_file: /etc/stemedb/data_dir
      data_dir: /var/lib/stemedb
      service:
        name: stemedb-node
    members: "{{ known.nodes }}"
    address: 10.0.0.7
  register: identity
"""

RETURN = r"""
node_id:
  description: The id.
  returned: success
  type: str
  sample: a3f2b1c4-5d6e-7f8a-9b0c-1d2e3f4a5b6c
source:
  description: V(variable), V(file), V(service), V(address) or V(new).
  returned: success
  type: str
  sample: file
write_file:
  description: Whether the file C(node_id) is still to be written.
  returned: success
  type: bool
at:
  description: When the host was asked, in seconds since the epoch by the controller's clock.
  returned: success
  type: float
  sample: 1795823456.2
probe:
  description: What M(stemedb.cluster.stemedb_host_info) returned.
  returned: success
  type: dict
"""
