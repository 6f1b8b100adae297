"""The table of figures, and its place in the documentation."""

from __future__ import annotations

import pytest

from tests.bench import table
from tests.bench.__main__ import PAGE
from tests.bench.sums import Row

MET = Row("a call", "1.00 s", "ping", "0.80 s", "1.25 x", "1.20 to 1.30", "1.35 x", True)
MISSED = MET._replace(what="another", met=False)
FREE = MET._replace(what="a third", bound=None, met=None)


def test_columns_are_aligned() -> None:
    lines = table.as_text([MET, MISSED, FREE]).splitlines()
    start = lines[0].index("Against")
    assert {line[start : start + 4] for line in lines[1:]} == {"ping"}
    assert [line.split()[-1] for line in lines[1:3]] == ["yes", "no"]
    assert lines[3].endswith("1.20 to 1.30")


def test_the_page_has_the_table_and_how_it_was_made() -> None:
    text = table.as_rst([MET, FREE], "Measured so.")
    assert text.startswith("Measured so.\n\n.. list-table::\n")
    assert text.count("   * - ") == 3
    assert text.count("\n     -") == 3 * (len(table.HEAD) - 1)
    assert text.endswith("     -\n     -")


def test_a_table_takes_the_place_of_the_last_and_nothing_else() -> None:
    place = ".. The table begins: written by make bench.\n\nold\n\n.. The table ends."
    page = f"Before\n\n{place}\n\nAfter\n"
    once = table.written(page, "new")
    assert once == page.replace("old", "new")
    assert table.written(once, "newer") == page.replace("old", "newer")


def test_a_page_without_a_place_is_not_overwritten() -> None:
    with pytest.raises(ValueError, match="no place for a table"):
        table.written("Before\n", "new")


def test_the_page_of_the_documentation_has_a_place() -> None:
    assert "new" in table.written(PAGE.read_text(encoding="utf-8"), "new")
