# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The processes of a host that are, or may be, nodes. Private to stemedb.cluster.

Standard library only, because it runs on nodes. It only reads below /proc. Of the environment it
takes names and no values, and what a command line has of secrets is hidden.
"""

from __future__ import annotations

import ipaddress
import os
import re
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._host import command_line
from ansible_collections.stemedb.cluster.plugins.module_utils._host.files import user_name
from ansible_collections.stemedb.cluster.plugins.module_utils._host.proc import parent_of
from ansible_collections.stemedb.cluster.plugins.module_utils._host.secrets import masked_argv
from ansible_collections.stemedb.cluster.plugins.module_utils._host.service import (
    process_argv,
    process_started_at,
)

_LISTENING = {"tcp": "0A", "udp": "07"}
_USER_MANAGER = re.compile(r"user@\d+\.service")
_DELETED = " (deleted)"


def find(programs: Sequence[str], also: Iterable[int] = ()) -> list[dict[str, Any]]:
    """Every process that is called like a node or has a node's flags; see RETURN of the module.

    :param also: processes to report whatever they look like.
    """
    _refuse_hidden()
    lines = {}
    for entry in sorted(name for name in os.listdir("/proc") if name.isdigit()):
        argv = process_argv(int(entry))
        if argv and (int(entry) in also or command_line.is_node(argv, programs) is not None):
            lines[int(entry)] = argv
    parents = {pid: _ancestors(pid) for pid in lines}
    found = []
    for pid, argv in lines.items():
        if pid in also or not _is_double(pid, lines, parents):
            facts = process(pid, argv, programs)
            if facts:
                found.append(facts)
    return found


def _refuse_hidden() -> None:
    """Where /proc shows only one's own processes, that no node is among them says nothing.

    :raises ValueError: it is so.
    """
    try:
        with open("/proc/1/cmdline", "rb") as stream:
            stream.read(1)
    except OSError as error:
        raise ValueError(
            "/proc shows only processes of one's own, as with hidepid; let Ansible become root"
        ) from error


def _is_double(pid: int, lines: dict[int, list[str]], parents: dict[int, list[int]]) -> bool:
    """Whether it is what starts a node (sudo, a wrapper), or what a node has forked."""
    argv = lines[pid]
    if any(lines.get(parent) == argv for parent in parents[pid]):
        return True
    for other, above in parents.items():
        words = lines[other]
        flags = words[command_line.program_index(words) + 1 :]
        if pid in above and flags and words != argv and argv[-len(flags) :] == flags:
            return True
    return False


def process(pid: int, argv: list[str], programs: Sequence[str]) -> dict[str, Any] | None:
    """All about one process, None if it is gone meanwhile."""
    parent, uid = parent_of(pid), _uid(pid)
    if parent is None or uid is None:
        return None
    executable = _link(f"/proc/{pid}/exe")
    above = process_argv(parent)
    unit = unit_of(_read(f"/proc/{pid}/cgroup") or "", _read("/proc/1/cgroup") or "")
    spaces = {_link(f"/proc/{who}/ns/pid") for who in (pid, "self")}
    return {
        "pid": pid,
        "parent": parent,
        "parent_is_shell": command_line.is_shell(above or ()),
        "argv": masked_argv(argv),
        "certain": command_line.is_node(argv, programs) is True,
        "program": _program(pid, argv, executable),
        "replaced": executable.endswith(_DELETED) if executable else None,
        "cwd": _link(f"/proc/{pid}/cwd"),
        "uid": uid,
        "user": user_name(uid),
        "unit": unit[0],
        "user_manager": unit[1],
        # Of another's process only root sees this.
        "contained": None if None in spaces else len(spaces) > 1,
        "started_at": process_started_at(pid),
        "environment": _environment(pid),
        "listens": _listens(pid),
    }


def _read(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return stream.read()
    except OSError:
        return None


def _link(path: str) -> str | None:
    try:
        return os.readlink(path)
    except OSError:
        return None


def _ancestors(pid: int) -> list[int]:
    found: list[int] = []
    while pid > 1 and pid not in found:
        found.append(pid)
        pid = parent_of(pid) or 0
    return found[1:]


def _uid(pid: int) -> int | None:
    found = re.search(r"^Uid:\s+\d+\s+(\d+)", _read(f"/proc/{pid}/status") or "", re.MULTILINE)
    return int(found[1]) if found else None


def _program(pid: int, argv: list[str], executable: str | None) -> str | None:
    """The absolute path of the program, by the name that it was started by where that is known."""
    index = command_line.program_index(argv)
    word = argv[index]
    if not os.path.isabs(word):
        base = _link(f"/proc/{pid}/cwd")
        named = os.path.join(base, word) if "/" in word and base else shutil.which(word)
        word = os.path.normpath(named) if named and os.path.exists(named) else ""
    if index:
        return word or None
    real = (executable or "").replace(_DELETED, "") or None
    if executable is None or (word and (os.path.realpath(word) == real or _DELETED in executable)):
        return word or None
    return real


def unit_of(cgroup: str, first: str) -> tuple[str | None, bool]:
    """The service that a process belongs to, and whether a user's own systemd runs it.

    :param first: the cgroup of process 1, whose folder all others are in, as in a container.
    """
    path, top = _systemd_path(cgroup), _systemd_path(first).rpartition("/")[0]
    if top and path.startswith(f"{top}/"):
        path = path[len(top) :]
    names = [part for part in path.split("/") if part.endswith(".service")]
    by_user = any(_USER_MANAGER.fullmatch(name) for name in names)
    if not names or _USER_MANAGER.fullmatch(names[-1]):
        return None, by_user
    return names[-1], by_user


def _systemd_path(cgroup: str) -> str:
    """The one path of unified groups, else that of the hierarchy that systemd keeps."""
    paths = {}
    for line in cgroup.splitlines():
        number, controllers, path = [*line.split(":", 2), "", ""][:3]
        paths["" if number == "0" else controllers] = path
    return paths.get("name=systemd") or paths.get("") or ""


def _environment(pid: int) -> list[str] | None:
    """Names of its variables, never a value; None if they may not be read."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as stream:
            parts = stream.read().split(b"\0")
    except OSError:
        return None
    names = {part.partition(b"=")[0].decode("utf-8", "replace") for part in parts if b"=" in part}
    return sorted(name for name in names if re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII))


