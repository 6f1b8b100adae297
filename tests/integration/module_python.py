"""A Python for Ansible's modules that has imported already what all of them import.

    interpreter = module_python.path()      # for `ansible_python_interpreter`

To Ansible it is a program like any other: it has the arguments, the files, the environment and the
folder that it was called with, and whoever kills the program kills the module.
"""

from __future__ import annotations

import atexit
import functools
import shutil
import sys
import tempfile
from pathlib import Path

from tests.integration import forks

# The same for every module, whatever its archive has. What is ours comes from its archive.
IMPORTED = (
    "ansible.module_utils._internal._ansiballz._loader",
    "ansible.module_utils.basic",
    "ansible.module_utils.urls",
    "concurrent.futures.thread",
    "requests",
    "tomllib",
)
# Only what is built in or tiny is imported: this is what is run each time.
CLIENT = """#!{real} -IS
import _socket, marshal, os, sys
server, real, arguments = {server!r}, {real!r}, sys.argv[1:]
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
line.recv(4)
answer = line.recv(2)
status = int.from_bytes(answer, "big", signed=True)
gone = "the server of tests/integration/forks.py is gone"
sys.exit((status if status >= 0 else 128 - status) if answer else gone)
"""


@functools.cache
def path() -> str:
    """The program; the server behind it ends with this process."""
    folder = Path(tempfile.mkdtemp(prefix="module-python-"))
    atexit.register(shutil.rmtree, folder)
    program = folder / "python"
    server = str(forks.server(*IMPORTED))
    program.write_text(CLIENT.format(real=sys.executable, server=server), encoding="utf-8")
    program.chmod(0o755)
    return str(program)
