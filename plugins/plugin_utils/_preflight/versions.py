# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The binary that a host will run beside those of the members, as findings.

Private to stemedb.cluster. Pure. A gateway tells no version, so members are asked on their hosts.
A binary that is yet to be installed is known by its checksum only, and the same build is the same
version.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.stemedb.cluster.plugins.module_utils._findings import (
    NOTE,
    WARNING,
    Finding,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._preflight.facts import (
    Facts,
    Settings,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._probes import why

# How the host itself is called in the report.
OURS = "this host"


class Build(NamedTuple):
    """One host's binary: its checksum, what it says of itself, or why neither is known."""

    host: str
    sha256: str | None
    version: str | None
    error: str


def version_findings(settings: Settings, facts: Facts) -> Iterator[Finding]:
    """Mixed versions are a warning, for an upgrade has to begin somewhere; unknown is a note."""
    members = [found_build(host, probe) for host, probe in sorted((facts.binaries or {}).items())]
    if not members:
        yield Finding(
            "unknown_version",
            NOTE,
            "version",
            "no member's binary was asked: the gateway tells no version, and no host is in "
            "stemedb_preflight_version_hosts. Compare by hand: stemedb-node --version",
        )
        return
    yield from build_findings([_ours(settings, facts), *members])


def build_findings(builds: Sequence[Build]) -> Iterator[Finding]:
    """Whether all hosts have the same version, as far as that is known."""
    by_sum = {build.sha256: build.version for build in builds if build.sha256 and build.version}
    named: dict[str, list[str]] = {}
    unsaid: dict[str, list[str]] = {}
    for build in builds:
        version = build.version or by_sum.get(build.sha256 or "")
        if version:
            named.setdefault(version, []).append(build.host)
        elif build.sha256:
            unsaid.setdefault(build.sha256, []).append(f"{build.host} ({build.error})")
        else:
            detail = f"the version of its binary is not known: {build.error}"
            yield Finding("unknown_version", NOTE, build.host, detail)
    if len(named) > 1:
        yield Finding("mixed_versions", WARNING, "version", f"{_listed(named)}. Not blocking.")
    if unsaid and len(named) + len(unsaid) > 1:
        builds_of = {f"build {sha256[:12]}": hosts for sha256, hosts in unsaid.items()}
        yield Finding(
            "unknown_version",
            NOTE,
            "version",
            f"the builds differ, and whether the versions do is not known: "
            f"{_listed({**named, **builds_of})}.",
        )


def found_build(host: str, probe: Mapping[str, Any]) -> Build:
    """What a probe says of the binary of its host."""
    binary = probe.get("binary")
    if probe.get("lost") or probe.get("failed"):
        return Build(host, None, None, str(probe.get("msg") or "it was not reached"))
    if binary is None:
        return Build(host, None, None, why(probe, "binary"))
    if not binary["exists"]:
        return Build(host, None, None, f"{binary['path']} is not there")
    return Build(host, binary["sha256"], binary["version"], str(binary["error"]))


def _ours(settings: Settings, facts: Facts) -> Build:
    """What will run here: what is here already, unless another artifact will be installed."""
    here = found_build(OURS, facts.probe)
    if settings.artifact is None or settings.artifact_is_remote:
        return here
    if settings.checksum is None:
        reason = f"{settings.artifact} has no known checksum; set stemedb_node_checksum"
        return Build(OURS, None, None, reason)
    if here.sha256 == settings.checksum:
        return here
    return Build(OURS, settings.checksum, None, "not installed yet")


def _listed(hosts_by_name: dict[str, list[str]]) -> str:
    return "; ".join(f"{name} on {', '.join(hosts)}" for name, hosts in hosts_by_name.items())
