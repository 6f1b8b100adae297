"""What the callback prints on, and text that fits there."""

from __future__ import annotations

import re

import pyte
import pytest
from ansible_collections.stemedb.cluster.plugins.plugin_utils import _screen
from hypothesis import given
from hypothesis import strategies as st


def test_there_is_no_screen_until_one_is_used() -> None:
    assert _screen.current() is None
    screen = _screen.Screen(80, True)
    _screen.use(screen)
    assert _screen.current() == screen
    _screen.use(None)
    assert _screen.current() is None


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("│ \x1b[32mAlive\x1b[0m │", "│ Alive │"),
        ("name\x1b[2J\x1b]0;title\x07", "name\\x1b[2J\\x1b]0;title\\x07"),
        ("a\rb\x08c\x9bd", "a\\rb\\x08c\\x9bd"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("Größe 東京 ✓", "Größe 東京 ✓"),
        ("a\tb", "a   b"),
    ],
)
def test_nothing_steers_the_terminal(text: str, shown: str) -> None:
    assert _screen.clean(text) == shown


@given(st.text(), st.integers(20, 120))
def test_every_line_fits_and_is_clean(text: str, columns: int) -> None:
    for line in _screen.fitted(text, columns):
        # What is longer is a word alone, or an option with its value.
        alone = re.sub(r" \\$|(^| )-[a-z] ", "", line.strip())
        assert len(line) <= columns or " " not in alone
        assert line.isprintable()


@given(st.text(max_size=300))
def test_what_is_overwritten_leaves_one_row_and_the_cursor_at_its_begin(text: str) -> None:
    screen = pyte.Screen(40, 5)
    pyte.Stream(screen).feed(_screen.overwritten(text, 40))
    assert (screen.cursor.x, screen.cursor.y) == (0, 0)
    assert not any(row.strip() for row in screen.display[1:])


def test_a_long_line_is_broken_and_a_row_of_a_table_is_cut() -> None:
    assert _screen.fitted("  Plan: install and start", 16) == ["  Plan: install", "    and start"]
    assert _screen.fitted("│ a3f2b1c4 │ Alive │", 10) == ["│ a3f2b1c…"]
    assert _screen.fitted("   ", 10) == []
    assert _screen.cut("東京 Alive", 8) == "東京 Al…"
    path = "/var/lib/stemedb.replaced-20261130T174741Z"
    assert _screen.fitted(f"  Renamed: {path}", 20) == ["  Renamed:", f"    {path}"]


@pytest.mark.parametrize(
    ("line", "lines"),
    [
        (
            "  check it: ansible-playbook stemedb.cluster.health -i /a/long/path.yml",
            [
                "  check it:",
                "    ansible-playbook stemedb.cluster.health \\",
                "      -i /a/long/path.yml",
            ],
        ),
        (
            "on db-03: start it; then /usr/bin/python service.py log --since 'a b c d e' now",
            [
                "on db-03: start it; then",
                "  /usr/bin/python service.py log --since \\",
                "    'a b c d e' now",
            ],
        ),
        (
            "It names no target: repeat it with the option -e stemedb_confirm=db-04, then it is so",
            [
                "It names no target: repeat it with the option",
                "  -e stemedb_confirm=db-04, then it is so",
            ],
        ),
        (
            "its log: /var/log/node says more than this line has room for",
            [
                "its log: /var/log/node says more than this",
                "  line has room for",
            ],
        ),
    ],
)
def test_what_is_advised_can_be_copied(line: str, lines: list[str]) -> None:
    assert _screen.fitted(line, 46) == lines


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("✓ Cluster is healthy", "ok"),
        ("  ✗ Cluster is not healthy", "error"),
        ("ERROR    disk_space: full", "error"),
        ("WARNING  dead_node: a", "warning"),
        ("       changed node-04: Write the configuration", "changed"),
        ("       would change node-04: Write the configuration", "changed"),
        ("At risk: nothing. Every shard has a live leader.", "plain"),
        ("At risk: shards without a live leader: 3", "error"),
        ("00:02  Take the lock", "plain"),
    ],
)
def test_a_line_looks_like_what_it_says(line: str, word: str) -> None:
    assert _screen.look(line) == word


def test_states_are_painted_in_tables_only() -> None:
    paint = str.upper
    assert _screen.with_states("│ node-01 │ Alive │ 0-5 │", paint) == "│ node-01 │ ALIVE │ 0-5 │"
    assert _screen.with_states("node-01 is Alive now", paint) == "node-01 is Alive now"


def test_a_plan_is_known_again_and_one_line_is_not() -> None:
    _screen.remember(["To replace:", "  node-03"])
    assert _screen.was_last(["To replace:", "  node-03"])
    assert not _screen.was_last(["To replace:", "  node-02"])
    _screen.remember(["Pre-flight checks passed."])
    assert not _screen.was_last(["Pre-flight checks passed."])
    _screen.remember([])
