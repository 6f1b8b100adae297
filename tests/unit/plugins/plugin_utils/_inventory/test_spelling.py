"""Characters that cannot be printed are spelled out, and nothing else changes."""

from __future__ import annotations

import json

import pytest
from ansible_collections.stemedb.cluster.plugins.plugin_utils._inventory.spelling import spelled_out
from hypothesis import given
from hypothesis import strategies as st

JSON = st.recursive(
    st.none() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@pytest.mark.parametrize("ascii_only", [True, False])
@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("db\u202e10", r"db\u202e10"),
        ("a\nb\t", r"a\nb\t"),
        ("\x1b[31m", r"\u001b[31m"),
        ("\x00", r"\u0000"),
        ("\u2028", r"\u2028"),
        ("\U000e0041", r"\udb40\udc41"),
        ('\u00e9\u0627\U0001f4a9 "/\\', '\u00e9\u0627\U0001f4a9 "/\\'),
        ("\\u202e", "\\u202e"),
        ("\\\u202e", "\\\\u202e"),
    ],
)
def test_spelled_out(text: str, spelled: str, ascii_only: bool) -> None:
    assert json.loads(spelled_out(json.dumps({text: text}, ensure_ascii=ascii_only))) == {
        spelled: spelled
    }


def test_half_a_character_is_spelled_too() -> None:
    assert json.loads(spelled_out(r'"\ud800 \ud800A \udc00"')) == r"\ud800 \ud800A \udc00"


@pytest.mark.parametrize("text", ["", "{", '"\\', '"\\u12', '"\\x"', "\u00e9"])
def test_what_is_no_json_stays_none(text: str) -> None:
    assert spelled_out(text) == text


@given(JSON, st.booleans())
def test_all_is_printable_and_the_rest_is_the_same(value: object, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)
    found = json.loads(spelled_out(text))
    assert _printable(found)
    if _printable(value):
        assert found == value


def _printable(value: object) -> bool:
    if isinstance(value, dict):
        return all(map(_printable, (*value, *value.values())))
    if isinstance(value, list):
        return all(map(_printable, value))
    return not isinstance(value, str) or value.isprintable()
