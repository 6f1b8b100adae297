# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one error of this collection. Private to stemedb.cluster.

Everything below the modules and plugins raises `StemeDBError`; `_module.reader` turns it into
`fail_json` and the plugins' base into `AnsibleError`, once each.
"""

from __future__ import annotations

from typing import Any

# What a user may branch on, as `failure.code`.
CODES = ("config", "transport", "tls", "timeout", "auth", "not_found", "protocol")


class StemeDBError(Exception):
    """One sentence for the operator (what, which URL, what to try) and a code to branch on.

    :param code: one of `CODES`.
    :param url: the URL that was asked, without any secret; None where no gateway was involved.
    :param status: the HTTP status, None where no answer came.
    :param detail: what the other side or the library said, bounded, for a bug report.
    """

    def __init__(
        self,
        code: str,
        message: str,
        url: str | None = None,
        status: int | None = None,
        detail: str | None = None,
    ) -> None:
        if code not in CODES:
            raise ValueError(f"unknown failure code {code!r}")
        super().__init__(message)
        self.code = code
        self.message = message
        self.url = url
        self.status = status
        self.detail = detail

    def as_failure(self) -> dict[str, Any]:
        """The `failure` of a result: `{code, url, status, detail}`."""
        return {
            "code": self.code,
            "url": self.url,
            "status": self.status,
            "detail": self.detail,
        }
