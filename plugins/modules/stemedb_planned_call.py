#!/usr/bin/python
# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: stemedb_planned_call
short_description: Call an optional gateway endpoint (drain, remove, elect_leader, rebalance)
version_added: 1.0.0
author: stemedb.cluster contributors (@stemedb)
description:
  - The operators' guide calls draining a node, removing it from the member list, electing a leader
    and rebalancing "planned", and no document names their paths. So this module fails for each of
    them, unless O(endpoints) names the path of your gateway.
  - Sends one POST, without a body, to the first gateway that answers. It is never repeated. If
    there is no answer, it is unknown whether the call was carried out.
  - It returns when the gateway has answered. Use M(stemedb.cluster.stemedb_wait) to wait for the
    effect.
  - It does not compute what may be lost by the call, and takes no lock. The caller must do both.
options:
  call:
    description:
      - V(drain) - the guide's C(stemedb-admin node NODE drain), needs O(node).
      - V(remove) - the guide's C(stemedb-admin node NODE remove), needs O(node).
      - V(elect_leader) - the guide's C(stemedb-admin shard SHARD elect-leader), needs O(shard).
      - V(rebalance) - the guide's C(stemedb-admin shard rebalance --target-node NODE).
    type: str
    choices: [drain, remove, elect_leader, rebalance]
    required: true
  node:
    description:
      - The node, named by ID, by a unique prefix of the ID with four characters or more, or by
        address. It must be listed, and its full ID is sent.
      - Required if the path in O(endpoints) contains C({node}), and refused otherwise.
    type: str
  shard:
    description:
      - The shard, as V(12) or V(shard_12). It must be listed, and is sent in the spelling of the
        gateway.
      - Required if the path in O(endpoints) contains C({shard}), and refused otherwise.
    type: str
extends_documentation_fragment:
  - stemedb.cluster.gateway
  - stemedb.cluster.gateway.cluster_name
  - stemedb.cluster.gateway.timeout
  - stemedb.cluster.attributes
  - stemedb.cluster.attributes.action_group
attributes:
  check_mode:
    support: full
    details: Node and shard are looked for, nothing but GET is sent.
  diff_mode:
    support: none
  idempotent:
    support: none
    details: The request is sent each time.
seealso:
  - module: stemedb.cluster.stemedb_sync
  - module: stemedb.cluster.stemedb_wait
"""

EXAMPLES = r"""
- name: Drain a node, if the gateway has such a call
  stemedb.cluster.stemedb_planned_call:
    gateway_url: http://gateway:18181
    endpoints:
      drain: /v2/nodes/{node}/drain
    call: drain
    node: a3f2b1c4

- name: Elect a leader for shard 12, if the gateway has such a call
  stemedb.cluster.stemedb_planned_call:
    gateway_url: http://gateway:18181
    endpoints:
      elect_leader: /v2/shards/{shard}/elect-leader
    call: elect_leader
    shard: 12
"""

RETURN = r"""
gateway:
  description: The gateway that was asked, or would be.
  returned: success
  type: str
  sample: http://gateway:18181
path:
  description: The path of the call.
  returned: success
  type: str
  sample: /v2/nodes/a3f2b1c4-6d1e-4d0b-8f3c-2a9d6b7c8e90/drain
answer:
  description: The gateway's answer, V(null) if it is not JSON, and in check mode.
  returned: success
  type: raw
  sample: {status: draining}
failure:
  description: The failure, to branch on. See M(stemedb.cluster.stemedb_cluster_info).
  returned: failure
  type: dict
  sample: {code: config, url: "http://gateway:18181", status: null, detail: null}
requests:
  description: One line for each request - method, URL, status, milliseconds, bytes.
  returned: with C(-vvv)
  type: list
  elements: str
  sample: ["POST http://gateway:18181/v2/nodes/a3f2b1c4-6d1e/drain 202 3 ms 0 B"]
"""

from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.calls import send
from ansible_collections.stemedb.cluster.plugins.module_utils._module.options import (
    cluster_name_spec,
    gateway_options,
    gateway_urls,
    shard_ids,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._module.reader import (
    ReaderSession,
    run_reader,
)


def read(session: ReaderSession) -> dict[str, object]:
    """The result of the module."""
    params = session.params
    shard = None if params["shard"] is None else shard_ids([params["shard"]])[0]
    urls, options, log = gateway_urls(params), gateway_options(params), session.requests.append
    call, node, check_mode = params["call"], params["node"], session.check_mode
    sent = send(urls, options, log, call, node, shard, check_mode, params["cluster_name"])
    return {"changed": True, **sent._asdict()}


def main() -> None:
    """Run the module."""
    calls = ["drain", "remove", "elect_leader", "rebalance"]
    run_reader(
        {
            **cluster_name_spec(),
            "call": {"type": "str", "choices": calls, "required": True},
            "node": {"type": "str"},
            "shard": {"type": "str"},
        },
        read,
    )


if __name__ == "__main__":
    main()
