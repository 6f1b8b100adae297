# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How times are written for people and files. Private to stemedb.cluster. Pure."""

from __future__ import annotations

from datetime import datetime, timezone


def iso(epoch: float) -> str:
    """Seconds since the epoch as ISO 8601 in UTC."""
    return datetime.fromtimestamp(epoch, tz=timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def epoch(text: str) -> float:
    """Seconds since the epoch of a time as `iso` writes it; with an offset, or in UTC without one.

    :raises ValueError: it is no time.
    """
    told = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    return (told if told.tzinfo else told.replace(tzinfo=timezone.utc)).timestamp()


def span(seconds: float) -> str:
    """A length of time as short as it reads: `45 s`, `12 min`, `3 h 05 min`, `2 d 04 h`."""
    whole = max(0, round(seconds))
    if whole < 120:
        return f"{whole} s"
    minutes = whole // 60
    if minutes < 120:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes:02} min"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours:02} h"
