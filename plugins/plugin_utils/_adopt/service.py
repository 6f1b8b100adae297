# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who runs the node of a host that is adopted, and with which environment.

Private to stemedb.cluster. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._findings import NOTE, WARNING
from ansible_collections.stemedb.cluster.plugins.module_utils._host.secrets import HIDDEN
from ansible_collections.stemedb.cluster.plugins.plugin_utils._adopt.facts import (
    COMMANDS,
    Found,
    Part,
    finding,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._adopt.find import unit_name

# Where units lie that are nobody's package.
_OWN_UNITS = "/etc/systemd/system/"
# Without these nothing can be started, stopped or watched.
_NEEDED = ("start_command", "stop_command", "status_command")


def service(found: Found) -> Part:
    """The unit, or the commands, that run the node."""
    unit, process = found.candidate
    said = {key: found.said[key] for key in COMMANDS if found.said[key]}
    by_command = found.said["manager"] == "command" and all(key in said for key in _NEEDED)
    if unit is None and by_command:
        return Part({"service_manager": "command", **said})
    if unit is None:
        return _by_hand(found, process, said)
    name = str(unit["name"]).removesuffix(".service")
    path = str(unit["path"])
    notes = []
    if path != f"{_OWN_UNITS}{unit_name(name)}":
        notes.append(
            f"its unit is {path}; the node role writes {_OWN_UNITS}{unit_name(name)}, which wins "
            "over it."
        )
    if unit["drop_ins"]:
        notes.append(f"{', '.join(unit['drop_ins'])} will win over the unit of the node role.")
    if unit["dynamic_user"]:
        notes.append("systemd makes its user up (DynamicUser); the node role wants one that stays.")
    return Part(
        {"service": name, "service_manager": "systemd"},
        (),
        tuple(finding(found, "unit", NOTE, note) for note in notes),
    )


def _by_hand(found: Found, process: Mapping[str, Any] | None, known: dict[str, Any]) -> Part:
    """A node that nothing known runs: kept from being started a second time, and no more."""
    unit = (process or {}).get("unit")
    how = "by hand"
    if process and process["user_manager"] and unit:
        how = f"by {unit} of the systemd of the user {process['user']}"
    elif unit:
        how = f"by hand or by {unit}"
    needed = ", ".join(f"stemedb_node_{name}" for name in _NEEDED if name not in known)
    remark = f"started {how}; nothing here can start or stop it until you set {needed}"
    detail = f"its node was started {how}. Set {needed}, or give it a unit."
    return Part(
        # Looked for as a service of systemd it would not be found, and started once more.
        {"service_manager": "command", **known},
        (remark,),
        (finding(found, "no_service_manager", WARNING, detail),),
    )


def user(found: Found) -> Part:
    """The user that runs the node."""
    unit, process = found.candidate
    name = process["user"] if process else unit["user"] if unit else None
    if name:
        return Part({"user": name})
    if process is None:
        return Part({})
    remark = f"runs as the user {process['uid']}, who has no name: stemedb_node_user"
    detail = f"its node runs as the user {process['uid']}, who has no name."
    return Part({}, (remark,), (finding(found, "unknown_user", WARNING, detail),))


def environment(found: Found) -> Part:
    """That there are variables, and their names; values are secrets and stay where they are."""
    unit, process = found.candidate
    if found.said["own_environment"]:
        remark = "stemedb_node_environment is set in your inventory: load that beside this one"
        return Part({}, (remark,))
    own = re.compile(found.environment_pattern)
    inside = process["environment"] if process else []
    declared = unit["environment"] if unit else []
    if inside is None or declared is None:
        remark = "the variables of its environment may not be read: stemedb_node_environment"
        detail = "the names of its variables may not be read; let Ansible become root."
        return Part({}, (remark,), (finding(found, "unknown_environment", WARNING, detail),))
    names = {name for name in inside if own.match(name)} | set(declared)
    if not names:
        return Part({"environment": {}})
    files = unit["environment_files"] if unit else []
    where = f" (on the host in {' and '.join(files)})" if files else ""
    remark = f"variables of its environment: {', '.join(sorted(names))}{where}"
    detail = f"{remark}. Values were not read: put them into vault_stemedb_node_environment."
    return Part({"environment": HIDDEN}, (remark,), (finding(found, "environment", NOTE, detail),))
