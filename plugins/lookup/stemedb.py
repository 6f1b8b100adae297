# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lookup `stemedb.cluster.stemedb`."""

from __future__ import annotations

DOCUMENTATION = r"""
name: stemedb
short_description: Facts of a StemeDB cluster
version_added: 1.0.0
author: stemedb.cluster contributors (@stemedb)
description:
  - Returns what the info modules return, on the controller and without a task.
  - It asks the first gateway that answers, or all of them if V(cluster) is one of the terms.
options:
  _terms:
    description:
      - What to return, one or several of V(cluster), V(nodes), V(shards).
      - V(cluster) returns one item, the others one for each node or shard.
    type: list
    elements: str
    required: true
  attribute:
    description: Return only this field of each item, such as V(node_id).
    type: str
  node:
    description:
      - Only this node, or only the shards on it. Named by ID, by a unique prefix of the ID with
        four characters or more, or by address.
    type: str
  state:
    description: Only nodes in one of these states.
    type: list
    elements: str
    default: []
  role:
    description: Which of a node's replicas C(shards) lists.
    type: str
    choices: [any, leader, follower]
    default: any
  shard:
    description: Only these shards. V(12) and V(shard_12) are the same.
    type: list
    elements: str
    default: []
  leaderless:
    description: Only shards without a leader, or with a leader that is not Alive.
    type: bool
    default: false
  under_replicated:
    description: Only shards with fewer live replicas than the replication factor.
    type: bool
    default: false
extends_documentation_fragment:
  - stemedb.cluster.gateway
  - stemedb.cluster.gateway.timeout
  - stemedb.cluster.gateway.plugin
seealso:
  - module: stemedb.cluster.stemedb_cluster_info
  - module: stemedb.cluster.stemedb_node_info
  - module: stemedb.cluster.stemedb_shard_info
"""

EXAMPLES = r"""
- name: Show the IDs of all nodes that are Alive
  ansible.builtin.debug:
    msg: "{{ query('stemedb.cluster.stemedb', 'nodes', state='Alive', attribute='node_id') }}"

- name: Show whether the cluster is healthy
  ansible.builtin.debug:
    msg: "{{ lookup('stemedb.cluster.stemedb', 'cluster', attribute='healthy') }}"
"""

RETURN = r"""
_raw:
  description:
    - The items, in the order of the terms, with the fields that
      RV(stemedb.cluster.stemedb_cluster_info#module:cluster),
      RV(stemedb.cluster.stemedb_node_info#module:nodes) and
      RV(stemedb.cluster.stemedb_shard_info#module:shards) have.
  type: list
  elements: raw
"""

from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible.utils.display import Display
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import Snapshot
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._module.options import shard_ids
from ansible_collections.stemedb.cluster.plugins.module_utils._present import results
from ansible_collections.stemedb.cluster.plugins.module_utils._present.shards import shards
from ansible_collections.stemedb.cluster.plugins.plugin_utils._plugin import (
    clear_errors,
    observers,
    reader,
)

display = Display()

# The variables that options are taken from.
_VARIABLES = ("stemedb_gateway_url", "stemedb_api_key")

_TERMS = ("cluster", "nodes", "shards")


class LookupModule(LookupBase):
    """Facts of a StemeDB cluster."""

    def run(
        self, terms: list[Any], variables: dict[str, Any] | None = None, **kwargs: Any
    ) -> list[Any]:
        """The items of all terms."""
        given = variables or {}
        # As they stand in the inventory they may be templates themselves.
        values = {name: self._templar.template(given[name]) for name in _VARIABLES if name in given}
        self.set_options(var_options=values, direct=kwargs)
        with clear_errors(AnsibleLookupError, "stemedb.cluster.stemedb"):
            names = [str(term) for term in terms]
            wrong = ", ".join(repr(name) for name in names if name not in _TERMS)
            if wrong or not names:
                raise StemeDBError(
                    "config", f"The terms are {', '.join(_TERMS)}, not {wrong or 'nothing'}."
                )
            snapshot = self._snapshot(names)
            return [self._shown(item) for name in names for item in self._items(name, snapshot)]

    def _snapshot(self, terms: list[str]) -> Snapshot:
        """One for all terms, so that they tell of the same moment."""
        if "cluster" in terms:
            return observers(self.get_option, display.vvv).sample()
        return reader(self.get_option, display.vvv).snapshot()

    def _items(self, term: str, snapshot: Snapshot) -> list[dict[str, Any]]:
        option = self.get_option
        if term == "cluster":
            return [results.cluster(snapshot)]
        if term == "nodes":
            return results.nodes(snapshot, option("node"), option("state"), option("role"))
        return shards(
            snapshot,
            shard_ids(option("shard")),
            option("node"),
            option("leaderless"),
            option("under_replicated"),
        )

    def _shown(self, item: dict[str, Any]) -> Any:
        name = self.get_option("attribute")
        if name is None:
            return item
        if name not in item:
            raise StemeDBError(
                "config", f"attribute={name!r} is none of {', '.join(sorted(item))}."
            )
        return item[name]
