"""What any string is as plain text: one line, nothing that acts, no markup."""

from __future__ import annotations

import pytest
from ansible_collections.stemedb.cluster.plugins.plugin_utils._plan.text import code, plain
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("db-1", "db-1"),
        (None, "-"),
        ("", "-"),
        (7, "7"),
        ("a\nb\r", "a\\x0ab\\x0d"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("\u2028", "\\u2028"),
        ("größe", "größe"),
        ("x" * 201, "x" * 200 + "…"),
    ],
)
def test_plain(value: object, shown: str) -> None:
    assert plain(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("db-1", "`db-1`"),
        ("a`b``c", "`a\\x60b\\x60\\x60c`"),
        ("| a |", "`\\x7c a \\x7c`"),
        (" ", "`-`"),
        (None, "`-`"),
        ("[x](javascript:alert(1))", "`[x](javascript:alert(1))`"),
        ("@everyone", "`@everyone`"),
    ],
)
def test_code(value: object, shown: str) -> None:
    assert code(value) == shown


@given(st.text())
def test_it_is_one_line_of_printable_text(text: str) -> None:
    assert plain(text).isprintable()
    assert len(plain(text)) <= 200 * 6 + 1


@given(st.text())
def test_a_span_ends_where_it_should(text: str) -> None:
    shown = code(text)
    assert shown.count("`") == 2
    assert (shown[0], shown[-1]) == ("`", "`")
    assert "|" not in shown
    assert shown[1:-1].strip()
