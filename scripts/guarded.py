"""Run one command so that nothing of it is left: guarded --minutes N -- COMMAND [ARGUMENT ...].

It has a limit of time, a temporary folder of its own and nothing to read. What it leaves running,
daemons included, is ended and named, and fails it.
"""

from __future__ import annotations

import argparse
import atexit
import contextlib
import ctypes
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent

PR_SET_CHILD_SUBREAPER = 36
GRACE = 10.0


def command(minutes: float, words: Iterable[str]) -> list[str]:
    """The words that run a command by this script."""
    return [sys.executable, "-m", "scripts.guarded", "--minutes", f"{minutes:g}", "--", *words]


def adopt_orphans() -> None:
    """Become the parent of whatever the command leaves running, daemons included (Linux)."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def clean_up_when_stopped() -> None:
    """Let the first SIGTERM end this process in an orderly way, and no later one cut that short.

    `timeout` and make each send one, so that two arrive where somebody sends one.
    """

    def stop(signal_number: int, _frame: object) -> None:
        # Not SIG_IGN, which what is started from here on would inherit.
        signal.signal(signal.SIGTERM, lambda _number, _frame: None)
        # At the very end Python forgets handlers, and nothing is started any more.
        atexit.register(signal.pthread_sigmask, signal.SIG_BLOCK, {signal.SIGTERM})
        sys.exit(f"FAILED: stopped by signal {signal_number}")

    signal.signal(signal.SIGTERM, stop)


def children() -> dict[int, str]:
    """Our running children: process id and command line."""
    found = {}
    for child in psutil.Process().children():
        with contextlib.suppress(psutil.NoSuchProcess):  # it ended while we looked, or before
            found[child.pid] = " ".join(child.cmdline())
    return found


def reap() -> bool:
    """Collect the ended children; True when none is left, running or ended."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return True
    return False


def wait_for_no_children(seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not reap():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def end_leftovers() -> list[str]:
    """End what was left running, and say what it was."""
    if wait_for_no_children(GRACE):
        return []
    left = children()
    for sent in (signal.SIGTERM, signal.SIGKILL, signal.SIGKILL):
        for pid in children():
            os.kill(pid, sent)
        if wait_for_no_children(GRACE):
            break
    return [f"{pid} {command}" for pid, command in left.items()]


def run(command: list[str], env: Mapping[str, str], seconds: float) -> str:
    """Run the command; an empty string if it went well, else one line that says what did not."""
    process = None
    try:
        # In here: a signal may come when the command runs already and Popen has not returned.
        process = subprocess.Popen(
            command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, start_new_session=True
        )
        status = process.wait(timeout=seconds)
        problem = f"exit status {status}" if status else ""
    except subprocess.TimeoutExpired:
        problem = f"not done after {seconds:g} s"
    finally:
        if process:
            end_group(process)
        leftovers = end_leftovers()
    for line in leftovers:
        print(f"left running, ended now: {line}", flush=True)
    return problem or ("left processes running" if leftovers else "")


def end_group(process: subprocess.Popen[bytes]) -> None:
    """End the command itself where it still runs; what it started is end_leftovers' business."""
    for sent in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is None:
            os.killpg(process.pid, sent)
            try:
                process.wait(timeout=GRACE)
            except subprocess.TimeoutExpired:
                continue


def main() -> None:
    parser = argparse.ArgumentParser(prog="guarded", description=__doc__)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("command", nargs="+")
    arguments = parser.parse_args()
    clean_up_when_stopped()
    adopt_orphans()
    print(shlex.join(arguments.command), flush=True)
    with tempfile.TemporaryDirectory(prefix="stemedb-test-", ignore_cleanup_errors=True) as folder:
        env = {**os.environ, "TMPDIR": folder}
        problem = run(arguments.command, env, arguments.minutes * 60)
    if problem:
        sys.exit(problem)


if __name__ == "__main__":
    main()
