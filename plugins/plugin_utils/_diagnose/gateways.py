# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings about gateways: silence, another cluster, partitions, certificates.

Private to stemedb.cluster. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.names import (
    check_cluster_name,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._findings import ERROR, WARNING
from ansible_collections.stemedb.cluster.plugins.module_utils._present.tables import counted
from ansible_collections.stemedb.cluster.plugins.module_utils._times import iso
from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose import commands
from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose.finding import (
    Trouble,
    first,
    pasted,
    short,
    some,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose.situation import (
    Row,
    Situation,
)

_DAY = 86400
# The matrix, so that it fits into 100 columns with what stands before it.
_WIDTH = 90
_LABEL = 16
_CELL = 10
_ROWS = 12
_MARKS = {"unlisted": "-", None: "?"}


def gateway_findings(situation: Situation) -> Iterator[Trouble]:
    """All of them."""
    if not situation.cluster:
        yield _no_answer(situation)
        yield from _certificates(situation)
        return
    yield from _foreign(situation)
    yield from _partition(situation)
    yield from _silent(situation)
    yield from _broken_off(situation)
    yield from _certificates(situation)


def _no_answer(situation: Situation) -> Trouble:
    running = [
        host
        for host, probe in situation.probes()
        if (probe.get("service") or {}).get("running") is True
    ]
    stopped = [host for host, _probe in situation.probes() if host not in running]
    return Trouble(
        "no_answer",
        ERROR,
        "cluster",
        (
            str(situation.found.get("msg") or "the reason is unknown"),
            *([f"the service of the node runs on {some(running)}"] if running else []),
            *([f"it is not known to run on {some(stopped)}"] if stopped else []),
        ),
        "no gateway in stemedb_gateway_url answers: they are down, unreachable from "
        "stemedb_control_host, or the URL or the API key is wrong",
        (
            "try the URL that the evidence names on stemedb_control_host, with curl -v",
            f"on a node: {commands.status(_of_first(situation))}",
        ),
    )


def _foreign(situation: Situation) -> Iterator[Trouble]:
    asked = [o["url"] for o in situation.found.get("observers") or () if o["reachable"]]
    name = situation.cluster.get("name")
    try:
        check_cluster_name(situation.cluster_name, dict.fromkeys(asked, name))
    except StemeDBError as error:
        yield Trouble(
            "foreign_cluster",
            ERROR,
            str(name),
            (error.message,),
            "stemedb_gateway_url or stemedb_cluster_name is that of another cluster",
            ("correct the one that is wrong before you change anything",),
        )


def _partition(situation: Situation) -> Iterator[Trouble]:
    """Guide: "Cluster split into multiple segments, nodes in each segment see others as Dead"."""
    sides = situation.sides
    if len(sides) < 2:
        return
    rows = situation.found["sight"]["gateways"]
    alive = {row["node_id"]: row["alive"] for row in rows}
    segments = [
        f"{situation.names(side)} {_sees(side)} {counted(alive[side[0]], 'node')} Alive"
        for side in sides
    ]
    cut = [node_id for side in sides[1:] for node_id in side]
    ports = [line for node_id in cut[:2] for line in situation.gossip_lines(node_id)]
    address = pasted(situation.address(cut[0]))
    blocked = any(situation.blocks_gossip(node_id) for node_id in cut)
    yield Trouble(
        "partition",
        ERROR,
        " | ".join(situation.names(side) for side in sides),
        (*first(segments), *matrix(situation), *ports),
        "the gossip port is blocked between the segments"
        if blocked
        else "the network between the segments is cut, or was cut and gossip has not reconciled "
        "yet (30 to 60 s by the guide); ports that answer now say the latter",
        (
            f"restore the network: nc -zv {address} 18183, from each side",
            "change no membership before that; then, as lenses merge the writes of both sides:",
            situation.playbook("heal"),
        ),
    )


def _sees(side: Sequence[str]) -> str:
    return "sees" if len(side) == 1 else "see"


def matrix(situation: Situation) -> list[str]:
    """Who sees whom: a row for each gateway, a column for each node that one sees not Alive."""
    sight = situation.found["sight"]
    labels = [situation.name(node_id)[:_CELL] for node_id in sight["nodes"]]
    width = max([7, *map(len, labels)]) + 1
    columns = min(len(labels), (_WIDTH - _LABEL) // width)
    lines = ["sees".ljust(_LABEL) + _cells(labels[:columns], width)]
    for row in sight["gateways"][:_ROWS]:
        name = situation.name(row["node_id"]) if row["node_id"] else short(row["url"])
        name = name[: _LABEL - 1].ljust(_LABEL)
        if row["states"] is None:
            lines.append(f"{name}no answer")
        else:
            states = [str(_MARKS.get(state, state)) for state in row["states"][:columns]]
            lines.append(name + _cells([state[:_CELL] for state in states], width))
    more = len(labels) - columns + sight["more"]
    rows = len(sight["gateways"]) - _ROWS
    left = [counted(more, "more node")] if more else []
    left += [counted(rows, "more gateway")] if rows > 0 else []
    return lines + ([f"and {' and '.join(left)}"] if left else [])


def _cells(texts: list[str], width: int) -> str:
    return "".join(text.ljust(width) for text in texts).rstrip()


def _silent(situation: Situation) -> Iterator[Trouble]:
    """Gateways that were named, or were seen Alive, and do not answer."""
    observers = situation.found.get("observers") or ()
    silent = [o for o in observers if not o["reachable"] and not o["excluded"]]
    if not silent:
        return
    yield Trouble(
        "silent_gateway",
        WARNING,
        some([_whose(situation, one) for one in silent]),
        first([f"{one['url']}: {one['error']}" for one in silent]),
        "these gateways are down, or unreachable from stemedb_control_host",
        (f"on their hosts: {_look(situation, silent[0]['node_id'])}",),
    )


def _look(situation: Situation, node_id: str | None) -> str:
    """How to look at the gateway of this node; of one that nobody knows, as on the others."""
    told = situation.told(node_id) if node_id else {}
    return commands.gateway_status(told or _of_first(situation), situation.time)


def _of_first(situation: Situation) -> Row:
    """The variables of a host that stands for all."""
    return next(iter(situation.variables.values()), {})


def _broken_off(situation: Situation) -> Iterator[Trouble]:
    """A watch that ended because nobody answered any more."""
    watched = situation.found.get("watched") or {}
    if not watched.get("error"):
        return
    seconds = watched["seconds"]
    yield Trouble(
        "silent_gateway",
        WARNING,
        "cluster",
        (f"after {seconds:.0f} s of watching no gateway answered any more: {watched['error']}",),
        "the gateways, or the way to them, failed just now; all else is what was seen before",
        (situation.playbook("diagnose"),),
    )


def _whose(situation: Situation, observer: Row) -> str:
    node_id = observer["node_id"]
    return situation.name(node_id) if node_id else short(observer["url"])


def _certificates(situation: Situation) -> Iterator[Trouble]:
    """One finding for those that have expired, and one for those that will soon."""
    limit = situation.limits.certificate_days
    ends: dict[str, list[tuple[float, str]]] = {ERROR: [], WARNING: []}
    for one in situation.found.get("certificates") or ():
        if one["not_after"] is None:
            continue
        left = (one["not_after"] - situation.time) / _DAY
        if left < limit:
            ends[ERROR if left <= 0 else WARNING].append((one["not_after"], one["subject"]))
    for severity, found in ends.items():
        if not found:
            continue
        found.sort()
        yield Trouble(
            "expiring_certificate",
            severity,
            some([short(subject) for _end, subject in found]),
            first([_ends(subject, end, situation.time) for end, subject in found]),
            "nothing has renewed the certificate"
            if severity == ERROR
            else f"less than {limit:g} days are left, and nothing has renewed the certificate",
            (
                "set stemedb_ca_path if the authority changes, install a new certificate, then:",
                situation.playbook("rolling_restart"),
            ),
        )


def _ends(subject: str, end: float, now: float) -> str:
    days = (end - now) / _DAY
    when = f"expired {-days:.0f} days ago" if days <= 0 else f"{days:.0f} days left"
    return f"{subject}: valid until {iso(end)}, {when}"
