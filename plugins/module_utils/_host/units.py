# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The systemd units of a host that run, or would run, a node. Private to stemedb.cluster.

Standard library only, because it runs on nodes. Units are found by their files, so that one that
was never started is found too, and so that systemd is asked about few.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._host.command_line import TELLING
from ansible_collections.stemedb.cluster.plugins.module_utils._host.processes import process
from ansible_collections.stemedb.cluster.plugins.module_utils._host.secrets import (
    assigned_names,
    masked_argv,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._host.service import (
    argv_of,
    is_running,
    process_argv,
    show,
)

FOLDERS = (
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
)
PROPERTIES = (
    "LoadState",
    "ActiveState",
    "SubState",
    "MainPID",
    "User",
    "DynamicUser",
    "FragmentPath",
    "DropInPaths",
    "UnitFileState",
    "ExecStart",
    "Environment",
    "EnvironmentFiles",
)

# What is longer is no unit and no file of variables.
MAX_BYTES = 1 << 18

_NAME = re.compile(r"\s*(?:export\s+)?([A-Za-z_]\w*)\s*=", re.ASCII)


def find(
    programs: Sequence[str], also: Iterable[str], timeout: float, folders: Sequence[str] = FOLDERS
) -> list[dict[str, Any]]:
    """Every unit whose file speaks of a node; see RETURN of the module.

    :param also: units to report whatever their files say, if they are there.
    """
    mentioned = speaking(programs, folders)
    found = (unit(name, name in mentioned, programs, timeout) for name in {*mentioned, *also})
    return sorted((one for one in found if one), key=lambda one: str(one["name"]))


def speaking(programs: Sequence[str], folders: Sequence[str] = FOLDERS) -> set[str]:
    """The names of the units, and of enabled instances of templates, that speak of a node."""
    words = re.compile("|".join(re.escape(word) for word in (*programs, *TELLING)))
    found = set()
    for folder in folders:
        for name in _listed(folder):
            path = os.path.join(folder, name)
            service = name[:-2] if name.endswith(".service.d") else name
            parts = [os.path.join(path, part) for part in _listed(path)] or [path]
            text = "\n".join(_text(part) or "" for part in parts)
            if service.endswith(".service") and words.search(_exec_start(text)):
                found.update(_instances(service, folders) if "@." in service else [service])
    return found


def _listed(folder: str) -> list[str]:
    return sorted(os.listdir(folder)) if os.path.isdir(folder) else []


def _text(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return stream.read(MAX_BYTES)
    except OSError:
        return None


def _exec_start(text: str) -> str:
    """What a unit's file says after `ExecStart=`."""
    lines = re.findall(r"^\s*ExecStart\s*=((?:\\\n|.)*)", text, re.MULTILINE)
    return " ".join(lines).replace("\\\n", " ")


def _instances(template: str, folders: Sequence[str]) -> list[str]:
    """The enabled instances of `name@.service`: systemd keeps a link for each."""
    start, end = template.split("@.", 1)
    wanted = re.compile(rf"{re.escape(start)}@.+\.{re.escape(end)}")
    names = (
        name
        for folder in folders
        for wants in _listed(folder)
        if wants.endswith((".wants", ".requires"))
        for name in _listed(os.path.join(folder, wants))
    )
    return [name for name in names if wanted.fullmatch(name)]


def unit(
    name: str, mentions: bool, programs: Sequence[str], timeout: float
) -> dict[str, Any] | None:
    """All about one unit, None if systemd does not know it."""
    pairs = show(name, PROPERTIES, timeout)
    said = dict(pairs)
    if said.get("LoadState") == "not-found":
        return None
    main = int(said.get("MainPID") or 0)
    argv = process_argv(main) if main else None
    paths = [said.get("FragmentPath") or "", *(said.get("DropInPaths") or "").split()]
    exec_start = argv_of(said.get("ExecStart", ""))
    files = [
        re.sub(r" \(ignore_errors=\w+\)$", "", value)
        for key, value in pairs
        if key == "EnvironmentFiles" and value
    ]
    return {
        "name": name,
        "mentions": mentions,
        "state": f"{said['ActiveState']}/{said.get('SubState', '')}",
        "running": is_running(said["ActiveState"], said.get("SubState", "")),
        "enabled": said.get("UnitFileState") or None,
        "user": said.get("User") or "root",
        "dynamic_user": said.get("DynamicUser") == "yes",
        "path": paths[0] or None,
        "drop_ins": paths[1:],
        "main_pid": main or None,
        "process": process(main, argv, programs) if argv else None,
        "argv": masked_argv(exec_start) if exec_start else None,
        "literal": _is_literal(exec_start, paths),
        "environment": _environment(said.get("Environment", ""), files),
        "environment_files": files,
    }


def _is_literal(argv: list[str] | None, paths: Sequence[str]) -> bool | None:
    """Whether the words of ExecStart are what a process would get; None if that is not known.

    systemd shows them without quotes and with variables in them.
    """
    if argv is None:
        return None
    texts = [_text(path) for path in paths if path]
    if None in texts or not texts:
        return None
    return not re.search(r"[\"'\\$]", _exec_start("\n".join(filter(None, texts))))


def _environment(text: str, files: Sequence[str]) -> list[str] | None:
    """The names that it sets, never a value; None if a file cannot be read."""
    names = set(assigned_names(text) or ()) if text else set()
    if text and assigned_names(text) is None:
        return None
    for path in files:
        if not os.path.exists(path):
            continue
        content = _text(path)
        if content is None:
            return None
        names.update(found[1] for found in map(_NAME.match, content.splitlines()) if found)
    return sorted(names)
