#!/usr/bin/python
# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: stemedb_sync
short_description: Force anti-entropy between the nodes of a StemeDB cluster
version_added: 1.0.0
author: stemedb.cluster contributors (@stemedb)
description:
  - Sends C(POST /v1/admin/sync) to the first gateway that answers, once. It corresponds to "Check
    for data divergence" in the operators' guide, "Network Partition Scenarios".
  - It returns when the gateway has answered. Use M(stemedb.cluster.stemedb_wait) to wait until the
    views agree.
  - The request is never repeated. If there is no answer, it is unknown whether the call was carried
    out.
extends_documentation_fragment:
  - stemedb.cluster.gateway
  - stemedb.cluster.gateway.cluster_name
  - stemedb.cluster.gateway.timeout
  - stemedb.cluster.attributes
  - stemedb.cluster.attributes.action_group
attributes:
  check_mode:
    support: full
    details: The gateway's health is read, or with O(cluster_name) its status. Nothing else is sent.
  diff_mode:
    support: none
  idempotent:
    support: none
    details: The request is sent each time.
seealso:
  - module: stemedb.cluster.stemedb_planned_call
  - module: stemedb.cluster.stemedb_wait
"""

EXAMPLES = r"""
- name: Force anti-entropy
  stemedb.cluster.stemedb_sync:
    gateway_url: http://gateway:18181

- name: Wait until all views agree
  stemedb.cluster.stemedb_wait:
    gateway_url: [http://node-01:18181, http://node-04:18181]
    conditions:
      - views_agree: true
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
  sample: /v1/admin/sync
answer:
  description: The gateway's answer, V(null) if it is not JSON, and in check mode.
  returned: success
  type: raw
  sample: {status: ok, synced_nodes: 2}
failure:
  description: The failure, to branch on. See M(stemedb.cluster.stemedb_cluster_info).
  returned: failure
  type: dict
  sample: {code: transport, url: "http://gateway:18181/v1/health", status: null, detail: null}
requests:
  description: One line for each request - method, URL, status, milliseconds, bytes.
  returned: with C(-vvv)
  type: list
  elements: str
  sample: ["POST http://gateway:18181/v1/admin/sync 200 3 ms 21 B"]
"""

from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.calls import send
from ansible_collections.stemedb.cluster.plugins.module_utils._module.options import (
    cluster_name_spec,
    gateway_options,
    gateway_urls,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._module.reader import (
    ReaderSession,
    run_reader,
)


def read(session: ReaderSession) -> dict[str, object]:
    """The result of the module."""
    params, log = session.params, session.requests.append
    sent = send(
        gateway_urls(params),
        gateway_options(params),
        log,
        "sync",
        check_mode=session.check_mode,
        cluster_name=params["cluster_name"],
    )
    return {"changed": True, **sent._asdict()}


def main() -> None:
    """Run the module."""
    run_reader(cluster_name_spec(), read)


if __name__ == "__main__":
    main()
