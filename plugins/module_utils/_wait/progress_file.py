# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file by which a wait tells its progress to the action that shows it.

Private to stemedb.cluster. Lines of text; the wait is over when its job is.
"""

from __future__ import annotations

from types import TracebackType
from typing import IO

from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError


class ProgressFile:
    """Appends lines as they come; without a path nothing is written."""

    def __init__(self, path: str | None) -> None:
        self._path = path
        self._file: IO[str] | None = None

    def __enter__(self) -> ProgressFile:
        if self._path is not None:
            try:
                self._file = open(self._path, "a", encoding="utf-8", buffering=1)
            except OSError as error:
                raise StemeDBError(
                    "config",
                    f"The progress_file {self._path} cannot be written: {error.strerror}.",
                ) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is not None:
            self._file.close()

    def tell(self, line: str | None) -> None:
        """Append a line, if there is one."""
        if self._file is not None and line is not None:
            self._file.write(line.replace("\n", " ") + "\n")
