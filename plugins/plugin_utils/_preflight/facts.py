# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a preflight judges: what the inventory wants, and what was found.

Private to stemedb.cluster. Pure.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.addresses import (
    endpoint,
    names_of,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import DEAD
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.plugin_utils._typed import read

GB = 1000**3

# A gateway says its time in whole seconds: less than this could never be told.
LEAST_CLOCK_SKEW = 2


class Settings(NamedTuple):
    """What the inventory says about the host and the cluster that it is to join."""

    host: str | None = None
    address: str | None = None
    node_id: str | None = None
    cluster_name: str | None = None
    gateway_urls: tuple[str, ...] = ()
    seed_nodes: tuple[str, ...] = ()
    gateway_port: int = 18181
    rpc_port: int = 18182
    gossip_port: int = 18183
    health_path: str | None = None
    service_manager: str = "systemd"
    log_command: str | None = None
    limit_nofile: int = 65536
    # Where the binary comes from, None if it is on the host already, and its SHA-256.
    artifact: str | None = None
    artifact_is_remote: bool = False
    checksum: str | None = None
    min_free_disk_gb: float = 100
    disk_headroom: float = 0.5
    max_clock_skew: float = 5
    kernel_minimums: tuple[tuple[str, int], ...] = ()
    min_observers: int = 2
    observers: str = "all"
    # False for the first start of a cluster: there is nothing to reach, ask or compare with.
    cluster_exists: bool = True


class Facts(NamedTuple):
    """What was found.

    :param probe: the result of stemedb_host_info on the host.
    :param cluster: the result of stemedb_cluster_info, None if it failed.
    :param members: `nodes` of stemedb_node_info, None if it failed.
    :param cluster_error: why they failed.
    :param shards: `shards` of stemedb_shard_info, None if it failed.
    :param binaries: by host of a member, the result of stemedb_host_info for its binary.
    """

    probe: dict[str, Any]
    cluster: dict[str, Any] | None = None
    members: list[dict[str, Any]] | None = None
    cluster_error: str | None = None
    shards: list[dict[str, Any]] | None = None
    binaries: dict[str, dict[str, Any]] | None = None


_INTEGERS = ("gateway_port", "rpc_port", "gossip_port", "min_observers", "limit_nofile")
_FLOATS = ("min_free_disk_gb", "disk_headroom", "max_clock_skew")
_LISTS = ("gateway_urls", "seed_nodes")
# What an inventory leaves empty says nothing.
_OPTIONAL = ("node_id", "artifact", "checksum", "log_command")


def settings_of(values: dict[str, Any]) -> Settings:
    """Settings from what an inventory holds: lists as strings, numbers as text.

    :raises StemeDBError: `config`, naming the setting.
    """
    unknown = sorted(set(values) - set(Settings._fields))
    if unknown:
        raise StemeDBError("config", f"settings: there is no {', '.join(unknown)}.")
    ready = dict(values)
    for key in (*_INTEGERS, *_FLOATS):
        if key in values:
            ready[key] = _number(key, values[key], int if key in _INTEGERS else float)
    for key in _LISTS:
        items = read(values.get(key), "list")
        ready[key] = tuple(str(item).strip() for item in items if str(item).strip())
    for key in _OPTIONAL:
        ready[key] = str(values[key]) if values.get(key) not in (None, "") else None
    if ready["checksum"]:
        ready["checksum"] = ready["checksum"].lower().rpartition("sha256:")[2]
    ready["kernel_minimums"] = tuple(
        (name, _number(f"kernel_minimums: {name}", least, int))
        for name, least in sorted((values.get("kernel_minimums") or {}).items())
    )
    return _checked(Settings(**ready))


def _number(key: str, value: Any, kind: type) -> Any:
    try:
        return kind(value)
    except (TypeError, ValueError) as error:
        raise StemeDBError("config", f"settings: {key} is no number: {error}.") from error


def _checked(settings: Settings) -> Settings:
    if not settings.max_clock_skew >= LEAST_CLOCK_SKEW:
        raise StemeDBError(
            "config",
            f"stemedb_max_clock_skew is {settings.max_clock_skew:g}: give {LEAST_CLOCK_SKEW} "
            "seconds or more, because a gateway says its time in whole seconds.",
        )
    if not settings.disk_headroom >= 0:
        raise StemeDBError(
            "config",
            f"stemedb_disk_headroom is {settings.disk_headroom:g}: give 0 or more, such as 0.5 for "
            "half as much again.",
        )
    return settings


def real_name(settings: Settings, facts: Facts) -> str | None:
    """The name of the cluster by its gateway, else as the inventory says it."""
    return gateways_name(facts) or settings.cluster_name


def gateways_name(facts: Facts) -> str | None:
    """The name of the cluster by its gateway."""
    return ((facts.cluster or {}).get("cluster") or {}).get("name")


def node_id(settings: Settings, facts: Facts) -> str | None:
    """The host's id, as far as it has one."""
    return settings.node_id or (facts.probe.get("node_id_file") or {}).get("node_id")


def own_names(settings: Settings, facts: Facts) -> frozenset[str]:
    """The host's address and what it resolves to."""
    return names_of(endpoint(settings.address).host, facts.probe.get("ports"))


def dead_names(facts: Facts) -> frozenset[str]:
    """Names and addresses that only Dead members have: what is down there is no surprise."""
    by_state: dict[bool, set[str]] = {True: set(), False: set()}
    for member in facts.members or ():
        names = names_of(endpoint(member.get("address")).host, facts.probe.get("ports"))
        by_state[member.get("state") == DEAD].update(names)
    return frozenset(by_state[True] - by_state[False])
