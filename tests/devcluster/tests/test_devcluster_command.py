"""The command behind `make devcluster`."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import psutil
import pytest

COMMAND = [sys.executable, "-m", "tests.devcluster", "--time-scale", "0.02"]


@pytest.fixture
def base() -> str:
    """An address for this process alone; the blocks of the library end at 127.0.249."""
    return f"127.0.{250 + os.getpid() % 4}.{11 + os.getpid() // 4 % 200}"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_how_to_query_and_stops_cleanly(base: str, number: int) -> None:
    process = subprocess.Popen([*COMMAND, "--base", base], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if line.startswith("Ctrl-C"):
            break
    ansible = Path(sys.executable).parent / "ansible"
    assert f" {ansible} localhost -m stemedb_node_info -a gateway_url=http://{base}:18181" in said
    match = re.search(r"curl (\S+/v1/cluster/status)", said)
    assert match, said
    with urllib.request.urlopen(match.group(1), timeout=10) as answer:
        assert answer.status == 200

    again = subprocess.run(
        [*COMMAND, "--base", base], capture_output=True, text=True, timeout=30, check=False
    )
    assert again.returncode == 1
    assert f"in use: {base}:18181" in again.stderr
    assert len(again.stderr.splitlines()) == 1

    process.send_signal(number)
    assert process.wait(timeout=30) == 0
    assert process.stdout.read() == "stopped\n"
    process.stdout.close()


def test_a_node_that_ends_leaves_the_others_running(base: str) -> None:
    process = subprocess.Popen(
        [*COMMAND, "--base", base, "--nodes", "2"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    urls: list[str] = []
    for line in process.stdout:
        urls += re.findall(r"^  \S+  (http://\S+)  /\S+/log$", line)
        if line.startswith("Ctrl-C"):
            break
    first, second = (pid_of(url, process.pid) for url in urls)
    os.kill(second, signal.SIGKILL)
    address = urls[1].removeprefix("http://").partition(":")[0]
    assert process.stdout.readline().startswith(f"node {address} ended; the others run on. ")
    with urllib.request.urlopen(f"{urls[0]}/v1/health", timeout=10) as answer:
        assert answer.status in (200, 503)
    os.kill(first, signal.SIGKILL)
    assert " ended; it was the last. " in process.stdout.readline()
    assert process.wait(timeout=30) == 1
    process.stdout.close()


def pid_of(url: str, parent: int) -> int:
    """The child of the command that serves this URL."""
    address = url.removeprefix("http://").partition(":")[0]
    for child in psutil.Process(parent).children():
        if address in (*child.environ().values(), *child.cmdline()):
            return child.pid
    raise AssertionError(f"no child of {parent} listens at {address}")
