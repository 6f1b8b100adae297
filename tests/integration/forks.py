"""Pythons that have imported already what all runs of a program import.

    place = forks.server(["requests"])      # the line to a process that forks for each call
    forked = forks.Forked(place, [path, "an argument"], folder, environment, (0, 1, 2))

The tests on loopback start thousands of Pythons, which spend most of their time on imports. Here a
server does that once for each test process, and forks for each call. What is run finds itself in a
process of its own, with the arguments, files, environment and folder that it was called with.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import gc
import importlib
import marshal
import os
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import types
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Optional


@functools.cache
def server(*imported: str) -> Path:
    """The socket of a server with these modules, which ends with this process."""
    folder = Path(tempfile.mkdtemp(prefix="forks-"))
    ours, its_own = socket.socketpair()
    process = subprocess.Popen(
        [sys.executable, __file__, str(folder / "line"), *imported],
        stdin=its_own.fileno(),
        # What a Python makes of its texts is settled when it starts.
        env={**os.environ, "LC_ALL": "C.UTF-8"},
        start_new_session=True,
    )
    its_own.close()
    assert ours.recv(5) == b"ready", "the server did not start"

    def end() -> None:
        ours.close()
        process.wait(10)
        shutil.rmtree(folder)

    atexit.register(end)
    return folder / "line"


class Forked:
    """A program that is run by a server, as `subprocess.Popen` would have it.

    A script for Python has what is imported there; anything else begins as ever. It is killed if
    this process ends before it.
    """

    def __init__(
        self,
        place: Path,
        command: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
        files: tuple[int, int, int],
    ) -> None:
        self.args = list(command)
        self.returncode: Optional[int] = None
        self._line = socket.socket(socket.AF_UNIX)
        self._line.connect(str(place))
        mask = os.umask(0)
        os.umask(mask)
        told = marshal.dumps((self.args, str(folder), dict(environment), mask))
        socket.send_fds(self._line, [len(told).to_bytes(4, "big")], list(files))
        self._line.sendall(told)
        self.pid = int.from_bytes(self._line.recv(4), "big")
        assert self.pid, "the server of tests/integration/forks.py is gone"

    def terminate(self) -> None:
        """Ask it to end."""
        os.kill(self.pid, signal.SIGTERM)

    def poll(self) -> Optional[int]:
        """How it ended; None while it runs."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: Optional[float] = None) -> int:
        """How it ended: its status, or a signal's number below zero."""
        if self.returncode is None:
            self._line.settimeout(timeout)
            try:
                told = self._line.recv(2)
            except (BlockingIOError, TimeoutError):
                raise subprocess.TimeoutExpired(self.args, timeout or 0) from None
            assert told, "the server of tests/integration/forks.py is gone"
            self.returncode = int.from_bytes(told, "big", signed=True)
            self._line.close()
        return self.returncode


def is_python(program: bytes) -> bool:
    """Whether it is a script for Python: it says so, or does not say what else it is for."""
    first = program.partition(b"\n")[0]
    return b"python" in first if first.startswith(b"#!") else not first.startswith(b"\x7fELF")


def run(arguments: list[str]) -> int:
    """What Python does with a script and its arguments, or with a script on its standard input."""
    main = types.ModuleType("__main__")
    sys.modules["__main__"] = main
    sys.argv = arguments or [""]
    status: Any = 1
    try:
        if arguments:
            vars(main)["__file__"] = arguments[0]
            sys.path[0] = os.path.dirname(os.path.abspath(arguments[0]))
            source = Path(arguments[0]).read_bytes()
            if not is_python(source):
                os.execv(arguments[0], arguments)
        else:
            sys.path[0] = ""
            source = sys.stdin.buffer.read()
        exec(compile(source, arguments[0] if arguments else "<stdin>", "exec"), vars(main))
        status = 0
    except SystemExit as end:
        status = end.code
    except BaseException:  # noqa: BLE001  whatever a script raises ends it
        traceback.print_exc()
    if status is not None and not isinstance(status, int):
        sys.stderr.write(f"{status}\n")
        status = 1
    for thread in threading.enumerate():
        if not thread.daemon and thread is not threading.current_thread():
            thread.join()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    return (status or 0) & 255


