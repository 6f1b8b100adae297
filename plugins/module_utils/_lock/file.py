# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lock's file on a lock host: one request after the other, each whole or not at all.

Private to stemedb.cluster. Standard library only, because it runs on nodes. The file is replaced in
one step and on disk before anybody is told; a second file beside it, which stays, keeps requests
apart, by a lock of the kernel that a process which is killed gives back.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils import _json_file
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._host import proc
from ansible_collections.stemedb.cluster.plugins.module_utils._lock import record

# Options of both modules, see the documentation fragment `lock`.
ARGUMENTS: dict[str, Any] = {
    "path": {"type": "path", "default": "/var/lib/stemedb-cluster/lock.json"},
    "cluster": {"type": "str"},
    "hosts": {"type": "list", "elements": "str", "default": []},
    "run_id": {"type": "str"},
}
_GUARD = ".guard"
# A request takes milliseconds. Whoever keeps others out for longer hangs.
_PATIENCE = 10.0
_PAUSE = 0.02


def moment() -> record.Moment:
    """This host's time."""
    boot_id = proc.boot_id()
    uptime = time.clock_gettime(time.CLOCK_BOOTTIME) if boot_id else None
    return record.Moment(time.time(), boot_id, uptime)


def ask(
    path: str, action: str, request: record.Request, check_mode: bool = False
) -> tuple[record.Change, record.Moment, bool]:
    """What comes of a request, when that was, and whether the file is another one now.

    :param action: a key of `record.ACTIONS`.
    :raises StemeDBError: `config`, where the file cannot be used.
    """
    _refuse(path, request)
    if check_mode:
        return _decide(path, action, request)
    _make_folder(os.path.dirname(path))
    with _alone(path):
        change, now, changes = _decide(path, action, request)
        if changes:
            _json_file.write(path, change.document)
        return change, now, changes


def look(path: str, request: record.Request) -> tuple[record.Change, record.Request, record.Moment]:
    """Who holds the lock, the run that looks, and when that was: for `record.answer`.

    :raises StemeDBError: `config`, where the file cannot be used.
    """
    _refuse(path, request)
    document = _read(path, request)
    now = moment()
    return record.show(document, request, now), request, now


def _refuse(path: str, request: record.Request) -> None:
    if not os.path.isabs(path):
        raise StemeDBError("config", f"path must be absolute, not {path!r}.")
    if not request.run_id:
        raise StemeDBError("config", "run_id is set by the module's action, which did not run.")


def _decide(
    path: str, action: str, request: record.Request
) -> tuple[record.Change, record.Moment, bool]:
    document = _read(path, request)
    now = moment()
    change = record.ACTIONS[action](document, request, now)
    return change, now, change.document is not document


def _read(path: str, request: record.Request) -> dict[str, Any]:
    document = _json_file.read(path, missing=record.empty())
    try:
        checked = record.checked(document)
        record.refuse_another_cluster(checked, request)
        return checked
    except StemeDBError as error:
        raise StemeDBError(error.code, f"{path} {error.message}.") from None


def _make_folder(folder: str) -> None:
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
    except OSError as error:
        raise _unusable(folder, error) from None


@contextmanager
def _alone(path: str) -> Iterator[None]:
    """Keeps other requests on this host out."""
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        opened = os.open(path + _GUARD, flags, 0o600)
    except OSError as error:
        raise _unusable(path + _GUARD, error) from None
    try:
        deadline = time.monotonic() + _PATIENCE
        while not _locked(opened):
            if time.monotonic() > deadline:
                raise StemeDBError(
                    "timeout",
                    f"Another request has kept {path}{_GUARD} for {_PATIENCE:g} s: look with"
                    f" fuser {path}{_GUARD} which process it is, and why it hangs.",
                )
            time.sleep(_PAUSE)
        yield
    finally:
        os.close(opened)


def _locked(opened: int) -> bool:
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _unusable(path: str, error: OSError) -> StemeDBError:
    return StemeDBError(
        "config",
        f"{path} cannot be used ({error.strerror}): let the task become root, or name another file"
        f" with stemedb_lock_path.",
    )
