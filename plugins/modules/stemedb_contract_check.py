#!/usr/bin/python
# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: stemedb_contract_check
short_description: Compare an unknown gateway with what this collection expects
version_added: 1.0.0
author: stemedb.cluster contributors (@stemedb)
description:
  - Asks a gateway for every path that it may have, by GET only. Reports which paths answered, how
    the gateway spells its fields, which of them are understood, ignored and missing, what of this
    collection works with it, and which O(endpoints) to set.
  - It asks the first gateway in O(gateway_url) that answers.
  - Shows what can be known from this gateway, not the state of its cluster.
options:
  dest:
    description:
      - A file on the host that asks, for RV(report) as JSON. It names the gateway.
      - An existing file is replaced. The file can be read by its owner only.
    type: path
  capture:
    description:
      - A file on the host that asks, for a sanitised capture of the answers as JSON. IDs,
        addresses, names and all other texts are replaced, each always by the same text. Field
        names, shard IDs and the words for states, roles and health are kept, and so are numbers.
      - Headers except the type of a body are left out, and so are bodies that are not JSON.
      - It is a failure if the file exists and differs; it is not overwritten. The file can be read
        by its owner only.
    type: path
extends_documentation_fragment:
  - stemedb.cluster.gateway
  - stemedb.cluster.gateway.timeout
  - stemedb.cluster.attributes
  - stemedb.cluster.attributes.action_group
attributes:
  check_mode:
    support: full
    details: The gateway is asked, no file is written.
  diff_mode:
    support: none
  idempotent:
    support: full
seealso:
  - module: stemedb.cluster.stemedb_cluster_info
"""

EXAMPLES = r"""
- name: Check what works with this gateway
  stemedb.cluster.stemedb_contract_check:
    gateway_url: http://gateway:18181
  register: result

- name: Show the report
  stemedb.cluster.stemedb_show:
    lines: "{{ result.lines }}"

- name: Write the report, and a capture to send
  stemedb.cluster.stemedb_contract_check:
    gateway_url: http://gateway:18181
    dest: contract-report.json
    capture: contract-capture.json
"""

RETURN = r"""
lines:
  description: The report on one screen.
  returned: success
  type: list
  elements: str
  sample: ["Contract check of http://gateway:18181"]
report:
  description: The report.
  returned: success
  type: dict
  contains:
    gateway:
      description: The gateway that was asked.
      type: str
      sample: http://gateway:18181
    paths:
      description: Every path that was asked for, in order.
      type: list
      elements: dict
      contains:
        call:
          description: The call, a key of O(endpoints), or V(metrics).
          type: str
          sample: status
        path:
          description: The path.
          type: str
          sample: /v1/cluster/status
        origin:
          description:
            - V(endpoints) if you set it, V(contract) if it is known, V(guess) if it was tried
              because no other was understood.
          type: str
          sample: contract
        status:
          description: The HTTP status, V(null) if there was no answer.
          type: int
          sample: 200
        ms:
          description: Time until the answer was complete, including retries, in milliseconds.
          type: int
          sample: 3
        bytes:
          description: The length of the answer's body.
          type: int
          sample: 512
        type:
          description: V(json), V(empty), V(other), or V(nothing) if no body was read.
          type: str
          sample: json
        understood:
          description: Whether the answer was understood.
          type: bool
          sample: true
        used:
          description: Whether the other parts of this report are about this answer.
          type: bool
          sample: true
        problem:
          description: Why it was not understood.
          type: str
          sample: null
    dialect:
      description:
        - How the gateway spells its answers. V(null) is unknown.
      type: dict
      sample:
        node_list: {from: status, form: bare, beside: {}}
        shard_list: {form: ranges, beside: {}, replicas: ids}
        shard_ids: {listed: ['"shard_12"'], asked: ["12"], answered: ["12"]}
        unknown_shard: 404
        node_count: alive
        states: {Alive: Alive}
        health_word: healthy
        status_word: healthy
        aliases: []
    fields:
      description:
        - By V(health), V(status), V(nodes), V(ranges) for the list of shards, V(shard) for a single
          shard, V(replicas) of that shard.
        - C(objects) is the number of objects read. C(understood) has, by field, the keys it was
          read from with the number of objects. C(missing) lists the fields that have no value in
          any object. C(ignored) has the keys that are not read, with the types of their values.
      type: dict
      sample:
        nodes:
          objects: 3
          understood: {node_id: {id: 3}, state: {status: 3}}
          missing: [addr, incarnation]
          ignored: {rack: text}
    works:
      description: What of this collection works with this gateway.
      type: list
      elements: dict
      contains:
        name:
          description: A module, a condition of M(stemedb.cluster.stemedb_wait), or a guard.
          type: str
          sample: wait node_replicated
        works:
          description: Whether it works, V(null) if that is unknown.
          type: bool
          sample: false
        reason:
          description: What is missing.
          type: str
          sample: the sizes of single replicas are not reported
    endpoints:
      description: What to set as O(endpoints).
      type: dict
      sample: {}
    advice:
      description: What else to set or to check, one sentence each.
      type: list
      elements: str
      sample: []
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
  sample: ["GET http://gateway:18181/v1/health 200 3 ms 21 B"]
"""

from ansible_collections.stemedb.cluster.plugins.module_utils._contract_check.capture import capture
from ansible_collections.stemedb.cluster.plugins.module_utils._contract_check.probe import examine
from ansible_collections.stemedb.cluster.plugins.module_utils._contract_check.report import (
    contract_report,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._json_file import write
from ansible_collections.stemedb.cluster.plugins.module_utils._module.options import (
    gateway_options,
    gateway_urls,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._module.reader import (
    ReaderSession,
    run_reader,
)


def read(session: ReaderSession) -> dict[str, object]:
    """The result of the module."""
    params = session.params
    found = examine(gateway_urls(params), gateway_options(params), session.requests.append)
    changed = False
    if params["capture"]:
        document = capture(found.replies, found.report, found.endpoints, found.hidden)
        changed = write(params["capture"], document, session.check_mode, replace=False)
    if params["dest"]:
        changed = write(params["dest"], found.report, session.check_mode) or changed
    return {"changed": changed, "lines": contract_report(found.report), "report": found.report}


def main() -> None:
    """Run the module."""
    run_reader({"dest": {"type": "path"}, "capture": {"type": "path"}}, read)


if __name__ == "__main__":
    main()
