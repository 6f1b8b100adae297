"""Commands that run on a terminal of their own, and what is on its screen then.

shown = run(["ansible-playbook", "site.yml"], env=environment)
assert shown.rc == 0
assert shown.lines[-1].startswith("✓")
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyte

from tests.support import process_tree

ROOT = Path(__file__).resolve().parents[2]
ROWS = 300  # more than any run prints, so that nothing scrolls away


@dataclass(frozen=True)
class Shown:
    """A command that has ended.

    :param lines: the screen, less the empty lines at its end.
    :param raw: all that was written to the terminal.
    :param colours: the colours of the characters of each line.
    """

    rc: int
    lines: list[str]
    raw: str
    colours: list[set[str]]

    def __str__(self) -> str:
        return "\n".join([f"rc {self.rc}", *self.lines])


class Terminal:
    """A command on a terminal; it is read by `end`, or until something is seen."""

    def __init__(
        self,
        command: Sequence[str],
        env: Mapping[str, str],
        cwd: Path = ROOT,
        columns: int = 100,
    ) -> None:
        self._screen: Any = pyte.Screen(columns, ROWS)
        # A terminal in raw mode, which this is not, would not go back to the first column.
        self._stream = pyte.ByteStream(self._screen)
        self._raw = b""
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
        self.process = subprocess.Popen(
            command,
            cwd=cwd,
            env={"TERM": "xterm-256color", **env},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)

    def until(self, text: str, seconds: float = 60) -> None:
        """Wait until a text is somewhere on the screen."""
        deadline = time.monotonic() + seconds
        try:
            while text not in self.text:
                assert self._read(deadline), f"ended without {text!r}:\n{self.text}"
        except AssertionError:
            self._kill()
            raise

    def interrupt(self) -> None:
        """What Ctrl-C does."""
        self.process.send_signal(signal.SIGINT)

    @property
    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self._screen.display).rstrip()

    def end(self, seconds: float = 120) -> Shown:
        deadline = time.monotonic() + seconds
        try:
            while self._read(deadline):
                pass
            rc = self.process.wait(max(1, deadline - time.monotonic()))
        finally:
            self._kill()
            os.close(self._ours)
        lines = self.text.splitlines()
        colours = [
            {char.fg for char in self._screen.buffer[row].values() if char.fg != "default"}
            for row in range(len(lines))
        ]
        return Shown(rc, lines, self._raw.decode(errors="replace"), colours)

    def _kill(self) -> None:
        if self.process.poll() is None:
            process_tree.kill(self.process.pid)
            self.process.wait()

    def _read(self, deadline: float) -> bool:
        """Whether there is more to come."""
        ready, _, _ = select.select([self._ours], [], [], max(0.0, deadline - time.monotonic()))
        assert ready, f"not done in time:\n{self.text}"
        try:
            found = os.read(self._ours, 65536)
        except OSError:  # the last one that had the terminal has closed it
            found = b""
        self._raw += found
        self._stream.feed(found)
        return bool(found)


def run(
    command: Sequence[str],
    env: Mapping[str, str],
    cwd: Path = ROOT,
    columns: int = 100,
    seconds: float = 120,
) -> Shown:
    """Run a command on a terminal to its end."""
    return Terminal(command, env, cwd, columns).end(seconds)
