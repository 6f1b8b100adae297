"""The file `_typed`: what a text means where a truth, a number, a list or a dictionary is meant."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.plugin_utils._typed import read, refusal

NAN = float("nan")


@pytest.mark.parametrize(
    ("kind", "value", "meant"),
    [
        *(("bool", text, True) for text in (True, 1, "1", "true", "True", "yes", "on")),
        *(("bool", text, False) for text in (False, 0, "0", "false", "FALSE", "no", "off")),
        ("int", "300", 300),
        ("int", 300.0, 300),
        ("int", " 3 ", 3),
        ("float", "0.5", 0.5),
        ("float", "1e3", 1000.0),
        ("float", 60, 60.0),
        ("list", "a,b", ["a", "b"]),
        ("list", " a , ,b, ", ["a", "b"]),
        ("list", "", []),
        ("list", None, []),
        ("list", ("a", "b"), ["a", "b"]),
        ("list", 7, ["7"]),
        ("list", '["a", "b"]', ["a", "b"]),
        ("list", '[{"port": 1}, {"port": 2}]', [{"port": 1}, {"port": 2}]),
        ("list", "[]", []),
        ("list", "[::1]:18183,[::2]:18183", ["[::1]:18183", "[::2]:18183"]),
        ("list", ["a,b"], ["a,b"]),
        ("dict", '{"a": {"b": 1}}', {"a": {"b": 1}}),
        ("dict", "{}", {}),
        ("dict", None, {}),
        ("dict", {"a": 1}, {"a": 1}),
        ("str", "true", "true"),
        *((kind, None, None) for kind in ("bool", "int", "float", "str", "raw")),
    ],
)
def test_a_text_is_what_it_means(kind: str, value: Any, meant: Any) -> None:
    found = read(value, kind)
    assert found == meant
    assert type(found) is type(meant)


UNREADABLE: dict[str, tuple[Any, ...]] = {
    "bool": ("abc", "", "y", "2", 2, 1.0, [], " true"),
    "int": ("abc", "", "3.5", 3.5, True, "inf", NAN, [], "5m", "1e999"),
    "float": ("abc", "", "nan", "inf", "0x10", "60s", True, {}, []),
    "list": (True, {"a": 1}, "[a, b", '["a"', "['a', 'b']"),
    "dict": ("abc", "", "a=1", "[1]", "{a: 1}", 1, True, []),
}


@pytest.mark.parametrize(
    ("kind", "value"), [(kind, value) for kind, values in UNREADABLE.items() for value in values]
)
def test_a_value_that_cannot_be_read_is_refused(kind: str, value: Any) -> None:
    with pytest.raises(ValueError, match=r"^(a |true )"):
        read(value, kind)


@pytest.mark.parametrize(
    ("elements", "value", "meant"),
    [
        ("json", '[{"a": 1}]', [{"a": 1}]),
        ("int", "1,2", [1, 2]),
        ("str", "1,2", ["1", "2"]),
        ("raw", [None, {}], [None, {}]),
    ],
)
def test_the_elements_of_a_list_are_read_too(elements: str, value: Any, meant: Any) -> None:
    assert read(value, "list", elements) == meant


@pytest.mark.parametrize(
    ("elements", "value"),
    [("json", "a,b"), ("json", [1]), ("int", "1,b"), ("str", [{}]), ("str", [None])],
)
def test_elements_that_cannot_be_read_are_refused(elements: str, value: Any) -> None:
    with pytest.raises(ValueError, match="whose elements are each"):
        read(value, "list", elements)


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ({"type": "float", "default": 1}, "abc", 'x is "abc", and wanted is a number'),
        ({"type": "float", "default": 1}, None, "x is null, and wanted is a number"),
        ({"type": "int"}, None, None),
        ({"type": "list"}, None, None),
        ({"type": "bool", "default": False}, "maybe", 'x is "maybe", and wanted is true or false'),
        ({"choices": ["all", "quorum"]}, "some", 'x is "some", and wanted is one of all, quorum'),
        ({"choices": ["all", "quorum"]}, "all", None),
        ({"type": "int", "choices": [1, 2]}, "2", None),
        ({}, 7, None),
        ({"type": "raw"}, {"any": "thing"}, None),
    ],
)
def test_a_refusal_names_the_variable_and_what_is_wanted(
    option: dict[str, Any], value: Any, said: Any
) -> None:
    assert refusal("x", value, option) == said


@pytest.mark.parametrize(
    ("kind", "value"),
    [("dict", "KEY=secret"), ("dict", '{"KEY": "secret"'), ("dict", ["secret"]), ("int", "s" * 99)],
)
def test_a_refusal_shows_nothing_that_may_be_secret(kind: str, value: Any) -> None:
    said = refusal("x", value, {"type": kind, "default": 1})
    assert said
    assert "secret" not in said
    assert "sss" not in said
