# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings about hosts beside each other and the inventory: clocks, versions, seeds, settings.

Private to stemedb.cluster. Pure. What the pre-flight checks judge too is judged by them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.addresses import (
    endpoint,
    gateway_endpoint,
    is_numeric,
    names_of,
    split_host,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import ALIVE
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._findings import (
    ERROR,
    NOTE,
    WARNING,
    Finding,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._host.command_line import values
from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose.finding import (
    Trouble,
    first,
    short,
    some,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose.situation import (
    Row,
    Situation,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._members.declared import split_list
from ansible_collections.stemedb.cluster.plugins.plugin_utils._preflight.clock import skew
from ansible_collections.stemedb.cluster.plugins.plugin_utils._preflight.facts import (
    Facts,
    settings_of,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._preflight.host import config_file
from ansible_collections.stemedb.cluster.plugins.plugin_utils._preflight.versions import (
    build_findings,
    found_build,
)

# Settings of a node.toml that the inventory may say too: its variable by their name.
_SETTINGS = {
    "cluster_name": "stemedb_cluster_name",
    "seed_nodes": "stemedb_seed_nodes",
    "gateway_port": "stemedb_node_gateway_port",
    "rpc_port": "stemedb_node_rpc_port",
    "gossip_port": "stemedb_node_gossip_port",
}
# Flags of the guide's command line that the inventory says too.
_FLAGS = (("--data-dir", "stemedb_node_data_dir"), ("--seed-nodes", "stemedb_seed_nodes"))


def configuration_findings(situation: Situation) -> Iterator[Trouble]:
    """All of them."""
    yield from _clocks(situation)
    yield from _drift(situation)
    yield from _stale_seeds(situation)
    yield from _versions(situation)


def _clocks(situation: Situation) -> Iterator[Trouble]:
    """Each host's clock beside those of the gateways; whose clock is off most often is named."""
    addresses = {split_host(one.address): one.host for one in situation.declared}
    pairs = []
    for host, probe in situation.probes():
        for answer in probe.get("urls") or ():
            other = addresses.get(gateway_endpoint(answer["url"]).host, answer["url"])
            span = skew(answer)
            if other != host and span is not None:
                least = max(span[0], -span[1], 0.0)
                if least > situation.limits.clock_skew:
                    pairs.append((host, other, span))
    while pairs:
        count = Counter(name for host, other, _span in pairs for name in (host, other))
        odd = max(count, key=lambda name: count[name])
        own = [pair for pair in pairs if odd in pair[:2]]
        pairs = [pair for pair in pairs if odd not in pair[:2]]
        others = {name for pair in own for name in pair[:2]} - {odd}
        # Of two that differ from each other alone nobody knows whose clock is wrong.
        names = [odd] if len(others) > 1 else list(own[0][:2])
        yield Trouble(
            "clock_skew",
            ERROR,
            some([short(name) for name in names]),
            first(_pair(*pair) for pair in own),
            "the clock is not synchronised"
            if len(others) > 1
            else "one of the two clocks is not synchronised",
            (f"on {' and '.join(names)}: timedatectl; chronyc tracking",),
        )


def _pair(host: str, other: str, span: tuple[float, float]) -> str:
    side = "ahead of" if span[0] > 0 else "behind"
    low, high = sorted(map(abs, span))
    return f"the clock of {host} is {low:.0f} to {high:.0f} s {side} that of {other}"


def _drift(situation: Situation) -> Iterator[Trouble]:
    """Guide: "Verify: cluster_name, seed_nodes, port settings", of the nodes that run."""
    found: list[tuple[str, str, str]] = []
    for host, probe in situation.probes():
        told = situation.variables.get(host) or {}
        for one in _written(situation, probe, told):
            severity = ERROR if one.severity == ERROR else WARNING
            found.append((severity, host, f"{host}: {one.subject} {one.detail}"))
        found += [(WARNING, host, f"{host}: {line}") for line in _running(probe, told)]
    if not found:
        return
    hosts = list(dict.fromkeys(host for _severity, host, _line in found))
    yield Trouble(
        "configuration_drift",
        ERROR if any(severity == ERROR for severity, _host, _line in found) else WARNING,
        some([short(host) for host in hosts]),
        first([line for _severity, _host, line in found]),
        "a host was changed by hand, or the inventory was and no playbook has run since",
        (
            "correct the inventory if the host is right; else:",
            situation.playbook("rolling_restart", "--check --diff"),
        ),
    )


def _written(situation: Situation, probe: Row, told: Mapping[str, Any]) -> list[Finding]:
    """The file of settings, of which the inventory may say only some."""
    config = probe.get("config") or {}
    if not config.get("settings"):
        return []
    said = {key.rpartition(".")[2]: value for key, value in config["settings"].items()}
    ours = {name: told.get(variable) for name, variable in _SETTINGS.items()}
    wanted = {
        name: value if value not in (None, "", []) else said.get(name)
        for name, value in ours.items()
    }
    try:
        settings = settings_of({name: value for name, value in wanted.items() if value is not None})
    except StemeDBError as error:
        return [Finding("configuration_drift", ERROR, "inventory", error.message)]
    return list(config_file(settings, Facts(dict(probe), {"cluster": dict(situation.cluster)})))


def _running(probe: Row, told: Mapping[str, Any]) -> Iterator[str]:
    """The command line of the process beside the inventory."""
    argv = (probe.get("service") or {}).get("argv") or ()
    for flag, variable in _FLAGS:
        said, ours = values(argv, flag), told.get(variable)
        if not said or ours in (None, "", []):
            continue
        if sorted(split_list(said[0])) != sorted(split_list(ours)):
            yield f"runs with {flag} {said[0]}, the inventory says {','.join(split_list(ours))}"


def _stale_seeds(situation: Situation) -> Iterator[Trouble]:
    """Guide: "Verify: seed_nodes": a seed that leads to no node that the cluster lists Alive."""
    if not situation.nodes:
        return
    named: dict[str, list[str]] = {}
    for one in situation.declared:
        for seed in one.seeds or ():
            named.setdefault(seed, []).append(f"{one.host} (inventory)")
    for host, probe in situation.probes():
        for seed in _seeds_of(probe):
            named.setdefault(seed, []).append(host)
    stale = {seed: why for seed in named if (why := _stale(situation, seed)) is not None}
    if not stale:
        return
    yield Trouble(
        "stale_seeds",
        WARNING,
        some([short(seed) for seed in stale]),
        first(f"{seed} {why}; named by {some(named[seed], 3)}" for seed, why in stale.items()),
        "the seed was removed or replaced, and seed lists were not updated; a node that restarts "
        "may not find the cluster once no seed is left",
        (
            "name two or three Alive members in stemedb_seed_nodes, as host:port of gossip, then:",
            situation.playbook("rolling_restart", "--check --diff"),
        ),
    )


def _seeds_of(probe: Row) -> list[str]:
    """The seeds that a host names in its configuration and on its command line."""
    settings = (probe.get("config") or {}).get("settings") or {}
    written = [value for key, value in settings.items() if key.rpartition(".")[2] == "seed_nodes"]
    argv = (probe.get("service") or {}).get("argv") or ()
    told = [*written, *values(argv, "--seed-nodes")]
    return list(dict.fromkeys(seed for value in told for seed in split_list(value)))


def _stale(situation: Situation, seed: str) -> str | None:
    """What is wrong with a seed; None if it is a live member, or if nobody knows."""
    host = endpoint(seed).host
    if host is None:
        return None
    names = _known_as(situation, host)
    states = [n["state"] for n in situation.nodes if split_host(n["address"]) in names]
    states += [
        situation.by_id[node_id]["state"]
        for node_id, own in situation.host_of.items()
        if own.lower() in names and node_id in situation.by_id
    ]
    if ALIVE in states:
        return None
    if states:
        return f"is listed as {states[0] or 'unknown'}"
    kinds = {is_numeric(split_host(node["address"]) or "") for node in situation.nodes}
    # A name that leads nowhere known cannot be compared with addresses.
    comparable = any(is_numeric(name) in kinds for name in names)
    return "is no node that the cluster lists" if comparable else None


def _known_as(situation: Situation, host: str) -> set[str]:
    """A seed's host with what it resolves to on the hosts, and the names of a declared member."""
    names = {host}
    for _host, probe in situation.probes():
        names |= names_of(host, probe.get("ports"))
    for one in situation.declared:
        if one.names & names:
            names |= one.names
    return names


def _versions(situation: Situation) -> Iterator[Trouble]:
    """Different versions, or builds of unknown versions; a host that does not say is no finding."""
    builds = [found_build(host, dict(probe)) for host, probe in situation.probes()]
    for one in build_findings([build for build in builds if build.sha256]):
        if one.subject != "version":
            continue
        yield Trouble(
            "mixed_versions",
            WARNING if one.severity == WARNING else NOTE,
            some([short(build.host) for build in builds if build.sha256]),
            (one.detail,),
            "an upgrade has not finished, or a host was installed by hand",
            (
                "set stemedb_node_artifact and stemedb_node_checksum to the newer one, then:",
                situation.playbook("rolling_restart", "--check"),
            ),
        )
