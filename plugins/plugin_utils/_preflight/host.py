# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host by itself: disk, configuration, identity, data and kernel, as findings.

Private to stemedb.cluster. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._findings import (
    ERROR,
    NOTE,
    WARNING,
    Finding,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._members.identity import (
    Claims,
    resolve,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._preflight.facts import (
    GB,
    Facts,
    Settings,
    own_names,
    real_name,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._probes import (
    NO_LOG,
    prints_log,
    why,
)

# What is always read of the kernel: what one process may open, and what all have opened.
OPEN_FILES = "fs.nr_open"
ALL_FILES = "fs.file-nr"
SYSCTLS = (OPEN_FILES, ALL_FILES)


def host_findings(settings: Settings, facts: Facts) -> Iterator[Finding]:
    """All that speaks against the host, whatever the cluster is."""
    yield from _disk(settings, facts)
    yield from config_file(settings, facts)
    yield from _identity(settings, facts)
    yield from _kernel(settings, facts)
    yield from _log(settings)


def _disk(settings: Settings, facts: Facts) -> Iterator[Finding]:
    """Guide: "Disk space: Adequate storage for shard replicas"."""
    spaces = facts.probe.get("free_space")
    if not spaces:
        yield Finding(
            "unknown_disk_space",
            ERROR,
            "disk",
            f"the free space cannot be read: {why(facts.probe, 'free_space')}. Try: df -h",
        )
    for space in spaces or ():
        free = space["free_bytes"] / GB
        if free < settings.min_free_disk_gb:
            yield Finding(
                "disk_space",
                ERROR,
                space["path"],
                f"{free:.1f} GB free at {space['checked_path']}, "
                f"{settings.min_free_disk_gb:g} GB required. Free or add space, or lower "
                "stemedb_min_free_disk_gb.",
            )


def config_file(settings: Settings, facts: Facts) -> Iterator[Finding]:
    """Guide: "cat /etc/stemedb/node.toml", where there is one already."""
    config = facts.probe.get("config")
    if config is None:
        yield Finding(
            "unknown_config",
            ERROR,
            "node.toml",
            f"cannot be read: {why(facts.probe, 'config')}. Correct it or move it aside.",
        )
        return
    values = config["settings"] or {}
    real = real_name(settings, facts)
    for key, value in sorted(values.items()):
        name = key.rpartition(".")[2]
        if name == "cluster_name" and real and value != real:
            yield Finding(
                "config_cluster_name",
                ERROR,
                config["path"],
                f"says {key} = {value!r}, but the cluster is {real}: this host was set up for "
                "another cluster. Move its configuration and data aside if it is to change.",
            )
        ours = getattr(settings, name) if name in CONFIGURED else None
        if ours is not None and _flat(value) != _flat(ours):
            yield Finding(
                "config_differs",
                NOTE,
                config["path"],
                f"says {key} = {_flat(value)}, the inventory {_flat(ours)}. "
                "The node role writes the inventory's.",
            )


# Keys of node.toml that are also settings of ours, by the same name.
CONFIGURED = ("seed_nodes", "gateway_port", "rpc_port", "gossip_port")


def _flat(value: Any) -> str:
    return ",".join(str(one) for one in value) if isinstance(value, (list, tuple)) else str(value)


def _identity(settings: Settings, facts: Facts) -> Iterator[Finding]:
    """Which node the host is, and whether its data are that node's and this cluster's."""
    claims = Claims(
        settings.node_id,
        facts.probe,
        list(facts.members or ()),
        own_names(settings, facts),
        settings.rpc_port,
    )
    try:
        resolve(claims, "new")
    except StemeDBError as error:
        yield Finding(error.detail or "identity", ERROR, settings.address or "host", error.message)
    data = facts.probe.get("data_dir") or {}
    mark, real = data.get("mark"), real_name(settings, facts)
    if mark and not data["empty"] and real and mark["cluster_name"] != real:
        yield Finding(
            "data_dir_cluster",
            ERROR,
            data["path"],
            f"is marked as data of the cluster {mark['cluster_name']}, but the cluster is {real}. "
            "Move it aside if this host is to change, or mount the disk that belongs here.",
        )


def _kernel(settings: Settings, facts: Facts) -> Iterator[Finding]:
    """Limits below which the node does not get what its service asks for, or drops connections."""
    asked = dict.fromkeys([*SYSCTLS, *(name for name, _least in settings.kernel_minimums)])
    values = {name: _numbers((facts.probe.get("sysctls") or {}).get(name)) for name in asked}
    unknown = [name for name, value in values.items() if value is None]
    if unknown:
        yield Finding(
            "unknown_kernel",
            WARNING,
            ", ".join(unknown),
            f"cannot be read ({why(facts.probe, 'sysctls')}). Not blocking; look by hand: "
            f"sysctl {' '.join(unknown)}",
        )
    # Only systemd is told the limit by the node role.
    limit = settings.limit_nofile if settings.service_manager == "systemd" else 0
    open_files, all_files = values[OPEN_FILES], values[ALL_FILES]
    if open_files is not None and open_files[0] < limit:
        yield Finding(
            "open_files_limit",
            ERROR,
            OPEN_FILES,
            f"is {open_files[0]}, so that no process may open more files, but "
            f"stemedb_node_limit_nofile is {limit}: systemd would start the node with fewer, or "
            f"not at all (205/LIMITS). Set {OPEN_FILES} to {limit} or more, or lower the limit.",
        )
    if all_files is not None and all_files[-1] - all_files[0] < limit:
        yield Finding(
            "open_files_left",
            WARNING,
            ALL_FILES,
            f"{all_files[0]} of {all_files[-1]} files are open on the whole host, which leaves "
            f"less than the {limit} of stemedb_node_limit_nofile. Raise fs.file-max.",
        )
    for name, least in settings.kernel_minimums:
        value = values[name]
        if value is not None and value[0] < least:
            yield Finding(
                "kernel_setting",
                WARNING,
                name,
                f"is {value[0]}, {least} or more is wanted (stemedb_preflight_kernel_minimums).",
            )


def _log(settings: Settings) -> Iterator[Finding]:
    """Guide: "Node logs show successful replication (no errors)", which nobody could see."""
    if settings.cluster_exists and not prints_log(settings.service_manager, settings.log_command):
        yield Finding("unknown_log", ERROR, settings.host or "log", f"{NO_LOG}.")


def _numbers(text: str | None) -> list[int] | None:
    """The numbers of a setting; None if it has none or other words."""
    try:
        return [int(word) for word in (text or "").split()] or None
    except ValueError:
        return None
