"""A comment that differs is no difference, and all else is one."""

from __future__ import annotations

import itertools

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._host.meaning import checksum

TEXTS = {
    "settings": '# Managed\ncluster_name = "a # b" # why\n\n[ports]\n# of calls\nrpc = 1\n',
    "unit": "# Managed\n; so\n[Service]\n\nExecStart=/x --a \\\n  # no comment \\\n  b\nUser=me\n",
    "hidden": "# Managed\nA=\"x # y\"\nB='z'\n\nexport C=\n",
}
# The same with other comments and empty lines.
SAME = {
    "settings": 'cluster_name="a # b"\n\n\n# of 2026-01-01\n[ports]  # x\r\nrpc = 0x1',
    "unit": "\n[Service]\n#\nExecStart=/x --a \\\n  # no comment \\\n  b\n  # c\nUser=me",
    "hidden": "A=\"x # y\"\n   # by root on db-01\nB='z'\nexport C=\n# the end",
}
# Each in one place another.
OTHER = {
    "settings": ('"a # b"', '"a # c"'),
    "unit": ("# no comment", "# a comment"),
    "hidden": ("x # y", "x # z"),
}


@pytest.mark.parametrize("kind", TEXTS)
def test_comments_do_not_count(kind: str) -> None:
    assert checksum(kind, SAME[kind]) == checksum(kind, TEXTS[kind])


@pytest.mark.parametrize("kind", TEXTS)
def test_what_is_no_comment_counts(kind: str) -> None:
    before, after = OTHER[kind]
    assert before in TEXTS[kind]
    assert checksum(kind, TEXTS[kind].replace(before, after)) != checksum(kind, TEXTS[kind])


@pytest.mark.parametrize("kind", TEXTS)
def test_every_line_that_is_left_out_counts_but_for_comments(kind: str) -> None:
    lines = TEXTS[kind].splitlines(keepends=True)
    for place, line in enumerate(lines):
        less = "".join([*lines[:place], *lines[place + 1 :]])
        is_comment = not line.strip() or (line[0] in "#;")
        assert (checksum(kind, less) == checksum(kind, TEXTS[kind])) is is_comment, line


# No two of them say the same.
NOT_UNDERSTOOD = (
    'A="x\n# part of the value\ny"\n',
    'A="x\n# another\ny"\n',
    "A=x\\\n# y\n",
    "A=x\\\n# z\n",
    "A=$(cat /x)'\n",
    "if true; then A=1; fi\n# x\n",
    "if true; then A=1; fi\n# y\n",
)


@pytest.mark.parametrize("kind", ["settings", "hidden"])
def test_what_is_not_understood_is_compared_to_the_byte(kind: str) -> None:
    for one, other in itertools.permutations(NOT_UNDERSTOOD, 2):
        assert checksum(kind, one) != checksum(kind, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("a = 1", "a = 1.0"), ("a = 1", "a = true"), ("a = 1", 'a = "1"'), ("a = [1]", "a = 1")],
)
def test_kinds_of_values_are_told_apart(one: str, other: str) -> None:
    assert checksum("settings", one) != checksum("settings", other)
