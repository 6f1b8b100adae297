"""What a figure is made of: samples of two things measured in turns, their ratio, a bound."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import NamedTuple, Optional


class Compared(NamedTuple):
    """Two things, measured as often as each other and in turns: their medians, and one by other.

    :param low: of the ratios of single rounds; what the machine did meanwhile hits both of a round.
    """

    ours: float
    peers: float
    ratio: float
    low: float
    high: float


def compared(ours: Sequence[float], peers: Sequence[float]) -> Compared:
    """The medians of both, their ratio, and the smallest and largest ratio of one round."""
    if not ours or len(ours) != len(peers):
        raise ValueError(f"{len(ours)} samples cannot be compared with {len(peers)}")
    if min(peers) <= 0:
        raise ValueError(f"a sample of {min(peers)} is none to compare with")
    single = [one / other for one, other in zip(ours, peers)]
    mine, theirs = statistics.median(ours), statistics.median(peers)
    return Compared(mine, theirs, mine / theirs, min(single), max(single))


class Row(NamedTuple):
    """One line of the table. `bound` is None where none is set; `met` says whether it holds."""

    what: str
    ours: str
    peer: str
    peers: str
    figure: str
    spread: str = ""
    bound: Optional[str] = None
    met: Optional[bool] = None


def ratio_row(
    what: str, peer: str, found: Compared, bound: Optional[float] = None, unit: str = "s"
) -> Row:
    """The row of a comparison; without a bound it is there to be read beside another."""
    return Row(
        what,
        f"{found.ours:.2f} {unit}",
        peer,
        f"{found.peers:.2f} {unit}",
        f"{found.ratio:.2f} x",
        f"{found.low:.2f} to {found.high:.2f}",
        None if bound is None else f"{bound:g} x",
        None if bound is None else found.ratio <= bound,
    )


def most_row(
    what: str, found: Sequence[float], peer: str, peers: str, bound: float, unit: str = ""
) -> Row:
    """The row of something of which the largest sample counts."""
    if not found:
        raise ValueError("nothing was measured")
    shown = f" {unit}" if unit else ""
    digits = 2 if unit else 0
    return Row(
        what,
        f"{statistics.median(found):.{digits}f}{shown}",
        peer,
        peers,
        f"{max(found):.{digits}f}{shown}",
        f"{min(found):.{digits}f} to {max(found):.{digits}f}",
        f"{bound:g}{shown}",
        max(found) <= bound,
    )
