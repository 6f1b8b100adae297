# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is to be said of all hosts of an adoption together, and of the cluster's members.

Private to stemedb.cluster. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.stemedb.cluster.plugins.module_utils._findings import (
    ERROR,
    NOTE,
    WARNING,
    Finding,
)

# Three survive the loss of one.
LOCK_HOSTS = 3


class Site(NamedTuple):
    """Hosts and cluster of an adoption.

    :param hosts: as `host.describe` gives them, or with `findings` and no more where no
        node was found.
    :param expected: the hosts that the inventory has.
    :param cluster: the result of stemedb_cluster_info, None if it failed.
    :param members: `nodes` of stemedb_node_info, None if it failed.
    :param cluster_error: why they failed.
    :param said: what the inventory says: `cluster_name`, `gateway_url`, `lock_hosts`, and in
        `gateway` how the gateways are asked.
    """

    hosts: Sequence[Mapping[str, Any]]
    expected: Sequence[str]
    cluster: Mapping[str, Any] | None
    members: Sequence[Mapping[str, Any]] | None
    cluster_error: str
    said: Mapping[str, Any]


def findings(site: Site) -> list[Finding]:
    """All that was found, of the cluster first."""
    found = [*_cluster(site), *_strangers(site)]
    for host in site.hosts:
        found += [Finding(**one) for one in host["findings"]]
    return [*found, *_missing(site), *_twice(site), *_seeds(site), *_configured_names(site)]


def together(findings: Iterable[Finding]) -> list[Finding]:
    """What is to be said of several hosts in the same words is said once."""
    subjects: dict[Finding, list[str]] = {}
    for finding in findings:
        subjects.setdefault(finding._replace(subject=""), []).append(finding.subject)
    return [one._replace(subject=", ".join(names)) for one, names in subjects.items()]


def cluster_name(site: Site) -> str | None:
    """By the gateway, else by the inventory."""
    told = ((site.cluster or {}).get("cluster") or {}).get("name")
    return str(told or site.said["cluster_name"]) or None


def adopted(site: Site) -> list[Mapping[str, Any]]:
    """The hosts whose node is known, and theirs alone, in the inventory's order."""
    count = Counter(host.get("node_id") for host in site.hosts)
    known = {h["host"]: h for h in site.hosts if h.get("node_id") and count[h["node_id"]] == 1}
    return [known[name] for name in site.expected if name in known]


def lock_hosts(site: Site) -> list[str]:
    """Those of the inventory, else three of the members; none where there are fewer.

    They are among the first five by name, which a run without this inventory takes.
    """
    said = list(site.said.get("lock_hosts") or ())
    names = sorted(host["host"] for host in adopted(site))
    return said or (names[:LOCK_HOSTS] if len(names) >= LOCK_HOSTS else [])


def _cluster(site: Site) -> Iterator[Finding]:
    if site.cluster is None or site.members is None:
        why = site.cluster_error or "it was not asked"
        yield Finding("unknown_cluster", ERROR, "cluster", f"no gateway answers: {why}")
        return
    cluster = site.cluster["cluster"]
    if cluster["views_agree"] is False:
        detail = "gateways see different clusters, so who is a member is not certain."
        yield Finding("views_disagree", ERROR, "cluster", detail)
    elif cluster["views_agree"] is None:
        detail = "whether all gateways see the same cluster is not known."
        yield Finding("unknown_views", WARNING, "cluster", detail)
    yield from _silent(site)
    if cluster["healthy"] is not True:
        reasons = "; ".join(cluster["unhealthy_reasons"][:3])
        yield Finding("not_healthy", NOTE, "cluster", f"is not known to be healthy: {reasons}.")
    if not cluster["name"]:
        detail = "the gateway does not say its cluster's name; set stemedb_cluster_name."
        severity = NOTE if site.said["cluster_name"] else WARNING
        yield Finding("unknown_cluster_name", severity, "stemedb_cluster_name", detail)
    elif site.said["cluster_name"] not in ("", cluster["name"]):
        detail = f"was {site.said['cluster_name']}, and the gateway's is {cluster['name']}."
        yield Finding("cluster_name", ERROR, "stemedb_cluster_name", detail)
    if len(site.said["gateway_url"]) < 2:
        detail = "names one gateway. Name those of two nodes or more, so that a partition is seen."
        yield Finding("single_gateway", NOTE, "stemedb_gateway_url", detail)


def _silent(site: Site) -> Iterator[Finding]:
    """The gateways of the inventory that do not answer: they would be written all the same."""
    named = {url.rstrip("/") for url in site.said["gateway_url"]}
    for one in (site.cluster or {}).get("observers") or ():
        if one["url"].rstrip("/") in named and one["reachable"] is not True:
            detail = f"gives no answer ({one['error']}). Start it, or take it out."
            yield Finding("silent_gateway", WARNING, one["url"], detail)


def strangers(site: Site) -> list[Mapping[str, Any]]:
    """The members that no host is."""
    ours = {host.get("node_id") for host in site.hosts}
    return [member for member in site.members or () if member["node_id"] not in ours]


def _strangers(site: Site) -> Iterator[Finding]:
    for member in strangers(site):
        yield Finding(
            "member_without_host",
            WARNING,
            str(member["node_id"]),
            f"at {member['address']} is a member ({member['state']}) and no host of stemedb_nodes.",
        )


def _missing(site: Site) -> Iterator[Finding]:
    seen = {host["host"] for host in site.hosts}
    for name in site.expected:
        if name not in seen:
            detail = "could not be looked at: it was not reached, or --limit left it out."
            yield Finding("not_looked_at", ERROR, name, detail)


def _twice(site: Site) -> Iterator[Finding]:
    by_id: dict[str, list[str]] = {}
    for host in site.hosts:
        if host.get("node_id"):
            by_id.setdefault(host["node_id"], []).append(host["host"])
    for node_id, names in by_id.items():
        if len(names) > 1:
            detail = f"all are node {node_id}. Take away the names that are too many."
            yield Finding("same_node", ERROR, ", ".join(names), detail)


def _seeds(site: Site) -> Iterator[Finding]:
    sets = {
        host["host"]: tuple(host["seeds"]) for host in adopted(site) if host["seeds"] is not None
    }
    if len({frozenset(seeds) for seeds in sets.values()}) > 1:
        listed = "; ".join(f"{name}: {', '.join(seeds) or 'none'}" for name, seeds in sets.items())
        detail = f"hosts are started with different seeds and keep theirs ({listed})."
        yield Finding("seeds_differ", WARNING, "stemedb_seed_nodes", detail)


def _configured_names(site: Site) -> Iterator[Finding]:
    name = cluster_name(site)
    for host in site.hosts:
        for other in host.get("cluster_names") or ():
            if name and other is not None and other != name:
                detail = f"its configuration says cluster_name = {other!r}, the cluster is {name}."
                yield Finding("config_cluster_name", WARNING, host["host"], detail)
