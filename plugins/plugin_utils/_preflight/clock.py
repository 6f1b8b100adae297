# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The clock of a host beside those of the gateways, as findings. Private to stemedb.cluster. Pure.

A gateway tells its time in whole seconds, some time between the host's question and the answer. So
a skew is known as a span, and judged as one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.addresses import (
    gateway_endpoint,
    names_of,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._findings import (
    ERROR,
    WARNING,
    Finding,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._preflight.facts import (
    Facts,
    Settings,
    dead_names,
    own_names,
)

# A Date is cut to a whole second, so the clock behind it was up to this much later.
RESOLUTION = 1.0

ADVICE = "Look at both with: timedatectl; chronyc tracking"


def clock_findings(settings: Settings, facts: Facts) -> Iterator[Finding]:
    """Of live members' gateways only, and not of the host's own."""
    not_asked = dead_names(facts) | own_names(settings, facts)
    compared = False
    for answer in facts.probe.get("urls") or ():
        names = names_of(gateway_endpoint(answer["url"]).host, facts.probe.get("ports"))
        span = None if names & not_asked else skew(answer)
        if span is not None:
            compared = True
            yield from _judged(answer["url"], span, settings.max_clock_skew)
    if not compared:
        yield Finding(
            "unknown_clock",
            WARNING,
            "clock",
            "no gateway told its time (the header Date of its answer), so this host's clock is "
            f"compared with nobody's. Not blocking. {ADVICE}",
        )


def skew(answer: dict[str, Any]) -> tuple[float, float] | None:
    """How many seconds the host is ahead at the least and at the most; None if that is unknown."""
    if answer.get("date") is None:
        return None
    # A clock that is set in between may run backwards.
    first, last = sorted((answer["asked_at"], answer["answered_at"]))
    return first - answer["date"] - RESOLUTION, last - answer["date"]


def _judged(url: str, span: tuple[float, float], limit: float) -> Iterator[Finding]:
    low, high = span
    surely, perhaps = max(low, -high, 0.0), max(high, -low)
    side = "ahead of" if low + high > 0 else "behind"
    if surely > limit:
        yield Finding(
            "clock_skew",
            ERROR,
            url,
            f"this host's clock is {surely:.0f} to {perhaps:.0f} s {side} that gateway's; "
            f"stemedb_max_clock_skew is {limit:g}. {ADVICE}",
        )
    elif perhaps > limit:
        yield Finding(
            "unknown_clock",
            ERROR,
            url,
            f"this host's clock is between {_signed(low)} and {_signed(high)} s from that "
            "gateway's, which tells whole seconds, and whose answer took "
            f"{high - low - RESOLUTION:.1f} s: it may be more than stemedb_max_clock_skew "
            f"({limit:g}). {ADVICE}",
        )


def _signed(seconds: float) -> str:
    return f"{seconds:+.1f}"
