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
  - C(findings), in the result and in the file, says what is wrong, the most serious first, each
    with evidence, likely cause and next step. The more of O(include) and O(members) is given, the
    more is found.
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
  watch:
    description:
      - How long to ask again, in seconds, while something should change by itself - a node is
        Suspect, views differ, a shard has no live leader or too few live replicas, an Alive node
        has no shards. It ends as soon as none of these holds. 0 asks once.
    type: float
    default: 0
  ask_lost:
    description:
      - Also ask the gateways of up to three nodes that no gateway sees Alive, to tell a partition
        from a node that is down. Only C(sight) holds what they say. Only those at the address of
        one of O(members) get the API key; who else has that address now is unknown.
    type: bool
    default: false
  members:
    description:
      - The hosts of the inventory that are nodes, or are to be. C(findings) compares them with the
        cluster, with the state of hosts in C(hosts) of O(include), and calls nodes by their names.
    type: list
    elements: str
    default: []
  limits:
    description:
      - From when on something is a finding.
    type: dict
    default: {}
    suboptions:
      suspect_after:
        description: Seconds for which a node may be Suspect.
        type: float
        default: 120
      rebalance_after:
        description: Seconds for which a node may run without shards.
        type: float
        default: 300
      certificate_days:
        description: Days for which a certificate should still be valid.
        type: float
        default: 30
      clock_skew:
        description: Seconds between the clocks of two nodes.
        type: float
        default: 5
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
findings:
  description: What is wrong, the most serious first.
  returned: success, and failure once a gateway was asked
  type: list
  elements: dict
  contains:
    kind:
      description: The kind of finding. The page on troubleshooting has a section for each.
      type: str
      sample: suspect_node
    severity:
      description: V(error), V(warning) or V(note).
      type: str
      sample: error
    subject:
      description: The affected nodes, shards, hosts or gateways.
      type: str
      sample: node-03
    evidence:
      description: What was seen, one line each.
      type: list
      elements: str
      sample: ["load 31.0"]
    cause:
      description: The likely cause.
      type: str
      sample: the host is overloaded
    next:
      description: What to do, one step or command each.
      type: list
      elements: str
      sample: ["ssh node-03 'top -bn1 | head -20'"]
    link:
      description: The section of the documentation.
      type: str
      sample: https://example.com/troubleshooting.rst#suspect-node
    guide:
      description: The title of the section of the operators' guide that helps, or V(null).
      type: str
      sample: Node Stuck in Suspect State
sight:
  description: Which gateway sees which node in which state.
  returned: success
  type: dict
  contains:
    nodes:
      description: Nodes that a gateway sees other than Alive, at most 12.
      type: list
      elements: str
      sample: []
    more:
      description: How many of such nodes are left out.
      type: int
      sample: 0
    gateways:
      description:
        - C(url), C(node_id), C(answer_ms), C(meta_version), C(alive), the number of nodes that it
          sees Alive, and C(states), in the order of C(nodes). C(lost) is V(true) for the gateway of
          a node that no other sees Alive; without an answer C(error) says why.
      type: list
      elements: dict
      sample: []
    sides:
      description: The nodes whose gateways see each other, in groups. More than one is a partition.
      type: list
      elements: list
      sample: [["a3f2b1c4-6d1e-4d0b-8f3c-2a9d6b7c8e90"]]
watched:
  description:
    - C(seconds) and C(samples) of O(watch), C(meta_version) C(first) and C(last), and C(suspect),
      the seconds for which each node was Suspect in every sample.
    - C(error) says why no gateway answered any more, which ends the watch. What was seen before is
      the result.
  returned: success
  type: dict
  sample: {seconds: 0, samples: 1, meta_version: {first: 41, last: 41}, suspect: {}, error: null}
