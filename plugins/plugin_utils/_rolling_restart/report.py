# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operator reads of a rolling restart: the plan, how far it is, times and versions.

Private to stemedb.cluster. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._findings import judgement_lines
from ansible_collections.stemedb.cluster.plugins.module_utils._present.tables import counted
from ansible_collections.stemedb.cluster.plugins.module_utils._times import iso

_MANY = 8


def plan_lines(plan: Mapping[str, Any], check: bool) -> list[str]:
    """Who is restarted, in order, and what speaks against it.

    :param plan: the result of `plan.plan`.
    """
    targets, done = plan["targets"], plan["done"]
    lines = [
        "",
        f"Rolling restart, mode {plan['mode']}: {counted(len(targets), 'node')} to restart, "
        f"{len(done)} already done.",
        *_resumes(plan["began"]),
    ]
    if targets:
        lines.append(f"{'Would be restarted' if check else 'To restart'}, one after the other:")
        wide = max(len(each["host"]) for each in targets)
        lines += [_target_line(each, wide) for each in targets]
    if done:
        lines += ["Already done, and left alone:"]
        lines += [f"  {each['host']}: {each['why']}" for each in done]
    return lines + judgement_lines(plan)


def _resumes(began: Mapping[str, Any]) -> list[str]:
    one = began["resumes"]
    if not one:
        return []
    return [
        f"It resumes an earlier run that {_ENDS[one['outcome']]} at "
        f"{one['target'] or 'no node'}: nodes restarted since {iso(began['since'])} count as done. "
        "-e stemedb_rolling_restart_since=now starts from the beginning."
    ]


_ENDS = {
    "failed": "failed",
    "stopped": "was ended early",
    "abandoned": "did not finish",
}


def _target_line(each: Mapping[str, Any], wide: int) -> str:
    leads = "an unknown number of" if each["leads"] is None else each["leads"]
    zone = f", zone {each['zone']}" if each["zone"] else ""
    return (
        f"  {each['index']:3}  {each['host'].ljust(wide)}  {each['action']}  "
        f"(leads {leads} shards{zone}): {', '.join(each['why'])}"
    )


