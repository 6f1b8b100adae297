# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the node role would change on a host, from a look at it. Private to stemedb.cluster. Pure.

Files are compared by their checksums, because their texts come without their secrets.
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils import _command_line
from ansible_collections.stemedb.cluster.plugins.module_utils._secrets import (
    masked_argv,
    masked_settings,
    masked_unit,
)


def drift(
    before: Mapping[str, Any],
    texts: Sequence[Mapping[str, Any]],
    wanted: Sequence[Mapping[str, Any]],
    settings: Mapping[str, Any],
) -> list[dict[str, Any]]:
    """`[{what, path, diff}]`: what would be changed; lines of a difference, secrets hidden.

    :param before: what stemedb_host_probe has said for the identity of the host.
    :param texts: its `texts`, one for each that is wanted.
    :param wanted: `{what, text}` of the files that the role writes; without a text it does not.
    :param settings: what the role knows beside that, see its `vars`.
    """
    found = [*_missing(before, settings)]
    for there, file in zip(texts, wanted):
        mode = settings["modes"][file["what"]]
        if file["text"] is not None:
            found += _file(there, file["what"], file["text"], mode, settings["keys"])
    service = before.get("service") or {}
    if settings["by_systemd"] and service.get("enabled") is not True:
        found.append(_change("start with the host", str(service.get("name") or "")))
    lines = _command_line_diff(settings["argv"], settings["arguments"])
    return found + ([_change("command line", "", lines)] if lines else [])


def _change(what: str, path: str, diff: Iterable[str] = ()) -> dict[str, Any]:
    return {"what": what, "path": path, "diff": list(diff)}


def _missing(before: Mapping[str, Any], settings: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What the role makes where it is not there."""
    if not before["user"]["exists"]:
        yield _change("user", before["user"]["name"])
    for folder in before["files"][:2]:
        if not folder["exists"]:
            yield _change("directory", folder["path"])
    if before["data_dir"]["empty"]:
        yield _change("data directory", before["data_dir"]["path"])
    binary = before["files"][2]
    # Without its checksum only an installation would tell what the artifact is.
    known = settings["checksum"] and settings["checksum"] == settings["binary_checksum"]
    if settings["has_artifact"] and not (known and binary["kind"] == "link"):
        yield _change("binary", binary["path"])
    if settings["records_identity"]:
        yield _change("identity", settings["identity_path"])
    record, data = before["data_dir_file"], before["data_dir"]
    if not record["exists"]:
        yield _change("place of the data", record["path"])
    if data["mark"] != settings["mark"] and data["markable"] is not False:
        yield _change("mark of the data", data["path"])


def _file(
    there: Mapping[str, Any], what: str, text: str, mode: str, keys: Sequence[str]
) -> list[dict[str, Any]]:
    """One file: its text by its checksum, and its mode."""
    path = there["path"]
    same = there["sha256"] == hashlib.sha256(text.encode("utf-8")).hexdigest()
    lines = []
    if not same:
        lines = _diff(path, there["text"] or "", _masked(what, text, keys))
    if there["exists"] and there["mode"] != mode:
        lines.append(f"{path}: mode {there['mode']}, would be {mode}")
    return [_change(what, path, lines)] if lines else []


def _masked(what: str, text: str, keys: Sequence[str]) -> str:
    """As the host masks what is there."""
    if what == "unit":
        return masked_unit(text)
    return masked_settings(text, keys) if what == "configuration" else ""


def _diff(path: str, old: str, new: str) -> list[str]:
    """The lines of a unified difference, or a line that says why there are none."""
    names = (f"{path} (is)", f"{path} (would be)")
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), *names, lineterm="")
    return list(lines) or [f"{path}: what differs is hidden, as it may be secret"]


def _command_line_diff(argv: Sequence[str] | None, arguments: Sequence[str]) -> list[str]:
    """Nothing if the process was started as the role would, the guide's flags in any order."""
    if not argv:
        return []
    found, wanted = masked_argv(argv), masked_argv(arguments)
    if found[-len(wanted) :] == wanted or _command_line.same(found, wanted):
        return []
    start = _command_line.program_index(found) + 1
    return [f"-{' '.join(found[start:])}", f"+{' '.join(wanted)}"]
