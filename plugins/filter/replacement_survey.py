# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter `stemedb.cluster.replacement_survey`."""

from __future__ import annotations

DOCUMENTATION = r"""
name: replacement_survey
short_description: Which node is replaced by which host, and what speaks against it
version_added: 0.1.0
author: stemedb.cluster contributors (@stemedb)
description:
  - Without O(facts), says which hosts have to be looked at for it, and which gateways are the dead
    node's own.
  - With them, decides who is replaced by which host, and all that speaks against it, before
    anything is touched.
  - A host that cannot be reached is data like all else.
positional: hosts, settings, nodes, facts
options:
  _input:
    description: C(stemedb_target), a list or a text with commas. It has to name just one node.
    type: raw
    required: true
  hosts:
    description: The variables, by host, of the declared members and of each host that is named.
    type: dict
    required: true
  settings:
    description:
      - C(gateway_urls), C(with) (C(stemedb_replace_node_with)), C(spares), C(seeds), C(observers),
        C(min_observers), C(accept), C(seen) (its target, as it was found before),
        C(resolved) of M(stemedb.cluster.stemedb_cluster_info) and, for
        a replacement that has none yet, C(new_id).
    type: dict
    required: true
  nodes:
    description:
      - The cluster's nodes, as RV(stemedb.cluster.stemedb_cluster_info#module:overview) lists them.
      - Without them ids are not looked for.
    type: list
    elements: dict
  facts:
    description:
      - C(cluster), a result of M(stemedb.cluster.stemedb_cluster_info) with its overview that did
        not ask the target.
      - C(probes), the results of a loop of M(stemedb.cluster.stemedb_host_info) over the hosts,
        with C(node_id_file), C(service), C(data_dir), C(addresses) of the members and C(ports) with
        the host's own address.
      - C(records), the same with the file C(replaces) as C(node_id_file).
      - C(gateways), its RV(stemedb.cluster.stemedb_host_info#module:urls) for the gateways.
    type: dict
"""

EXAMPLES = r"""
- name: Find the hosts to look at
  ansible.builtin.set_fact:
    look: "{{ 'node-04' | stemedb.cluster.replacement_survey(hosts, settings, nodes) }}"

- name: Judge whether it may be replaced
  ansible.builtin.set_fact:
    survey: "{{ 'node-04' | stemedb.cluster.replacement_survey(hosts, settings, nodes, facts) }}"
"""

RETURN = r"""
_value:
  description:
    - Without O(facts), C(target); C(refused), a sentence or V(null); C(exclude), by what its
      gateway is left out of questions; C(hosts) to look at; C(urls) of its own gateways.
    - With them, C(target), C(replacement) (C(host), C(node_id), C(same_host), C(begun) and
      C(member); V(null) without one), C(blockers) and C(accepted), each with C(kind), C(subject)
      and C(detail), C(notes), C(others) (ids that stay), C(gateway_urls) of other nodes, and
      C(seeds) by host, C(own_seeds), C(old_seeds) and C(new_seeds).
  type: dict
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Callable

from ansible.errors import AnsibleFilterError

Results = Iterable[Mapping[str, Any]]

if TYPE_CHECKING:
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._replace_node import substitute


def replacement_survey(
    named: Any,
    hosts: Mapping[str, Mapping[str, Any]],
    settings: Mapping[str, Any],
    nodes: Sequence[Mapping[str, Any]] | None = None,
    facts: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """See the documentation of the plugin."""
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._members import declared
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._replace_node import (
        plan as replacement,
    )

    try:
        members = declared.members(hosts, settings.get("resolved"))
        wanted = _settings(settings, hosts)
        looked = replacement.look_at(declared.split_list(named), members, wanted, nodes)
        if facts is None:
            return looked
        records = {
            host: probe["node_id_file"]["node_id"]
            for host, probe in _by_host(facts["records"]).items()
            if (probe.get("node_id_file") or {}).get("exists")
        }
        return replacement.survey(
            looked,
            _by_host(facts["probes"]),
            records,
            facts["gateways"] or (),
            facts["cluster"],
            members,
            wanted,
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise AnsibleFilterError(
            f"stemedb.cluster.replacement_survey: the input is not of the documented form "
            f"({error!r})."
        ) from error


def _by_host(results: Results) -> dict[str, Mapping[str, Any]]:
    return {str(probe[probe.get("ansible_loop_var", "item")]): probe for probe in results}


def _settings(
    told: Mapping[str, Any], hosts: Mapping[str, Mapping[str, Any]]
) -> substitute.Settings:
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._members import declared
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._replace_node import substitute

    seeds = told.get("seeds")
    ports = {host: each.get("stemedb_node_gossip_port") for host, each in hosts.items()}
    return substitute.Settings(
        tuple(declared.split_list(told["gateway_urls"])),
        str(told.get("with") or ""),
        tuple(declared.split_list(told.get("spares"))),
        None if seeds is None else tuple(declared.split_list(seeds)),
        int(told.get("min_observers", 2)),
        str(told.get("observers") or "all"),
        tuple(declared.split_list(told.get("accept"))),
        str(told.get("new_id") or uuid.uuid4()),
        {host: int(port) for host, port in ports.items() if port},
        told.get("seen") or {},
    )


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Their names."""
        return {"replacement_survey": replacement_survey}
