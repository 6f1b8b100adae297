"""Seeds of the members that stay; of those that go, see `_remove_node/test_plan.py`."""

from __future__ import annotations

from typing import Any, Optional

import pytest
from ansible_collections.stemedb.cluster.plugins.plugin_utils._members.declared import (
    Declared,
    members,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._members.seeds import (
    Going,
    doubtful_seeds,
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
GOES = Going(frozenset({"10.0.0.2"}))


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
    assert names_that_go(who, by_host, {}, NODES).names == {"two", "10.0.0.2"}
    shared = [*NODES, {"node_id": "c" * 8, "address": "10.0.0.2:18182", "state": "Alive"}]
    assert names_that_go(who, by_host, {}, shared).names == {"two"}
    # What the host was before it was set up anew is nobody else.
    before = [*NODES, {"node_id": "c" * 8, "address": "10.0.0.2:18182", "state": "Dead"}]
    assert names_that_go(who, by_host, {}, before).names == {"two", "10.0.0.2"}


def test_who_stays() -> None:
    one, two = MEMBERS
    assert stays_alive(one, set(), NODES)
    assert not stays_alive(one, {"a" * 8}, NODES)
    assert not stays_alive(two, set(), NODES)
    assert not stays_alive(Declared("three", "10.0.0.3"), set(), NODES)


RESOLVED = {
    "one": ["10.0.0.1"],
    "two": ["10.0.0.2"],
    "two.example.com": ["10.0.0.2"],
    "alias": ["10.0.0.2", "fd00::2"],
    "all.example.com": ["10.0.0.1", "10.0.0.2"],
    "elsewhere": ["10.9.9.9"],
    "unknown": [],
}
SPELLINGS = {
    "10.0.0.2": "goes",
    "two": "goes",
    "TWO.": "goes",
    "two.example.com": "goes",
    "Two.Example.COM.": "goes",
    "alias": "goes",
    "10.0.0.1": "stays",
    "one": "stays",
    "10.0.0.20": "stays",
    "elsewhere": "stays",
    "all.example.com": "doubt",
    "unknown": "doubt",
    "not.asked.for": "doubt",
}


@pytest.mark.parametrize("by_id", [False, True], ids=["host", "id"])
@pytest.mark.parametrize("names", [False, True], ids=["addresses", "names"])
@pytest.mark.parametrize(("seed", "what"), SPELLINGS.items())
def test_a_seed_is_known_by_whatever_name_it_has(
    seed: str, what: str, names: bool, by_id: bool
) -> None:
    """Inventory and cluster may each have names or addresses, and the seed yet another."""
    listed = [{**node, "address": f"{['one', 'two'][i]}:18182"} for i, node in enumerate(NODES)]
    nodes = listed if names else NODES
    by_host = {m.host: m for m in members({"one": {}, "two": {}}, RESOLVED)}
    who: dict[str, Any] = {"host": "two", "node_id": "b" * 8, "listed_address": nodes[1]["address"]}
    if by_id:
        by_host, who = {"one": by_host["one"]}, {**who, "host": None}
    going = names_that_go([who], by_host, {}, nodes, RESOLVED)
    assert going.has(f"{seed}:18183") is (what == "goes")
    assert (f"{seed}:18183" in doubtful_seeds({"": [f"{seed}:18183"]}, going)) is (what == "doubt")
