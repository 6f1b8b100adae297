# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory `stemedb.cluster.stemedb`."""

from __future__ import annotations

DOCUMENTATION = r"""
name: stemedb
short_description: Nodes of a StemeDB cluster as hosts
version_added: 1.0.0
author: stemedb.cluster contributors (@stemedb)
description:
  - Makes a host of each node that a StemeDB cluster lists. It asks the first gateway that answers,
    with three requests at most.
  - Its file must end in C(stemedb.yml) or C(stemedb.yaml).
  - Each host has the variables C(stemedb_node_id), C(stemedb_node_address), C(stemedb_node_state)
    and C(stemedb_node_shards), a list of the numbers of its shards. What the gateway does not say
    is V(null).
  - C(ansible_host) is the host of the address, if that is an IP address or a host name.
  - The group C(stemedb) has the groups C(stemedb_alive), C(stemedb_suspect), C(stemedb_dead),
    C(stemedb_other) and C(stemedb_leaders), the nodes that lead a shard. All of them exist even if
    they have no host.
  - A host that an earlier source declares is not added again if it is one of the nodes. It keeps
    its name, its C(ansible_host), its C(stemedb_node_id) and its C(stemedb_node_address).
  - If no gateway answers, the source is not parsed. Set C(any_unparsed_is_failed) in the section
    C([inventory]) of C(ansible.cfg), or Ansible continues without these hosts.
options:
  plugin:
    description: The name of this plugin.
    type: str
    required: true
    choices: [stemedb.cluster.stemedb]
  hostname:
    description:
      - The name of a host. V(id) is the full ID of the node, V(prefix) its first 8 characters, and
        V(address) its address without the port.
      - Any other value is a Jinja expression, which can use the four variables. It takes about a
        millisecond for each host. A node for which it fails or returns nothing has its ID as name,
        or is an error if O(strict=true).
      - In a name, each character but letters of ASCII, digits, C(_), C(.) and C(-) becomes C(-).
        A name that is changed, reserved, or that another host or group has, gets a suffix made of
        the ID.
    type: str
    default: id
extends_documentation_fragment:
  - stemedb.cluster.gateway
  - stemedb.cluster.gateway.timeout
  - stemedb.cluster.gateway.plugin
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
notes:
  - What a gateway says is never evaluated as a template. In O(compose), it becomes part of what you
    compose, so do not make arguments of C(ssh) or commands of it.
  - C(ansible-inventory --list --yaml) omits the mark that a text is not a template. Do not use its
    output as an inventory. The output in JSON keeps the mark.
seealso:
  - plugin: stemedb.cluster.stemedb
    plugin_type: lookup
  - module: stemedb.cluster.stemedb_node_info
"""

