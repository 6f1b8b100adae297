"""What of a gateway's texts may be in an event."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ansible_collections.stemedb.cluster.plugins.plugin_utils._events import texts
from ansible_collections.stemedb.cluster.tests.support import hostile_nodes
from ansible_collections.stemedb.cluster.tests.unit.support.builders import A
from hypothesis import given
from hypothesis import strategies as st

# Nothing else: no blank, bracket but of IPv6, quote, slash, backslash, percent, dollar or letter
# beyond ASCII, and no dash or dot in front.
SAFE = re.compile(r"[A-Za-z0-9:\[][A-Za-z0-9_.:\[\]-]*")


@pytest.mark.parametrize("text", [A, A.upper(), "node-1", "n", "db_01.example"])
def test_an_id_as_clusters_have_them_is_kept(text: str) -> None:
    assert texts.node_id(text) == text


@pytest.mark.parametrize(
    "text", ["", "-x", ".x", "a b", "a\n", "a/b", "{{ x }}", "x" * 65, "\u00e9"]
)
def test_an_id_that_something_could_read_is_left_out(text: str) -> None:
    assert texts.node_id(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "10.0.0.4:18182",
        "10.0.0.4",
        "[2001:db8::1]:18182",
        "2001:db8::1",
        "node-04:18182",
        "db.example",
    ],
)
def test_an_address_is_kept(text: str) -> None:
    assert texts.address(text) == text


@pytest.mark.parametrize(
    "text", [None, "", "-oProxyCommand=x", "a:b", "h:123456", "fe80::1%x", "a b", "h:1\n", "h/x"]
)
def test_an_address_that_is_none_is_left_out(text: str | None) -> None:
    assert texts.address(text) is None


@pytest.mark.parametrize("text", ["http://gateway:18181", "https://[::1]:18181/a/b", "http://h"])
def test_a_url_is_kept(text: str) -> None:
    assert texts.url(text) == text


@pytest.mark.parametrize("text", ["http://{{ x }}", "http://h/{{ x }}", "ftp://h", "http://h?x"])
def test_a_url_that_holds_more_is_left_out(text: str) -> None:
    assert texts.url(text) is None


def test_a_state_is_a_known_word_or_other() -> None:
    told = ["Alive", "Suspect", "Dead", "alive", None, "Alive\n", "{{ x }}"]
    assert [texts.state(word) for word in told] == ["Alive", "Suspect", "Dead", *["other"] * 4]


@given(st.one_of(st.text(), st.sampled_from(hostile_nodes.texts(Path("canary")))))
def test_nothing_gets_through_that_anybody_could_evaluate(text: str) -> None:
    for kept in (texts.node_id(text), texts.address(text)):
        assert kept is None or SAFE.fullmatch(kept)