class Call(NamedTuple):
    """What a client has asked for."""

    files: list[int]
    arguments: list[str]
    folder: str
    environment: dict[str, str]
    mask: int


def called(line: socket.socket) -> Call | None:
    """What the client at the other end asks for; None if it was killed before it said so."""
    size, files, _flags, _address = socket.recv_fds(line, 4, 3)
    left = int.from_bytes(size, "big")
    parts = []
    while left and (part := line.recv(left)):
        parts.append(part)
        left -= len(part)
    if left or not parts:
        for file in files:
            os.close(file)
        return None
    return Call(files, *marshal.loads(b"".join(parts)))


def become(call: Call) -> None:
    """Make this process, which is a new one, what the client would have been."""
    os.setsid()
    for number, file in enumerate(call.files):
        os.dup2(file, number)
    os.closerange(3, max(call.files) + 1024)
    os.chdir(call.folder)
    os.environ.clear()
    os.environ.update(call.environment)
    os.umask(call.mask)
    time.tzset()
    tempfile.tempdir = None


class Server:
    """The processes that clients have asked for; one client, one line, one process."""

    def __init__(self, place: str) -> None:
        self.listening = socket.socket(socket.AF_UNIX)
        self.listening.bind(place)
        self.listening.listen(64)
        self.waiting = selectors.DefaultSelector()
        self.waiting.register(self.listening, selectors.EVENT_READ, self.accept)
        self.processes: set[int] = set()

    def accept(self) -> None:
        """Fork for a new client, and tell it the process."""
        line = self.listening.accept()[0]
        call = called(line)
        if call is None:
            line.close()
            return
        process = os.fork()
        if not process:
            become(call)
            os._exit(run(call.arguments))
        for file in call.files:
            os.close(file)
        self.processes.add(process)
        with contextlib.suppress(BrokenPipeError):  # its end is seen below
            line.send(process.to_bytes(4, "big"))
        end = os.pidfd_open(process)
        self.waiting.register(end, selectors.EVENT_READ, lambda: self.ended(end, line, process))
        self.waiting.register(line, selectors.EVENT_READ, lambda: self.killed(line, process))

    def ended(self, end: int, line: socket.socket, process: int) -> None:
        """Tell the client of a process how that ended."""
        self.processes.remove(process)
        status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
        with contextlib.suppress(BrokenPipeError):
            line.send(status.to_bytes(2, "big", signed=True))
        self.waiting.unregister(end)
        os.close(end)
        with contextlib.suppress(KeyError):  # of a client that was killed it is known already
            self.waiting.unregister(line)
        line.close()

    def killed(self, line: socket.socket, process: int) -> None:
        """End the process whose client was killed, and what it has started."""
        self.waiting.unregister(line)
        kill(process)


def kill(process: int) -> None:
    """End one that was not waited for yet, and its session, if it has that already."""
    os.kill(process, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process, signal.SIGKILL)


def serve(place: str, imported: Sequence[str]) -> None:
    """Do so until the standard input ends, which says that the tests have."""
    for name in imported:
        importlib.import_module(name)
    asked = Server(place)
    asked.waiting.register(0, selectors.EVENT_READ)
    gc.freeze()
    gc.disable()  # what is run ends before there is much garbage
    os.write(0, b"ready")
    while True:
        for key, _events in asked.waiting.select():
            if key.fd == 0:
                for process in asked.processes:
                    kill(process)
                return
            # What an earlier one of these has done with, is not waited for any more.
            if asked.waiting.get_map().get(key.fd) is key:
                key.data()


if __name__ == "__main__":
    sys.path.pop(0)  # the folder of this file has modules of its own
    serve(sys.argv[1], sys.argv[2:])
