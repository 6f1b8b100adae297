#!/usr/bin/env python3
"""A service manager by pid file, for hosts without systemd. Linux, standard library only.

    service.py start  --run-dir DIR -- COMMAND ...   start it, detached; nothing if it runs
    service.py stop   --run-dir DIR                  SIGTERM, and SIGKILL if that does not do
    service.py status --run-dir DIR                  JSON; exit code 0 running, 3 stopped
    service.py log    --run-dir DIR [--since TIME]   its output; TIME as ISO 8601 or epoch

The process is known by its pid and its start time, so a pid that was given to another process
since is never signalled.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Optional

EXIT_STOPPED = 3
SETTLE_SECONDS = 1.0  # a process that dies within this time was not started
POLL_SECONDS = 0.05
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z?")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("action", choices=["start", "stop", "status", "log"])
    parser.add_argument("--run-dir", type=Path, required=True, help="pid file and log")
    parser.add_argument("--since", help="log: only from this time on")
    parser.add_argument("--timeout", type=float, default=10, help="stop: seconds before SIGKILL")
    arguments, command = _split(parser)
    run_dir: Path = arguments.run_dir
    try:
        if arguments.action == "log":
            return show_log(run_dir, arguments.since)
        if arguments.action == "status":
            return show_status(run_dir)
        run_dir.mkdir(parents=True, exist_ok=True)
        with _only_one(run_dir):
            if arguments.action == "stop":
                return stop(run_dir, arguments.timeout)
            return start(run_dir, command)
    except OSError as error:
        print(f"service.py: {error}", file=sys.stderr)
        return 1


def _split(parser: argparse.ArgumentParser) -> tuple[argparse.Namespace, list[str]]:
    """Options, and what follows ``--``."""
    given = sys.argv[1:]
    end = given.index("--") if "--" in given else len(given)
    arguments = parser.parse_args(given[:end])
    command = given[end + 1 :]
    if (arguments.action == "start") != bool(command):
        parser.error("start, and only start, takes a command: start --run-dir DIR -- COMMAND ...")
    return arguments, command


def start(run_dir: Path, command: list[str]) -> int:
    """Start the command detached, and watch it over its first second."""
    if running(run_dir):
        return show_status(run_dir)
    log = run_dir / "log"
    with log.open("ab") as stream:
        stamp = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
        stream.write(f"{stamp}Z INFO service: starting {Path(command[0]).name}\n".encode())
        stream.flush()
        offset = stream.tell()
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream, start_new_session=True
        )
    record: dict[str, Any] = {
        "pid": process.pid,
        "start_ticks": _start_ticks(process.pid),
        "started_at": time.time(),
    }
    draft = run_dir / ".service.json.draft"
    draft.write_text(json.dumps(record), encoding="utf-8")
    draft.replace(run_dir / "service.json")
    deadline = time.monotonic() + SETTLE_SECONDS
    while process.poll() is None:
        if time.monotonic() >= deadline:
            print(_found(record))
            return 0
        time.sleep(POLL_SECONDS)
    with log.open("rb") as stream:
        stream.seek(offset)
        output = stream.read().decode(errors="replace").strip().splitlines()[-10:]
    print(f"it ended at once with exit code {process.returncode}", file=sys.stderr)
    print("\n".join(output), file=sys.stderr)
    return 1


def stop(run_dir: Path, timeout: float) -> int:
    """End the process and wait until it is gone."""
    for number, patience in ((signal.SIGTERM, timeout), (signal.SIGKILL, 10.0)):
        record = running(run_dir)
        if record is None:
            break
        with contextlib.suppress(ProcessLookupError):
            os.kill(record["pid"], number)
        deadline = time.monotonic() + patience
        while running(run_dir) and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
    if running(run_dir):
        print("it does not end, even after SIGKILL", file=sys.stderr)
        return 1
    print(json.dumps({"running": False}))
    return 0


def show_status(run_dir: Path) -> int:
    record = running(run_dir)
    if record is None:
        print(json.dumps({"running": False}))
        return EXIT_STOPPED
    print(_found(record))
    return 0


def _found(record: dict[str, Any]) -> str:
    return json.dumps({"running": True, **{key: record[key] for key in ("pid", "started_at")}})


def show_log(run_dir: Path, since: Optional[str]) -> int:
    """Print the log. A line without a time belongs to the line before it."""
    try:
        start_at = _moment(since) if since else 0.0
    except ValueError:
        print(f"--since: {since!r} is neither ISO 8601 nor an epoch", file=sys.stderr)
        return 1
    wanted = not since
    path = run_dir / "log"
    if not path.exists():
        return 0
    with path.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            stamp = TIMESTAMP.match(line)
            if stamp:
                wanted = _moment(stamp.group()) >= start_at
            if wanted:
                print(line, end="")
    return 0


def running(run_dir: Path) -> Optional[dict[str, Any]]:
    """The record of the process that start() started, if it still runs."""
    try:
        record: dict[str, Any] = json.loads((run_dir / "service.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    ticks = _start_ticks(record["pid"])
    return record if ticks is not None and ticks == record["start_ticks"] else None


def _start_ticks(pid: int) -> Optional[int]:
    """Start time of a process in clock ticks since boot; None if it is gone or a zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = stat.rpartition(")")[2].split()  # the name before it may hold anything
    return None if fields[0] in "ZX" else int(fields[19])


def _moment(text: str) -> float:
    """Seconds since the epoch; ISO times without a zone are UTC."""
    try:
        return float(text)
    except ValueError:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
        return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp()


@contextlib.contextmanager
def _only_one(run_dir: Path) -> Iterator[None]:
    """Keep two starts or stops from running at the same time."""
    with (run_dir / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    sys.exit(main())
