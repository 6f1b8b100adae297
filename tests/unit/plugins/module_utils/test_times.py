"""How times are written."""

from __future__ import annotations

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._times import epoch, iso, span

DAWN = 1795403565.0  # 2026-11-23T03:12:45Z


def test_times_are_iso_in_utc() -> None:
    assert iso(DAWN) == "2026-11-23T03:12:45Z"
    assert iso(DAWN + 0.9) == "2026-11-23T03:12:45Z"


@pytest.mark.parametrize(
    "text", ["2026-11-23T03:12:45Z", "2026-11-23T04:12:45+01:00", " 2026-11-23T03:12:45 "]
)
def test_a_time_is_read_as_it_is_written(text: str) -> None:
    assert epoch(text) == DAWN


def test_what_is_no_time_is_refused() -> None:
    with pytest.raises(ValueError, match="noon"):
        epoch("noon")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-3, "0 s"),
        (0.4, "0 s"),
        (119.4, "119 s"),
        (119.5, "2 min"),
        (7199, "119 min"),
        (7200, "2 h 00 min"),
        (11100, "3 h 05 min"),
        (172799, "47 h 59 min"),
        (172800, "2 d 00 h"),
        (187200, "2 d 04 h"),
    ],
)
def test_spans_are_short(seconds: float, text: str) -> None:
    assert span(seconds) == text
