"""Several gateways asked at once: which are, which are not, and what their answers make."""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import (
    Health,
    Node,
    Replica,
    Shard,
    Status,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway import hosts as gateway_hosts
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway import observers
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.client import GatewayOptions
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.observers import (
    MOST_OBSERVERS,
    Observers,
    Policy,
)
from ansible_collections.stemedb.cluster.tests.support.fault_server import (
    FaultServer,
    dripping,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import Snapshot

IDS = ("aaaa1111-0001", "bbbb2222-0002", "cccc3333-0003")
HOSTS = ("10.0.0.1", "10.0.0.2", "10.0.0.3")
URLS = tuple(f"http://{host}:18181" for host in HOSTS)
NODES = tuple(Node(node, f"{host}:18182", "Alive", 1) for node, host in zip(IDS, HOSTS))


class FakeGateway:
    """Says what `Fakes` says for its URL, and counts what it was asked."""

    def __init__(self, url: str, fakes: Fakes) -> None:
        self.url = url
        self.not_after: float | None = None
        self.asked: list[str] = []
        self._fakes = fakes

    def _say(self, what: str) -> None:
        self.asked.append(what)
        self._fakes.on_call(self.url, what)
        for part in (self.url, f"{self.url} {what}"):
            if part in self._fakes.errors:
                raise self._fakes.errors[part]

    def health(self) -> Health:
        self._say("health")
        return Health(200, "healthy")

    def status(self) -> Status:
        self._say("status")
        nodes = self._fakes.lists.get(self.url, self._fakes.nodes)
        return Status("prod", "healthy", len(nodes), 1, 3, 41, nodes)

    def nodes(self, known_status: Status | None = None) -> tuple[Node, ...]:
        self._say("nodes")
        return (known_status or self.status()).nodes or ()

    def ranges(self) -> tuple[Shard, ...]:
        self._say("ranges")
        return (Shard(0, IDS[0], IDS, 10),)

    def shard(self, shard_id: int) -> Shard:
        self._say(f"shard {shard_id}")
        return Shard(shard_id, IDS[0], IDS, 10, tuple(Replica(node, None, 10) for node in IDS))


class Fakes:
    """What the fake gateways say: by URL, or by `URL call`."""

    def __init__(self) -> None:
        self.nodes: tuple[Node, ...] = NODES
        self.lists: dict[str, tuple[Node, ...]] = {}
        self.errors: dict[str, StemeDBError] = {}
        self.on_call: Callable[[str, str], None] = lambda _url, _what: None
        self.made: dict[str, FakeGateway] = {}
        self.keys: dict[str, str | None] = {}

    def make(self, url: str, options: GatewayOptions, _log: Any = None) -> FakeGateway:
        self.keys[url] = options.api_key
        self.made[url] = FakeGateway(url, self)
        return self.made[url]

    def asked(self, url: str) -> list[str]:
        return self.made[url].asked


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch) -> Fakes:
    made = Fakes()
    monkeypatch.setattr(observers, "Gateway", made.make)
    monkeypatch.setattr(gateway_hosts, "_known", {})
    return made


def observing(*exclude: str, urls: tuple[str, ...] = URLS, **policy: Any) -> Observers:
    return Observers(urls, GatewayOptions(), Policy(exclude_nodes=exclude, **policy))


def failing(call: Callable[[], Any]) -> StemeDBError:
    with pytest.raises(StemeDBError) as caught:
        call()
    return caught.value


def by_url(snapshot: Snapshot) -> dict[str, Any]:
    return {observer.url: observer for observer in snapshot.observers}


# --- who answers ---------------------------------------------------------------------------------


def test_every_gateway_gives_a_view(fakes: Fakes) -> None:
    snapshot = observing().sample()
    assert [view.url for view in snapshot.views] == list(URLS)
    assert [(o.url, o.node_id, o.reachable, o.excluded) for o in snapshot.observers] == [
        (url, node, True, False) for url, node in zip(URLS, IDS)
    ]
    assert {(o.node_count, o.meta_version, o.error) for o in snapshot.observers} == {(3, 41, None)}
    assert snapshot.policy == "all"
    assert observing(observers="quorum").sample().policy == "quorum"


@pytest.mark.parametrize("call", ["health", "status", "nodes", "ranges"])
def test_a_partial_answer_is_none(fakes: Fakes, call: str) -> None:
    fakes.errors[f"{URLS[1]} {call}"] = StemeDBError("transport", "broke off", URLS[1])
    snapshot = observing().sample()
    assert [view.url for view in snapshot.views] == [URLS[0], URLS[2]]
    failed = by_url(snapshot)[URLS[1]]
    assert (failed.reachable, failed.error, failed.error_code) == (False, "broke off", "transport")
    assert (failed.node_count, failed.meta_version, failed.required) == (None, None, True)


def test_with_none_answering_all_fail_as_the_first(fakes: Fakes) -> None:
    for url, code in zip(URLS, ("timeout", "auth", "transport")):
        fakes.errors[url] = StemeDBError(code, f"{code} at {url}", url)
    fakes.on_call = lambda url, _what: time.sleep(0.1) if url == URLS[0] else None
    error = failing(observing().sample)
    assert (error.code, error.url) == ("timeout", URLS[0])


def test_gateways_are_asked_at_the_same_time(fakes: Fakes) -> None:
    # Passes only if all of them are in the same call together.
    together = threading.Barrier(len(URLS), timeout=10)

    def meet(_url: str, _what: str) -> None:
        together.wait()

    fakes.on_call = meet
    assert len(observing().sample().views) == 3


def test_a_member_is_known_by_its_host_only_where_that_is_unique(fakes: Fakes) -> None:
    fakes.nodes = (*NODES, Node("dddd4444", f"{HOSTS[0]}:28182", "Alive"))
    found = by_url(observing().sample())
    assert found[URLS[0]].node_id is None
    assert found[URLS[1]].node_id == IDS[1]


def test_a_member_is_remembered_while_its_gateway_fails(fakes: Fakes) -> None:
    asked = observing()
    asked.sample()
    fakes.errors[URLS[1]] = StemeDBError("timeout", "silent", URLS[1])
    fakes.nodes = NODES[::2]
    assert by_url(asked.sample())[URLS[1]].node_id == IDS[1]


# --- who is not asked ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", [IDS[1], "bbbb", "10.0.0.2:18182", "10.0.0.2"])
def test_an_excluded_node_is_not_asked(fakes: Fakes, name: str) -> None:
    asked = observing(name)
    for _again in range(2):
        snapshot = asked.sample()
        assert [view.url for view in snapshot.views] == [URLS[0], URLS[2]]
    excluded = by_url(snapshot)[URLS[1]]
    assert (excluded.excluded, excluded.reachable, excluded.required) == (True, False, False)
    assert fakes.asked(URLS[1]) == []


def test_an_address_that_is_in_a_url_needs_no_question(fakes: Fakes) -> None:
    observing(HOSTS[0]).sample()
    assert fakes.asked(URLS[0]) == []
    assert fakes.asked(URLS[1]) == ["health", "status", "nodes", "ranges"]


@pytest.mark.parametrize("address", ["127.0.0.1:18182", "[::ffff:127.0.0.1]:18182", "localhost:1"])
@pytest.mark.parametrize("name", [IDS[0], "127.0.0.1", "localhost", "LOCALHOST."])
def test_names_and_addresses_of_one_host_are_the_same(
    fakes: Fakes, name: str, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    same = [(0, 0, 0, "", ("127.0.0.1", 0)), (0, 0, 0, "", ("::ffff:127.0.0.1", 0))]
    monkeypatch.setattr("socket.getaddrinfo", lambda *_args, **_more: same)
    fakes.nodes = (NODES[0]._replace(address=address), *NODES[1:])
    snapshot = observing(name, urls=("http://localhost:18181", URLS[1])).sample()
    assert [view.url for view in snapshot.views] == [URLS[1]]


def test_an_address_of_two_nodes_leaves_out_both(fakes: Fakes) -> None:
    """As of a host that has taken the place of its dead node."""
    fakes.nodes = (*NODES, Node("dddd4444-0004", NODES[1].address, "Dead"))
    assert [view.url for view in observing("10.0.0.2").sample().views] == [URLS[0], URLS[2]]
    assert discovered(fakes, "10.0.0.2") == [URLS[0], URLS[2]]


def test_one_node_under_several_names(fakes: Fakes) -> None:
    snapshot = observing(IDS[1], HOSTS[1], "bbbb").sample()
    assert [observer.url for observer in snapshot.observers if observer.excluded] == [URLS[1]]


def test_nobody_left_to_ask_is_refused(fakes: Fakes) -> None:
    error = failing(observing("aaaa", urls=URLS[:1]).sample)
    assert error.code == "config"
    assert "name another gateway" in error.message
    assert "aaaa" in error.message
    assert "health" not in fakes.asked(URLS[0])


def test_an_ambiguous_name_is_refused(fakes: Fakes) -> None:
    fakes.nodes = (*NODES, Node("bbbb2222-0009", "10.0.0.9:18182", "Alive"))
    error = failing(observing("bbbb").sample)
    assert error.code == "config"
    assert "bbbb2222-0009" in error.message


def test_a_name_that_nobody_knows_excludes_nobody(fakes: Fakes) -> None:
    assert len(observing("eeee5555").sample().views) == 3


def test_a_gateway_that_does_not_know_the_node_is_not_the_last_word(fakes: Fakes) -> None:
    fakes.lists[URLS[0]] = (NODES[0], NODES[2])
    fakes.errors[f"{URLS[1]} nodes"] = StemeDBError("protocol", "garbage", URLS[1])
    assert [view.url for view in observing("bbbb").sample().views] == [URLS[0], URLS[2]]


def test_while_nobody_says_where_the_node_is_nobody_is_asked(fakes: Fakes) -> None:
    asked = observing("bbbb")
    for url in URLS:
        fakes.errors[f"{url} nodes"] = StemeDBError("transport", f"no answer of {url}", url)
    assert failing(asked.sample).message == f"no answer of {URLS[0]}"
    assert all("health" not in fakes.asked(url) for url in URLS)
    fakes.errors.clear()
    assert [view.url for view in asked.sample().views] == [URLS[0], URLS[2]]
    assert "health" not in fakes.asked(URLS[1])


# --- who is found --------------------------------------------------------------------------------


def discovered(fakes: Fakes, *exclude: str, urls: tuple[str, ...] = URLS[:1]) -> list[str]:
    snapshot = observing(*exclude, urls=urls, discover=True).sample()
    return [observer.url for observer in snapshot.observers]


def test_gateways_of_members_are_found_at_the_port_of_the_first(fakes: Fakes) -> None:
    assert discovered(fakes) == list(URLS)
    assert discovered(fakes, urls=("https://10.0.0.1:8443",))[1] == "https://10.0.0.2:8443"
    assert discovered(fakes, urls=("http://10.0.0.1",))[1] == "http://10.0.0.2"


def test_nobody_is_found_unasked(fakes: Fakes) -> None:
    assert [o.url for o in observing(urls=URLS[:1]).sample().observers] == [URLS[0]]


@pytest.mark.parametrize("state", ["Suspect", "Dead", "leaving", None])
def test_only_alive_members_are_found(fakes: Fakes, state: str | None) -> None:
    fakes.nodes = (NODES[0], NODES[1]._replace(state=state), NODES[2])
    assert discovered(fakes) == [URLS[0], URLS[2]]


@pytest.mark.parametrize("address", [None, "", "0.0.0.0:18182", "[::]:18182"])
def test_members_without_a_usable_address_are_not_found(fakes: Fakes, address: str | None) -> None:
    fakes.nodes = (NODES[0], NODES[1]._replace(address=address), NODES[2])
    assert discovered(fakes) == [URLS[0], URLS[2]]


def test_the_address_of_a_member_may_be_ipv6(fakes: Fakes) -> None:
    fakes.nodes = (NODES[0], NODES[1]._replace(address="[2001:db8::2]:18182"))
    assert discovered(fakes) == [URLS[0], "http://[2001:db8::2]:18181"]


@pytest.mark.parametrize("name", [IDS[1], "bbbb", HOSTS[1], "10.0.0.2:18182"])
def test_an_excluded_member_is_not_found(fakes: Fakes, name: str) -> None:
    assert discovered(fakes, name) == [URLS[0], URLS[2]]


def test_seven_at_most_are_asked(fakes: Fakes) -> None:
    fakes.nodes = tuple(Node(f"node-{i:02}", f"10.0.1.{i}:18182", "Alive") for i in range(1, 20))
    assert len(discovered(fakes)) == MOST_OBSERVERS == 7
    assert discovered(fakes, urls=tuple(f"http://10.0.2.{i}:1" for i in range(9))) == [
        f"http://10.0.2.{i}:1" for i in range(9)
    ]


def test_one_member_told_differently_is_found_once(fakes: Fakes) -> None:
    fakes.lists[URLS[1]] = (NODES[0], NODES[1], Node(IDS[2], f"{HOSTS[2]}:18182", "Alive", None))
    fakes.lists[URLS[0]] = (NODES[0], NODES[1], Node(IDS[2], f"{HOSTS[2]}:18182", None, 4))
    assert discovered(fakes, urls=URLS[:2]) == list(URLS)


@pytest.mark.parametrize("name", [IDS[1], IDS[1][:8], HOSTS[1], f"{HOSTS[1]}:18182"])
def test_a_member_on_which_views_differ_is_still_one_to_exclude(fakes: Fakes, name: str) -> None:
    """As while it is stopped: dead to some, and to others not yet."""
    dead = (NODES[0], NODES[1]._replace(state="Dead"), NODES[2])
    fakes.lists[URLS[2]] = dead
    assert discovered(fakes, name, urls=(URLS[0], URLS[2])) == [URLS[0], URLS[2]]


def test_a_found_gateway_is_required_once_it_has_answered(fakes: Fakes) -> None:
    fakes.errors[URLS[1]] = StemeDBError("transport", "refused", URLS[1])
    asked = observing(urls=URLS[:1], discover=True)
    found = by_url(asked.sample())
    assert (found[URLS[1]].required, found[URLS[1]].error) == (False, "refused")
    assert found[URLS[2]].required
    fakes.errors = {URLS[2]: StemeDBError("timeout", "silent", URLS[2])}
    found = by_url(asked.sample())
    assert found[URLS[1]].required
    assert (found[URLS[2]].required, found[URLS[2]].reachable) == (True, False)


# --- sizes of replicas ---------------------------------------------------------------------------


def shards_asked(fakes: Fakes, url: str) -> list[str]:
    return sorted(call for call in fakes.asked(url) if call.startswith("shard "))


def test_every_view_gets_the_wanted_shards_of_its_own_gateway(fakes: Fakes) -> None:
    snapshot = observing().sample(
        lambda s: frozenset() if s.views[0].details else frozenset({3, 7})
    )
    assert [sorted(view.details_by_id) for view in snapshot.views] == [[3, 7]] * 3
    assert [shards_asked(fakes, url) for url in URLS] == [["shard 3", "shard 7"]] * 3


def test_what_is_wanted_is_asked_in_rounds_that_end(fakes: Fakes) -> None:
    snapshot = observing(urls=URLS[:1]).sample(lambda s: frozenset({len(s.views[0].details)}))
    assert shards_asked(fakes, URLS[0]) == ["shard 0", "shard 1", "shard 2"]
    assert len(snapshot.views[0].details) == 3


def test_eight_shards_are_asked_for_at_a_time(fakes: Fakes) -> None:
    lock, eight = threading.Lock(), threading.Barrier(8, timeout=10)
    now = [0, 0]

    def enter(_url: str, what: str) -> None:
        if not what.startswith("shard"):
            return
        with lock:
            now[0] += 1
            now[1] = max(now)
        eight.wait()  # eight at once, or never
        with lock:
            now[0] -= 1

    fakes.on_call = enter
    observing(urls=URLS[:2]).sample(
        lambda s: frozenset() if s.views[0].details else frozenset(range(16))
    )
    assert now[1] <= 8


def test_a_shard_that_is_gone_stays_unknown(fakes: Fakes) -> None:
    fakes.errors[f"{URLS[0]} shard 3"] = StemeDBError("not_found", "no shard 3", URLS[0])
    snapshot = observing(urls=URLS[:1]).sample(lambda _snapshot: frozenset({3, 4}))
    assert sorted(snapshot.views[0].details_by_id) == [4]
    assert snapshot.observers[0].reachable


def test_a_gateway_that_fails_on_a_shard_has_failed(fakes: Fakes) -> None:
    fakes.errors[f"{URLS[1]} shard 3"] = StemeDBError("timeout", "silent", URLS[1])
    snapshot = observing().sample(lambda _snapshot: frozenset({3, 4}))
    assert [view.url for view in snapshot.views] == [URLS[0], URLS[2]]
    assert by_url(snapshot)[URLS[1]].error == "silent"
    for url in URLS:
        fakes.errors[f"{url} shard 3"] = StemeDBError("timeout", f"silent {url}", url)
    error = failing(lambda: observing().sample(lambda _snapshot: frozenset({3})))
    assert error.message == f"silent {URLS[0]}"


# --- time ----------------------------------------------------------------------------------------


def test_a_budget_bounds_gateways_that_drip() -> None:
    options = GatewayOptions(timeout=30, retries=0)
    with FaultServer(dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b" ")) as server:
        asked = Observers((server.url, f"{server.url}/b", f"{server.url}/c"), options, Policy())
        start = time.monotonic()
        error = failing(lambda: asked.sample(budget=1.5))
        assert 1.4 < time.monotonic() - start < 6
    assert error.code == "timeout"


def test_the_last_sample_of_a_wait_has_time_too(fakes: Fakes) -> None:
    start = time.monotonic()
    observing().sample(budget=0.0)
    limits = [fakes.made[url].not_after for url in URLS]
    assert all(limit is not None and limit >= start + 1 for limit in limits)
    observing().sample()
    assert [fakes.made[url].not_after for url in URLS] == [None] * 3


def test_a_budget_also_bounds_the_question_where_a_node_is(fakes: Fakes) -> None:
    seen: list[float | None] = []
    fakes.on_call = lambda url, _what: seen.append(fakes.made[url].not_after)
    observing("bbbb").sample(budget=5)
    assert seen
    assert None not in seen


# --- gateways of nodes that nobody sees Alive ----------------------------------------------------


def lost(fakes: Fakes, *exclude: str) -> dict[str, Any]:
    fakes.nodes = (NODES[0], *(node._replace(state="Dead") for node in NODES[1:]))
    asked = observing(*exclude, urls=URLS[:1], discover=True)
    return dict(asked.lost(asked.sample()))


def test_the_gateways_of_the_lost_are_asked_and_are_no_observers(fakes: Fakes) -> None:
    fakes.errors[URLS[2]] = StemeDBError("transport", "refused", URLS[2])
    found = lost(fakes)
    assert list(found) == list(IDS[1:])
    assert found[IDS[1]].url == URLS[1]
    assert found[IDS[1]].answer_ms is not None
    assert found[IDS[2]].message == "refused"


def test_the_excluded_and_those_without_an_address_are_not_asked(fakes: Fakes) -> None:
    assert list(lost(fakes, IDS[1])) == [IDS[2]]
    assert list(lost(fakes, HOSTS[2])) == [IDS[1]]
    many = [Node(f"dead-{place}", None if place else "0.0.0.0", "Dead") for place in range(9)]
    fakes.nodes = (NODES[0], *many)
    asked = observing(urls=URLS[:1])
    assert asked.lost(asked.sample()) == []


def test_a_few_of_the_lost_are_enough(fakes: Fakes) -> None:
    many = [Node(f"dead-{place}", f"10.0.1.{place}", "Dead") for place in range(9)]
    fakes.nodes = (NODES[0], *many)
    asked = observing(urls=URLS[:1])
    assert len(asked.lost(asked.sample())) == observers.MOST_LOST


@pytest.mark.parametrize(
    ("members", "keyed"),
    [
        ((), []),
        (("10.0.0.9", "node-02"), []),
        (("node-01", HOSTS[1]), [URLS[1]]),
        (("::ffff:10.0.0.3",), [URLS[2]]),
        (("third.example", *(f"node-{place:02d}.example" for place in range(31))), [URLS[2]]),
        # So many names are not looked up.
        (("third.example", *(f"node-{place:02d}.example" for place in range(32))), []),
    ],
)
def test_of_the_lost_only_hosts_that_the_operator_names_get_the_key(
    fakes: Fakes, monkeypatch: pytest.MonkeyPatch, members: tuple[str, ...], keyed: list[str]
) -> None:
    found = {"third.example": HOSTS[2]}

    def look_up(host: str, _port: None) -> list[Any]:
        if host not in found:
            raise OSError("no such name")
        return [(0, 0, 0, "", (found[host], 0))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    fakes.nodes = (NODES[0], *(node._replace(state="Dead") for node in NODES[1:]))
    asked = Observers(URLS[:1], GatewayOptions(api_key="secret"), Policy())
    assert len(asked.lost(asked.sample(), members)) == 2
    assert [url for url, key in fakes.keys.items() if key] == [URLS[0], *keyed]


def test_an_address_that_another_cluster_uses_now_is_no_answer(
    fakes: Fakes, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = FakeGateway.status

    def status(self: FakeGateway) -> Status:
        told = own(self)
        return told if self.url == URLS[0] else told._replace(name="demo")

    monkeypatch.setattr(FakeGateway, "status", status)
    assert lost(fakes)[IDS[1]].message.endswith("belongs to another cluster, demo.")