certificates:
  description:
    - C(subject), C(not_after) in seconds since the epoch and C(error) for each https gateway, and
      for O(client_cert).
  returned: success, and failure once a gateway was asked
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
from collections.abc import Iterable
from typing import Any, Callable

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import Snapshot, View
from ansible_collections.stemedb.cluster.plugins.module_utils._debug_export import bounds, sight
from ansible_collections.stemedb.cluster.plugins.module_utils._debug_export import (
    document as export,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._debug_export import (
    watched as watch,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.certificates import (
    certificates,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.decode import parse_shard_id
from ansible_collections.stemedb.cluster.plugins.module_utils._masking.redact import without_secrets
from ansible_collections.stemedb.cluster.plugins.module_utils._module.decider import (
    Session,
    UnfulfilledError,
    run_decider,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._module.options import gateway_urls
from ansible_collections.stemedb.cluster.plugins.module_utils._present import overview
from ansible_collections.stemedb.cluster.plugins.module_utils._times import iso
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.conditions import (
    parse_conditions,
)

_LEAST_KIB = 64
_MOST_UNMET = 100
# Seconds between two samples of a watch.
_PAUSE = 2.0
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
    if params["watch"] < 0:
        raise StemeDBError("config", "watch must be 0 seconds or more.")
    asked = session.observers()
    try:
        snapshot, seen = _sampled(asked, params, lambda partial: export.wanted(partial, conditions))
    except StemeDBError as error:
        if error.code in _OURS:
            raise
        # One that has expired may be why.
        seen = {"certificates": _certificates(gateway_urls(params), params)}
        document = export.document(error, conditions, iso(time.time()), seen)
        shown = without_secrets(seen, [params["api_key"]])
        raise UnfulfilledError(error, {**_found(document, params), **shown}) from None
    asked_urls = [observer.url for observer in snapshot.observers if not observer.excluded]
    seen["certificates"] = _certificates(asked_urls, params)
    document = export.document(snapshot, conditions, iso(time.time()), seen)
    shown = {
        "cluster": document["cluster"],
        "overview": overview.overview(snapshot),
        "unmet": document["unmet"][:_MOST_UNMET],
        "observers": document["observers"],
        **without_secrets(seen, [params["api_key"]]),
    }
    return {"changed": True, **_found(document, params), **shown}


def _sampled(
    asked: Any, params: Any, want: Callable[[Snapshot], frozenset[int]]
) -> tuple[Snapshot, dict[str, Any]]:
    """The last sample of the watch, and what all of them tell: `watched` and `sight`."""
    started = time.monotonic()
    snapshot = asked.sample(want)
    notes = [watch.note(0.0, snapshot)]
    left, error = params["watch"], None
    while left > 0 and watch.is_unsettled(snapshot):
        # The last sample is taken at the end of the time.
        time.sleep(min(left, _PAUSE))
        try:
            snapshot = asked.sample(want)
        except StemeDBError as failure:
            if failure.code in _OURS:
                raise
            # What was seen until now is worth more than nothing.
            error = failure.message
            break
        passed = time.monotonic() - started
        notes.append(watch.note(passed, snapshot))
        left = params["watch"] - passed
    lost = asked.lost(snapshot, params["members"]) if params["ask_lost"] else []
    return snapshot, {
        "watched": watch.watched(notes, error),
        "sight": sight.sight(snapshot, [_lost(node_id, answer) for node_id, answer in lost]),
    }


def _certificates(urls: Iterable[str], params: Any) -> list[dict[str, Any]]:
    return certificates(urls, params["timeout"], params["client_cert"], params["client_key"])


def _lost(node_id: str, answer: View | StemeDBError) -> sight.Lost:
    if isinstance(answer, StemeDBError):
        return sight.Lost(answer.url or "", node_id, error=answer.message)
    status = answer.status
    return sight.Lost(answer.url, node_id, status.nodes, status.meta_version, answer.answer_ms)


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
            "watch": {"type": "float", "default": 0},
            "ask_lost": {"type": "bool", "default": False},
            "members": {"type": "list", "elements": "str", "default": []},
            "limits": {
                "type": "dict",
                "default": {},
                "options": {
                    "suspect_after": {"type": "float", "default": 120},
                    "rebalance_after": {"type": "float", "default": 300},
                    "certificate_days": {"type": "float", "default": 30},
                    "clock_skew": {"type": "float", "default": 5},
                },
            },
        },
        read,
    )


if __name__ == "__main__":
    main()
