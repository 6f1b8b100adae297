# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the node role would change on a host, from a look at it. Private to stemedb.cluster. Pure.

Files are compared by their checksums, because their texts come without their secrets. A comment
that differs is no difference.
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._host import command_line, meaning
from ansible_collections.stemedb.cluster.plugins.module_utils._host.secrets import (
    masked_argv,
    masked_settings,
    masked_unit,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._probes import why

# How the node role calls its files, and what they are to stemedb_host_info.
_KINDS = {
    "configuration": meaning.SETTINGS,
    "environment": meaning.HIDDEN,
    "unit": meaning.UNIT,
}


def drift(
    before: Mapping[str, Any],
    texts: Sequence[Mapping[str, Any]] | None,
    wanted: Sequence[Mapping[str, Any]],
    settings: Mapping[str, Any],
) -> list[dict[str, Any]]:
    """`[{what, path, diff}]`: what would be changed; lines of a difference, secrets hidden.

    :param before: what stemedb_host_info has said for the identity of the host.
    :param texts: its `texts`, one for each that is wanted; None where they cannot be read.
    :param wanted: `{what, text}` of the files that the role writes; without a text it does not.
    :param settings: what the role knows beside that, see its `vars`.
    """
    if texts is None:
        raise ValueError(f"What differs on the host is not known: {why(before, 'texts')}")
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


def same_file(there: Mapping[str, Any], text: str, what: str) -> bool:
    """Whether a file on a host says what a text does.

    :param there: its entry in `texts` of stemedb_host_info.
    :param what: `configuration`, `environment` or `unit`.
    """
    by_bytes = there["sha256"] == hashlib.sha256(text.encode("utf-8")).hexdigest()
    return bool(by_bytes or there.get("meaning") == meaning.checksum(_KINDS[what], text))


def _file(
    there: Mapping[str, Any], what: str, text: str, mode: str, keys: Sequence[str]
) -> list[dict[str, Any]]:
    """One file: its text, and by itself its mode, of which no process knows."""
    path = there["path"]
    mode_line = f"{path}: mode {there['mode']}, would be {mode}"
    differs = there["exists"] and there["mode"] != mode
    if not same_file(there, text, what):
        lines = _diff(path, there["text"] or "", _masked(what, text, keys))
        return [_change(what, path, [*lines, *([mode_line] if differs else [])])]
    return [{**_change("mode", path, [mode_line]), "mode": mode}] if differs else []


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
    if found[-len(wanted) :] == wanted or command_line.same(found, wanted):
        return []
    start = command_line.program_index(found) + 1
    return [f"-{' '.join(found[start:])}", f"+{' '.join(wanted)}"]
