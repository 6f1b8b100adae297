# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host that is adopted is described from and with. Private to stemedb.cluster. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.stemedb.cluster.plugins.module_utils._findings import Finding
from ansible_collections.stemedb.cluster.plugins.plugin_utils._adopt.find import Candidate

# Commands of a host without systemd, which only the operator knows.
COMMANDS = ("start_command", "stop_command", "status_command", "log_command")


class Found(NamedTuple):
    """All that is known of a host, once its node was found.

    :param host: the name in the inventory.
    :param candidate: unit and process, or what there is of them.
    :param probe: the second one, of its files.
    :param said: what the inventory says, see `find.Search`, and `address`, `config_path`,
        the ports, the commands.
    :param defaults: of the node role, without `stemedb_node_`.
    :param names: the host's address and what it resolves to.
    :param members: what the cluster lists, None if that is not known.
    :param gateway_urls: of the inventory.
    :param environment_pattern: what a variable is called that is the node's own.
    """

    host: str
    candidate: Candidate
    probe: Mapping[str, Any]
    said: Mapping[str, Any]
    defaults: Mapping[str, Any]
    names: frozenset[str]
    members: Sequence[Mapping[str, Any]] | None
    gateway_urls: Sequence[str]
    environment_pattern: str


class Part(NamedTuple):
    """Some variables, by their names without `stemedb_node_`; what to remark beside them and to
    report.
    """

    variables: dict[str, Any]
    remarks: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


def finding(found: Found, kind: str, severity: str, detail: str) -> Finding:
    """A finding about this host."""
    return Finding(kind, severity, found.host, detail)


def is_running(candidate: Candidate) -> bool | None:
    """Whether the node runs."""
    if candidate.process:
        return True
    return candidate.unit["running"] if candidate.unit else False


def settings_of(found: Found, name: str) -> list[Any]:
    """What the configuration says of a key, in whatever table."""
    settings = (found.probe.get("config") or {}).get("settings") or {}
    return [value for key, value in settings.items() if key.rpartition(".")[2] == name]
