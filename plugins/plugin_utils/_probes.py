# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stemedb_host_info can tell of a host. Private to stemedb.cluster. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# The finding unknown_log, by which it is accepted that nobody searches a log.
NO_LOG = (
    "the log is searched for errors at the end, and nothing says how to print it: "
    "stemedb_node_service_manager is command, and stemedb_node_log_command is empty. Set that to "
    "a command that prints the log, such as 'tail -n 100000 /var/log/stemedb.log'. Or accept this "
    "kind, and the log is not searched"
)


def why(probe: Mapping[str, Any], section: str) -> str:
    """Why a section of it is null."""
    said = [e["message"] for e in probe.get("errors") or () if e["section"] == section]
    return "; ".join(said) or "the probe did not ask for it"


def prints_log(manager: str | None, command: str | None) -> bool:
    """Whether there is something that prints the log of a host's service.

    :param manager: what runs the service, `systemd` or `command`.
    :param command: the log command of the inventory.
    """
    return manager != "command" or bool(command)
