"""A Python for Ansible's modules that has imported already what all of them import.

    interpreter = module_python.path()      # for `ansible_python_interpreter`

Each module is a Python of its own, which spends most of its time on imports: the tests on loopback
start thousands. Here one server for each test process does it once, and forks for each module. To
Ansible it is a program like any other: it has the arguments, the files, the environment and the
folder that it was called with, and whoever kills the program kills the module.
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
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
import types
from pathlib import Path
from typing import Any, NamedTuple

# The same for every module, whatever its archive has. What is ours comes from its archive.
IMPORTED = (
    "ansible.module_utils._internal._ansiballz._loader",
    "ansible.module_utils.basic",
    "ansible.module_utils.urls",
    "requests",
)
# Only what is built in or tiny is imported: this is what is run each time.
CLIENT = """
import _socket, marshal, os, sys
server, real, *arguments = sys.argv[1:]
if arguments and arguments[0].startswith("-"):
    os.execv(real, [real, *arguments])
mask = os.umask(0)
os.umask(mask)
told = marshal.dumps((arguments, os.getcwd(), dict(os.environ), mask))
line = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
line.connect(server)
files = b"".join(number.to_bytes(4, sys.byteorder) for number in (0, 1, 2))
size = len(told).to_bytes(4, "big")
line.sendmsg([size], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, files)])
line.sendall(told)
answer = line.recv(1)
sys.exit(answer[0] if answer else "the server of tests/integration/module_python.py is gone")
"""


@functools.cache
def path() -> str:
    """The program; the server behind it ends with this process."""
    folder = Path(tempfile.mkdtemp(prefix="module-python-"))
    (folder / "client.py").write_text(CLIENT, encoding="utf-8")
    program = folder / "python"
    words = [sys.executable, "-IS", str(folder / "client.py"), str(folder / "line"), sys.executable]
    program.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    ours, its_own = socket.socketpair()
    server = subprocess.Popen(
        [sys.executable, __file__, str(folder / "line")],
        stdin=its_own.fileno(),
        start_new_session=True,
    )
    its_own.close()
    assert ours.recv(5) == b"ready", "the server did not start"

    def end() -> None:
        ours.close()
        server.wait(10)
        shutil.rmtree(folder)

    atexit.register(end)
    return str(program)


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
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    return (status or 0) & 255


class Call(NamedTuple):
    """What a client was called with."""

    files: list[int]
    arguments: list[str]
    folder: str
    environment: dict[str, str]
    mask: int


def called(line: socket.socket) -> Call | None:
    """What the client at the other end was called with; None if it was killed before it said so."""
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
        """Fork for a new client."""
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
        end = os.pidfd_open(process)
        self.waiting.register(end, selectors.EVENT_READ, lambda: self.ended(end, line, process))
        self.waiting.register(line, selectors.EVENT_READ, lambda: self.killed(line, process))

    def ended(self, end: int, line: socket.socket, process: int) -> None:
        """Tell the client of a process how that ended."""
        self.processes.remove(process)
        status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
        with contextlib.suppress(BrokenPipeError):
            line.send(bytes([status if status >= 0 else 128 - status]))
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


def serve(place: str) -> None:
    """Do so until the standard input ends, which says that the tests have."""
    for name in IMPORTED:
        importlib.import_module(name)
    server = Server(place)
    server.waiting.register(0, selectors.EVENT_READ)
    gc.freeze()
    gc.disable()  # a module ends before there is much garbage
    os.write(0, b"ready")
    while True:
        for key, _events in server.waiting.select():
            if key.fd == 0:
                for process in server.processes:
                    kill(process)
                return
            # What an earlier one of these has done with, is not waited for any more.
            if server.waiting.get_map().get(key.fd) is key:
                key.data()


if __name__ == "__main__":
    serve(sys.argv[1])
