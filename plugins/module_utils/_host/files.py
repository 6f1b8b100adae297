# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What lies on a node's disks: free space, identity, data, configuration. Private to
stemedb.cluster.

Standard library only, because it runs on nodes. Whatever cannot be read raises OSError or
ValueError; the module turns that into a section that is null, with the reason beside it.
"""

from __future__ import annotations

import errno
import glob
import hashlib
import json
import os
import pwd
import stat
from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._host import meaning, toml
from ansible_collections.stemedb.cluster.plugins.module_utils._host.secrets import (
    masked_settings,
    masked_unit,
)

# What a freshly made file system holds, and what is no data of anybody.
NOT_DATA = ("lost+found",)

# What stemedb_set_aside puts behind the name of what it renames, before the time.
SET_ASIDE = ".replaced-"

# Names of a directory that a result carries at most.
MAX_ENTRIES = 20

# The extended attribute of a data directory that says whose data it holds. It is no file among the
# node's own, and it stays with the directory where that is renamed or its disk is moved.
MARK = "user.stemedb.cluster"

# No configuration of a node is larger; a file that is, is not one.
MAX_CONFIG_BYTES = 1 << 20


def _exists(path: str) -> bool:
    """Like os.path.lexists, but a directory that may not be searched is no absent file."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def free_space(path: str) -> dict[str, Any]:
    """Free bytes for unprivileged users where `path` is, or where it will be."""
    checked = os.path.abspath(path)
    while not os.path.exists(checked) and checked != os.path.dirname(checked):
        checked = os.path.dirname(checked)
    found = os.statvfs(checked)
    return {
        "path": path,
        "checked_path": checked,
        "free_bytes": found.f_bavail * found.f_frsize,
        "total_bytes": found.f_blocks * found.f_frsize,
    }


