"""Which lines of a log count, whatever their colours and however they write time and level."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Optional

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._host import log_lines

ROOT = Path(__file__).resolve().parents[5]
SINCE = datetime(2026, 11, 29, 6, 0, 0, 500000, timezone.utc).timestamp()
NOW = SINCE + 60
OLD, NEW = "2025-11-01T00:00:00Z", "2026-11-29T06:00:30Z"

# The levels of errors as Rust and others write them, each in a whole line.
ERRORS = {
    "tracing": "{time} ERROR stemedb::replication: shard 7 is corrupt",
    "log": "[{time} ERROR stemedb] shard 7 is corrupt",
    "json": '{{"timestamp":"{time}","level":"ERROR","fields":{{"message":"shard 7"}}}}',
    "json, small": '{{"time": "{time}", "level": "error", "msg": "shard 7 is corrupt"}}',
    "json in json": '{{"log":"{{\\"level\\":\\"error\\"}}","time":"{time}"}}',
    "severity": '{{"severity":"Critical","ts":"{time}"}}',
    "logfmt": 'ts={time} level=error msg="shard 7 is corrupt"',
    "logfmt, level first": 'level=fatal ts="{time}" msg="shard 7 is corrupt"',
    "level first": "ERROR {time} shard 7 is corrupt",
    "journal": "{time} db-01 stemedb-node[7]: thread 'main' panicked at src/main.rs:1:1:",
    "abort": "{time} fatal runtime error: stack overflow",
}
# Marks around a word that a terminal obeys, or would if nobody had made them harmless.
COLOURS = {
    "none": ("", ""),
    "tracing": ("\x1b[31m", "\x1b[0m"),
    "256 colours": ("\x1b[1;38;5;196m", "\x1b[m"),
    "true colour": ("\x1b[38:2::255:0:0m", "\x1b[39;49m"),
    "link": ("\x1b]8;;file:///x\x1b\\", "\x1b]8;;\x07"),
    "one byte": ("\x9b31m", "\x9b0m"),
    "charset": ("\x1b(B\x1b[m", "\x1b(B"),
    "rsyslog": ("#033[31m", "#033[0m"),
    "cat -v": ("^[[31m", "^[[0m"),
    "json": ("\\u001b[31m", "\\u001b[0m"),
    "hex": ("\\x1b[31m", "\\x1b[0m"),
    "octal": ("\\033[31m", "\\033[0m"),
}


def patterns_of_roles() -> Iterator[tuple[str, str]]:
    for path in sorted(ROOT.glob("roles/*/defaults/main.yml")):
        for found in re.findall(r"^stemedb_log_error_pattern: '(.*)'$", path.read_text(), re.M):
            yield path.parent.parent.name, found


ROLES = dict(patterns_of_roles())


def told(
    text: str,
    since: float = SINCE,
    filtered: bool = False,
    pattern: str = ROLES["stemedb_add_node"],
) -> dict[str, Any]:
    lines = log_lines.LogLines(since, NOW, {"error": re.compile(pattern)}, 5, filtered)
    for line in text.splitlines(keepends=True):
        lines.add(line)
    return lines.result()


def count(text: str, **options: Any) -> tuple[int, int]:
    """How many lines are errors, and of how many of these the time is not known."""
    match = told(text, **options)["matches"]["error"]
    return match["count"], match.get("undated", 0)


def test_all_roles_that_judge_a_log_do_it_alike() -> None:
    assert set(ROLES) == {"stemedb_add_node", "stemedb_diagnose", "stemedb_replace_node"}
    assert len(set(ROLES.values())) == 1


@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize("kind", ERRORS)
def test_an_error_of_late_counts_and_an_old_one_does_not(kind: str, colour: str) -> None:
    before, after = COLOURS[colour]
    words = "ERROR|error|Critical|fatal|panicked|shard 7"
    for written, errors in ((NEW, 1), (OLD, 0)):
        line = ERRORS[kind].format(time=written)
        line = line.replace(written, f"{before}{written}{after}")
        line = re.sub(words, lambda found: f"{before}{found[0]}{after}", line)
        assert count(line) == (errors, 0), repr(line)


@pytest.mark.parametrize(
    "line",
    [
        f"{NEW} INFO errors=0 level=info no error",
        f'{{"time":"{NEW}","level":"info","msg":"0 errors"}}',
        f"{NEW} INFO configured log_level=error",
        f"ts={NEW} level=warn msg=terror",
    ],
)
def test_what_is_no_error_does_not_count(line: str) -> None:
    assert count(line) == (0, 0)


def test_what_is_shown_has_no_colours() -> None:
    result = told(f"\x1b[2m{NEW}\x1b[0m \x1b[31mERROR\x1b[0m \x1b[3mtoken\x1b[0m\x1b[2m=\x1b[0mx\n")
    assert result["lines"] == [f"{NEW} ERROR token=x"] == result["matches"]["error"]["lines"]


TIMES = {
    "2026-11-29T06:00:30Z": 30,
    "2026-11-29t06:00:30.25z": 30.25,
    "2026-11-29 06:00:30,250 UTC": 30.25,
    "2026-11-29T06:00:30.123456789+00:00": 30.123456,
    "2026-11-29T08:00:30+0200": 30,
    "2026-11-29 00:30:30 -05:30": 30,
    "2026-11-29T08:00:30+02": 30,
    "2026/11/29 06:00:30": 30,
    "2026-11-29T06:00Z": 0,
    "2026-11-29T06:00:60Z": 59,
    "Nov 29 06:00:30": 30,
    "(2026-11-29 06:00:30)": 30,
    "[INFO] [2026-11-29T06:00:30Z]": 30,
    "INFO: 2026-11-29T06:00:30Z": 30,
    "level=info time=2026-11-29T06:00:30Z": 30,
    "ts=1795932030": 30,
    "ts=1795932030.25": 30.25,
    "ts=1795932030250": 30.25,
    '{"ts": 1795932030.25}': 30.25,
    '{"t": "1795932030250"}': 30.25,
    '{"@timestamp": "2026-11-29T06:00:30Z"}': 30,
}


@pytest.mark.parametrize("text", TIMES)
def test_a_time_is_read(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with_zone(monkeypatch, "UTC")
    line = text if text.startswith("{") else f"{text} what happened"
    found = log_lines.written(line, NOW)
    assert found is not None
    assert found.earliest == pytest.approx(SINCE - 0.5 + TIMES[text], abs=1e-4)
    assert found.earliest <= found.latest <= found.earliest + 60


@pytest.mark.parametrize(
    "line",
    [
        "",
        "what happened at 2025-01-01T00:00:00Z",
        "ERROR the snapshot of 2025-01-01T00:00:00Z is corrupt",
        "    caused by: 2025-01-01",
        "2026-13-01T00:00:00Z there is no such month",
        "2026-02-30 10:00:00 there is no such day",
        "1000000000 bytes were lost: ERROR",
        "Feb 31 06:00:30 never",
        "0000-01-01T00:00:00Z",
        "{not json 2025-01-01T00:00:00Z",
        '{"time": true}',
        '{"time": null, "ts": [1]}',
        '{"fields": {"time": "2025-01-01T00:00:00Z"}}',
        "[]",
    ],
)
def test_what_is_no_time_of_a_line_is_none(line: str) -> None:
    assert log_lines.written(line, NOW) is None


def with_zone(monkeypatch: pytest.MonkeyPatch, zone: str) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()


@pytest.fixture(autouse=True)
def _zone() -> Iterator[None]:
    yield
    time.tzset()


@pytest.mark.parametrize("zone", ["UTC", "EST5", "JST-9", "Europe/Berlin", "Asia/Kolkata"])
@pytest.mark.parametrize("form", ["%Y-%m-%d %H:%M:%S.%f", "%b %d %H:%M:%S"])
def test_a_time_without_a_zone_never_hides_an_error(
    zone: str, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether the node writes its own time or UTC, what is new counts, and what is old does not."""
    with_zone(monkeypatch, zone)
    for tz in (None, timezone.utc):
        new = datetime.fromtimestamp(SINCE + 20, tz).strftime(form)
        assert count(f"{new} ERROR disk failed")[0] == 1
        old = datetime.fromtimestamp(SINCE - 86400, tz).strftime(form)
        assert count(f"{old} ERROR disk failed") == (0, 0)