EXAMPLES = r"""
# inventory/20-stemedb.yml: all nodes, each with its ID as name
plugin: stemedb.cluster.stemedb
gateway_url: http://gateway-01:18181

---
# Two gateways, short names, and answers that are kept for five minutes
plugin: stemedb.cluster.stemedb
gateway_url:
  - https://gateway-01:18181
  - https://gateway-02:18181
api_key: "{{ lookup('ansible.builtin.env', 'STEMEDB_KEY') }}"
hostname: prefix
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: ~/.cache/stemedb
cache_timeout: 300

---
# Names, variables and groups of your own
plugin: stemedb.cluster.stemedb
hostname: "'db-' ~ stemedb_node_id[:4]"
compose:
  shard_count: stemedb_node_shards | default([], true) | length
groups:
  empty: stemedb_node_shards == []
keyed_groups:
  - key: stemedb_node_state
    prefix: state
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ansible.errors import AnsibleError, AnsibleParserError
from ansible.plugins.inventory import (
    BaseInventoryPlugin,
    Cacheable,
    Constructable,
    to_safe_group_name,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import ALIVE
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._present import results
from ansible_collections.stemedb.cluster.plugins.plugin_utils._inventory.groups import (
    BELOW,
    LEADERS,
    NODES,
    Notes,
    group_of,
    makes_circle,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._inventory.match import (
    Matches,
    match,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._inventory.names import (
    KINDS,
    connection_host,
    group_name,
    host_names,
    wanted_name,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._inventory.spelling import spelled_out
from ansible_collections.stemedb.cluster.plugins.plugin_utils._members.declared import declared
from ansible_collections.stemedb.cluster.plugins.plugin_utils._plugin import clear_errors, reader

Row = dict[str, Any]

NAME = "stemedb.cluster.stemedb"
FILES = ("stemedb.yml", "stemedb.yaml")

# Of what a composed variable of these names holds, ssh makes an argument.
_CONNECTED = ("ansible_host", "ansible_ssh_host")

# Sentences of one kind that are shown.
_MOST_SHOWN = 3

# The variables of a host, by the fields of a node.
_VARIABLES = {
    "node_id": "stemedb_node_id",
    "address": "stemedb_node_address",
    "state": "stemedb_node_state",
    "shards": "stemedb_node_shards",
}


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    """Nodes of a StemeDB cluster as hosts.

    Variables are set on hosts, not by `inventory.set_variable`: after a source in TOML, Ansible
    trusts every text that a later source sets by that, and evaluates it. It also takes longer.
    """

    NAME = NAME
    inventory: Any

    def verify_file(self, path: str) -> bool:
        """Whether the file is meant for this plugin, by its name."""
        return bool(super().verify_file(path)) and path.endswith(FILES)

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        """Ask, and add what was answered.

        :param cache: whether an answer of an earlier run may be used, if the options ask for that.
        """
        super().parse(inventory, loader, path, cache)
        self._read_config_data(path)
        self._declared: dict[str, dict[str, Any]] = {}
        with clear_errors(AnsibleParserError, NAME):
            rows = self._rows(self.get_cache_key(path), cache)
        matches = self._matches(rows)
        names = {**self._names(rows, matches), **matches.hosts}
        for group in (NODES, *BELOW):
            inventory.add_group(group)
        for group in BELOW:
            inventory.add_child(NODES, group)
        for row in rows:
            self._add(row, names[row["node_id"]], matches)
        self._construct([(names[row["node_id"]], _facts(row)) for row in rows])

    # --- what is asked ---------------------------------------------------------------------------

    def _rows(self, key: str, use_cache: bool) -> list[Row]:
        """The nodes, of the cache if it is to be used and has what these options ask for."""
        is_cached = self.get_option("cache")
        # An answer of another gateway, or with other fields, is of no use.
        asked = json.dumps(
            [*_VARIABLES, *(self._option(name) for name in ("gateway_url", "endpoints"))]
        )
        if is_cached and use_cache:
            try:
                found = self._cache[key]
            except KeyError:
                found = {}
            if isinstance(found, Mapping) and found.get("asked") == asked:
                return list(found["nodes"])
        rows, is_complete = self._ask()
        if is_cached and is_complete:
            self._cache[key] = {"asked": asked, "nodes": rows}
        return rows

    def _ask(self) -> tuple[list[Row], bool]:
        """The nodes, and whether the gateway lists as many as it counts."""
        snapshot = reader(self._option, self.display.vvv, spelled_out).snapshot()
        url, count = snapshot.views[0].url, snapshot.fact("node_count")
        rows = [
            {**{field: node[field] for field in _VARIABLES}, "leads": bool(node["leader_shards"])}
            for node in results.nodes(snapshot)
        ]
        if not rows:
            raise StemeDBError(
                "protocol",
                f"{url} lists no node, so there is no host: correct gateway_url, or ask another "
                "gateway.",
            )
        if count is not None and count > len(rows):
            self._warn(
                [f"{url} lists {len(rows)} of {count} nodes, so hosts are missing: ask again later"]
            )
            return rows, False
        return rows, True

    def _option(self, name: str) -> Any:
        """An option, which may be a template in the file of the inventory."""
        self.templar.available_variables = self._vars
        return self.templar.template(self.get_option(name))

    # --- which hosts they are --------------------------------------------------------------------

    def _matches(self, rows: list[Row]) -> Matches:
        """The nodes that are hosts of earlier sources."""
        if not self.inventory.hosts:
            return Matches({}, frozenset(), [])
        # Without a host of another source there is nothing to read.
        from ansible_collections.stemedb.cluster.plugins.plugin_utils._inventory.hosts import (
            declarations,
        )

        self._declared, unread = declarations(self.inventory, self.loader, self._evaluated)
        # Ansible takes the group where both have one name.
        groups = self.inventory.groups
        members = [declared(h, own) for h, own in self._declared.items() if h not in groups]
        found = match(members, rows)
        self._warn([f"{text}: these are hosts of their own now" for text in found.problems])
        self._warn([f"{text}; it may be listed twice" for text in unread])
        return found

    def _evaluated(self, value: Any, variables: Mapping[str, Any]) -> Any:
        """A variable of a host, which may be a template."""
        self.templar.available_variables = {**variables, **self._vars}
        return self.templar.template(value)

    def _names(self, rows: Iterable[Row], matches: Matches) -> dict[str, str]:
        """A name for each node that is no host yet."""
        kind = self.get_option("hostname")
        wanted = {}
        failed = []
        for row in rows:
            node_id = row["node_id"]
            if node_id in matches.hosts:
                continue
            wanted[node_id] = wanted_name(kind, node_id, row["address"])
            if kind not in KINDS:
                try:
                    name = self._compose(kind, _facts(row))
                    wanted[node_id] = node_id if name in (None, "") else str(name)
                except AnsibleError as error:
                    failed.append(f"hostname has no result for {node_id[:60]}: {error.message}")
        if failed and self.get_option("strict"):
            raise AnsibleParserError(f"{NAME}: {failed[0]}.")
        self._warn(failed)
        return host_names(wanted, (*self.inventory.hosts, *self.inventory.groups, NODES, *BELOW))

    # --- what is added ---------------------------------------------------------------------------

    def _add(self, row: Row, name: str, matches: Matches) -> None:
        """Add a node, or to the host that it is what that does not declare."""
        facts = _facts(row)
        if row["node_id"] in matches.hosts:
            kept = dict(self._declared[name])
            # A host that is being set up again has the address of the node that it was.
            if row["node_id"] in matches.by_address and row["state"] != ALIVE:
                kept["stemedb_node_id"] = None
            facts = {key: value for key, value in facts.items() if key not in kept}
        else:
            host = connection_host(row["address"])
            if host is not None:
                facts["ansible_host"] = host
        inventory = self.inventory
        inventory.add_host(name, group=group_of(row["state"]))
        if row["leads"]:
            inventory.add_host(name, group=LEADERS)
        for key, value in facts.items():
            inventory.hosts[name].set_variable(key, value)

    def _construct(self, hosts: list[tuple[str, Row]]) -> None:
        """Variables and groups by the expressions of the options."""
        strict = self.get_option("strict")
        compose, groups, keyed = map(self.get_option, ("compose", "groups", "keyed_groups"))
        if compose:
            dropped: list[str] = []
            for name, facts in hosts:
                dropped += self._compose_variables(compose, name, facts, strict)
            self._warn(dropped)
        if groups or keyed:
            self._group(groups, keyed, hosts, strict)

    def _group(self, groups: Any, keyed: Any, hosts: list[tuple[str, Row]], strict: bool) -> None:
        """Add the groups by expressions. An ID can take the name of no group."""
        inventory = self.inventory
        own = {name for name, _facts in hosts} - set(self._declared)
        others = set(inventory.hosts) - own
        self._sanitize_group_name = lambda text: group_name(
            to_safe_group_name(text), others, (NODES, *BELOW)
        )
        conditional, by_key = Notes(children_are_hosts=True), Notes(children_are_hosts=False)
        for name, facts in hosts:
            variables = {**facts, **inventory.hosts[name].get_vars()}
            self.inventory = conditional
            self._add_host_to_composed_groups(groups, variables, name, strict, fetch_hostvars=False)
            self.inventory = by_key
            self._add_host_to_keyed_groups(keyed, variables, name, strict, fetch_hostvars=False)
        self.inventory = inventory
        names = self._renamed(own & {*conditional.groups, *by_key.groups})
        for group in (*conditional.groups, *by_key.groups):
            inventory.add_group(group)
        for group, name in (*conditional.members, *by_key.members):
            inventory.add_host(names.get(name, name), group=group)
        self._nest(by_key.children, strict)

    def _renamed(self, clashing: set[str]) -> dict[str, str]:
        """Give hosts that are called like a group another name, and return it by the one before."""
        inventory = self.inventory
        taken = {*inventory.hosts, *inventory.groups}
        names = host_names({name: name for name in sorted(clashing)}, taken)
        for before, name in names.items():
            host = inventory.hosts[before]
            groups = [group for group in host.get_groups() if host in group.hosts]
            inventory.remove_host(host)
            inventory.add_host(name)
            inventory.hosts[name].vars = host.vars
            for group in groups:
                inventory.add_host(name, group=group.name)
        return names

    def _nest(self, children: Iterable[tuple[str, str]], strict: bool) -> None:
        """Put groups below others, unless what a gateway says puts one below itself."""
        circles = []
        for parent, child in children:
            if makes_circle(self.inventory, parent, child):
                circles.append(f"the group {child} cannot be below {parent}, which is below it")
            else:
                self.inventory.add_child(parent, child)
        if circles and strict:
            raise AnsibleParserError(f"{NAME}: {circles[0]}.")
        self._warn(circles)

    def _compose_variables(
        self, compose: Mapping[str, str], name: str, facts: Row, strict: bool
    ) -> list[str]:
        """Set variables by expressions, and return a sentence for each that must not be set."""
        dropped = []
        host = self.inventory.hosts[name]
        variables = {**facts, **host.get_vars()}
        for variable, expression in compose.items():
            try:
                value = self._compose(expression, variables)
            except AnsibleError as error:
                if strict:
                    raise AnsibleParserError(f"{NAME}: {variable} of {name}: {error}") from None
                continue
            address = connection_host(str(value)) if variable in _CONNECTED else None
            if variable in _CONNECTED and address != str(value).lower():
                dropped.append(f"the composed {variable} of {name} is no address or host name")
            else:
                host.set_variable(variable, value)
        if dropped and strict:
            raise AnsibleParserError(f"{NAME}: {dropped[0]}.")
        return dropped

    def _warn(self, sentences: list[str]) -> None:
        """Show some of the sentences, and how many there are."""
        for text in sentences[:_MOST_SHOWN]:
            self.display.warning(f"{NAME}: {text.rstrip('.')}.")
        if len(sentences) > _MOST_SHOWN:
            self.display.warning(f"{NAME}: {len(sentences) - _MOST_SHOWN} more of these.")


def _facts(row: Row) -> Row:
    """The variables of a node."""
    return {variable: row[field] for field, variable in _VARIABLES.items()}