def versions(looks: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Which version runs on which hosts, and whether that is more than one.

    :param looks: by host, a probe of its service and its binary, which is the last of the files;
        None or without a clock for one that was not reached.
    """
    # Where it does not tell its version, another host may that has the same.
    looks = {host: look if look and look.get("clock") else {} for host, look in looks.items()}
    binaries = [(look or {}).get("binary") or {} for look in looks.values()]
    names = {b["sha256"]: b["version"] for b in binaries if b.get("sha256") and b["version"]}
    by_version: dict[str, list[str]] = {}
    for host, look in looks.items():
        by_version.setdefault(_version(look, names), []).append(host)
    if set(by_version) <= {_UNKNOWN}:
        return []
    run = [one for one in by_version if one != _UNKNOWN and not one.startswith(_STOPPED)]
    head = "Versions:" if len(run) < 2 else f"Mixed versions ({len(run)}):"
    lines = [head]
    for version, hosts in sorted(by_version.items(), key=lambda item: (-len(item[1]), item[0])):
        lines.append(f"  {version}: {_names(hosts)}")
    return lines


_UNKNOWN = "unknown"
_STOPPED = "nothing runs"


def _version(look: Mapping[str, Any] | None, names: Mapping[str, str]) -> str:
    """What runs: of a binary that was installed after the start nobody knows what it replaced."""
    binary = (look or {}).get("binary") or {}
    service = (look or {}).get("service") or {}
    if not binary.get("sha256"):
        return _UNKNOWN
    name = f"{names.get(binary['sha256'], 'version unknown')} ({binary['sha256'][:12]})"
    files = (look or {}).get("files") or [{}]
    installed, started = files[-1].get("mtime"), service.get("started_at")
    if not service.get("running"):
        return f"{_STOPPED}; {name} is installed"
    if installed is not None and started is not None and installed > started:
        return f"what ran before {name}, which is installed"
    return name


def _names(hosts: Sequence[str]) -> str:
    shown = ", ".join(sorted(hosts)[:_MANY])
    return shown if len(hosts) <= _MANY else f"{shown} and {len(hosts) - _MANY} more"


def times(results: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Per node, in the order of the run, the seconds since its stop began, beside each other.

    :param results: by host, `{state, why, stopped, started, alive, well, note}`; seconds are None
        for what was not needed.
    """
    head = ("Node", "stopped", "started", "Alive", "healthy", "")
    rows = [
        (
            host,
            *(_seconds(result.get(key)) for key in ("stopped", "started", "alive", "well")),
            result.get("note") or result.get("why") or "",
        )
        for host, result in results.items()
    ]
    if not rows:
        return []
    wide = [max(len(row[column]) for row in (head, *rows)) for column in range(5)]
    return [
        "Seconds since the stop of each node began (the guide expects 30-60 s until Dead is seen):",
        *(
            "  "
            + "  ".join(
                [row[0].ljust(wide[0]), *(row[n].rjust(wide[n]) for n in range(1, 5)), row[5]]
            ).rstrip()
            for row in (head, *rows)
        ),
    ]


def _seconds(value: Any) -> str:
    return "-" if value in (None, "") else f"{float(value):.0f} s"


def after_lines(results: Mapping[str, Mapping[str, Any]], check: bool = False) -> list[str]:
    """What was done, what was left, and where rebalancing began."""
    if check:
        planned = sum(result["state"] == "planned" for result in results.values())
        return ["", f"Nothing was changed. {counted(planned, 'node')} would be restarted."]
    left = [host for host, result in results.items() if result["state"] == "left"]
    noted = [host for host, result in results.items() if result.get("note")]
    lines = ["", *times({h: r for h, r in results.items() if r["state"] == "done"})]
    done = sum(result["state"] == "done" for result in results.values())
    dead = f"rebalancing began at {len(noted)}" if noted else "no rebalancing was seen at any"
    lines.append(f"{counted(done, 'node')} done, {dead} of them.")
    if left:
        why = results[left[0]]["why"]
        lines.append(
            f"Not done, {why}: {_names(left)}. The same command resumes with them; "
            "-e stemedb_rolling_restart_since=now starts from the beginning."
        )
    return lines


def next_steps(
    step: str, host: str, plan: Mapping[str, Any], results: Mapping[str, Mapping[str, Any]]
) -> list[str]:
    """What to do after a step has failed.

    :param step: the step of the role, or the stage of its wait that did not hold.
    :param host: the node's, "" where it was none's.
    :param plan: the result of `plan.plan`.
    :param results: by host, of those whose turn it was before.
    """
    done = [name for name, result in results.items() if result.get("state") == "done"]
    later = [each["host"] for each in plan.get("targets", ()) if each["host"] not in {*done, host}]
    lines = [_STEPS.get(step, _ELSE).format(host=host)]
    if host and (done or later):
        told = [f"{_names(done)} done" if done else "", f"{_names(later)} not yet" if later else ""]
        lines.append(f"The other nodes are not touched: {', '.join(filter(None, told))}.")
    lines.append(
        "Run the same command again once that is fixed: it resumes, and starts what it stopped."
    )
    return lines


_ELSE = "Fix the problem named at the top."
_BEFORE = "{host} was not touched. The cluster must be healthy before a node is stopped."
_AFTER = (
    "{host} runs, but has not recovered yet: check its log and its free disk space "
    '(the guide\'s "Shard Rebalancing Not Occurring"). Stop no other node.'
)
_STEPS = {
    "look": "{host} was not touched. Fix the problem named at the top.",
    "checks": _BEFORE,
    "Healthy before the stop": _BEFORE,
    "write": "{host} runs as before. Its files may be written in part.",
    "stop": "{host} runs as before, unless a stop is reported above.",
    "reboot": "{host} is stopped and was rebooted: check its console.",
    "start": "{host} was stopped, and is not back: its log says why. If it runs all the same, "
    "check whether something else keeps its process. The others hold its shards; stop no other "
    "node.",
    "Alive in every other view": "{host} runs, but the others do not report it as Alive: check its "
    "log, and the gossip port between it and the others (the guide's \"Node Stuck in "
    'Suspect State").',
    "Healthy, with its replicas": _AFTER,
    "well": _AFTER,
    "hook": "{host} is restarted and healthy; the tasks of stemedb_after_start_tasks failed.",
}
