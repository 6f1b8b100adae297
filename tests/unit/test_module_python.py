"""The Python that runs modules in integration tests is, to its caller, like any other."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from tests.integration import forks, module_python

SCRIPT = """
import os, sys
print(__name__, sys.argv[1:], os.getcwd(), os.environ.get("WORD"), sys.stdin.read())
sys.exit(3)
"""


def test_a_script_has_what_its_caller_gave(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT, encoding="utf-8")
    told = [module_python.path(), str(script), "a", "b c"]
    environment = {**os.environ, "WORD": "of the caller"}
    done = subprocess.run(
        told, input="read", cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert done.stdout == f"__main__ ['a', 'b c'] {tmp_path} of the caller read\n"
    assert (done.returncode, done.stderr) == (3, "")


def test_a_script_on_standard_input_and_what_it_raises() -> None:
    done = subprocess.run(
        [module_python.path()], input="print('so far')\n1 / 0", capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (1, "so far\n")
    assert "ZeroDivisionError" in done.stderr


@pytest.mark.parametrize(("end", "status"), [("sys.exit()", 0), ("sys.exit('no')", 1)])
def test_how_a_script_ends_is_how_it_ends(end: str, status: int) -> None:
    done = subprocess.run([module_python.path()], input=f"import sys\n{end}", text=True)
    assert done.returncode == status


def test_a_script_ends_with_its_caller_and_takes_what_it_started_with_it(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import os, subprocess\n"
        "child = subprocess.Popen(['sleep', '60'])\n"
        "print(os.getpid(), child.pid, flush=True)\n"
        "child.wait()\n",
        encoding="utf-8",
    )
    told = [module_python.path(), str(script)]
    with subprocess.Popen(told, stdout=subprocess.PIPE, text=True) as caller:
        assert caller.stdout
        started = [int(pid) for pid in caller.stdout.readline().split()]
        assert [alive(pid) for pid in started] == [True, True]
        caller.kill()
    deadline = time.monotonic() + 20
    while any(alive(pid) for pid in started):
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("sent", [b"", b"\0\0", b"\0\0\0\x09half"])
def test_a_caller_that_is_killed_while_it_calls_ends_no_other(sent: bytes) -> None:
    program = module_python.path()
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(str(forks.server(*module_python.IMPORTED)))
        line.sendall(sent)
    done = subprocess.run([program], input="print('here')", capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "here\n")


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
