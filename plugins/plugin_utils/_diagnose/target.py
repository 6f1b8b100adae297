# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The host that a failed procedure is about: what runs there, and who reaches it.

Private to stemedb.cluster. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._present.tables import disk_size
from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose.finding import first
from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose.hosts import load
from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose.reach import (
    blocked,
    not_asked,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose.short import (
    indented,
)

_LINES = 10
_WAYS = 10


def target_now(facts: Mapping[str, Any]) -> list[str]:
    """The host that the procedure is about, in some detail."""
    target, hosts = facts.get("target"), facts.get("hosts") or {}
    if not target:
        return []
    told = hosts.get(target) or {"problem": None, "probe": None}
    probe = told["probe"]
    if probe is None:
        lines = [told["problem"] or "it was not probed"]
    else:
        lines = [_service(facts["service"], probe), *_disk(probe), *load(probe)]
    unknown = not_asked({"host": target, "inbound": _inbound(facts, target)})
    return [
        "",
        f"The host {target} now:",
        *indented(lines),
        *indented([*first(_ways(facts), _WAYS), *unknown]),
        *indented(_log(probe) if probe is not None else []),
    ]


def target_in_short(facts: Mapping[str, Any]) -> list[str]:
    """Of the host that the procedure is about, what may be the cause."""
    target = facts.get("target")
    told = (facts.get("hosts") or {}).get(target)
    if not told:
        return []
    probe = told["probe"]
    if probe is None:
        return [f"{target}: {told['problem'] or 'it was not probed'}"]
    errors = (((probe.get("log") or {}).get("matches") or {}).get("error") or {}).get("lines") or []
    return [
        f"{target}: {_service(facts['service'], probe)}",
        *indented([*_ways(facts)[:2], *errors[-2:]]),
    ]


def _service(name: str, probe: Mapping[str, Any]) -> str:
    service = probe.get("service")
    if service is None or service.get("running") is None:
        return f"it is unknown whether {name} runs"
    if service["running"]:
        return f"{name} runs"
    return f"{name} does not run"


def _disk(probe: Mapping[str, Any]) -> list[str]:
    return [
        f"{disk_size(space['free_bytes'])} free at {space['path']}"
        for space in probe.get("free_space") or ()
        if space and space.get("free_bytes") is not None
    ]


def _ways(facts: Mapping[str, Any]) -> list[str]:
    """Ports that are not reached, from the target and to it."""
    target = facts.get("target")
    if not target:
        return []
    probe = ((facts.get("hosts") or {}).get(target) or {}).get("probe") or {}
    # That nothing listens on its own ports is told by its service.
    its = _ports(facts)
    away = [port for port in probe.get("ports") or () if (port["host"], port["port"]) not in its]
    inbound = _inbound(facts, target)
    return blocked({"host": target, "probe": {**probe, "ports": away}, "inbound": inbound})


def _ports(facts: Mapping[str, Any]) -> set[tuple[str, int]]:
    """The target's own ports."""
    return {(port["host"], int(port["port"])) for port in facts.get("target_ports") or ()}


def _inbound(facts: Mapping[str, Any], target: str) -> list[dict[str, Any]]:
    """The target's ports, as the others and the control host found them."""
    its = _ports(facts)
    found = []
    for host, told in (facts.get("hosts") or {}).items() if its else ():
        if told["probe"] is not None and host != target:
            ports = told["probe"].get("ports") or ()
            tried = [port for port in ports if (port["host"], port["port"]) in its]
            found.append({"item": host, "ports": tried})
        elif host != target:
            found.append({"item": host, "ports": None, "msg": told["problem"]})
    outside = facts.get("outside")
    if outside:
        found.append({"item": facts["control_host"], **outside})
    return found


def _log(probe: Mapping[str, Any]) -> list[str]:
    log = probe.get("log")
    if not log:
        return ["its log could not be read"]
    errors = (log.get("matches") or {}).get("error") or {}
    count = errors.get("count", 0)
    lines = [f"recent log: {log['line_count']} lines, {count} with errors"]
    shown = (errors.get("lines") or [])[-_LINES:] or log["lines"][-_LINES:]
    return lines + indented(shown)
