# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A node's kernel, and the node's binary by its own word. Private to stemedb.cluster.

Standard library only, because it runs on nodes. Whatever cannot be read is None, with the reason
beside it.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import re
import select
import signal
import subprocess
import time
from typing import Any

SYSCTL = re.compile(r"[a-z0-9_]+(\.[A-Za-z0-9_-]+)+")

# What is read of a binary's output, and what is kept of its first line.
MAX_OUTPUT = 4096
MAX_VERSION = 200

# Who runs a binary where this runs as root: one who may write nothing.
NOBODY = "nobody"
NOBODYS_ID = 65534


def load() -> float | None:
    """Processes that run or wait for a disk, over the last minute; None where nobody counts."""
    try:
        return os.getloadavg()[0]
    except OSError:
        return None


def sysctl(name: str) -> str:
    """The value of a kernel setting, such as `fs.nr_open`, in this network namespace.

    :raises OSError: it is not there or may not be read.
    """
    with open(f"/proc/sys/{name.replace('.', '/')}", encoding="utf-8") as stream:
        return " ".join(stream.read().split())


def booted_at() -> float:
    """When this host was started, in seconds since the epoch by its clock of now."""
    return round(time.time() - time.clock_gettime(time.CLOCK_BOOTTIME), 2)


def binary(path: str, timeout: float) -> dict[str, Any]:
    """`{path, exists, executable, sha256, version, error}`: the first line of `--version`."""
    facts: dict[str, Any] = {"path": path, "exists": os.path.exists(path), "sha256": None}
    facts.update(executable=os.access(path, os.X_OK), version=None, error=None)
    if not facts["exists"]:
        return facts
    if not os.path.isfile(path):
        raise ValueError(f"{path} is not a file")
    digest = hashlib.sha256()
    with open(path, "rb") as stream:
        for block in iter(lambda: stream.read(1 << 20), b""):
            digest.update(block)
    facts["sha256"] = digest.hexdigest()
    try:
        facts["version"] = _version(path, timeout)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        facts["error"] = str(error)
    return facts


def _version(path: str, timeout: float) -> str:
    """The first line that it prints, run with no shell, no input and no environment."""
    # No AnsibleModule down here, and its run_command knows no time limit.
    # pylint: disable-next=ansible-bad-function
    with subprocess.Popen(
        [path, "--version"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={"LC_ALL": "C", "PATH": os.defpath},
        start_new_session=True,
        **_as_nobody(),
    ) as process:
        deadline = time.monotonic() + timeout
        try:
            said = _read(process, deadline)
            code = process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired as error:
            os.killpg(process.pid, signal.SIGKILL)
            raise ValueError(f"--version came to no end in {timeout:g} s") from error
    first = said.decode("utf-8", "replace").strip().partition("\n")[0].strip()
    if code != 0 or not first:
        raise ValueError(f"--version ended with {code} and printed {first[:MAX_VERSION]!r}")
    return first[:MAX_VERSION]


def _read(process: subprocess.Popen[bytes], deadline: float) -> bytes:
    """What it prints, as far as it fits; nobody who holds the pipe open is waited for longer."""
    said = b""
    stream = process.stdout
    while stream is not None and len(said) < MAX_OUTPUT:
        ready, _write, _special = select.select(
            [stream], [], [], max(0.0, deadline - time.monotonic())
        )
        if not ready:
            raise subprocess.TimeoutExpired(process.args, 0)
        block = os.read(stream.fileno(), MAX_OUTPUT - len(said))
        if not block:
            break
        said += block
    if stream is not None:
        stream.close()
    return said


def _as_nobody() -> dict[str, Any]:
    """Arguments that let root run it as who may write nothing; others stay who they are."""
    if os.geteuid() != 0:
        return {}
    try:
        found = pwd.getpwnam(NOBODY)
    except KeyError:
        return {"user": NOBODYS_ID, "group": NOBODYS_ID, "extra_groups": []}
    return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": []}
