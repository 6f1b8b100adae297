# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is to be replaced, by which host, and what speaks against it before anything is touched.

Private to stemedb.cluster. Pure. What a run has begun is read from where it is: on the host of the
replacement the file `replaces`, beside its configuration, has the id of the node that it replaces.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.addresses import (
    gateway_endpoint,
    split_host,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import ALIVE, DEAD
from ansible_collections.stemedb.cluster.plugins.module_utils._findings import (
    ERROR,
    Finding,
    blocker,
    judged,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._members.declared import (
    Declared,
    Nodes,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._members.seeds import (
    Going,
    doubtful_seeds,
    names_that_go,
    seed_lists,
    stays_alive,
    unknown_seeds,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._members.targets import (
    find_targets,
    identified,
    refusal_of,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._preflight.cluster import (
    cluster_findings,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._probes import NO_LOG
from ansible_collections.stemedb.cluster.plugins.plugin_utils._replace_node.advice import (
    survey_lines,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._replace_node.substitute import (
    Choice,
    Facts,
    Settings,
    choose,
    listed,
    written_id,
)

# What an operator may accept by name.
ACCEPTABLE = ("other_dead", "single_observer", "unknown_gateway", "unknown_log", "unknown_seed")

# Shards without a leader are waited for, and the log lines of their election are shown.
_WAITED_FOR = ("leaderless_shard",)

# --- whom to look at -----------------------------------------------------------------------------


def look_at(
    names: Sequence[str], members: Sequence[Declared], settings: Settings, nodes: Nodes | None
) -> dict[str, Any]:
    """`{target, refused, exclude, hosts, urls}`: which hosts to probe, which gateways are its own.

    :param nodes: the cluster's; None where nobody was asked yet.
    """
    if len(names) != 1:
        return _look(None, _not_one(names))
    seen = settings.seen if settings.seen.get("name") == names[0] else {}
    found = find_targets(names, members, nodes, seen.get("node_id"))
    target = found["targets"][0]
    node = listed(nodes or (), target["node_id"] or seen.get("node_id"))
    if node is None and seen:
        # It has aged out since: what is known of it is what was seen.
        target = {**target, **{key: seen[key] for key in ("host", "address")}}
        node = {"address": seen["listed_address"]}
    by_host = {one.host for one in members}
    # Of a node that is named by its id, also hosts at its address: one may be its replacement.
    at = split_host((node or {}).get("address"))
    near = [one.host for one in members if at is not None and at in one.names]
    wanted = [target["host"], *near, settings.instead, *settings.spares]
    hosts = [host for host in dict.fromkeys(wanted) if host in by_host]
    addresses = {split_host(target["address"]), at} - {None}
    urls = _own_urls({str(address) for address in addresses}, settings)
    told = _look(target, found["refused"])
    exclude = [target["address"] or (node or {}).get("address") or target["name"]]
    return {**told, "exclude": exclude, "hosts": hosts, "urls": urls}


def _look(target: Mapping[str, Any] | None, refused: str | None) -> dict[str, Any]:
    return {"target": target, "exclude": [], "hosts": [], "urls": [], **refusal_of(refused)}


def _not_one(names: Sequence[str]) -> str:
    how = "stemedb_target is empty" if not names else f"stemedb_target names {len(names)}"
    return (
        f"Just one node is replaced at a time: {how}. Name the dead one, a host of the inventory "
        "or a full node id, with -e stemedb_target=HOST."
    )


def _own_urls(addresses: Iterable[str], settings: Settings) -> list[str]:
    """Gateways of a node: those that are configured at its address, else the usual one."""
    found = []
    for address in sorted(addresses):
        its = [url for url in settings.gateway_urls if gateway_endpoint(url).host == address]
        usual = settings.gateway_urls[0] if settings.gateway_urls else "http://gateway:18181"
        host = f"[{address}]" if ":" in address else address
        port = gateway_endpoint(usual).port or 18181
        found += its or [f"{usual.partition('://')[0]}://{host}:{port}"]
    return found


# --- what speaks against it ----------------------------------------------------------------------


def survey(
    looked: Mapping[str, Any],
    probes: Mapping[str, Mapping[str, Any]],
    gateways: Sequence[Mapping[str, Any]],
    found: Mapping[str, Any],
    members: Sequence[Declared],
    settings: Settings,
) -> dict[str, Any]:
    """Who is replaced by which host, and all that speaks against it.

    :param looked: of `look_at`.
    :param probes: by host, of `stemedb_host_info`; one not reached says `lost`.
    :param gateways: `urls` of `stemedb_host_info` for the target's own gateways.
    :param found: a result of `stemedb_cluster_info` with its overview, that did not ask it.
    :returns: `target` and `replacement` (of which the latter is null without a host), `blockers`,
        `accepted` and `notes`; `gateway_urls` of others; `seeds` of the members that are Alive,
        `own_seeds` of the replacement, `old_seeds` and `new_seeds`; `others`, ids that stay;
        `unread`, hosts whose logs are not searched.
    """
    nodes: Nodes = found["overview"]["nodes"] or ()
    by_host = {one.host: one for one in members}
    said = {host: written_id(probe, "replaces_file") for host, probe in probes.items()}
    records = {host: node_id for host, node_id in said.items() if node_id}
    target, refused = _who(looked, by_host, probes, records, nodes, settings.seen)
    resolved = found.get("resolved") or {}
    facts = Facts(target, by_host, probes, records, nodes, settings, resolved)
    blockers = [*_cluster(found, facts), *([refused] if refused else [])]
    choice = None
    if refused is None:
        choice, why = choose(facts)
        blockers += [*_life(facts, choice, gateways), *_others(facts, choice), *why]
    seeds = _seeds(facts, choice)
    blockers += unknown_seeds(seeds.pop("doubts"))
    unread = _unread(facts, choice)
    blockers += [blocker("unknown_log", ", ".join(unread), NO_LOG)] if unread else []
    gone = {gateway_endpoint(one["url"]) for one in found["observers"] if one["excluded"]}
    plan = {
        "target": target,
        "replacement": choice and choice._asdict(),
        **judged(blockers, ACCEPTABLE, settings.accept),
        "notes": _notes(facts, choice),
        "others": _ids(facts, choice),
        "unread": unread if "unknown_log" in settings.accept else [],
        "gateway_urls": [u for u in settings.gateway_urls if gateway_endpoint(u) not in gone],
        **seeds,
    }
    return {**plan, "lines": survey_lines(plan, settings.check)}


def _who(
    looked: Mapping[str, Any],
    by_host: Mapping[str, Declared],
    probes: Mapping[str, Mapping[str, Any]],
    records: Mapping[str, str],
    nodes: Nodes,
    seen: Mapping[str, Any],
) -> tuple[dict[str, Any], Finding | None]:
    """The target as `_members.targets.identified` has it, where its host may be its replacement
    by now.
    """
    target = dict(looked["target"])
    one = by_host.get(target["host"] or "")
    before = records.get(target["host"] or "")
    written = written_id(probes.get(target["host"] or ""))
    if one is not None and before is not None and before == one.node_id != written:
        # The inventory names the node that was here; by now the host is to be another.
        one, target["node_id"] = one._replace(node_id=None), None
    seen = seen if seen.get("name") == target["name"] else {}
    who = identified(target, one, probes, nodes, seen.get("node_id"))
    if seen and who["state"] is None and seen["node_id"] == who["node_id"]:
        who["listed_address"] = seen["listed_address"]
    if looked["refused"]:
        begun = [host for host, node_id in records.items() if node_id == target["name"]]
        if not begun:
            return who, blocker("unknown_target", target["name"], looked["refused"])
    if before is not None and (who["refused"] is None or written is None):
        who = _before_that(who, before, written, probes[str(target["host"])], nodes)
    if who["refused"]:
        return who, blocker("unknown_target", who["name"], who["refused"])
    return who, None


def _before_that(
    who: dict[str, Any],
    before: str,
    written: str | None,
    probe: Mapping[str, Any],
    nodes: Nodes,
) -> dict[str, Any]:
    """The node that the host of the target was before it began to be its replacement.

    If the replacement has died as well it is the target: what it replaced is history.
    """
    if written is not None:
        node = listed(nodes, written)
        holds = not (probe.get("data_dir") or {}).get("empty", False)
        stands_still = (probe.get("service") or {}).get("running") is False
        if node["state"] != ALIVE if node is not None else holds and stands_still:
            return who
    node = listed(nodes, before)
    return {
        **who,
        "node_id": before,
        "refused": None,
        "state": (node["state"] or "unknown") if node else None,
        "listed_address": node["address"] if node else None,
        "is_gone": node is None or node["state"] == DEAD,
        # What runs on its host now is not this node.
        "running": False,
        "stop": False,
    }


def _cluster(found: Mapping[str, Any], facts: Facts) -> list[Finding]:
    """What a preflight has to say of the cluster, before the replacement's own."""
    listed = found["overview"]["nodes"]
    urls = [one["url"] for one in found["observers"] if not one["excluded"]]
    every = facts.settings.observers == "all"
    required = [url for url in facts.settings.gateway_urls if url in urls and every]
    if listed is None:
        text = "not every gateway lists the nodes, so nothing can be said of their states"
        return [blocker("incomplete_view", "cluster", text)]
    said = cluster_findings(dict(found), list(listed), None, required, facts.settings.min_observers)
    return [each for each in said if each.severity == ERROR and each.kind not in _WAITED_FOR]


def _life(
    facts: Facts, choice: Choice | None, gateways: Sequence[Mapping[str, Any]]
) -> list[Finding]:
    """Evidence that the target lives, or is cut off."""
    target = facts.target
    name, state = target["name"], target["state"]
    if state == ALIVE and choice is not None and choice.begun:
        text = (
            f"{target['node_id']} is Alive again, and {choice.host} has begun to replace it. Let "
            f"both be members, or take one of them out with remove_node"
        )
        return [blocker("came_back", name, text)]
    if not target["is_gone"]:
        text = (
            f"is {state}, and only what is Dead in every other view is replaced. A live node is "
            f"never replaced: add the new one (add_node), then remove this one (remove_node). If "
            f"it died just now, run this again once it is listed as Dead"
        )
        return [blocker("not_dead", name, text)]
    # Whoever else is listed at its address may be who answers.
    at = split_host(target["listed_address"] or target["address"])
    others = [n for n in facts.nodes if n["node_id"] != target["node_id"] and n["state"] != DEAD]
    shared = any(at is not None and split_host(node["address"]) == at for node in others)
    if shared or (choice is not None and choice.same_host and choice.begun):
        return []
    return [_answer(name, one) for one in gateways if one["reachable"] is not False]


def _answer(name: str, gateway: Mapping[str, Any]) -> Finding:
    if gateway["reachable"] is True:
        text = (
            f"its own gateway answers at {gateway['url']}: it lives, and cannot be seen by the "
            'others. See the guide, "Network Partition Scenarios": restore the network, or stop '
            "and disable its service there"
        )
        return blocker("gateway_answers", name, text)
    text = (
        f"whether its own gateway answers at {gateway['url']} is not known ({gateway['error']}). "
        "Accept that by name if you know that the node is off"
    )
    return blocker("unknown_gateway", name, text)


def _others(facts: Facts, choice: Choice | None) -> list[Finding]:
    """More than one newly Dead may be a partition, with us on its smaller side.

    Who holds no shard any more, as one that was removed, died long ago; and so did who was at the
    address of another that lives.
    """
    lived_in = {node["address"] for node in facts.nodes if node["state"] == ALIVE}
    dead = [
        node["node_id"]
        for node in facts.nodes
        if node["state"] == DEAD and _may_hold(node) and node["address"] not in lived_in
    ]
    rest = [one for one in dead if one != facts.target["node_id"]]
    if not rest:
        return []
    text = (
        f"{len(rest)} more Dead that held shards, which may be a partition that we are on the "
        "wrong side of. Look "
        "at their hosts first; if they are dead indeed, accept that with -e "
        '\'{"stemedb_accept": ["other_dead"]}\''
    )
    return [blocker("other_dead", ", ".join(rest), text)]


def _may_hold(node: Mapping[str, Any]) -> bool:
    counts = (node.get("leader_shards"), node.get("follower_shards"))
    return counts != (0, 0)


# --- what comes with it --------------------------------------------------------------------------


def _notes(facts: Facts, choice: Choice | None) -> list[str]:
    target, found = facts.target, []
    if target["reachable"] and target["running"] is None:
        found.append(
            f"it is unknown whether the service of {target['host']} runs; it is stopped and "
            f"disabled first. Set stemedb_node_status_command to have it known"
        )
    elif target["reachable"] and target["running"] and target["state"] != ALIVE:
        found.append(
            f"the service of {target['host']} runs, although all others hold its node for Dead and "
            f"its gateway is silent: it is stopped and disabled first"
        )
    elif not target["running"] and target["reachable"] and choice is not None and not choice.begun:
        found.append(
            f"{target['host']} answers and its service does not run. If its data is sound, "
            f"add_node for it is the shorter way: its service is started, and the node joins again "
            f"with what it has"
        )
    return found


def _unread(facts: Facts, choice: Choice | None) -> list[str]:
    """The hosts whose logs nothing prints, of those that may lead a shard at the end."""
    leaving = {facts.target["node_id"]} - {None}
    stay = [one.host for one in facts.by_host.values() if stays_alive(one, leaving, facts.nodes)]
    stay += [choice.host] if choice else []
    return [host for host in dict.fromkeys(stay) if host in facts.settings.logless]


def _ids(facts: Facts, choice: Choice | None) -> list[str]:
    """Those that stay and are to be listed wherever the target counts as gone."""
    mine = {facts.target["node_id"], choice.node_id if choice else None}
    return [n["node_id"] for n in facts.nodes if n["state"] == ALIVE and n["node_id"] not in mine]


def _going(facts: Facts, choice: Choice) -> Going:
    """What of the dead one goes: its names stay with a host that is set up anew."""
    names = names_that_go([facts.target], facts.by_host, facts.probes, facts.nodes, facts.resolved)
    stay = names.names if choice.same_host else facts.by_host[choice.host].names
    return names._replace(names=names.names - stay)


def _seeds(facts: Facts, choice: Choice | None) -> dict[str, Any]:
    """Where the dead one is a seed its replacement becomes one."""
    if choice is None:
        return {"seeds": {}, "own_seeds": None, "old_seeds": [], "new_seeds": [], "doubts": {}}
    one, target = facts.by_host[choice.host], facts.target
    members = list(facts.by_host.values())
    going = _going(facts, choice)
    port = facts.settings.gossip_ports.get(choice.host, 18183)
    address = f"[{one.address}]" if ":" in one.address else one.address

    def instead(host: str, _seed: str) -> str | None:
        return None if host == choice.host else f"{address}:{port}"

    told = facts.settings.seeds
    leaving = {target["node_id"]} - {None}
    lists, _changed, old = seed_lists(members, leaving, going, facts.nodes, told, instead)
    alive = {each.host for each in members if stays_alive(each, leaving, facts.nodes)}
    seeds = {h: new for h, new in lists.items() if h in alive and h != choice.host}
    own = [s for s in (told if one.seeds is None else one.seeds) or () if not going.has(s)]
    return {
        "seeds": seeds if old else {},
        "own_seeds": own,
        "old_seeds": old,
        "new_seeds": [f"{address}:{port}"] if old else [],
        "doubts": {} if choice.same_host else doubtful_seeds({**lists, choice.host: own}, going),
    }
