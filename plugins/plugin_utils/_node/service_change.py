# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a service may be started or stopped, and whether it has been. Private. Pure.

A probe is a result of `stemedb_host_info` with the service, of the host on which it runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.stemedb.cluster.plugins.plugin_utils._node.service import (
    DIED,
    UP,
    startup,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._probes import why

STARTED = "started"
STEADY = "steady"
# How much of a log is told in a sentence.
_LINES, _WIDE = 8, 160
# A command line may hold a key: it stays on its host.
_KEPT = ("exists", "running", "state", "pid", "started_at", "restarts", "result", "enabled")


def why_not(
    probe: Mapping[str, Any], state: str, wanted: Mapping[str, Any], command: str, host: str
) -> str:
    """Why it can be neither started nor stopped; empty if it can.

    :param wanted: the service as the inventory has it, `{name, manager}`.
    """
    service, name = probe.get("service"), wanted["name"]
    if service is None or (service["running"] is None and state != STARTED):
        known = why(probe, "service") if service is None else service["state"]
        return (
            f"{name} on {host} cannot be {state}, because whether it runs is unknown: {known}. "
            "Correct that, then run the same again."
        )
    if wanted.get("manager") == "command" and not command:
        option = "start" if state == STARTED else "stop"
        return (
            f"{name} on {host} cannot be {state}: stemedb_node_service_manager is command and "
            f"stemedb_node_{option}_command is empty. Set it to what {option}s the service."
        )
    return ""


def changes(probe: Mapping[str, Any], state: str, disable: bool) -> bool:
    """Whether there is anything to do."""
    service = probe["service"]
    if state == STARTED:
        return service["running"] is not True
    return bool(service["running"] or (disable and service["enabled"]))


def facts(probe: Mapping[str, Any]) -> dict[str, Any]:
    """`{service, ports, clock}` for the result of a task."""
    service = probe["service"]
    return {
        "service": None if service is None else {key: service[key] for key in _KEPT},
        "ports": probe["ports"],
        "clock": probe["clock"],
    }


def reached(probe: Mapping[str, Any], state: str) -> bool | None:
    """Whether it has come to that; None as long as it may, False if it will not."""
    if state == STARTED:
        return {UP: True, DIED: False}.get(startup(probe)["state"])
    service = probe.get("service") or {}
    return True if service.get("running") is False else None


def unsteady(probe: Mapping[str, Any], since: Mapping[str, Any], name: str, host: str) -> str:
    """Why it cannot be the process that was seen to run; empty if it is.

    :param since: an earlier probe, of after its start.
    """
    lasted = startup(probe, since)
    if lasted["state"] == UP:
        return ""
    return f"{host} is Alive, but its service {name} is not steady: {lasted['detail']}."


def older(probe: Mapping[str, Any], after: float | None, host: str) -> str:
    """Why what runs may be of before a moment; empty if it was started since.

    :param after: seconds since the epoch, by the host's own clock; None for any.
    """
    service = probe.get("service") or {}
    started, runs = service.get("started_at"), service.get("running") is True
    if after is None or (runs and started is not None and started > after):
        return ""
    now = f"runs since {started or 'an unknown time'}" if runs else "does not run"
    return (
        f"The service of {host} was not restarted, as far as its host knows: it {now}, and did not "
        f"run at {after} (seconds since the epoch, by its own clock)."
    )


def failure(
    probe: Mapping[str, Any],
    state: str,
    name: str,
    host: str,
    seconds: float,
) -> str:
    """What an operator reads where it has not come to that.

    :param probe: the last one; of a start with the log since then.
    """
    if state != STARTED:
        runs = (probe.get("service") or {}).get("running") is True
        now = "it still runs" if runs else "whether it runs is unknown"
        return (
            f"{name} on {host} was stopped, but {now} after {seconds:g} s. Read its log, stop it, "
            "then run the same again."
        )
    log = probe.get("log") or {"lines": [f"unknown: {why(probe, 'log')}"]}
    return "\n".join(
        [
            f"{name} on {host} was started and is not up: {startup(probe)['detail']}",
            "Its log since the start, the last lines:",
            *([line[:_WIDE] for line in log["lines"][-_LINES:]] or ["(nothing)"]),
        ]
    )
