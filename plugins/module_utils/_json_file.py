# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that a module leaves: JSON, whole or not at all, for their owner's eyes.

Private to stemedb.cluster.
"""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError


def write(path: str, value: Any, check_mode: bool = False, replace: bool = True) -> bool:
    """Put `value` into the file, which is then its owner's alone. False if it is there already.

    :param replace: whether other content gives way; else it stays, and that is an error.
    :raises StemeDBError: `config`, where that cannot be.
    """
    return write_text(path, json.dumps(value, indent=1) + "\n", check_mode, replace=replace)


def write_text(
    path: str, text: str, check_mode: bool = False, mode: int = 0o600, replace: bool = True
) -> bool:
    """The same with a text, for those whom the mode allows.

    :raises StemeDBError: `config`, where that cannot be.
    """
    there = _read(path)
    if there == text:
        return False
    if there is not None and not replace:
        raise _taken(path)
    if not check_mode:
        try:
            place(path, text, replace, mode)
        except FileExistsError:
            raise _taken(path) from None
        except OSError as error:
            raise _unusable(path, error) from None
    return True


def read(path: str, missing: Any = None) -> Any:
    """The value in the file, `missing` where there is no file.

    :raises StemeDBError: `config`, where it cannot be read or is no JSON.
    """
    text = _read(path)
    try:
        return missing if text is None else json.loads(text)
    except ValueError as error:
        raise StemeDBError("config", f"{path} is damaged: it is no JSON ({error}).") from None


def _read(path: str) -> str | None:
    """What is in the file, None where there is none."""
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unusable(path, error) from None


def place(path: str, text: str, replace: bool = True, mode: int = 0o600) -> None:
    """Write it beside its place, readable by nobody else, and let it appear there in one step.

    What is there then stays there, also if the host loses its power.

    :raises OSError: that cannot be; FileExistsError, if something is there and may not be replaced.
    """
    folder = os.path.dirname(os.path.abspath(path))
    handle, made = tempfile.mkstemp(prefix=".stemedb-", dir=folder)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            os.fchmod(handle, mode)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            os.replace(made, path)
        else:
            os.link(made, path)  # which fails where somebody was quicker
    finally:
        with suppress(FileNotFoundError):
            os.unlink(made)
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _taken(path: str) -> StemeDBError:
    return StemeDBError(
        "config", f"{path} is there already and holds something else: name another file."
    )


def _unusable(path: str, error: OSError) -> StemeDBError:
    return StemeDBError(
        "config",
        f"{path} cannot be used ({error.strerror}): name a file in a folder that is there and"
        f" writable.",
    )
