# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings about nodes: Suspect, Dead, in the inventory or in the cluster only.

Private to stemedb.cluster. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.addresses import (
    is_numeric,
    split_host,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import (
    ALIVE,
    SUSPECT,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._findings import (
    ERROR,
    NOTE,
    WARNING,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._present.tables import counted
from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose import commands
from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose.finding import (
    FEW,
    Trouble,
    first,
    more,
    pasted,
    short,
    some,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose.situation import (
    Row,
    Situation,
)

# A gateway that needs longer for its health is slow, in milliseconds.
_SLOW = 1000
# Dead nodes that are told of in full.
_DEAD = 3
# A load that is heavy: beside those of the other hosts, or by itself.
_LOAD, _TIMES, _LOAD_ALONE = 4.0, 2.0, 16.0


def node_findings(situation: Situation) -> Iterator[Trouble]:
    """All of them."""
    yield from _suspect(situation)
    yield from _dead(situation)
    yield from _inventory(situation)
    yield from _unreachable(situation)


def _suspect(situation: Situation) -> Iterator[Trouble]:
    """Guide: "Node shows Suspect state for extended period (>2 minutes)"."""
    ids = [node["node_id"] for node in situation.nodes if node["state"] == SUSPECT]
    if not ids:
        return
    seen = (situation.found.get("watched") or {}).get("suspect") or {}
    # Those that were seen so for longest first.
    ids.sort(key=lambda node_id: -seen.get(node_id, 0))
    limit = situation.limits.suspect_after
    over = seen.get(ids[0], 0) >= limit
    evidence = [line for node_id in ids[:2] for line in _of_suspect(situation, node_id, seen)]
    host, address = situation.word(ids[0]), pasted(situation.address(ids[0]))
    wait = situation.playbook("diagnose", f"-e stemedb_diagnose_watch={limit + 10:.0f}")
    yield Trouble(
        "suspect_node",
        ERROR if over else WARNING,
        situation.names(ids),
        (*evidence, *more(len(ids) - 2, "node")),
        _why_suspect(situation, ids[0]),
        (
            f"ping -c 10 {address}",
            f"ssh {host} 'top -bn1 | head -20'",
            f"nc -zv {address} 18183, from another node",
            *(
                ["if it stays so, replace it:", _replace(situation, host)]
                if over
                else [f"to see whether it is so for {limit:g} s or more:", wait]
            ),
        ),
    )


def _of_suspect(situation: Situation, node_id: str, seen: dict[str, float]) -> Iterator[str]:
    name, watched = situation.name(node_id), situation.found.get("watched") or {}
    seconds = seen.get(node_id, 0)
    if watched.get("samples", 1) > 1:
        yield f"{name} was Suspect for {seconds:.0f} of the {watched['seconds']:.0f} s watched"
    else:
        yield f"{name} is Suspect now; it was not watched"
    gateway, probe = situation.gateway(node_id), situation.probe(node_id)
    if gateway is None:
        yield f"its gateway was not reached; {_error(situation, node_id)}"
    elif gateway["answer_ms"] is not None:
        yield f"its gateway answered in {gateway['answer_ms']:.0f} ms"
    else:
        yield f"its gateway does not answer: {gateway['error']}"
    yield _host(situation, node_id, probe)
    yield from situation.gossip_lines(node_id)


def _error(situation: Situation, node_id: str) -> str:
    observers = situation.found.get("observers") or ()
    errors = [o["error"] for o in observers if o["node_id"] == node_id and o["error"]]
    return errors[0] if errors else "no URL of it is known"


def _host(situation: Situation, node_id: str, probe: Row | None) -> str:
    """The service and the load of a node's host, in one line."""
    host = situation.host_of.get(node_id)
    if probe is None:
        problem = (situation.hosts.get(host or "") or {}).get("problem")
        return f"its host was not probed: {problem or _unprobed(host)}"
    running = (probe.get("service") or {}).get("running")
    words = {True: "runs", False: "does not run", None: "is in an unknown state"}[running]
    load = probe.get("load")
    return f"its service {words}" + ("" if load is None else f", load {load:.1f}")


def _unprobed(host: str | None) -> str:
    if host is None:
        return "it is not in the inventory"
    return f"name it with stemedb_diagnose_hosts={host}"


def _why_suspect(situation: Situation, node_id: str) -> str:
    """The cause that the evidence points to; causes that fit are named together."""
    probe, gateway = situation.probe(node_id), situation.gateway(node_id)
    causes = []
    if ((probe or {}).get("service") or {}).get("running") is False:
        causes.append("its service does not run, so it will turn Dead")
    if situation.blocks_gossip(node_id):
        causes.append("its gossip port is blocked in one direction or both")
    if is_loaded(situation, node_id):
        causes.append("its host is under heavy load")
    if gateway is None or gateway["answer_ms"] is None:
        causes.append("the node hangs, or its network is cut, for its gateway does not answer")
    elif gateway["answer_ms"] > _SLOW:
        causes.append("the network to it, or the node itself, is slow")
    return "; ".join(causes) or "a short spike of latency or load: all that was tried answers now"


def is_loaded(situation: Situation, node_id: str) -> bool:
    """Whether its host is much busier than the others, or busy if no other was probed."""
    load = (situation.probe(node_id) or {}).get("load")
    own = situation.host_of.get(node_id)
    others = [p["load"] for host, p in situation.probes() if host != own and p.get("load")]
    if load is None:
        return False
    return bool(load >= max(_LOAD, _TIMES * max(others)) if others else load >= _LOAD_ALONE)


def _dead(situation: Situation) -> Iterator[Trouble]:
    """Dead nodes; one whose service runs is cut off or hangs, and is worse."""
    ids = [n["node_id"] for n in situation.nodes if n["state"] not in (ALIVE, SUSPECT)]
    running = [node_id for node_id in ids if _runs(situation, node_id)]
    still = [node_id for node_id in ids if node_id not in running]
    if running:
        evidence = [
            line
            for node_id in running[:_DEAD]
            for line in (
                *_dead_lines(situation, node_id),
                situation.gossip_away(node_id),
            )
        ]
        blocked = any(situation.blocks_gossip(node_id) for node_id in running)
        address = pasted(situation.address(running[0]))
        yield Trouble(
            "dead_node",
            ERROR,
            situation.names(running),
            (*evidence, *more(len(running) - _DEAD, "node")),
            "its gossip port is blocked"
            if blocked
            else "the node hangs, has just been started, or its network to the others is cut",
            (
                f"nc -zv {address} 18183, from another node",
                f"on {situation.word(running[0])}: "
                f"{commands.log(situation.told(running[0]), situation.time)}",
                "if it hangs, restart its service; once the network is restored:",
                situation.playbook("heal"),
            ),
        )
    if still:
        name = situation.word(still[0])
        yield Trouble(
            "dead_node",
            WARNING,
            situation.names(still),
            (
                *(line for node_id in still[:_DEAD] for line in _dead_lines(situation, node_id)),
                *more(len(still) - _DEAD, "node"),
            ),
            "its process ended, its host is down, or it was removed and has not aged out yet",
            (
                f"on {name}: {commands.start(situation.told(still[0]), situation.time)}",
                "or let add_node start and verify it; if it does not return, replace it:",
                _replace(situation, name),
            ),
        )


def _runs(situation: Situation, node_id: str) -> bool:
    service = (situation.probe(node_id) or {}).get("service") or {}
    return service.get("running") is True


def _replace(situation: Situation, name: str) -> str:
    return situation.playbook("replace_node", f"-e stemedb_target={name} --check")


def _dead_lines(situation: Situation, node_id: str) -> list[str]:
    state = situation.by_id[node_id]["state"] or "in an unknown state"
    host = _host(situation, node_id, situation.probe(node_id))
    line = f"{situation.name(node_id)} ({node_id}) is {state}; {host}"
    return [line, *situation.port_lines(node_id)]


def _inventory(situation: Situation) -> Iterator[Trouble]:
    """Nodes without a host in the inventory, and hosts whose node the cluster does not list."""
    nodes = situation.nodes
    if not situation.declared or not nodes:
        return
    kinds = {is_numeric(split_host(node["address"]) or "") for node in nodes}
    ids = situation.by_id
    known = {node_id: host for node_id, host in situation.host_of.items() if node_id in ids}
    found = set(known.values())
    missing, unclear, new = [], [], []
    for one in situation.declared:
        if one.host in found:
            continue
        if one.node_id is None and is_numeric(split_host(one.address) or "") not in kinds:
            unclear.append(one.host)
        elif one.host in situation.new:
            new.append(one.host)
        else:
            missing.append(one.host)
    if missing:
        target = pasted(missing[0])
        yield Trouble(
            "unlisted_host",
            WARNING,
            some([short(host) for host in missing]),
            (f"no gateway lists a node of {counted(len(missing), 'host')} of the inventory",),
            "the node was never added, has aged out, or its stemedb_node_address is wrong",
            (
                situation.playbook("add_node", f"-e stemedb_target={target} --check"),
                "or take the host out of the group stemedb_nodes",
            ),
        )
    if new:
        yield Trouble(
            "unlisted_host",
            NOTE,
            some([short(host) for host in new]),
            (f"no gateway lists a node of {counted(len(new), 'host')} of stemedb_new_nodes",),
            "the node is still to be added",
            (situation.playbook("add_node", "--check"),),
        )
    if unclear:
        yield Trouble(
            "unlisted_host",
            NOTE,
            some([short(host) for host in unclear]),
            ("the inventory has names where the cluster has addresses, or the reverse",),
            "it is unknown which nodes these hosts are",
            ("set stemedb_node_address or stemedb_node_id for each host",),
        )
    strange = [n for n in nodes if n["state"] == ALIVE and n["node_id"] not in known]
    if strange and not unclear:
        yield Trouble(
            "unknown_node",
            WARNING,
            situation.names([node["node_id"] for node in strange]),
            first(
                f"{node['node_id']} at {node['address'] or 'an unknown address'} is Alive"
                for node in strange
            ),
            "a node that is not in the inventory has joined, or its host has another address there",
            (
                "add its host to the group stemedb_nodes",
                "or remove the node:",
                situation.playbook(
                    "remove_node", f"-e stemedb_target={pasted(strange[0]['node_id'])} --check"
                ),
            ),
        )


def _unreachable(situation: Situation) -> Iterator[Trouble]:
    # Of a node that is not Alive this is evidence.
    said = {situation.host_of.get(n["node_id"]) for n in situation.nodes if n["state"] != ALIVE}
    lost = [
        (host, told["problem"])
        for host, told in situation.hosts.items()
        if told["problem"] and host not in said
    ]
    if not lost:
        return
    yield Trouble(
        "unreachable_host",
        WARNING,
        some([short(host) for host, _problem in lost]),
        first((f"{host}: {' '.join(str(problem).split())}" for host, problem in lost), FEW),
        "the host is down, or Ansible's connection to it is wrong",
        (commands.ping(pasted(lost[0][0]), situation.inventory),),
    )
