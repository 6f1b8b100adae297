"""A report that fits on a small screen."""

from __future__ import annotations

from ansible_collections.stemedb.cluster.plugins.plugin_utils._diagnose.short import shortened


def test_what_fits_is_kept_in_its_order() -> None:
    assert shortened(["cause"], ["host", "cluster"], ["next"]) == [
        "cause",
        "host",
        "cluster",
        "next",
    ]


def test_of_the_middle_only_what_fits_is_kept() -> None:
    middle = [f"line {number}" for number in range(30)]
    found = shortened(["cause"], middle, ["next"])
    assert len(found) == 17
    assert (found[0], found[-1]) == ("cause", "next")


def test_a_long_line_counts_as_the_rows_that_it_takes() -> None:
    long = "word " * 60  # four rows
    assert shortened([long, long], [long, long, "last"], ["next"]) == [
        long,
        long,
        long,
        long,
        "next",
    ]


def test_the_cause_and_the_next_step_are_never_left_out() -> None:
    first = [f"cause {number}" for number in range(20)]
    assert shortened(first, ["host"], ["next"]) == [*first, "next"]