def test_a_time_that_may_be_old_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five hours west of Greenwich: it was then by the one, and is now by the other."""
    with_zone(monkeypatch, "EST5")
    line = datetime.fromtimestamp(SINCE + 20).strftime("%Y-%m-%d %H:%M:%S ERROR")
    assert count(line) == (1, 1)
    assert count(line, filtered=True) == (1, 0)


def test_a_line_without_a_time_goes_with_the_one_before_it() -> None:
    text = f"{OLD} INFO x\n  ERROR old\n{NEW} INFO y\n  ERROR new\n"
    result = told(text)
    assert result["matches"]["error"] == {"count": 1, "lines": ["  ERROR new"]}
    assert (result["line_count"], result["lines"]) == (2, [f"{NEW} INFO y", "  ERROR new"])


def test_what_stands_before_an_old_line_is_older() -> None:
    text = f"half a line ERROR\n{OLD} INFO x\n{NEW} INFO y\n"
    assert count(text) == (0, 0)
    assert told(text)["lines"] == [f"{NEW} INFO y"]


@pytest.mark.parametrize("text", ["ERROR disk\n", f"ERROR disk\n{NEW} INFO x\n"])
def test_a_line_of_no_known_time_counts_and_says_so(text: str) -> None:
    assert count(text) == (1, 1)
    assert count(text, filtered=True) == (1, 0)


PANIC = "thread 'main' panicked at src/main.rs:1:1:"


@pytest.mark.parametrize(
    ("text", "errors"),
    [
        (f"{OLD} INFO stopped\n{PANIC}\n", (1, 1)),
        (f"{OLD} INFO x\n{PANIC}\n{OLD} INFO y\n", (0, 0)),
        (f"{OLD} INFO x\n{PANIC}\n{NEW} INFO y\n", (1, 1)),
        (f"{NEW} INFO x\n{PANIC}\n", (1, 0)),
        (f"{NEW} INFO x\n{OLD} INFO y\n{PANIC}\n", (1, 1)),
        (f"{OLD} INFO x\nfatal runtime error: stack overflow\n", (1, 1)),
    ],
)
def test_a_panic_is_as_old_as_the_lines_around_it(text: str, errors: tuple[int, int]) -> None:
    assert count(text) == errors


@pytest.mark.parametrize(
    ("line", "errors"),
    [
        ("2026-11-29T06:00:00Z ERROR x", 1),  # the second in which it was asked from
        ("2026-11-29T05:59:59Z ERROR x", 0),
        ("2026-11-29T06:00:00.500Z ERROR x", 1),
        ("2026-11-29T06:00:00.499Z ERROR x", 0),
    ],
)
def test_a_time_stands_for_all_of_its_second(line: str, errors: int) -> None:
    assert count(line)[0] == errors


def test_a_year_that_is_not_written_is_the_last_one_that_may_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_zone(monkeypatch, "UTC")
    now = datetime(2027, 1, 1, 0, 0, 20, tzinfo=timezone.utc).timestamp()
    found = log_lines.written("Dec 31 23:59:59 x", now)
    assert found is not None
    assert found.earliest == now - 21
    assert log_lines.written("Feb 29 00:00:00 x", now) is None
    ahead: Optional[log_lines.Written] = log_lines.written("Jan  1 00:00:30 x", now)
    assert ahead is not None
    assert ahead.earliest == now + 10


@pytest.mark.parametrize("line", ["-- No entries --", "-- Logs begin at Mon --", "-- Reboot --"])
def test_what_journalctl_says_of_itself_is_no_line(line: str) -> None:
    assert told(line)["line_count"] == 0
    assert told("-- what the node says --")["line_count"] == 1
