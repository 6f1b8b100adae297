# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A diagnosis on one screen: findings, the most serious first, then unmet conditions and hosts.

Private to stemedb.cluster. Pure.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.addresses import (
    names_of,
    split_host,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import ALIVE, SUSPECT
from ansible_collections.stemedb.cluster.plugins.module_utils._findings import ERROR, NOTE, WARNING
from ansible_collections.stemedb.cluster.plugins.module_utils._present.tables import counted, size
from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose.finding import (
    PAGE,
    anchor,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose.hosts import (
    host_line,
    summed_up,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose.reach import blocked

WIDTH = 100
# Findings that are shown in full, lines of evidence of one, and lines of a host.
_FINDINGS = 8
_EVIDENCE = 12
_UNMET = 5
_WAYS = 5
_ERRORS = 3
# The hosts that are shown: each was probed by itself, one after the other.
_HOSTS = 12
# How long a line may get, in lines, and how one begins that is a command.
_PARTS = 4
_COMMAND = "ansible"
_MARKS = {ERROR: "✗", WARNING: "!", NOTE: "-"}
# What is unmet is said by a finding of these kinds with more evidence.
_SAID = {
    "complete_view": {"silent_gateway"},
    "fully_replicated": {"no_rebalancing", "too_few_replicas"},
    "healthy": {"leaderless_shards", "no_rebalancing", "partition", "too_few_replicas"},
    "leaders_elected": {"leaderless_shards"},
    "views_agree": {"partition"},
}


def diagnose_report(found: Mapping[str, Any], hosts: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The lines, each of at most 100 columns, but for a longer word and where the file is.

    :param found: the result of `stemedb_debug_export`, also one that failed.
    :param hosts: of `hosts.diagnose_hosts`.
    """
    findings = found.get("findings") or []
    cluster = found.get("cluster")
    where = _file(found)
    if cluster is None and not where:
        return ["", *_wrapped(f"✗ {found.get('msg') or 'The reason is unknown'}")]
    if cluster is not None and cluster["healthy"] is True and not findings and not _left(found):
        name = cluster["name"] or "of unknown name"
        return ["", f"✓ Cluster {name} is healthy, and nothing else is wrong. {where}".strip()]
    lines = ["", _verdict(cluster, findings)]
    for finding in findings[:_FINDINGS]:
        lines += ["", *_finding(finding)]
    rest = findings[_FINDINGS:]
    if rest:
        lines += ["", *(_headline(finding) for finding in rest)]
    if findings:
        lines += ["", f"Sections: {PAGE}"]
    unmet = _left(found)
    if unmet:
        lines += ["", "Also unmet:", *_some(summed_up(unmet), _UNMET, "unmet conditions")]
    said = _said_of_dead(found)
    for host, told in list(hosts.items())[:_HOSTS]:
        lines += ["", *_of_host(host, told, said)]
    if len(hosts) > _HOSTS:
        lines += ["", f"and {len(hosts) - _HOSTS} more hosts"]
    # A path can be pasted only if it is in one piece.
    return [*(part for line in lines for part in _wrapped(line)), *(["", where] if where else [])]


def _verdict(cluster: Mapping[str, Any] | None, findings: Sequence[Mapping[str, Any]]) -> str:
    count = f": {counted(len(findings), 'finding')}" if findings else ""
    if cluster is None:
        return f"✗ The cluster does not answer{count}"
    name = f"Cluster {cluster['name'] or 'of unknown name'}"
    if cluster["healthy"] is True:
        return f"✓ {name} is healthy{count}"
    if cluster["healthy"] is False:
        return f"✗ {name} is not healthy{count}"
    return f"? {name}: health is unknown{count}"


def _left(found: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What is unmet, less what findings say with more evidence."""
    unmet: Sequence[Mapping[str, Any]] = found.get("unmet") or ()
    kinds = {finding["kind"] for finding in found.get("findings") or ()}
    return [thing for thing in unmet if not kinds & _SAID.get(thing["condition"], set())]


def _said_of_dead(found: Mapping[str, Any]) -> set[str | None]:
    """The addresses of nodes whose finding says who reaches their ports, and of no other node."""
    if not any(finding["kind"] == "dead_node" for finding in found.get("findings") or ()):
        return set()
    nodes = (found.get("overview") or {}).get("nodes") or ()
    others = {split_host(n["address"]) for n in nodes if n["state"] in (ALIVE, SUSPECT)}
    return {split_host(node["address"]) for node in nodes} - others


def _headline(finding: Mapping[str, Any]) -> str:
    title = finding["kind"].replace("_", " ").capitalize()
    return f"{_MARKS[finding['severity']]} {title}: {finding['subject']}"


def _finding(finding: Mapping[str, Any]) -> Iterator[str]:
    yield _headline(finding)
    yield from _some([f"    {line}" for line in finding["evidence"]], _EVIDENCE, "lines")
    yield f"  Likely cause: {finding['cause']}."
    yield "  Next:"
    yield from (f"    {step}" for step in finding["next"])
    guide = f' (guide: "{finding["guide"]}")' if finding["guide"] else ""
    yield f"  See: #{anchor(finding['kind'])}{guide}"


def _of_host(host: str, told: Mapping[str, Any], said: set[str | None]) -> list[str]:
    if told["probe"] is None:
        return [host_line(host, told)]
    probe = told["probe"]
    tried = probe.get("ports") or ()
    ports = [p for p in tried if not said & names_of(split_host(str(p["host"])), [p])]
    ways = blocked({"host": host, "probe": {**probe, "ports": ports}})
    return [
        host_line(host, told),
        *_some([f"  {way}" for way in ways], _WAYS, "ports"),
        *_log("node", probe),
        *(_log("gateway", told["gateway"]) if told["gateway"] else []),
        *(f"  {e['section']}: {e['message']}" for e in (probe.get("errors") or [])[:_ERRORS]),
    ]


def _log(name: str, probe: Mapping[str, Any]) -> list[str]:
    """How many lines of a log match what the guide greps for, and the last errors."""
    log = probe.get("log")
    if not log:
        return []
    matches: Mapping[str, Mapping[str, Any]] = log.get("matches") or {}
    counts = ", ".join(f"{kind} {match['count']}" for kind, match in sorted(matches.items()))
    errors: Iterable[str] = (matches.get("error") or {}).get("lines") or ()
    return [
        f"  log of the {name}: {log['line_count']} lines" + (f" ({counts})" if counts else ""),
        *(f"    {line}" for line in list(errors)[-_ERRORS:]),
    ]


def _some(lines: list[str], most: int, what: str) -> list[str]:
    more = len(lines) - most
    return [*lines[:most], *([f"  and {more} more {what}"] if more > 0 else [])]


def _file(found: Mapping[str, Any]) -> str:
    if not found.get("dest"):
        return ""
    return f"The full report is in {found['dest']} ({size(found['size_bytes'])})."


def _wrapped(line: str) -> list[str]:
    """The line in parts of 100 columns, without what a terminal would not show.

    A part that continues stands a little to the right; of a command it can be pasted.
    """
    line = "".join(one if one.isprintable() else "?" for one in line)
    if len(line) <= WIDTH:
        return [line]
    text = line.lstrip()
    begin = " " * (len(line) - len(text))
    end = " \\" if text.startswith(_COMMAND) else ""
    parts = textwrap.wrap(
        text,
        WIDTH - len(end) - len(begin) - 2,
        break_long_words=False,
        break_on_hyphens=False,
        max_lines=_PARTS,
        placeholder=" …",
    )
    rows = [begin + parts[0], *(f"{begin}  {part}" for part in parts[1:])]
    return [*(row + end for row in rows[:-1]), rows[-1]]
