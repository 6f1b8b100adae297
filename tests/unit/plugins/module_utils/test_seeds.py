"""Seeds of the members that stay; what a removal makes of them is in `test_removal.py`."""

from __future__ import annotations

from typing import Optional

from ansible_collections.stemedb.cluster.plugins.module_utils._declared import Declared
from ansible_collections.stemedb.cluster.plugins.module_utils._seeds import (
    names_that_go,
    seed_lists,
    stays_alive,
)

NODES = [
    {"node_id": "a" * 8, "address": "10.0.0.1:18182", "state": "Alive"},
    {"node_id": "b" * 8, "address": "10.0.0.2:18182", "state": "Dead"},
]
SEEDS = ("10.0.0.2:18183", "10.0.0.1:18183")
MEMBERS = [Declared("one", "10.0.0.1", seeds=SEEDS), Declared("two", "10.0.0.2", seeds=SEEDS)]
GOES = frozenset({"10.0.0.2"})


def test_what_goes_is_left_out_or_replaced_in_its_place() -> None:
    lists, changed, old = seed_lists(MEMBERS, {"b" * 8}, GOES, NODES, SEEDS)
    assert lists == {"": ["10.0.0.1:18183"], "one": ["10.0.0.1:18183"]}
    assert (changed, old) == ({"", "one"}, ["10.0.0.2:18183"])

    def instead(host: str, seed: str) -> Optional[str]:
        return f"new-{host}:{seed[-1]}"

    lists, changed, _old = seed_lists(MEMBERS, {"b" * 8}, GOES, NODES, None, instead)
    assert lists == {"one": ["new-one:3", "10.0.0.1:18183"]}
    assert changed == {"one"}


def test_what_is_a_seed_already_is_no_second_one() -> None:
    lists, *_rest = seed_lists(
        MEMBERS, {"b" * 8}, GOES, NODES, None, lambda _host, _seed: "10.0.0.1:18183"
    )
    assert lists == {"one": ["10.0.0.1:18183"]}


def test_lists_without_it_stay_as_they_are() -> None:
    twice = Declared("one", "10.0.0.1", seeds=("x:1", "x:1"))
    assert seed_lists([twice], set(), GOES, NODES, None) == ({"one": ["x:1", "x:1"]}, set(), [])


def test_an_address_that_others_have_is_nobodys() -> None:
    who = [{"host": "two", "node_id": "b" * 8, "listed_address": "10.0.0.2:18182"}]
    by_host = {one.host: one for one in MEMBERS}
    assert names_that_go(who, by_host, {}, NODES) == {"two", "10.0.0.2"}
    shared = [*NODES, {"node_id": "c" * 8, "address": "10.0.0.2:18182", "state": "Alive"}]
    assert names_that_go(who, by_host, {}, shared) == {"two"}


def test_who_stays() -> None:
    one, two = MEMBERS
    assert stays_alive(one, set(), NODES)
    assert not stays_alive(one, {"a" * 8}, NODES)
    assert not stays_alive(two, set(), NODES)
    assert not stays_alive(Declared("three", "10.0.0.3"), set(), NODES)
