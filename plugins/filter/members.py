# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters of the declared members. Each is documented in the .yml of its name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Callable

from ansible_collections.stemedb.cluster.plugins.plugin_utils._filters import (
    Hosts,
    Items,
    checked,
)


@checked
def member_names(hosts: Hosts, seeds: Any = None) -> list[str]:
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._members import declared

    names = declared.split_list(seeds)
    for one in declared.members(hosts):
        names += [one.host, one.address, *(one.seeds or ())]
    return list(dict.fromkeys(names))


@checked
def node_names(
    hosts: Hosts, nodes: Items | None = None, resolved: Mapping[str, Sequence[str]] | None = None
) -> dict[str, str]:
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._members import declared

    return declared.host_names(declared.members(hosts, resolved), nodes or ())


@checked
def near_name(name: str, known: Iterable[str]) -> str:
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._members import declared

    return declared.near(name, known)


@checked
def seeds_without(members: Hosts, host: str) -> list[str]:
    from ansible_collections.stemedb.cluster.plugins.plugin_utils._members import declared, seeds

    return seeds.not_naming(host, declared.members(members))


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {
            "member_names": member_names,
            "near_name": near_name,
            "node_names": node_names,
            "seeds_without": seeds_without,
        }
