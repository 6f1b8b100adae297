"""Names of hosts and groups: safe, each its own, and not changed by who joins."""

from __future__ import annotations

import re

import pytest
from ansible_collections.stemedb.cluster.plugins.plugin_utils._inventory.names import (
    connection_host,
    group_name,
    host_names,
    wanted_name,
)
from ansible_collections.stemedb.cluster.tests.support import hostile_nodes
from hypothesis import given
from hypothesis import strategies as st

SAFE = re.compile(r"(?![.-])[A-Za-z0-9_.-]{1,200}")
# Few letters, so that much of it is the same once it is safe.
TEXTS = st.text("ab -./{\u202e\ud800", min_size=1, max_size=4) | st.text(min_size=1)


def named(*ids: str, taken: tuple[str, ...] = ()) -> dict[str, str]:
    return host_names({text: text for text in ids}, taken)


@pytest.mark.parametrize("text", ["db-01", "a3f2b1c4-6d1e", "10.0.0.1", "_x", "DB_01.example.org"])
def test_what_is_safe_keeps_its_name(text: str) -> None:
    assert named(text) == {text: text}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("a b", "a-b-[0-9a-f]{8}"),
        ("-oProxyCommand=x", "oproxycommand-x-[0-9a-f]{8}"),
        ("../../etc", "etc-[0-9a-f]{8}|[a-z-]+etc-[0-9a-f]{8}"),
        ("..", "node-[0-9a-f]{8}"),
        ("{{ x }}", "x-[0-9a-f]{8}|x----[0-9a-f]{8}"),
        ("db-01.yml", r"db-01\.yml-[0-9a-f]{8}"),
        ("db-01.JSON", r"db-01\.json-[0-9a-f]{8}"),
        ("localhost", "localhost-[0-9a-f]{8}"),
        ("LocalHost", "localhost-[0-9a-f]{8}"),
        ("::1", "1-[0-9a-f]{8}"),
        ("all", "all-[0-9a-f]{8}"),
        ("x" * 10_000, "x{120}-[0-9a-f]{8}"),
        ("\u202e", "node-[0-9a-f]{8}"),
        ("\u0627", "node-[0-9a-f]{8}"),
        ("\ud800", "node-[0-9a-f]{8}"),
    ],
)
def test_what_is_not_gets_another(text: str, name: str) -> None:
    (found,) = named(text).values()
    assert re.fullmatch(name, found)
    assert SAFE.fullmatch(found)


def test_what_is_taken_is_not_given_again() -> None:
    names = named("db-01", "web", taken=("DB-01", "web"))
    assert re.fullmatch("db-01-[0-9a-f]{8}", names["db-01"])
    assert re.fullmatch("web-[0-9a-f]{8}", names["web"])


def test_names_made_for_others_are_taken_too() -> None:
    (first,) = named("a b").values()
    names = named("a b", first, f"{first}-2")
    assert names == {"a b": f"{first}-3", first: first, f"{first}-2": f"{first}-2"}


def test_a_suffix_that_two_have_is_told_apart() -> None:
    first, second = named(*hostile_nodes.SAME_SUFFIX).values()
    assert second == f"{first}-2"


@given(st.sets(TEXTS, max_size=12), st.sets(TEXTS, max_size=3))
def test_no_two_have_one_name(ids: set[str], taken: set[str]) -> None:
    names = named(*sorted(ids), taken=tuple(taken))
    assert set(names) == ids
    assert len(set(names.values())) == len(ids)
    assert not set(names.values()) & taken
    assert all(SAFE.fullmatch(name) for name in names.values())


@given(st.sets(TEXTS, min_size=1, max_size=8), TEXTS)
def test_who_joins_changes_no_name_that_was_safe(ids: set[str], new: str) -> None:
    before, after = named(*ids), named(*ids, new)
    assert {i: n for i, n in before.items() if i == n} == {
        i: after[i] for i, n in before.items() if i == n
    }


def test_a_name_that_is_shared_goes_to_none() -> None:
    names = host_names({"1": "db", "2": "db", "3": "db-03"}, ())
    assert re.fullmatch("db-[0-9a-f]{8}", names["1"])
    assert names["1"] != names["2"]
    assert names["3"] == "db-03"


@pytest.mark.parametrize(
    ("kind", "address", "name"),
    [
        ("id", "10.0.0.1:18182", "a3f2b1c4-6d1e"),
        ("prefix", "10.0.0.1:18182", "a3f2b1c4"),
        ("address", "10.0.0.1:18182", "10.0.0.1"),
        ("address", "DB-01.example.org", "db-01.example.org"),
        ("address", "[2001:db8::4]:18182", "2001-db8--4"),
        ("address", None, "a3f2b1c4-6d1e"),
        ("address", "0.0.0.0:18182", "a3f2b1c4-6d1e"),
    ],
)
def test_what_a_node_should_be_called(kind: str, address: str, name: str) -> None:
    assert wanted_name(kind, "a3f2b1c4-6d1e", address) == name


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("10.0.0.1:18182", "10.0.0.1"),
        ("10.0.0.1", "10.0.0.1"),
        ("[2001:db8::4]:18182", "2001:db8::4"),
        ("fe80::1%eth0", "fe80::1%eth0"),
        ("Node_04.example.org:1", "node_04.example.org"),
        ("node-04", "node-04"),
        (None, None),
        ("0.0.0.0:1", None),
        ("-oProxyCommand=touch", None),
        ("-node", None),
        ("node.-x", None),
        ("fe80::1%;reboot", None),
        ("fe80::1%$(reboot)", None),
        ("fe80::1%-x", None),
        ("a b", None),
        ("node/../x", None),
        ("user@node", None),
        ("{{ x }}", None),
        ("node\n", None),
        ("x" * 64, None),
        (".".join(["x" * 50] * 6), None),
        ("n\u00f6de", None),
        ("node\u202e", None),
        ("\u0661\u0662.0.0.1", None),
    ],
)
def test_where_ansible_can_connect_to(address: str, host: str) -> None:
    assert connection_host(address) == host


def test_a_group_is_not_called_like_a_host_or_too_long() -> None:
    assert group_name("alive", ("db-01",)) == "alive"
    assert group_name("db", ("db", "db_"), ("other",)) == "db__"
    assert group_name("other", (), ("other",)) == "other_"
    assert group_name("all", ()) == "all_"
    long = [group_name(letter * 500, ()) for letter in ("x", "\u0627")]
    long += [group_name("x" * 501, ())]
    assert all(len(name.encode()) <= 200 for name in long)
    assert len(set(long)) == 3
