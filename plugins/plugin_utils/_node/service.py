# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a probe of a node's own host says about its service. Private to stemedb.cluster. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._host.command_line import same
from ansible_collections.stemedb.cluster.plugins.module_utils._times import iso
from ansible_collections.stemedb.cluster.plugins.plugin_utils._probes import why

UP = "up"
STARTING = "starting"
DIED = "died"


# A clock that is slewed moves the start of a process, which is told by its age, by less.
_SAME_START = 1.0


def startup(probe: Mapping[str, Any], before: Mapping[str, Any] | None = None) -> dict[str, str]:
    """`{state, detail}` of a service that was started: up, starting or died.

    A gossip port that is silent is up: on the host itself a port without a listener refuses.

    :param before: an earlier probe, of after the start; then what runs has to be the same process.
    """
    service = probe.get("service")
    if service is None:
        return {"state": STARTING, "detail": f"its state is unknown: {why(probe, 'service')}"}
    if service["running"] is False:
        ended = f", {service['result']}" if service["result"] else ""
        log = "" if before is None else ": its log says why"
        return {"state": DIED, "detail": f"it has ended ({service['state']}{ended}){log}"}
    if before is None and service["restarts"]:
        return {"state": DIED, "detail": f"it ended and was restarted {service['restarts']} times"}
    if service["running"] is None:
        return {"state": STARTING, "detail": f"it is {service['state']}"}
    if before is not None:
        return _since(before.get("service") or {}, service)
    missing = [
        f"{port['host']}:{port['port']} is {port['state'] or 'unknown'} ({port['error']})"
        for port in probe.get("ports") or ()
        if port["state"] not in (("open", "silent") if port["protocol"] == "any" else ("open",))
    ]
    if missing:
        return {"state": STARTING, "detail": f"it runs, but {', '.join(missing)}"}
    return {"state": UP, "detail": "it runs and listens"}


def _since(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, str]:
    """Whether it is the process of before: one that ends and is back at once looks well."""
    unknown = [k for k in ("pid", "started_at") if None in (before.get(k), now.get(k))]
    if unknown:
        return {
            "state": STARTING,
            "detail": f"whether it has run ever since is not known (its {' and '.join(unknown)} "
            "not told): have the status command print the word pid and the number of its process",
        }
    more = (now["restarts"] or 0) - (before.get("restarts") or 0)
    moved = abs(now["started_at"] - before["started_at"]) > _SAME_START
    if more > 0 or moved or now["pid"] != before["pid"]:
        often = f"{more} times" if more > 0 else "at least once"
        return {
            "state": DIED,
            "detail": f"it ended and was restarted {often} since it was seen to run, and runs "
            f"since {iso(now['started_at'])}: its log says why",
        }
    return {"state": UP, "detail": f"it runs since it was started, {iso(now['started_at'])}"}


def restart_reasons(
    probe: dict[str, Any],
    files: dict[str, str],
    changed: dict[str, bool],
    arguments: list[str],
) -> list[str]:
    """What a running service does not use yet, because it was written after its start.

    :param files: path by what it is ("configuration", "unit" ...).
    :param changed: by the same names, what this run has changed, or would change in check mode.
    :param arguments: what the command line has to end in, the guide's flags in any order.
    """
    service = probe.get("service")
    if service is None:
        return [f"the service is unknown: {why(probe, 'service')}"]
    if service["running"] is False:
        return []
    found = [name for name, is_changed in changed.items() if is_changed]
    started_at = service["started_at"]
    times = {fact["path"]: fact["mtime"] for fact in probe.get("files") or ()}
    for name, path in files.items():
        mtime = times.get(path)
        if started_at is not None and mtime is not None and mtime > started_at:
            found.append(name)
    argv = service["argv"]
    if argv is not None and argv[-len(arguments) :] != arguments and not same(argv, arguments):
        found.append("command line")
    return list(dict.fromkeys(found))


def seeds(probe: dict[str, Any]) -> dict[str, list[str] | None]:
    """`{configuration, unit}`: the seeds that each names, None where none are or nobody knows."""
    settings = (probe.get("config") or {}).get("settings") or {}
    written = settings.get("seed_nodes")
    if isinstance(written, str):
        written = [part.strip() for part in written.split(",") if part.strip()]
    argv = (probe.get("service") or {}).get("unit_argv") or []
    told = None
    for place, word in enumerate(argv):
        if word == "--seed-nodes" and place + 1 < len(argv):
            told = argv[place + 1].split(",")
        elif word.startswith("--seed-nodes="):
            told = word.partition("=")[2].split(",")
    return {"configuration": written if isinstance(written, list) else None, "unit": told}
