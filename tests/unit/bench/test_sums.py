"""Medians, ratios and bounds of figures."""

from __future__ import annotations

from typing import Any

import pytest

from tests.bench.sums import Compared, compared, most_row, ratio_row


def test_the_ratio_is_of_the_medians() -> None:
    found = compared([2.0, 9.0, 3.0], [1.0, 3.0, 2.0])
    assert found == Compared(ours=3.0, peers=2.0, ratio=1.5, low=1.5, high=3.0)


@pytest.mark.parametrize(("ours", "peers"), [([], []), ([1.0], [1.0, 2.0]), ([1.0], [0.0])])
def test_what_cannot_be_compared(ours: list[float], peers: list[float]) -> None:
    with pytest.raises(ValueError, match=r"compared|compare with"):
        compared(ours, peers)


@pytest.mark.parametrize(
    ("ratio", "bound", "met"), [(1.35, 1.35, True), (1.36, 1.35, False), (9.0, None, None)]
)
def test_a_ratio_meets_its_bound(ratio: float, bound: float | None, met: bool | None) -> None:
    row = ratio_row("a", "b", Compared(ratio, 1.0, ratio, ratio, ratio), bound)
    assert row.met is met
    assert row.bound == (None if bound is None else f"{bound:g} x")
    assert (row.ours, row.peers, row.figure) == (f"{ratio:.2f} s", "1.00 s", f"{ratio:.2f} x")


def test_of_the_most_the_largest_counts() -> None:
    row = most_row("a", [1.2, 1.31, 1.1], "b", "", 1.3, "s")
    assert (row.ours, row.figure, row.spread) == ("1.20 s", "1.31 s", "1.10 to 1.31")
    assert (row.bound, row.met) == ("1.3 s", False)


@pytest.mark.parametrize(("found", "met"), [([2, 3], True), ([2, 4], False)])
def test_counts_have_no_fractions(found: list[float], met: bool) -> None:
    row = most_row("a", found, "b", "c", 3)
    assert (row.figure, row.bound, row.met) == (str(max(found)), "3", met)


def test_nothing_measured_is_nothing_met() -> None:
    none: list[Any] = []
    with pytest.raises(ValueError, match="nothing was measured"):
        most_row("a", none, "b", "c", 3)
