"""Which member a gateway belongs to: hosts by name, number and what names resolve to."""

from __future__ import annotations

import socket
import threading
import time
from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import Node
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway import hosts as gateway_hosts
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.hosts import (
    member_at,
    same_host,
    url_host,
)

ADDRESSES = {
    "node-01": ["10.0.0.1"],
    "node-02": ["10.0.0.2", "2001:db8::2"],
    "cluster": ["10.0.0.1", "10.0.0.2"],
}


class Names:
    """A name service that knows `ADDRESSES`, and remembers who asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, host: str, _port: Any) -> list[Any]:
        self.asked.append(host)
        if host not in ADDRESSES:
            raise socket.gaierror(-2, "Name or service not known")
        return [(0, 0, 0, "", (address, 0)) for address in ADDRESSES[host]]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    service = Names()
    monkeypatch.setattr(socket, "getaddrinfo", service)
    monkeypatch.setattr(gateway_hosts, "_known", {})
    return service


def node(node_id: str, address: str | None) -> Node:
    return Node(node_id, address, "Alive")


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://Node-01:18181", "node-01"),
        ("https://10.0.0.1", "10.0.0.1"),
        ("http://[::1]:18181/base", "::1"),
        ("http://0.0.0.0:18181", None),
    ],
)
def test_the_host_of_a_url(url: str, host: str | None) -> None:
    assert url_host(url) == host


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("node-01", "node-01", True),
        ("node-01", "10.0.0.1", True),
        ("node-02", "2001:db8:0::2", True),
        ("2001:DB8::2", "2001:db8:0:0::2", True),
        ("node-01", "cluster", True),
        ("node-01", "node-02", False),
        ("10.0.0.1", "10.0.0.12", False),
        ("unknown", "10.0.0.1", False),
        ("unknown", "stranger", False),
        ("not a name\udcff", "10.0.0.1", False),
        (None, "10.0.0.1", False),
        (None, None, False),
    ],
)
def test_hosts_are_the_same_by_what_they_resolve_to(
    names: Names, one: str | None, other: str | None, same: bool
) -> None:
    assert same_host(one, other) is same
    assert same_host(other, one) is same


def test_the_member_at_a_url(names: Names) -> None:
    members = [node("a", "10.0.0.1:18182"), node("b", "node-02:18182"), node("c", None)]
    found = {url: member_at(url, members) for url in ("http://node-01:1", "http://[2001:db8::2]:1")}
    assert [member.node_id if member else None for member in found.values()] == ["a", "b"]
    assert member_at("http://10.0.0.9:1", members) is None


def test_a_name_of_several_members_is_nobodys(names: Names) -> None:
    members = [node("a", "10.0.0.1:18182"), node("b", "10.0.0.2:18182")]
    assert member_at("http://cluster:18181", members) is None
    twice = [node("a", "10.0.0.1:18182"), node("b", "10.0.0.1:28182")]
    assert member_at("http://10.0.0.1:18181", twice) is None


def test_a_literal_match_asks_no_name_service(names: Names) -> None:
    members = [node("a", "node-01:18182"), node("b", "node-02:18182")]
    found = member_at("http://node-01:18181", members)
    assert found is not None
    assert found.node_id == "a"
    assert names.asked == []


def test_each_name_is_looked_up_once(names: Names) -> None:
    members = [node("a", "10.0.0.1:18182"), node("b", "unknown:18182")]
    for _again in range(3):
        member_at("http://node-01:18181", members)
    assert sorted(names.asked) == ["node-01", "unknown"]


def test_many_names_are_not_looked_up(names: Names) -> None:
    members = [node(str(i), f"node-{i}.example:18182") for i in range(40)]
    members.append(node("a", "10.0.0.1:18182"))
    found = member_at("http://node-01:18181", members)
    assert found is not None
    assert found.node_id == "a"
    assert names.asked == ["node-01"]


def test_a_name_service_that_hangs_costs_its_patience_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hanging = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args: hanging.wait(30) and [])
    monkeypatch.setattr(gateway_hosts, "_known", {})
    monkeypatch.setattr(gateway_hosts, "_PATIENCE", 0.3)
    members = [node(str(i), f"node-{i}.example:18182") for i in range(20)]
    start = time.monotonic()
    for _again in range(3):
        assert member_at("http://gateway.example:18181", members) is None
    hanging.set()
    assert 0.25 < time.monotonic() - start < 2


def test_of_what_a_host_was_and_is_it_is_what_it_is() -> None:
    old, new = Node("a", "10.0.0.1:18182", "Dead"), Node("b", "10.0.0.1:18182", "Alive")
    assert member_at("http://10.0.0.1:18181", [old, new]) == new
    assert member_at("http://10.0.0.1:18181", [old]) == old
    assert member_at("http://10.0.0.1:18181", [new, new._replace(node_id="c")]) is None
