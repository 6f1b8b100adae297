# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands that people paste: with the inventory of this run, and what starts or shows a service.

Private to stemedb.cluster. Pure.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

# Where the inventory is not known.
ANY_INVENTORY = "-i inventory.yml"
_NODE_SERVICE = "stemedb-node"
_GATEWAY_SERVICE = "stemedb-gateway"
# What tells how a host's services are started and read.
OF_SERVICES = (
    "stemedb_gateway_service",
    "stemedb_node_log_command",
    "stemedb_node_service",
    "stemedb_node_service_manager",
    "stemedb_node_start_command",
    "stemedb_node_status_command",
)
_LOG_SECONDS = 600


def inventory_options(
    sources: Sequence[str] | None, usual: Sequence[str] | None, folder: str
) -> str:
    """The `-i` options that name the same inventory; empty where Ansible finds it without them.

    :param sources: `ansible_inventory_sources`; None where it is not known.
    :param usual: what Ansible reads without `-i` in the same folder; None where nobody knows.
    :param folder: where the command is run. A path below it is shown from there.
    """
    if sources is None:
        return ANY_INVENTORY
    if usual is not None and list(sources) == list(usual):
        return ""
    here = f"{folder.rstrip('/')}/"
    return " ".join(f"-i {shlex.quote(str(source).removeprefix(here))}" for source in sources)


def playbook(name: str, inventory: str, arguments: str = "") -> str:
    """The command that runs a playbook."""
    words = ("ansible-playbook", f"stemedb.cluster.{name}", inventory, arguments)
    return " ".join(filter(None, words))


def ping(host: str, inventory: str) -> str:
    """The command that shows whether Ansible reaches a host, named as `finding.pasted` does."""
    words = ("ansible", host, inventory, "-m ansible.builtin.ping")
    return " ".join(filter(None, words))


def is_systemd(told: Mapping[str, Any]) -> bool:
    """Whether systemd starts the services of the host with these variables."""
    return (told.get("stemedb_node_service_manager") or "systemd") == "systemd"


def start(told: Mapping[str, Any], time: float) -> str:
    """How to start the node of the host with these variables, and to read its log then."""
    if is_systemd(told):
        command = f"systemctl start {_node(told)}"
    else:
        command = str(told.get("stemedb_node_start_command") or "start its service")
    return f"{command}; then {log(told, time)}"


def log(told: Mapping[str, Any], time: float) -> str:
    """How to read the log of the node, up to `time`, in seconds since the epoch."""
    if is_systemd(told):
        return f"journalctl -u {_node(told)} -n 50"
    command = str(told.get("stemedb_node_log_command") or "read its log")
    return command.replace("{since}", f"{max(0.0, time - _LOG_SECONDS):.0f}")


def status(told: Mapping[str, Any]) -> str:
    """How to see whether the node and the gateway run."""
    if is_systemd(told):
        return f"systemctl status {_node(told)} {_gateway(told)}"
    return str(told.get("stemedb_node_status_command") or "see whether its service runs")


def gateway_status(told: Mapping[str, Any], time: float) -> str:
    """How to see whether the gateway runs, and to read its log."""
    if is_systemd(told):
        unit = _gateway(told)
        return f"systemctl status {unit}; journalctl -u {unit} -n 50"
    # The node's own service serves it.
    return f"{status(told)}; {log(told, time)}"


def gateway_log(service: str | None, words: Sequence[str]) -> str:
    """How to search the log of the gateway.

    :param service: of `gateway_service`; where it is None only the operator knows where the log is.
    """
    if service is None:
        return f"search its log for {', '.join(words[:-1])} and {words[-1]}"
    pattern = "\\|".join(words)
    return f'journalctl -u {service} | grep "{pattern}"'


def gateway_service(variables: Mapping[str, Mapping[str, Any]]) -> str | None:
    """The unit of the gateway; None where no host has systemd."""
    units = [_gateway(told) for told in variables.values() if is_systemd(told)]
    if units:
        return units[0]
    return None if variables else _GATEWAY_SERVICE


def _node(told: Mapping[str, Any]) -> str:
    return shlex.quote(str(told.get("stemedb_node_service") or _NODE_SERVICE))


def _gateway(told: Mapping[str, Any]) -> str:
    return shlex.quote(str(told.get("stemedb_gateway_service") or _GATEWAY_SERVICE))
