# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which lines of a log are of late, and what they say without their colours.

Private to stemedb.cluster. Pure: the time is handed in. Standard library only, because it runs on
nodes. A line is left out only where its own time says that it is too old.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple

# Lines kept per pattern, and characters kept of one line.
MAX_MATCHES = 20
MAX_LINE = 500

# A clock of another program may be so far ahead of ours, in seconds.
_AHEAD = 60.0

# What a terminal obeys; and how it is written where a program has made it harmless: rsyslog's #033,
# JSON's \u001b, C's \x1b and \033, and ^[.
_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b\]|\x9d)[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]*[0-Z\\^-~]"
    r"|(?:#033|\\u001[bB]|\\x1[bB]|\\0?33|\^\[)\[[0-9;:]*m"
)
# What journalctl says of itself.
_REMARK = re.compile(r"-- (?:No entries --|Logs begin |Journal begins |Boot |Reboot --)")

# What Rust itself prints in an emergency: it has no time, and goes with no other line.
_ALONE = re.compile(r"thread '.*' .*(?:panicked|overflowed)|fatal runtime error|memory allocation")

_LEVEL = r"(?:TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERR(?:OR)?|CRIT(?:ICAL)?|FATAL|PANIC)"
_TIME_KEYS = ("timestamp", "@timestamp", "time", "ts", "t", "datetime", "date")
# What may stand before the time of a line: brackets, a level, the key of a time.
_BEFORE = re.compile(
    rf"(?:[\s\[(<\"'|]|(?:level|lvl|severity)=\"?\w+\"?\s|{_LEVEL}\b[\s\])>:|]*"
    rf"|(?:{'|'.join(_TIME_KEYS)})=)*",
    re.IGNORECASE,
)
_ISO = re.compile(
    r"(\d{4})[-/](\d\d)[-/](\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?"
    r"\s?(?:(Z|UTC|GMT)\b|([+-]\d\d):?(\d\d)?(?!\d))?",
    re.IGNORECASE,
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SYSLOG = re.compile(rf"({'|'.join(_MONTHS)})\s+(\d\d?)\s+(\d\d):(\d\d):(\d\d)(?:\.(\d{{1,9}}))?\b")
_EPOCH = re.compile(r"(?:\d{10}(?:\.\d+)?|\d{13}|\d{16}|\d{19})(?!\d)")


class Written(NamedTuple):
    """When a line was written, in seconds since the epoch, as surely as that can be told."""

    earliest: float
    latest: float


class LogLines:
    """What is to be told of a log, which is handed over line by line.

    :param since: lines that were written before are left out, in seconds since the epoch.
    :param now: the time at which the log is read.
    :param filtered: whether what prints the log was told `since`: then a line whose time is not
        known is of late.
    """

    def __init__(
        self,
        since: float,
        now: float,
        patterns: Mapping[str, re.Pattern[str]],
        keep: int,
        filtered: bool,
    ) -> None:
        self._since = since
        self._now = now
        self._patterns = patterns
        self._filtered = filtered
        # Of the last line that has a time, None before the first. A line without one goes with it.
        self._is_late: bool | None = None
        self._is_dated = False
        self._last: deque[str] = deque(maxlen=keep)
        self._forget()

    def _forget(self) -> None:
        self._count = 0
        self._last.clear()
        self._matches: dict[str, dict[str, Any]] = {
            key: {"count": 0, "lines": []} for key in self._patterns
        }

    def add(self, raw: str) -> None:
        """One line more."""
        line = plain(raw.rstrip("\n"))
        if _REMARK.match(line):
            return
        time = written(line, self._now)
        if time is not None:
            self._date(time)
        elif self._is_late is False and _ALONE.match(line):
            # The next line that has a time tells whether this one is as old as those before it.
            self._is_late, self._is_dated = (None if self._count == 0 else True), False
        if self._is_late is False:
            return
        self._count += 1
        self._last.append(line[:MAX_LINE])
        for key, pattern in self._patterns.items():
            if pattern.search(line):
                match = self._matches[key]
                match["count"] += 1
                if not (self._is_dated or self._filtered):
                    match["undated"] = match.get("undated", 0) + 1
                if len(match["lines"]) < MAX_MATCHES:
                    match["lines"].append(line[:MAX_LINE])

    def _date(self, time: Written) -> None:
        was_first = self._is_late is None
        self._is_late = time.latest > self._since
        self._is_dated = time.earliest > self._since
        if was_first and not self._is_late:
            # What stands before an old line is older.
            self._forget()

    def result(self) -> dict[str, Any]:
        """`{since, line_count, lines, matches}`, see RETURN of stemedb_host_info."""
        return {
            "since": self._since,
            "line_count": self._count,
            "lines": list(self._last),
            "matches": self._matches,
        }


def plain(line: str) -> str:
    """A line without what only colours it."""
    return _ESCAPES.sub("", line)


def written(line: str, now: float) -> Written | None:
    """When a line says that it was written, None where it does not say so.

    A time without a zone is UTC or this host's own, whichever is not in the future.
    """
    if line.lstrip().startswith("{"):
        return _in_json(line, now)
    return _in_text(line, now)


def _in_json(line: str, now: float) -> Written | None:
    try:
        said = json.loads(line)
    except ValueError:
        return None
    for key in _TIME_KEYS:
        value = said.get(key) if isinstance(said, dict) else None
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return _epoch(str(value))
        if isinstance(value, str):
            return _in_text(value, now) or _epoch(value)
    return None


def _in_text(text: str, now: float) -> Written | None:
    before = _BEFORE.match(text)
    start = before.end() if before else 0
    found = _ISO.match(text, start)
    try:
        if found:
            return _iso(found, now)
        found = _SYSLOG.match(text, start)
        if found:
            return _syslog(found, now)
    except (ValueError, OverflowError, OSError):  # there is no such day, or no such hour
        return None
    # A bare number may be anything, one that is called a time is one.
    found = _EPOCH.match(text, start) if text[:start].rstrip("\"'").endswith("=") else None
    return _epoch(found[0]) if found else None


def _epoch(text: str) -> Written | None:
    """Seconds, or thousandths, millionths or billionths of them, by how many digits there are."""
    if not _EPOCH.fullmatch(text):
        return None
    whole = len(text.partition(".")[0])
    scale = 10 ** (whole - 10)
    return Written(float(text) / scale, (float(text) + ("." not in text)) / scale)


def _iso(found: re.Match[str], now: float) -> Written:
    numbers = [int(found[place] or 0) for place in range(1, 7)]
    width = _width(found[7]) if found[6] else 60.0
    at = _moment(*numbers) + timedelta(microseconds=_micros(found[7]))
    if found[8]:
        start = at.replace(tzinfo=timezone.utc).timestamp()
    elif found[9]:
        sign = -1 if found[9].startswith("-") else 1
        offset = timedelta(hours=int(found[9]), minutes=sign * int(found[10] or 0))
        start = at.replace(tzinfo=timezone(offset)).timestamp()
    else:
        return _somewhere(at, width, now)
    return Written(start, start + width)


def _syslog(found: re.Match[str], now: float) -> Written | None:
    """A time without a year: of the last one in which it is not in the future."""
    year = datetime.fromtimestamp(now, timezone.utc).year
    numbers = [_MONTHS.index(found[1]) + 1, *(int(found[place]) for place in (2, 3, 4, 5))]
    for one in (year + 1, year, year - 1):
        try:
            at = _moment(one, *numbers) + timedelta(microseconds=_micros(found[6]))
        except ValueError:  # the 29th of February
            continue
        time = _somewhere(at, _width(found[6]), now)
        if time.earliest <= now + _AHEAD:
            return time
    return None


def _moment(year: int, month: int, day: int, hour: int, minute: int, second: int) -> datetime:
    """A time without a zone; a leap second is the one before it."""
    return datetime(year, month, day, hour, minute, min(second, 59))


def _somewhere(at: datetime, width: float, now: float) -> Written:
    """A time without a zone: UTC or this host's own."""
    found = list(_in_zones(at))
    possible = [time for time in found if time <= now + _AHEAD] or found
    return Written(min(possible), max(possible) + width)


def _in_zones(at: datetime) -> Iterator[float]:
    yield at.replace(tzinfo=timezone.utc).timestamp()
    yield at.replace(fold=0).timestamp()
    yield at.replace(fold=1).timestamp()


def _micros(fraction: str | None) -> int:
    return int((fraction or "0")[:6].ljust(6, "0"))


def _width(fraction: str | None) -> float:
    """For how long a time with so many digits stands."""
    return 10.0 ** -len(fraction or "")
