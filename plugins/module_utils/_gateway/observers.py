# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks several gateways at once and puts what they say together: a Snapshot.

Private to stemedb.cluster. Knows which gateways are asked, which are left out because they belong
to the node in question, and which are found on the way; nothing of HTTP or JSON.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Callable, NamedTuple
from urllib.parse import urlsplit

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.addresses import (
    is_numeric,
    split_host,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import (
    ALIVE,
    Node,
    Observer,
    Shard,
    Snapshot,
    View,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.names import (
    check_cluster_name,
    find_nodes,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.client import (
    PARALLEL,
    Gateway,
    GatewayOptions,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.hosts import (
    member_at,
    resolved,
    same_host,
    url_host,
)

# More views than this add load, not certainty.
MOST_OBSERVERS = 7

# So many gateways of nodes that nobody sees Alive show on which side of a partition they are.
MOST_LOST = 3

# With more names than this, members are known by their numeric addresses only.
_MOST_NAMES = 32

# A sample has this many seconds, however little of a wait is left: the last one is to count too.
_LEAST_BUDGET = 1.0

# A question about sizes leads to at most this many rounds: ask, see all complete, ask all again.
_ROUNDS = 3


class Policy(NamedTuple):
    """Which gateways are asked, and how many must answer.

    :param observers: `all` or `quorum`, a strict majority of the configured ones.
    :param exclude_nodes: names of nodes whose gateways are not asked.
    :param discover: also ask the gateways of Alive members, seven at most in all.
    :param cluster_name: the cluster to which all of them must belong; empty for any.
    """

    observers: str = "all"
    exclude_nodes: tuple[str, ...] = ()
    discover: bool = False
    cluster_name: str | None = None


class _Asked:
    """A gateway and what is known of it so far."""

    def __init__(self, gateway: Gateway, discovered: bool = False) -> None:
        self.gateway = gateway
        self.discovered = discovered
        self.node_id: str | None = None
        self.host = url_host(gateway.url)
        self.answered = False


class Observers:
    """The gateways that are asked in each sample of a run."""

    def __init__(
        self,
        urls: tuple[str, ...],
        options: GatewayOptions,
        policy: Policy,
        log: Callable[[str], None] | None = None,
    ) -> None:
        self._options = options
        self._policy = policy
        self._log = log
        self._asked = [_Asked(Gateway(url, options, log)) for url in urls]
        self._excluded: list[Observer] = []
        self._settled = False
        for place, one in enumerate(self._asked):
            # Two names of one address: the first stands for both.
            earlier = (o.host for o in self._asked[:place] if same_host(one.host, o.host))
            one.host = next(earlier, one.host)

    def sample(
        self, want: Callable[[Snapshot], frozenset[int]] | None = None, budget: float | None = None
    ) -> Snapshot:
        """One view of every gateway that answers.

        :param want: the shards whose replicas' sizes are needed, given the views so far.
        :param budget: seconds that the sample may take, one at least, besides each call's own
            timeout.
        :raises StemeDBError: as the first gateway failed, when none answered; `config` when the
            exclusion leaves nobody to ask, or a gateway belongs to another cluster.
        """
        end = None if budget is None else time.monotonic() + max(budget, _LEAST_BUDGET)
        if not self._settled:
            self._exclude(end)
        results = self._ask(self._asked, end)
        if self._policy.discover and not self._settled:
            found = self._discover([r for r in results if isinstance(r, View)])
            self._asked += found
            results += self._ask(found, end)
        views = [result for result in results if isinstance(result, View)]
        if not views:
            raise next(result for result in results if isinstance(result, StemeDBError))
        check_cluster_name(self._policy.cluster_name, {v.url: v.status.name for v in views})
        self._settled = True
        snapshot = self._snapshot(results)
        for _round in range(_ROUNDS):
            wanted = want(snapshot) if want else frozenset()
            if not wanted:
                break
            results = self._detail(results, wanted, end)
            snapshot = self._snapshot(results)
        return snapshot

    def lost(
        self, snapshot: Snapshot, members: Collection[str] = ()
    ) -> list[tuple[str, View | StemeDBError]]:
        """By node id, what the gateways of nodes say that no view sees Alive; a few of them.

        They are no observers: nothing that is decided rests on them. One that belongs to another
        cluster did not answer.

        :param members: names and addresses of the operator's hosts. Who else has the address of a
            dead node now is unknown, and is asked without the API key.
        """
        dead = [n for n in snapshot.nodes.values() if n.node_id not in self._seen_alive(snapshot)]
        found = {n.node_id: host for n in sorted(dead) if (host := self._unasked(n)) is not None}
        hosts = dict(list(found.items())[:MOST_LOST])
        known = _of_members(hosts.values(), members) if hosts else frozenset()
        keyless = self._options._replace(api_key=None)
        chosen = [
            (node_id, self._at(host, self._options if host in known else keyless))
            for node_id, host in hosts.items()
        ]
        results = self._ask([one for _node_id, one in chosen], None)
        name = snapshot.fact("name")
        return [
            (node_id, _of_cluster(result, name)) for (node_id, _one), result in zip(chosen, results)
        ]

    @staticmethod
    def _seen_alive(snapshot: Snapshot) -> frozenset[str]:
        return frozenset().union(*(view.alive for view in snapshot.views))

    def _unasked(self, node: Node) -> str | None:
        """The host of a node whose gateway was neither asked nor excluded."""
        excluded = [*self._policy.exclude_nodes, *(o.url for o in self._excluded)]
        hosts = [split_host(name) for name in excluded]
        hosts += [url_host(url) for url in excluded]
        hosts += [url_host(one.gateway.url) for one in self._asked]
        host = split_host(node.address)
        if host is None or node.node_id in excluded or any(same_host(host, h) for h in hosts):
            return None
        return host

    def _ask(self, asked: list[_Asked], end: float | None) -> list[View | StemeDBError]:
        if not asked:
            return []
        for one in asked:
            one.gateway.not_after = end
        with ThreadPoolExecutor(len(asked)) as pool:
            return list(pool.map(lambda one: _view(one.gateway), asked))

    def _detail(
        self, results: list[View | StemeDBError], wanted: frozenset[int], end: float | None
    ) -> list[View | StemeDBError]:
        """The same results, each view with the wanted shards of its own gateway."""
        tasks = [
            (place, shard_id)
            for shard_id in sorted(wanted)
            for place, result in enumerate(results)
            if isinstance(result, View)
        ]
        with ThreadPoolExecutor(PARALLEL) as pool:
            shards = list(pool.map(lambda t: _shard(self._asked[t[0]].gateway, t[1]), tasks))
        detailed = list(results)
        for (place, _shard_id), shard in zip(tasks, shards):
            view = detailed[place]
            if isinstance(shard, StemeDBError):
                # One split or merged meanwhile stays unknown; any other fault is the view's.
                detailed[place] = view if shard.code == "not_found" else shard
            elif isinstance(view, View):
                detailed[place] = replace(view, details=(*view.details, shard))
        if not any(isinstance(result, View) for result in detailed):
            raise next(result for result in detailed if isinstance(result, StemeDBError))
        return detailed

    def _exclude(self, end: float | None) -> None:
        """Drop the gateways of the excluded nodes, asking no other for more than an address."""
        for name in self._policy.exclude_nodes:
            host = split_host(name)
            if not any(url_host(one.gateway.url) == host for one in self._asked):
                host = self._host_of(name, end)
            for one in list(self._asked):
                if same_host(host, url_host(one.gateway.url)):
                    self._asked.remove(one)
                    self._excluded.append(Observer(one.gateway.url, excluded=True, required=False))
        if not self._asked:
            raise StemeDBError(
                "config",
                f"No observer is left: every gateway in gateway_url is on a node that is not asked "
                f"about itself ({', '.join(self._policy.exclude_nodes)}); name another gateway.",
            )

    def _host_of(self, name: str, end: float | None) -> str | None:
        """Where the node of this name is, as the first gateway says that knows it."""
        failed: list[StemeDBError] = []
        for one in self._asked:
            one.gateway.not_after = end
            try:
                found = find_nodes(name, one.gateway.nodes())
            except StemeDBError as error:
                if error.code == "config":
                    raise
                failed.append(error)
                continue
            if found:
                return split_host(found[0].address)
        if failed and len(failed) == len(self._asked):
            # Nobody knows yet whose gateway is not to be asked, so none is.
            raise failed[0]
        return split_host(name)

    def _discover(self, views: list[View]) -> list[_Asked]:
        """The gateways of Alive members that nobody named."""
        left_out = [url_host(observer.url) for observer in self._excluded]
        left_out += [split_host(name) for name in self._policy.exclude_nodes]
        known = [url_host(one.gateway.url) for one in self._asked]
        found: list[_Asked] = []
        listed = {node for view in views for node in view.status.nodes or ()}
        # Views may differ on a node: it is one node all the same.
        members = {node.node_id: node for node in listed}.values()
        named = (find_nodes(name, members) for name in self._policy.exclude_nodes)
        excluded = {node.node_id for found in named for node in found}
        for node in sorted(listed, key=lambda node: node.node_id):
            host = split_host(node.address)
            if len(self._asked) + len(found) >= MOST_OBSERVERS:
                break
            if node.state != ALIVE or host is None or node.node_id in excluded:
                continue
            if any(same_host(host, other) for other in known + left_out):
                continue
            known.append(host)
            found.append(self._at(host, self._options))
        return found

    def _at(self, host: str, options: GatewayOptions) -> _Asked:
        """The gateway of a host, which nobody named: at the port of the first that was."""
        first = urlsplit(self._asked[0].gateway.url)
        port = f":{first.port}" if first.port else ""
        shown = f"[{host}]" if ":" in host else host
        url = f"{first.scheme}://{shown}{port}"
        return _Asked(Gateway(url, options, self._log), discovered=True)

    def _snapshot(self, results: list[View | StemeDBError]) -> Snapshot:
        views = tuple(result for result in results if isinstance(result, View))
        nodes = {node.node_id: node for view in views for node in view.status.nodes or ()}
        observers = []
        for one, result in zip(self._asked, results):
            member = member_at(one.gateway.url, nodes.values())
            one.node_id = member.node_id if member else one.node_id
            one.answered = one.answered or isinstance(result, View)
            told = result.status if isinstance(result, View) else None
            error = result if isinstance(result, StemeDBError) else None
            observers.append(
                Observer(
                    one.gateway.url,
                    one.node_id,
                    reachable=told is not None,
                    required=one.answered or not one.discovered,
                    discovered=one.discovered,
                    error=error.message if error else None,
                    error_code=error.code if error else None,
                    node_count=told.node_count if told else None,
                    meta_version=told.meta_version if told else None,
                    host=one.host,
                )
            )
        return Snapshot(views, (*observers, *self._excluded), self._policy.observers)


def _of_members(hosts: Collection[str], members: Collection[str]) -> frozenset[str]:
    """Those of the hosts that are members."""
    own = {host for host in map(split_host, members) if host is not None}
    names = {host for host in own if not is_numeric(host)}
    told = resolved((own if len(names) <= _MOST_NAMES else own - names).union(hosts))
    addresses = {address for host in own for address in told.get(host, ())}
    return frozenset(h for h in hosts if h in own or not addresses.isdisjoint(told.get(h, ())))


def _view(gateway: Gateway) -> View | StemeDBError:
    """All that one gateway says, or why it does not: a partial answer is none."""
    started = time.monotonic()
    try:
        health = gateway.health()
        spent = round((time.monotonic() - started) * 1000, 1)
        status = gateway.status()
        nodes = gateway.nodes(status)
        status = status._replace(nodes=nodes)
        return View(gateway.url, status, gateway.ranges(), health, answer_ms=spent)
    except StemeDBError as error:
        return error


def _of_cluster(result: View | StemeDBError, name: str | None) -> View | StemeDBError:
    """The result, unless it is of another cluster: an address is used again."""
    if isinstance(result, StemeDBError) or name is None or result.status.name in (None, name):
        return result
    text = f"The gateway {result.url} belongs to another cluster, {result.status.name}."
    return StemeDBError("config", text, result.url)


def _shard(gateway: Gateway, shard_id: int) -> Shard | StemeDBError:
    try:
        return gateway.shard(shard_id)
    except StemeDBError as error:
        return error
