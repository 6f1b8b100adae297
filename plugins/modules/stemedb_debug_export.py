#!/usr/bin/python
# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: stemedb_debug_export
short_description: Export the known state of a StemeDB cluster to a file
version_added: 1.0.0
author: stemedb.cluster contributors (@stemedb)
description:
  - Corresponds to C(stemedb-admin debug export --output) in the operators' guide. Asks all named
    gateways once, by GET only, and writes one JSON file with the view of each, the unmet
    conditions, all shards with the troubled ones first, and O(include).
  - The file holds no secrets. The API key is masked everywhere, as are the values of settings,
    flags and headers whose names look secret. It holds names and addresses; for data that anybody
    may see, use the capture of M(stemedb.cluster.stemedb_contract_check).
  - If no gateway answers, it fails after it wrote the file with the reason and with O(include).
options:
  dest:
    description:
      - The file, always on the controller. It is written in one step, can be read by its owner
        only, and replaces an existing file.
    type: path
    required: true
  conditions:
    description:
      - The conditions to check, as in O(stemedb.cluster.stemedb_wait#module:conditions). They are
        checked once; a condition that needs an earlier sample is unmet.
    type: list
    elements: dict
    default:
      - healthy: true
      - leaders_elected: true
      - fully_replicated: true
      - replicas_complete: true
      - views_agree: true
  include:
    description:
      - More content for the file, such as the state of hosts and the reason for the export. It is
        not sent to the host where the task runs.
    type: dict
    default: {}
  max_kib:
    description:
      - The size limit of the file, in KiB, at least 64. Longer lists and texts are cut at their
        end, and C(cut) in the file says which.
    type: int
    default: 1024
extends_documentation_fragment:
  - stemedb.cluster.gateway
  - stemedb.cluster.gateway.timeout
  - stemedb.cluster.observers
  - stemedb.cluster.attributes
  - stemedb.cluster.attributes.action_group
attributes:
  check_mode:
    support: full
    details: The gateways are asked, no file is written.
  diff_mode:
    support: none
  idempotent:
    support: none
    details: The file has the time of its export.
seealso:
  - module: stemedb.cluster.stemedb_cluster_info
  - module: stemedb.cluster.stemedb_wait
"""

EXAMPLES = r"""
- name: Export the state of the cluster
  stemedb.cluster.stemedb_debug_export:
    gateway_url: [http://node-01:18181, http://node-02:18181]
    discover_observers: true
    dest: cluster-state.json

- name: Export it together with the facts of a host
  stemedb.cluster.stemedb_debug_export:
    gateway_url: http://gateway:18181
    dest: cluster-state.json
    conditions:
      - node_alive: a3f2b1c4-6d1e-4d0b-8f3c-2a9d6b7c8e90
    include:
      reason: node-04 does not join
      hosts:
        node-04: "{{ probe }}"
"""

RETURN = r"""
dest:
  description: The file, as an absolute path.
  returned: success, and failure once a gateway was asked
  type: str
  sample: /home/alice/cluster-state.json
size_bytes:
  description: The size of the file in bytes.
  returned: success, and failure once a gateway was asked
  type: int
  sample: 40211
cluster:
  description: See RV(stemedb.cluster.stemedb_cluster_info#module:cluster).
  returned: success
  type: dict
  sample: {name: prod, healthy: true}
overview:
  description: See RV(stemedb.cluster.stemedb_cluster_info#module:overview).
  returned: success
  type: dict
  sample: {nodes: [], unwell_shards: [], unwell_shard_count: 0}
unmet:
  description: The unmet parts of O(conditions).
  returned: success
  type: list
  elements: dict
  contains:
    condition:
      description: The condition; V(complete_view) for an answer that was not complete.
      type: str
      sample: node_alive
    subject:
      description: The affected node, shard or gateway.
      type: str
      sample: a3f2b1c4-6d1e-4d0b-8f3c-2a9d6b7c8e90
    reason:
      description: What is missing, in words.
      type: str
      sample: is Suspect at http://gateway:18181
    guide:
      description: The title of the section of the operators' guide that helps, or V(null).
      type: str
      sample: Node Stuck in Suspect State
observers:
  description: See RV(stemedb.cluster.stemedb_cluster_info#module:observers).
  returned: success
  type: list
  elements: dict
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

import time
from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._debug_export import bounds
from ansible_collections.stemedb.cluster.plugins.module_utils._debug_export import (
    document as export,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.decode import parse_shard_id
from ansible_collections.stemedb.cluster.plugins.module_utils._masking.redact import without_secrets
from ansible_collections.stemedb.cluster.plugins.module_utils._module.decider import (
    Session,
    UnfulfilledError,
    run_decider,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._present import overview
from ansible_collections.stemedb.cluster.plugins.module_utils._times import iso
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.conditions import (
    parse_conditions,
)

_LEAST_KIB = 64
_MOST_UNMET = 100
# Where these are wrong, nobody was asked.
_OURS = ("config",)


def read(session: Session) -> dict[str, object]:
    """The result of the module; the action of this name makes a file of its document."""
    params = session.params
    # It is read by people, who can tell what is masked.
    session.decides = False
    if params["max_kib"] < _LEAST_KIB:
        raise StemeDBError("config", f"max_kib must be {_LEAST_KIB} or more.")
    conditions = parse_conditions(params["conditions"], parse_shard_id)
    asked = session.observers()
    try:
        snapshot = asked.sample(lambda partial: export.wanted(partial, conditions))
    except StemeDBError as error:
        if error.code in _OURS:
            raise
        document = export.document(error, conditions, iso(time.time()))
        raise UnfulfilledError(error, _found(document, params)) from None
    document = export.document(snapshot, conditions, iso(time.time()))
    shown = {
        "cluster": document["cluster"],
        "overview": overview.overview(snapshot),
        "unmet": document["unmet"][:_MOST_UNMET],
        "observers": document["observers"],
    }
    return {"changed": True, **_found(document, params), **shown}


def _found(document: dict[str, Any], params: Any) -> dict[str, Any]:
    """The document as it may travel."""
    cleaned = without_secrets(document, [params["api_key"]])
    return {"document": bounds.bounded(cleaned, params["max_kib"] * 1024)}


def main() -> None:
    """Run the module."""
    run_decider(
        {
            "dest": {"type": "path", "required": True},
            "conditions": {
                "type": "list",
                "elements": "dict",
                "default": list(export.CONDITIONS),
            },
            "include": {"type": "dict", "default": {}},
            "max_kib": {"type": "int", "default": 1024},
        },
        read,
    )


if __name__ == "__main__":
    main()
