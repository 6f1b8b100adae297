"""The command behind `make devcluster`."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

COMMAND = [sys.executable, str(Path(__file__).parents[1] / "cluster.py"), "--time-scale", "0.02"]


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
    assert f"ansible localhost -m stemedb_node_info -a gateway_url=http://{base}:18181" in said
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