def user_name(uid: int) -> str | None:
    """The name of a user id, None for an id without a name."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return None


def user(name: str) -> dict[str, Any]:
    """Whether a user is known to the host, and by which id."""
    try:
        found = pwd.getpwnam(name)
    except KeyError:
        return {"name": name, "exists": False, "uid": None}
    return {"name": name, "exists": True, "uid": found.pw_uid}


def file_facts(path: str) -> dict[str, Any]:
    """One file: `{path, exists, kind, mtime, target}`. Of a link, its own kind and its target.

    `mtime` is when what the path leads to was changed last: the link, or what it points at.
    """
    facts: dict[str, Any] = {"path": path, "exists": False, "kind": None, "mtime": None}
    facts["target"] = None
    if _exists(path):
        found = os.lstat(path)
        kinds = {stat.S_IFREG: "file", stat.S_IFLNK: "link", stat.S_IFDIR: "directory"}
        facts["kind"] = kinds.get(stat.S_IFMT(found.st_mode), "other")
        facts.update(exists=True, mtime=found.st_mtime)
        if facts["kind"] == "link":
            facts["target"] = os.readlink(path)
            if os.path.exists(path):
                facts["mtime"] = max(found.st_mtime, os.stat(path).st_mtime)
    return facts


def node_id_file(path: str) -> dict[str, Any]:
    """The recorded identity, or whose place the node takes.

    An empty file is an error: it was meant to say something.
    """
    if not _exists(path):
        return {"path": path, "exists": False, "node_id": None}
    with open(path, encoding="utf-8") as stream:
        text = stream.read(4096).strip()
    if not text or len(text.split()) != 1:
        raise ValueError(f"{path} does not hold one node id; write the id or remove the file")
    return {"path": path, "exists": True, "node_id": text}


def data_dir_file(path: str) -> dict[str, Any]:
    """The recorded place of the data: one absolute path."""
    if not _exists(path):
        return {"path": path, "exists": False, "data_dir": None}
    with open(path, encoding="utf-8") as stream:
        text = stream.read(4097).strip()
    if not text.startswith("/") or len(text.splitlines()) != 1:
        raise ValueError(f"{path} does not hold one absolute path; write it or remove the file")
    return {"path": path, "exists": True, "data_dir": text}


def read_mark(path: str) -> dict[str, str] | None:
    """Whose data a directory says that it holds: `{node_id, cluster_name}`; None without a mark."""
    try:
        found = json.loads(os.getxattr(path, MARK))
        return {key: found[key] for key in ("node_id", "cluster_name")}
    except OSError as error:
        # Not there, or a file system that keeps no such attributes.
        if error.errno in (errno.ENODATA, errno.ENOTSUP):
            return None
        raise
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(
            f"the mark of {path} is not understood; remove it with: setfattr -x {MARK} {path}"
        ) from error


def keeps_marks(path: str) -> bool:
    """Whether the file system has attributes for a mark."""
    try:
        os.getxattr(path, MARK)
    except OSError as error:
        return error.errno != errno.ENOTSUP
    return True


def data_dir(path: str) -> dict[str, Any]:
    """`{path, exists, empty, uid, user, entries, mark, markable}`; without it, it is empty.

    A link that leads nowhere is not: its disk may not be mounted. But where the directory that it
    led to was set aside, there is none.
    """
    facts: dict[str, Any] = {"path": path, "exists": False, "empty": True, "uid": None}
    facts.update(user=None, entries=[], mark=None, markable=None)
    if not _exists(path):
        return facts
    if not os.path.isdir(path):
        real = os.path.realpath(path)
        if os.path.exists(real):
            raise ValueError(f"{path} is not a directory")
        if not glob.glob(f"{glob.escape(real)}{SET_ASIDE}*"):
            raise ValueError(
                f"{path} is a link to {real}, which is not there: mount the disk that it is on, or "
                "make that directory if its data are not needed"
            )
        return facts
    names = sorted(name for name in os.listdir(path) if name not in NOT_DATA)
    owner = os.stat(path).st_uid
    facts.update(exists=True, empty=not names, uid=owner, user=user_name(owner))
    facts["entries"] = names[:MAX_ENTRIES]
    facts.update(mark=read_mark(path), markable=keeps_marks(path))
    return facts


def config(path: str, keys: list[str]) -> dict[str, Any]:
    """`{path, exists, settings}` of a node.toml: the values of `keys`, in any table."""
    if not _exists(path):
        return {"path": path, "exists": False, "settings": None}
    text = _config_text(path)
    try:
        said = toml.settings(text)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    wanted = {
        name: value
        for name, value in said.items()
        if name in keys or name.rpartition(".")[2] in keys
    }
    return {"path": path, "exists": True, "settings": wanted}


def _config_text(path: str) -> str:
    # As it is: no byte is taken for another in what is compared.
    with open(path, encoding="utf-8", newline="") as stream:
        try:
            text = stream.read(MAX_CONFIG_BYTES + 1)
        except UnicodeDecodeError as error:
            raise ValueError(f"{path} is no text in UTF-8: {error.reason}") from error
    if len(text) > MAX_CONFIG_BYTES:
        raise ValueError(f"{path} is larger than {MAX_CONFIG_BYTES} bytes: no node configuration")
    return text


def masked_file(path: str, kind: str, keys: list[str]) -> dict[str, Any]:
    """`{path, exists, text, sha256, meaning, mode}`, all that may be secret hidden from the text.

    :param kind: `settings`, of which `keys` are shown, `unit`, or `hidden`, which has no text.
    """
    facts: dict[str, Any] = {"path": path, "exists": False, "text": None, "sha256": None}
    facts.update(meaning=None, mode=None)
    if _exists(path):
        text = _config_text(path)
        shown = masked_unit(text) if kind == "unit" else masked_settings(text, keys)
        facts.update(exists=True, text=None if kind == "hidden" else shown)
        facts["sha256"] = hashlib.sha256(text.encode("utf-8")).hexdigest()
        facts["meaning"] = meaning.checksum(kind, text)
        facts["mode"] = f"{stat.S_IMODE(os.stat(path).st_mode):04o}"
    return facts
