"""The first gateway that answers: when another one is asked, and when not."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Callable

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import (
    Node,
    Shard,
    Status,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import CODES, StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway import reader as readers
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.client import GatewayOptions
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.reader import Reader
from ansible_collections.stemedb.cluster.tests.support.fault_server import (
    FaultServer,
    raw,
    reply,
    routed,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ansible_collections.stemedb.cluster.tests.support.fault_server import (
        Behaviour,
    )

URLS = ("http://one", "http://two", "http://three")
NODES = (Node("node-01", "10.0.0.1:18182", "Alive"),)
BODIES: dict[str, Any] = {
    "/v1/cluster/status": {
        "status": "healthy",
        "node_count": 1,
        "meta_version": 41,
        "nodes": [{"node_id": "node-01", "state": "Alive"}],
    },
    "/v1/admin/ranges": {"ranges": [{"shard_id": "shard_0", "leader_node": "node-01"}]},
    "/v1/shards/0": {"shard_id": 0, "replicas": [{"node_id": "node-01", "size_bytes": 5}]},
}


class FakeGateway:
    """Fails as `errors` says for its URL or `URL call`, counts what it was asked."""

    errors: dict[str, StemeDBError]
    asked: list[str]
    on_call: Callable[[str], None]

    def __init__(self, url: str, _options: Any, _log: Any, _respell: Any) -> None:
        self.url = url

    def _say(self, what: str) -> None:
        self.asked.append(f"{self.url} {what}")
        self.on_call(self.url)
        for part in (self.url, f"{self.url} {what}"):
            if part in self.errors:
                raise self.errors[part]

    def status(self) -> Status:
        self._say("status")
        return Status(node_count=1, meta_version=41, nodes=NODES)

    def nodes(self, known_status: Status) -> tuple[Node, ...]:
        return known_status.nodes or ()

    def ranges(self) -> tuple[Shard, ...]:
        self._say("ranges")
        return (Shard(0, "node-01", ("node-01",)),)

    def shard(self, shard_id: int) -> Shard:
        self._say(f"shard {shard_id}")
        return Shard(shard_id, "node-01", ("node-01",))


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> type[FakeGateway]:
    FakeGateway.errors, FakeGateway.asked = {}, []
    FakeGateway.on_call = staticmethod(lambda _url: None)
    monkeypatch.setattr(readers, "Gateway", FakeGateway)
    return FakeGateway


def reading(urls: tuple[str, ...] = URLS) -> Reader:
    return Reader(urls, GatewayOptions(retries=0), None)


def failing(call: Callable[[], Any]) -> StemeDBError:
    with pytest.raises(StemeDBError) as caught:
        call()
    return caught.value


def test_only_the_first_is_asked(fake: type[FakeGateway]) -> None:
    snapshot = reading().snapshot()
    assert fake.asked == ["http://one status", "http://one ranges"]
    assert [view.url for view in snapshot.views] == ["http://one"]
    (observer,) = snapshot.observers
    assert (observer.url, observer.reachable) == ("http://one", True)
    assert (observer.node_count, observer.meta_version) == (1, 41)


@pytest.mark.parametrize("call", ["status", "ranges"])
@pytest.mark.parametrize("code", ["transport", "timeout"])
def test_the_next_is_asked_for_all_where_one_cannot_be_talked_to(
    fake: type[FakeGateway], code: str, call: str
) -> None:
    fake.errors[f"http://one {call}"] = StemeDBError(code, "no answer", "http://one")
    reader = reading()
    assert reader.snapshot().views[0].url == "http://two"
    fake.asked.clear()
    reader.snapshot()
    assert fake.asked == ["http://two status", "http://two ranges"]


@pytest.mark.parametrize("code", sorted(set(CODES) - {"transport", "timeout"}))
def test_any_other_answer_is_the_answer(fake: type[FakeGateway], code: str) -> None:
    fake.errors["http://one"] = StemeDBError(code, "no", "http://one")
    assert failing(reading().snapshot).code == code
    assert fake.asked == ["http://one status"]


def test_with_none_answering_all_fail_as_the_first(fake: type[FakeGateway]) -> None:
    for url, code in zip(URLS, ("timeout", "transport", "transport")):
        fake.errors[url] = StemeDBError(code, f"nothing from {url}", url)
    error = failing(reading().snapshot)
    assert (error.code, error.url) == ("timeout", "http://one")
    assert [call.split()[0] for call in fake.asked] == list(URLS)


def test_details_are_those_of_the_shards_that_are_there(fake: type[FakeGateway]) -> None:
    fake.errors["http://one shard 2"] = StemeDBError("not_found", "no shard 2", "http://one")
    assert sorted(reading().details([3, 1, 2, 1])) == [1, 3]
    assert sorted(fake.asked) == [f"http://one shard {shard}" for shard in (1, 2, 3)]


def test_a_fault_among_the_details_is_told(fake: type[FakeGateway]) -> None:
    fake.errors["http://one shard 2"] = StemeDBError("auth", "no", "http://one")
    assert failing(lambda: reading().details([1, 2, 3])).code == "auth"


def test_eight_details_are_asked_for_at_a_time(fake: type[FakeGateway]) -> None:
    eight, lock, most = threading.Barrier(8, timeout=10), threading.Lock(), [0, 0]

    def enter(_url: str) -> None:
        with lock:
            most[0] += 1
            most[1] = max(most)
        eight.wait()  # eight at once, or never
        with lock:
            most[0] -= 1

    fake.on_call = staticmethod(enter)
    assert len(reading().details(range(16))) == 16
    assert most[1] <= 8


def test_calls_that_find_out_together_leave_the_living_one_first(fake: type[FakeGateway]) -> None:
    fake.errors["http://one"] = StemeDBError("transport", "refused", "http://one")
    both = threading.Barrier(2, timeout=10)

    def meet(url: str) -> None:
        if url == "http://one":
            both.wait()

    fake.on_call = staticmethod(meet)
    reader = reading()
    reader.details([0, 1])  # both find the first one dead before either has found a living one
    fake.asked.clear()
    fake.on_call = staticmethod(lambda _url: None)
    reader.details([2])
    assert fake.asked == ["http://two shard 2"]


@pytest.fixture
def living() -> Iterator[FaultServer]:
    with FaultServer(routed({path: reply(200, body) for path, body in BODIES.items()})) as server:
        yield server


@pytest.mark.parametrize(
    "behaviour",
    [raw(b""), reply(500, {"error": "broken"}), reply(429), reply(503)],
    ids=["closed", "500", "429", "503"],
)
def test_over_real_sockets_the_next_answers(living: FaultServer, behaviour: Behaviour) -> None:
    with FaultServer(behaviour) as bad:
        reader = reading((bad.url, living.url))
        assert reader.snapshot().views[0].url == living.url
        assert reader.details([0])[0].replicas is not None
        assert len(bad.requests) == 1


@pytest.mark.parametrize(
    ("behaviour", "code"),
    [
        (reply(401), "auth"),
        (reply(403), "auth"),
        (reply(301, headers={"Location": "http://elsewhere.example/"}), "protocol"),
        (reply(200, b"<html>"), "protocol"),
        (reply(404), "protocol"),
        (raw(b"\x15\x03\x03\x00\x02\x02\x50"), "tls"),
    ],
    ids=["401", "403", "301", "html", "404", "tls"],
)
def test_over_real_sockets_a_refusal_is_final(
    living: FaultServer, behaviour: Behaviour, code: str
) -> None:
    with FaultServer(behaviour) as bad:
        assert failing(reading((bad.url, living.url)).snapshot).code == code
    assert living.requests == []


def test_an_answer_may_be_respelled_before_it_is_read() -> None:
    bodies = {path: reply(200, body) for path, body in BODIES.items()}
    with FaultServer(routed(bodies)) as server:
        made = Reader((server.url,), GatewayOptions(), None, lambda text: text.replace("-01", "-1"))
        snapshot = made.snapshot()
    assert list(snapshot.nodes) == ["node-1"]
    assert snapshot.shards[0].leader_node == "node-1"
