"""YAML that reads as what was written, and is never a template unless it was meant to be one."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.plugin_utils._adopt.yaml_text import (
    Comment,
    Template,
    lines,
    scalar,
)
from ansible_collections.stemedb.cluster.tests.unit.support.adopting import load
from hypothesis import example, given
from hypothesis import strategies as st

TEXTS = st.text()


@given(TEXTS | st.sampled_from(["yes", "NO", "null", "~", "1e3", "0x1F", "1:30", ".5", "- a"]))
@example("\x85\x7f\ufeff\u2028 \x00")
@example("a: b # c")
@example("2001:db8::11")
@example("node-01:18183")
@example("😀")
def test_a_text_is_read_as_it_was(text: str) -> None:
    assert load(scalar(text)) == text
    assert load(f"- {scalar(text)}") == [text]
    assert load(f"{scalar(text)}: {scalar(text)}") == {text: text}
    assert "\n" not in scalar(text)


@given(TEXTS, st.sampled_from(["{{", "{%", "{#"]), TEXTS)
def test_nothing_of_a_host_is_a_template(before: str, start: str, after: str) -> None:
    assert scalar(f"{before}{start}{after}").startswith("!unsafe ")


def test_a_template_is_one() -> None:
    assert scalar(Template("{{ vault_x }}")) == '"{{ vault_x }}"'


@pytest.mark.parametrize("value", [True, False, None, 0, 18181, 1.5])
def test_what_is_no_text_keeps_its_kind(value: Any) -> None:
    assert load(scalar(value)) == value
    assert type(load(scalar(value))) is type(value)


@pytest.mark.parametrize(
    "plain", ["prod", "/opt/a b"[:6], "node-01:18183", "/etc/x@1.service", "stemedb_node"]
)
def test_plain_words_are_written_plainly(plain: str) -> None:
    assert scalar(plain) == plain


VALUES = st.recursive(
    TEXTS | st.booleans() | st.integers() | st.lists(TEXTS, max_size=3),
    lambda inner: st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(TEXTS, VALUES, min_size=1, max_size=4), TEXTS)
def test_a_mapping_is_read_as_it_was_whatever_the_comments(
    value: dict[str, Any], comment: str
) -> None:
    items: list[Any] = [Comment(comment), *value.items(), Comment(comment)]
    text = "\n".join(lines(items))
    assert load(text) == value
    assert text == "\n".join(lines(items))


def test_how_it_looks() -> None:
    items: list[Any] = [
        ("all", [Comment("first\nline"), ("vars", {"a": [], "b": {}, "c": ["x", 1]})]),
        ("hosts", [("db-01", [Comment("nothing known")]), ("db-02", {"id": "a"})]),
    ]
    assert lines(items) == [
        "all:",
        "  # first line",
        "  vars:",
        "    a: []",
        "    b: {}",
        "    c:",
        "      - x",
        "      - 1",
        "hosts:",
        "  db-01:",
        "    # nothing known",
        "  db-02:",
        "    id: a",
    ]


@given(TEXTS)
def test_a_comment_is_one_line_that_yaml_can_read(text: str) -> None:
    (line,) = lines([Comment(text)])
    assert re.match("# ", line)
    assert load(f"{line}\na: 1") == {"a": 1}
