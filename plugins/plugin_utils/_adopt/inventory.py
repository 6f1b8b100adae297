# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory of a cluster that was adopted, as the text of a file.

Private to stemedb.cluster. Pure: the same findings give the same text, so that a second run changes
nothing. No secret is in it, because none is in what it is made from.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._host.secrets import (
    HIDDEN,
    masked_text,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._adopt import cluster
from ansible_collections.stemedb.cluster.plugins.plugin_utils._adopt.cluster import Site
from ansible_collections.stemedb.cluster.plugins.plugin_utils._adopt.facts import COMMANDS
from ansible_collections.stemedb.cluster.plugins.plugin_utils._adopt.yaml_text import (
    Comment,
    Item,
    Template,
    lines,
)

ROLE = "stemedb_node_"
# How the variables of the node role follow each other; others come last.
_ORDER = (
    "id",
    "address",
    "service",
    "service_manager",
    *COMMANDS,
    "binary",
    "user",
    "config_path",
    "data_dir",
    "gateway_port",
    "rpc_port",
    "gossip_port",
    "flags",
    "environment",
)
_SECRET_ENVIRONMENT = Template("{{ vault_stemedb_node_environment }}")
_FLAG = re.compile(r"--?[A-Za-z][\w.-]*")
_HEAD = (
    "What stemedb.cluster.adopt found on these hosts, and what the cluster says. No secret is",
    "in here. Settings of yours that are not in here stay where they are; load both:",
    "  ansible-playbook stemedb.cluster.health -i YOUR_INVENTORY -i THIS_FILE",
)
_JOINING = "hosts to add; they need stemedb_node_artifact, unless the binary is there already"


def inventory(site: Site, defaults: Mapping[str, Any], has_api_key: bool) -> str:
    """The text of the file.

    :param defaults: of the node role, without `stemedb_node_`.
    :param has_api_key: whether the cluster was asked with a key.
    """
    hosts = cluster.adopted(site)
    seeds = union(host["seeds"] for host in hosts if host["seeds"])
    shared, own = hoisted({host["host"]: host["variables"] for host in hosts}, defaults)
    reach, reached = hoisted({host["host"]: host["connection"] for host in hosts}, {})
    members: list[Item] = []
    for host in hosts:
        name = host["host"]
        told = [*map(Comment, host["remarks"]), *_connection(reached[name]), *_node(own[name])]
        if host["seeds"] is not None and list(host["seeds"]) != seeds:
            told.append(("stemedb_seed_nodes", list(host["seeds"])))
        members.append((name, told))
    named = {host["host"] for host in hosts}
    members += [
        Comment(f"{name} is left out: which node it is is not known")
        for name in site.expected
        if name not in named
    ]
    in_common = [*_connection(reach), *_node(shared)]
    groups = [
        ("stemedb_nodes", [("hosts", members)]),
        ("stemedb_new_nodes", [Comment(_JOINING), ("hosts", {})]),
    ]
    nodes = ([("vars", in_common)] if in_common else []) + [("children", groups)]
    whole: list[Item] = [
        ("all", [("vars", _cluster(site, seeds, has_api_key)), ("children", [("stemedb", nodes)])])
    ]
    return "\n".join(["---", *(f"# {line}" for line in _HEAD), *lines(whole), ""])


def union(lists: Iterable[Sequence[str]]) -> list[str]:
    """All seeds: those of most hosts as they are, then the others."""
    counted = Counter(tuple(one) for one in lists)
    by_use = sorted(counted.items(), key=lambda item: (-item[1], -len(item[0]), item[0]))
    return list(dict.fromkeys(seed for seeds, _count in by_use for seed in seeds))


def hoisted(
    hosts: Mapping[str, Mapping[str, Any]], defaults: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """What most hosts have in common, and what each has that differs from that and the defaults.

    A variable that is not known of all is nobody's but those hosts' that have it.
    """
    shared = {}
    for name in dict.fromkeys(name for variables in hosts.values() for name in variables):
        values = [_text(variables[name]) for variables in hosts.values() if name in variables]
        text, count = min(Counter(values).items(), key=lambda item: (-item[1], item[0]))
        is_default = name in defaults and _text(defaults[name]) == text
        if len(values) == len(hosts) and 2 * count > len(hosts) and not is_default:
            shared[name] = json.loads(text)
    base = {name: _text(value) for name, value in {**defaults, **shared}.items()}
    own = {
        host: {key: value for key, value in variables.items() if base.get(key) != _text(value)}
        for host, variables in hosts.items()
    }
    return shared, own


def _text(value: Any) -> str:
    """A value as text, so that 1 and true are not the same."""
    return json.dumps(value, sort_keys=True)


def _cluster(site: Site, seeds: list[str], has_api_key: bool) -> list[Item]:
    name = cluster.cluster_name(site)
    items: list[Item] = [("stemedb_cluster_name", name)]
    if name is None:
        items = [Comment("the gateway does not say its cluster's name: stemedb_cluster_name")]
    items.append(("stemedb_gateway_url", list(site.said["gateway_url"])))
    # What reaches the gateways comes from the operator, who may have put a template into it.
    items += [(key, _operators(value)) for key, value in site.said["gateway"].items()]
    control = site.said["gateway"].get("stemedb_control_host")
    if control and control not in site.expected:
        items.append(Comment(f"{control} is no host of this inventory: load the one that it is in"))
    if has_api_key:
        items.append(
            Comment("stemedb_api_key: keep it in a vault, or in the environment as STEMEDB_API_KEY")
        )
    items.append(("stemedb_seed_nodes", seeds))
    items += _lock_hosts(site)
    listed = [(one["node_id"], one["address"]) for one in cluster.strangers(site)]
    items += [
        Comment(f"a member without a host here: {node_id} at {address}")
        for node_id, address in sorted(listed, key=str)
    ]
    return items


def _lock_hosts(site: Site) -> list[Item]:
    hosts = cluster.lock_hosts(site)
    if not hosts:
        return [Comment("stemedb_lock_hosts: name three hosts or more that stay")]
    # A host of another inventory is the operator's choice, and needs no node here.
    others = [host for host in hosts if host not in site.expected]
    return [
        Comment("where a run takes the cluster lock: hosts that stay"),
        *(
            Comment(f"{host} is no host of this inventory: load the one it is in")
            for host in others
        ),
        ("stemedb_lock_hosts", hosts),
    ]


def _operators(value: Any) -> Any:
    """A value of the operator's own inventory, which may be a template."""
    return Template(value) if isinstance(value, str) and "{" in value else value


def _connection(variables: Mapping[str, Any]) -> list[Item]:
    items: list[Item] = []
    for name, value in sorted(variables.items()):
        if isinstance(value, str) and masked_text(value) != value:
            items.append(Comment(f"{name} holds a secret and was not copied"))
        else:
            items.append((name, _operators(value)))
    return items


def _node(variables: Mapping[str, Any]) -> list[Item]:
    known = [name for name in _ORDER if name in variables]
    rest = sorted(set(variables) - set(known))
    return [(f"{ROLE}{name}", _value(name, variables[name])) for name in [*known, *rest]]


def _value(name: str, value: Any) -> Any:
    if name == "environment":
        return _SECRET_ENVIRONMENT if value == HIDDEN else value
    if name == "flags":
        return flags(value)
    return _operators(value) if name in COMMANDS else value


def flags(words: Sequence[str]) -> list[Any]:
    """Flags whose secrets are looked up in a vault, by the name of the flag."""
    written: list[Any] = []
    flag = ""
    for number, word in enumerate(words, start=1):
        name = word.partition("=")[0]
        flag = name if _FLAG.fullmatch(name) else flag
        if HIDDEN in word:
            key = flag or f"word {number}"
            start = f"{name}=" if name == flag and "=" in word else ""
            written.append(Template(f"{start}{{{{ vault_stemedb_node_flags['{key}'] }}}}"))
        else:
            written.append(word)
    return written