def _listens(pid: int) -> list[dict[str, Any]] | None:
    """The sockets on which it waits: `{protocol, address, port}`; None if they may not be read.

    Who may list the files of a process may not always know what they are, such as root in a
    container for a process of another user.
    """
    found = set()
    try:
        links = set(_open_files(pid))
        for protocol, state in _LISTENING.items():
            for table in (protocol, f"{protocol}6"):
                for fields in _table(f"/proc/{pid}/net/{table}"):
                    if fields[3] != state:
                        continue
                    if fields[9] == "0":  # a kernel that does not tell whose it is
                        return None
                    if f"socket:[{fields[9]}]" in links:
                        found.add((protocol, *local_address(fields[1])))
    except OSError:
        return None
    return [
        {"protocol": protocol, "address": address, "port": port}
        for protocol, address, port in sorted(found)
    ]


def _open_files(pid: int) -> Iterator[str]:
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            yield os.readlink(f"/proc/{pid}/fd/{name}")
        except FileNotFoundError:  # closed meanwhile
            continue


def _table(path: str) -> list[list[str]]:
    """The lines of a table of sockets, without its head; none where a protocol is not there."""
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return [line.split() for line in stream.readlines()[1:]]
    except FileNotFoundError:
        return []


def local_address(text: str) -> tuple[str, int]:
    """`0100007F:46A5` as address and port: words of four bytes, each in this machine's order."""
    digits, port = text.split(":")
    words = [int(digits[start : start + 8], 16) for start in range(0, len(digits), 8)]
    packed = b"".join(word.to_bytes(4, sys.byteorder) for word in words)
    address = ipaddress.ip_address(packed)
    return str(getattr(address, "ipv4_mapped", None) or address), int(port, 16)
